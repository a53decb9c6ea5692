//! What keeps a candidate from being cut, tagged, picked onto, carried into or withdrawn.

use super::words::brief;
use crate::Fault;
use allclear_core::ecosystem::version_file::FileError;
use allclear_core::history::bump::BadChoice;
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::types::text::{count, plain, short};
use allclear_core::{Branch, CommitId, RcNumber, RefName, Version};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CandidateRefusal {
    NameTaken(RefName),
    NameBeside { name: RefName, other: RefName },
    BadVersion(BadChoice),
    // Where an open candidate is at or below it, the fix may ride with that one.
    BadHotfixVersion { why: BadChoice, open: Option<Version> },
    NoBranch(Branch),
    NoDevelop(Branch),
    CutsFrozen { until: Timestamp, why: String },
    StillOpen(Version),
    HotfixStillOpen(Version),
    SlotTaken,
    SlotHandled,
    NothingNew { develop: Branch },
    NothingReleased,
    LacksLastRelease { stable: Branch, last: Version, commit: CommitId, tag: String },
    BadVersionFile(FileError),
    DevelopUnreadable,
    NotAChangelog { path: String },
    InFlight(Version),
    InFlightForPick(Version),
    BranchGone { branch: Branch, commit: CommitId },
    IsRcAlready { head: CommitId, n: RcNumber },
    Rewound { version: Version, branch: Branch, head: CommitId, n: RcNumber, rc: CommitId },
    PickOntoRewound { version: Version, branch: Branch, head: CommitId, n: RcNumber },
    BranchKeepsMoving,
    NotOnDevelop { commit: CommitId, subject: String, develop: Branch },
    // Newest first.
    NoFixes { version: Version, commits: Vec<ClassedCommit> },
    // What the merge brings, newest first, and whether each is a fix.
    IsMerge { version: Version, merge: CommitId, subject: String, brings: Vec<(ClassedCommit, bool)> },
    MovedOn(Version),
    Unfounded { version: Version, why: String },
    BeingReleased(Version),
}

/// How many commits of a merge are named.
const NAMED: usize = 20;

impl From<&CandidateRefusal> for Fault {
    fn from(refusal: &CandidateRefusal) -> Self {
        use CandidateRefusal as R;
        match refusal {
            R::NameTaken(name) => Self::blocked(format!("{} exists already on the server", name.short()))
                .hint("find out who made it; allclear never moves or deletes what it did not make"),
            R::NameBeside { name, other } => {
                Self::blocked(format!("{} cannot exist beside {}, which is there already", name.short(), other.short()))
                    .hint(format!("git keeps refs as files and directories; rename or delete {}", other.short()))
            }
            R::BadVersion(why) => Self::usage(why.to_string()),
            R::BadHotfixVersion { why, open } => match open {
                Some(open) => Self::usage(why.to_string())
                    .hint(format!("release the fix with {open}: push it to that candidate"))
                    .hint(format!("or end it first: allclear withdraw {open} --yes --reason TEXT")),
                None => Self::usage(why.to_string()),
            },
            R::NoBranch(branch) => Self::usage(format!("there is no branch {branch} on the server"))
                .hint("push it, or name the right one in allclear.toml (branches); allclear init --create-develop makes develop"),
            R::NoDevelop(develop) => Self::usage(format!("there is no branch {develop} on the server")),
            R::CutsFrozen { until, why } => Self::waiting(format!("cuts are frozen until {until}: {why}"))
                .hint("allclear freeze --lift, if a person set it"),
            R::StillOpen(open) => Self::blocked(format!("{open} is still open"))
                .hint(format!("release it first; allclear why {open} says what it waits for"))
                .hint(format!("or end it: allclear withdraw {open} --yes --reason TEXT"))
                .hint("or let candidates overlap: train.when-busy = \"overlap\""),
            R::HotfixStillOpen(open) => Self::blocked(format!("the hotfix {open} is still open"))
                .hint(format!("push the fix to it as well; allclear why {open} says what it waits for"))
                .hint(format!("or end it: allclear withdraw {open} --yes --reason TEXT")),
            R::SlotTaken => Self::conflict("the slot was taken by somebody else"),
            R::SlotHandled => Self::conflict("the slot was handled by somebody else"),
            R::NothingNew { develop } => {
                Self::blocked(format!("everything on {develop} is released or cut already"))
            }
            R::NothingReleased => Self::usage("nothing is released yet, so there is no version to fix")
                .hint("name the version: allclear hotfix --version X.Y.Z --yes --reason TEXT"),
            R::LacksLastRelease { stable, last, commit, tag } => {
                Self::blocked(format!("{stable} does not contain the last release {last} ({})", commit.short()))
                    .hint(format!("merge {tag} into {stable} first"))
                    .hint(format!("or name a version above {last}: --version X.Y.Z"))
            }
            R::BadVersionFile(why) => Self::usage(why.to_string())
                .hint("set version.files in allclear.toml to the files that carry the version"),
            R::DevelopUnreadable => Self::try_later("develop's tree cannot be read"),
            R::NotAChangelog { path } => {
                Self::usage(format!("{} is not a file to which a section can be added", plain(path)))
                    .hint("name a text file below 4 MiB as changelog.file in allclear.toml, or leave the key out")
            }
            R::InFlight(version) => in_flight(*version).hint("allclear tick completes it"),
            R::InFlightForPick(version) => in_flight(*version)
                .hint("allclear tick completes it; a fix that is too late for it goes into the next release"),
            R::BranchGone { branch, commit } => {
                Self::blocked(format!("the branch {branch} is gone from the server"))
                    .hint(format!("push it again: git push origin {commit}:refs/heads/{branch}"))
            }
            R::IsRcAlready { head, n } => {
                Self::usage(format!("{} is rc.{n} already; a commit has only one rc number", head.short()))
            }
            R::Rewound { version, branch, head, n, rc } => Self::blocked(format!(
                "{branch} was rewound: {} does not contain rc.{n} ({})",
                head.short(),
                rc.short()
            ))
            .hint(format!("put it back: git push --force origin {rc}:refs/heads/{branch}"))
            .hint(format!("or record the new head as the next rc: allclear rc {version} --commit {head} --yes")),
            R::PickOntoRewound { version, branch, head, n } => {
                Self::blocked(format!("{branch} was rewound: {} does not contain rc.{n}", head.short()))
                    .hint(format!("allclear why {version} says how to put it back or to record it"))
            }
            R::BranchKeepsMoving => {
                Self::conflict("others kept pushing to the candidate's branch").hint("try again")
            }
            R::NotOnDevelop { commit, subject, develop } => {
                Self::blocked(format!("{} \"{}\" is not on {develop}", commit.short(), short(subject, 60)))
                    .hint(format!(
                        "merge it into {develop} first, then pick it: the next release would lose it otherwise"
                    ))
            }
            R::NoFixes { version, commits } => no_fixes(*version, commits),
            R::IsMerge { version, merge, subject, brings } => is_merge(*version, merge, subject, brings),
            R::MovedOn(version) => Self::conflict(format!("{version} or stable has moved on")),
            R::Unfounded { version, why } => Self::blocked(format!("nothing is done for {version}: {why}"))
                .hint(format!("allclear why {version} says what ends it")),
            R::BeingReleased(version) => Self::conflict(format!("{version} is being released"))
                .truth("nothing was withdrawn")
                .hint("allclear status says how far it is; allclear tick completes it where nothing blocks it")
                .hint("then fix it with allclear hotfix"),
        }
    }
}

