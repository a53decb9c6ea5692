//! The versions of the project that are served, each packed once.

use crate::ecosystem::table::Table;
use crate::ecosystem::{Context, Served};
use allclear_core::experiment::{Ecosystem as Name, Side};
use allclear_core::{CommitId, Version};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A version that is served, or why it cannot be.
type Slot = Arc<OnceLock<Result<Arc<dyn Served>, String>>>;

#[derive(Default)]
pub(super) struct Versions {
    slots: Mutex<BTreeMap<(Name, CommitId, Version), Slot>>,
}

impl Versions {
    /// Gives a version. The first caller packs it, and the others wait.
    pub(super) fn of(
        &self,
        table: &Table,
        context: &Context<'_>,
        name: Name,
        side: &Side,
    ) -> Result<Arc<dyn Served>, String> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((name, side.commit.clone(), side.version)).or_default())
        };
        slot.get_or_init(|| table.of(name).serve(context, side).map(Arc::from)).clone()
    }
}
