//! What the demo tells: each act by the real engine, the real lab and real git, at the time of a virtual clock.

use super::fixture::{Fixture, broken};
use crate::context::Context;
use crate::lab;
use crate::screen::progress::Show;
use crate::screen::ui::{self, BAD, BOLD, DIM, GOOD, paint};
use crate::screen::{results, status, why};
use allclear_core::CommitId;
use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::port::Clock;
use allclear_engine::{CheckResult, Engine, Fault, FaultKind, Lab, Note, Progress, Refusal, TestWish};
use allclear_git::{Clone, SystemClock, VirtualClock};
use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The candidate's branch.
pub(super) const BRANCH: &str = "release-1.1.0";

/// The repositories, the context to work in, and how fast the story goes.
pub(super) struct Story {
    pub(super) fixture: Fixture,
    context: Context,
    zone: TimeZone,
    pace: Duration,
}

impl Story {
    pub(super) fn build(fast: bool, dir: Option<&Path>, contained: bool) -> Result<Self, Fault> {
        let top = ground(dir)?;
        let zone = allclear_core::policy::zone("Europe/London").unwrap_or(TimeZone::UTC);
        let anchor = anchor(SystemClock.now(), &zone);
        let start = anchor.to_zoned(zone.clone()).map(|z| z.timestamp()).unwrap_or_default();
        let fixture = Fixture::build(top, VirtualClock::at(start), anchor, contained)?;
        // Seven minutes past the slot: the tick that comes next.
        fixture.clock.advance(7 * 60);
        let clone = Clone::open(&fixture.clone, None, &fixture.env).map_err(broken)?;
        let context = Context::of(clone, fixture.env.clone(), None)?;
        let pace = if fast { Duration::ZERO } else { Duration::from_secs(1) };
        Ok(Self { fixture, context, zone, pace })
    }

    pub(super) fn engine<'a>(&'a self, who: &str, watch: &'a (dyn Fn(&Note) + Sync)) -> Engine<'a> {
        Engine {
            repo: &self.context.store,
            steps: Some(&self.context.store),
            notify: Some(&self.context.store),
            clock: &self.fixture.clock,
            recorded_by: None,
            by: Actor { who: who.into(), proof: Proof::Claimed },
            via: Via::Cli,
            watch,
        }
    }

    pub(super) fn tick(&self) -> Result<(), Fault> {
        let ticked = self.engine("release job", &|_| {}).tick(false)?;
        ui::out(paint(DIM, "$ allclear tick"));
        ticked.done.iter().for_each(|d| ui::out(format!("  {}", d.0)));
        ticked.faults.iter().for_each(|f| ui::fault(&f.into(), false));
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        let head = self.fixture.git(&["ls-remote", "origin", &format!("refs/heads/{BRANCH}")])?;
        let commit = CommitId::parse(head.split('\t').next().unwrap_or_default()).map_err(broken)?;
        ui::out(paint(DIM, format!("$ allclear check ci passed --commit {}", commit.short())));
        let result = CheckResult { name: "ci".into(), outcome: CheckOutcome::Passed, commit, url: None };
        Ok(self.engine("CI", &|_| {}).check(vec![result])?)
    }

