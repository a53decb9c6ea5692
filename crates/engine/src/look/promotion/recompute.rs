//! Whether a promotion on record holds: recomputed from the entries before it and from the objects, for `verify` and
//! for whoever rolls it forward.

use crate::look::facts::CandidateAt;
use crate::look::trial_merges;
use crate::{Engine, POLICY_FILE, Refusal};
use allclear_core::CommitId;
use allclear_core::facts::{EntrySight, MergeBack};
use allclear_core::history::graph::Graph;
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::promotion::{Promotion, Shape};
use allclear_core::policy::{self, MergeMode, Policy};
use allclear_core::project::{Candidate, Promoted};
use allclear_core::types::text::plain;
use allclear_core::verify::{self, Claim, Shown, Truth};
use std::collections::{BTreeMap, BTreeSet};

/// What the claims of some promotions ask for, fetched at once.
pub(crate) struct Evidence {
    policies: BTreeMap<CommitId, Policy>,
    tags: BTreeMap<CommitId, String>,
}

impl Engine<'_> {
    /// Tells whether the entry of a promotion holds, and why not.
    pub(super) fn entry_sight(
        &self,
        promoted: &Promoted,
        entries: &BTreeSet<String>,
    ) -> Result<(EntrySight, Option<String>), Refusal> {
        let evidence = self.evidence(std::iter::once(promoted))?;
        let claims = self.promotion_claims(promoted, &evidence, entries)?;
        Ok(verify::holds(promoted, &claims))
    }

    /// Fetches in a few processes what some promotions ask for.
    pub(crate) fn evidence<'a>(&self, all: impl Iterator<Item = &'a Promoted>) -> Result<Evidence, Refusal> {
        let mut commits: Vec<CommitId> = Vec::new();
        let mut tags: Vec<CommitId> = Vec::new();
        for promoted in all {
            let candidate = verify::candidate(promoted);
            commits.extend(candidate.map(|c| c.policy_from.clone()));
            commits.push(promoted.promotion.old_develop.clone());
            tags.push(promoted.promotion.new_tag.clone());
            tags.extend(candidate.iter().flat_map(|c| &c.rcs).map(|rc| rc.object.clone()));
        }
        let files = self.repo.file_of_each(&commits, POLICY_FILE)?;
        let read = |text: Option<String>| policy::read(&text?).ok().map(|effective| effective.policy);
        let policies = commits.into_iter().zip(files.into_iter().map(read));
        let policies = policies.filter_map(|(id, policy)| Some((id, policy?))).collect();
        let texts = self.repo.objects(&tags)?;
        Ok(Evidence { policies, tags: tags.into_iter().zip(texts).collect() })
    }

    /// Looks into all that a promotion claims and nothing can change any more. `entries` are the ids that tags may
    /// name.
    pub(crate) fn promotion_claims(
        &self,
        promoted: &Promoted,
        evidence: &Evidence,
        entries: &BTreeSet<String>,
    ) -> Result<Vec<Claim>, Refusal> {
        let promotion = &promoted.promotion;
        let candidate = verify::candidate(promoted);
        let policy = |id: &CommitId| evidence.policies.get(id);
        let mut claims = verify::chain_claims(promoted, candidate.and_then(|c| policy(&c.policy_from)));
        let objects = match candidate {
            Some(candidate) => self.shown_then(promoted, candidate)?,
            None => Err("no cut is on record".into()),
        };
        let shown = objects.as_ref().ok().map(|(_, shown)| shown);
        claims.extend(verify::judge(promoted, shown, policy(&promotion.old_develop)));
        match (&objects, candidate) {
            (Ok((graph, shown)), Some(candidate)) => {
                claims.extend(self.made(promoted, candidate, graph, shown)?);
            }
            (Err(why), _) => claims.push(Claim::new("objects", Truth::CannotBeChecked(why.clone()))),
            (Ok(_), None) => {}
        }
        let trial = candidate.and_then(|candidate| {
            promoted.before.experiments.of(&promotion.commit, candidate.cut.policy.trust)?.trial
        });
        if let Some(trial) = trial {
            claims.push(Claim::new("experiment", self.table_holds(trial)?));
        }
        let text = |id: &CommitId| evidence.tags.get(id).map_or("", String::as_str);
        claims.push(Claim::new("tag object", release_tag(text(&promotion.new_tag), promoted)));
        let rcs = candidate.map_or(&[][..], |c| &c.rcs).iter().map(|rc| {
            let is_entry = |id: Option<&str>| id.is_some_and(|id| entries.contains(id));
            tag(text(&rc.object), &rc.tag, &rc.commit, is_entry)
        });
        claims.push(Claim::new("rc tags", rcs.max().unwrap_or(Truth::Holds)));
        Ok(claims)
    }

    /// Looks at the objects of a promotion again as it did; or says which of them are not here.
    fn shown_then(
        &self,
        promoted: &Promoted,
        candidate: &Candidate,
    ) -> Result<Result<(Graph, Shown), String>, Refusal> {
        let (promotion, cut) = (&promoted.promotion, &candidate.cut);
        let needed = [
            &promotion.old_stable,
            &promotion.old_develop,
            &promotion.commit,
            candidate.commit(),
            &cut.head,
            &cut.from,
            &promotion.new_stable,
            &candidate.policy_from,
        ];
        // The merge on develop is made anew where it is missing.
        let tips: Vec<CommitId> = needed.into_iter().chain([&promotion.new_develop]).cloned().collect();
        // A history with holes cannot be walked at all.
        let Ok(graph) = self.repo.graph(&tips) else {
            return Ok(Err("the history around it is incomplete here".into()));
        };
        if let Some(absent) = needed.into_iter().find(|id| graph.absent.contains(*id)) {
            return Ok(Err(format!("{} is not here", absent.short())));
        }
        let at = CandidateAt {
            record: &promoted.before,
            candidate,
            head: &promotion.commit,
            stable: Some(&promotion.old_stable),
            develop: Some(&promotion.old_develop),
        };
        let merged = self.repo.merge(&[(promotion.old_develop.clone(), promotion.commit.clone())])?;
        let known = self.mailmap(at.develop)?;
        let shown = self.shown(&graph, &at, merged.first().and_then(Option::as_ref), &known)?;
        Ok(Ok((graph, shown)))
    }

    /// Looks at what a promotion made: what was soaked is what was released, and develop has it.
    fn made(
        &self,
        promoted: &Promoted,
        candidate: &Candidate,
        graph: &Graph,
        shown: &Shown,
    ) -> Result<Vec<Claim>, Refusal> {
        let promotion = &promoted.promotion;
        let mut asked = vec![promotion.new_stable.clone(), promotion.commit.clone()];
        asked.extend(Some(promotion.new_develop.clone()).filter(|id| !graph.absent.contains(id)));
        let trees = self.repo.trees(&asked)?;
        let [stable, soaked, ..] = &trees[..] else { return Ok(Vec::new()) };
        let parents =
            |id: &CommitId| graph.commits.get(id).map(|info| info.parents.clone()).unwrap_or_default();
        let mode = candidate.cut.policy.promotion.merge;
        let made = is_made_of(promotion, mode, &parents(&promotion.new_stable));
        let (new, rc) = (promotion.new_stable.short(), promotion.commit.short());
        let made = Truth::when(made, || format!("{new} is not {rc} merged into stable"));
        let tree = Truth::when(stable == soaked, || format!("{new} has other files than {rc}, which soaked"));
        let cut_from = if candidate.cut.kind.is_regular() {
            ("develop", &promotion.old_develop)
        } else {
            ("stable", &promotion.old_stable)
        };
        let policy_from = ("develop", &promotion.old_develop);
        let sources = [(&candidate.policy_from, policy_from), (&candidate.cut.from, cut_from)];
        let foreign = sources.into_iter().find(|(from, (_, tip))| !graph.contains(tip, from));
        let origin = foreign.map_or(Truth::Holds, |(from, (name, _))| {
            Truth::DoesNotHold(format!("it comes from {}, which {name} did not have", from.short()))
        });
        let mut claims = vec![
            Claim::new("origin", origin),
            Claim::new("release commit", made),
            Claim::new("released tree", tree),
        ];
        if let Some(develop) = trees.get(2) {
            // Another hand may have put more on stable than the rc.
            let trial = if stable == soaked {
                shown.merge_back.clone()
            } else {
                self.merge_into_develop(&candidate.cut, &promotion.old_develop, &promotion.new_stable)?
            };
            let parents = parents(&promotion.new_develop);
            claims.push(Claim::new("merge-back", merge_back(promoted, graph, &trial, develop, &parents)));
        }
        Ok(claims)
    }
}

