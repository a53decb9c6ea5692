//! Why a person's decision, report or signature is refused.

use crate::Fault;
use allclear_core::gate::MARGIN;
use allclear_core::ledger::event::Answer;
use allclear_core::types::gate::Gate;
use allclear_core::types::text::{count, list, short};
use allclear_core::{CommitId, RcNumber, Seconds, Version};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeopleRefusal {
    NoReason { given: String },
    // Approvals.
    NotAFullId(Version),
    NotListedToApprove { who: String, from: Vec<String> },
    AuthorOfIt { who: String, version: Version },
    // Waivers.
    NoSuchGate(String),
    NotWaivable(Gate),
    HoldIsLifted,
    ClearAlready(Gate),
    NameOne { gate: Gate, open: Vec<String> },
    AboutOneThing { gate: Gate, wanted: String },
    NothingOpenCalled { gate: Gate, wanted: String, open: Vec<String> },
    NoneToRenew { topic: String, version: Version },
    NoReasonOrEnd,
    BadLength { length: Seconds, longest: Seconds },
    NotListedToWaive { who: String, from: Vec<String> },
    // Reports.
    NoReporter,
    ReportTooLong,
    NoSuchRc { version: Version, n: RcNumber, known: Vec<RcNumber> },
    ConfirmedAlready(String),
    NoSuchReport(String),
    GoodReport(String),
    AnsweredAlready { report: String, answer: Answer },
    TextUnwritable(String),
    NoText(String),
    // Signers.
    BadSigners(&'static str),
    NoSuchProposal,
    SeveralProposals,
    // Stops, strikes and policies.
    OverAlready(Timestamp),
    NoSuchEntry(CommitId),
    SoundEntry(CommitId),
    OtherBranches,
}

impl From<&PeopleRefusal> for Fault {
    fn from(refusal: &PeopleRefusal) -> Self {
        use PeopleRefusal as R;
        match refusal {
            R::NoReason { given } => {
                let mut what = "a reason is needed, for those who read the record later".to_owned();
                if !given.is_empty() {
                    what.push_str(&format!("; `{}` says too little", short(given, 20)));
                }
                Self::usage(what).hint("--reason TEXT")
            }
            R::NotAFullId(version) => Self::usage("an approval needs the full commit id")
                .hint(format!("allclear why {version} approvals prints the command")),
            R::NotListedToApprove { who, from } => {
                Self::refused(format!("an approval by {} does not count here", short(who, 80)))
                    .hint(format!("gates.approvals.from names {}", list(from)))
            }
            R::AuthorOfIt { who, version } => {
                Self::refused(format!("{} is an author of commits in {version}", short(who, 80)))
                    .hint("somebody else has to approve (gates.approvals.not = \"authors\")")
            }
            R::NoSuchGate(name) => Self::usage(format!("there is no gate `{}`", short(name, 40))).hint(waivable()),
            R::NotWaivable(gate) => Self::refused(format!(
                "{} cannot be waived: it says whether a promotion can be made at all",
                gate.name()
            ))
            .hint(waivable()),
            R::HoldIsLifted => Self::usage("a hold is lifted, not waived").hint("allclear hold [X.Y.Z] --lift"),
            R::ClearAlready(gate) => {
                Self::usage(format!("{} is clear; there is nothing to waive", gate.name()))
            }
            R::NameOne { gate, open } => {
                let reasons = count(open.len(), "reason");
                let what = format!("{} is not clear for {reasons}; name the one to waive", gate.name());
                Self::usage(what).hint(names(*gate, open))
            }
            R::AboutOneThing { gate, wanted } => Self::usage(format!(
                "{} has no subjects to choose from; leave out `:{}`",
                gate.name(),
                short(wanted, 40)
            )),
            R::NothingOpenCalled { gate, wanted, open } => {
                Self::usage(format!("{} has nothing open called `{}`", gate.name(), short(wanted, 40)))
                    .hint(names(*gate, open))
            }
            R::NoneToRenew { topic, version } => {
                Self::usage(format!("no waiver of {topic} is on record for an earlier rc of {version}"))
                    .hint("--reason TEXT --for DURATION, such as --for 2d")
            }
            R::NoReasonOrEnd => Self::usage("a waiver needs a reason and an end")
                .hint("--reason TEXT --for DURATION, such as --for 2d"),
            R::BadLength { length, longest } => Self::usage(format!(
                "a waiver lasts more than {MARGIN} and at most {longest} here, not {length}"
            ))
            .hint("waivers.longest in allclear.toml says how long; a new rc ends every waiver"),
            R::NotListedToWaive { who, from } => {
                Self::refused(format!("{} may not waive a gate here", short(who, 80)))
                    .hint(format!("waivers.from names {}", list(from)))
            }
            R::NoReporter => {
                Self::usage("a report needs the reporter's name, of two letters or more").hint("--as NAME")
            }
            R::ReportTooLong => Self::usage("a report's text is longer than 16 KiB")
                .hint("upload the log and give its address"),
            R::NoSuchRc { version, n, known } => {
                let known: Vec<String> = known.iter().map(|n| format!("rc.{n}")).collect();
                Self::usage(format!("{version} has no rc.{n}")).hint(format!("it has {}", list(&known)))
            }
            R::ConfirmedAlready(report) => Self::usage(format!("report {report} is confirmed already")),
            R::NoSuchReport(id) => {
                Self::usage(format!("there is no report `{}` about an open candidate", short(id, 40)))
                    .hint("allclear why reports lists them")
            }
            R::GoodReport(report) => Self::usage(format!("report {report} is good; it needs no answer")),
            R::AnsweredAlready { report, answer } => {
                let said = match answer {
                    Answer::FixedBy(fix) => format!("fixed by {}", fix.short()),
                    Answer::NotOurs(why) => format!("not ours: {}", short(why, 80)),
                };
                Self::conflict(format!("report {report} was answered already: {said}"))
                    .hint(format!("allclear report confirm {report} opens it again"))
            }
            R::TextUnwritable(why) => Self::try_later(format!("the text cannot be written: {why}")),
            R::NoText(id) => Self::usage(format!("there is no text of a report `{}`", short(id, 40)))
                .hint("a report's id has 8 digits; allclear why reports lists them"),
            R::BadSigners(why) => Self::usage(format!("the signers cannot be changed this way: {why}"))
                .hint("the first signers need an admin among them: --role admin")
                .hint("allclear signer list shows who is in force"),
            R::NoSuchProposal => Self::usage("no such proposal is pending").hint(PROPOSALS),
            R::SeveralProposals => Self::usage("several proposals are pending").hint(PROPOSALS),
            R::OverAlready(until) => {
                Self::usage(format!("{until} is in the past")).hint("give an instant in the future")
            }
            R::NoSuchEntry(entry) => {
                Self::usage(format!("{} is not an entry of this ledger", entry.short()))
            }
            R::SoundEntry(entry) => Self::refused(format!("entry {} is sound", entry.short()))
                .hint("only what cannot be read, what is dated in the future, and a promotion whose refs did not follow can be struck; bad news is answered"),
            R::OtherBranches => Self::usage("the policy on develop names other branches")
                .hint("branches cannot change while a candidate is open"),
        }
    }
}

const PROPOSALS: &str = "allclear signer list shows them; give the entry's id";

fn waivable() -> String {
    format!("what can be waived: {}", Gate::waivable().collect::<Vec<_>>().join(", "))
}

fn names(gate: Gate, open: &[String]) -> String {
    let shown: Vec<String> = open.iter().take(10).map(|name| format!("{}:{name}", gate.name())).collect();
    format!("name one of {}", shown.join(", "))
}
