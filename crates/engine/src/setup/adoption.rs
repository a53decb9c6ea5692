//! Adoption: what the list of things to do is read from, in few git processes.

use crate::{Engine, PolicySeen, Refusal, Snapshot};
use allclear_adopt::to_do::{
    self, FILE_LIMIT, File, PLACES, Patch, PolicyState, Recorded, Seen, Server, Standing, Todo,
};
use allclear_core::ledger::actor::Via;
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::Body;
use allclear_core::policy::Branches;
use allclear_core::{CommitId, RefName};
use jiff::ToSpan;

/// How many files are read.
const FILES: usize = 200;
/// For how long an entry tells that something runs allclear.
const OF_LATE_HOURS: i64 = 30 * 24;

/// How far a repository has come in its adoption.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The branches that it is about: the policy's, or the usual ones.
    pub names: Branches,
    /// What is done and what is left to do.
    pub todo: Vec<Todo>,
    /// What `init --patch-ci` offers.
    pub patches: Vec<Patch>,
}

impl Engine<'_> {
    /// Finds out what is left to do until the train runs. `home` is the server, as its address tells it.
    pub fn todo(&self, snapshot: &Snapshot, server: Server) -> Result<Adoption, Refusal> {
        let policy = snapshot.policy.get();
        let names = policy.map_or_else(|| to_do::names(&snapshot.refs), |p| p.branches.clone());
        let tip = |name: &RefName| snapshot.refs.get(name).cloned();
        let (stable, develop) = (tip(&names.stable.to_ref()), tip(&names.develop.to_ref()));
        let standing = match (&stable, &develop) {
            (None, _) => Standing::NoStable,
            (_, None) => Standing::NoDevelop,
            (Some(stable), Some(develop)) if self.repo.is_ancestor(stable, develop)? => Standing::Contains,
            (Some(_), Some(_)) => Standing::Behind,
        };
        let files = match develop.or(stable) {
            Some(tip) => self.adoption_files(&tip)?,
            None => Vec::new(),
        };
        let default = self.repo.default_branch()?;
        let project = &snapshot.project;
        let refused =
            project.candidates.values().find_map(|c| c.refused.as_ref().map(|(_, why)| why.clone()));
        let mut seen = Seen {
            names: &names,
            server,
            policy: match &snapshot.policy {
                PolicySeen::Read { effective, .. } => {
                    let policy = &effective.policy;
                    PolicyState::Read { preset: &policy.preset, mode: policy.mode }
                }
                PolicySeen::Wrong { mistakes, .. } => PolicyState::Wrong(mistakes.len()),
                PolicySeen::Absent => PolicyState::Absent,
            },
            standing,
            default: default.as_deref(),
            files: &files,
            recorded: Recorded {
                begun: project.head.is_some(),
                released: !project.releases.is_empty(),
                refused,
                machine: false,
            },
        };
        let mut todo = to_do::todo(&seen);
        let nothing_ticks = todo.iter().any(|t| t.key == to_do::SCHEDULER && !t.done);
        if let Some(head) = project.head.as_ref().filter(|_| nothing_ticks) {
            seen.recorded.machine = self.a_machine_wrote(head)?;
            todo = to_do::todo(&seen);
        }
        let patches = to_do::patches(&seen);
        Ok(Adoption { names, todo, patches })
    }

    fn adoption_files(&self, tip: &CommitId) -> Result<Vec<File>, Refusal> {
        let mut listed = self.repo.listing(tip, PLACES)?;
        listed.retain(|file| to_do::wants(&file.path));
        let readable = listed.iter().filter(|f| f.regular && f.size <= FILE_LIMIT).take(FILES);
        let paths: Vec<String> = readable.map(|f| f.path.clone()).collect();
        let mut texts = self.repo.files(tip, &paths)?;
        let read = |file: allclear_core::port::Listed| {
            let text = if !file.regular {
                Err("it is a link")
            } else if file.size > FILE_LIMIT {
                Err("it is larger than 512 KiB")
            } else {
                texts.remove(&file.path).ok_or(if paths.contains(&file.path) {
                    "it is not UTF-8"
                } else {
                    "there are too many files"
                })
            };
            File { path: file.path, text }
        };
        Ok(listed.into_iter().map(read).collect())
    }

    /// Tells whether a scheduled job wrote an entry within the last month.
    fn a_machine_wrote(&self, head: &CommitId) -> Result<bool, Refusal> {
        let since = self.clock.now().saturating_sub(OF_LATE_HOURS.hours()).unwrap_or_default();
        let mut found = false;
        self.repo.entries(head, None, &mut |raw| {
            if let Body::Entry(entry) = &entry::read(raw).body {
                found |= entry.via == Via::Ci && entry.claimed >= since;
            }
        })?;
        Ok(found)
    }
}