/// Tells whether stable was made of the rc alone, by allclear or in the shape of its landing.
fn is_made_of(promotion: &Promotion, mode: MergeMode, parents: &[CommitId]) -> bool {
    let merged = parents == [promotion.old_stable.clone(), promotion.commit.clone()];
    let itself = promotion.new_stable == promotion.commit;
    match promotion.landed.as_ref().map(|landed| landed.shape) {
        None if mode == MergeMode::Ff => itself,
        None | Some(Shape::Merged) => merged,
        Some(Shape::FastForward) => itself,
        Some(Shape::Squashed) => parents == [promotion.old_stable.clone()],
        Some(Shape::Rebased) => parents.len() == 1,
    }
}

fn merge_back(
    promoted: &Promoted,
    graph: &Graph,
    trial: &MergeBack,
    develop: &CommitId,
    parents: &[CommitId],
) -> Truth {
    let promotion = &promoted.promotion;
    let as_made = parents == [promotion.old_develop.clone(), promotion.new_stable.clone()];
    let recorded = verify::recorded(promoted).and_then(|facts| facts.merge_back);
    if !graph.contains(&promotion.new_develop, &promotion.new_stable) {
        Truth::DoesNotHold(format!("{} does not contain the release", promotion.new_develop.short()))
    } else if !as_made || trial_merges::tree(trial) == Some(develop) {
        Truth::Holds
    } else if recorded.as_ref().and_then(trial_merges::tree) == Some(develop) {
        Truth::CannotBeChecked("this git merges it differently from the one that made it".into())
    } else {
        Truth::DoesNotHold(format!("{} has changes that no merge makes", promotion.new_develop.short()))
    }
}

