//! What people answer for: commits that they accept, and a candidate that they approve.

use super::reason::reason;
use crate::look::resolve::expect_commit;
use crate::{Engine, PeopleRefusal, Refusal};
use allclear_core::ledger::event::Event;
use allclear_core::policy::NotThese;
use allclear_core::project::people::Approval;
use allclear_core::types::person::{is_listed, is_same};
use allclear_core::{CommitId, Version};

impl Engine<'_> {
    /// Answers for commits that are no known fixes, once and for all. Gives those that needed an answer.
    pub fn accept(
        &self,
        version: Option<Version>,
        commits: &[String],
        why: &str,
    ) -> Result<(Version, Vec<CommitId>), Refusal> {
        let why = reason(why)?;
        self.decide(|snapshot| {
            let (version, candidate) = snapshot.pick(version)?;
            let mut open = Vec::new();
            for wanted in commits {
                let id = self.resolve_commit(snapshot, wanted)?;
                let known = snapshot.project.acceptance(&candidate.cut.policy, &id);
                if known.is_none() && !open.contains(&id) {
                    open.push(id);
                }
            }
            let accepted = |commit: &CommitId| Event::CommitAccepted {
                version,
                commit: commit.clone(),
                reason: why.clone(),
            };
            Ok((self.draft(open.iter().map(accepted).collect()), (version, open)))
        })
    }

    /// Approves exactly one commit of a candidate. Also tells where the policy asks for no approval.
    pub fn approve(
        &self,
        version: Option<Version>,
        commit: &str,
    ) -> Result<(Version, CommitId, Option<String>), Refusal> {
        self.decide(|snapshot| {
            let (version, candidate) = snapshot.pick(version)?;
            if CommitId::parse(commit).is_err() {
                return Err(PeopleRefusal::NotAFullId(version).into());
            }
            let found = snapshot.judged(version, self.clock.now())?;
            expect_commit(&found.commit, Some(commit))?;
            let gate = &candidate.cut.policy.gates.approvals;
            let who = &self.by.who;
            if !is_listed(&gate.from, who) {
                let (who, from) = (who.clone(), gate.from.clone());
                return Err(PeopleRefusal::NotListedToApprove { who, from }.into());
            }
            let authors = &snapshot.facts.candidates[&version].authors;
            if gate.not == NotThese::Authors && authors.iter().any(|author| is_same(author, who)) {
                return Err(PeopleRefusal::AuthorOfIt { who: who.clone(), version }.into());
            }
            let commit = found.commit.clone();
            let unasked =
                (gate.count == 0).then(|| "the policy asks for none (gates.approvals.count = 0)".into());
            let policy = &candidate.cut.policy;
            // A claim is not in the way of a signature.
            let said = |a: &Approval| a.commit == commit && a.by.who == *who && a.counts(policy);
            let before = candidate.approvals.iter().any(said);
            let event = (!before).then(|| Event::Approved { version, commit: commit.clone() });
            Ok((self.draft(event.into_iter().collect()), (version, commit, unasked)))
        })
    }
}
