//! Ends a candidate without a release: its commits are kept under a ref of allclear's own, its branch goes,
//! and its fixes are offered to develop for as long as develop lacks them.

use super::free_name::ensure_free;
use crate::engine::healed;
use crate::ledger::append::{DEADLINE, Draft, Landing};
use crate::look::unmerged_fixes::archived;
use crate::people::reason::reason;
use crate::{CandidateRefusal, Engine, LedgerRefusal, Refusal, Snapshot};
use allclear_core::ledger::event::Event;
use allclear_core::port::{RefUpdate, Refs};
use allclear_core::project::{Candidate, Withdrawal};
use allclear_core::{Branch, CommitId, RefName, Version};

/// How many names an archive may have.
const NAMES: u32 = 100;

/// A candidate that ended without a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    pub version: Version,
    /// The branch that went.
    pub branch: Branch,
    /// Where that branch was; `None` where it was gone already.
    pub head: Option<CommitId>,
    /// The full name of the ref that keeps its commits.
    pub archive: String,
    /// Its fixes that develop lacks, with their first lines, oldest first.
    pub fixes: Vec<(CommitId, String)>,
    /// The branch that lacks them.
    pub develop: Branch,
    /// Whether the branch is named after the version. Any other one is left alone.
    pub own: bool,
    /// Whether it was withdrawn before this command, and nothing was left to do.
    pub before: bool,
}

/// What is to be done next to withdraw a candidate.
enum Next {
    /// Nothing more.
    Over(Withdrawn),
    /// All of it at once.
    End(Draft, Withdrawn),
}

impl Engine<'_> {
    /// Withdraws a candidate, or what was pushed to the branch of one that is withdrawn already.
    pub fn withdraw(&self, version: Option<Version>, why: &str) -> Result<Withdrawn, Refusal> {
        let why = reason(why)?;
        healed(|| self.end_it(version, &why))
    }

    fn end_it(&self, version: Option<Version>, why: &str) -> Result<Withdrawn, Refusal> {
        let deadline = DEADLINE.after(self.clock.now());
        let mut wanted = version;
        loop {
            let snapshot = self.observe()?;
            snapshot.may_record()?;
            snapshot.may_act()?;
            let version = wanted.map_or_else(|| snapshot.pick(None).map(|(version, _)| version), Ok)?;
            // Another try is about the same one.
            wanted = Some(version);
            let (draft, done) = match self.ending(&snapshot, version, why)? {
                Next::Over(done) => return Ok(done),
                Next::End(draft, done) => (draft, done),
            };
            match self.land(&snapshot.tip(), &draft)? {
                Landing::Landed => return Ok(done),
                Landing::Raced if self.clock.now() >= deadline => return Err(LedgerRefusal::Busy.into()),
                Landing::Raced => self.pause(),
            }
        }
    }

    /// Says what withdrawing would do. Changes nothing on the server.
    pub fn withdraw_dry(&self, version: Option<Version>, why: &str) -> Result<Withdrawn, Refusal> {
        let why = reason(why)?;
        let snapshot = self.observe()?;
        snapshot.may_record()?;
        snapshot.may_act()?;
        let version = version.map_or_else(|| snapshot.pick(None).map(|(version, _)| version), Ok)?;
        match self.ending(&snapshot, version, &why)? {
            Next::Over(done) | Next::End(_, done) => Ok(done),
        }
    }

    fn ending(&self, snapshot: &Snapshot, version: Version, why: &str) -> Result<Next, Refusal> {
        if let Some(before) = snapshot.project.withdrawn.get(&version) {
            return self.ending_again(snapshot, version, before, why);
        }
        let (version, candidate) = snapshot.pick(Some(version))?;
        if snapshot.judged(version, self.clock.now())?.is_unfinished() {
            return Err(CandidateRefusal::BeingReleased(version).into());
        }
        let own = ends(&candidate.cut.branch, version);
        let head = snapshot.refs.get(&candidate.cut.branch.to_ref()).filter(|_| own).cloned();
        let kept = head.clone().unwrap_or_else(|| candidate.commit().clone());
        let fixes = self.left_on(snapshot, candidate, &kept)?;
        let develop = candidate.cut.policy.branches.develop.clone();
        let withdrawn = Withdrawn {
            version,
            branch: candidate.cut.branch.clone(),
            head,
            archive: String::new(),
            fixes,
            develop,
            own,
            before: false,
        };
        end(self.draft(Vec::new()), snapshot, withdrawn, &kept, why)
    }

    /// What somebody pushed to the branch of a withdrawn candidate, or a server left of it, ends the same way.
    fn ending_again(
        &self,
        snapshot: &Snapshot,
        version: Version,
        before: &Withdrawal,
        why: &str,
    ) -> Result<Next, Refusal> {
        let own = ends(&before.branch, version);
        let head = snapshot.refs.get(&before.branch.to_ref()).filter(|_| own).cloned();
        let branches = snapshot.policy.get().map(|p| p.branches.develop.clone());
        let mut withdrawn = Withdrawn {
            version,
            branch: before.branch.clone(),
            head: head.clone(),
            archive: before
                .archives
                .iter()
                .rfind(|name| archived(name).is_some())
                .cloned()
                .unwrap_or_default(),
            fixes: Vec::new(),
            develop: branches
                .or_else(|| snapshot.project.develop.clone())
                .unwrap_or_else(|| before.branch.clone()),
            own,
            before: head.is_none(),
        };
        let Some(head) = head else {
            let offers = snapshot.facts.offers.iter().filter(|o| o.version == version);
            withdrawn.fixes = offers.flat_map(|o| o.fixes.clone()).collect();
            return Ok(Next::Over(withdrawn));
        };
        let archived: Vec<CommitId> =
            before.archives.iter().filter_map(|name| snapshot.refs.get(&archived(name)?).cloned()).collect();
        let known: Vec<&CommitId> = archived
            .iter()
            .chain(&snapshot.facts.stable)
            .chain(&snapshot.facts.develop)
            .chain(&before.head)
            .collect();
        let mut tips: Vec<CommitId> = known.iter().map(|id| (*id).clone()).collect();
        tips.push(head.clone());
        let graph = self.repo.graph(&tips)?;
        withdrawn.fixes = self.lacking(&graph, graph.only(&head, &known), snapshot.facts.develop.as_ref())?;
        end(self.draft(Vec::new()), snapshot, withdrawn, &head, why)
    }

    /// Lists the fixes on a candidate that develop has neither by ancestry nor by patch, oldest first.
    fn left_on(
        &self,
        snapshot: &Snapshot,
        candidate: &Candidate,
        head: &CommitId,
    ) -> Result<Vec<(CommitId, String)>, Refusal> {
        let facts = &snapshot.facts;
        let known: Vec<&CommitId> = [&candidate.cut.head].into_iter().chain(&facts.stable).collect();
        let mut tips: Vec<CommitId> = known.iter().map(|id| (*id).clone()).collect();
        tips.extend(facts.develop.iter().chain([head]).cloned());
        let graph = self.repo.graph(&tips)?;
        self.lacking(&graph, graph.only(head, &known), facts.develop.as_ref())
    }
}

