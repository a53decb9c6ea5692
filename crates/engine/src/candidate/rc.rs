//! Makes heads of a candidate's branch into rcs.

use super::free_name::ensure_free;
use crate::look::resolve::expect_commit;
use crate::{CandidateRefusal, Engine, PushRefusal, Refusal, Snapshot};
use allclear_core::facts::TagSeen;
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::event::Event;
use allclear_core::port::RefUpdate;
use allclear_core::{CommitId, RcNumber, RefName, TagFormat, Version};

impl Engine<'_> {
    /// Makes the head of a candidate's branch its next rc, now. `only_if` refuses any other head;
    /// `adopt_drift` takes a head that does not contain the last rc.
    pub fn rc(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
        adopt_drift: bool,
    ) -> Result<(Version, RcNumber, CommitId), Refusal> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, candidate) = snapshot.pick(version)?;
            if snapshot.judged(version, self.clock.now())?.is_unfinished() {
                return Err(CandidateRefusal::InFlight(version).into());
            }
            let branch = &candidate.cut.branch;
            let seen = snapshot.facts.candidates.get(&version);
            let Some(head) = seen.and_then(|s| s.head.clone()) else {
                let (branch, commit) = (branch.clone(), candidate.commit().clone());
                return Err(CandidateRefusal::BranchGone { branch, commit }.into());
            };
            expect_commit(&head, only_if)?;
            let n = candidate.rc_number();
            // An rc whose tag is gone gets it again: the same number, for the same commit.
            let same = head == *candidate.commit();
            let again = same && n > 0 && seen.is_some_and(|s| s.rc_tag == TagSeen::Gone);
            if same && !again {
                return Err(CandidateRefusal::IsRcAlready { head, n }.into());
            }
            let descends = seen.is_some_and(|s| s.descends);
            let adopts = adopt_drift && only_if.is_some();
            if !(descends || adopts) {
                let (branch, rc) = (branch.clone(), candidate.commit().clone());
                return Err(CandidateRefusal::Rewound { version, branch, head, n, rc }.into());
            }
            let mut draft = self.draft(Vec::new());
            let n = if again { n } else { n + 1 };
            let (event, update) =
                self.tagged(&snapshot.refs, &candidate.cut.tags, version, n, &head, &draft.id)?;
            draft.refs = vec![update];
            draft.events = vec![event];
            Ok((draft, (version, n, head)))
        })
    }

    /// Puts back what a push cut short left out of a cut or an rc, where this machine has the very
    /// objects on record. Gives the tags.
    pub(crate) fn restore_missing_refs(&self, snapshot: &Snapshot) -> Result<Vec<String>, Refusal> {
        let mut mended = Vec::new();
        for (version, candidate) in &snapshot.project.candidates {
            let (Some(rc), Some(seen)) = (candidate.rcs.last(), snapshot.facts.candidates.get(version))
            else {
                continue;
            };
            // What the record says of a candidate that is not what the branches say, nobody pushes for it.
            if candidate.promoted.is_some() || seen.rc_tag != TagSeen::Gone || seen.unfounded.is_some() {
                continue;
            }
            // Of what stable has already, nothing was left out: it would only look as if it had just landed.
            let stable = snapshot.facts.stable.as_ref();
            if stable.map(|tip| self.repo.is_ancestor(&rc.commit, tip)).transpose()? == Some(true) {
                continue;
            }
            let there = self
                .repo
                .objects(&[rc.object.clone(), rc.commit.clone()])?
                .iter()
                .all(|text| !text.is_empty());
            if !there {
                continue;
            }
            let mut updates =
                vec![RefUpdate { name: RefName::tag(&rc.tag), old: None, new: Some(rc.object.clone()) }];
            if seen.head.is_none() && rc.n == 1 {
                updates.push(RefUpdate {
                    name: candidate.cut.branch.to_ref(),
                    old: None,
                    new: Some(rc.commit.clone()),
                });
            }
            // Where stable was carried in, the branch moves with the tag.
            if candidate.carried.as_ref() == Some(&rc.commit)
                && let Some(head) = seen.head.as_ref().filter(|_| !seen.descends)
                && self.is_carry(candidate, head, &rc.commit, stable)?
            {
                updates.push(RefUpdate {
                    name: candidate.cut.branch.to_ref(),
                    old: Some(head.clone()),
                    new: Some(rc.commit.clone()),
                });
            } else if seen.head.is_some() && !seen.descends {
                continue;
            }
            let answer = self.repo.push(&updates)?;
            if !answer.ok {
                return Err(PushRefusal::refused(answer, format!("the tag {}", rc.tag)).into());
            }
            mended.push(rc.tag.clone());
        }
        Ok(mended)
    }

    /// Writes the annotated tag of an rc, and gives the event and the ref that go with it.
    pub(crate) fn tagged(
        &self,
        refs: &allclear_core::port::Refs,
        format: &TagFormat,
        version: Version,
        n: RcNumber,
        commit: &CommitId,
        entry: &str,
    ) -> Result<(Event, RefUpdate), Refusal> {
        let tag = format.candidate(version, n);
        let name = RefName::tag(&tag);
        ensure_free(refs, &name)?;
        let message = format!("{tag}\n\nRelease candidate {n} of {version}.\n\n{TRAILER}: {entry}");
        let object = self.repo.write_tag(&tag, commit, &self.signature(self.clock.now()), &message)?;
        let event = Event::RcTagged { version, rc: n, commit: commit.clone(), tag, object: object.clone() };
        Ok((event, RefUpdate { name, old: None, new: Some(object) }))
    }
}
