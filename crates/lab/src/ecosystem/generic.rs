//! Anything with a shell: its own commands find the project in a folder, and print a line that says what they
//! built with.

use super::{Context, Downstream, Ecosystem, Files, Finished, Prepared, Resolution, Served, Target};
use crate::attempt::runner::Runner;
use crate::attempt::stopped::Stopped;
use crate::attempt::view::View;
use allclear_core::experiment::{Declared, Job, Outcome, Proof, Side, Step};
use allclear_core::types::text::short;
use std::path::{Path, PathBuf};

/// Begins the line by which a downstream says what it was built with: `allclear-proof VERSION HASH`.
const PROOF: &str = "allclear-proof ";

#[derive(Debug)]
pub(crate) struct Generic;

impl Ecosystem for Generic {
    fn manifests(&self) -> &'static [&'static str] {
        &[]
    }

    fn targets(&self, _declared: &Declared, _tree: &Path, _files: &Files) -> Vec<Target> {
        vec![Target { dir: String::new(), one_of_many: false }]
    }

    fn toolchain(&self, _context: &Context<'_>) -> Result<String, String> {
        Ok(String::new())
    }

    fn serve(&self, context: &Context<'_>, side: &Side) -> Result<Box<dyn Served>, String> {
        let hash = context.sources.tree_id(&side.commit).map_err(|e| e.to_string())?.to_string();
        Ok(Box::new(Folder { hash }))
    }
}

/// A version of the project in a folder. Its digest is the id of its tree.
#[derive(Debug)]
struct Folder {
    hash: String,
}

impl Served for Folder {
    fn content(&self) -> &str {
        &self.hash
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn prepare<'a>(
        &'a self,
        context: &Context<'_>,
        downstream: &Downstream<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, Stopped> {
        let Downstream { job, side, .. } = *downstream;
        let project = context.sources.tree(".", &side.commit).map_err(|e| Stopped::infra(&e.to_string()))?;
        let wanted = Proof { version: side.version.to_string(), hash: self.hash.clone() };
        let closure = self.hash.clone();
        let resolution = Resolution { proof: None, closure, floating: false, note: None };
        Ok(Box::new(WithFolder { job, side, project, wanted, resolution }))
    }
}

#[derive(Debug)]
struct WithFolder<'a> {
    job: &'a Job,
    side: &'a Side,
    project: PathBuf,
    wanted: Proof,
    resolution: Resolution,
}

impl Prepared for WithFolder<'_> {
    fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    fn dir(&self) -> &str {
        &self.job.dir
    }

    fn show(&self, view: &mut View<'_>) -> Result<(), Stopped> {
        let inside = view.read(&self.project, "/candidate");
        view.set("PATH", "/usr/local/bin:/usr/bin:/bin");
        view.set("ALLCLEAR_CANDIDATE_DIR", inside.display().to_string());
        Ok(())
    }

    fn run(&self, runner: &mut Runner<'_>) -> Finished {
        let (ended, proof) = self.proven(runner);
        Finished { ended, proof, tests: None }
    }
}

impl WithFolder<'_> {
    fn proven(&self, runner: &mut Runner<'_>) -> (Result<(), Stopped>, Option<Proof>) {
        let recipe = &self.job.recipe;
        if [&recipe.build, &recipe.test].iter().all(|step| step.is_none()) && recipe.run.is_none() {
            let note = "it has no commands; give it build, test or run in its [[downstream]]";
            return (Err(Stopped::unprepared(note)), None);
        }
        let ended = steps(runner);
        // If nothing is built, the candidate's own tree is tried: a check of the policy.
        if self.job.repo == "." && self.job.commit == self.side.commit && recipe.build.as_deref() == Some("")
        {
            return (ended, Some(self.wanted.clone()));
        }
        match printed_proof(&runner.log) {
            Some(proof) if proof == self.wanted => (ended, Some(proof)),
            other => {
                // A build that failed before it could print the line is still a failed build.
                if let Err(stopped) = ended
                    && stopped.step == Step::Build
                {
                    return (Err(stopped), None);
                }
                let note = match other {
                    Some(other) => {
                        format!("it was built with {} {}", short(&other.version, 40), short(&other.hash, 40))
                    }
                    None => format!(
                        "it did not print `{PROOF}$ALLCLEAR_VERSION $ALLCLEAR_HASH`, so nobody knows what it was built with"
                    ),
                };
                let (outcome, log) = (Outcome::NotInjected, runner.log.clone());
                (Err(Stopped { outcome, step: Step::Build, log, note: Some(note) }), None)
            }
        }
    }
}

fn printed_proof(log: &str) -> Option<Proof> {
    log.lines().filter_map(|line| line.trim().strip_prefix(PROOF)).find_map(|proof| {
        let (version, hash) = proof.trim().split_once(' ')?;
        Some(Proof { version: version.to_owned(), hash: hash.trim().to_owned() })
    })
}

fn steps(runner: &mut Runner<'_>) -> Result<(), Stopped> {
    runner.build(|_| Ok(()))?;
    runner.test(|_| Ok(()))?;
    runner.run_program(None, false)
}
