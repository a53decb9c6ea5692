//! `demo`: two weeks of a train in a minute, with the real engine, real git and a virtual clock.

use crate::command::status;
use crate::exit::Exit;
use crate::place::environment;
use crate::ui::{self, BAD, BOLD, DIM, GOOD, paint};
use allclear_core::event::{Actor, CheckOutcome, Proof, Via};
use allclear_core::port::Clock;
use allclear_core::{CommitId, Version};
use allclear_engine::{CheckResult, Engine, Fault, FaultKind, Note};
use allclear_git::{Clone, Environment, Git, Store, SystemClock, VirtualClock};
use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The stage: a server, a clone of it, and a clock of its own.
struct Stage {
    top: PathBuf,
    clone: PathBuf,
    env: Environment,
    clock: VirtualClock,
    zone: TimeZone,
    pace: Duration,
}

/// Runs the demo, and leaves its repository behind.
pub(crate) fn run(fast: bool, dir: Option<&Path>) -> Result<Exit, Fault> {
    let stage = Stage::build(fast, dir)?;
    let store = stage.store()?;
    stage.say("A library, greeter, with master at 1.0.0 and a week of work on develop. Its policy:");
    stage.quote(POLICY);
    let quiet = |_: &Note| {};
    stage.engine(&store, "Mira <mira@example.org>", &quiet).found()?;

    stage.scene(
        "the slot of the train",
        "a scheduled job runs `allclear tick`, every quarter of an hour, all the time",
    );
    stage.tick(&store)?;
    stage.status(&store)?;

    stage.clock.advance(DAY);
    stage.scene("day 1", "CI reports on the candidate; somebody is in a hurry: `allclear promote 1.1.0`");
    stage.check(&store, "release-1.1.0", CheckOutcome::Passed)?;
    stage.refused(
        stage
            .engine(&store, "Jon <jon@example.org>", &quiet)
            .promote(Some(Version::new(1, 1, 0)), None)
            .err(),
    );

    stage.clock.advance(DAY);
    stage.scene("day 2", "a feature slips onto the candidate's branch");
    let feature = stage.commit("release-1.1.0", "feat: shout", "src/shout.rs", "pub fn shout() {}\n")?;
    stage.tick(&store)?;
    stage.status(&store)?;
    stage.say("The author takes it back. A revert that undoes exactly that change clears it.");
    stage.git(&["revert", "--no-edit", &feature])?;
    stage.git(&["push", "-q", "origin", "HEAD:refs/heads/release-1.1.0"])?;

    stage.clock.advance(2 * HOUR);
    stage.scene("two hours later", "a user found a bug in rc.1; the fix comes on board");
    stage.commit("release-1.1.0", "fix: greet people without a name", "src/lib.rs", "pub fn greet(name: &str) -> String {\n    if name.is_empty() { \"Hello!\".into() } else { format!(\"Hello, {name}!\") }\n}\n")?;
    stage.tick(&store)?;
    stage.clock.advance(HOUR);
    stage.say("Half an hour without another push makes that head rc.2, and its own three days begin.");
    stage.tick(&store)?;
    stage.check(&store, "release-1.1.0", CheckOutcome::Passed)?;
    stage.status(&store)?;

    stage.clock.advance(5 * DAY);
    stage.scene(
        "day 7",
        "both clocks are served; the tick promotes, and a rival pushes to develop in the middle of it",
    );
    let rival = Cell::new(false);
    let in_the_middle = |note: &Note| {
        Stage::narrate(note);
        if matches!(note, Note::Planned(_)) && !rival.replace(true) {
            let pushed = stage.commit("develop", "feat: whisper", "src/whisper.rs", "pub fn whisper() {}\n");
            stage.say(if pushed.is_ok() {
                "    (the rival's push to develop lands here)"
            } else {
                "    (the rival's push was lost)"
            });
        }
    };
    let ticked = stage.engine(&store, "release job", &in_the_middle).tick(false)?;
    ticked.done.iter().for_each(|d| ui::out(format!("  {} {}", paint(GOOD, "✔"), d.0)));
    ticked.faults.iter().for_each(|f| ui::fault(f, false));
    stage.git(&["fetch", "-q", "--prune", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"])?;
    stage.say("Master, tag, develop and the end of the branch changed in one push:");
    let graph = stage.git(&[
        "log",
        "--graph",
        "--oneline",
        "--decorate",
        "-n",
        "12",
        "origin/develop",
        "origin/master",
    ])?;
    stage.quote(&graph);
    let missing = stage.git(&["log", "--oneline", "origin/develop..origin/master"])?;
    stage.say(&format!(
        "git log develop..master prints {}.",
        if missing.is_empty() { "nothing" } else { "something, and should not" }
    ));

    stage.clock.advance(7 * DAY);
    stage.scene("two weeks after the first cut", "the next slot");
    stage.tick(&store)?;
    stage.status(&store)?;
    stage.farewell();
    let released = ticked.done.iter().any(|d| d.0.starts_with("released 1.1.0"));
    Ok(if released { Exit::Done } else { Exit::Blocked })
}

const POLICY: &str = "preset = \"library@1\"         # soak 7 days, 3 after a fix; promote Mon-Thu 9-16
mode = \"run\"

[project]
name = \"greeter\"
time-zone = \"Europe/London\"

[train]
every = \"2 weeks\"
anchor = \"ANCHOR\"

[gates.checks]
required = [\"ci\"]
";

impl Stage {
    fn build(fast: bool, dir: Option<&Path>) -> Result<Self, Fault> {
        let broken = |e: std::io::Error| {
            Fault::new(FaultKind::TryLater, format!("the demo's directory cannot be made: {e}"))
        };
        let top = match dir {
            Some(dir) if dir.exists() => {
                return Err(Fault::new(FaultKind::Usage, format!("{} exists already", dir.display()))
                    .hint("name a directory that does not exist"));
            }
            Some(dir) => dir.to_path_buf(),
            None => tempfile::Builder::new().prefix("allclear-demo-").tempdir().map_err(broken)?.keep(),
        };
        std::fs::create_dir_all(&top).map_err(broken)?;
        let top = top.canonicalize().map_err(broken)?;
        let zone = allclear_core::policy::zone("Europe/London").unwrap_or(TimeZone::UTC);
        let anchor = anchor(SystemClock.now(), &zone);
        let start = anchor.to_zoned(zone.clone()).map(|z| z.timestamp()).unwrap_or_default();
        // Seven minutes past the slot: the tick that comes next.
        let clock = VirtualClock::at(start);
        let env = Environment { cache: top.join("cache"), ..environment() };
        let pace = if fast { Duration::ZERO } else { Duration::from_secs(1) };
        let stage = Self { clone: top.join("greeter"), top, env, clock, zone, pace };
        stage.history(anchor).map_err(|f| f.truth("nothing was changed outside the demo's directory"))?;
        stage.clock.advance(7 * 60);
        Ok(stage)
    }

    /// Makes a server with a library that has a release and some work since.
    fn history(&self, anchor: civil::DateTime) -> Result<(), Fault> {
        std::fs::create_dir_all(&self.clone).map_err(|e| Fault::new(FaultKind::TryLater, e.to_string()))?;
        let server = self.top.join("server.git").display().to_string();
        self.git(&["init", "-q", "--bare", "-b", "master", &server])?;
        self.git(&["init", "-q", "-b", "master"])?;
        for (key, value) in [
            ("user.name", "Mira"),
            ("user.email", "mira@example.org"),
            ("remote.origin.url", &server),
            ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
        ] {
            self.git(&["config", key, value])?;
        }
        self.clock.advance(-9 * DAY);
        self.write("Cargo.toml", "[package]\nname = \"greeter\"\nversion = \"1.0.0\"\nedition = \"2024\"\n")?;
        self.write(
            "src/lib.rs",
            "pub fn greet(name: &str) -> String {\n    format!(\"Hello, {name}!\")\n}\n",
        )?;
        self.git(&["add", "."])?;
        self.git(&["commit", "-q", "-m", "feat: greet people"])?;
        self.git(&["tag", "-a", "v1.0.0", "-m", "v1.0.0"])?;
        self.git(&["push", "-q", "origin", "HEAD:refs/heads/master", "HEAD:refs/heads/develop", "v1.0.0"])?;
        let policy = POLICY.replace("ANCHOR", &anchor.strftime("%Y-%m-%d %H:%M").to_string());
        self.commit("develop", "chore: release by train", "allclear.toml", &policy)?;
        self.clock.advance(2 * DAY);
        self.commit("develop", "feat: say goodbye", "src/bye.rs", "pub fn bye() {}\n")?;
        self.clock.advance(3 * DAY);
        self.commit("develop", "fix: spell hello", "src/spell.rs", "pub const HELLO: &str = \"Hello\";\n")?;
        self.clock.advance(4 * DAY);
        Ok(())
    }

    fn git(&self, args: &[&str]) -> Result<String, Fault> {
        let date = format!("{} +0000", self.clock.now().as_second());
        let git = Git::new(&self.clone, &self.env.inherited)
            .with_env("GIT_AUTHOR_DATE", &date)
            .with_env("GIT_COMMITTER_DATE", &date);
        let git = git.with_config("protocol.file.allow", "always");
        let out = git.ok(args, b"").map_err(|e| Fault::new(FaultKind::TryLater, e.to_string()))?;
        Ok(String::from_utf8_lossy(&out).trim_end().to_owned())
    }

    fn write(&self, path: &str, text: &str) -> Result<(), Fault> {
        let path = self.clone.join(path);
        let parent = path.parent().unwrap_or(&self.clone);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|e| Fault::new(FaultKind::TryLater, e.to_string()))
    }

    /// Commits one file to a branch of the server, as a colleague would.
    fn commit(&self, branch: &str, message: &str, path: &str, text: &str) -> Result<String, Fault> {
        self.git(&["fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*"])?;
        self.git(&["checkout", "-q", "--detach", &format!("origin/{branch}")])?;
        self.write(path, text)?;
        self.git(&["add", path])?;
        self.git(&["commit", "-q", "-m", message])?;
        self.git(&["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")])?;
        self.git(&["rev-parse", "HEAD"])
    }

    fn store(&self) -> Result<Store, Fault> {
        let clone = Clone::open(&self.clone, None, &self.env)
            .map_err(|e| Fault::new(FaultKind::TryLater, e.to_string()))?;
        Ok(Store::open(&clone, &self.env)?)
    }

    fn engine<'a>(&'a self, store: &'a Store, who: &str, watch: &'a dyn Fn(&Note)) -> Engine<'a> {
        Engine {
            repo: store,
            clock: &self.clock,
            by: Actor { who: who.into(), proof: Proof::Claimed },
            via: Via::Cli,
            watch,
        }
    }

    fn tick(&self, store: &Store) -> Result<(), Fault> {
        let ticked = self.engine(store, "release job", &|_| {}).tick(false)?;
        ui::out(paint(DIM, "$ allclear tick"));
        ticked.done.iter().for_each(|d| ui::out(format!("  {}", d.0)));
        ticked.faults.iter().for_each(|f| ui::fault(f, false));
        Ok(())
    }

    fn check(&self, store: &Store, branch: &str, outcome: CheckOutcome) -> Result<(), Fault> {
        let head = self.git(&["ls-remote", "origin", &format!("refs/heads/{branch}")])?;
        let head = head.split('\t').next().unwrap_or_default();
        let commit = CommitId::parse(head).map_err(|e| Fault::new(FaultKind::TryLater, e.to_string()))?;
        ui::out(paint(DIM, format!("$ allclear check ci passed --commit {}", commit.short())));
        let result = CheckResult { name: "ci".into(), outcome, commit, url: None };
        self.engine(store, "CI", &|_| {}).check(vec![result])
    }

    fn status(&self, store: &Store) -> Result<(), Fault> {
        let seen = self.engine(store, "Mira", &|_| {}).observe()?;
        ui::out(paint(DIM, "$ allclear status"));
        status::show("greeter", &seen, &seen.assess(self.clock.now()), None);
        self.rest(3);
        Ok(())
    }

    fn refused(&self, fault: Option<Fault>) {
        if let Some(fault) = fault {
            ui::out(format!("{} {}", paint(BAD, "refused:"), fault.what));
            ui::out(format!("  {}", fault.truth));
        }
        self.rest(2);
    }

    fn narrate(note: &Note) {
        let line = match note {
            Note::Judged(_) => "1/5 all gates clear for exactly this commit",
            Note::Built => "2/5 objects built",
            Note::Planned(_) => "3/5 plan on record",
            Note::Moving(_) => "4/5 one atomic push",
            Note::ReadBack => "5/5 refs read back",
            Note::Replanning { .. } => "develop moved: nothing was changed; planning anew",
            Note::Observed
            | Note::Moved(_)
            | Note::Raced
            | Note::Confirmed(_)
            | Note::StepBegins(..)
            | Note::StepEnded(..)
            | Note::Told(_)
            | Note::Unsigned => return,
        };
        ui::out(format!("  {line}"));
    }

    fn scene(&self, title: &str, text: &str) {
        self.rest(1);
        let now = crate::when::show(self.clock.now(), &self.zone, self.clock.now());
        ui::out(format!("\n{}", paint(BOLD, format!("── {now} · {title}"))));
        ui::out(text);
        self.rest(1);
    }

    fn say(&self, text: &str) {
        ui::out(text);
        self.rest(1);
    }

    fn quote(&self, text: &str) {
        let anchor = self.clock.now().to_zoned(self.zone.clone()).strftime("%Y-%m-%d 10:00").to_string();
        text.trim_end().lines().for_each(|l| ui::out(format!("    {}", l.replace("ANCHOR", &anchor))));
        self.rest(1);
    }

    fn rest(&self, beats: u32) {
        if !self.pace.is_zero() {
            SystemClock.wait(self.pace * beats);
        }
    }

    fn farewell(&self) {
        let clone = self.clone.display();
        ui::out(format!("\n{} {}", paint(BOLD, "The repository is yours:"), self.top.display()));
        ui::out(format!("  allclear -C {clone} log"));
        ui::out(format!("  allclear -C {clone} why"));
        ui::out(format!("  allclear -C {clone} promote --dry-run"));
        ui::out(format!("  git -C {clone} log --graph --oneline origin/develop"));
    }
}

/// The Tuesday, 10:00, of three weeks ago: the whole story is over before now, so that the repository it
/// leaves behind can be used with the real clock.
fn anchor(now: Timestamp, zone: &TimeZone) -> civil::DateTime {
    let today = now.to_zoned(zone.clone()).date();
    let back = i64::from(today.weekday().to_monday_zero_offset()) + 20;
    today.checked_sub(back.days()).unwrap_or(today).at(10, 0, 0, 0)
}
