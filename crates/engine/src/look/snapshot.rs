//! What one look gave, and what can be asked of it.

use crate::ledger::place::Tip;
use crate::{Fault, FaultKind};
use allclear_core::facts::Facts;
use allclear_core::policy::{self, Effective, Mistake, Policy};
use allclear_core::port::Refs;
use allclear_core::project::Candidate;
use allclear_core::{CandidateAssessment, CommitId, Project, RULES, Version};
use jiff::Timestamp;

/// The policy's file.
pub const POLICY_FILE: &str = "allclear.toml";

/// What one look gave: enough to decide everything.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What has happened.
    pub project: Project,
    /// What was observed.
    pub facts: Facts,
    /// The policy on develop.
    pub policy: PolicySeen,
    /// Names of refs that stand in the way of new ones, for the preflight.
    pub refs: Refs,
}

/// The policy as it was found on develop.
#[derive(Debug, Clone)]
pub enum PolicySeen {
    /// It reads well.
    Read {
        /// What it says.
        effective: Box<Effective>,
        /// The commit it was read from.
        from: CommitId,
    },
    /// It has mistakes.
    Wrong {
        /// Its text.
        text: String,
        /// All of them.
        mistakes: Vec<Mistake>,
    },
    /// There is none.
    Absent,
}

impl PolicySeen {
    /// Gives the policy where it could be read.
    pub fn get(&self) -> Option<&Policy> {
        match self {
            Self::Read { effective, .. } => Some(&effective.policy),
            Self::Wrong { .. } | Self::Absent => None,
        }
    }
}

impl Snapshot {
    /// Gives what a new entry goes on top of.
    pub(crate) fn tip(&self) -> Tip {
        Tip::of(&self.project, self.facts.record.place.clone())
    }

    /// Assesses what was seen, at `now`.
    pub fn assess(&self, now: Timestamp) -> allclear_core::Assessment {
        allclear_core::assess(self.policy.get(), &self.project, &self.facts, now)
    }

    /// Judges one candidate, at `now`; `None` where it is not open.
    pub(crate) fn assessed(&self, version: Version, now: Timestamp) -> Option<CandidateAssessment> {
        self.assess(now).candidates.into_iter().find(|c| c.version == version)
    }

    /// Judges one candidate, at `now`, or says that it could not be judged.
    pub(crate) fn judged(&self, version: Version, now: Timestamp) -> Result<CandidateAssessment, Fault> {
        self.assessed(version, now).ok_or_else(|| {
            Fault::new(FaultKind::TryLater, format!("{version} could not be judged")).hint("try again")
        })
    }

    /// Gives the policy on develop, or says why there is none.
    pub fn policy(&self) -> Result<(&Policy, &CommitId), Fault> {
        match &self.policy {
            PolicySeen::Read { effective, from } => Ok((&effective.policy, from)),
            PolicySeen::Wrong { mistakes, .. } => Err(Fault::new(
                FaultKind::Usage,
                format!(
                    "{POLICY_FILE} on develop has {}",
                    allclear_core::types::text::count(mistakes.len(), "mistake")
                ),
            )
            .hint("allclear policy check shows each at its line")),
            PolicySeen::Absent => {
                Err(Fault::new(FaultKind::Usage, format!("there is no {POLICY_FILE} on develop"))
                    .hint("run allclear init, commit the file to develop and push it"))
            }
        }
    }

    /// Refuses where allclear only observes.
    pub(crate) fn may_act(&self) -> Result<(), Fault> {
        if self.policy.get().is_some_and(|p| p.mode == policy::Mode::Observe) {
            return Err(Fault::new(FaultKind::Blocked, "allclear only observes here (mode = \"observe\")")
                .hint("set mode = \"run\" in allclear.toml on develop when the team is ready"));
        }
        Ok(())
    }

    /// Refuses where something stops all deciding.
    pub fn may_decide(&self, now: Timestamp) -> Result<(), Fault> {
        let Some(stop) =
            allclear_core::gate::stops::stops(&self.project, &self.facts, now).into_iter().next()
        else {
            return Ok(());
        };
        let kind = if self.project.needs > RULES { FaultKind::Refused } else { FaultKind::Blocked };
        Err(Fault { kind, hints: stop.remedy, ..Fault::new(kind, stop.why) })
    }

    /// Picks the candidate that a command is about: the named one, or the only one.
    pub fn pick(&self, wanted: Option<Version>) -> Result<(Version, &Candidate), Fault> {
        let open: Vec<String> = self.project.candidates.keys().map(ToString::to_string).collect();
        match wanted {
            Some(version) => self.project.candidates.get(&version).map(|c| (version, c)).ok_or_else(|| {
                if self.project.releases.contains_key(&version) {
                    return Fault::new(FaultKind::Usage, format!("{version} is released already"));
                }
                let has = if open.is_empty() {
                    "none is".into()
                } else {
                    let are = if open.len() == 1 { "is" } else { "are" };
                    format!("{} {are}", allclear_core::types::text::list(&open))
                };
                Fault::new(FaultKind::Usage, format!("there is no open candidate {version}; {has} open"))
            }),
            None => match open.len() {
                0 => Err(Fault::new(FaultKind::Usage, "there is no open candidate")
                    .hint("allclear cut starts one")),
                1 => self
                    .project
                    .candidates
                    .iter()
                    .next()
                    .map(|(v, c)| (*v, c))
                    .ok_or_else(|| Fault::new(FaultKind::Usage, "no candidate")),
                _ => Err(Fault::new(
                    FaultKind::Usage,
                    format!("{} are open", allclear_core::types::text::list(&open)),
                )
                .hint(format!(
                    "say which, such as {one}; with accept and pick: --version {one}",
                    one = open[0]
                ))),
            },
        }
    }
}
