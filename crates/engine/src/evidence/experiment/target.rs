//! Finds out what is to be looked at, and against what.

use super::plan::name_of;
use crate::{Engine, EvidenceRefusal, Refusal, Snapshot};
use allclear_core::experiment::{At, Declared, Recipe, Side, Tier};
use allclear_core::policy::{DownstreamGate, LabCheck, Policy};
use allclear_core::project::experiments::Experiments;
use allclear_core::types::version::Bump;
use allclear_core::{CommitId, Version};
use globset::Glob;

/// What a person wants looked at.
#[derive(Debug, Clone, Default)]
pub struct TestWish {
    /// A candidate's version, or any commit; the open candidate where absent.
    pub what: Option<String>,
    /// Repositories instead of those of the policy.
    pub downstreams: Vec<String>,
    /// Names, beginnings of names or globs: only these are tried.
    pub only: Vec<String>,
    /// Whether what is not known to be well is tried anew.
    pub rerun_failed: bool,
}

impl TestWish {
    /// Tells whether a downstream is to be tried.
    pub(super) fn wants(&self, name: &str) -> bool {
        let meant = |only: &String| {
            name.starts_with(only.as_str())
                || Glob::new(only).is_ok_and(|glob| glob.compile_matcher().is_match(name))
        };
        self.only.is_empty() || self.only.iter().any(meant)
    }
}

/// What is looked at, and against what.
#[derive(Debug, Clone)]
pub struct Target {
    /// The version to be released.
    pub candidate: Side,
    /// The last release before it; `None` before the first.
    pub baseline: Option<Side>,
    /// What depends on it.
    pub declared: Vec<Declared>,
    /// The policy that it is looked at by; `None` where there is none.
    pub policy: Option<Policy>,
    /// The open candidate that this is a commit of.
    pub rides: Option<Version>,
    /// Why nothing will be recorded; `None` where the whole table will be.
    pub unrecorded: Option<String>,
    /// The project's own checks.
    pub checks: Vec<LabCheck>,
    pub(super) before: Experiments,
}

impl Target {
    /// Gives what the policy asks of experiments.
    pub fn gate(&self) -> DownstreamGate {
        self.policy.as_ref().map_or_else(DownstreamGate::default, |policy| policy.gates.downstream)
    }
}

impl Engine<'_> {
    /// Finds what a person wants looked at: the open candidate by its policy, or any commit.
    pub fn target(&self, seen: &Snapshot, wish: &TestWish) -> Result<Target, Refusal> {
        let (commit, version, rides) = self.resolve_target(seen, wish)?;
        let frozen = rides.and_then(|v| seen.project.candidates.get(&v)).map(|c| &c.cut.policy);
        let policy = frozen.or(seen.policy.get()).cloned();
        let asked = !wish.downstreams.is_empty();
        let declared = if asked {
            wish.downstreams.iter().map(|repo| named_by_hand(repo)).collect()
        } else {
            policy.as_ref().map(|p| p.downstreams.clone()).unwrap_or_default()
        };
        let unrecorded = match rides {
            _ if asked => Some("these downstreams are not those of the policy".to_owned()),
            None => Some(format!("{} is not the commit of an open candidate", commit.short())),
            Some(_) => None,
        };
        let own = policy.as_ref().filter(|_| !asked);
        let checks = own.map(|p| p.lab_checks.clone()).unwrap_or_default();
        let before = seen.facts.released.range(..version).next_back();
        let baseline = before.map(|(v, commit)| Side { version: *v, commit: commit.clone() });
        Ok(Target {
            candidate: Side { version, commit },
            baseline,
            declared,
            policy,
            rides,
            unrecorded,
            checks,
            before: seen.project.experiments.clone(),
        })
    }

    /// Finds the commit, the version that it will have, and the open candidate that it belongs to.
    fn resolve_target(
        &self,
        seen: &Snapshot,
        wish: &TestWish,
    ) -> Result<(CommitId, Version, Option<Version>), Refusal> {
        let of = |version: Option<Version>| {
            let (version, candidate) = seen.pick(version)?;
            Ok((candidate.commit().clone(), version, Some(version)))
        };
        let commit = match wish.what.as_deref().map(|text| (text, Version::parse(text))) {
            Some((_, Ok(version))) => return of(Some(version)),
            Some((text, Err(_))) => self.resolve_commit(seen, text)?,
            None if !seen.project.candidates.is_empty() => return of(None),
            None => match seen.facts.develop.clone().filter(|_| !wish.downstreams.is_empty()) {
                Some(develop) => develop,
                None => return Err(EvidenceRefusal::NothingToTest.into()),
            },
        };
        let riding = seen.project.candidates.iter().find(|(version, candidate)| {
            let head = seen.facts.candidates.get(version).and_then(|facts| facts.head.as_ref());
            *candidate.commit() == commit || head == Some(&commit)
        });
        if let Some((version, _)) = riding {
            return Ok((commit, *version, Some(*version)));
        }
        let last = seen.facts.released.keys().next_back();
        let version = last.map_or(Version::new(0, 0, 1), |last| last.bumped(Bump::Patch));
        Ok((commit, version, None))
    }
}

/// Declares a repository that a person named: they want to know of it, so that it counts.
fn named_by_hand(repo: &str) -> Declared {
    Declared {
        name: name_of(repo).to_owned(),
        repo: vec![repo.to_owned()],
        at: At::LatestRelease,
        each: None,
        overrides: Vec::new(),
        ecosystem: None,
        recipe: Recipe { tier: Some(Tier::Must), ..Recipe::default() },
    }
}
