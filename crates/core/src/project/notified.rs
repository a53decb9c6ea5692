//! What the targets of notices were told, on record.

use crate::ledger::event::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a target was told, on record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notified {
    /// The keys of all that it was told and that can still come up.
    pub keys: BTreeSet<String>,
    /// The deliveries that failed since the last one that did not.
    pub failed: u32,
    /// When the last one was tried.
    pub at: Timestamp,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the caller sends these two alone")]
pub(crate) fn evolve(told: &mut BTreeMap<String, Notified>, event: &Event, at: Timestamp) {
    match event {
        Event::Noticed { to, keys } => {
            let told = told.entry(to.clone()).or_default();
            told.keys.extend(keys.iter().cloned());
            (told.failed, told.at) = (0, at);
        }
        Event::NoticeFailed { to, attempt, .. } => {
            let told = told.entry(to.clone()).or_default();
            (told.failed, told.at) = (*attempt, at);
        }
        _ => {}
    }
}

/// Forgets what was told of something that is over; what comes up again is told again.
pub(crate) fn forget(told: &mut BTreeMap<String, Notified>, of: &str) {
    for told in told.values_mut() {
        told.keys.retain(|key| !key.starts_with(of));
    }
}
