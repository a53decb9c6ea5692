//! Asks the caller's own module proxies what they have, as it is at a time.
//!
//! Lists and latest versions are small and asked for seldom, so `curl` does it: it has the machine's own ways
//! through proxies and its certificates. Addresses reach it on standard input, since they may have passwords.

use super::snapshot::Answer;
use jiff::Timestamp;
use semver::Version;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// The most bytes of an answer.
const MOST: u64 = 16 << 20;
/// How long one answer may take, in seconds.
const TIME: u32 = 30;
/// The most versions of one module whose time is asked for.
const LOOKS: usize = 256;
/// The variables of the caller's that say how to get to the network.
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
    /// The proxy cannot be reached, or speaks in riddles. Later it may be another.
    Proxy,
    /// There is no curl to ask it with.
    Curl,
}

/// The proxies of a GOPROXY, in their order, and the time at which they are looked at.
#[derive(Debug)]
pub(crate) struct Upstream {
    proxies: Vec<Proxy>,
    env: Vec<(OsString, OsString)>,
    until: Timestamp,
}

#[derive(Debug, PartialEq, Eq)]
struct Proxy {
    at: At,
    /// Whether the next one is asked after any failure (`|`), not only where it has nothing (`,`).
    lenient: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum At {
    Web(String),
    Folder(PathBuf),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    version: String,
    time: Option<Timestamp>,
}

impl Upstream {
    /// Reads the value of a GOPROXY; `direct` and `off` end it, since what comes after is never asked.
    pub(crate) fn new(goproxy: &str, env: &[(OsString, OsString)], until: Timestamp) -> Self {
        let of_the_network = |name: &OsString| OF_THE_NETWORK.iter().any(|kept| name == kept);
        let env = env.iter().filter(|(name, _)| of_the_network(name)).cloned().collect();
        Self { proxies: proxies(goproxy), env, until }
    }

    /// Gives the list of a module's versions, without those that came later.
    pub(crate) fn list(&self, module: &str) -> Result<Answer, Unreachable> {
        let Some(list) = self.get(&format!("{module}/@v/list"))? else { return Ok(Answer::Missing) };
        let list = String::from_utf8_lossy(&list);
        let mut lines: Vec<_> =
            list.lines().filter_map(|line| Some((version(line.split_whitespace().next()?)?, line))).collect();
        lines.sort_by(|(a, _), (b, _)| b.cmp_precedence(a));
        // What is chosen is the highest of a kind, so it is enough to look down to the first that is old enough.
        let mut settled = HashSet::new();
        let mut kept = Vec::new();
        for (looks, (version, line)) in lines.into_iter().enumerate() {
            let kind = (version.pre.is_empty(), version.build.is_empty());
            if !settled.contains(&kind) {
                if looks >= LOOKS {
                    return Err(Unreachable::Proxy);
                }
                let info = self.info(module, &format!("v{version}"))?;
                if info.and_then(|info| info.time).is_some_and(|time| time > self.until) {
                    continue;
                }
                settled.insert(kind);
            }
            kept.push(line);
        }
        Ok(Answer::Found(kept.iter().rev().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()))
    }

    /// Gives what is the latest version of a module, and was so then.
    pub(crate) fn latest(&self, module: &str) -> Result<Answer, Unreachable> {
        let Some(said) = self.get(&format!("{module}/@latest"))? else { return Ok(Answer::Missing) };
        let info: Info = serde_json::from_slice(&said).map_err(|_| Unreachable::Proxy)?;
        if info.time.is_none_or(|time| time <= self.until) {
            return Ok(Answer::Found(said));
        }
        let Answer::Found(list) = self.list(module)? else { return Ok(Answer::TooNew) };
        match highest(&String::from_utf8_lossy(&list)) {
            Some(version) => self.stat(module, &version),
            None => Ok(Answer::TooNew),
        }
    }

    /// Gives what is said of one version.
    pub(crate) fn stat(&self, module: &str, version: &str) -> Result<Answer, Unreachable> {
        let path = format!("{module}/@v/{}.info", crate::ecosystem::go::paths::escaped(version));
        Ok(self.get(&path)?.map_or(Answer::Missing, Answer::Found))
    }

    fn info(&self, module: &str, version: &str) -> Result<Option<Info>, Unreachable> {
        let Answer::Found(said) = self.stat(module, version)? else { return Ok(None) };
        let info: Info = serde_json::from_slice(&said).map_err(|_| Unreachable::Proxy)?;
        if info.version == version { Ok(Some(info)) } else { Err(Unreachable::Proxy) }
    }

    /// Asks one proxy after the other; `None` where none has it.
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unreachable> {
        let mut failed = None;
        for proxy in &self.proxies {
            match proxy.at.get(path, &self.env) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(why) if proxy.lenient => failed = Some(why),
                Err(why) => return Err(why),
            }
        }
        failed.map_or(Ok(None), Err)
    }
}

