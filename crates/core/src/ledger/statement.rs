//! Statements: a person's signature over what they decide, to whom, about what and on which record.
//!
//! What is signed, in the namespace [`NAMESPACE`], is a text of lines, each `name value` and a line feed:
//!
//! ```text
//! allclear.statement/1
//! ledger <id of the ledger's first entry, full>
//! head <id of the last entry that the person had seen, full>
//! ```
//!
//! and then for each event of the entry, in order, the line `event <kind>` and those of these that it has, in
//! this order: `version X.Y.Z`, `gate`, `subject`, `report`, `outcome` (`good` or `bad`), `commit` (full id),
//! `reporter` (each), `verdict`, `policy` (digest), `signer`
//! (for each: `signer`, `key`, `roles`), `revoke` (each), `threshold`, `proposal` and `entry` (full ids), `answer fixed-by`
//! or `answer not-ours`, `text` (SHA-256 of the UTF-8 bytes, 64 hex digits), `until` (RFC 3339, UTC, `Z`).
//! `gate`, `subject`, `report`, `reporter`, a report's `text`, `signer`, `key`, `roles` (joined by commas) and `revoke` are JSON strings as
//! `serde_json` writes them, so that no value reaches into another line. There is nothing else: no clock, no
//! name of the speaker. The key is the speaker, and the ledger says when.
//!
//! A statement counts in one ledger (its root), on one record (the head has to be among the last
//! [`REACH`] entries), and once.

use crate::ledger::event::{Answer, Event, ReportOutcome};
use crate::ledger::signature;
use crate::ledger::signature::Fingerprint;
use crate::policy::digest;
use crate::types::object_id::CommitId;
use crate::types::text::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The namespace of the signatures.
pub const NAMESPACE: &str = "allclear";

/// A person's signature over an entry's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The last entry that the person had seen.
    pub head: CommitId,
    /// The public key, `ssh-ed25519 AAAA…`.
    pub key: String,
    /// The armored signature.
    pub signature: String,
}

impl Statement {
    /// Parses a signature into a statement; `None` where it is not a signature.
    pub fn new(head: CommitId, signature: String) -> Option<Self> {
        Some(Self { head, key: signature::key_in(&signature)?, signature })
    }

    /// Gives the key that signed exactly these events in this ledger.
    pub fn signer(&self, root: &CommitId, events: &[Event]) -> Option<Fingerprint> {
        let (named, _) = signature::read_key(&self.key)?;
        let signer =
            signature::verify(&self.signature, NAMESPACE, text(root, &self.head, events)?.as_bytes())?;
        (signer == named).then_some(signer)
    }
}

/// Gives the text to be signed; `None` where one of the events cannot be stated.
pub fn text(root: &CommitId, head: &CommitId, events: &[Event]) -> Option<String> {
    let mut text = format!("allclear.statement/1\nledger {root}\nhead {head}\n");
    for event in events {
        for (name, value) in lines(event)? {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} {value}");
        }
    }
    (!events.is_empty()).then_some(text)
}

/// Tells whether all of an entry is what people state.
pub fn is_stated(events: &[Event]) -> bool {
    !events.is_empty() && events.iter().all(|event| lines(event).is_some())
}

