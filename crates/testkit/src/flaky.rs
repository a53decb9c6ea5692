//! A network that fails as it is told. Pushes are counted from 1.

use allclear_core::history::graph::Graph;
use allclear_core::history::lineage::Lineage;
use allclear_core::ledger::entry::RawEntry;
use allclear_core::port::{
    self, CommitGraph, Create, Listed, Memory, Merge, Merged, NewCommit, ObjectKind, Objects, PushAnswer,
    RefUpdate, Refs, Remote, RepoError, Repository, Signature, Signing, TextAt,
};
use allclear_core::{CommitId, RefName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub enum Push {
    /// It lands, and the answer is lost.
    LoseAnswer,
    /// It lands, and the answer says that it failed.
    SayFailed,
    /// It never arrives.
    Lose,
    Refuse(&'static str),
    /// The server reports success and does nothing.
    Lie,
    /// The server dies after it has changed the refs that this selects.
    Partial(fn(&str) -> bool),
    /// The server dies after it has changed the refs at these places in the push.
    Subset(BTreeSet<usize>),
    /// This process is killed before it sends the push.
    DieBefore,
    /// This process is killed after the push has landed.
    DieAfter,
}

type Act<'a> = Box<dyn FnOnce() + Send + 'a>;

pub struct Flaky<'a> {
    inner: &'a dyn Repository,
    pushes: AtomicU32,
    faults: Mutex<BTreeMap<u32, Push>>,
    before: Mutex<BTreeMap<u32, Act<'a>>>,
    after: Mutex<BTreeMap<u32, Act<'a>>>,
    dead_after: Option<u32>,
    sent: Mutex<Vec<Vec<RefUpdate>>>,
}

impl<'a> Flaky<'a> {
    pub fn new(inner: &'a dyn Repository) -> Self {
        Self {
            inner,
            pushes: AtomicU32::default(),
            faults: Mutex::default(),
            before: Mutex::default(),
            after: Mutex::default(),
            dead_after: Option::default(),
            sent: Mutex::default(),
        }
    }

    pub fn push_is(self, n: u32, fault: Push) -> Self {
        held(&self.faults).insert(n, fault);
        self
    }

    /// Runs something just before push `n`, such as a rival's push.
    pub fn before_push(self, n: u32, act: impl FnOnce() + Send + 'a) -> Self {
        held(&self.before).insert(n, Box::new(act));
        self
    }

    pub fn after_push(self, n: u32, act: impl FnOnce() + Send + 'a) -> Self {
        held(&self.after).insert(n, Box::new(act));
        self
    }

    /// The server is unreachable after `n` pushes.
    pub fn gone_after_push(mut self, n: u32) -> Self {
        self.dead_after = Some(n);
        self
    }

    pub fn pushes(&self) -> u32 {
        self.pushes.load(Relaxed)
    }

    pub fn asked(&self, n: u32) -> Vec<RefUpdate> {
        held(&self.sent)[n as usize - 1].clone()
    }

    fn gone(&self) -> Result<(), RepoError> {
        let gone = self.dead_after.is_some_and(|n| self.pushes() >= n);
        if gone { Err(RepoError::Unavailable("the server does not answer".into())) } else { Ok(()) }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hung_up() -> PushAnswer {
    PushAnswer { said: vec!["fatal: the remote end hung up unexpectedly".into()], ..PushAnswer::default() }
}

impl Remote for Flaky<'_> {
    fn observe(&self) -> Result<Refs, RepoError> {
        self.gone()?;
        self.inner.observe()
    }

    fn refs(&self) -> Result<Refs, RepoError> {
        self.gone()?;
        self.inner.refs()
    }

    fn default_branch(&self) -> Result<Option<String>, RepoError> {
        self.gone()?;
        self.inner.default_branch()
    }

    fn how_to_restore(&self, name: &RefName, commit: &CommitId) -> String {
        self.inner.how_to_restore(name, commit)
    }
}

impl port::Push for Flaky<'_> {
    fn push(&self, updates: &[RefUpdate]) -> Result<PushAnswer, RepoError> {
        self.gone()?;
        let n = self.pushes.fetch_add(1, Relaxed) + 1;
        held(&self.sent).push(updates.to_vec());
        let before = held(&self.before).remove(&n);
        if let Some(act) = before {
            act();
        }
        let fault = held(&self.faults).remove(&n);
        let some = |pick: &dyn Fn(usize, &RefUpdate) -> bool| {
            let part: Vec<RefUpdate> =
                updates.iter().enumerate().filter(|(at, u)| pick(*at, u)).map(|(_, u)| u.clone()).collect();
            if !part.is_empty() {
                assert!(self.inner.push(&part)?.ok, "a part of the push is taken");
            }
            Ok(hung_up())
        };
        let answer = match fault {
            None => self.inner.push(updates),
            Some(Push::LoseAnswer) => {
                self.inner.push(updates)?;
                Err(RepoError::Unknown("the server did not answer the push in time".into()))
            }
            Some(Push::SayFailed) => {
                self.inner.push(updates)?;
                Ok(hung_up())
            }
            Some(Push::Lose) => Err(RepoError::Unavailable("the server does not answer".into())),
            Some(Push::Refuse(words)) => {
                Ok(PushAnswer { refused: true, said: vec![words.into()], ..PushAnswer::default() })
            }
            Some(Push::Lie) => Ok(PushAnswer { ok: true, ..PushAnswer::default() }),
            Some(Push::Partial(pick)) => some(&|_, u| pick(u.name.as_str())),
            Some(Push::Subset(places)) => some(&|at, _| places.contains(&at)),
            Some(Push::DieBefore) => crate::die(),
            Some(Push::DieAfter) => {
                drop(self.inner.push(updates));
                crate::die()
            }
        };
        let after = held(&self.after).remove(&n);
        if let Some(act) = after {
            act();
        }
        answer
    }
}

/// Implements ports by passing every call on.
macro_rules! pass_on {
    ($($port:ident { $(fn $name:ident(&self, $($arg:ident: $type:ty),*) $(-> $result:ty)?;)* })*) => {
        $(impl $port for Flaky<'_> {
            $(fn $name(&self, $($arg: $type),*) $(-> $result)? {
                self.inner.$name($($arg),*)
            })*
        })*
    };
}

