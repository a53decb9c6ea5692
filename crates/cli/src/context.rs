//! Where a command works: the clone, its server and its private store.

use crate::environment::{environment, in_ci, whole_environment};
use crate::flags::Flags;
use allclear_adopt::to_do::Server;
use allclear_core::CommitId;
use allclear_core::ecosystem::try_it::TryIt;
use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::types::person::is_of;
use allclear_core::types::shell::quoted;
use allclear_core::types::text::plain;
use allclear_engine::{Adoption, Engine, Fault, FaultKind, Note, Snapshot};
use allclear_git::{Clone, Environment, PlaceError, Store, SystemClock};
use allclear_host::private_dir;
use jiff::Timestamp;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// One clone, and everything to work on it with.
pub(crate) struct Context {
    pub(crate) clone: Clone,
    pub(crate) store: Store,
    pub(crate) env: Environment,
    clock: SystemClock,
    by: Actor,
    /// Git's own user, where `by` is somebody else.
    recorded_by: Option<Actor>,
    watch: Box<dyn Fn(&Note) + Send + Sync>,
}

impl Context {
    /// Opens what the arguments name.
    pub(crate) fn open(flags: &Flags) -> Result<Self, Fault> {
        let env = environment()?;
        let clone = open_clone(flags, &env)?;
        Self::of(clone, env, flags.who.as_deref())
    }

    /// Opens a clone, for somebody; for whom git knows, where nobody is named.
    pub(crate) fn of(clone: Clone, env: Environment, who: Option<&str>) -> Result<Self, Fault> {
        private_dir(&env.cache).map_err(|e| not_private(&env.cache, &e))?;
        let store = Store::open(&clone, &env)?.with_caller(whole_environment());
        let own = clone.person.as_deref();
        let proof = if clone.signing_key.is_some() { Proof::Signed } else { Proof::Claimed };
        // Where git knows nobody either, the engine refuses whatever needs a name.
        let by = actor(who.or(own).unwrap_or_default(), proof);
        let recorded_by = own.filter(|own| !is_of(&by.who, own)).map(|own| actor(own, Proof::Claimed));
        Ok(Self { clone, store, env, clock: SystemClock, by, recorded_by, watch: Box::new(warn) })
    }

    /// Lets the program itself act where nobody is named.
    pub(crate) fn unattended(mut self) -> Self {
        if self.by.who.is_empty() {
            self.by.who = "allclear".into();
        }
        self
    }

    /// Hears of each step.
    pub(crate) fn watched(mut self, watch: impl Fn(&Note) + Send + Sync + 'static) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Gives the engine that works here.
    pub(crate) fn engine(&self) -> Engine<'_> {
        let via = if in_ci() { Via::Ci } else { Via::Cli };
        Engine {
            repo: &self.store,
            steps: Some(&self.store),
            notify: Some(&self.store),
            clock: &self.clock,
            by: self.by.clone(),
            recorded_by: self.recorded_by.clone(),
            via,
            watch: &*self.watch,
        }
    }

    /// Gives the present instant.
    pub(crate) fn now(&self) -> Timestamp {
        allclear_core::port::Clock::now(&self.clock)
    }

    /// Looks at the server; or, offline, at what was seen last.
    pub(crate) fn look(&self, flags: &Flags) -> Result<Snapshot, Fault> {
        if !flags.offline {
            return Ok(self.engine().observe()?);
        }
        self.engine().recall().ok_or_else(|| {
            Fault::new(FaultKind::TryLater, "this machine has not looked at the server yet")
                .hint("run allclear status once without --offline")
        })
    }

    /// Gives the project's name for people.
    pub(crate) fn name(&self, seen: &Snapshot) -> String {
        let from_policy = seen.policy.get().and_then(|p| p.name.clone());
        let from_record = Some(seen.project.name.clone()).filter(|n| !n.is_empty());
        allclear_core::types::text::short(
            &from_policy.or(from_record).unwrap_or_else(|| self.clone.name()),
            60,
        )
    }

    /// Says whether the server keeps the record from being rewound, as the last probe of this machine found out.
    pub(crate) fn protection(&self, seen: &Snapshot) -> Option<&'static str> {
        let protected = self.engine().protects(seen.facts.record.place.as_ref()?)?;
        Some(if protected { "protected" } else { "unprotected (a rewind is detected, not prevented)" })
    }

    /// Finds out what is left to do until a train runs.
    pub(crate) fn adoption(&self) -> Result<Adoption, Fault> {
        let engine = self.engine();
        Ok(engine.todo(&engine.observe()?, Server::of(&self.clone.remote))?)
    }

    /// Gives the lines with which users try an rc. They are help, not data: where they cannot be found, there are none.
    pub(crate) fn ways_to_try(&self, commit: &CommitId, tag: &str) -> Vec<TryIt> {
        self.engine().try_it(commit, tag, &self.clone.remote).unwrap_or_default()
    }
}

fn actor(who: &str, proof: Proof) -> Actor {
    Actor { who: allclear_core::types::text::short(who.trim(), 200), proof }
}

/// Says what a person should know though it stops nothing.
fn warn(note: &Note) {
    if *note == Note::Unsigned {
        crate::screen::ui::say(
            "warning: this goes on record as a claim, and the policy counts signatures alone (trust = \"signed\")",
        );
        crate::screen::ui::say(
            "hint: git config gpg.format ssh, git config user.signingkey FILE; then say it again",
        );
    }
}

/// Says why allclear's cache directory is not used.
fn not_private(dir: &Path, error: &io::Error) -> Fault {
    let kind =
        if error.kind() == ErrorKind::PermissionDenied { FaultKind::Usage } else { FaultKind::TryLater };
    let (whole, dir) = (dir.display().to_string(), plain(&dir.display().to_string()));
    let fault = Fault::new(kind, format!("allclear's cache directory {dir} is not used: {error}"))
        .hint("set XDG_CACHE_HOME to a directory of yours");
    // A name that is shown otherwise than it is would remove something else.
    if kind == FaultKind::Usage && dir == whole {
        return fault.hint(format!("or, if nothing in it is needed: rm -rf {}", quoted(&dir)));
    }
    fault
}

/// Opens the clone that the arguments name.
pub(crate) fn open_clone(flags: &Flags, env: &Environment) -> Result<Clone, Fault> {
    let dir = flags.clone.clone().unwrap_or_else(|| PathBuf::from("."));
    Clone::open(Path::new(&dir), flags.remote.as_deref(), env).map_err(|e| {
        let fault = Fault::new(FaultKind::Usage, e.to_string());
        match e {
            PlaceError::NoGit(_) => fault.hint("install git 2.39 or newer"),
            PlaceError::NotARepository(_) => fault.hint("go into a clone, or name one: allclear -C CLONE …"),
            PlaceError::Foreign { dir, .. } => fault.hint(format!(
                "if you trust whoever owns it: git config --global --add safe.directory {}",
                quoted(&dir)
            )),
            PlaceError::Several { .. } => fault.hint("name the one that counts with --remote ADDRESS"),
            PlaceError::NoSuchRemote { .. } => fault.hint("name one with --remote NAME, or give its address"),
            PlaceError::Address { .. } => fault.hint("give another address with --remote"),
        }
    })
}
