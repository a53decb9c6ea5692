//! What the list is made from, and what it is made of.

use super::home::Home;
use allclear_core::policy::{Branches, Mode};
use serde::Serialize;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// A word that stays the same: `policy`, `ci-branches`.
    pub key: &'static str,
    /// Whether it is seen to be done.
    pub done: bool,
    /// How it is, in half a sentence.
    pub title: String,
    /// Where, `file:line` first.
    pub detail: Vec<String>,
    /// What to do: commands where there are any.
    pub remedy: Vec<String>,
}

/// One file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path from the top.
    pub path: String,
    /// What is in it, or why that cannot be read.
    pub text: Result<String, &'static str>,
}

/// The policy on develop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState<'a> {
    /// There is none.
    Absent,
    /// It has so many mistakes.
    Wrong(usize),
    /// It reads well.
    Read {
        /// Its preset.
        preset: &'a str,
        /// Its mode.
        mode: Mode,
    },
}

/// How the two long-lived branches stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no stable.
    NoStable,
    /// There is no develop.
    NoDevelop,
    /// Develop lacks commits of stable.
    Behind,
    /// Develop contains stable.
    Contains,
}

/// What the record tells of who may push, and of what runs allclear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Whether there is a record.
    pub begun: bool,
    /// Whether a release is on it.
    pub released: bool,
    /// What a rule of the server said when it refused the last promotion.
    pub refused: Option<String>,
    /// Whether a scheduled job wrote an entry of late.
    pub machine: bool,
}

/// Everything that the list is made from.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// The branches.
    pub names: &'a Branches,
    /// The server.
    pub home: Home,
    /// The policy on develop.
    pub policy: PolicyState<'a>,
    /// How develop and stable stand.
    pub standing: Standing,
    /// The server's default branch; `None` where it names none.
    pub default: Option<&'a str>,
    /// The files of develop, or of stable where there is no develop.
    pub files: &'a [File],
    /// What the record tells.
    pub traces: Traces,
}
