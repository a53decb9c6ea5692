//! Failures by root cause.

use super::{Comparison, Row, signature};
use std::collections::BTreeMap;

/// Downstreams that fail in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How they compare: the same failure may be a regression for one and old for another.
    pub comparison: Comparison,
    /// What they have in common.
    pub signature: String,
    /// The line that says what is wrong, as one of them printed it, without its place.
    pub line: String,
    /// How many they are.
    pub count: usize,
    /// Their names, in order.
    pub names: Vec<String>,
}

/// Groups what fails in the same way: worst first, then the most common, then by line.
pub fn groups<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<Group> {
    let mut by_cause: BTreeMap<(Comparison, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if let Some(signature) = &row.signature {
            by_cause.entry((row.comparison, signature)).or_default().push(row);
        }
    }
    let mut groups: Vec<Group> = by_cause
        .into_iter()
        .map(|((comparison, signature), mut rows)| {
            rows.sort_by(|a, b| a.name.cmp(&b.name));
            let said = rows.iter().find_map(|row| row.error.as_deref().or(row.note.as_deref()));
            Group {
                comparison,
                signature: signature.to_owned(),
                line: signature::bare(said.unwrap_or(rows[0].outcome.name())).to_owned(),
                count: rows.len(),
                names: rows.iter().map(|row| row.name.clone()).collect(),
            }
        })
        .collect();
    groups.sort_by(|a, b| (a.comparison, b.count, &a.line).cmp(&(b.comparison, a.count, &b.line)));
    groups
}