pass_on! {
    CommitGraph {
        fn is_ancestor(&self, commit: &CommitId, head: &CommitId) -> Result<bool, RepoError>;
        fn graph(&self, tips: &[CommitId]) -> Result<Graph, RepoError>;
        fn since(&self, tip: &CommitId, without: &[CommitId]) -> Result<Graph, RepoError>;
        fn lineage(&self, commit: &CommitId, tips: &[CommitId]) -> Result<Lineage, RepoError>;
        fn begins_with(&self, prefix: &str) -> Result<Vec<CommitId>, RepoError>;
        fn paths(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, Vec<String>>, RepoError>;
        fn patch_ids(&self, commits: &[CommitId], reverse: bool) -> Result<BTreeMap<CommitId, String>, RepoError>;
        fn entries(&self, head: &CommitId, known: Option<&CommitId>, take: &mut dyn FnMut(RawEntry)) -> Result<(), RepoError>;
    }
    Objects {
        fn files(&self, tree: &CommitId, paths: &[String]) -> Result<BTreeMap<String, String>, RepoError>;
        fn file_of_each(&self, trees: &[CommitId], path: &str) -> Result<Vec<Option<String>>, RepoError>;
        fn text_at(&self, tree: &CommitId, path: &str) -> Result<TextAt, RepoError>;
        fn listing(&self, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError>;
        fn blob(&self, id: &CommitId) -> Result<Option<String>, RepoError>;
        fn objects(&self, ids: &[CommitId]) -> Result<Vec<String>, RepoError>;
        fn raw(&self, id: &CommitId) -> Result<Vec<u8>, RepoError>;
        fn trees(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, RepoError>;
    }
    Create {
        fn prepare(&self, kinds: &[ObjectKind]);
        fn write_tree(&self, tree: Option<&CommitId>, files: &BTreeMap<String, String>) -> Result<CommitId, RepoError>;
        fn write_commit(&self, commit: &NewCommit) -> Result<CommitId, RepoError>;
        fn write_tag(&self, name: &str, target: &CommitId, by: &Signature, message: &str) -> Result<CommitId, RepoError>;
        fn write_object(&self, kind: ObjectKind, raw: &[u8], id: &CommitId) -> Result<bool, RepoError>;
    }
    Merge {
        fn merge(&self, pairs: &[(CommitId, CommitId)]) -> Result<Vec<Option<Merged>>, RepoError>;
        fn merge_over(&self, base: &CommitId, ours: &CommitId, theirs: &CommitId) -> Result<Merged, RepoError>;
        fn differing(&self, one: &CommitId, other: &CommitId) -> Result<Vec<String>, RepoError>;
        fn merge_text(&self, base: &str, ours: &str, theirs: &str) -> Result<Option<String>, RepoError>;
    }
    Signing {
        fn signer(&self, commit: &CommitId) -> Option<String>;
        fn sign(&self, text: &[u8], namespace: &str) -> Option<String>;
    }
    Memory {
        fn recall(&self, key: &str) -> Option<Vec<u8>>;
        fn remember(&self, key: &str, bytes: &[u8]);
    }
}