impl At {
    fn get(&self, path: &str, env: &[(OsString, OsString)]) -> Result<Option<Vec<u8>>, Unreachable> {
        match self {
            Self::Folder(folder) => match std::fs::File::open(folder.join(path)) {
                Ok(file) => whole(file).map(Some),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(_) => Err(Unreachable::Proxy),
            },
            Self::Web(base) => {
                let (code, body) = fetched(&format!("{base}/{path}"), env)?;
                match code.as_str() {
                    "200" => Ok(Some(body)),
                    "404" | "410" => Ok(None),
                    _ => Err(Unreachable::Proxy),
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
    let mut stdin = child.0.stdin.take().ok_or(Unreachable::Proxy)?;
    stdin.write_all(config(url).as_bytes()).map_err(|_| Unreachable::Proxy)?;
    drop(stdin);
    let mut body = whole(child.0.stdout.take().ok_or(Unreachable::Proxy)?)?;
    if !child.0.wait().map_err(|_| Unreachable::Proxy)?.success() {
        return Err(Unreachable::Proxy);
    }
    let end = body.iter().rposition(|byte| *byte == b'\n').ok_or(Unreachable::Proxy)?;
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
    from.take(MOST + 1).read_to_end(&mut bytes).map_err(|_| Unreachable::Proxy)?;
    if bytes.len() as u64 > MOST { Err(Unreachable::Proxy) } else { Ok(bytes) }
}

/// Reads a GOPROXY as the go command does.
fn proxies(goproxy: &str) -> Vec<Proxy> {
    let mut found = Vec::new();
    for entry in goproxy.split_inclusive([',', '|']) {
        let lenient = entry.ends_with('|');
        let name = entry.trim_end_matches([',', '|']).trim().trim_end_matches('/');
        match name.split_once(":/") {
            _ if name.is_empty() => {}
            _ if matches!(name, "direct" | "off") => break,
            _ if name.contains(char::is_control) => {}
            Some(("http" | "https", _)) => found.push(Proxy { at: At::Web(name.to_owned()), lenient }),
            Some(("file", rest)) => {
                let folder = decoded(&format!("/{}", rest.trim_start_matches('/')));
                found.extend(folder.map(|folder| Proxy { at: At::Folder(folder.into()), lenient }));
            }
            None if name.contains(['.', ':', '/']) && !name.starts_with('/') => {
                found.push(Proxy { at: At::Web(format!("https://{name}")), lenient });
            }
            Some(_) | None => {}
        }
    }
    found
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

/// Reads a version of Go's: with its `v`.
pub(crate) fn version(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v')?).ok()
}

/// Gives the version that `latest` means: the highest release; where there is none, the highest pre-release.
/// What came before modules (`+incompatible`) is for where there is nothing else.
pub(crate) fn highest(list: &str) -> Option<String> {
    let versions = list.lines().filter_map(|line| version(line.split_whitespace().next()?));
    let mut best: HashMap<(bool, bool), Version> = HashMap::new();
    for version in versions {
        let slot =
            best.entry((version.pre.is_empty(), version.build.is_empty())).or_insert_with(|| version.clone());
        if version.cmp_precedence(slot).is_gt() {
            *slot = version;
        }
    }
    let order = [(true, true), (true, false), (false, true), (false, false)];
    order.iter().find_map(|kind| best.get(kind)).map(|version| format!("v{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goproxy_is_read_as_go_reads_it() {
        let web = |url: &str, lenient| Proxy { at: At::Web(url.into()), lenient };
        let folder = |path: &str, lenient| Proxy { at: At::Folder(path.into()), lenient };
        let table = [
            ("https://a.b/c/,direct", vec![web("https://a.b/c", false)]),
            (
                "https://a.b|http://127.0.0.1:1,off,https://never.b",
                vec![web("https://a.b", true), web("http://127.0.0.1:1", false)],
            ),
            (" file:///a%20b , , c.d/e", vec![folder("/a b", false), web("https://c.d/e", false)]),
            ("direct,https://never.b", vec![]),
            ("off", vec![]),
            ("", vec![]),
            ("ftp://a.b,/abs,word", vec![]),
            ("https://a.b/\nurl = x", vec![]),
        ];
        for (goproxy, expected) in table {
            assert_eq!(proxies(goproxy), expected, "{goproxy}");
        }
    }

    #[test]
    fn no_address_breaks_out_of_its_line() {
        assert!(config(r#"https://a.b/"\"#).starts_with("url = \"https://a.b/\\\"\\\\\"\n"));
    }

    #[test]
    fn latest_is_the_highest_release() {
        let table = [
            ("v1.0.0\nv1.10.0\nv1.9.0\nv2.0.0-rc.1", Some("v1.10.0")),
            ("v1.0.0\nv3.0.0+incompatible", Some("v1.0.0")),
            ("v1.0.0-a\nv1.0.0-b", Some("v1.0.0-b")),
            ("v2.0.0+incompatible\nv3.0.0-rc.1", Some("v2.0.0+incompatible")),
            ("nonsense\n\nv1", None),
        ];
        for (list, expected) in table {
            assert_eq!(highest(list).as_deref(), expected, "{list}");
        }
    }

    #[test]
    fn what_is_encoded_wrongly_is_nothing() {
        assert_eq!(decoded("a%21b%2f").as_deref(), Some("a!b/"));
        for broken in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
