//! Starts git for tests, and kills processes.

use allclear_host::process::{Group, Program};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

#[derive(Debug, Clone)]
pub struct Output {
    pub ok: bool,
    /// Standard output, without trailing white space.
    pub out: String,
    pub bytes: Vec<u8>,
    pub err: String,
}

/// Runs a program without any of this machine's configuration.
pub(crate) fn run(
    program: &str,
    args: &[&str],
    dir: &Path,
    env: &[(OsString, OsString)],
    stdin: &[u8],
) -> Output {
    let program = Program::new(program).args(args).dir(dir).envs(env.iter().map(|(k, v)| (k, v)));
    let mut child = program.spawn(Group::Ours, Stdio::piped(), Stdio::piped(), Stdio::piped()).unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || drop(input.write_all(stdin)));
        child.wait_with_output().unwrap()
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Output {
        ok: output.status.success(),
        out: text(&output.stdout),
        err: text(&output.stderr),
        bytes: output.stdout,
    }
}

/// Writes a script that can be run at once. Another process does it: a file that this one has open for writing may also
/// be open in what another thread has just begun to start, and until that is done nobody can run it.
pub fn write_script(path: &Path, text: &str) {
    let path = path.to_str().unwrap();
    let (root, write) = (Path::new("/"), "cat > \"$1\" && chmod +x \"$1\"");
    let written = run("sh", &["-c", write, "sh", path], root, &hermetic(root), text.as_bytes());
    assert!(written.ok, "{}", written.err);
}

pub(crate) fn hermetic(home: &Path) -> Vec<(OsString, OsString)> {
    let mut env: Vec<(OsString, OsString)> = vec![("PATH".into(), environment("PATH").unwrap_or_default())];
    let fixed = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Dev"),
        ("GIT_AUTHOR_EMAIL", "dev@example.org"),
        ("GIT_COMMITTER_NAME", "Dev"),
        ("GIT_COMMITTER_EMAIL", "dev@example.org"),
        ("LC_ALL", "C"),
        ("TZ", "UTC"),
    ];
    env.extend(fixed.map(|(k, v)| (k.into(), v.into())));
    env.push(("HOME".into(), home.into()));
    env
}

#[allow(
    clippy::disallowed_methods,
    reason = "tests that start themselves again are told what to do by the environment"
)]
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Ends this process by SIGKILL.
pub fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}
