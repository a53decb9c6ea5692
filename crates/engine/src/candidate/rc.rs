//! Makes heads of a candidate's branch into rcs.

use super::free_name::ensure_free;
use crate::look::resolve::expect_commit;
use crate::{CandidateRefusal, Engine, PushRefusal, Refusal, Snapshot};
use allclear_core::facts::TagSeen;
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::event::Event;
use allclear_core::port::RefUpdate;
use allclear_core::{CommitId, RcNumber, RefName, TagFormat, Version};

/// How many tags of its own a machine knows again.
const MADE: usize = 20;

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
            snapshot.founded(version, candidate)?;
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

    /// Puts back what a push of this machine that was cut short left out of a cut or an rc. Gives the tags.
    pub(crate) fn restore_missing_refs(&self, snapshot: &Snapshot) -> Result<Vec<String>, Refusal> {
        let mut mended = Vec::new();
        let made = self.made_here();
        for (version, candidate) in &snapshot.project.candidates {
            let (Some(rc), Some(seen)) = (candidate.rcs.last(), snapshot.facts.candidates.get(version))
            else {
                continue;
            };
            if candidate.promoted.is_some() || seen.rc_tag != TagSeen::Gone || seen.unfounded.is_some() {
                continue;
            }
            let behind = seen.head.as_ref().filter(|_| !seen.descends);
            let carried = candidate.carried.as_ref() == Some(&rc.commit);
            let carries = match behind.filter(|_| carried) {
                Some(head) => self.is_carry(candidate, head, &rc.commit, snapshot.facts.stable.as_ref())?,
                None => false,
            };
            // A push of another machine is for that one to complete: whoever may write to the record could have told
            // of it, and may push no branch and no tag.
            if !carries && !made.contains(&rc.object) {
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
            match behind {
                Some(head) if carries => updates.push(RefUpdate {
                    name: candidate.cut.branch.to_ref(),
                    old: Some(head.clone()),
                    new: Some(rc.commit.clone()),
                }),
                Some(_) => continue,
                None => {}
            }
            let answer = self.repo.push(&updates)?;
            if !answer.ok {
                return Err(PushRefusal::refused(answer, format!("the tag {}", rc.tag)).into());
            }
            mended.push(rc.tag.clone());
        }
        Ok(mended)
    }

    /// Lists the tags of rcs that this machine made last.
    fn made_here(&self) -> Vec<CommitId> {
        self.repo.recall("made").and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
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
        let mut made = self.made_here();
        made.push(object.clone());
        made.drain(..made.len().saturating_sub(MADE));
        if let Ok(bytes) = serde_json::to_vec(&made) {
            self.repo.remember("made", &bytes);
        }
        let event = Event::RcTagged { version, rc: n, commit: commit.clone(), tag, object: object.clone() };
        Ok((event, RefUpdate { name, old: None, new: Some(object) }))
    }
}
