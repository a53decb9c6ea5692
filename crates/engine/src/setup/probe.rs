//! `doctor --probe-push`: tries on the server what a release needs of it, in names of its own, and
//! deletes them again. No exit code is believed: after every push the refs are read.

use crate::{Engine, Refusal, SetupRefusal};
use allclear_adopt::doctor::Probed;
use allclear_core::port::history::History;
use allclear_core::port::{NewCommit, PushAnswer, RefUpdate, Refs, RepoError};
use allclear_core::types::text::short;
use allclear_core::{CommitId, RefName};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where probes work.
pub(super) const NAMESPACES: [&str; 2] = ["refs/allclear/probe/", "refs/heads/allclear/probe-"];
/// How often what was made is tried to be deleted.
const SWEEPS: usize = 2;

/// What the server did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeAnswer {
    /// As a release needs it, or as a record is safe.
    Good,
    /// It works, and something is weaker for it.
    Weak,
    /// A release would be refused.
    Bad,
    /// It could not be tried.
    Unknown,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeOutcome {
    /// What was tried.
    pub name: &'static str,
    /// What the server did.
    pub answer: ProbeAnswer,
    pub meaning: String,
    /// What the server said, a line each.
    pub said: Vec<String>,
}

/// What all tries gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// The id in the names that were used.
    pub id: String,
    /// What was tried, in order.
    pub outcomes: Vec<ProbeOutcome>,
    /// Whether somebody stopped it before its end.
    pub stopped: bool,
    /// What could not be deleted again.
    pub left: Vec<RefName>,
    /// Whether the server said what is left; where it cannot be read, all may be.
    pub counted: bool,
    /// The command that deletes what is left.
    pub delete: Option<String>,
}

/// The names and the commits that a probe works with.
struct Tools {
    /// Two custom refs.
    one: RefName,
    two: RefName,
    /// A name that cannot be beside `two`.
    below: RefName,
    branch: RefName,
    first: CommitId,
    second: CommitId,
}

/// What one push did.
struct Tried {
    answer: PushAnswer,
    refs: Refs,
}

/// Why not all was tried.
enum End {
    Stopped,
    Lost(RepoError),
}

impl Tried {
    fn shows(&self, name: &RefName, commit: Option<&CommitId>) -> bool {
        self.refs.get(name) == commit
    }

    fn said(&self) -> Vec<String> {
        self.answer.said.iter().take(3).map(|line| short(line, 160)).collect()
    }
}

