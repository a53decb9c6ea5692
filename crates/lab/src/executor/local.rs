//! The executor of this machine.

use super::versions::Versions;
use super::{logs, survey};
use crate::attempt::runner::Runner;
use crate::attempt::stopped::Stopped;
use crate::attempt::view::View;
use crate::ecosystem::table::Table;
use crate::ecosystem::{Context, Downstream, Finished, Prepared, Served, Surroundings};
use crate::sandbox::Sandbox;
use allclear_core::experiment::signature::failure;
use allclear_core::experiment::{Attempt, Declared, Job, Mode, Outcome, Side, Step};
use allclear_core::port::lab::{Executor, LabError, Located, Request, Sources};
use allclear_core::types::text::secrets::Secrets;
use allclear_core::types::text::{plain, short};
use allclear_host::TempDir;
use base16ct::lower::encode_string as hex;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Part of every cache key: another edition makes all answers unknown.
const EDITION: &str = "lab/1";
/// For attempts, in the lab's directory.
const TEMPORARY: &str = "temporary";

pub struct Lab<'a> {
    context: Context<'a>,
    sandbox: Result<Sandbox, String>,
    ecosystems: Table,
    versions: Versions,
    /// Of the caller. Tools have them, and foreign code may come upon them where nothing is contained.
    secrets: Secrets,
}

impl std::fmt::Debug for Lab<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("dir", &self.context.dir).finish_non_exhaustive()
    }
}

impl<'a> Lab<'a> {
    pub fn open(sources: &'a dyn Sources, around: Surroundings) -> Self {
        let dir = around.cache.join("lab");
        let sandbox = if around.uncontained {
            Ok(Sandbox::none(around.helper.clone()))
        } else {
            Sandbox::find(around.helper.clone())
        };
        let secrets = Secrets::of(&around.env);
        let context = Context { sources, around, dir };
        Self { context, sandbox, ecosystems: Table::default(), versions: Versions::default(), secrets }
    }

    fn served(&self, job: &Job, side: &Side) -> Result<Arc<dyn Served>, String> {
        self.versions.of(&self.ecosystems, &self.context, job.ecosystem, side)
    }

    fn temp_dir(&self) -> Result<TempDir, Stopped> {
        TempDir::make(&self.context.dir.join(TEMPORARY)).map_err(|e| Stopped::infra(&e.to_string()))
    }

    fn tree(&self, job: &Job) -> Result<PathBuf, Stopped> {
        let tree = self.context.sources.tree(&job.repo, &job.commit);
        tree.map_err(|e| Stopped::unprepared(e.to_string()))
    }

    /// Prepares a downstream, shows it in a sandbox, and calls `act` there.
    fn enter(
        &self,
        request: &Request<'_>,
        attempt: &mut Attempt,
        act: impl FnOnce(&mut Runner<'_>, &dyn Prepared, &mut Attempt) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let Request { job, side, mode, scale, number, .. } = *request;
        let sandbox = self.sandbox.as_ref().map_err(Stopped::unprepared)?;
        let temp = self.temp_dir()?;
        let tree = self.tree(job)?;
        let served = self.served(job, side).map_err(|why| Stopped::unprepared(short(&why, 240)))?;
        let downstream = Downstream { job, mode, side, tree: &tree, temp: &temp };
        let prepared = served.prepare(&self.context, &downstream)?;
        let resolution = prepared.resolution();
        attempt.proof.clone_from(&resolution.proof);
        attempt.closure = attempt.proof.as_ref().map(|_| resolution.closure.clone());
        attempt.floating = resolution.floating;
        attempt.note.clone_from(&resolution.note);
        let infra = |e: std::io::Error| Stopped::infra(&e.to_string());
        let mut view = View::of(sandbox, job, &tree, &temp).map_err(infra)?;
        prepared.show(&mut view)?;
        view.set("ALLCLEAR_VERSION", side.version.to_string());
        view.set("ALLCLEAR_HASH", served.hash());
        view.set("ALLCLEAR_ATTEMPT", number.to_string());
        view.work_in(prepared.dir());
        let mut runner = Runner::new(view, &temp, &job.recipe, scale).map_err(infra)?;
        act(&mut runner, prepared.as_ref(), attempt)
    }

    fn try_once(&self, request: &Request<'_>, attempt: &mut Attempt) -> Result<(), Stopped> {
        self.enter(request, attempt, |runner, prepared, attempt| {
            let Finished { ended, proof, tests } = prepared.run(runner);
            if proof.is_some() {
                attempt.closure = Some(prepared.resolution().closure.clone());
                attempt.proof = proof;
            }
            attempt.tests = tests;
            attempt.memory = runner.memory;
            ended
        })
    }
}

impl Executor for Lab<'_> {
    fn survey(&self, declared: &Declared, repo: &str, at: &Located) -> Result<Vec<Job>, LabError> {
        let tree = self.context.sources.tree(repo, &at.commit);
        let tree = tree.map_err(|e| LabError::Unavailable(e.to_string()))?;
        survey::jobs(&self.ecosystems, declared, repo, at, &tree).map_err(LabError::Declaration)
    }

