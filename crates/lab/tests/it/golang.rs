//! The go command, with nothing of the machine's own.

use std::path::Path;
use std::process::{Command, Output};

/// Tells whether there is a go command and a git; where CI=true there must be.
pub(crate) fn installed() -> bool {
    let answers = |program: &str, arg: &str| Command::new(program).arg(arg).output().is_ok();
    let there = answers("go", "version") && answers("git", "--version");
    let must = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(there || !must, "go and git are needed here");
    if !there {
        eprintln!("skipped: go and git are not installed");
    }
    there
}

/// A command with the paths to programs and a home, and nothing else.
pub(crate) fn command(program: &str, home: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", home)
        .current_dir(dir);
    command
}

/// The go command with caches of its own.
pub(crate) fn go(home: &Path, dir: &Path, goproxy: &str) -> Command {
    let mut go = command("go", home, dir);
    go.env("GOPATH", home.join("go")).env("GOCACHE", home.join("cache")).env("GOMODCACHE", home.join("mod"));
    go.env("GOPROXY", goproxy).env("GONOSUMDB", "example.com,github.com").env("GOSUMDB", "off");
    go.env("GOWORK", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-modcacherw")
        .env("GOTELEMETRY", "off");
    go
}

/// Runs a command that must go well, and gives what it prints.
pub(crate) fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{command:?}\n{}{}", text(&stdout), text(&stderr));
    text(&stdout)
}
