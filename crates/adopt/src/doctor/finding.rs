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

impl Finding {
    pub(super) fn new(part: Part, name: &'static str, allclear: &'static str) -> Self {
        let (weight, summary) = (Weight::Clear, String::new());
        Self { name, part, weight, summary, evidence: Vec::new(), allclear, act: None }
    }

    pub(super) fn weighs(mut self, weight: Weight, summary: impl Into<String>) -> Self {
        self.weight = weight;
        self.summary = summary.into();
        self
    }

    pub(super) fn shown_by(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }

    pub(super) fn act(mut self, act: impl Into<String>) -> Self {
        self.act = Some(act.into());
        self
    }

    pub(super) fn not_applicable(self, why: &str) -> Self {
        self.weighs(Weight::NotApplicable, why)
    }
}
