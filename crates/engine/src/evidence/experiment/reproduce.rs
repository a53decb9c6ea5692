//! Gives a person one attempt of an experiment again, with its inputs.

use super::cache::Inputs;
use super::lab::Lab;
use super::plan::Plan;
use super::target::TestWish;
use crate::{Engine, EvidenceRefusal, Refusal, Snapshot};
use allclear_core::experiment::Arm;
use allclear_core::port::lab::Request;

impl Engine<'_> {
    /// Makes the inputs of an attempt again and opens a shell among them; with `print`, only says how. Gives the
    /// shell's exit code. What this machine looked at last comes first, else what the policy declares now.
    pub fn reproduce(
        &self,
        seen: &Snapshot,
        name: &str,
        arm: Arm,
        print: bool,
        lab: &Lab<'_>,
    ) -> Result<i32, Refusal> {
        let Inputs { job, candidate, baseline } = match self.recall_downstream(name).last {
            Some(inputs) => inputs,
            None => self.inputs(seen, name, lab)?,
        };
        let side = match arm {
            Arm::Candidate => candidate,
            Arm::Baseline => baseline.ok_or(EvidenceRefusal::NoBaseline)?,
        };
        let request = Request { job: &job, side: &side, arm, mode: job.mode(), scale: 1, number: 1 };
        lab.executor.reproduce(&request, print).map_err(|why| {
            EvidenceRefusal::NotReproducible { name: name.to_owned(), why: why.to_string() }.into()
        })
    }

    /// Finds the inputs by what the policy declares.
    fn inputs(&self, seen: &Snapshot, name: &str, lab: &Lab<'_>) -> Result<Inputs, Refusal> {
        let target = self.target(seen, &TestWish::default())?;
        // Only its own declaration is asked; a name of one of many begins with its declaration's.
        let declared: Vec<_> =
            target.declared.into_iter().filter(|declared| name.starts_with(&declared.name)).collect();
        let plan = Plan::make(&declared, &target.candidate, lab);
        if let Some(job) = plan.jobs.into_iter().find(|job| job.name == name) {
            return Ok(Inputs { job, candidate: target.candidate, baseline: target.baseline });
        }
        let why = plan.unplanned.into_iter().find(|row| row.name == name).and_then(|row| row.note);
        let name = name.to_owned();
        Err(match why {
            Some(why) => EvidenceRefusal::NotFound { name, why },
            None => EvidenceRefusal::NoSuchDownstream(name),
        }
        .into())
    }
}

impl Snapshot {
    /// Gives the policy that experiments follow now: that of the open candidate, else that of develop.
    pub fn policy_of_tests(&self) -> Option<&allclear_core::Policy> {
        let riding = self.project.candidates.values().next().map(|candidate| &candidate.cut.policy);
        riding.or(self.policy.get())
    }
}