/// Says what the object of a release's tag proves. What another hand landed may be tagged by that hand.
fn release_tag(text: &str, promoted: &Promoted) -> Truth {
    let Promoted { promotion, id, .. } = promoted;
    let by_hand = promotion.landed.is_some();
    if by_hand && promotion.new_tag == promotion.new_stable {
        return Truth::Holds;
    }
    let is_entry = |named: Option<&str>| named.map_or(by_hand, |named| named == id);
    tag(text, &promotion.tag, &promotion.new_stable, is_entry)
}

/// Says what a tag's object proves: its name, its commit, and the entry that it was pushed with.
pub(crate) fn tag(
    text: &str,
    name: &str,
    commit: &CommitId,
    is_entry: impl Fn(Option<&str>) -> bool,
) -> Truth {
    if text.is_empty() {
        return Truth::CannotBeChecked(format!("the tag {}, as it was published, is not here", plain(name)));
    }
    let line = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_default();
    if line("object ") != commit.as_str() || line("tag ") != name {
        Truth::DoesNotHold(format!("the tag {} is not of {}", plain(name), commit.short()))
    } else if !is_entry(named_entry(text)) {
        Truth::DoesNotHold(format!("the tag {} does not name the entry it came with", plain(name)))
    } else {
        Truth::Holds
    }
}

/// Gives the id of the entry that a tag's text says it was pushed with.
pub(crate) fn named_entry(text: &str) -> Option<&str> {
    text.lines().rev().find_map(|l| l.strip_prefix(TRAILER)?.strip_prefix(": ")).map(str::trim)
}
