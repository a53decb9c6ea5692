//! Asks the caller's own registries what they have.
//!
//! What changes by itself is small and asked for seldom, so `curl` does it: it has the machine's own ways
//! through proxies and its certificates. Addresses reach it on standard input, since they may have passwords.

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// The most bytes of an answer.
const MOST: u64 = 16 << 20;
/// How long one answer may take, in seconds.
const TIME: u32 = 30;
/// The variables of the caller that say how to reach the network.
const OF_THE_NETWORK: [&str; 11] = [
    "PATH",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The registry cannot be reached, or its answer cannot be read. Later that may change.
    Registry,
    /// There is no curl to ask it with.
    Curl,
}

/// The mirrors of a registry, in the order in which they are asked.
#[derive(Debug)]
pub(crate) struct Upstream {
    mirrors: Vec<Mirror>,
    env: Vec<(OsString, OsString)>,
}

/// One mirror of a registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mirror {
    pub(crate) at: At,
    /// Whether the next one is asked after any failure, not only where this one has nothing.
    pub(crate) lenient: bool,
}

/// Where a mirror is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum At {
    Web(String),
    Folder(PathBuf),
}

impl Upstream {
    /// Makes one from its mirrors and the caller's environment.
    pub(crate) fn new(mirrors: Vec<Mirror>, env: &[(OsString, OsString)]) -> Self {
        let of_the_network = |name: &OsString| OF_THE_NETWORK.iter().any(|kept| name == kept);
        let env = env.iter().filter(|(name, _)| of_the_network(name)).cloned().collect();
        Self { mirrors, env }
    }

    /// Asks one mirror after the other; `None` where none has it.
    pub(crate) fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unreachable> {
        let mut failed = None;
        for mirror in &self.mirrors {
            match mirror.at.get(path, &self.env) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(why) if mirror.lenient => failed = Some(why),
                Err(why) => return Err(why),
            }
        }
        failed.map_or(Ok(None), Err)
    }
}

impl At {
    /// Reads an address, `http://…`, `https://…` or `file:///…`; `None` for what cannot be asked.
    pub(crate) fn read(url: &str) -> Option<Self> {
        if url.contains(char::is_control) {
            return None;
        }
        match url.split_once(":/")? {
            ("http" | "https", _) => Some(Self::Web(url.to_owned())),
            ("file", rest) => {
                decoded(&format!("/{}", rest.trim_start_matches('/'))).map(|path| Self::Folder(path.into()))
            }
            _ => None,
        }
    }

    fn get(&self, path: &str, env: &[(OsString, OsString)]) -> Result<Option<Vec<u8>>, Unreachable> {
        match self {
            Self::Folder(folder) => match std::fs::File::open(folder.join(path)) {
                Ok(file) => whole(file).map(Some),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(_) => Err(Unreachable::Registry),
            },
            Self::Web(base) => {
                let (code, body) = fetched(&format!("{base}/{path}"), env)?;
                match code.as_str() {
                    "200" => Ok(Some(body)),
                    "404" | "410" => Ok(None),
                    _ => Err(Unreachable::Registry),
                }
            }
        }
    }
}

/// Asks curl for an address; gives the status and the body.
fn fetched(url: &str, env: &[(OsString, OsString)]) -> Result<(String, Vec<u8>), Unreachable> {
    let mut curl = crate::process::command("curl");
    curl.args(["--disable", "--config", "-"]).envs(env.iter().map(|(name, value)| (name, value)));
    curl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Ended(curl.spawn().map_err(|_| Unreachable::Curl)?);
    let mut stdin = child.0.stdin.take().ok_or(Unreachable::Registry)?;
    stdin.write_all(config(url).as_bytes()).map_err(|_| Unreachable::Registry)?;
    drop(stdin);
    let mut body = whole(child.0.stdout.take().ok_or(Unreachable::Registry)?)?;
    if !child.0.wait().map_err(|_| Unreachable::Registry)?.success() {
        return Err(Unreachable::Registry);
    }
    let end = body.iter().rposition(|byte| *byte == b'\n').ok_or(Unreachable::Registry)?;
    let code = String::from_utf8_lossy(&body[end + 1..]).into_owned();
    body.truncate(end);
    Ok((code, body))
}

/// A process that is gone with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes curl's configuration (curl(1), `--config`). What is asked by TLS is never redirected to what is not.
fn config(url: &str) -> String {
    let schemes = if url.starts_with("https:") { "=https" } else { "=http,https" };
    let url: String =
        url.chars().flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])).collect();
    format!(
        "url = \"{url}\"\nproto = \"{schemes}\"\nproto-redir = \"{schemes}\"\nlocation\nmax-redirs = 5\ngloboff\n\
         silent\nuser-agent = \"allclear\"\nconnect-timeout = 10\nmax-time = {TIME}\nmax-filesize = {MOST}\n\
         write-out = \"\\n%{{http_code}}\"\n"
    )
}

fn whole(from: impl Read) -> Result<Vec<u8>, Unreachable> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes).map_err(|_| Unreachable::Registry)?;
    if bytes.len() as u64 > MOST { Err(Unreachable::Registry) } else { Ok(bytes) }
}

/// Reads `%xx` (RFC 3986 §2.1); `None` where that is broken or no UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            out.push((digit()? << 4 | digit()?) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_breaks_out_of_its_line() {
        assert!(config(r#"https://a.b/"\"#).starts_with("url = \"https://a.b/\\\"\\\\\"\n"));
    }

    #[test]
    fn what_is_encoded_wrongly_is_nothing() {
        assert_eq!(decoded("a%21b%2f").as_deref(), Some("a!b/"));
        for broken in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
