//! What people answer for: commits that they accept, and a candidate that they approve.

use super::reason::reason;
use crate::look::resolve::expect_commit;
use crate::{Engine, Fault, FaultKind};
use allclear_core::ledger::event::Event;
use allclear_core::policy::NotThese;
use allclear_core::project::people::Approval;
use allclear_core::types::person::{is_listed, is_same};
use allclear_core::types::text::{list, short};
use allclear_core::{CommitId, Version};

impl Engine<'_> {
    /// Answers for commits that are no known fixes, once and for all. Gives those that needed an answer.
    pub fn accept(
        &self,
        version: Option<Version>,
        commits: &[String],
        why: &str,
    ) -> Result<(Version, Vec<CommitId>), Fault> {
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
    ) -> Result<(Version, CommitId, Option<String>), Fault> {
        self.decide(|snapshot| {
            let (version, candidate) = snapshot.pick(version)?;
            if CommitId::parse(commit).is_err() {
                return Err(Fault::new(FaultKind::Usage, "an approval names the full commit id")
                    .hint(format!("allclear why {version} approvals prints the command")));
            }
            let found = snapshot.judged(version, self.clock.now())?;
            expect_commit(&found.commit, Some(commit))?;
            let gate = &candidate.cut.policy.gates.approvals;
            let who = &self.by.who;
            let refuse = |why: String| Err(Fault::new(FaultKind::Refused, why));
            if !is_listed(&gate.from, who) {
                return refuse(format!("{} is not one of those whose approval counts", short(who, 80)))
                    .map_err(|fault| fault.hint(format!("gates.approvals.from names {}", list(&gate.from))));
            }
            let authors = &snapshot.facts.candidates[&version].authors;
            if gate.not == NotThese::Authors && authors.iter().any(|author| is_same(author, who)) {
                return refuse(format!("{} is an author of what {version} brings", short(who, 80))).map_err(
                    |fault| fault.hint("somebody else approves (gates.approvals.not = \"authors\")"),
                );
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