fn in_flight(version: Version) -> Fault {
    Fault::try_later(format!("the promotion of {version} is on record and not over"))
}

fn no_fixes(version: Version, commits: &[ClassedCommit]) -> Fault {
    let what = match commits {
        [one] => format!("{} \"{}\" is not a fix ({})", one.id.short(), short(&one.subject, 60), one.why),
        many => {
            let lines = many
                .iter()
                .rev()
                .map(|c| format!("\n  {} \"{}\": {}", c.id.short(), short(&c.subject, 60), c.why));
            format!("{} are not fixes:{}", count(many.len(), "commit"), lines.collect::<String>())
        }
    };
    let mut fault = Fault::blocked(what);
    if commits.first().is_some_and(|newest| newest.class == Class::NotAFix) {
        fault =
            fault.hint(format!("it can go into the next release; {version} takes only fixes after its cut"));
    }
    commits.iter().rev().take(5).fold(fault, |fault, commit| {
        fault.hint(format!("if {version} needs it: allclear accept {} --reason TEXT", brief(&commit.id)))
    })
}

/// Says what a merge brings, and how to pick the fixes among it.
fn is_merge(version: Version, merge: &CommitId, subject: &str, brings: &[(ClassedCommit, bool)]) -> Fault {
    let lines = brings.iter().rev().take(NAMED).map(|(c, fix)| {
        let word = if *fix { "a fix" } else { "not a fix" };
        format!("\n  {} \"{}\": {word}, {}", brief(&c.id), short(&c.subject, 60), c.why)
    });
    let more = brings.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let fault = Fault::blocked(format!(
        "{} \"{}\" is a merge that brings {}{}{more}",
        merge.short(),
        short(subject, 60),
        count(brings.len(), "commit"),
        lines.collect::<String>()
    ));
    let fixes = brings.iter().rev().filter(|(_, fix)| *fix).take(NAMED);
    let fixes: Vec<&str> = fixes.map(|(c, _)| brief(&c.id)).collect();
    if fixes.is_empty() {
        return fault.hint("none of them is a fix that the candidate lacks; they go into the next release");
    }
    fault.hint(format!("allclear pick {} --version {version}", fixes.join(" ")))
}