/// Tells whether a branch is named after a version: no other one ends with a candidate, whatever the record says.
fn ends(branch: &Branch, version: Version) -> bool {
    branch.as_str().ends_with(&version.to_string())
}

/// Puts the end together: the entry, the archive and the branch's end, in one push.
fn end(
    draft: Draft,
    snapshot: &Snapshot,
    withdrawn: Withdrawn,
    kept: &CommitId,
    why: &str,
) -> Result<Next, Refusal> {
    let (archive, update) = archive(&snapshot.refs, &withdrawn.branch, kept)?;
    let mut refs = draft.refs;
    refs.extend(update);
    refs.extend(withdrawn.head.clone().map(|head| RefUpdate {
        name: withdrawn.branch.to_ref(),
        old: Some(head),
        new: None,
    }));
    let mut events = draft.events;
    events.push(Event::Withdrawn {
        version: withdrawn.version,
        reason: why.to_owned(),
        head: withdrawn.head.clone(),
        archive: archive.clone(),
        fixes: withdrawn.fixes.iter().map(|(id, _)| id.clone()).collect(),
    });
    let facts = serde_json::json!({
        "stable": snapshot.facts.stable, "develop": snapshot.facts.develop,
        "head": withdrawn.head, "rules": allclear_core::RULES,
    });
    Ok(Next::End(Draft { events, refs, facts: Some(facts), ..draft }, Withdrawn { archive, ..withdrawn }))
}

/// Names the ref that keeps the commits of a branch, and makes it where it is not there yet.
fn archive(refs: &Refs, branch: &Branch, kept: &CommitId) -> Result<(String, Option<RefUpdate>), Refusal> {
    let first = RefName::own(&format!("archive/{branch}"));
    let others = (2..=NAMES).map(|n| RefName::own(&format!("archive/{branch}-{n}")));
    for name in [first.clone()].into_iter().chain(others) {
        if refs.get(&name) == Some(kept) {
            return Ok((name.to_string(), None));
        }
        if ensure_free(refs, &name).is_ok() {
            return Ok((name.to_string(), Some(RefUpdate { name, old: None, new: Some(kept.clone()) })));
        }
    }
    // What is in the way stands above all of these names, or somebody took a hundred of them.
    ensure_free(refs, &first).map(|()| (first.to_string(), None))
}
