//! The promotion as a function of what is seen. The ledger entry is the commit record: a release happened when its
//! `Promoted` entry is on the ledger and its refs follow, and without it nothing of ours happened. The table of
//! DESIGN §6 is [`standing`], what to do about it [`next`]; the engine and the model checker run the same two.

use crate::facts::{BranchSight, EntrySight, PromotionFacts, Seen, Sight, TagSight};
use crate::project::Project;
use crate::types::version::Version;
use std::collections::BTreeMap;

/// What a sight means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is released. The candidate's branch is gone, still to be ended, or kept for what it got since.
    Done(BranchSight),
    /// The entry landed and the refs did not all follow: a server on `files` refs died half way. It had taken every
    /// lock and checked every value before it moved the first ref, so that the rest can only go forward.
    Committed(Todo),
    /// It was released, and a hand put some of it back.
    PutBack,
    /// Its entry does not hold: no release.
    Unfounded,
    /// Stable has it, and there is no entry: another hand brought it there.
    Landed,
    /// Nothing landed, and all is as it was expected.
    NotApplied,
    /// Nothing landed, and somebody else was first.
    Overtaken(Obstacle),
    /// The entry landed, and the refs cannot follow: a person is needed.
    Stuck(Obstacle),
}

/// What is missing of a promotion whose entry landed, beside the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Todo {
    /// Move stable.
    pub stable: bool,
    /// Merge into develop.
    pub develop: bool,
    /// End the branch.
    pub candidate: bool,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// Stable is neither old nor ours.
    Stable,
    /// Develop moved.
    Develop,
    /// A tag of that name exists already.
    Tag,
    /// The candidate's branch got another commit.
    Candidate,
    /// The candidate's branch is gone and nothing else happened.
    CandidateGone,
    /// An enforced gate is not clear.
    NotClear,
    /// It landed by another hand while it was not clear.
    LandedUnclear,
    /// The entry does not hold.
    Unfounded,
    /// Whether the entry holds cannot be checked here.
    Unproven,
}

impl Obstacle {
    /// Says it in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Stable => "stable was moved by somebody else",
            Self::Develop => "develop moved on",
            Self::Tag => "a tag of that name exists already",
            Self::Candidate => "the candidate's branch was moved",
            Self::CandidateGone => "the candidate's branch is gone",
            Self::NotClear => "an enforced gate is not clear",
            Self::LandedUnclear => "it came onto stable by another hand while it was not clear",
            Self::Unfounded => "its entry on the record does not hold",
            Self::Unproven => "whether its entry on the record holds cannot be checked here",
        }
    }
}

/// Reads the table of DESIGN §6.
pub fn standing(sight: Sight) -> Standing {
    match sight.entry {
        EntrySight::Absent => without_entry(sight),
        EntrySight::DoesNotHold => Standing::Unfounded,
        EntrySight::Holds | EntrySight::Unproven => with_entry(sight),
    }
}

fn with_entry(sight: Sight) -> Standing {
    let Sight { entry, moved, stable, develop, tag, candidate } = sight;
    if (stable, develop, tag) == (Seen::New, Seen::New, TagSight::New) {
        Standing::Done(candidate)
    } else if tag == TagSight::Foreign {
        Standing::Stuck(Obstacle::Tag)
    } else if tag == TagSight::New || (candidate == BranchSight::Gone && (stable != Seen::Old || moved)) {
        // The tag and the end of the branch go last: the rest was there.
        Standing::PutBack
    } else if candidate == BranchSight::Gone {
        // Nothing shows that stable ever moved.
        Standing::Stuck(Obstacle::CandidateGone)
    } else if stable == Seen::Other || (stable == Seen::Old && moved) {
        // Also where a hand put it back: it is moved once.
        Standing::Stuck(Obstacle::Stable)
    } else if entry == EntrySight::Unproven {
        Standing::Stuck(Obstacle::Unproven)
    } else {
        Standing::Committed(Todo {
            stable: stable == Seen::Old,
            develop: develop != Seen::New,
            candidate: candidate == BranchSight::AtRc,
        })
    }
}

