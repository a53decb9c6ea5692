//! Puts a whole table on record: one entry, with the table beside it.

use super::table::{self, RESULTS};
use crate::evidence::experiment::cache::Inputs;
use crate::evidence::experiment::outcome::{CheckRun, RecordStatus};
use crate::evidence::experiment::target::Target;
use crate::ledger::append::Draft;
use crate::{Engine, Refusal, Snapshot};
use allclear_core::experiment;
use allclear_core::experiment::{Experiment, Row, Summary};
use allclear_core::ledger::event::{CheckOutcome, Event};
use allclear_core::policy::Trust;
use allclear_core::project::Project;
use allclear_core::project::experiments::Trial;
use allclear_core::types::text::{count, hex};
use allclear_core::verify::Truth;
use allclear_core::{CommitId, Version};
use sha2::{Digest, Sha256};

/// How many events an entry has at most: each check's takes some hundred bytes of its 64 KiB.
const EVENTS: usize = 50;

impl Engine<'_> {
    /// Records a whole table and what the checks said, unless that is on record.
    pub(in crate::evidence::experiment) fn record_experiment(
        &self,
        target: &Target,
        experiment: &Experiment,
        checks: &[CheckRun],
        missing: usize,
    ) -> Result<RecordStatus, Refusal> {
        let Some(version) = target.rides.filter(|_| target.unrecorded.is_none()) else {
            let nobody = || "this is not the commit of an open candidate".into();
            return Ok(RecordStatus::NotRecorded(target.unrecorded.clone().unwrap_or_else(nobody)));
        };
        if missing > 0 {
            let others = count(missing, "downstream");
            return Ok(RecordStatus::NotRecorded(format!(
                "{others} of the policy {} no answer yet",
                have(missing)
            )));
        }
        let results = table::write(experiment);
        let mut summary = experiment::summary(experiment, &target.declared);
        summary.results = Some(digest(&results));
        let mut events = Vec::new();
        if !target.declared.is_empty() {
            events.push(Event::ExperimentEnded(Box::new(summary)));
        }
        let commit = &target.candidate.commit;
        events.extend(checks.iter().filter_map(|run| {
            let (name, commit) = (run.name.clone(), commit.clone());
            Some(Event::CheckRecorded { name, outcome: run.outcome?, commit, url: None })
        }));
        let mut kept = RecordStatus::AlreadyRecorded;
        for (n, batch) in events.chunks(EVENTS).enumerate() {
            let mut draft = self.draft(batch.to_vec());
            if n == 0 && !target.declared.is_empty() {
                draft.attachments.insert(RESULTS.into(), results.clone());
            }
            let now = self.record_if_new(target, version, &draft)?;
            if kept != RecordStatus::Recorded {
                kept = now;
            }
        }
        Ok(kept)
    }

    /// Appends a draft, as long as its candidate is open and it says something new.
    fn record_if_new(
        &self,
        target: &Target,
        version: Version,
        draft: &Draft,
    ) -> Result<RecordStatus, Refusal> {
        let commit = &target.candidate.commit;
        let (over, known) = (std::cell::Cell::new(false), std::cell::Cell::new(false));
        let wanted = |project: &Project| {
            over.set(!rides(project, version, commit));
            known.set(draft.events.iter().all(|event| is_known(project, target, event)));
            !over.get() && !known.get()
        };
        Ok(match self.record_draft(draft, &wanted)? {
            true => RecordStatus::Recorded,
            false if over.get() => {
                RecordStatus::NotRecorded(format!("{version} moved on while it was tested"))
            }
            false => RecordStatus::AlreadyRecorded,
        })
    }

    /// Gives what is known of a downstream: its row of the table on record, and where the logs of its last
    /// attempts are on this machine.
    pub fn downstream_row(
        &self,
        seen: &Snapshot,
        version: Version,
        name: &str,
    ) -> Result<Option<Row>, Refusal> {
        let memory = self.recall_downstream(name);
        let Some(candidate) = seen.project.candidates.get(&version) else { return Ok(None) };
        let known = seen.project.experiments.of(candidate.commit(), candidate.cut.policy.trust);
        let Some(trial) = known.and_then(|known| known.trial) else { return Ok(None) };
        let table = self.table(trial)?;
        let row = table.and_then(|(table, _)| table.downstreams.into_iter().find(|row| row.name == name));
        Ok(row.map(|row| with_logs(row, memory.newest(), memory.last.as_ref(), candidate.commit())))
    }

    /// Reads the table beside an experiment's entry, and whether it has all its rows. What is not the table that the
    /// entry names is nobody's word.
    fn table(&self, trial: &Trial) -> Result<Option<(Experiment, bool)>, Refusal> {
        let Some(entry) = &trial.entry else { return Ok(None) };
        let text = self.repo.files(entry, &[RESULTS.to_owned()])?.remove(RESULTS);
        let text = text.filter(|text| trial.summary.results.as_ref() == Some(&digest(text)));
        Ok(text.and_then(|text| table::read(&text)))
    }

    /// Says whether what an experiment's entry counts is what the table beside it has.
    pub(crate) fn table_holds(&self, trial: &Trial) -> Result<Truth, Refusal> {
        let said = &trial.summary;
        if said.results.is_none() {
            return Ok(Truth::CannotBeChecked("its entry names no table".into()));
        }
        let Some((experiment, whole)) = self.table(trial)? else {
            return Ok(Truth::DoesNotHold("the table that its entry names is not beside it".into()));
        };
        let made = experiment::summary(&experiment, &[]);
        let subject = |s: &Summary| {
            (s.experiment.clone(), s.version, s.commit.clone(), s.hash.clone(), s.baseline.clone())
        };
        let counts = |s: &Summary| (s.must.clone(), s.should.clone(), s.findings.clone(), s.more);
        let same = subject(&made) == subject(said) && (!whole || counts(&made) == counts(said));
        Ok(Truth::when(same, || "what its entry counts is not what the table beside it has".into()))
    }
}

