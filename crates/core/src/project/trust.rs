//! Whose statements count. What an entry says of its own signature never counts: how far an identity is proven comes
//! from the signatures alone, and is found once, at its position in the chain.

use crate::ledger::authority::Authority;
use crate::ledger::entry::Entry;
use crate::ledger::signature::Fingerprint;
use crate::ledger::signer::Role;
use crate::policy::{Policy, Trust};
use crate::project::roster::Roster;
use crate::types::object_id::CommitId;
use crate::types::person::{is_same, is_somebody};
use crate::types::text::{name_of, short};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// So much of a name is kept where more has to be said of it in the same place.
const NAME_WIDTH: usize = 22;

/// Who did something, by their own claim, and how far that is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// A name or an address, as claimed.
    pub who: String,
    /// How far it is proven.
    pub level: Level,
    /// Who wrote it down, where that was somebody else by their own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<String>,
}

/// How far an identity is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Anybody who may push could have written it.
    #[default]
    Claimed,
    /// This key wrote it down: the entry's commit carries its good signature.
    Recorded(Key),
    /// This key signed a statement of exactly this, in this ledger.
    Stated(Key),
}

/// A key, and what the ledger said of it at that position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Which.
    pub fingerprint: Fingerprint,
    /// Whose; `None` where it is not a signer's.
    pub name: Option<String>,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// An entry, or a part of one, that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// The entry's commit.
    pub entry: CommitId,
    /// Why.
    pub why: String,
}

impl Level {
    /// Gives the word that people see.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Recorded(_) => "recorded",
            Self::Stated(_) => "stated",
        }
    }

    /// Gives the key behind it.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Claimed => None,
            Self::Recorded(key) | Self::Stated(key) => Some(key),
        }
    }

    pub(crate) fn stated(&self) -> Option<&Key> {
        match self {
            Self::Stated(key) => Some(key),
            Self::Claimed | Self::Recorded(_) => None,
        }
    }
}

impl Identity {
    /// Reads it off an entry.
    pub(crate) fn of(entry: &Entry, level: &Level) -> Self {
        let recorded_by = entry.recorded_by.as_ref().map(|recorder| recorder.who.clone());
        Self { who: entry.by.who.clone(), level: level.clone(), recorded_by }
    }

    /// Gives the name as every screen shows it: where somebody else claimed it, and no signature proves it, that is said.
    pub fn shown(&self) -> String {
        name_of(&told(&self.who, self.recorded_by.is_some(), &self.level))
    }

    /// Gives the name that counts under a policy: the signer's where signatures count, else the claimed one.
    pub fn name(&self, policy: &Policy) -> &str {
        let signer = self.level.stated().and_then(|key| key.name.as_deref());
        match policy.trust {
            Trust::Claimed => &self.who,
            Trust::Signed => signer.unwrap_or(&self.who),
        }
    }

    /// Tells whether it may be somebody's: by the claimed name, or by the signer's.
    pub fn is(&self, who: &str) -> bool {
        let signer = self.level.key().and_then(|key| key.name.as_deref());
        is_same(&self.who, who) || signer.is_some_and(|name| is_same(name, who))
    }

    /// Tells whether it has a name: two without one cannot be told apart.
    pub fn is_somebody(&self) -> bool {
        is_somebody(&self.who) || self.level.stated().is_some()
    }

    /// Tells whether two may be one person: by the claimed name, the signer's, or the key.
    pub fn is_same(&self, other: &Self) -> bool {
        let stated = |voice: &Self| voice.level.stated().map(|key| key.fingerprint.clone());
        let signer = other.level.stated().and_then(|key| key.name.as_deref());
        self.is(&other.who)
            || signer.is_some_and(|name| self.is(name))
            || stated(self).is_some_and(|key| stated(other) == Some(key))
    }
}

/// Gives who wrote an entry, for people.
pub(crate) fn told_by<'a>(entry: &'a Entry, level: &Level) -> Cow<'a, str> {
    told(&entry.by.who, entry.recorded_by.is_some(), level)
}

/// Says of a name that somebody gave it with `--as` whom git knows by another, unless a signature proves it.
fn told<'a>(who: &'a str, by_another: bool, level: &Level) -> Cow<'a, str> {
    let signer = level.key().and_then(|key| key.name.as_deref());
    if !by_another || signer.is_some_and(|signer| is_same(signer, who)) {
        return Cow::Borrowed(who);
    }
    let address = who.find('<').map_or("", |at| &who[at..]);
    Cow::Owned(
        format!("{} (claimed by --as) {address}", short(&name_of(who), NAME_WIDTH)).trim_end().to_owned(),
    )
}

/// Tells whether a word counts under a policy. A hold by anybody always counts, and so does a bad report.
pub(crate) fn counts(policy: &Policy, takes: Authority<'_>, level: &Level) -> bool {
    policy.trust == Trust::Claimed || is_vouched(takes, level)
}

/// Tells whether a signature stands behind a word, by somebody whose role it is.
pub(crate) fn is_vouched(takes: Authority<'_>, level: &Level) -> bool {
    let has = |roles: &[Role], key: Option<&Key>| {
        key.is_some_and(|key| key.roles.iter().any(|role| roles.contains(role)))
    };
    match takes {
        Authority::Anybody | Authority::Observed => true,
        Authority::Signer => level.stated().is_some_and(|key| key.name.is_some()),
        Authority::Approver => has(&[Role::Approver, Role::Captain], level.stated()),
        Authority::Captain => has(&[Role::Captain, Role::Admin], level.stated()),
        // A machine's word is written down by the machine itself.
        Authority::Checker(name) => has(&[Role::Recorder, Role::Checker(name.into())], level.key()),
        Authority::Admin | Authority::Admins => has(&[Role::Admin], level.stated()),
    }
}

impl Roster {
    /// Gives a key with what is known of it here.
    pub(crate) fn know(&self, fingerprint: Fingerprint) -> Key {
        let signer = self.signers.get(&fingerprint);
        let (name, roles) = signer.map(|s| (s.name.clone(), s.roles.clone())).unzip();
        Key { fingerprint, name, roles: roles.unwrap_or_default() }
    }
}
