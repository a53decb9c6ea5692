//! What is due now. `tick` does it; `tick --dry-run` prints it.

use crate::decide::assess::{Assessment, CandidateAssessment, State, assess};
use crate::decide::promotion::{Obstacle, Step};
use crate::facts::Facts;
use crate::gate::carry::{Carry, carry};
use crate::policy::Policy;
use crate::policy::schedule::{Due, SkipReason, TrainFacts, due, is_open, zone};
use crate::project::{Candidate, Project};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use jiff::Timestamp;

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Bring a promotion that is begun to its end.
    Finish {
        /// Which candidate's.
        version: Version,
        /// The next step.
        step: Step,
    },
    /// End the branch of a released candidate.
    EndBranch {
        /// The release.
        version: Version,
    },
    /// Record that a candidate was found on stable without being clear.
    NoteLanding {
        /// The candidate.
        version: Version,
    },
    /// Record that a clear candidate is not clear any more.
    Turn {
        /// The candidate.
        version: Version,
        /// Its commit.
        commit: CommitId,
        /// The gates that are not clear.
        gates: Vec<String>,
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
    // Until it is done or struck, nothing else is released or cut.
    let unfinished = assessment.candidates.iter().any(CandidateAssessment::is_unfinished);
    for candidate in &assessment.candidates {
        let (version, record) = (candidate.version, &project.candidates[&candidate.version]);
        // A release in part needs it clear as well, as long as stable is old.
        let stopped = candidate.unfinished == Some(Step::Stop(Obstacle::NotClear));
        let open = stopped || !candidate.is_unfinished();
        if open && has_turned(policy, candidate, project, facts, now) {
            let gates = candidate.blockers().map(|gate| gate.gate.name().to_owned()).collect();
            actions.push(Action::Turn { version, commit: candidate.commit.clone(), gates });
        }
        if candidate.is_unfinished() {
            actions.extend(match candidate.unfinished {
                Some(Step::Stop(Obstacle::LandedUnclear)) if !is_noted(record, facts, version) => {
                    Some(Action::NoteLanding { version })
                }
                step => step.map(|step| Action::Finish { version, step }),
            });
            continue;
        }
        let seen = &facts.candidates[&version];
        if !facts.may_move(version, record.adopted) {
            continue;
        }
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
        let may = candidate.state == State::Clear && !unfinished;
        if may && (asked || (promotion.automatic && in_hours)) {
            actions.push(Action::Promote { version, commit: candidate.commit.clone() });
        }
    }
    actions.extend(facts.leftover.as_ref().map(|left| Action::EndBranch { version: left.version }));
    if let Some(policy) = policy.filter(|_| !unfinished) {
        actions.extend(train(policy, project, facts, now));
    }
    // Last, because a step may take its time.
    for (version, release) in project.releases.iter().filter(|(version, _)| facts.is_proven(**version)) {
        let due = crate::decide::after::due(release, now);
        actions.extend(due.map(|r| Action::Step { version: *version, name: r.step.name.clone() }));
    }
    actions
}

/// Tells whether the record says already that what is on stable was not clear.
fn is_noted(record: &Candidate, facts: &Facts, version: Version) -> bool {
    let landing = facts.candidates.get(&version).and_then(|seen| seen.landing.as_ref());
    landing.is_none_or(|landing| record.landed.as_ref().is_some_and(|(commit, _)| *commit == landing.commit))
}

/// How often the time since the last entry is looked into for an instant at which a candidate was clear.
const INSTANTS: usize = 100;

/// Tells whether a candidate that is not clear was so at some instant since the last entry. A push that was judged
/// then could still be on its way.
fn has_turned(
    policy: Option<&Policy>,
    candidate: &CandidateAssessment,
    project: &Project,
    facts: &Facts,
    now: Timestamp,
) -> bool {
    if candidate.clear().is_some() || project.at >= now {
        return false;
    }
    let mut at = project.at;
    for _ in 0..INSTANTS {
        let then = assess(policy, project, facts, at);
        let Some(then) = then.candidates.into_iter().find(|c| c.version == candidate.version) else { break };
        if then.clear().is_some() {
            return true;
        }
        match then.next_change_at.filter(|next| *next > at && *next < now) {
            Some(next) => at = next,
            None => break,
        }
    }
    false
}

fn train(policy: &Policy, project: &Project, facts: &Facts, now: Timestamp) -> Option<Action> {
    let train = policy.train.as_ref()?;
    let frozen =
        policy.freezes.iter().filter(|f| f.stops.cuts() && f.from <= now && f.until > now).map(|f| f.until);
    let frozen = frozen
        .chain(project.freezes_from(now, policy.trust).filter(|f| f.stops.cuts()).map(|f| f.until))
        .max();
    let due = due(
        train,
        &zone(policy),
        now,
        TrainFacts {
            handled: project.slot,
            last_ended: project.last_ended,
            busy: project.candidates.iter().any(|(v, c)| c.cut.kind.is_regular() && !facts.is_void(*v)),
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
                Step::Stop(_) => format!("leave {version} to a person: its promotion cannot go on by itself"),
                Step::Complete => format!("complete {version}, which another hand brought onto stable"),
                Step::Close | Step::EndBranch | Step::Continue(_) | Step::Push => {
                    format!("complete the promotion of {version}, which was applied in part")
                }
            },
            Self::EndBranch { version } => format!("delete the branch of {version}, which is released"),
            Self::NoteLanding { version } => {
                format!("record that {version} came onto stable without being clear")
            }
            Self::Turn { version, .. } => format!("record that {version} is not clear any more"),
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
