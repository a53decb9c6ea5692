//! Where the command works: the environment, the clone, its server and its private store.

use crate::args::Args;
use allclear_core::event::{Actor, Proof, Via};
use allclear_core::policy;
use allclear_engine::{Engine, Fault, FaultKind, Note, Snapshot};
use allclear_git::{Clone, Environment, PlaceError, Store, SystemClock};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variables that git and ssh may see.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "DISPLAY",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "GIT_ASKPASS",
];

/// Reads the environment, once.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment() -> Environment {
    let var = |name: &str| std::env::var_os(name);
    let inherited: Vec<(OsString, OsString)> =
        INHERITED.iter().filter_map(|k| Some((OsString::from(k), var(k)?))).collect();
    let absolute = |name: &str| var(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = absolute("XDG_CACHE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    Environment { inherited, cache: cache.join("allclear") }
}

/// Gives the whole environment, for what the project itself wants run: its steps need their tokens.
pub(crate) fn whole_environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// Tells whether a CI system runs us.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// One clone, and everything to work on it with.
pub(crate) struct Place {
    pub(crate) clone: Clone,
    pub(crate) store: Store,
    pub(crate) env: Environment,
    clock: SystemClock,
    by: Actor,
    watch: Box<dyn Fn(&Note)>,
}

impl Place {
    /// Opens the place that the arguments name.
    pub(crate) fn open(args: &Args) -> Result<Self, Fault> {
        let env = environment();
        let clone = open_clone(args, &env)?;
        Self::of(clone, env, args.who.as_deref())
    }

    /// Opens a clone, for somebody; for whom git knows, where nobody is named.
    pub(crate) fn of(clone: Clone, env: Environment, who: Option<&str>) -> Result<Self, Fault> {
        let store = Store::open(&clone, &env)?.with_caller(whole_environment());
        let who = who.or(clone.person.as_deref()).unwrap_or("somebody");
        let proof = if clone.signing_key.is_some() { Proof::Signed } else { Proof::Claimed };
        let who = allclear_core::text::short(who.trim(), 200);
        Ok(Self { clone, store, env, clock: SystemClock, by: Actor { who, proof }, watch: Box::new(warn) })
    }

    /// Hears of each step.
    pub(crate) fn watched(mut self, watch: impl Fn(&Note) + 'static) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Gives the engine for this place.
    pub(crate) fn engine(&self) -> Engine<'_> {
        let via = if in_ci() { Via::Ci } else { Via::Cli };
        Engine { repo: &self.store, clock: &self.clock, by: self.by.clone(), via, watch: &*self.watch }
    }

    /// Gives the present instant.
    pub(crate) fn now(&self) -> Timestamp {
        allclear_core::port::Clock::now(&self.clock)
    }

    /// Looks at the server; or, offline, at what was seen last.
    pub(crate) fn look(&self, args: &Args) -> Result<Snapshot, Fault> {
        if !args.offline {
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
        allclear_core::text::short(&from_policy.or(from_record).unwrap_or_else(|| self.clone.name()), 60)
    }
}

/// Says what a person should know though it stops nothing.
fn warn(note: &Note) {
    if *note == Note::Unsigned {
        crate::ui::say(
            "warning: this goes on record as a claim, and the policy counts signatures alone (trust = \"signed\")",
        );
        crate::ui::say("hint: git config gpg.format ssh, git config user.signingkey FILE; then say it again");
    }
}

/// Opens the clone that the arguments name.
pub(crate) fn open_clone(args: &Args, env: &Environment) -> Result<Clone, Fault> {
    let dir = args.clone.clone().unwrap_or_else(|| PathBuf::from("."));
    Clone::open(Path::new(&dir), args.remote.as_deref(), env).map_err(|e| {
        let fault = Fault::new(FaultKind::Usage, e.to_string());
        match e {
            PlaceError::NoGit(_) => fault.hint("install git 2.39 or newer"),
            PlaceError::NotARepository(_) => fault.hint("go into a clone, or name one: allclear -C CLONE …"),
            PlaceError::NoSuchRemote { .. } => fault.hint("name one with --remote NAME, or give its address"),
            PlaceError::Address { .. } => fault.hint("give another address with --remote"),
        }
    })
}

/// Gives the time zone that instants are shown in.
pub(crate) fn zone_of(seen: &Snapshot) -> TimeZone {
    let from_candidate = seen.project.candidates.values().next_back().map(|c| &c.cut.policy);
    seen.policy.get().or(from_candidate).and_then(|p| policy::zone(&p.time_zone)).unwrap_or(TimeZone::UTC)
}
