//! Reads the ledger's commits into entries. Total: nothing that can be pushed crashes it.

use crate::ledger::actor::{Actor, Via};
use crate::ledger::event::Event;
use crate::ledger::signature::Signed;
use crate::ledger::statement::Statement;
use crate::types::object_id::CommitId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The schema of an entry as this version writes it.
pub const SCHEMA: &str = "allclear.entry/1";

/// One entry of the ledger: the `entry.json` of one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `allclear.entry/1`.
    pub schema: String,
    /// The lowest rules version that may decide over this entry.
    pub needs: u32,
    /// The entry's own id, which tags name in their `Allclear-Ledger` trailer: 32 hex digits.
    pub id: String,
    /// The writer's clock, UTC.
    pub claimed: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// Who wrote it down, where that was somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<Actor>,
    /// From where it was written.
    pub via: Via,
    /// The facts a decision stood on; absent from observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<serde_json::Value>,
    /// The signature of the person who decided it, over all its events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// The version of the rules in this crate; a decision records it, and `verify` recomputes under it.
pub const RULES: u32 = 4;

/// The longest `entry.json`, in bytes.
pub const ENTRY_LIMIT: usize = 64 * 1024;

/// The longest file beside an `entry.json`, in bytes.
pub const ATTACHMENT_LIMIT: usize = 1 << 20;

/// The most files beside an `entry.json`.
pub const ATTACHMENTS: usize = 16;

/// How far a writer's clock may run ahead of or behind the ledger.
pub const TOLERANCE: crate::Seconds = crate::Seconds(120);

/// The trailer by which a tag names the entry that it was pushed with.
pub const TRAILER: &str = "Allclear-Ledger";

/// A commit of the ledger as git gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEntry {
    /// The commit.
    pub commit: CommitId,
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// The bytes of `entry.json`, or why there are none.
    pub json: Result<Vec<u8>, Unreadable>,
    /// The commit's signature, good or not.
    pub signed: Option<Signed>,
}

/// Why a commit has no usable `entry.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// No such file.
    Absent,
    /// Above [`ENTRY_LIMIT`].
    TooLarge,
}

/// One link of the chain, read as far as it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The commit.
    pub commit: CommitId,
    /// Its only parent; `None` for the root.
    pub parent: Option<CommitId>,
    /// What it says.
    pub body: Body,
    /// The commit's signature, good or not.
    pub signed: Option<Signed>,
}

/// What a commit of the ledger says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// An entry.
    Entry(Box<Entry>),
    /// Not an entry.
    Void(VoidReason),
}

/// Why a commit of the ledger is not an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum VoidReason {
    /// No `entry.json`.
    #[error("it has no entry.json")]
    Absent,
    /// Too large.
    #[error("its entry.json is larger than 64 KiB")]
    TooLarge,
    /// Not a chain.
    #[error("it has {0} parents; an entry has one")]
    Parents(usize),
    /// Not JSON of this shape.
    #[error("its entry.json cannot be read: {0}")]
    Malformed(String),
    /// Another schema.
    #[error("its schema is `{0}`, which this version does not know")]
    Schema(String),
}

/// Reads one commit of the ledger.
pub fn read(raw: RawEntry) -> Link {
    let parent = raw.parents.first().cloned();
    let body = body(&raw).unwrap_or_else(Body::Void);
    Link { commit: raw.commit, parent, body, signed: raw.signed }
}

fn body(raw: &RawEntry) -> Result<Body, VoidReason> {
    if raw.parents.len() > 1 {
        return Err(VoidReason::Parents(raw.parents.len()));
    }
    let json = raw.json.as_ref().map_err(|why| match why {
        Unreadable::Absent => VoidReason::Absent,
        Unreadable::TooLarge => VoidReason::TooLarge,
    })?;
    if json.len() > ENTRY_LIMIT {
        return Err(VoidReason::TooLarge);
    }
    let entry: Entry = match serde_json::from_slice(json) {
        Ok(entry) => entry,
        Err(error) => {
            return Err(newer_schema(json).unwrap_or_else(|| {
                VoidReason::Malformed(crate::types::text::short(&error.to_string(), 160))
            }));
        }
    };
    if entry.schema != SCHEMA {
        return Err(VoidReason::Schema(crate::types::text::short(&entry.schema, 60)));
    }
    Ok(Body::Entry(Box::new(entry)))
}

fn newer_schema(json: &[u8]) -> Option<VoidReason> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let Schema { schema } = serde_json::from_slice(json).ok()?;
    (schema != SCHEMA).then(|| VoidReason::Schema(crate::types::text::short(&schema, 60)))
}

/// Makes the entry that a writer appends.
pub fn compose(
    id: String,
    now: Timestamp,
    by: crate::ledger::actor::Actor,
    via: crate::ledger::actor::Via,
    events: Vec<Event>,
) -> Entry {
    Entry {
        schema: SCHEMA.into(),
        needs: RULES,
        id,
        claimed: now,
        by,
        recorded_by: None,
        via,
        facts: None,
        statement: None,
        events,
    }
}

/// Says an entry in one line: the subject of its commit.
pub fn subject(events: &[Event]) -> String {
    match events {
        [] => "nothing".into(),
        [one] => one.sentence(),
        [first, rest @ ..] if rest.len() > 2 => format!("{}, and {} more", first.sentence(), rest.len()),
        many => many.iter().map(Event::sentence).collect::<Vec<_>>().join("; "),
    }
}
