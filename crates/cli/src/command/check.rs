//! `check`: results that CI, an environment or a person found for a commit.

use crate::args::{Args, Outcome};
use crate::exit::Exit;
use crate::place::Place;
use crate::ui;
use allclear_core::CommitId;
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::types::text::count;
use allclear_engine::{CheckResult, Fault, FaultKind, Snapshot};
use serde::Deserialize;
use serde_json::json;
use std::io::Read;
use std::path::Path;

/// The largest file of results, in bytes.
const LIMIT: u64 = 16 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    outcome: CheckOutcome,
    commit: String,
    url: Option<String>,
}

pub(super) fn run(
    args: &Args,
    name: Option<&str>,
    outcome: Option<Outcome>,
    commit: Option<&str>,
    url: Option<&str>,
    from: Option<&Path>,
) -> Result<Exit, Fault> {
    let results = match (from, name, outcome, commit) {
        (Some(file), ..) => read(file)?,
        (None, Some(name), Some(outcome), Some(commit)) => {
            let outcome = match outcome {
                Outcome::Passed => CheckOutcome::Passed,
                Outcome::Failed => CheckOutcome::Failed,
            };
            vec![CheckResult { name: name.into(), outcome, commit: full(commit)?, url: url.map(Into::into) }]
        }
        (None, ..) => {
            return Err(Fault::new(
                FaultKind::Usage,
                "give NAME, passed or failed, and --commit; or --from FILE",
            ));
        }
    };
    let place = Place::open(args)?;
    let n = results.len();
    let commits: Vec<CommitId> = results.iter().map(|r| r.commit.clone()).collect();
    place.engine().check(results)?;
    let open = |seen: &Snapshot, id: &CommitId| {
        seen.facts.candidates.values().any(|c| c.head.as_ref() == Some(id))
            || seen.project.candidates.values().any(|c| c.commit() == id)
    };
    let known = place.engine().recall().is_some_and(|seen| commits.iter().all(|id| open(&seen, id)));
    // The last look may be older than the candidate; a result that is recorded is not undone by a server that went away.
    if let Some(seen) = if known { None } else { place.engine().observe().ok() } {
        for commit in commits.iter().filter(|id| !open(&seen, id)).take(3) {
            ui::say(format!(
                "note: {} is not the commit of an open candidate; the result is recorded all the same",
                commit.short()
            ));
        }
    }
    if args.json {
        ui::json(&json!({"schema": "allclear.check/1", "recorded": n}));
    } else {
        ui::out(format!("{} recorded", count(n, "result")));
    }
    Ok(Exit::Done)
}

fn full(commit: &str) -> Result<CommitId, Fault> {
    CommitId::parse(commit).map_err(|e| {
        Fault::new(FaultKind::Usage, e.to_string())
            .hint("a result counts for exactly one commit: give its full id (git rev-parse)")
    })
}

fn read(file: &Path) -> Result<Vec<CheckResult>, Fault> {
    let cannot = |e: &dyn std::fmt::Display| {
        Fault::new(FaultKind::Usage, format!("{} cannot be read: {e}", file.display()))
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LIMIT).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(LIMIT).read_to_string(&mut text))
    };
    read.map_err(|e| cannot(&e))?;
    let lines: Vec<Line> = serde_json::from_str(&text).map_err(|e| {
        cannot(&e).hint(r#"write [{"name": "ci", "outcome": "passed", "commit": "<full id>", "url": "…"}]"#)
    })?;
    lines
        .into_iter()
        .map(|l| Ok(CheckResult { commit: full(&l.commit)?, name: l.name, outcome: l.outcome, url: l.url }))
        .collect()
}