fn without_entry(sight: Sight) -> Standing {
    match sight {
        Sight { stable: Seen::New, .. } => Standing::Landed,
        Sight { tag: TagSight::New | TagSight::Foreign, .. } => Standing::Overtaken(Obstacle::Tag),
        Sight { stable: Seen::Other, .. } => Standing::Overtaken(Obstacle::Stable),
        Sight { candidate: BranchSight::Moved, .. } => Standing::Overtaken(Obstacle::Candidate),
        Sight { candidate: BranchSight::Gone, .. } => Standing::Overtaken(Obstacle::CandidateGone),
        Sight { develop: Seen::New | Seen::Other, .. } => Standing::Overtaken(Obstacle::Develop),
        Sight { .. } => Standing::NotApplied,
    }
}

/// What to do next about a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing: it is released.
    Close,
    /// End the candidate's branch.
    EndBranch,
    /// Push what is missing.
    Continue(Todo),
    /// Complete what another hand landed: everything but stable, in one push.
    Complete,
    /// Push everything at once.
    Push,
    /// Call a person; nothing is done.
    Stop(Obstacle),
}

/// Gives the next step. `permitted` says that the candidate is clear now for exactly this commit (a landed one: was
/// clear at first sight), or that a captain completes it by name and with a reason.
pub fn next(standing: Standing, permitted: bool) -> Step {
    match standing {
        Standing::Done(BranchSight::AtRc) => Step::EndBranch,
        Standing::Done(BranchSight::Gone | BranchSight::Moved) | Standing::PutBack => Step::Close,
        // Once stable is new the rest always follows.
        Standing::Committed(todo) if todo.stable && !permitted => Step::Stop(Obstacle::NotClear),
        Standing::Committed(todo) => Step::Continue(todo),
        Standing::Landed if permitted => Step::Complete,
        Standing::Landed => Step::Stop(Obstacle::LandedUnclear),
        Standing::NotApplied if permitted => Step::Push,
        Standing::NotApplied => Step::Stop(Obstacle::NotClear),
        Standing::Unfounded => Step::Stop(Obstacle::Unfounded),
        Standing::Overtaken(obstacle) | Standing::Stuck(obstacle) => Step::Stop(obstacle),
    }
}

