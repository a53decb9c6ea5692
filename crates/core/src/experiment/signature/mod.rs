//! Names a failure by the line of its log that says what is wrong, without what differs between machines.
//!
//! Two attempts with the same signature fail alike, and downstreams with the same signature have one root cause. So a
//! signature keeps names (symbols, error codes, tests) and drops places (paths, lines, addresses), times and counts.
//! A log is untrusted text of any size: what is looked at is bounded, and what is shown is made safe.

mod normal;
mod rules;

pub use normal::{bare, normalised};

use super::Step;
use crate::types::text;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// A failure, as a log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line, as it was printed, made safe to show and short. The name of a failing test comes before its message.
    pub line: String,
    /// The digest of its normalised form: 12 hex digits.
    pub signature: String,
}

/// How much of a log is looked at, at its beginning and at its end, in bytes.
const PART: usize = 2 << 20;

/// How much of a line is shown, in characters.
const SHOWN: usize = 240;

/// Finds the line that says what is wrong in the log of a step; `None` where it says nothing. Where no rule knows the
/// log, its last line is taken.
pub fn failure(log: &str, step: Step) -> Option<Failure> {
    let lines = lines(log);
    let says = rules::find(&lines, step)?;
    let normal = normalised(&says);
    let line = text::short(says.trim(), SHOWN);
    Some(Failure { signature: digest(if normal.is_empty() { &line } else { &normal }), line })
}

/// Gives the signature of a line that is normalised: 12 hex digits.
pub(super) fn digest(normal: &str) -> String {
    text::hex(&Sha256::digest(normal)[..6])
}

/// Gives the lines of the beginning and the end of a log, without colours, each cut.
fn lines(log: &str) -> Vec<Cow<'_, str>> {
    let (head, tail) = if log.len() <= 2 * PART {
        (log, "")
    } else {
        (&log[..log.floor_char_boundary(PART)], &log[log.ceil_char_boundary(log.len() - PART)..])
    };
    head.lines().chain(tail.lines()).map(line).collect()
}

/// Cuts a line, and takes what a terminal would not show: escape sequences, and what a carriage return overwrites.
fn line(line: &str) -> Cow<'_, str> {
    let cut = line.char_indices().nth(normal::WIDTH).map_or(line, |(end, _)| &line[..end]).trim_end();
    let seen = cut.rsplit_once('\r').map_or(cut, |(_, seen)| seen);
    if seen.contains('\u{1b}') { Cow::Owned(normal::uncoloured(seen)) } else { Cow::Borrowed(seen) }
}

#[cfg(test)]
mod tests;
