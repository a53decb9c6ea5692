//! `[[notify]]`: who is notified when a person is needed, and how.

use serde::{Deserialize, Serialize};

/// One place that notices go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Target {
    /// Its name, on record.
    pub name: String,
    /// How it is reached.
    #[serde(flatten)]
    pub way: Way,
    /// What it wants to hear of.
    pub on: Vec<Topic>,
}

/// How a notice is delivered. What is secret is named, never written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Way {
    /// A command that reads the notice's JSON from standard input.
    Run(String),
    /// An address that the JSON is posted to.
    Webhook {
        /// Where.
        to: Place,
        /// The variable with the key of the signature.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_env: Option<String>,
    },
    /// The variable with the address of a Slack hook, or of one that speaks the same, as Mattermost does.
    SlackEnv(String),
}

/// An address, or the variable that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The address itself.
    Url(String),
    /// The variable with an address that is itself a secret.
    Env(String),
}

/// What a notice can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A gate that a person must clear.
    Blocked,
    /// A promotion or an after-step that needs a person.
    Failed,
    /// A release.
    Released,
    /// A release whose after-steps are all done.
    Published,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Blocked, Self::Failed, Self::Released, Self::Published];

    /// The topics of a target that names none.
    pub const USUAL: [Self; 2] = [Self::Blocked, Self::Failed];

    /// Gives its word in the policy.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Released => "released",
            Self::Published => "published",
        }
    }
}

/// Checks an address that something is posted to: https, or http to this very machine; no login in it.
///
/// # Errors
///
/// Says what is wrong, without the address.
pub fn address(url: &str) -> Result<(), String> {
    let (scheme, rest) =
        url.split_once("://").ok_or("write a whole address, such as https://example.org/hook")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if url.len() > 2000
        || url.chars().any(|c| !c.is_ascii_graphic() || matches!(c, '"' | '\\' | '<' | '>' | '{' | '}'))
    {
        return Err("it has characters in it that no address has".into());
    }
    if host.contains('@') {
        return Err("an address with a login in it is a secret".into());
    }
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    if name.is_empty() {
        return Err("it names no host".into());
    }
    match scheme {
        "https" => Ok(()),
        "http" if matches!(name, "127.0.0.1" | "[::1]" | "localhost") => Ok(()),
        "http" => Err("only https is used, except to this very machine".into()),
        _ => Err("write an address that begins with https://".into()),
    }
}
