//! What is found: its evidence, how it weighs, and what can be done.

use allclear_core::CommitId;
use jiff::Timestamp;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Past,
    /// What allclear needs of git, the server and the clone.
    #[serde(rename = "ground")]
    Prerequisites,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    NotApplicable,
    Clear,
    /// It happened, and nothing can be done any more.
    Past,
    Unknown,
    /// A person can do something about it.
    Open,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The tag, branch or ref that it is about.
    pub about: String,
    pub text: String,
    pub commits: Vec<CommitId>,
    pub at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub name: &'static str,
    pub part: Part,
    pub weight: Weight,
    pub summary: String,
    /// What shows it, the most telling first.
    pub evidence: Vec<Evidence>,
    /// What allclear does about it.
    pub allclear: &'static str,
    /// What a person can do.
    pub act: Option<String>,
}

/// What was found, without what is always the same of a finding.
#[derive(Debug)]
pub(super) struct Judgement {
    weight: Weight,
    summary: String,
    evidence: Vec<Evidence>,
    act: Option<String>,
}

impl Judgement {
    pub(super) fn new(weight: Weight, summary: impl Into<String>) -> Self {
        Self { weight, summary: summary.into(), evidence: Vec::new(), act: None }
    }

    pub(super) fn not_applicable(why: &str) -> Self {
        Self::new(Weight::NotApplicable, why)
    }

    pub(super) fn clear(summary: impl Into<String>) -> Self {
        Self::new(Weight::Clear, summary)
    }

    pub(super) fn past(summary: impl Into<String>) -> Self {
        Self::new(Weight::Past, summary)
    }

    pub(super) fn unknown(summary: impl Into<String>) -> Self {
        Self::new(Weight::Unknown, summary)
    }

    pub(super) fn open(summary: impl Into<String>) -> Self {
        Self::new(Weight::Open, summary)
    }

    pub(super) fn shown_by(self, evidence: Vec<Evidence>) -> Self {
        Self { evidence, ..self }
    }

    pub(super) fn act(self, act: impl Into<String>) -> Self {
        Self { act: Some(act.into()), ..self }
    }

    pub(super) fn of(self, part: Part, name: &'static str, allclear: &'static str) -> Finding {
        let Self { weight, summary, evidence, act } = self;
        Finding { name, part, weight, summary, evidence, allclear, act }
    }
}