type Lines = Vec<(&'static str, String)>;

fn lines(event: &Event) -> Option<Lines> {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let hash = |text: &str| hex(&Sha256::digest(text.as_bytes()));
    let kind = |name: &str| ("event", name.to_owned());
    let version = |v: &crate::Version| ("version", v.to_string());
    let commit = |id: &CommitId| ("commit", id.to_string());
    let said = |text: &str| ("text", hash(text));
    let until = |at: &jiff::Timestamp| ("until", at.to_string());
    Some(match event {
        Event::Approved { version: v, commit: id } => vec![kind("Approved"), version(v), commit(id)],
        Event::CommitAccepted { version: v, commit: id, reason } => {
            vec![kind("CommitAccepted"), version(v), commit(id), said(reason)]
        }
        Event::Waived { version: v, gate, subject, commit: id, verdict, reason, until: end } => {
            let mut lines = vec![kind("Waived"), version(v), ("gate", json(gate))];
            lines.extend(subject.iter().map(|s| ("subject", json(s))));
            lines.extend([commit(id), ("verdict", verdict.name().into()), said(reason), until(end)]);
            lines
        }
        Event::WaiverLifted { version: v, gate, subject } => {
            let mut lines = vec![kind("WaiverLifted"), version(v), ("gate", json(gate))];
            lines.extend(subject.iter().map(|s| ("subject", json(s))));
            lines
        }
        Event::ReportFiled { version: v, commit: id, report, outcome, person, text, .. } => {
            let outcome = match outcome {
                ReportOutcome::Good => "good",
                ReportOutcome::Bad => "bad",
            };
            let mut lines = vec![kind("ReportFiled"), version(v), ("report", json(report))];
            lines.extend([("outcome", outcome.into()), commit(id)]);
            lines.extend(person.iter().map(|pseudonym| ("reporter", json(pseudonym))));
            lines.extend(text.iter().map(|digest| ("text", json(digest))));
            lines
        }
        Event::ReportConfirmed { report } => vec![kind("ReportConfirmed"), ("report", json(report))],
        Event::ReportResolved { report, answer } => {
            let mut lines = vec![kind("ReportResolved"), ("report", json(report))];
            lines.extend(match answer {
                Answer::FixedBy(id) => [commit(id), ("answer", "fixed-by".into())],
                Answer::NotOurs(reason) => [("answer", "not-ours".into()), said(reason)],
            });
            lines
        }
        Event::Held { version: v, reason, until: end } => {
            let mut lines = vec![kind("Held"), version(v), said(reason)];
            lines.extend(end.iter().map(until));
            lines
        }
        Event::HoldLifted { version: v, reason } => {
            let mut lines = vec![kind("HoldLifted"), version(v)];
            lines.extend(reason.as_deref().map(said));
            lines
        }
        Event::FreezeLifted { reason } => {
            let mut lines = vec![kind("FreezeLifted")];
            lines.extend(reason.as_deref().map(said));
            lines
        }
        Event::PromotionRequested { version: v, commit: id } => {
            vec![kind("PromotionRequested"), version(v), commit(id)]
        }
        Event::PolicyAdopted { version: v, policy, from, .. } => {
            vec![kind("PolicyAdopted"), version(v), commit(from), ("policy", digest(policy))]
        }
        Event::SignersProposed(change) => {
            let mut lines = vec![kind("SignersProposed")];
            for signer in &change.add {
                let roles: Vec<String> = signer.roles.iter().map(ToString::to_string).collect();
                lines.extend([
                    ("signer", json(&signer.name)),
                    ("key", json(&signer.key)),
                    ("roles", json(&roles.join(","))),
                ]);
            }
            lines.extend(change.revoke.iter().map(|key| ("revoke", json(key.as_str()))));
            lines.extend(change.threshold.map(|n| ("threshold", n.to_string())));
            lines.push(said(&change.reason));
            lines
        }
        Event::SignersSeconded { proposal } => {
            vec![kind("SignersSeconded"), ("proposal", proposal.to_string())]
        }
        Event::Struck { entry, reason } => {
            vec![kind("Struck"), ("entry", entry.to_string()), said(reason)]
        }
        Event::LedgerStarted { .. }
        | Event::LedgerMoved { .. }
        | Event::CandidateCut(_)
        | Event::HeadSeen { .. }
        | Event::RcTagged { .. }
        | Event::SlotSkipped { .. }
        | Event::ExperimentEnded(_)
        | Event::CheckRecorded { .. }
        | Event::Frozen { .. }
        | Event::Promoted(_)
        | Event::PromotionContinued { .. }
        | Event::PromotionRefused { .. }
        | Event::RacesLost { .. }
        | Event::Turned { .. }
        | Event::LandingSeen { .. }
        | Event::Withdrawn { .. }
        | Event::StableCarried { .. }
        | Event::StepStarted { .. }
        | Event::StepDone { .. }
        | Event::StepFailed { .. }
        | Event::StepRetried { .. }
        | Event::Noticed { .. }
        | Event::NoticeFailed { .. }
        | Event::Unknown => return None,
    })
}
