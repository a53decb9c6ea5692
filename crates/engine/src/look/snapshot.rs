//! What one look gave, and what can be asked of it.

use crate::ledger::place::Tip;
use crate::{CandidateRefusal, LedgerRefusal, LookRefusal, PromotionRefusal, Refusal};
use allclear_core::decide::plan::{Action, plan};
use allclear_core::facts::Facts;
use allclear_core::policy::{self, Effective, Mistake, Policy};
use allclear_core::port::Refs;
use allclear_core::project::{Candidate, Trouble, TroubleKind};
use allclear_core::{CandidateAssessment, CommitId, Project, Version};
use jiff::Timestamp;

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
        effective: Box<Effective>,
        /// The commit it was read from.
        from: CommitId,
    },
    /// It has mistakes.
    Wrong {
        text: String,
        mistakes: Vec<Mistake>,
    },
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
        let push = self.policy.get().map(|policy| policy.promotion.push).unwrap_or_default();
        Tip { push, ..Tip::of(&self.project, &self.facts.record) }
    }

    /// Assesses what was seen, at `now`.
    pub fn assess(&self, now: Timestamp) -> allclear_core::Assessment {
        allclear_core::assess(self.policy.get(), &self.project, &self.facts, now)
    }

    /// Lists what is due, at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Action> {
        plan(self.policy.get(), &self.assess(now), &self.project, &self.facts)
    }

    /// Judges one candidate, at `now`; `None` where it is not open.
    pub(crate) fn assessed(&self, version: Version, now: Timestamp) -> Option<CandidateAssessment> {
        self.assess(now).candidates.into_iter().find(|c| c.version == version)
    }

    /// Judges one candidate, at `now`, or says that it could not be judged.
    pub(crate) fn judged(&self, version: Version, now: Timestamp) -> Result<CandidateAssessment, Refusal> {
        self.assessed(version, now).ok_or_else(|| LookRefusal::NotJudged(version).into())
    }

    /// Gives the policy on develop, or says why there is none.
    pub fn policy(&self) -> Result<(&Policy, &CommitId), Refusal> {
        match &self.policy {
            PolicySeen::Read { effective, from } => Ok((&effective.policy, from)),
            PolicySeen::Wrong { mistakes, .. } => Err(LookRefusal::PolicyMistakes(mistakes.len()).into()),
            PolicySeen::Absent => Err(LookRefusal::NoPolicy.into()),
        }
    }

    /// Refuses where allclear only observes.
    pub(crate) fn may_act(&self) -> Result<(), Refusal> {
        if self.policy.get().is_some_and(|p| p.mode == policy::Mode::Observe) {
            return Err(LookRefusal::OnlyObserves.into());
        }
        Ok(())
    }

    /// Refuses even bad news: the record is not whole, or which of two is the record is not known.
    pub(crate) fn may_record(&self) -> Result<(), Refusal> {
        Ok(LedgerRefusal::unless_certain(&self.facts.record)?)
    }

    /// Refuses where something stops all deciding.
    pub fn may_decide(&self, now: Timestamp) -> Result<(), Refusal> {
        let Some(stop) =
            allclear_core::gate::stops::stops(&self.project, &self.facts, now).into_iter().next()
        else {
            return Ok(());
        };
        let newer =
            matches!(self.project.troubles.first(), Some(Trouble { what: TroubleKind::Needs(_), .. }));
        Err(LookRefusal::Stopped { why: stop.why, remedy: stop.remedy, newer }.into())
    }

    /// Gives the candidate whose promotion is begun and not over, if there is one.
    pub(crate) fn unfinished(&self, now: Timestamp) -> Option<CandidateAssessment> {
        self.assess(now).candidates.into_iter().find(CandidateAssessment::is_unfinished)
    }

    /// Refuses while a promotion is begun and not over: it comes before every new cut, hotfix and promotion.
    pub(crate) fn none_unfinished(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.unfinished(now) {
            Some(found) => Err(PromotionRefusal::Unfinished(found.version).into()),
            None => Ok(()),
        }
    }

    /// Refuses to move what the record alone calls a candidate.
    pub(crate) fn founded(&self, version: Version, candidate: &Candidate) -> Result<(), Refusal> {
        match self.facts.candidates.get(&version).and_then(|seen| seen.unfounded.as_ref()) {
            Some(why) if !self.facts.may_move(version, candidate.adopted) => {
                Err(CandidateRefusal::Unfounded { version, why: why.why() }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Picks the candidate that a command is about: the named one, or the only one.
    pub fn pick(&self, wanted: Option<Version>) -> Result<(Version, &Candidate), Refusal> {
        let all = &self.project.candidates;
        let Some(version) = wanted else {
            let open: Vec<_> = all.iter().filter(|(version, _)| !self.facts.is_void(**version)).collect();
            return match open[..] {
                [] => Err(LookRefusal::NoneOpen.into()),
                [(version, candidate)] => Ok((*version, candidate)),
                [..] => {
                    Err(LookRefusal::SeveralOpen(open.iter().map(|(version, _)| **version).collect()).into())
                }
            };
        };
        all.get(&version).map(|candidate| (version, candidate)).ok_or_else(|| {
            if self.project.releases.contains_key(&version) {
                return LookRefusal::ReleasedAlready(version).into();
            }
            LookRefusal::NotOpen { wanted: version, open: all.keys().copied().collect() }.into()
        })
    }
}
