//! The list of what is left to do until the train runs: drawn once, for `init` and whoever else shows it.

use super::ui::{self, BOLD, DIM, paint};
use crate::json::todo::open;
use allclear_adopt::to_do::Todo;
use allclear_core::types::verdict::Verdict;

/// How many places are shown of one item.
const PLACES: usize = 8;

/// Draws the list.
pub(crate) fn show(todo: &[Todo]) {
    let open = open(todo);
    ui::out(paint(
        BOLD,
        match open {
            0 => "Nothing is left to do: the train runs.".to_owned(),
            n => format!("Still to do: {n} of {}", todo.len()),
        },
    ));
    let width = todo.iter().map(|t| t.key.len()).max().unwrap_or(0);
    for item in todo {
        // What was never delivered is missing, as evidence is.
        let verdict = if item.done { Verdict::Passed } else { Verdict::Missing };
        ui::out(format!("  {} {:width$}  {}", ui::sign(verdict, true), item.key, item.title));
        let indent = " ".repeat(width + 6);
        for place in item.detail.iter().take(PLACES) {
            ui::out(format!("{indent}{}", paint(DIM, place)));
        }
        if let Some(more) = item.detail.len().checked_sub(PLACES).filter(|more| *more > 0) {
            ui::out(format!("{indent}{}", paint(DIM, format!("and {more} more; --json has all"))));
        }
        for remedy in &item.remedy {
            ui::out(format!("{indent}{} {remedy}", paint(DIM, "→")));
        }
    }
}