impl Engine<'_> {
    /// Names what a probe makes, before it makes anything: an id of its own, and the refs.
    pub fn probe_names(&self) -> (String, Vec<RefName>) {
        let id: String = self.clock.fresh_id().chars().take(12).collect();
        let names = [
            format!("{}{id}/one", NAMESPACES[0]),
            format!("{}{id}/two", NAMESPACES[0]),
            format!("{}{id}/ledger", NAMESPACES[1]),
        ];
        let names = names.iter().filter_map(|n| RefName::from_git(n)).collect();
        (id, names)
    }

    /// Tries what a release needs of the server, and deletes what that made. `stop` is asked before every
    /// step, and ends it; what was made is deleted nevertheless.
    pub fn probe(
        &self,
        history: &dyn History,
        (id, names): (String, Vec<RefName>),
        stop: &dyn Fn() -> bool,
    ) -> Result<Probe, Refusal> {
        let tools = self.tools(&names)?;
        let mut outcomes = Vec::new();
        let tried = self.steps(&tools, stop, &mut outcomes);
        let (left, counted) = self.clean_up(&names);
        let delete = (!left.is_empty()).then(|| history.how_to_delete(&left));
        let stopped = match tried {
            Ok(()) => false,
            Err(End::Stopped) => true,
            // Where nothing was learnt and nothing is left, the fault is all there is to say.
            Err(End::Lost(e)) if left.is_empty() && outcomes.is_empty() => return Err(e.into()),
            Err(End::Lost(e)) => {
                let said = vec![short(&e.to_string(), 200)];
                let meaning = "the connection was lost; the rest was not tried".into();
                outcomes.push(ProbeOutcome {
                    name: "connection",
                    answer: ProbeAnswer::Unknown,
                    meaning,
                    said,
                });
                false
            }
        };
        let probe = Probe { id, outcomes, stopped, left, counted, delete };
        if !stopped {
            self.remember_probe(&probe);
        }
        Ok(probe)
    }

    /// Gives what the last probe of this machine found out about the server.
    pub fn probed(&self) -> Option<Probed> {
        serde_json::from_slice(&self.repo.recall("probe")?).ok()
    }

    /// Tells whether the server keeps a record at this place from being rewound and deleted, as the last
    /// probe of this machine found out; `None` where there was none.
    pub fn protects(&self, place: &RefName) -> Option<bool> {
        let probed = self.probed()?;
        Some(if place.as_str().starts_with("refs/heads/") { probed.branch } else { probed.custom })
    }

    fn remember_probe(&self, probe: &Probe) {
        let is_good =
            |name: &str| probe.outcomes.iter().any(|o| o.name == name && o.answer == ProbeAnswer::Good);
        let probed = Probed {
            at: self.clock.now(),
            works: probe.outcomes.iter().all(|o| matches!(o.answer, ProbeAnswer::Good | ProbeAnswer::Weak)),
            custom: is_good("refs/allclear/*"),
            branch: is_good("refs/heads/allclear/*"),
        };
        if let Ok(bytes) = serde_json::to_vec(&probed) {
            self.repo.remember("probe", &bytes);
        }
    }

    fn tools(&self, names: &[RefName]) -> Result<Tools, Refusal> {
        let [one, two, branch] = names else {
            return Err(SetupRefusal::NoProbeNames.into());
        };
        let by = self.signature(self.clock.now());
        let text = "allclear doctor --probe-push tried what this server allows. This may be deleted.\n";
        let tree = self.repo.write_tree(None, &BTreeMap::from([("probe".to_owned(), text.to_owned())]))?;
        let commit = |parents: Vec<CommitId>| {
            let message = format!("allclear: a probe, to be deleted ({})", parents.len());
            self.repo.write_commit(&NewCommit {
                tree: tree.clone(),
                parents,
                author: None,
                by: by.clone(),
                message,
            })
        };
        let first = commit(Vec::new())?;
        let second = commit(vec![first.clone()])?;
        let below = RefName::from_git(&format!("{two}/below")).unwrap_or_else(|| two.clone());
        Ok(Tools { one: one.clone(), two: two.clone(), below, branch: branch.clone(), first, second })
    }

    /// Goes through all steps.
    fn steps(&self, t: &Tools, stop: &dyn Fn() -> bool, out: &mut Vec<ProbeOutcome>) -> Result<(), End> {
        let (first, second) = (Some(&t.first), Some(&t.second));
        let push = |updates: &[RefUpdate]| -> Result<Tried, End> {
            if stop() {
                return Err(End::Stopped);
            }
            let answer = self.repo.push(updates).map_err(End::Lost)?;
            Ok(Tried { answer, refs: self.repo.refs().map_err(End::Lost)? })
        };
        let mut told = |name, answer, meaning: &str, tried: &Tried| {
            out.push(ProbeOutcome { name, answer, meaning: meaning.into(), said: tried.said() });
        };

        let made =
            push(&[RefUpdate::new(t.one.clone(), None, first), RefUpdate::new(t.two.clone(), None, first)])?;
        if !(made.shows(&t.one, first) && made.shows(&t.two, first)) {
            let meaning = if made.answer.no_atomic {
                "the server does not support atomic pushes: allclear needs promotion.push = \"sequential\" here"
            } else {
                "refs/allclear/* cannot be written: the record and the archives of withdrawn candidates stand there"
            };
            told("custom refs", ProbeAnswer::Bad, meaning, &made);
            return Ok(());
        }
        told("custom refs", ProbeAnswer::Good, "refs/allclear/* can be written", &made);

        let tried = push(&[
            RefUpdate::new(t.one.clone(), first, second),
            RefUpdate::new(t.below.clone(), None, first),
        ])?;
        if tried.shows(&t.one, first) && tried.shows(&t.below, None) {
            told(
                "atomic",
                ProbeAnswer::Good,
                "one refused ref refuses the whole push: a release is atomic",
                &tried,
            );
        } else {
            let meaning = "one refused ref did not stop the others: a release could be applied in part";
            told("atomic", ProbeAnswer::Bad, meaning, &tried);
        }

        let now = tried.refs.get(&t.one);
        let stale = push(&[
            RefUpdate::new(t.one.clone(), now, second),
            RefUpdate::new(t.two.clone(), second, second),
        ])?;
        if stale.shows(&t.one, now) {
            told("stale lease", ProbeAnswer::Good, "a push with a wrong expected value is refused", &stale);
        } else {
            told("stale lease", ProbeAnswer::Bad, "a push with a wrong expected value was accepted", &stale);
        }

        let now = stale.refs.get(&t.one);
        let both =
            push(&[RefUpdate::new(t.one.clone(), now, second), RefUpdate::new(t.two.clone(), first, None)])?;
        if both.shows(&t.one, second) && both.shows(&t.two, None) {
            told("delete and update", ProbeAnswer::Good, "a push can delete one ref and move another", &both);
        } else {
            told(
                "delete and update",
                ProbeAnswer::Bad,
                "a push cannot delete one ref and move another",
                &both,
            );
        }

        let rewound = push(&[RefUpdate::new(t.one.clone(), both.refs.get(&t.one), first)])?;
        let rewinds = rewound.shows(&t.one, first);
        let gone = push(&[RefUpdate::new(t.one.clone(), rewound.refs.get(&t.one), None)])?;
        let (answer, meaning) = protection(rewinds, gone.shows(&t.one, None));
        told("refs/allclear/*", answer, meaning, if rewinds { &gone } else { &rewound });

        let begun = push(&[RefUpdate::new(t.branch.clone(), None, first)])?;
        if !begun.shows(&t.branch, first) {
            let meaning = "a branch cannot be created: a cut makes one for every candidate";
            told("branches", ProbeAnswer::Bad, meaning, &begun);
            return Ok(());
        }
        let moved = push(&[RefUpdate::new(t.branch.clone(), first, second)])?;
        let rewound = push(&[RefUpdate::new(t.branch.clone(), moved.refs.get(&t.branch), first)])?;
        let rewinds = moved.shows(&t.branch, second) && rewound.shows(&t.branch, first);
        let gone = push(&[RefUpdate::new(t.branch.clone(), rewound.refs.get(&t.branch), None)])?;
        let deletes = gone.shows(&t.branch, None);
        let (answer, meaning) = protection(rewinds, deletes);
        told("refs/heads/allclear/*", answer, meaning, if rewinds { &gone } else { &rewound });
        if deletes {
            told("branches", ProbeAnswer::Good, "branches can be created and deleted", &gone);
        } else {
            let meaning = "no branch can be deleted here; a release deletes its candidate's branch";
            told("branches", ProbeAnswer::Unknown, meaning, &gone);
        }
        Ok(())
    }

    /// Deletes what was made, and gives what could not be deleted. One by one: a rule for one of them
    /// must not keep the others.
    fn clean_up(&self, names: &[RefName]) -> (Vec<RefName>, bool) {
        let (mut left, mut counted) = (names.to_vec(), false);
        for _ in 0..SWEEPS {
            let Ok(refs) = self.repo.refs() else { continue };
            // Below them too: a server that is not atomic may have made the impossible name.
            let ours = |n: &&RefName| {
                names.iter().any(|own| {
                    n.as_str()
                        .strip_prefix(own.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
            };
            left = refs.objects.keys().filter(ours).cloned().collect();
            counted = true;
            if left.is_empty() {
                break;
            }
            for name in &left {
                // What it did is read from the refs.
                drop(self.repo.push(&[RefUpdate::new(name.clone(), refs.get(name), None)]));
            }
            if let Ok(after) = self.repo.refs() {
                left.retain(|name| after.get(name).is_some());
            }
        }
        (left, counted)
    }
}

/// Says how safe a record is at a place whose refs could be rewound or deleted, or not.
fn protection(rewinds: bool, deletes: bool) -> (ProbeAnswer, &'static str) {
    match (rewinds, deletes) {
        (true, true) => (ProbeAnswer::Weak, "record: unprotected (a rewind is detected, not prevented)"),
        (true, false) => (ProbeAnswer::Weak, "record: half protected (it can be rewound, not deleted)"),
        (false, true) => (ProbeAnswer::Weak, "record: half protected (it can be deleted, not rewound)"),
        (false, false) => (ProbeAnswer::Good, "record: protected (it can be neither rewound nor deleted)"),
    }
}
