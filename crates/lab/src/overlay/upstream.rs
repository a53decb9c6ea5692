//! Asks the caller's own registries.

use allclear_host::http::{Client, Limits};
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::time::Duration;

/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 16 << 20;
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    total: Duration::from_secs(30),
    redirects: 5,
    body: MAX_ANSWER,
};

/// A registry cannot be reached, or its answer cannot be read. That may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreachable;

#[derive(Debug)]
pub(crate) struct Upstream {
    mirrors: Vec<Mirror>,
    client: Client,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mirror {
    pub(crate) at: At,
    /// Whether the next one is asked after any failure, not only if this one has nothing.
    pub(crate) lenient: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum At {
    Web(String),
    Folder(PathBuf),
}

impl Upstream {
    pub(crate) fn new(mirrors: Vec<Mirror>, env: &[(OsString, OsString)]) -> Self {
        Self { mirrors, client: Client::new(env, LIMITS) }
    }

    /// Asks one mirror after the other; `None` if none has it.
    pub(crate) fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unreachable> {
        let mut failed = None;
        for mirror in &self.mirrors {
            match mirror.at.get(path, &self.client) {
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
    /// Parses `http://…`, `https://…` or `file:///…`; `None` for what cannot be asked.
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

    fn get(&self, path: &str, client: &Client) -> Result<Option<Vec<u8>>, Unreachable> {
        match self {
            Self::Folder(folder) => match std::fs::File::open(folder.join(path)) {
                Ok(file) => whole(file).map(Some),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(_) => Err(Unreachable),
            },
            Self::Web(base) => {
                let answer = client.get(&format!("{base}/{path}")).map_err(|_| Unreachable)?;
                match answer.status {
                    200 => Ok(Some(answer.body)),
                    404 | 410 => Ok(None),
                    _ => Err(Unreachable),
                }
            }
        }
    }
}

fn whole(from: impl Read) -> Result<Vec<u8>, Unreachable> {
    let mut bytes = Vec::new();
    from.take(MAX_ANSWER + 1).read_to_end(&mut bytes).map_err(|_| Unreachable)?;
    if bytes.len() as u64 > MAX_ANSWER { Err(Unreachable) } else { Ok(bytes) }
}

/// Decodes `%xx` (RFC 3986 §2.1); `None` if that is malformed or not UTF-8.
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
    fn what_is_encoded_wrongly_is_nothing() {
        assert_eq!(decoded("a%21b%2f").as_deref(), Some("a!b/"));
        for broken in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
