//! Finds the commit that a person means: by its id, the beginning of one, or a name on the server.

use crate::{Engine, LookRefusal, Refusal, Snapshot};
use allclear_core::types::text::short;
use allclear_core::{CommitId, RefName};
use std::collections::BTreeMap;

/// How many commits are named where several are meant.
const SHOWN: usize = 8;

impl Engine<'_> {
    /// Finds the one commit that `text` names. Only the server's names count, and the objects of the
    /// server and of the clone.
    pub(crate) fn resolve_commit(&self, snapshot: &Snapshot, text: &str) -> Result<CommitId, Refusal> {
        let mut found: BTreeMap<CommitId, Vec<String>> = BTreeMap::new();
        for (full, what) in [
            (format!("refs/heads/{text}"), "branch"),
            (format!("refs/tags/{text}"), "tag"),
            (text.into(), "ref"),
        ] {
            let at = RefName::from_git(&full).and_then(|name| snapshot.refs.commit(&name).cloned());
            // A tag may lead to something that is no commit.
            if let Some(commit) =
                at.map(|id| self.repo.begins_with(id.as_str())).transpose()?.and_then(|mut ids| ids.pop())
            {
                found.entry(commit).or_default().push(format!("the {what} {}", short(text, 60)));
            }
        }
        let lower = text.to_ascii_lowercase();
        let whole = CommitId::parse(&lower).is_ok();
        for commit in self.repo.begins_with(&lower)? {
            // A whole id means itself, whatever somebody called a branch.
            if whole {
                return Ok(commit);
            }
            found.entry(commit).or_default().push("a commit".into());
        }
        let mut all = found.into_iter();
        match (all.next(), all.next()) {
            (Some((commit, _)), None) => Ok(commit),
            (None, _) => Err(LookRefusal::NoSuchCommit(text.to_owned()).into()),
            (Some(first), Some(second)) => {
                let all: Vec<_> = [first, second].into_iter().chain(all).collect();
                let ids: Vec<CommitId> = all.iter().map(|(id, _)| id.clone()).take(SHOWN).collect();
                let texts = self.repo.objects(&ids)?;
                let of = all.len();
                let commits = all.into_iter().zip(texts);
                let commits = commits.map(|((id, names), raw)| (id, subject_of(&raw), names)).collect();
                Err(LookRefusal::Ambiguous { text: text.to_owned(), of, commits }.into())
            }
        }
    }
}

/// Gives the subject of a raw commit, made safe to show.
pub(crate) fn subject_of(raw: &str) -> String {
    let message = raw.split_once("\n\n").map_or("", |(_, message)| message);
    short(message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default(), 120)
}

/// Refuses any other commit than the one that a person said they mean, where they said it.
pub(crate) fn expect_commit(commit: &CommitId, only_if: Option<&str>) -> Result<(), Refusal> {
    match only_if {
        Some(wanted) if wanted.len() < 7 || !commit.as_str().starts_with(wanted) => {
            Err(LookRefusal::OtherCommit { now: commit.clone(), wanted: wanted.to_owned() }.into())
        }
        Some(_) | None => Ok(()),
    }
}
