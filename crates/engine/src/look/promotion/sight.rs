//! What is seen of the promotions on record.

use crate::{Engine, Refusal};
use allclear_core::decide::promotion::{Standing, standing};
use allclear_core::facts::{BranchSight, EntrySight, Leftover, PromotionFacts, Seen, Sight, TagSight};
use allclear_core::history::graph::Graph;
use allclear_core::ledger::promotion::Promotion;
use allclear_core::port::Refs;
use allclear_core::project::{Project, Promoted, Strike};
use allclear_core::{CommitId, RULES, RefName, Version};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How many entries are remembered.
const REMEMBERED: usize = 50;

/// What is remembered of entries that were recomputed: they do not change, and what they stand on
/// does where an entry is struck.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::look) struct Recomputed {
    rules: u32,
    struck: BTreeMap<CommitId, Strike>,
    entries: VecDeque<(CommitId, EntrySight, Option<String>)>,
}

impl Recomputed {
    fn holds(&self, promoted: &Promoted) -> bool {
        self.entries.iter().any(|(entry, sight, _)| *entry == promoted.entry && *sight == EntrySight::Holds)
    }
}

impl Engine<'_> {
    /// Recalls which entries were recomputed before, under these strikes and rules.
    pub(in crate::look) fn recomputed(&self, project: &Project) -> Recomputed {
        let known =
            self.repo.recall("recomputed").and_then(|b| serde_json::from_slice::<Recomputed>(&b).ok());
        known.filter(|known| known.rules == RULES && known.struck == project.struck).unwrap_or_default()
    }

    /// Reads off the refs what became of the promotions on record that are not known to be over.
    pub(in crate::look) fn promotions(
        &self,
        refs: &Refs,
        graph: &Graph,
        project: &Project,
        mut known: Recomputed,
    ) -> Result<BTreeMap<Version, PromotionFacts>, Refusal> {
        let before = known.entries.len();
        let mut found = BTreeMap::new();
        for promoted in open(refs, project, &known) {
            let (entry, why) = match known.entries.iter().find(|(entry, ..)| *entry == promoted.entry) {
                Some((_, sight, why)) => (*sight, why.clone()),
                None => {
                    let (sight, why) = self.entry_sight(promoted, &project.tag_entries)?;
                    if sight != EntrySight::Unproven {
                        known.entries.push_back((promoted.entry.clone(), sight, why.clone()));
                    }
                    (sight, why)
                }
            };
            let seen = sight(refs, entry, &promoted.promotion, |now, new| graph.contains(now, new));
            let sight = Sight { moved: seen.moved || promoted.moved, ..seen };
            found.insert(promoted.promotion.version, PromotionFacts { sight, why });
        }
        if known.entries.len() > before {
            (known.rules, known.struck) = (RULES, project.struck.clone());
            known.entries.drain(..known.entries.len().saturating_sub(REMEMBERED));
            if let Ok(bytes) = serde_json::to_vec(&known) {
                self.repo.remember("recomputed", &bytes);
            }
        }
        Ok(found)
    }

    /// Gives the commits that have to be in a graph from which promotions are read off.
    pub(in crate::look) fn promotion_tips(
        &self,
        refs: &Refs,
        project: &Project,
        known: &Recomputed,
    ) -> Result<Vec<CommitId>, Refusal> {
        let mut tips = Vec::new();
        for promoted in open(refs, project, known) {
            self.restore(refs, promoted)?;
            let promotion = &promoted.promotion;
            tips.extend(
                [
                    &promotion.old_stable,
                    &promotion.old_develop,
                    &promotion.new_stable,
                    &promotion.new_develop,
                ]
                .map(Clone::clone),
            );
            let branches = [promotion.stable_branch.to_ref(), promotion.develop_branch.to_ref()];
            tips.extend(branches.iter().filter_map(|branch| refs.get(branch)).cloned());
        }
        Ok(tips)
    }
}

/// Lists the promotions that have to be looked at: those that are not over; and of those that a later entry told to be
/// over, what nobody here has recomputed, what something would follow from, and what the tags do not show.
fn open<'a>(refs: &Refs, project: &'a Project, known: &Recomputed) -> Vec<&'a Promoted> {
    let candidates = project.candidates.values().filter_map(|candidate| candidate.promoted.as_deref());
    let releases = project.releases.values().filter_map(|release| {
        let is_out = refs.get(&RefName::tag(&release.tag)) == Some(&release.object);
        let leaves = refs.get(&release.branch.to_ref()) == Some(&release.commit);
        let promoted = release.evidence.as_deref()?;
        (!is_out || leaves || !release.is_through() || !known.holds(promoted)).then_some(promoted)
    });
    candidates.chain(releases).collect()
}

/// Reads off the refs what became of a promotion. `contains` tells whether the first commit is or contains the second.
pub(crate) fn sight(
    refs: &Refs,
    entry: EntrySight,
    promotion: &Promotion,
    contains: impl Fn(&CommitId, &CommitId) -> bool,
) -> Sight {
    let seen = |now: Option<&CommitId>, old: &CommitId, new: &CommitId| match now {
        Some(now) if contains(now, new) => Seen::New,
        Some(now) if now == old => Seen::Old,
        Some(_) | None => Seen::Other,
    };
    let (stable, develop) = (promotion.stable_branch.to_ref(), promotion.develop_branch.to_ref());
    Sight {
        entry,
        moved: promotion.landed.is_some(),
        stable: seen(refs.get(&stable), &promotion.old_stable, &promotion.new_stable),
        // Whoever merges the release into develop by hand merges it back just as well.
        develop: match seen(refs.get(&develop), &promotion.old_develop, &promotion.new_develop) {
            Seen::Other if refs.get(&develop).is_some_and(|now| contains(now, &promotion.new_stable)) => {
                Seen::New
            }
            seen @ (Seen::Old | Seen::New | Seen::Other) => seen,
        },
        tag: match refs.get(&RefName::tag(&promotion.tag)) {
            None => TagSight::Absent,
            Some(object) if *object == promotion.new_tag => TagSight::New,
            Some(_) => TagSight::Foreign,
        },
        candidate: match refs.get(&promotion.branch.to_ref()) {
            Some(head) if *head == promotion.commit => BranchSight::AtRc,
            Some(_) => BranchSight::Moved,
            None => BranchSight::Gone,
        },
    }
}

/// Finds the branch of the newest release where a push that should have ended it was cut short.
pub(in crate::look) fn leftover(
    refs: &Refs,
    project: &Project,
    promotions: &BTreeMap<Version, PromotionFacts>,
) -> Option<Leftover> {
    let (version, release) = project.releases.iter().max_by_key(|(_, release)| release.at)?;
    let seen = promotions.get(version).filter(|seen| seen.sight.entry == EntrySight::Holds)?;
    let branch = release.branch.to_ref();
    // One that cannot be ended the look tells by its name.
    let ends = standing(seen.sight) == Standing::Done(BranchSight::AtRc) && !refs.is_shadowed(&branch);
    ends.then(|| Leftover { version: *version, branch, commit: release.commit.clone() })
}
