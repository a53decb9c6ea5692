//! What keeps a candidate from being released, or leaves it half-way.

use crate::{Fault, FaultKind};
use allclear_core::decide::assess::GateReport;
use allclear_core::decide::promotion::Obstacle;
use allclear_core::gate::Kind;
use allclear_core::{Branch, OperationId, Version};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionRefusal {
    DevelopKeepsMoving { times: u32 },
    BranchGone(Version),
    NotOpen(Version),
    NotClear { version: Version, blockers: Vec<GateReport> },
    LongLivedGone,
    NoMergeBack { version: Version, develop: Branch },
    NoId(String),
    LedgerGone,
    LandedInPart { version: Version, operation: OperationId, landed: String, obstacle: Obstacle },
    NotAtItsEnd(Version),
    RefsUnreadable,
    DevelopLacksIt { version: Version, tag: String, stable: Branch, develop: Branch },
    // Carrying it on failed too.
    StillInPart { version: Version, cause: Box<Fault> },
    GivenUp { version: Version, obstacle: Obstacle },
    Ignored(Version),
    OutcomeUnknown { version: Version, cause: Box<Fault> },
}

impl From<&PromotionRefusal> for Fault {
    fn from(refusal: &PromotionRefusal) -> Self {
        use PromotionRefusal as R;
        match refusal {
            R::DevelopKeepsMoving { times } => Self::conflict(format!("develop moved {times} times while promoting"))
                .hint("run allclear promote again when fewer people are pushing"),
            R::BranchGone(version) => Self::blocked(format!("the branch of {version} is gone from the server")),
            R::NotOpen(version) => Self::usage(format!("there is no open candidate {version}")),
            R::NotClear { version, blockers } => not_clear(*version, blockers),
            R::LongLivedGone => Self::blocked("stable or develop is gone from the server"),
            R::NoMergeBack { version, develop } => Self::blocked(format!("{version} does not merge into {develop}"))
                .hint(format!("allclear why {version} merge-back")),
            R::NoId(why) => Self::try_later(why),
            R::LedgerGone => Self::blocked("the ledger is gone"),
            R::LandedInPart { version, operation, landed, obstacle } => {
                Self::blocked(format!("the promotion of {version} was applied in part, and {}", obstacle.sentence()))
                    .truth(format!("{landed} of {operation} are as planned; nothing more was changed"))
                    .hint("a maintainer has to decide; allclear tick continues once nothing blocks it")
            }
            R::NotAtItsEnd(version) => Self::try_later(format!("the promotion of {version} is not complete yet"))
                .truth("it is on record, and any tick continues it")
                .hint("allclear tick"),
            R::RefsUnreadable => Self::unknown("the refs could not be read"),
            R::DevelopLacksIt { version, tag, stable, develop } => {
                Self::blocked(format!("{version} is released, but {develop} moved on and no longer merges with it"))
                    .truth(format!("{stable} and {tag} are as planned; {develop} lacks the release"))
                    .hint(format!(
                        "merge {tag} into {develop} yourself and push it; then allclear tick confirms the release"
                    ))
            }
            R::StillInPart { version, cause } => Self::clone(cause).truth(format!(
                "the promotion of {version} was applied in part and is on record; any tick continues it"
            )),
            R::GivenUp { version, obstacle } => {
                Self::conflict(format!("the promotion of {version} was given up: {}", obstacle.sentence()))
                    .hint(format!("allclear why {version} shows what is true now; then promote again"))
            }
            R::Ignored(version) => Self::unknown(format!(
                "the server said twice that {version} was released, and its refs did not move"
            ))
            .truth("the refs are unchanged as far as the server shows them; the plan is on record")
            .hint("ask the server's administrator; allclear tick looks again"),
            R::OutcomeUnknown { version, cause } => {
                Self::unknown(format!("the outcome of promoting {version} is not known: {}", cause.what))
                    .truth("the push was sent; it may or may not have been applied. Do not push by hand")
                    .hint("run allclear tick when the server answers again: it reads the refs and goes on from what they show")
            }
        }
    }
}

fn not_clear(version: Version, blockers: &[GateReport]) -> Fault {
    let person = blockers.iter().any(|b| b.finding.kind == Kind::Person);
    let kind = if person { FaultKind::Blocked } else { FaultKind::Waiting };
    let lines: Vec<String> =
        blockers.iter().map(|b| format!("  {}: {}", b.gate.name(), b.finding.summary)).collect();
    let mut fault = Fault::new(kind, format!("{version} is not clear:\n{}", lines.join("\n")));
    if !person {
        let alone = blockers.iter().all(|b| b.finding.kind == Kind::Time);
        let ends = blockers.iter().filter_map(|b| b.finding.clears_at).max().filter(|_| alone);
        let when = ends.map(|at| format!("it clears by itself at {at}; ")).unwrap_or_default();
        fault = fault.hint(format!("{when}allclear promote {version} --when-clear --yes waits for it"));
    }
    blockers
        .iter()
        .take(1)
        .fold(fault, |fault, first| fault.hint(format!("allclear why {version} {}", first.gate.name())))
}
