//! Runs the project's own commands from its policy: after-steps and notices. They get the caller's environment,
//! since they need its tokens. None of their processes outlives the time limit, only the last of their output
//! is kept, and secrets in it are masked.

use allclear_core::port::steps::{End, Ended};
use allclear_core::types::text::plain;
use allclear_core::types::text::secrets::Secrets;
use allclear_host::TempDir;
use allclear_host::process::{self, Errors, Leftovers, Program, Run};
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// The last so many bytes of the output are kept.
const KEPT_BYTES: usize = 4096;
/// So many are read: what is kept is masked together with what came before it.
const READ_BYTES: usize = 16 * KEPT_BYTES;
/// Variables of git that name a person or a way to connect. Any other could point a git that the command starts
/// at another repository.
const GIT_VARIABLES: [&str; 5] = ["GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSH", "GIT_SSL_", "GIT_ASKPASS"];

pub(crate) struct Script<'a> {
    pub(crate) text: &'a str,
    pub(crate) dir: &'a Path,
    pub(crate) env: &'a [(OsString, OsString)],
    pub(crate) vars: &'a [(&'static str, OsString)],
    pub(crate) stdin: &'a [u8],
    pub(crate) limit: Duration,
}

pub(crate) fn may_see(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    !name.starts_with("GIT_") || GIT_VARIABLES.iter().any(|kept| name.starts_with(kept))
}

pub(crate) fn temporary(cache: &Path) -> std::io::Result<TempDir> {
    TempDir::make(&cache.join("temporary"))
}

impl Script<'_> {
    pub(crate) fn run(&self) -> Ended {
        let program = Program::new("sh")
            .args(["-c", self.text])
            .dir(self.dir)
            .envs(self.env.iter().filter(|(name, _)| may_see(name)).map(|(name, value)| (name, value)))
            .envs(self.vars.iter().map(|(name, value)| (name, value)));
        let how = Run {
            input: self.stdin,
            limit: self.limit,
            stopped: None,
            errors: Errors::WithOutput,
            leftovers: Leftovers::Killed,
        };
        let mut said = Vec::new();
        let ended = program.run(&how, &mut |out| {
            said = read_tail(out, READ_BYTES);
            Ok(())
        });
        let end = match ended {
            Ok(ended) => end(&ended.end),
            Err(error) => {
                said = format!("sh: {error}").into_bytes();
                End::NotStarted
            }
        };
        Ended { end, said: shown(&said, &Secrets::of(self.env)) }
    }
}

fn end(end: &process::End) -> End {
    match end {
        process::End::Exit(code) => End::Exit(*code),
        process::End::TimedOut => End::TimedOut,
        process::End::Signal(_) | process::End::Stopped | process::End::Refused(_) => End::Killed,
    }
}

fn read_tail(from: &mut dyn Read, most: usize) -> Vec<u8> {
    let (mut kept, mut piece) = (Vec::new(), [0; 8192]);
    while let Ok(n @ 1..) = from.read(&mut piece) {
        kept.extend_from_slice(&piece[..n]);
        if kept.len() > 4 * most {
            kept.drain(..kept.len() - most);
        }
    }
    kept.drain(..kept.len().saturating_sub(most));
    kept
}