/// Adds where the logs are, where this machine looked at the very same.
fn with_logs(mut row: Row, newest: Option<&Row>, last: Option<&Inputs>, commit: &CommitId) -> Row {
    let same = last.is_some_and(|last| last.candidate.commit == *commit);
    if let Some(newest) = newest.filter(|newest| same && newest.attempts.len() == row.attempts.len()) {
        for (attempt, here) in row.attempts.iter_mut().zip(&newest.attempts) {
            attempt.log.clone_from(&here.log);
        }
    }
    row
}

fn rides(project: &Project, version: Version, commit: &CommitId) -> bool {
    let candidate = project.candidates.get(&version);
    candidate.is_some_and(|candidate| {
        let cut = &candidate.cut.head;
        let rc = candidate.rcs.last().map(|rc| &rc.commit);
        rc.unwrap_or(cut) == commit || candidate.heads.contains_key(commit)
    })
}

/// Tells whether an event is on record, and counts.
fn is_known(project: &Project, target: &Target, event: &Event) -> bool {
    let trust = target.policy.as_ref().map(|policy| policy.trust).unwrap_or_default();
    if let Event::ExperimentEnded(new) = event {
        let known = project.experiments.of(&new.commit, trust).and_then(|known| known.trial);
        return known.is_some_and(|trial| {
            (&trial.summary.experiment, &trial.summary.declared) == (&new.experiment, &new.declared)
        });
    }
    if let Event::CheckRecorded { name, outcome, commit, .. } = event {
        let line = project.checks.get(commit).and_then(|checks| checks.get(name));
        let told = line.and_then(|line| line.beats.last());
        return told.is_some_and(|told| {
            told.passed == (*outcome == CheckOutcome::Passed) && (told.vouched || trust == Trust::Claimed)
        });
    }
    false
}

fn have(n: usize) -> &'static str {
    if n == 1 { "has" } else { "have" }
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
