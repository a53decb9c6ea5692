//! A build cache for the go command when foreign code calls it: it can read what compilers have built, and
//! writes to the sandbox's own cache, which no other sandbox reads.
//!
//! The go command (1.24 and newer; older ones only use their own cache) starts this program by `GOCACHEPROG`,
//! and speaks JSON with it: <https://pkg.go.dev/cmd/go/internal/cacheprog>. Both caches have the layout of the
//! go command's own: <https://pkg.go.dev/cmd/go/internal/cache>.

use base16ct::lower::encode_string as hex;
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Deserializer, Serialize};
use std::ffi::OsString;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) const WORD: &str = "gocache";

/// In bytes.
const DIGEST: usize = 32;

/// The value of `GOCACHEPROG`.
pub(crate) fn program(helper: &[OsString], shared: &Path) -> String {
    let words = helper.iter().map(|word| word.to_string_lossy().into_owned());
    let words = words.chain([WORD.to_owned(), shared.display().to_string()]);
    // The go command knows quotes, but no escapes in them.
    let quoted = |word: String| if word.contains('\'') { format!("\"{word}\"") } else { format!("'{word}'") };
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    #[serde(rename = "ID")]
    id: i64,
    command: String,
    #[serde(rename = "ActionID", deserialize_with = "decoded")]
    action: Vec<u8>,
    #[serde(rename = "OutputID", deserialize_with = "decoded")]
    output: Vec<u8>,
    body_size: u64,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    #[serde(rename = "ID")]
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    err: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_commands: Option<[&'static str; 3]>,
    miss: bool,
    #[serde(rename = "OutputID", skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_path: Option<PathBuf>,
}

fn decoded<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    Base64::decode_vec(&text).map_err(serde::de::Error::custom)
}