/// Masks secrets, and makes the rest safe to show.
fn shown(said: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(said);
    let masked = secrets.masked(&text);
    // The first word may be the rest of a secret that was cut.
    let cut = (said.len() >= READ_BYTES).then(|| masked.split_once(char::is_whitespace)).flatten();
    let text = cut.map_or(&*masked, |(_, rest)| rest);
    // Of a progress line that was overwritten, the last state counts.
    let lines: Vec<String> = text
        .lines()
        .map(|line| plain(line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default()))
        .collect();
    let text = lines.join("\n");
    let from = text.len().saturating_sub(KEPT_BYTES);
    text[text.ceil_char_boundary(from)..].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn env(vars: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        let path = vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())];
        path.into_iter().chain(vars.iter().map(|(k, v)| ((*k).into(), (*v).into()))).collect()
    }

    fn sh(script: &str, vars: &[(&str, &str)], limit: Duration) -> Ended {
        let dir = tempfile::tempdir().unwrap();
        let (env, stdin) = (env(vars), b"hello".as_slice());
        Script { text: script, dir: dir.path(), env: &env, vars: &[], stdin, limit }.run()
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn how_it_ended_and_what_it_said() {
        for (script, end, said) in [
            ("echo one; echo two >&2; exit 3", End::Exit(3), "one\ntwo"),
            ("cat", End::Exit(0), "hello"),
            ("kill -9 $$", End::Killed, ""),
            ("printf '10%%\\r20%%\\r30%%\\n'", End::Exit(0), "30%"),
            ("printf '\\033[31mred'", End::Exit(0), "\u{fffd}[31mred"),
        ] {
            assert_eq!(sh(script, &[], LONG), Ended { end, said: said.into() }, "{script}");
        }
        let env = [("PATH".into(), "/nowhere".into())];
        let dir = Path::new("/");
        let nobody = Script { text: "true", dir, env: &env, vars: &[], stdin: b"", limit: LONG };
        assert_eq!(nobody.run().end, End::NotStarted);
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let vars = [
            ("CARGO_REGISTRY_TOKEN", "cio0123456789"),
            ("DEPLOY_KEY", "-----BEGIN-----\nabcdefgh\nijklmnop\n"),
            ("https_proxy", "http://mira:hunter22@proxy:8080/"),
            ("A_KEY", "1"),
        ];
        let script = "echo \"t=$CARGO_REGISTRY_TOKEN\"; echo \"$DEPLOY_KEY\" | head -n 3; echo $https_proxy; echo 1 left";
        let said = sh(script, &vars, LONG).said;
        let key = "[masked: DEPLOY_KEY]\n".repeat(3);
        let expected = format!(
            "t=[masked: CARGO_REGISTRY_TOKEN]\n{key}http://mira:[masked: password]@proxy:8080/\n1 left"
        );
        assert_eq!(said, expected);
        // One that no variable has.
        let said = sh("echo \"npm error Authorization: Bearer abc0123456789\"", &[], LONG).said;
        assert_eq!(said, "npm error Authorization: Bearer [masked: authorization]");
        // Of one that stands where the output is cut, nothing is left.
        let script = "echo $CARGO_REGISTRY_TOKEN; head -c 4090 /dev/zero | tr '\\0' x";
        let said = sh(script, &vars[..1], LONG).said;
        assert!(!said.contains('9'), "{said}");
        let long = "0123456789".repeat(200);
        let said = sh("yes $LONG_TOKEN | head -n 40", &[("LONG_TOKEN", &long)], LONG).said;
        assert!(said.lines().all(|line| line == "[masked: LONG_TOKEN]"), "{said}");
    }

    #[test]
    fn the_last_four_kibibytes_are_kept() {
        let said = sh("yes abcdefg | head -n 100000; echo the end", &[], LONG).said;
        assert!(said.len() <= KEPT_BYTES && said.ends_with("abcdefg\nthe end"), "{}", said.len());
    }

    #[test]
    fn nothing_outlives_its_time() {
        let start = Instant::now();
        assert_eq!(sh("sleep 300 & sleep 300", &[], Duration::from_millis(200)).end, End::TimedOut);
        // It exits and leaves a child with the output open.
        assert_eq!(sh("sleep 300 & echo $!", &[], LONG).end, End::Exit(0));
        // What waits for a child waits for its 300 s.
        assert!(start.elapsed() < Duration::from_secs(250), "it waited for what was left behind");
    }

    #[test]
    fn no_variable_leads_git_elsewhere() {
        let names =
            ["GIT_DIR", "GIT_INDEX_FILE", "GIT_CONFIG_COUNT", "GIT_SSH_COMMAND", "GIT_AUTHOR_NAME", "PATH"];
        let seen: Vec<&str> = names.into_iter().filter(|name| may_see(&OsString::from(name))).collect();
        assert_eq!(seen, ["GIT_SSH_COMMAND", "GIT_AUTHOR_NAME", "PATH"]);
    }
}
