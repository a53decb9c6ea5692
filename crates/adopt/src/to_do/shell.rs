//! Paths in commands that a person copies.

use allclear_core::types::text::plain;

/// Tells whether a path means itself to a shell, and to `git apply`.
pub(super) fn is_simple(path: &str) -> bool {
    path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'))
}

/// Puts a path between quotes for a shell, where it needs them.
pub(super) fn quoted(path: &str) -> String {
    if is_simple(path) { path.to_owned() } else { format!("'{}'", plain(path).replace('\'', "'\\''")) }
}
