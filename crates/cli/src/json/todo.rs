//! The list of what is left to do, as programs see it.

use allclear_adopt::to_do::Todo;
use serde_json::{Value, json};

/// Gives the list as JSON.
pub(crate) fn view(todo: &[Todo]) -> Value {
    json!({"schema": "allclear.todo/1", "open": open(todo), "items": todo})
}

/// Counts what is not done.
pub(crate) fn open(todo: &[Todo]) -> usize {
    todo.iter().filter(|t| !t.done).count()
}
