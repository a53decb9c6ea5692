//! Runs after-steps: probe, claim, run, probe again, record. What each end means is decided by
//! [`allclear_core::decide::after`].

use crate::{AfterRefusal, Engine, FaultKind, Note, POLICY_FILE, Refusal, Snapshot};
use allclear_core::decide::after;
use allclear_core::decide::after::{Answer, Next};
use allclear_core::ledger::event::Event;
use allclear_core::ledger::step_end::{DoneBy, StepFailure};
use allclear_core::policy::{self, AfterStep};
use allclear_core::port::steps::{Command, End, Ended, Workspace};
use allclear_core::project::steps;
use allclear_core::project::steps::{Mark, Progress};
use allclear_core::project::{Project, Release};
use allclear_core::{CommitId, RefName, Seconds, Version};
use std::time::Duration;

/// One step of a release at work.
struct StepRun<'a> {
    version: Version,
    release: &'a Release,
    step: &'a AfterStep,
    /// What was on record when it was looked at.
    before: Progress,
    workspace: Box<dyn Workspace + 'a>,
    vars: Vec<(&'static str, String)>,
}

impl Engine<'_> {
    /// Looks at a step that is due, and brings it as far as it goes now. `None` where others were first.
    pub(crate) fn step(&self, version: Version, name: &str) -> Result<Option<String>, Refusal> {
        let snapshot = self.observe()?;
        let proven = snapshot.project.releases.get(&version).filter(|_| snapshot.facts.is_proven(version));
        let Some(release) = proven else { return Ok(None) };
        let now = self.clock.now();
        let Some(report) = after::due(release, now).find(|r| r.step.name == name) else { return Ok(None) };
        let (step, before) = (report.step, report.progress);
        let Some(steps) = self.steps else {
            return Err(AfterRefusal::NoStepsHere.into());
        };
        let later =
            |how: StepFailure, why: String, said: &str| self.not_done(version, step, &before, how, why, said);
        let vars =
            self.check_origin(&snapshot, release, step)?.and_then(|()| self.vars(version, release, step));
        let vars = match vars {
            Ok(vars) => vars,
            Err(why) => return later(StepFailure::Unclear, why, ""),
        };
        let notes = self.repo.objects(std::slice::from_ref(&release.object))?.concat();
        // A tag is its header, a blank line, and the message.
        let notes = notes.split_once("\n\n").map_or("", |(_, message)| message).to_owned();
        let workspace = match steps.workspace(&release.stable, &notes) {
            Ok(workspace) => workspace,
            Err(error) => return later(StepFailure::Unclear, error.to_string(), ""),
        };
        let case = StepRun { version, release, step, before: before.clone(), workspace, vars };
        let probed = case.probe();
        let (answer, said) = probed.map_or((None, String::new()), |(answer, said)| (Some(answer), said));
        match after::before_run(step, &before, answer, self.clock.now()) {
            Next::Done => self.is_done(&case, DoneBy::Probed),
            Next::Later(how, why) => later(how, why, &said),
            Next::Run => self.run_step(&case),
        }
    }

    /// Finds out whether what the record would have run is the project's own: who may write to the record
    /// need not be who may write to its branches. The script has to stand in a policy file of theirs, and
    /// what it is run upon has to be the tag, on stable.
    fn check_origin(
        &self,
        snapshot: &Snapshot,
        release: &Release,
        step: &AfterStep,
    ) -> Result<Result<(), String>, Refusal> {
        let facts = &snapshot.facts;
        let branches: Vec<&CommitId> = facts.develop.iter().chain(&facts.stable).collect();
        let mut on_branch = false;
        for tip in &branches {
            on_branch = on_branch || self.repo.is_ancestor(&release.policy_from, tip)?;
        }
        let tag = snapshot.refs.get(&RefName::tag(&release.tag));
        let stable = facts.stable.as_ref();
        let on_stable = match stable {
            Some(stable) => self.repo.is_ancestor(&release.stable, stable)?,
            None => false,
        };
        let leads_there = snapshot.refs.commit(&RefName::tag(&release.tag)) == Some(&release.stable);
        if tag != Some(&release.object) || !leads_there || !on_stable {
            let what = format!("the tag {} is not what the record says, or not on stable", release.tag);
            return Ok(Err(allclear_core::types::text::short(&what, 200)));
        }
        let mut files = vec![release.stable.clone()];
        files.extend(facts.develop.clone());
        files.extend(Some(release.policy_from.clone()).filter(|_| on_branch));
        let texts = self.repo.file_of_each(&files, POLICY_FILE)?;
        let stands = |text: &String| policy::read(text).is_ok_and(|read| read.policy.after.contains(step));
        if texts.iter().flatten().any(stands) {
            return Ok(Ok(()));
        }
        Ok(Err(format!("no {POLICY_FILE} on record declares it; nothing is run")))
    }

    /// Claims a step, runs it, and records what came of it.
    fn run_step(&self, case: &StepRun<'_>) -> Result<Option<String>, Refusal> {
        let (version, step) = (case.version, case.step);
        let now = self.clock.now();
        let until = steps::lease(step, now);
        let attempt = case.before.tries + 1;
        let begun = Event::StepStarted { version, step: step.name.clone(), attempt, until };
        if !self.record_if(vec![begun], &case.is_as_before(&case.before))? {
            return Ok(None);
        }
        let ours = self.observe_record()?.0;
        let ours = progress(&ours, version, &step.name).filter(|p| p.mark == Mark::Begun { until });
        let Some(ours) = ours else { return Ok(None) };
        self.note(Note::StepBegins(version, step.name.clone()));
        let ended = case.start(step.run().unwrap_or_default(), step.limit);
        let mut probed = case.probe();
        for pause in after::SETTLING {
            let settles = probed.as_ref().is_some_and(|(answer, _)| after::may_settle(&ended, answer));
            if !settles {
                break;
            }
            self.clock.wait(Duration::from_secs(pause.0));
            probed = case.probe();
        }
        self.note(Note::StepEnded(version, step.name.clone()));
        match after::after_run(&ended, probed.as_ref().map(|(answer, _)| answer)) {
            Ok(()) => self.is_done(case, DoneBy::Ran),
            Err((how, why)) => {
                let said =
                    if ended.end == End::Exit(0) { probed.map(|(_, said)| said) } else { Some(ended.said) };
                self.not_done(version, step, &ours, how, why, &said.unwrap_or_default())
            }
        }
    }

    fn is_done(&self, case: &StepRun<'_>, by: DoneBy) -> Result<Option<String>, Refusal> {
        let (version, name) = (case.version, case.step.name.clone());
        let event = Event::StepDone { version, step: name.clone(), by, reason: None };
        // That it is done is news whatever others have said meanwhile, unless they said so too.
        let news = |project: &Project| {
            progress(project, version, &name).is_some_and(|p| !matches!(p.mark, Mark::Done(_)))
        };
        if !self.record_persistently(&event, &news)? {
            return Ok(None);
        }
        let how = match by {
            DoneBy::Probed => "step {} is done already",
            DoneBy::Ran | DoneBy::Told => "step {} is done",
        };
        let step = how.replace("{}", &name);
        Ok(Some(format!("{step}: {version} is {}", self.word(version)?)))
    }

    /// Records what became of a step, and does not give up at once: without a probe, nobody could tell later.
    fn record_persistently(&self, event: &Event, wanted: &dyn Fn(&Project) -> bool) -> Result<bool, Refusal> {
        let mut answer = self.record_if(vec![event.clone()], wanted);
        for pause in after::SETTLING {
            let again =
                answer.as_ref().is_err_and(|f| matches!(f.kind(), FaultKind::TryLater | FaultKind::Unknown));
            if !again {
                break;
            }
            self.clock.wait(Duration::from_secs(pause.0));
            answer = self.record_if(vec![event.clone()], wanted);
        }
        answer
    }

    fn word(&self, version: Version) -> Result<String, Refusal> {
        let (project, _) = self.observe_record()?;
        Ok(project.releases.get(&version).map(after::word).unwrap_or_default())
    }

    /// Records why a step is not done, and says so.
    fn not_done(
        &self,
        version: Version,
        step: &AfterStep,
        before: &Progress,
        how: StepFailure,
        why: String,
        said: &str,
    ) -> Result<Option<String>, Refusal> {
        let name = step.name.clone();
        // A run was counted when it began.
        let attempt =
            if how == StepFailure::Unclear || before.is_idle() { before.tries + 1 } else { before.tries };
        let event = Event::StepFailed {
            version,
            step: name.clone(),
            attempt,
            how,
            why: why.clone(),
            said: Some(said.to_owned()).filter(|said| !said.is_empty()),
        };
        let unchanged = |project: &Project| progress(project, version, &name).as_ref() == Some(before);
        if !self.record_persistently(&event, &unchanged)? {
            return Ok(None);
        }
        if step.run().is_none() && how == StepFailure::Unconfirmed {
            // Somebody else does it, and that it is not done yet is no fault of anybody's.
            return Ok(Some(format!("step {name} of {version} is not done yet")));
        }
        Err(AfterRefusal::NotDone { version, step: name, how, why, attempt }.into())
    }

    /// Gives what a step is told beside the caller's environment.
    fn vars(
        &self,
        version: Version,
        release: &Release,
        step: &AfterStep,
    ) -> Result<Vec<(&'static str, String)>, String> {
        let mut vars = vec![
            ("ALLCLEAR_VERSION", version.to_string()),
            ("ALLCLEAR_TAG", release.tag.clone()),
            ("ALLCLEAR_COMMIT", release.stable.to_string()),
            ("ALLCLEAR_STABLE", release.stable_branch.to_string()),
            ("ALLCLEAR_STEP", step.name.clone()),
        ];
        if let Some(recipe) = step.recipe {
            let path = recipe.manifest().to_owned();
            let files =
                self.repo.files(&release.stable, std::slice::from_ref(&path)).map_err(|e| e.to_string())?;
            let manifest =
                files.get(&path).ok_or_else(|| format!("there is no {path} at {}", release.tag))?;
            vars.push(("ALLCLEAR_NAME", recipe.name_in(manifest)?));
        }
        Ok(vars)
    }
}

impl StepRun<'_> {
    /// Finds out whether it is done; `None` where there is no probe.
    fn probe(&self) -> Option<(Answer, String)> {
        let ended = self.start(self.step.done()?, after::PROBE);
        Some((after::answer(&ended), ended.said))
    }

    fn start(&self, script: &str, limit: Seconds) -> Ended {
        self.workspace.run(&Command { script, vars: self.vars.clone(), limit })
    }

    /// Tells whether the record still has what was seen, and can be gone by.
    fn is_as_before<'b>(&'b self, before: &'b Progress) -> impl Fn(&Project) -> bool + 'b {
        move |project| {
            let sound = project.troubles.is_empty();
            let same = project.entry_of(self.version) == Some(&self.release.entry);
            sound && same && progress(project, self.version, &self.step.name).as_ref() == Some(before)
        }
    }
}

fn progress(project: &Project, version: Version, step: &str) -> Option<Progress> {
    match project.releases.get(&version) {
        Some(release) => Some(release.steps.get(step).cloned().unwrap_or_default()),
        // The refs showed that the release is whole; the record learns it with the first step.
        None => project.candidates.get(&version)?.promoted.as_ref().map(|_| Progress::default()),
    }
}
