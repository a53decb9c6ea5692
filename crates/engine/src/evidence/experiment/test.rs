//! Makes a whole experiment: plan, try, compare, record.

use super::lab::Lab;
use super::outcome::Tested;
use super::plan::Plan;
use super::progress::Progress;
use super::queue;
use super::run::{self, Conditions, Message, Task};
use super::target::{Target, TestWish};
use crate::{Engine, EvidenceRefusal, Refusal};
use allclear_core::experiment;
use allclear_core::experiment::sequential::Sequential;
use allclear_core::experiment::{
    Comparison, Coverage, Experiment, Job, Pinned, Row, SCHEMA, Side, Tier, Verdict,
};
use allclear_core::types::text::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

impl Engine<'_> {
    /// Looks at everything that a target names, and records the whole table where it is about a candidate.
    pub fn test(&self, target: &Target, wish: &TestWish, lab: &Lab<'_>) -> Result<Tested, Refusal> {
        let contained =
            lab.executor.contained().map_err(|why| EvidenceRefusal::NotContained(why.to_string()))?;
        if target.declared.is_empty() && target.checks.is_empty() {
            return Err(EvidenceRefusal::NoDownstreams.into());
        }
        if target.rides.is_some() && target.unrecorded.is_none() {
            self.identified()?;
        }
        let began = self.clock.now();
        let plan = Plan::make(&target.declared, &target.candidate, lab);
        lab.go_on()?;
        let names = plan.jobs.iter().map(|job| &job.name).chain(plan.unplanned.iter().map(|row| &row.name));
        let asked: BTreeSet<String> = names.clone().filter(|name| wish.wants(name)).cloned().collect();
        if asked.is_empty() && !target.declared.is_empty() {
            let known = names.take(8).cloned().collect();
            return Err(EvidenceRefusal::NoneHasTheName { known }.into());
        }
        let of = plan.jobs.len() + plan.unplanned.len();
        let pinned = pinned(target, &plan, lab);
        let mut rows = plan.unplanned;
        let (found, ripe) = self.run_jobs(target, wish, lab, plan.jobs)?;
        rows.extend(found);
        let missing = of - rows.len();
        let checks = if wish.only.is_empty() { self.run_checks(target, wish, lab)? } else { Vec::new() };
        run::worst_first(&mut rows);
        let (candidate, baseline) = pinned;
        let mut experiment = Experiment {
            schema: SCHEMA.into(),
            experiment: id_of(&candidate, baseline.as_ref(), &rows),
            began,
            millis: self.clock.now().duration_since(began).as_millis().try_into().unwrap_or(0),
            candidate,
            baseline,
            coverage: Coverage::of(rows.iter().map(|row| row.comparison)),
            downstreams: rows,
            verdict: Verdict::Passed,
            contained,
        };
        experiment.verdict = verdict(&experiment, target);
        (lab.watch)(&Progress::Finished(&experiment));
        let kept = self.record_experiment(target, &experiment, &checks, missing)?;
        let rows = || experiment.downstreams.iter().filter(|row| asked.contains(&row.name));
        let coverage = Coverage::of(rows().map(|row| row.comparison));
        let whole = rows().count() == experiment.downstreams.len();
        let past = rows().filter(|row| !row.comparison.is_good());
        let past = past.filter_map(|row| Some((row.name.clone(), target.before.story(&row.name)?))).collect();
        let verdict = if whole {
            experiment.verdict
        } else {
            verdict(&Experiment { downstreams: rows().cloned().collect(), ..experiment.clone() }, target)
        };
        Ok(Tested { experiment, asked, checks, coverage, verdict, past, kept, ripe })
    }

    /// Runs the jobs; gives the rows of all that were tried or are known, and the names of those that may well
    /// become `must`.
    fn run_jobs(
        &self,
        target: &Target,
        wish: &TestWish,
        lab: &Lab<'_>,
        jobs: Vec<Job>,
    ) -> Result<(Vec<Row>, Vec<String>), Refusal> {
        let rule = Sequential::for_downstreams(jobs.len());
        let mut tasks: Vec<Task> = jobs
            .into_iter()
            .map(|job| Task { memory: self.recall_downstream(&job.name), wanted: wish.wants(&job.name), job })
            .collect();
        // What takes longest begins first, so that nothing long is left for the end; and how long what is new
        // takes, nobody knows.
        tasks.sort_by_key(|task| std::cmp::Reverse(task.memory.millis.unwrap_or(u64::MAX)));
        let planned: Vec<(String, Option<u64>)> = tasks
            .iter()
            .filter(|task| task.wanted)
            .map(|task| (task.job.name.clone(), task.memory.millis))
            .collect();
        let at_once = lab.jobs.clamp(1, planned.len().max(1));
        (lab.watch)(&Progress::Planned { downstreams: &planned, at_once });
        let conditions = Conditions {
            lab,
            candidate: &target.candidate,
            baseline: target.baseline.as_ref(),
            rule,
            now: self.clock.now(),
            rerun: wish.rerun_failed,
        };
        let (mut rows, mut ripe) = (Vec::new(), Vec::new());
        let name = |n: usize| tasks[n].job.name.as_str();
        queue::each(
            &tasks,
            lab.jobs,
            |n, task, say| {
                if !lab.is_stopped() {
                    conditions.try_one(n, task, say);
                }
            },
            |message| match message {
                Message::Started(n) => (lab.watch)(&Progress::Started { name: name(n) }),
                Message::Trying { n, arm, mode, number } => {
                    (lab.watch)(&Progress::Trying { name: name(n), arm, mode, number });
                }
                Message::Attempted(n, attempt) => {
                    (lab.watch)(&Progress::Attempted { name: name(n), attempt: &attempt });
                }
                Message::Judged(n, row, memory) => {
                    // At once, so that what a killed experiment found is not tried again.
                    if let Some(memory) = &memory {
                        self.remember_downstream(name(n), memory);
                    }
                    let memory = memory.as_deref().unwrap_or(&tasks[n].memory);
                    if row.tier == Tier::Should && row.comparison == Comparison::Ok && memory.is_ripe() {
                        ripe.push(row.name.clone());
                    }
                    if tasks[n].wanted {
                        (lab.watch)(&Progress::Judged(&row));
                    }
                    rows.push(*row);
                }
            },
            || lab.stop_if_asked(),
        );
        lab.go_on()?;
        ripe.sort();
        Ok((rows, ripe))
    }
}

