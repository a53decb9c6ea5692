//! Pushes all refs or none, each only from its expected value.
//!
//! Sources are private refs, and the only refspec is a pattern: git refuses a plain `id:refs/heads/master` as
//! ambiguous if the server has a tag named `refs/heads/master`, so anyone who may create tags could stop all
//! promotions.

use super::error::{broken, io, missing, unavailable};
use super::make::{fresh_name, lock};
use super::{PUSH_LIMIT, Store, held};
use crate::process::{Failure, Git, Output};
use crate::user_clone::shown;
use allclear_core::CommitId;
use allclear_core::port::{Push, PushAnswer, RefUpdate, RepoError};
use allclear_core::types::text::plain;
use allclear_core::types::text::secrets::masked;
use std::io::BufRead;
use std::sync::Arc;
use std::time::Duration;

/// How long a process waits for its turn before it goes on without.
const TURN_LIMIT: Duration = Duration::from_secs(5);
const TURN_PAUSE: Duration = Duration::from_millis(10);

impl Push for Store {
    fn push(&self, updates: &[RefUpdate]) -> Result<PushAnswer, RepoError> {
        let _span = tracing::info_span!("push", server = shown(&self.url), refs = updates.len()).entered();
        let out = format!("refs/out/{}", fresh_name());
        let private = |update: &RefUpdate| format!("{out}/{}", &update.name.as_str()["refs/".len()..]);
        let made: Vec<(String, &CommitId)> =
            updates.iter().filter_map(|u| Some((private(u), u.new.as_ref()?))).collect();
        let create: Vec<String> = made.iter().map(|(name, new)| format!("create {name} {new}")).collect();
        let pushing = lock(&self.dir, "push")?;
        pushing.lock_shared().map_err(|e| io("locking the store", &e))?;
        self.settle();
        held(&self.state.writer).take_failure().map_err(broken)?;
        let created = self.writer().refs(&create);
        if let Err(failure) = created {
            drop(pushing);
            return Err(self.remade(broken(failure)));
        }
        held(&self.state.seen).pushed.extend(updates.iter().filter_map(|update| update.new.clone()));
        let sent = send(&self.network, &self.url, &out, updates);
        let delete: Vec<String> = made.iter().map(|(name, _)| format!("delete {name}")).collect();
        let state = Arc::clone(&self.state);
        let clean_up = move || {
            drop(held(&state.writer).refs(&delete));
            drop(pushing);
        };
        // Private refs that are left cost a little space, so that nobody waits for this, or needs it.
        drop(std::thread::Builder::new().spawn(clean_up));
        let answer = sent.inspect_err(|error| tracing::info!(%error, "not pushed"))?;
        tracing::info!(ok = answer.ok, refused = answer.refused, said = ?answer.said, "pushed");
        // A server that cannot unpack what it got judges every ref. Whether our own objects are at fault, git says.
        let unread = !answer.refused || answer.said.iter().any(|line| line.contains("unpack"));
        if !answer.ok && unread && !self.can_pack(updates) {
            return Err(self.remade(missing("some of what is pushed")));
        }
        Ok(answer)
    }

    fn turn(&self) -> Option<Box<dyn std::any::Any + Send>> {
        let file = lock(&self.dir, "turn").ok()?;
        for _ in 0..TURN_LIMIT.as_millis() / TURN_PAUSE.as_millis() {
            match file.try_lock() {
                Ok(()) => return Some(Box::new(file)),
                Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(TURN_PAUSE),
                Err(std::fs::TryLockError::Error(_)) => return None,
            }
        }
        None
    }
}

impl Store {
    /// Tells whether git can read what it pushes, by making the pack once more.
    fn can_pack(&self, updates: &[RefUpdate]) -> bool {
        let there = ["for-each-ref", "--format=^%(objectname)", "refs/heads", "refs/in"];
        let Ok(mut revisions) = self.git().ok(&there, b"") else { return false };
        revisions.extend(
            updates.iter().filter_map(|u| Some(format!("{}\n", u.new.as_ref()?).into_bytes())).flatten(),
        );
        let args = ["pack-objects", "--revs", "--thin", "--stdout", "--delta-base-offset", "-q"];
        let mut drain = |out: &mut dyn BufRead| std::io::copy(out, &mut std::io::sink()).map(drop);
        self.git().stream(&args, &revisions, PUSH_LIMIT, &mut drain).is_ok_and(|(code, _)| code == Some(0))
    }
}