/// Answers a go command until it closes the connection.
#[allow(clippy::disallowed_methods, reason = "in a sandbox, the environment is what the go command gives it")]
pub(crate) fn serve(shared: &Path) -> ExitCode {
    let own = PathBuf::from(std::env::var_os("GOCACHE").unwrap_or_default());
    let caches = Caches { own, shared: shared.to_path_buf() };
    match serve_requests(&caches, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve_requests(caches: &Caches, from: impl io::Read, mut to: impl Write) -> io::Result<()> {
    let mut reply = |reply: &Reply| -> io::Result<()> {
        serde_json::to_writer(&mut to, reply)?;
        to.write_all(b"\n")?;
        to.flush()
    };
    reply(&Reply { known_commands: Some(["get", "put", "close"]), ..Reply::default() })?;
    let mut from = serde_json::Deserializer::from_reader(BufReader::new(from));
    loop {
        let request = match Request::deserialize(&mut from) {
            Ok(request) => request,
            Err(e) if e.is_eof() => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let found = match request.command.as_str() {
            "get" => Ok(caches.get(&request.action)),
            "put" => {
                let body = if request.body_size > 0 { decoded(&mut from)? } else { Vec::new() };
                caches.put(&request.action, &request.output, &body).map(Some)
            }
            "close" => return reply(&Reply { id: request.id, ..Reply::default() }),
            other => Err(io::Error::other(format!("{other} is unknown"))),
        };
        reply(&match found {
            Ok(Some(found)) => Reply {
                id: request.id,
                output: Some(Base64::encode_string(&found.output)),
                size: found.size,
                disk_path: Some(found.path),
                ..Reply::default()
            },
            Ok(None) => Reply { id: request.id, miss: true, ..Reply::default() },
            Err(e) => Reply { id: request.id, err: Some(e.to_string()), ..Reply::default() },
        })?;
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Found {
    output: Vec<u8>,
    size: u64,
    path: PathBuf,
}

#[derive(Debug)]
struct Caches {
    own: PathBuf,
    /// Never written.
    shared: PathBuf,
}

impl Caches {
    fn get(&self, action: &[u8]) -> Option<Found> {
        [&self.own, &self.shared].into_iter().find_map(|dir| find_entry(dir, action))
    }

    fn put(&self, action: &[u8], output: &[u8], body: &[u8]) -> io::Result<Found> {
        let wrong = || io::Error::other("that is not a digest");
        let [to, note] =
            [(output, 'd'), (action, 'a')].map(|(digest, what)| entry_path(&self.own, digest, what));
        let (to, note) = (to.ok_or_else(wrong)?, note.ok_or_else(wrong)?);
        let size = body.len() as u64;
        write_whole(&to, body)?;
        // The time is only used for cleaning up a cache.
        let line = format!("v1 {} {} {size:>20} {:>20}\n", hex(action), hex(output), 0);
        write_whole(&note, line.as_bytes())?;
        Ok(Found { output: output.to_vec(), size, path: to })
    }
}

/// Writes a file that others see complete or not at all.
fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = file.parent().unwrap_or(file);
    std::fs::create_dir_all(dir)?;
    let mut fresh = tempfile::NamedTempFile::new_in(dir)?;
    fresh.write_all(bytes)?;
    fresh.persist(file)?;
    Ok(())
}

fn entry_path(dir: &Path, digest: &[u8], what: char) -> Option<PathBuf> {
    let name = hex(digest);
    (digest.len() == DIGEST).then(|| dir.join(&name[..2]).join(format!("{name}-{what}")))
}

/// Finds the output of an action: the entry is `v1`, the action, the output, its size and a time.
fn find_entry(dir: &Path, action: &[u8]) -> Option<Found> {
    let note = std::fs::read_to_string(entry_path(dir, action, 'a')?).ok()?;
    let words: Vec<&str> = note.split_whitespace().collect();
    let ["v1", of, output, size, _] = words[..] else { return None };
    if of != hex(action) {
        return None;
    }
    let output = base16ct::mixed::decode_vec(output).ok()?;
    let path = entry_path(dir, &output, 'd')?;
    // The go command keeps some programs in folders, which it never asks for here.
    let meta = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let size = size.parse().ok().filter(|size| *size == meta.len())?;
    Some(Found { output, size, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const A: [u8; DIGEST] = [1; DIGEST];
    const B: [u8; DIGEST] = [2; DIGEST];
    const OUT: [u8; DIGEST] = [0xd0; DIGEST];

    fn caches() -> (tempfile::TempDir, Caches) {
        let dir = tempfile::tempdir().unwrap();
        let caches = Caches { own: dir.path().join("own"), shared: dir.path().join("shared") };
        (dir, caches)
    }

    #[test]
    fn what_is_shared_is_found_and_what_is_new_is_its_own() {
        let (_dir, caches) = caches();
        assert_eq!(caches.get(&A), None);
        let shared = Caches { own: caches.shared.clone(), shared: "/nowhere".into() };
        let made = shared.put(&A, &OUT, b"compiled").unwrap();
        assert_eq!(caches.get(&A).unwrap(), made);
        let own = caches.put(&B, &OUT, b"compiled").unwrap();
        assert!(own.path.starts_with(&caches.own), "{own:?}");
        assert_eq!(caches.get(&B).unwrap(), own);
        assert_eq!(shared.get(&B), None);
    }

    #[test]
    fn what_is_broken_is_not_found() {
        let (_dir, caches) = caches();
        let made = caches.put(&A, &OUT, b"compiled").unwrap();
        let note = entry_path(&caches.own, &A, 'a').unwrap();
        for text in ["", "v2 a b 1 1", "v1 \u{e9}", "v1 00 00 8 0"] {
            std::fs::write(&note, text).unwrap();
            assert_eq!(caches.get(&A), None, "{text:?}");
        }
        caches.put(&A, &OUT, b"compiled").unwrap();
        std::fs::write(&made.path, "compi").unwrap();
        assert_eq!(caches.get(&A), None, "it is cut short");
        std::fs::remove_file(&made.path).unwrap();
        std::fs::create_dir(&made.path).unwrap();
        assert_eq!(caches.get(&A), None, "it is a folder");
        assert_eq!(caches.get(&A[..4]), None);
        assert!(caches.put(&A[..4], &OUT, b"").is_err());
    }

    #[test]
    fn it_speaks_as_the_go_command_does() {
        let (_dir, caches) = caches();
        let (action, output) = (Base64::encode_string(&A), Base64::encode_string(&OUT));
        let said = [
            json!({"ID": 1, "Command": "get", "ActionID": action}),
            json!({"ID": 2, "Command": "put", "ActionID": action, "OutputID": output, "BodySize": 2}),
            json!("aGk="),
            json!({"ID": 3, "Command": "put", "ActionID": Base64::encode_string(&B), "OutputID": output}),
            json!({"ID": 4, "Command": "get", "ActionID": action}),
            json!({"ID": 5, "Command": "forget"}),
            json!({"ID": 6, "Command": "close"}),
        ];
        let said: String = said.iter().map(|value| format!("{value}\n")).collect();
        let mut heard = Vec::new();
        serve_requests(&caches, said.as_bytes(), &mut heard).unwrap();
        let heard: Vec<Value> = std::str::from_utf8(&heard)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(heard[0]["KnownCommands"], json!(["get", "put", "close"]));
        assert_eq!(
            heard.iter().map(|reply| reply["ID"].as_i64().unwrap()).collect::<Vec<_>>(),
            [0, 1, 2, 3, 4, 5, 6]
        );
        assert_eq!(heard[1]["Miss"], true);
        assert_eq!(heard[2]["DiskPath"], json!(entry_path(&caches.own, &OUT, 'd').unwrap()));
        // The second body is empty, under the same digest: the size of the first one is wrong now.
        assert_eq!(heard[4]["Miss"], true);
        assert!(heard[5]["Err"].as_str().unwrap().contains("forget"));
        assert!(serve_requests(&caches, &b"{\"ID\": 1, \"ActionID\": \"?\"}"[..], io::sink()).is_err());
        assert!(serve_requests(&caches, &b""[..], io::sink()).is_ok());
    }

    #[test]
    fn words_are_quoted() {
        let helper = ["/run/lab".into(), "inside".into()];
        assert_eq!(program(&helper, Path::new("/a b")), "'/run/lab' 'inside' 'gocache' '/a b'");
        assert_eq!(program(&["it's".into()], Path::new("/c")), "\"it's\" 'gocache' '/c'");
    }
}
