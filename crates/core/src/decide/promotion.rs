//! The promotion as a state machine over what the refs show. The table of DESIGN §6 is
//! [`standing`], what to do about it [`next`]; the engine and the model checker run the same two.

use crate::facts::BranchSight;
use crate::facts::Seen;
use crate::facts::Sight;
use crate::facts::TagSight;
use crate::project::Phase;
use serde::{Deserialize, Serialize};

/// What a sight means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// All is as planned. `kept` where a later push keeps the candidate's branch alive.
    Done {
        /// Whether the branch is kept.
        kept: bool,
    },
    /// Some of it landed: there is no way back, only forward.
    Committed {
        /// What is still to do.
        todo: Todo,
    },
    /// Some of it landed and the rest cannot follow: a person is needed.
    Stuck(Obstacle),
    /// Nothing landed, and all is as the plan expected.
    NotApplied,
    /// Nothing landed, and somebody else was first.
    Overtaken(Obstacle),
}

/// What is still to do of a half-applied promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Todo {
    /// Move stable.
    pub stable: bool,
    /// Move develop.
    pub develop: Option<DevelopTodo>,
    /// Make the tag.
    pub tag: bool,
    /// End the branch.
    pub candidate: bool,
}

/// How develop gets the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DevelopTodo {
    /// By the planned merge.
    AsPlanned,
    /// By a new merge, because develop moved on.
    Anew,
}

/// Who was first, or what stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// Stable moved.
    Stable,
    /// Develop moved.
    Develop,
    /// The tag exists already.
    Tag,
    /// The candidate's branch got another commit.
    Candidate,
    /// The candidate's branch is gone and nothing else happened.
    CandidateGone,
    /// It is not clear.
    NotClear,
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
        }
    }
}

/// Reads the table of DESIGN §6.
pub fn standing(sight: Sight) -> Standing {
    let landed = sight.stable == Seen::New || sight.develop == Seen::New || sight.tag == TagSight::New;
    if landed {
        return if sight.tag == TagSight::Foreign {
            Standing::Stuck(Obstacle::Tag)
        } else if sight.stable == Seen::Other {
            Standing::Stuck(Obstacle::Stable)
        } else {
            committed(sight)
        };
    }
    match sight {
        Sight { tag: TagSight::Foreign, .. } => Standing::Overtaken(Obstacle::Tag),
        Sight { stable: Seen::Other, .. } => Standing::Overtaken(Obstacle::Stable),
        Sight { candidate: BranchSight::Moved, .. } => Standing::Overtaken(Obstacle::Candidate),
        Sight { candidate: BranchSight::Gone, .. } => Standing::Overtaken(Obstacle::CandidateGone),
        Sight { develop: Seen::Other, .. } => Standing::Overtaken(Obstacle::Develop),
        Sight { stable: _, develop: _, tag: _, candidate: BranchSight::AtRc } => Standing::NotApplied,
    }
}

fn committed(sight: Sight) -> Standing {
    let develop = match sight.develop {
        Seen::New => None,
        Seen::Old => Some(DevelopTodo::AsPlanned),
        Seen::Other => Some(DevelopTodo::Anew),
    };
    let todo = Todo {
        stable: sight.stable != Seen::New,
        develop,
        tag: sight.tag != TagSight::New,
        candidate: sight.candidate == BranchSight::AtRc,
    };
    if todo.stable || todo.develop.is_some() || todo.tag || todo.candidate {
        Standing::Committed { todo }
    } else {
        Standing::Done { kept: sight.candidate == BranchSight::Moved }
    }
}

/// The next step of a promotion in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Record that it is done.
    Confirm {
        /// Whether the candidate's branch lives on.
        kept: bool,
    },
    /// Push what is missing.
    Continue(Todo),
    /// Push everything at once, for the first time or again.
    Move,
    /// Make every push in flight impossible, then look again.
    Fence,
    /// Record that it changed nothing.
    Abort(Option<Obstacle>),
    /// Call a person; nothing is done.
    Stop(Obstacle),
}

/// Gives the next step. `clear` is the assessment for exactly this commit, now; for a promotion that landed
/// in part, of its evidence alone, since its branches are half-way by definition.
pub fn next(phase: Phase, standing: Standing, clear: bool) -> Step {
    match (standing, phase) {
        (Standing::Done { kept }, _) => Step::Confirm { kept },
        // Without the move entry another hand may have pushed what the plan left on the server: stable
        // follows only while the evidence stands.
        (Standing::Committed { todo }, Phase::Planned) if todo.stable && !clear => {
            Step::Stop(Obstacle::NotClear)
        }
        (Standing::Committed { todo }, _) => Step::Continue(todo),
        (Standing::Stuck(obstacle), _) => Step::Stop(obstacle),
        // The move entry is there and the refs are not: a server on `files` refs died, or its push
        // is still being applied. Fence first, whatever comes after.
        (Standing::NotApplied | Standing::Overtaken(_), Phase::Moving) => Step::Fence,
        (Standing::NotApplied, Phase::Planned | Phase::Fenced) if clear => Step::Move,
        (Standing::NotApplied, Phase::Planned | Phase::Fenced) => Step::Abort(None),
        // The abort is itself an entry on the ledger, and so fences what is in flight.
        (Standing::Overtaken(obstacle), Phase::Planned | Phase::Fenced) => Step::Abort(Some(obstacle)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_OLD: Sight =
        Sight { stable: Seen::Old, develop: Seen::Old, tag: TagSight::Absent, candidate: BranchSight::AtRc };

    #[test]
    fn the_table_of_the_design() {
        let done =
            Sight { stable: Seen::New, develop: Seen::New, tag: TagSight::New, candidate: BranchSight::Gone };
        assert_eq!(standing(done), Standing::Done { kept: false });
        assert_eq!(standing(Sight { candidate: BranchSight::Moved, ..done }), Standing::Done { kept: true });
        assert_eq!(standing(ALL_OLD), Standing::NotApplied);
        let half = Sight { stable: Seen::New, ..ALL_OLD };
        let todo = Todo { stable: false, develop: Some(DevelopTodo::AsPlanned), tag: true, candidate: true };
        assert_eq!(standing(half), Standing::Committed { todo });
        assert_eq!(standing(Sight { tag: TagSight::Foreign, ..half }), Standing::Stuck(Obstacle::Tag));
        assert_eq!(standing(Sight { tag: TagSight::Foreign, ..ALL_OLD }), Standing::Overtaken(Obstacle::Tag));
        assert_eq!(standing(Sight { stable: Seen::Other, ..ALL_OLD }), Standing::Overtaken(Obstacle::Stable));
        assert_eq!(
            standing(Sight { stable: Seen::Other, tag: TagSight::New, ..ALL_OLD }),
            Standing::Stuck(Obstacle::Stable)
        );
        assert_eq!(
            standing(Sight { candidate: BranchSight::Gone, ..ALL_OLD }),
            Standing::Overtaken(Obstacle::CandidateGone)
        );
        assert_eq!(
            standing(Sight { develop: Seen::Other, ..ALL_OLD }),
            Standing::Overtaken(Obstacle::Develop)
        );
    }

    #[test]
    fn nothing_moves_that_is_not_clear() {
        for phase in [Phase::Planned, Phase::Fenced, Phase::Moving] {
            assert_ne!(next(phase, Standing::NotApplied, false), Step::Move);
        }
        assert_eq!(next(Phase::Moving, Standing::NotApplied, true), Step::Fence);
        assert_eq!(next(Phase::Fenced, Standing::NotApplied, true), Step::Move);
    }
}
