//! Delivers notices: to a command of the project's, or by HTTP through `curl`, which has the machine's own
//! proxies and certificates. Addresses and signatures reach it on standard input, never as arguments.

use crate::Store;
use crate::command::Errand;
use crate::desk::Room;
use allclear_core::decide::notices::chat;
use allclear_core::policy::model::notify::address;
use allclear_core::policy::{Place, Way};
use allclear_core::port::notify::{Notify, NotifyError};
use allclear_core::port::steps::{End, Ended};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::ffi::OsString;
use std::time::Duration;

/// How long a delivery by HTTP may take.
const HTTP: Duration = Duration::from_secs(10);
/// How long a command may take.
const COMMAND: Duration = Duration::from_mins(1);

impl Notify for Store {
    fn deliver(&self, way: &Way, id: &str, body: &str) -> Result<(), NotifyError> {
        match way {
            Way::Run(script) => {
                let ended = self.errand("sh", &["-c", script], body.as_bytes(), COMMAND)?;
                if ended.end == End::Exit(0) {
                    Ok(())
                } else {
                    Err(NotifyError::Refused(format!("its command {}", ended.sentence())))
                }
            }
            Way::Webhook { to, secret_env } => {
                let url = match to {
                    Place::Url(url) => url.clone(),
                    Place::Env(name) => self.variable(name)?,
                };
                let key = secret_env.as_ref().map(|name| self.variable(name)).transpose()?;
                let signature =
                    key.map(|key| format!("X-Allclear-Signature: sha256={}", signature(&key, body)));
                self.http(&url, id, body, signature.as_deref())
            }
            Way::SlackEnv(name) => {
                let notice: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                let text = notice["text"].as_str().unwrap_or_default();
                // No markup, no mentions, no previews of addresses that strangers wrote.
                let body = serde_json::json!({
                    "text": chat(text), "mrkdwn": false, "parse": "none", "link_names": false,
                    "unfurl_links": false, "unfurl_media": false,
                })
                .to_string();
                self.http(&self.variable(name)?, id, &body, None)
            }
        }
    }
}

impl Store {
    fn variable(&self, name: &str) -> Result<String, NotifyError> {
        let found = self.caller().iter().find(|(key, _)| key.to_str() == Some(name));
        let value = found.and_then(|(_, value)| value.to_str()).map(str::trim).filter(|v| !v.is_empty());
        value
            .map(str::to_owned)
            .ok_or_else(|| NotifyError::SetUp(format!("the variable {name} is not set here")))
    }

    fn errand(
        &self,
        program: &str,
        args: &[&str],
        stdin: &[u8],
        limit: Duration,
    ) -> Result<Ended, NotifyError> {
        let room = Room::make(self.cache())
            .map_err(|e| NotifyError::Unavailable(format!("making a directory failed: {e}")))?;
        let vars: [(&'static str, OsString); 1] = [("GIT_CEILING_DIRECTORIES", room.path().into())];
        Ok(Errand { program, args, dir: room.path(), env: self.caller(), vars: &vars, stdin, limit }.run())
    }

    fn http(&self, url: &str, id: &str, body: &str, signature: Option<&str>) -> Result<(), NotifyError> {
        address(url).map_err(|why| NotifyError::SetUp(format!("its address: {why}")))?;
        let scheme = url.split(':').next().unwrap_or_default();
        let header = |text: &str| format!("header = {}\n", quoted(text));
        let mut config = format!("url = {}\nproto = {}\n", quoted(url), quoted(&format!("={scheme}")));
        config.push_str(&header("Content-Type: application/json"));
        config.push_str(&header(&format!("X-Allclear-Id: {id}")));
        config.push_str(&signature.map(header).unwrap_or_default());
        config.push_str(&format!("data-raw = {}\n", quoted(body)));
        // What it answers is no news; redirects are not followed.
        config.push_str("user-agent = \"allclear\"\noutput = \"/dev/null\"\nwrite-out = \"%{http_code}\"\n");
        // An address is one address, whatever brackets it has.
        config.push_str("globoff\n");
        config.push_str("silent\nshow-error\nconnect-timeout = 5\nmax-filesize = 1048576\n");
        config.push_str(&format!("max-time = {}\n", HTTP.as_secs()));
        let limit = HTTP + Duration::from_secs(5);
        let ended = self.errand("curl", &["--disable", "--config", "-"], config.as_bytes(), limit)?;
        let code = ended.said.lines().last().unwrap_or_default().trim();
        match (&ended.end, code.len() == 3 && code.starts_with('2')) {
            (End::NotStarted, _) => Err(NotifyError::Unavailable(
                "curl could not be started; notices by HTTP need it on the PATH".into(),
            )),
            (_, true) => Ok(()),
            (End::Exit(0), false) => Err(NotifyError::Refused(format!(
                "the server answered {}",
                allclear_core::types::text::short(code, 10)
            ))),
            (End::Exit(_) | End::Killed | End::TimedOut, false) => {
                Err(NotifyError::Unavailable(reason(&ended, url)))
            }
        }
    }
}

/// Says why curl failed, without the address, which may be a secret.
fn reason(ended: &Ended, url: &str) -> String {
    let said = ended.said.lines().find_map(|line| line.strip_prefix("curl: "));
    let path = url.split_once("://").and_then(|(_, rest)| Some(rest.split_once('/')?.1));
    let path = path.filter(|path| !path.is_empty());
    let said = said.map(|said| path.map_or(said.to_owned(), |path| said.replace(path, "***")));
    allclear_core::types::text::short(&said.unwrap_or_else(|| ended.sentence()), 160)
}

/// Writes a value as curl's configuration has it (curl(1), `--config`).
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Gives the HMAC-SHA256 (RFC 2104) of a text, in hex.
fn signature(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length will do");
    mac.update(text.as_bytes());
    allclear_core::types::text::hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", "what do ya want for nothing?"), expected);
    }

    #[test]
    fn no_text_breaks_out_of_its_line() {
        assert_eq!(quoted("a\"b\\c\nurl = x"), r#""a\"b\\c\nurl = x""#);
    }
}