/// Pins both versions by content: as the first downstream proves it, else by their trees.
fn pinned(target: &Target, plan: &Plan, lab: &Lab<'_>) -> (Pinned, Option<Pinned>) {
    let first = plan.jobs.iter().min_by_key(|job| job.ecosystem);
    let pin = |side: &Side| {
        let packed = first.and_then(|job| lab.executor.hash(job, side));
        let tree = || lab.sources.tree_id(&side.commit).ok().map(|tree| tree.to_string());
        Pinned { version: side.version, commit: side.commit.clone(), hash: packed.or_else(tree) }
    };
    (pin(&target.candidate), target.baseline.as_ref().map(pin))
}

/// Says what a table says as a whole, by the rules of the gate: a regression of what must work blocks, one of what
/// should is advice.
fn verdict(experiment: &Experiment, target: &Target) -> Verdict {
    let said = experiment::summary(experiment, &target.declared);
    if said.is_bad() {
        Verdict::Regressed
    } else if !target.declared.is_empty() && said.is_inconclusive(target.gate().coverage.into()) {
        Verdict::Inconclusive
    } else {
        Verdict::Passed
    }
}

/// Gives the id of what went in and what came out; not of when, or of how long it took.
fn id_of(candidate: &Pinned, baseline: Option<&Pinned>, rows: &[Row]) -> String {
    let mut digest = Sha256::new();
    let mut add = |part: &str| digest.update(format!("{}:{part}", part.len()));
    for pinned in [Some(candidate), baseline].into_iter().flatten() {
        add(&pinned.version.to_string());
        add(pinned.commit.as_str());
        add(pinned.hash.as_deref().unwrap_or_default());
    }
    for row in rows {
        add(&row.name);
        add(&row.project);
        add(row.commit.as_str());
        add(&format!("{:?} {:?}", row.mode, row.tier));
        add(row.comparison.name());
        add(row.outcome.name());
        add(row.signature.as_deref().unwrap_or_default());
        add(row.proof.as_ref().map_or("", |proof| &proof.hash));
    }
    hex(&digest.finalize()[..6])
}
