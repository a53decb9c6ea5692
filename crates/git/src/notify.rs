//! Delivers notices by a command of the project's, or by HTTP.

use crate::Store;
use crate::command::{Script, temporary};
use allclear_core::decide::notices::chat;
use allclear_core::policy::model::notify::address;
use allclear_core::policy::{Place, Way};
use allclear_core::port::notify::{Notify, NotifyError};
use allclear_core::port::steps::{End, Ended};
use allclear_host::http::{Client, Limits};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::ffi::OsString;
use std::time::Duration;

/// Redirects are not followed, and the body of an answer is not read.
const HTTP: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(10), redirects: 0, body: 0 };
const COMMAND: Duration = Duration::from_mins(1);

impl Notify for Store {
    fn deliver(&self, way: &Way, id: &str, body: &str) -> Result<(), NotifyError> {
        match way {
            Way::Run(script) => {
                let ended = self.command(script, body)?;
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
                let signature = key.map(|key| format!("sha256={}", signature(&key, body)));
                self.http(&url, id, body, signature.as_deref())
            }
            Way::SlackEnv(name) => {
                let notice: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                let text = notice["text"].as_str().unwrap_or_default();
                // No markup, no mentions, no previews of addresses in strangers' text.
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

    fn command(&self, script: &str, body: &str) -> Result<Ended, NotifyError> {
        let dir = temporary(self.cache())
            .map_err(|e| NotifyError::Unavailable(format!("making a directory failed: {e}")))?;
        let vars: [(&'static str, OsString); 1] = [("GIT_CEILING_DIRECTORIES", dir.path().into())];
        let (env, stdin) = (self.caller(), body.as_bytes());
        Ok(Script { text: script, dir: dir.path(), env, vars: &vars, stdin, limit: COMMAND }.run())
    }

    fn http(&self, url: &str, id: &str, body: &str, signature: Option<&str>) -> Result<(), NotifyError> {
        address(url).map_err(|why| NotifyError::SetUp(format!("its address: {why}")))?;
        let mut headers = vec![("Content-Type", "application/json"), ("X-Allclear-Id", id)];
        headers.extend(signature.map(|signature| ("X-Allclear-Signature", signature)));
        match Client::new(self.caller(), HTTP).post(url, &headers, body) {
            Ok(200..300) => Ok(()),
            Ok(status) => Err(NotifyError::Refused(format!("the server answered {status}"))),
            Err(error) => Err(NotifyError::Unavailable(error.to_string())),
        }
    }
}

/// HMAC-SHA256 (RFC 2104), in hex.
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
}
