//! What a new rc does to the train.

use crate::decide::assess::CandidateAssessment;
use crate::policy::Policy;
use crate::policy::schedule::after_fix;
use jiff::Timestamp;

/// What a new rc does to the train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Train {
    /// Nothing: no clock runs after a fix.
    Free,
    /// It is in time, even when it settles first.
    InTime {
        /// The last moment for the rc.
        by: Timestamp,
    },
    /// It is in time only where the rc is made now.
    OnlyNow {
        /// The last moment for the rc.
        by: Timestamp,
    },
    /// The candidate leaves later for it.
    Delayed {
        /// The first moment at which it can leave.
        until: Timestamp,
    },
}

/// Tells what a new head of the candidate does to its train.
pub fn train(policy: &Policy, found: &CandidateAssessment, now: Timestamp) -> Train {
    let settled = policy.settle.after(now);
    let length = after_fix(policy);
    if !policy.gates.soak.enforce || length.0 == 0 {
        return Train::Free;
    }
    match found.fix_by {
        Some(by) if settled <= by => Train::InTime { by },
        Some(by) => Train::OnlyNow { by },
        None => Train::Delayed { until: length.after(settled) },
    }
}
