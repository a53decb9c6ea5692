//! What keeps a candidate from being released, or leaves it half-way.

use crate::{Fault, FaultKind};
use allclear_core::decide::assess::GateReport;
use allclear_core::decide::promotion::Obstacle;
use allclear_core::gate::Kind;
use allclear_core::gate::stops::Stop;
use allclear_core::{Branch, Version};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionRefusal {
    KeepsMoving { version: Option<Version>, by: String },
    BranchGone(Version),
    NotOpen(Version),
    NotClear { version: Version, blockers: Vec<GateReport> },
    LongLivedGone,
    NoMergeBack { version: Version, develop: Branch },
    NothingToFinish(Option<Version>),
    NotAtItsEnd(Option<Version>),
    Unfinished(Version),
    // Only a person can go on.
    Stopped { version: Version, obstacle: Obstacle, stop: Option<Box<Stop>> },
    RefsUnreadable,
    DevelopLacksIt { version: Version, stable: Branch, develop: Branch },
    // Completing it failed too.
    StillInPart { version: Version, cause: Box<Fault> },
    GivenUp { version: Version, obstacle: Obstacle },
    Ignored(Version),
    OutcomeUnknown { version: Version, cause: Box<Fault> },
}

impl From<&PromotionRefusal> for Fault {
    fn from(refusal: &PromotionRefusal) -> Self {
        use PromotionRefusal as R;
        match refusal {
            R::KeepsMoving { version, by } => {
                let what = version.map_or_else(|| "the candidate".to_owned(), |version| version.to_string());
                Self::conflict(format!("others kept pushing for a minute while {what} was promoted; last {by}"))
                    .truth("nothing of the release was changed on the server")
                    .hint("run allclear promote again when fewer people are pushing")
            }
            R::BranchGone(version) => Self::blocked(format!("the branch of {version} is gone from the server")),
            R::NotOpen(version) => Self::usage(format!("there is no open candidate {version}")),
            R::NotClear { version, blockers } => not_clear(*version, blockers),
            R::LongLivedGone => Self::blocked("stable or develop is gone from the server"),
            R::NoMergeBack { version, develop } => Self::blocked(format!("{version} does not merge into {develop}"))
                .hint(format!("allclear why {version} merge-back")),
            R::NothingToFinish(version) => {
                let what = version.map(|version| format!(" of {version}")).unwrap_or_default();
                Self::usage(format!("no promotion{what} has begun, so there is nothing to complete"))
            }
            R::NotAtItsEnd(version) => {
                let what = version.map(|version| format!(" of {version}")).unwrap_or_default();
                Self::try_later(format!("the promotion{what} is not complete yet"))
                    .truth("it is on record, and any tick completes it")
                    .hint("allclear tick")
            }
            R::Unfinished(version) => {
                Self::blocked(format!("the promotion of {version} is not finished, and comes first"))
                    .hint("allclear tick completes it; allclear status says what stops it, if anything does")
            }
            R::Stopped { version, obstacle, stop } => match stop {
                Some(stop) => {
                    let fault = Self::blocked(format!("{version}: {}", stop.why));
                    stop.remedy.iter().fold(fault, |fault, hint| fault.hint(hint.clone()))
                }
                None => Self::blocked(format!("{version} cannot be completed: {}", obstacle.sentence())),
            },
            R::RefsUnreadable => Self::unknown("the refs could not be read"),
            R::DevelopLacksIt { version, stable, develop } => {
                Self::blocked(format!("{version} is on {stable}, but {develop} moved on and no longer merges with it"))
                    .hint(format!("merge {stable} into {develop} yourself and push it; then allclear tick completes the release"))
            }
            R::StillInPart { version, cause } => Self::clone(cause).truth(format!(
                "the promotion of {version} is on record and not complete; any tick completes it"
            )),
            R::GivenUp { version, obstacle } => {
                Self::conflict(format!("the promotion of {version} was given up: {}", obstacle.sentence()))
                    .hint(format!("allclear why {version} shows what is true now; then promote again"))
            }
            R::Ignored(version) => Self::unknown(format!(
                "the server said twice that {version} was released, and its refs did not move"
            ))
            .truth("the refs are unchanged as far as the server shows them")
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