    /// Looks at what is built on the candidate. That takes real time, and the virtual clock goes with it.
    pub(super) fn test(&self) -> Result<(), Fault> {
        ui::out(paint(DIM, "$ allclear test"));
        let engine = self.engine("release job", &|_| {});
        let seen = engine.observe()?;
        let wish = TestWish::default();
        let target = engine.target(&seen, &wish)?;
        let sources = lab::sources(&self.context)?;
        // Ctrl-C ends the demo and all that it started, as it always does.
        let stop = Arc::default();
        let executor = lab::open(&self.context, &sources, &seen, target.policy.as_ref(), &stop)?;
        let clock = &self.fixture.clock;
        let (show, last) = (Show::new(false), Mutex::new(SystemClock.now()));
        let watch = |step: &Progress<'_>| {
            show.hear(step);
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let now = SystemClock.now();
            clock.wait(now.duration_since(*last).unsigned_abs());
            *last = now;
        };
        let lab = Lab { sources: &sources, executor: &executor, jobs: 3, stop: &stop, watch: &watch };
        let tested = engine.test(&target, &wish, &lab);
        show.end();
        results::show("greeter", &tested?);
        self.rest(3);
        Ok(())
    }

    pub(super) fn status(&self) -> Result<(), Fault> {
        let seen = self.engine("Mira", &|_| {}).observe()?;
        ui::out(paint(DIM, "$ allclear status"));
        status::show("greeter", &seen, &seen.assess(self.fixture.clock.now()), None);
        self.rest(3);
        Ok(())
    }

    pub(super) fn why(&self, downstream: &str) -> Result<(), Fault> {
        let engine = self.engine("Mira", &|_| {});
        let seen = engine.observe()?;
        let now = self.fixture.clock.now();
        ui::out(format!("\n{}", paint(DIM, format!("$ allclear why downstream:{downstream}"))));
        let topic = Some(("downstream".to_owned(), Some(downstream.to_owned())));
        for found in &seen.assess(now).candidates {
            why::explain(&engine, &seen, found, &topic, now)?;
        }
        self.rest(3);
        Ok(())
    }

    /// Ticks when all is clear, with a rival in the middle of it; tells whether that released.
    pub(super) fn promotion(&self) -> Result<bool, Fault> {
        let rival = AtomicBool::new(false);
        let in_the_middle = |note: &Note| {
            Self::narrate(note);
            if matches!(note, Note::Built) && !rival.swap(true, Relaxed) {
                let whisper = "whisper() {\n    echo \"hello, $1\"\n}\n";
                let pushed = self.fixture.commit("develop", "feat: whisper", "whisper.sh", whisper);
                self.say(if pushed.is_ok() {
                    "    (the rival's push to develop lands here)"
                } else {
                    "    (the rival's push was lost)"
                });
            }
        };
        let ticked = self.engine("release job", &in_the_middle).tick(false)?;
        ticked.done.iter().for_each(|d| ui::out(format!("  {} {}", paint(GOOD, "✔"), d.0)));
        ticked.faults.iter().for_each(|f| ui::fault(&f.into(), false));
        let all = "+refs/heads/*:refs/remotes/origin/*";
        self.fixture.git(&["fetch", "-q", "--prune", "--tags", "origin", all])?;
        self.say("Master, tag, develop and the end of the branch changed in one push:");
        let graph =
            ["log", "--graph", "--oneline", "--decorate", "-n", "12", "origin/develop", "origin/master"];
        self.quote(&self.fixture.git(&graph)?);
        let missing = self.fixture.git(&["log", "--oneline", "origin/develop..origin/master"])?;
        self.say(&format!(
            "git log develop..master prints {}.",
            if missing.is_empty() { "nothing" } else { "something, and should not" }
        ));
        Ok(ticked.done.iter().any(|d| d.0.starts_with("released 1.1.0")))
    }

    pub(super) fn refused(&self, refusal: Option<Refusal>) {
        if let Some(fault) = refusal.map(Fault::from) {
            ui::out(format!("{} {}", paint(BAD, "refused:"), fault.what));
            ui::out(format!("  {}", fault.truth));
        }
        self.rest(2);
    }

    fn narrate(note: &Note) {
        let line = match note {
            Note::Judged(_) => "1/4 all gates clear for exactly this commit",
            Note::Built => "2/4 objects built",
            Note::Pushing(_) => "3/4 one atomic push of all refs and the entry",
            Note::ReadBack => "4/4 refs read back",
            Note::Overtaken { .. } => "develop moved: nothing was changed; judging and building anew",
            Note::Observed
            | Note::Pushed(_)
            | Note::Raced
            | Note::Confirmed(_)
            | Note::StepBegins(..)
            | Note::StepEnded(..)
            | Note::Notified(_)
            | Note::Unsigned => return,
        };
        ui::out(format!("  {line}"));
    }

    pub(super) fn scene(&self, title: &str, text: &str) {
        self.rest(1);
        let now =
            crate::screen::instant::show(self.fixture.clock.now(), &self.zone, self.fixture.clock.now());
        ui::out(format!("\n{}", paint(BOLD, format!("── {now} · {title}"))));
        ui::out(text);
        self.rest(1);
    }

    pub(super) fn say(&self, text: &str) {
        ui::out(text);
        self.rest(1);
    }

    pub(super) fn quote(&self, text: &str) {
        text.trim_end().lines().for_each(|l| ui::out(format!("    {l}").trim_end()));
        self.rest(1);
    }

    fn rest(&self, beats: u32) {
        if !self.pace.is_zero() {
            SystemClock.wait(self.pace * beats);
        }
    }

    pub(super) fn farewell(&self) {
        let clone = self.fixture.clone.display();
        ui::out(format!("\n{} {}", paint(BOLD, "The repository is yours:"), self.fixture.top.display()));
        ui::out(format!("  allclear -C {clone} log"));
        ui::out(format!("  allclear -C {clone} why"));
        ui::out(format!("  allclear -C {clone} test"));
        ui::out(format!("  allclear -C {clone} promote --dry-run"));
        ui::out(format!("  git -C {clone} log --graph --oneline origin/develop"));
    }
}

/// Gives the directory that the demo has for itself.
fn ground(dir: Option<&Path>) -> Result<PathBuf, Fault> {
    let lost = |e| Fault::new(FaultKind::TryLater, format!("the demo's directory cannot be made: {e}"));
    let top = match dir {
        Some(dir) if dir.exists() => {
            return Err(Fault::new(FaultKind::Usage, format!("{} exists already", dir.display()))
                .hint("name a directory that does not exist"));
        }
        Some(dir) => dir.to_path_buf(),
        None => tempfile::Builder::new().prefix("allclear-demo-").tempdir().map_err(lost)?.keep(),
    };
    std::fs::create_dir_all(&top).map_err(lost)?;
    top.canonicalize().map_err(lost)
}

/// The Tuesday, 10:00, of three weeks ago: the whole story is over before now, so that the repository it
/// leaves behind can be used with the real clock.
fn anchor(now: Timestamp, zone: &TimeZone) -> civil::DateTime {
    let today = now.to_zoned(zone.clone()).date();
    let back = i64::from(today.weekday().to_monday_zero_offset()) + 20;
    today.checked_sub(back.days()).unwrap_or(today).at(10, 0, 0, 0)
}
