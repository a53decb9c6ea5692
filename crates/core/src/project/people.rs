//! What people said of a candidate: acceptances, approvals, waivers and reports.

use crate::ledger::authority::Authority;
use crate::ledger::event::{Answer, ReportOutcome};
use crate::policy::Policy;
use crate::project::trust::{Identity, Level, counts};
use crate::types::object_id::CommitId;
use crate::types::person::parts;
use crate::types::text::hex;
use crate::types::verdict::Verdict;
use crate::types::version::RcNumber;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A person's acceptance of a commit that is not known to be a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who.
    pub by: Identity,
    /// Why.
    pub reason: String,
}

/// A person's approval of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: Identity,
    /// For exactly this commit.
    pub commit: CommitId,
    /// When.
    pub at: Timestamp,
}

/// A gate set aside by one person. Where the policy asks for two, each of them has one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The gate's name.
    pub gate: String,
    /// The one thing that the gate looked at; `None` is all of it.
    pub subject: Option<String>,
    /// For exactly this commit.
    pub commit: CommitId,
    /// What it was when it was said. A worse verdict is open again.
    pub verdict: Verdict,
    /// Who.
    pub by: Identity,
    /// Why.
    pub reason: String,
    /// When it was said.
    pub at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// How an rc went for somebody who tried it: the last word of that person about that rc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// The rc.
    pub rc: RcNumber,
    /// The rc's commit.
    pub commit: CommitId,
    /// How it went.
    pub outcome: ReportOutcome,
    /// Pseudonyms of the person, as claimed.
    pub person: Vec<String>,
    /// Pseudonyms of the signer who stated it, by the name that the ledger gives the key.
    pub signer: Vec<String>,
    /// How far that it was this person is proven.
    pub level: Level,
    /// When the person first said so.
    pub at: Timestamp,
    /// The digest of its text.
    pub text: Option<String>,
    /// Whether somebody looked at it and found the candidate at fault.
    pub confirmed: bool,
    /// What ended it.
    pub answer: Option<Answer>,
}

/// Gives a person's pseudonyms in one ledger: SHA-256 over the ledger's root and the name, and over the
/// root and the address, 16 hex digits each. They tell two people apart; they hide nobody from somebody
/// who guesses the name.
pub fn pseudonyms(root: &CommitId, who: &str) -> Vec<String> {
    let (name, address) = parts(who);
    let hidden = |part: String| {
        let digest =
            Sha256::new().chain_update(root.as_str()).chain_update(" ").chain_update(part).finalize();
        hex(&digest[..8])
    };
    name.into_iter().chain(address).map(hidden).collect()
}

/// Tells whether two sets of pseudonyms may be one person's: good news of both counts once.
pub(super) fn overlap(one: &[String], other: &[String]) -> bool {
    one.iter().any(|pseudonym| other.contains(pseudonym))
}

impl Approval {
    /// Tells whether its signature is enough for a policy.
    pub fn counts(&self, policy: &Policy) -> bool {
        counts(policy, Authority::Approver, &self.by.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::person::is_same;

    #[test]
    fn one_person_by_name_or_address() {
        for (one, other, same) in [
            ("Mira <mira@example.org>", "mira@example.org", true),
            ("Mira <mira@example.org>", "MIRA", true),
            ("Mira <mira@example.org>", "M. <Mira@Example.org>", true),
            ("Mira <mira@example.org>", "Ben <ben@example.org>", false),
            ("", "", false),
            ("<>", "<>", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} / {other}");
            let root = CommitId::parse(&"1".repeat(40)).unwrap();
            assert_eq!(overlap(&pseudonyms(&root, one), &pseudonyms(&root, other)), same, "{one} / {other}");
        }
    }

    #[test]
    fn pseudonyms_of_two_ledgers_differ() {
        let root = |digit: &str| CommitId::parse(&digit.repeat(40)).unwrap();
        assert_ne!(pseudonyms(&root("1"), "Mira"), pseudonyms(&root("2"), "Mira"));
    }
}
