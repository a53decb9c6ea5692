//! Anything with a shell: its own commands find the project in a folder, and print a line that says what they
//! built with.

use crate::attempt::stage::{Stage, Stop};
use allclear_core::lab::{Job, Outcome, Proof, Run, Step};
use allclear_core::port::lab::Request;

/// What begins the line by which a downstream says what it was built with: `allclear-proof VERSION HASH`.
const PROOF: &str = "allclear-proof ";

/// Builds, tests and runs it; gives what it says it was built with.
pub(crate) fn steps(
    stage: &mut Stage<'_>,
    request: &Request<'_>,
    version: &str,
    hash: &str,
) -> (Result<(), Stop>, Option<Proof>) {
    let Request { job, side, .. } = request;
    let recipe = &job.recipe;
    if [&recipe.build, &recipe.test].iter().all(|step| step.is_none()) && recipe.run.is_none() {
        let note = "it has no commands; give it build, test or run in its [[downstream]]";
        let stop = Stop {
            outcome: Outcome::Unprepared,
            step: Step::Prepare,
            log: String::new(),
            note: Some(note.into()),
        };
        return (Err(stop), None);
    }
    let ended = walk(stage, job);
    // Where nothing is built, the candidate's own tree is what is tried: a check of the policy's.
    if job.repo == "." && job.commit == side.commit && recipe.build.as_deref() == Some("") {
        return (ended, Some(Proof { version: version.to_owned(), hash: hash.to_owned() }));
    }
    let said = stage.log.lines().filter_map(|line| line.trim().strip_prefix(PROOF)).find_map(|proof| {
        let (version, hash) = proof.trim().split_once(' ')?;
        Some(Proof { version: version.to_owned(), hash: hash.trim().to_owned() })
    });
    match said {
        Some(proof) if proof.version == version && proof.hash == hash => (ended, Some(proof)),
        said => {
            let note = match said {
                Some(other) => format!(
                    "it was built with {} {}",
                    allclear_core::text::short(&other.version, 40),
                    allclear_core::text::short(&other.hash, 40)
                ),
                None => format!(
                    "it did not print `{PROOF}$ALLCLEAR_VERSION $ALLCLEAR_HASH`, so nobody knows what it was built with"
                ),
            };
            // A build that failed before it could print it failed all the same.
            match ended {
                Err(stop) if stop.step == Step::Build => (Err(stop), None),
                Ok(()) | Err(_) => {
                    let (outcome, log) = (Outcome::NotInjected, stage.log.clone());
                    (Err(Stop { outcome, step: Step::Build, log, note: Some(note) }), None)
                }
            }
        }
    }
}

fn walk(stage: &mut Stage<'_>, job: &Job) -> Result<(), Stop> {
    let recipe = &job.recipe;
    for (step, script) in [(Step::Build, &recipe.build), (Step::Test, &recipe.test)] {
        if let Some(script) = script.as_deref().filter(|script| !script.is_empty()) {
            stage.shell(step, script)?;
        }
    }
    match &recipe.run {
        Some(Run { command: Some(command), must }) if !command.is_empty() => {
            stage.run(&["sh", "-c", command], must)
        }
        Some(_) | None => Ok(()),
    }
}