fn send(git: &Git, url: &str, out: &str, updates: &[RefUpdate]) -> Result<PushAnswer, RepoError> {
    let options = "push --porcelain --no-verify --no-follow-tags --recurse-submodules=no --no-signed";
    let mut args: Vec<String> = options.split(' ').map(Into::into).collect();
    // One ref alone needs no transaction, which some servers do not have.
    args.extend((updates.len() > 1).then(|| "--atomic".to_owned()));
    for update in updates {
        let old = update.old.as_ref().map_or("", |old| old.as_str());
        args.push(format!("--force-with-lease={}:{old}", update.name));
    }
    args.push("--".into());
    args.push(url.into());
    if updates.iter().any(|u| u.new.is_some()) {
        args.push(format!("{out}/*:refs/*"));
    }
    args.extend(updates.iter().filter(|u| u.new.is_none()).map(|u| format!(":{}", u.name)));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match git.run(&args, b"", PUSH_LIMIT) {
        Ok(Output { code: None, .. }) => {
            Err(RepoError::Unknown("git was ended in the middle of the push".into()))
        }
        Ok(output) => {
            let ok = output.code == Some(0);
            let said = words(&output.said, &output.stdout);
            let locks = output.said.iter().filter_map(|line| lock_in(line)).collect();
            // Git exits with 128 before it sends anything; a lost race, which is common, exits with 1.
            let no_atomic = output.code == Some(128) && refuses_atomic(git, &args);
            let refused = output.stdout.split(|&b| b == b'\n').any(|line| line.starts_with(b"!"));
            Ok(PushAnswer { ok, refused, no_atomic, said, locks })
        }
        Err(Failure::TimedOut { .. }) => {
            Err(RepoError::Unknown("the server did not answer the push in time".into()))
        }
        Err(e) => Err(unavailable(e)),
    }
}

/// Tells whether the same push would be accepted if it were not atomic: by two dry runs, so that no message has
/// to be read.
fn refuses_atomic(git: &Git, args: &[&str]) -> bool {
    let dry = |atomic: bool| {
        let mut args: Vec<&str> = args.iter().copied().filter(|a| atomic || *a != "--atomic").collect();
        args.insert(1, "--dry-run");
        git.run(&args, b"", PUSH_LIMIT).ok().and_then(|o| o.code)
    };
    dry(true) == Some(128) && dry(false) == Some(0)
}

/// What the server and git said about a refusal, for people.
fn words(said: &[String], porcelain: &[u8]) -> Vec<String> {
    let porcelain = String::from_utf8_lossy(porcelain);
    let porcelain = masked(&porcelain);
    let refused = porcelain.lines().filter(|l| l.starts_with('!'));
    let refused: Vec<String> = refused.map(|l| plain(public(l.trim_start_matches('!').trim()))).collect();
    // Where no ref was refused, only git itself says what went wrong.
    let own = |l: &str| {
        l.starts_with("fatal:")
            || (refused.is_empty() && l.starts_with("error:") && !l.starts_with("error: failed to push"))
    };
    let remote = said.iter().filter_map(|l| {
        let line = l.strip_prefix("remote:").map(str::trim).or_else(|| own(l).then_some(l.as_str()))?;
        (!line.is_empty()).then(|| line.to_owned())
    });
    remote.chain(refused.iter().cloned()).take(20).collect()
}

/// Leaves away the private ref that a ref was pushed from.
fn public(line: &str) -> &str {
    line.split_once(':')
        .filter(|(from, _)| !from.contains(char::is_whitespace))
        .map_or(line, |(_, rest)| rest)
}

fn lock_in(line: &str) -> Option<String> {
    let end = line.find(".lock")? + ".lock".len();
    let start = line[..end].rfind(['\'', '`', ' ', '"']).map_or(0, |at| at + 1);
    line.contains("File exists").then(|| line[start..end].to_owned())
}
