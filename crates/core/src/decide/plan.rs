//! What is due now. `tick` does it; `tick --dry-run` prints it.

use crate::decide::assess::{Assessment, State};
use crate::decide::promotion::{Step, next, standing};
use crate::facts::Facts;
use crate::gate::carry::{Carry, carry};
use crate::policy::Policy;
use crate::policy::schedule::{Due, SkipReason, TrainFacts, due, is_open, zone};
use crate::project::{Phase, Project};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use jiff::Timestamp;

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Bring a promotion in flight to its end.
    Finish {
        /// Which candidate's.
        version: Version,
        /// The next step.
        step: Step,
    },
    /// Note a new head, so that its settling is measured from now.
    See {
        /// The candidate.
        version: Version,
        /// The head.
        commit: CommitId,
    },
    /// Make a head that has stood still the next rc.
    Tag {
        /// The candidate.
        version: Version,
        /// The head.
        commit: CommitId,
    },
    /// Merge stable, as a release left it, into a candidate that was cut before.
    Carry {
        /// The candidate.
        version: Version,
        /// What is merged in.
        stable: CommitId,
    },
    /// Cut a candidate for a slot.
    Cut {
        /// The slot.
        slot: Timestamp,
    },
    /// Record that a slot passed without a cut.
    Skip {
        /// The slot.
        slot: Timestamp,
        /// Why.
        reason: SkipReason,
    },
    /// Look at an after-step of a release, and run it where it is not done.
    Step {
        /// The release.
        version: Version,
        /// The step.
        name: String,
    },
    /// Promote a candidate that is clear.
    Promote {
        /// The candidate.
        version: Version,
        /// Its commit.
        commit: CommitId,
    },
}

/// Lists what is due, most urgent first. `policy` is the one on develop, which governs the calendar;
/// each candidate goes by its own frozen one.
pub fn plan(
    policy: Option<&Policy>,
    assessment: &Assessment,
    project: &Project,
    facts: &Facts,
) -> Vec<Action> {
    let now = assessment.now;
    let mut actions = Vec::new();
    if !assessment.stops.is_empty() {
        return actions;
    }
    for candidate in &assessment.candidates {
        let (version, record) = (candidate.version, &project.candidates[&candidate.version]);
        if let Some(flight) = &record.operation {
            if let Some(sight) = facts.flights.get(&flight.plan.id) {
                let standing = standing(*sight);
                let clear = candidate.clear_to_finish(&flight.plan, standing);
                let step = next(flight.phase, standing, clear.is_some());
                actions.push(Action::Finish { version, step });
            }
            continue;
        }
        let seen = &facts.candidates[&version];
        if let Some(head) = seen.head.as_ref().filter(|head| *head != record.commit() && seen.descends) {
            match record.heads.get(head) {
                None => actions.push(Action::See { version, commit: head.clone() }),
                Some(since) if record.cut.policy.settle.after(*since) <= now => {
                    actions.push(Action::Tag { version, commit: head.clone() });
                }
                Some(_) => {}
            }
        }
        if carry(version, record, seen, project, facts) == Carry::Due
            && let Some(stable) = facts.stable.clone()
        {
            actions.push(Action::Carry { version, stable });
        }
        let promotion = &record.cut.policy.promotion;
        let asked = record.requested.as_ref().is_some_and(|r| r.commit == candidate.commit);
        let in_hours = promotion.hours.as_ref().is_none_or(|h| is_open(h, &zone(&record.cut.policy), now));
        let refused = record.refused.as_ref().is_some_and(|(commit, _)| *commit == candidate.commit);
        if candidate.state == State::Clear && !refused && (asked || (promotion.automatic && in_hours)) {
            actions.push(Action::Promote { version, commit: candidate.commit.clone() });
        }
    }
    if let Some(policy) = policy {
        actions.extend(train(policy, project, facts, now));
    }
    // Last, because a step may take its time.
    for (version, release) in &project.releases {
        let due = crate::decide::after::due(release, now);
        actions.extend(due.map(|r| Action::Step { version: *version, name: r.step.name.clone() }));
    }
    actions
}

fn train(policy: &Policy, project: &Project, facts: &Facts, now: Timestamp) -> Option<Action> {
    let train = policy.train.as_ref()?;
    let frozen =
        policy.freezes.iter().filter(|f| f.stops.cuts() && f.from <= now && f.until > now).map(|f| f.until);
    let frozen = frozen.chain(project.freezes_from(now).filter(|f| f.stops.cuts()).map(|f| f.until)).max();
    let due = due(
        train,
        &zone(policy),
        now,
        TrainFacts {
            handled: project.slot,
            last_ended: project.last_ended,
            busy: project.candidates.values().any(|c| c.cut.kind.is_regular()),
            changes: facts.has_changes(),
            frozen_until: frozen,
        },
    );
    match due {
        Due::Nothing | Due::Wait { .. } => None,
        Due::Cut { slot } => Some(Action::Cut { slot }),
        Due::Skip { slot, why } => Some(Action::Skip { slot, reason: why }),
    }
}

impl Action {
    /// Says what would be done, for `--dry-run` and in observe mode.
    pub fn sentence(&self) -> String {
        match self {
            Self::Finish { version, step } => match step {
                Step::Confirm { .. } => format!("confirm the release of {version}"),
                Step::Continue(_) => {
                    format!("complete the promotion of {version}, which was applied in part")
                }
                Step::Move => format!("move the refs of {version} as planned"),
                Step::Fence => format!("fence the promotion of {version}"),
                Step::Abort(_) => format!("abort the promotion of {version}"),
                Step::Stop(_) => format!("leave the promotion of {version} to a person"),
            },
            Self::See { version, commit } => format!("note the new head {} of {version}", commit.short()),
            Self::Tag { version, commit } => format!("tag {} as the next rc of {version}", commit.short()),
            Self::Carry { version, stable } => format!("merge stable ({}) into {version}", stable.short()),
            Self::Cut { slot } => format!("cut the candidate of the slot {slot}"),
            Self::Skip { slot, reason } => format!("skip the slot {slot}: {reason}"),
            Self::Step { version, name } => format!("run step {name} of {version}"),
            Self::Promote { version, commit } => format!("promote {version} at {}", commit.short()),
        }
    }
}

/// Tells whether a plan is still in its first two minutes, when others leave it alone.
pub fn plan_is_open(project: &Project, now: Timestamp) -> bool {
    project.flight().is_some_and(|(_, f)| f.phase == Phase::Planned && f.plan.expires > now)
}
