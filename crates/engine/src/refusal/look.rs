//! What a look at the server finds in the way.

use super::words::{brief, versions};
use crate::{Fault, FaultKind};
use allclear_core::types::text::{count, list, short};
use allclear_core::{CommitId, Version};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookRefusal {
    SeveralDevelops(Vec<String>),
    PolicyMistakes(usize),
    NoPolicy,
    OnlyObserves,
    // Something stops all deciding; where `newer`, the record asks for rules that this program does not have.
    Stopped { why: String, remedy: Vec<String>, newer: bool },
    ReleasedAlready(Version),
    NotOpen { wanted: Version, open: Vec<Version> },
    NoneOpen,
    SeveralOpen(Vec<Version>),
    NotJudged(Version),
    NoSuchCommit(String),
    // Of the first few: the subject, and what of each is called so.
    Ambiguous { text: String, of: usize, commits: Vec<(CommitId, String, Vec<String>)> },
    OtherCommit { now: CommitId, wanted: String },
}

impl From<&LookRefusal> for Fault {
    fn from(refusal: &LookRefusal) -> Self {
        use LookRefusal as R;
        match refusal {
            R::SeveralDevelops(names) => Self::usage(format!(
                "several branches say in allclear.toml that they are develop: {}",
                names.join(", ")
            ))
            .hint("keep the file only on the branch that is develop"),
            R::PolicyMistakes(n) => Self::usage(format!("allclear.toml on develop has {}", count(*n, "mistake")))
                .hint("allclear policy check shows each at its line"),
            R::NoPolicy => Self::usage("there is no allclear.toml on develop")
                .hint("run allclear init, commit the file to develop and push it"),
            R::OnlyObserves => Self::blocked("allclear only observes here (mode = \"observe\")")
                .hint("set mode = \"run\" in allclear.toml on develop when the team is ready"),
            R::Stopped { why, remedy, newer } => {
                let kind = if *newer { FaultKind::Refused } else { FaultKind::Blocked };
                Self { hints: remedy.clone(), ..Self::new(kind, why) }
            }
            R::ReleasedAlready(version) => Self::usage(format!("{version} is released already")),
            R::NotOpen { wanted, open } => {
                let has = match open.len() {
                    0 => "none is".into(),
                    1 => format!("{} is", open[0]),
                    _ => format!("{} are", versions(open)),
                };
                Self::usage(format!("there is no open candidate {wanted}; {has} open"))
            }
            R::NoneOpen => Self::usage("there is no open candidate").hint("allclear cut starts one"),
            R::SeveralOpen(open) => {
                let one = open[0];
                Self::usage(format!("{} are open", versions(open)))
                    .hint(format!("say which, such as {one}; with accept and pick: --version {one}"))
            }
            R::NotJudged(version) => {
                Self::try_later(format!("{version} could not be judged")).hint("try again")
            }
            R::NoSuchCommit(text) => Self::usage(format!("{} is not a commit, branch or tag on the server", short(text, 60)))
                .hint("give a commit's id, its first digits, or a branch or tag of the server; git rev-parse turns anything else into an id"),
            R::Ambiguous { text, of, commits } => {
                let fault = Self::usage(format!("{} names {of} commits", short(text, 60)));
                commits.iter().fold(fault, |fault, (id, subject, names)| {
                    fault.hint(format!("{} \"{subject}\", {}", brief(id), list(names)))
                })
            }
            R::OtherCommit { now, wanted } => {
                Self::conflict(format!("the candidate is at {} now, not at {}", now.short(), short(wanted, 40)))
                    .hint("look at allclear status, then give --commit again")
            }
        }
    }
}
