//! How users try a fresh rc.

use super::ui::{self, DIM, paint};
use allclear_core::ecosystem::try_it::TryIt;

/// Prints each way.
pub(crate) fn show(ways: &[TryIt]) {
    for way in ways {
        ui::say(format!("{} {}", paint(DIM, "try it:"), way.command));
    }
}
