//! The facts that a promotion stood on, as its entry has them.

use crate::decide::assess::CandidateAssessment;
use crate::facts::{CandidateFacts, Facts, MergeBack};
use crate::history::fixes::{Class, ClassedCommit};
use crate::project::Candidate;
use crate::types::object_id::CommitId;
use crate::types::verdict::Verdict;
use crate::types::version::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many commits of a candidate a promotion's facts name.
pub const COMMITS: usize = 300;

/// The facts that a promotion stood on, as its entry has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was judged.
    pub now: Timestamp,
    /// By which rules.
    pub rules: u32,
    /// The digest of the policy.
    pub policy: String,
    /// Stable, as it was seen.
    pub stable: Option<CommitId>,
    /// Develop, as it was seen.
    pub develop: Option<CommitId>,
    /// The commit that was judged.
    pub head: Option<CommitId>,
    /// What each gate found.
    pub gates: Vec<RecordedGate>,
    /// The classed commits, newest first; absent where they are more than [`COMMITS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<Vec<RecordedCommit>>,
    /// The trial merge into develop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_back: Option<MergeBack>,
    /// The highest version that was released before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest: Option<Version>,
}

/// What one gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedGate {
    /// Which.
    pub gate: String,
    /// Whether it counted.
    pub enforced: bool,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its sentence.
    pub summary: String,
}

/// A commit and its class: no untrusted text goes into the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCommit {
    /// The commit.
    pub id: CommitId,
    /// Its class.
    pub class: Class,
}

impl Recorded {
    /// Gives the facts of a promotion about to be made.
    pub fn of(
        candidate: &Candidate,
        facts: &Facts,
        seen: &CandidateFacts,
        found: Option<&CandidateAssessment>,
        now: Timestamp,
    ) -> Self {
        let gates = found.iter().flat_map(|c| &c.gates).map(|g| RecordedGate {
            gate: g.gate.name().into(),
            enforced: g.enforced,
            verdict: g.finding.verdict,
            summary: crate::types::text::short(&g.finding.summary, 200),
        });
        let commits = seen.commits.iter().map(|c| RecordedCommit { id: c.id.clone(), class: c.class });
        Self {
            now,
            rules: crate::ledger::entry::RULES,
            policy: candidate.cut.digest.clone(),
            stable: facts.stable.clone(),
            develop: facts.develop.clone(),
            head: found.map(|c| c.commit.clone()),
            gates: gates.collect(),
            commits: (seen.commits.len() <= COMMITS).then(|| commits.collect()),
            merge_back: Some(seen.merge_back.clone()),
            highest: facts.released.last_key_value().map(|(version, _)| *version),
        }
    }
}

/// A recorded commit, without subject and author.
pub(super) fn bare(commit: &RecordedCommit) -> ClassedCommit {
    ClassedCommit {
        id: commit.id.clone(),
        subject: String::new(),
        author: String::new(),
        picked: None,
        merge: false,
        class: commit.class,
        why: String::new(),
    }
}
