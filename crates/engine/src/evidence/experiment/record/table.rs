//! The table as it goes on record beside the entry: bounded, and without what only this machine has.

use allclear_core::experiment::{Comparison, Experiment};
use allclear_core::ledger::entry::ATTACHMENT_LIMIT;
use serde::{Deserialize, Serialize};

/// The file of the entry that has the table.
pub const RESULTS: &str = "results.json";

/// The table, and what of it is not here.
#[derive(Serialize)]
struct Results<'a> {
    #[serde(flatten)]
    experiment: &'a Experiment,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
}

/// What a table says of what is not here.
#[derive(Deserialize)]
struct LeftOut {
    #[serde(default)]
    left_out: Vec<String>,
}

/// Reads a table, and tells whether it has all its rows.
pub(super) fn read(text: &str) -> Option<(Experiment, bool)> {
    let LeftOut { left_out } = serde_json::from_str(text).ok()?;
    // The attempts go first.
    Some((serde_json::from_str(text).ok()?, left_out.len() < 2))
}

/// Writes an experiment in at most [`ATTACHMENT_LIMIT`] bytes. What does not fit is left out in the order in which
/// it is missed least, and that is said: attempts, what is ok, the least bad.
pub(super) fn write(experiment: &Experiment) -> String {
    let mut experiment = experiment.clone();
    for attempt in experiment.downstreams.iter_mut().flat_map(|row| &mut row.attempts) {
        attempt.log = None;
    }
    let mut left_out = Vec::new();
    if let Some(text) = fits(&experiment, &left_out) {
        return text;
    }
    experiment.downstreams.iter_mut().for_each(|row| row.attempts.clear());
    left_out.push("the attempts".to_owned());
    if let Some(text) = fits(&experiment, &left_out) {
        return text;
    }
    let all = experiment.downstreams.len();
    experiment.downstreams.retain(|row| row.comparison != Comparison::Ok);
    left_out.push(format!("{} that are ok", all - experiment.downstreams.len()));
    loop {
        if let Some(text) = fits(&experiment, &left_out) {
            return text;
        }
        // Worst first: what is cut off is the least bad.
        let keep = experiment.downstreams.len() * 3 / 4;
        experiment.downstreams.truncate(keep);
        left_out.truncate(2);
        left_out.push(format!("{} more", all - keep));
    }
}

fn fits(experiment: &Experiment, left_out: &[String]) -> Option<String> {
    let text = serde_json::to_string(&Results { experiment, left_out: left_out.to_vec() }).ok()?;
    (text.len() <= ATTACHMENT_LIMIT).then_some(text)
}