    fn key(&self, job: &Job, side: &Side, mode: Mode) -> Option<String> {
        let served = self.served(job, side).ok()?;
        let toolchain = self.ecosystems.of(job.ecosystem).toolchain(&self.context).ok()?;
        let contained = self.contained().ok()?;
        // The tier and the expectation change no answer.
        let mut recipe = job.recipe.clone();
        (recipe.tier, recipe.expect_failure) = (None, None);
        let parts = serde_json::json!([
            EDITION,
            job.commit,
            job.dir,
            job.one_of_many,
            job.ecosystem,
            recipe,
            side.version.to_string(),
            served.content(),
            mode,
            toolchain,
            contained
        ]);
        Some(hex(&Sha256::digest(parts.to_string())[..16]))
    }

    fn closure(&self, request: &Request<'_>) -> Option<String> {
        let Request { job, side, mode, .. } = *request;
        let temp = self.temp_dir().ok()?;
        let served = self.served(job, side).ok()?;
        let tree = self.tree(job).ok()?;
        let downstream = Downstream { job, mode, side, tree: &tree, temp: &temp };
        let prepared = served.prepare(&self.context, &downstream).ok()?;
        Some(prepared.resolution().closure.clone())
    }

    fn hash(&self, job: &Job, side: &Side) -> Option<String> {
        self.served(job, side).ok().map(|served| served.hash().to_owned())
    }

    fn attempt(&self, request: &Request<'_>) -> Attempt {
        let _span =
            tracing::info_span!("attempt", downstream = request.job.name, arm = ?request.arm).entered();
        let mut attempt = Attempt::new(request.arm, request.mode);
        attempt.scale = request.scale;
        let began = Instant::now();
        let ended = self.try_once(request, &mut attempt).map_err(|stopped| stopped.masked(&self.secrets));
        attempt.millis = began.elapsed().as_millis() as u64;
        if let Err(stopped) = ended {
            attempt.outcome = stopped.outcome;
            attempt.step = Some(stopped.step);
            if stopped.outcome == Outcome::NotInjected {
                attempt.proof = None;
            }
            // The log of a preparation depends on what was fetched before.
            let note = stopped
                .note
                .as_ref()
                .filter(|_| stopped.step == Step::Prepare || stopped.log.trim().is_empty());
            let found = failure(note.unwrap_or(&stopped.log), stopped.step);
            if let Some(found) = found.filter(|_| stopped.outcome != Outcome::Skipped) {
                attempt.error = Some(found.line).filter(|_| note.is_none());
                attempt.signature = Some(found.signature);
            }
            attempt.note =
                [attempt.note.take(), stopped.note].into_iter().flatten().reduce(|a, b| format!("{a}; {b}"));
            if !stopped.log.is_empty() {
                attempt.log = logs::keep(&self.context.dir.join("logs"), &stopped.log);
            }
        }
        tracing::info!(
            step = attempt.step.map(Step::name),
            outcome = attempt.outcome.name(),
            elapsed = ?began.elapsed(),
            "attempted"
        );
        attempt
    }

    fn stop(&self) {
        if let Ok(sandbox) = &self.sandbox {
            sandbox.stop();
        }
    }

    fn reproduce(&self, request: &Request<'_>, print: bool) -> Result<i32, LabError> {
        let mut attempt = Attempt::new(request.arm, request.mode);
        let mut code = 0;
        let ended = self.enter(request, &mut attempt, |runner, prepared, _| {
            runner.rehearse();
            let _rehearsed = prepared.run(runner);
            let mut text = format!("cd {}\n", plain(&runner.dir().display().to_string()));
            for line in runner.rehearsed() {
                text.push_str(&line);
                text.push('\n');
            }
            let shown = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
            shown.map_err(|e| Stopped::infra(&e.to_string()))?;
            if !print {
                code = runner.open_shell().map_err(|why| Stopped::infra(&why))?;
            }
            Ok(())
        });
        match ended.map_err(|stopped| stopped.masked(&self.secrets)) {
            Ok(()) => Ok(code),
            Err(stopped) => {
                Err(LabError::Failed(stopped.note.unwrap_or_else(|| stopped.outcome.name().to_owned())))
            }
        }
    }

    fn contained(&self) -> Result<String, LabError> {
        self.sandbox.as_ref().map(Sandbox::describe).map_err(|why| LabError::Uncontained(why.clone()))
    }
}
