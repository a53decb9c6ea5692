//! How the after-steps of a release stand on record.

use crate::ledger::entry::TOLERANCE;
use crate::ledger::step_end::DoneBy;
use crate::policy::AfterStep;
use crate::types::duration::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a lease has beyond the step's own limit: for the probes, and for registries that are slow to show
/// what they have.
pub const GRACE: Seconds = Seconds(30 * 60);

/// The longest time between two looks.
const LONGEST: Seconds = Seconds(6 * 3600);

/// The progress of one step on record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How far it came.
    pub mark: Mark,
    /// How often it was tried since somebody last asked for it.
    pub tries: u32,
    /// When that was last recorded.
    pub at: Option<Timestamp>,
    /// Why it is not done, in a sentence.
    pub why: Option<String>,
    /// The last words of what was run.
    pub said: Option<String>,
}

/// The state of a step on record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Nothing was run.
    #[default]
    New,
    /// A run was begun; without an end on record by then, nobody knows what became of it.
    Begun {
        /// The end of its lease.
        until: Timestamp,
    },
    /// The run failed.
    Failed,
    /// The run ended well, or somebody else does it, and the probe does not say so yet.
    Unconfirmed,
    /// Nobody can tell whether it happened, and there is no probe.
    Lost,
    /// Done.
    Done(DoneBy),
}

impl Progress {
    /// Gives the instant from which on a tick looks at it; `None` for never by itself.
    pub(crate) fn due_at(&self, step: &AfterStep) -> Option<Timestamp> {
        let backed_off = self.at.filter(|_| self.tries > 0).map(|at| back_off(self.tries).after(at));
        match self.mark {
            Mark::Done(_) | Mark::Lost => None,
            Mark::Begun { .. } if step.done().is_none() => None,
            Mark::Begun { until } => Some(backed_off.unwrap_or(until).max(TOLERANCE.after(until))),
            Mark::New | Mark::Failed | Mark::Unconfirmed => Some(backed_off.unwrap_or(Timestamp::MIN)),
        }
    }

    /// Tells whether a run may follow a probe that says no.
    pub(crate) fn may_run(&self, now: Timestamp) -> bool {
        match self.mark {
            Mark::New | Mark::Failed => true,
            Mark::Begun { until } => TOLERANCE.after(until) <= now,
            Mark::Unconfirmed | Mark::Lost | Mark::Done(_) => false,
        }
    }

    /// Tells whether nothing is being run of it, as far as the record knows.
    pub fn is_idle(&self) -> bool {
        !matches!(self.mark, Mark::Begun { .. })
    }

    /// Tells whether it needs eyes: it failed again and again, or nobody can tell.
    pub fn needs_somebody(&self, step: &AfterStep, now: Timestamp) -> bool {
        match self.mark {
            Mark::Done(_) => false,
            Mark::Lost => true,
            Mark::Begun { until } => {
                (step.done().is_none() || self.tries >= 3) && TOLERANCE.after(until) <= now
            }
            // Somebody else does it, in their own time.
            Mark::New | Mark::Failed | Mark::Unconfirmed if step.run().is_none() => false,
            Mark::Failed => self.tries >= 2,
            Mark::Unconfirmed => self.tries >= 3,
            // A registry that is down for half an hour does not need a person yet.
            Mark::New => self.tries >= 6,
        }
    }
}

/// Gives the pause behind try `n`, from 1: one minute, two, four, at most six hours.
pub fn back_off(n: u32) -> Seconds {
    let doubled = 1_u64.checked_shl(n.saturating_sub(1).min(20)).unwrap_or(u64::MAX);
    Seconds(Seconds::MINUTE.0.saturating_mul(doubled)).min(LONGEST)
}

/// Gives the end of the lease of a run that begins now.
pub fn lease(step: &AfterStep, now: Timestamp) -> Timestamp {
    GRACE.after(step.limit.after(now))
}
