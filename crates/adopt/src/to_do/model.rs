//! What the list is made from, and what it is made of.

use super::server::Server;
use allclear_core::policy::{Branches, Mode};
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// A word that stays the same: `policy`, `ci-branches`.
    pub key: &'static str,
    pub done: bool,
    pub title: String,
    /// Where, `file:line` first.
    pub detail: Vec<String>,
    pub remedy: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: String,
    /// What is in it, or why that cannot be read.
    pub text: Result<String, &'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState<'a> {
    Absent,
    /// It has so many mistakes.
    Wrong(usize),
    Read {
        preset: &'a str,
        mode: Mode,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    NoStable,
    NoDevelop,
    /// Develop lacks commits of stable.
    Behind,
    Contains,
}

/// What the record tells of who may push, and of what runs allclear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    pub begun: bool,
    pub released: bool,
    /// What a rule of the server said when it refused the last promotion.
    pub refused: Option<String>,
    /// Whether a scheduled job wrote an entry of late.
    pub machine: bool,
}

#[derive(Debug, Clone)]
pub struct Seen<'a> {
    pub names: &'a Branches,
    pub server: Server,
    pub policy: PolicyState<'a>,
    pub standing: Standing,
    /// The server's default branch; `None` where it names none.
    pub default: Option<&'a str>,
    /// The files of develop; of stable where develop is missing.
    pub files: &'a [File],
    pub recorded: Recorded,
}