/// Lets the refs say which promotions of a record are over. Those whose refs followed are released, also where a hand
/// put some of it back since, which is told as drift. One that a later entry told to be over, and that does not hold or
/// that the refs do not show, is none: whoever may write to the record could have said so.
pub fn settle(project: &mut Project, promotions: &BTreeMap<Version, PromotionFacts>) {
    for (version, seen) in promotions {
        match standing(seen.sight) {
            Standing::Done(_) | Standing::PutBack => project.close(*version),
            // Stable had it, whatever became of the tag since.
            Standing::Stuck(_) if seen.sight.stable == Seen::New => {}
            Standing::Unfounded | Standing::Committed(_) | Standing::Stuck(_) => project.reopen(*version),
            Standing::Landed | Standing::NotApplied | Standing::Overtaken(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Sight = Sight {
        entry: EntrySight::Holds,
        moved: false,
        stable: Seen::Old,
        develop: Seen::Old,
        tag: TagSight::Absent,
        candidate: BranchSight::AtRc,
    };
    const NEW: Sight = Sight {
        entry: EntrySight::Holds,
        moved: false,
        stable: Seen::New,
        develop: Seen::New,
        tag: TagSight::New,
        candidate: BranchSight::Gone,
    };

    #[test]
    fn the_table_row_by_row() {
        let all = Todo { stable: true, develop: true, candidate: true };
        let rows = [
            ("done", NEW, Standing::Done(BranchSight::Gone)),
            (
                "done, and the branch is there",
                Sight { candidate: BranchSight::AtRc, ..NEW },
                Standing::Done(BranchSight::AtRc),
            ),
            (
                "done, and the branch got more",
                Sight { candidate: BranchSight::Moved, ..NEW },
                Standing::Done(BranchSight::Moved),
            ),
            ("committed, nothing followed", OLD, Standing::Committed(all)),
            (
                "committed, stable followed",
                Sight { stable: Seen::New, ..OLD },
                Standing::Committed(Todo { stable: false, ..all }),
            ),
            ("committed, develop moved on", Sight { develop: Seen::Other, ..OLD }, Standing::Committed(all)),
            (
                "committed, the candidate moved",
                Sight { candidate: BranchSight::Moved, ..OLD },
                Standing::Committed(Todo { candidate: false, ..all }),
            ),
            ("put back, the tag is there", Sight { stable: Seen::Old, ..NEW }, Standing::PutBack),
            (
                "put back, the branch is gone",
                Sight { candidate: BranchSight::Gone, stable: Seen::New, ..OLD },
                Standing::PutBack,
            ),
            (
                "the branch is gone, and nothing moved",
                Sight { candidate: BranchSight::Gone, ..OLD },
                Standing::Stuck(Obstacle::CandidateGone),
            ),
            ("does not hold", Sight { entry: EntrySight::DoesNotHold, ..NEW }, Standing::Unfounded),
            (
                "cannot be proven",
                Sight { entry: EntrySight::Unproven, ..OLD },
                Standing::Stuck(Obstacle::Unproven),
            ),
            ("a foreign tag", Sight { tag: TagSight::Foreign, ..OLD }, Standing::Stuck(Obstacle::Tag)),
            ("a foreign stable", Sight { stable: Seen::Other, ..OLD }, Standing::Stuck(Obstacle::Stable)),
            ("put back in part", Sight { moved: true, ..OLD }, Standing::Stuck(Obstacle::Stable)),
            ("landed", Sight { entry: EntrySight::Absent, ..NEW }, Standing::Landed),
            ("not applied", Sight { entry: EntrySight::Absent, ..OLD }, Standing::NotApplied),
        ];
        for (name, sight, meaning) in rows {
            assert_eq!(standing(sight), meaning, "{name}");
        }
        let absent = Sight { entry: EntrySight::Absent, ..OLD };
        for (sight, obstacle) in [
            (Sight { tag: TagSight::Foreign, ..absent }, Obstacle::Tag),
            (Sight { stable: Seen::Other, ..absent }, Obstacle::Stable),
            (Sight { candidate: BranchSight::Moved, ..absent }, Obstacle::Candidate),
            (Sight { candidate: BranchSight::Gone, ..absent }, Obstacle::CandidateGone),
            (Sight { develop: Seen::Other, ..absent }, Obstacle::Develop),
        ] {
            assert_eq!(standing(sight), Standing::Overtaken(obstacle));
            assert_eq!(next(standing(sight), true), Step::Stop(obstacle));
        }
    }

    #[test]
    fn stable_moves_only_where_it_may() {
        let seen = [Seen::Old, Seen::New, Seen::Other];
        let tags = [TagSight::Absent, TagSight::New, TagSight::Foreign];
        let branches = [BranchSight::AtRc, BranchSight::Gone, BranchSight::Moved];
        let entries = [EntrySight::Absent, EntrySight::Holds, EntrySight::Unproven, EntrySight::DoesNotHold];
        let mut all = 0;
        for entry in entries {
            for (stable, develop) in seen.into_iter().flat_map(|s| seen.map(|d| (s, d))) {
                let rest = tags.into_iter().flat_map(|t| branches.map(|b| (t, b)));
                for ((tag, candidate), moved) in rest.flat_map(|r| [(r, false), (r, true)]) {
                    let sight = Sight { entry, moved, stable, develop, tag, candidate };
                    all += 1;
                    let moves = |step| match step {
                        Step::Push => true,
                        Step::Continue(todo) => todo.stable,
                        Step::Close | Step::EndBranch | Step::Complete | Step::Stop(_) => false,
                    };
                    assert!(!moves(next(standing(sight), false)), "{sight:?}");
                    if moves(next(standing(sight), true)) {
                        let fresh = entry == EntrySight::Absent && sight == Sight { entry, moved, ..OLD };
                        assert!(
                            stable == Seen::Old
                                && tag == TagSight::Absent
                                && candidate != BranchSight::Gone
                                && (fresh || (entry == EntrySight::Holds && !moved)),
                            "{sight:?}"
                        );
                    }
                }
            }
        }
        assert_eq!(all, 4 * 9 * 9 * 2);
    }
}
