//! Makes heads of a candidate's branch into rcs.

use crate::{Engine, Fault, FaultKind};
use allclear_core::event::Event;
use allclear_core::ledger::TRAILER;
use allclear_core::port::RefUpdate;
use allclear_core::{CommitId, RcNumber, RefName, TagFormat, Version};

impl Engine<'_> {
    /// Makes the head of a candidate's branch its next rc, now. `only_if` refuses any other head;
    /// `adopt_drift` takes a head that does not contain the last rc.
    pub fn rc(&self, version: Option<Version>, only_if: Option<&str>, adopt_drift: bool) -> Result<(Version, RcNumber, CommitId), Fault> {
        self.decide(|snapshot| {
            let (version, candidate) = snapshot.pick(version)?;
            let branch = &candidate.cut.branch;
            let seen = snapshot.facts.candidates.get(&version);
            let Some(head) = seen.and_then(|s| s.head.clone()) else {
                return Err(Fault::new(FaultKind::Blocked, format!("the branch {branch} is gone from the server"))
                    .hint(format!("push it again: git push origin {}:refs/heads/{branch}", candidate.commit())));
            };
            if only_if.is_some_and(|wanted| !head.as_str().starts_with(wanted)) {
                return Err(Fault::new(FaultKind::Conflict, format!("{branch} is at {} now", head.short())).hint("look at it with allclear status, then give --commit again"));
            }
            let n = candidate.rc_number();
            if head == *candidate.commit() {
                return Err(Fault::new(FaultKind::Usage, format!("{} is rc.{n} already; an rc is a commit", head.short())));
            }
            if candidate.operation.is_some() {
                return Err(Fault::new(FaultKind::TryLater, format!("a promotion of {version} is in flight")).hint("allclear tick brings it to its end"));
            }
            let descends = seen.is_some_and(|s| s.descends);
            if !descends && !(adopt_drift && only_if.is_some()) {
                return Err(Fault::new(FaultKind::Blocked, format!("{branch} was rewound: {} does not contain rc.{n} ({})", head.short(), candidate.commit().short()))
                    .hint(format!("put it back: git push --force origin {}:refs/heads/{branch}", candidate.commit()))
                    .hint(format!("or take it on record: allclear rc {version} --commit {head} --yes")));
            }
            let mut draft = self.draft(Vec::new());
            let (event, update) = self.tagged(&snapshot.refs, &candidate.cut.tags, version, n + 1, &head, &draft.id)?;
            // The branch is in the push only as a condition: it must still be at this head.
            draft.refs = vec![update];
            draft.events = vec![event];
            Ok((draft, (version, n + 1, head)))
        })
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
    ) -> Result<(Event, RefUpdate), Fault> {
        let tag = format.candidate(version, n);
        let name = RefName::tag(&tag);
        free(refs, &name)?;
        let message = format!("{tag}\n\nRelease candidate {n} of {version}.\n\n{TRAILER}: {entry}");
        let object = self.repo.write_tag(&tag, commit, &self.signature(self.clock.now()), &message)?;
        let event = Event::RcTagged { version, rc: n, commit: commit.clone(), tag, object: object.clone() };
        Ok((event, RefUpdate { name, old: None, new: Some(object) }))
    }
}

/// Refuses a name that is taken, or that cannot stand beside another (`a` and `a/b`).
pub(crate) fn free(refs: &allclear_core::port::Refs, name: &RefName) -> Result<(), Fault> {
    if refs.get(name).is_some() {
        return Err(Fault::new(FaultKind::Blocked, format!("{} exists already on the server", name.short()))
            .hint("find out who made it; allclear never moves or deletes what it did not make"));
    }
    let below = format!("{name}/");
    let clash = refs.objects.keys().find(|other| {
        other.as_str().starts_with(&below) || name.as_str().strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    });
    match clash {
        Some(other) => Err(Fault::new(FaultKind::Blocked, format!("{} cannot stand beside {}, which exists", name.short(), other.short()))
            .hint(format!("git keeps refs as files and directories; rename or delete {}", other.short()))),
        None => Ok(()),
    }
}
