//! `tick`: does whatever is due, and nothing else. Level-triggered: a tick that was lost, doubled or
//! killed is made good by the next one.

use crate::engine::healed;
use crate::{CandidateRefusal, CutWish, Engine, FaultKind, Refusal};
use allclear_core::Project;
use allclear_core::decide::plan::Action;
use allclear_core::ledger::event::Event;
use allclear_core::policy::Mode;

/// How often a tick looks again for what its own acts made due.
const ROUNDS: usize = 16;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ticked {
    /// What was done, in order.
    pub done: Vec<Done>,
    /// What is due and was left alone, because allclear only observes here or this was a dry run.
    pub due: Vec<String>,
    /// What could not be done.
    pub faults: Vec<Refusal>,
    /// Whether the project has a ledger at all.
    pub started: bool,
}

/// One thing that a tick did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done(pub String);

impl Engine<'_> {
    /// Does what is due.
    pub fn tick(&self, dry: bool) -> Result<Ticked, Refusal> {
        let mut ticked = Ticked::default();
        let mut tried: Vec<Action> = Vec::new();
        let mut lost: Option<(Action, Refusal)> = None;
        for _ in 0..ROUNDS {
            let snapshot = self.observe()?;
            // First, because a ledger that was deleted is not one that was never begun.
            snapshot.may_decide(self.clock.now())?;
            ticked.started = snapshot.project.head.is_some();
            if !ticked.started {
                return Ok(ticked);
            }
            let observing = snapshot.policy.get().is_some_and(|p| p.mode == Mode::Observe);
            let actions = snapshot.due(self.clock.now());
            // A promotion that is begun is brought to its end even where allclear has become an observer.
            let (now, later): (Vec<Action>, Vec<Action>) =
                actions.into_iter().partition(|a| !dry && (!observing || matches!(a, Action::Finish { .. })));
            ticked.due = later.iter().map(Action::sentence).collect();
            // What is no longer due after it failed was done by somebody else.
            ticked
                .faults
                .extend(lost.take().and_then(|(action, fault)| now.contains(&action).then_some(fault)));
            let Some(action) = now.into_iter().find(|a| !tried.contains(a)) else {
                if !dry && !observing {
                    match self.restore_missing_refs(&snapshot) {
                        Ok(tags) => ticked
                            .done
                            .extend(tags.into_iter().map(|tag| Done(format!("put {tag} back as recorded")))),
                        Err(fault) => ticked.faults.push(fault),
                    }
                }
                for (what, told) in self.notify(&snapshot, dry) {
                    match told {
                        None => ticked.due.push(format!("notify {what}")),
                        Some(Ok(())) => ticked.done.push(Done(format!("notified {what}"))),
                        Some(Err(fault)) => ticked.faults.push(fault),
                    }
                }
                break;
            };
            tried.push(action.clone());
            let _span = tracing::info_span!("act", action = action.sentence()).entered();
            match healed(|| self.act(&action)) {
                Ok(Some(done)) => ticked.done.push(Done(done)),
                Ok(None) => {}
                Err(fault) if fault.kind() == FaultKind::Unknown => {
                    ticked.faults.push(fault);
                    return Ok(ticked);
                }
                Err(fault)
                    if matches!(
                        action,
                        Action::Cut { .. } | Action::Skip { .. } | Action::Tag { .. } | Action::Carry { .. }
                    ) =>
                {
                    lost = Some((action, fault));
                }
                Err(fault) => ticked.faults.push(fault),
            }
        }
        ticked.faults.extend(lost.map(|(_, fault)| fault));
        Ok(ticked)
    }

    fn act(&self, action: &Action) -> Result<Option<String>, Refusal> {
        match action {
            Action::Finish { version, .. } => Ok(self.finish(*version)?.map(|released| released.sentence())),
            Action::EndBranch { version } => {
                self.end_branch(*version)?;
                Ok(Some(format!("deleted the branch of {version}")))
            }
            Action::NoteLanding { version } => {
                self.note_landing(*version)?;
                Ok(Some(format!("recorded that {version} came onto stable without being clear")))
            }
            Action::Turn { version, commit, gates } => {
                self.decide(|snapshot| {
                    let due = snapshot.due(self.clock.now()).contains(action);
                    let (version, commit, gates) = (*version, commit.clone(), gates.clone());
                    let events = due.then_some(Event::Turned { version, commit, gates });
                    Ok((self.draft(events.into_iter().collect()), ()))
                })?;
                Ok(Some(format!("recorded that {version} is not clear any more")))
            }
            Action::See { version, commit } => {
                let event = Event::HeadSeen { version: *version, commit: commit.clone() };
                // A rival tick may have noted it meanwhile.
                let unseen = |project: &Project| {
                    project.candidates.get(version).is_some_and(|c| !c.heads.contains_key(commit))
                };
                let noted = self.record_if(vec![event], &unseen)?;
                Ok(noted.then(|| format!("noted the new head {} of {version}", commit.short())))
            }
            Action::Tag { version, commit } => {
                let (version, n, commit) = self.rc(Some(*version), Some(commit.as_str()), false)?;
                Ok(Some(format!("tagged {version}-rc.{n} at {}", commit.short())))
            }
            Action::Carry { version, stable } => {
                let (n, commit) = self.carry(*version, stable)?;
                Ok(Some(format!("merged stable into {version}: rc.{n} is {}", commit.short())))
            }
            Action::Cut { slot } => {
                let plan = self.cut(&CutWish { slot: Some(*slot), ..CutWish::default() })?;
                Ok(Some(format!("cut {} from {}", plan.cut.version, plan.cut.from.short())))
            }
            Action::Skip { slot, reason } => {
                let (slot, reason) = (*slot, *reason);
                self.decide(|snapshot| {
                    if snapshot.project.slot >= Some(slot) {
                        return Err(CandidateRefusal::SlotHandled.into());
                    }
                    Ok((self.draft(vec![Event::SlotSkipped { slot, reason }]), ()))
                })?;
                Ok(Some(format!("skipped the slot {slot}: {reason}")))
            }
            Action::Step { version, name } => self.step(*version, name),
            Action::Promote { version, commit } => {
                Ok(Some(self.promote(Some(*version), Some(commit.as_str()))?.sentence()))
            }
        }
    }
}
