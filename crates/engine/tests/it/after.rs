//! After-steps: published once, whatever happens between the run and the record.

use crate::v;
use allclear_core::Event;
use allclear_core::decide::after::{StepState, report, word};
use allclear_core::ledger::step_end::{DoneBy, StepFailure};
use allclear_core::types::gate::Gate;
use allclear_engine::{FaultKind, Note, StepDecision};
use allclear_testkit::{Flaky, Machine, Push, World};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;

/// A registry as a directory: what was published, a line each, and files that make it behave badly.
struct Registry {
    world: World,
}

impl Registry {
    /// A project whose 1.1.0 is about to leave, with these steps behind it; `REG` in them is the registry.
    fn with(steps: &str) -> Self {
        let registry = Self::without_tick(steps);
        let (_, faults) = registry.tick("a");
        assert!(faults.is_empty(), "{faults:?}");
        registry
    }

    /// The same, and nobody has ticked since it was clear.
    fn without_tick(steps: &str) -> Self {
        let world = World::new();
        let dir = world.path().join("registry");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("published"), "").unwrap();
        let steps = steps.replace("REG", &dir.display().to_string());
        world.policy(&format!("[project]\nname = \"demo\"\n{steps}"));
        world.cut();
        world.days(8);
        Self { world }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.path().join("registry").join(name)
    }

    fn set(&self, name: &str) {
        std::fs::write(self.path(name), "").unwrap();
    }

    fn unset(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn machine(&self, name: &str) -> Machine {
        self.world.machine(name)
    }

    /// Ticks on a machine; gives what was done and what was not.
    fn tick(&self, machine: &str) -> (Vec<String>, Vec<String>) {
        let ticked = self.machine(machine).engine().tick(false).unwrap();
        (
            ticked.done.into_iter().map(|d| d.0).collect(),
            ticked.faults.into_iter().map(|f| f.what()).collect(),
        )
    }

    fn state(&self, step: &str) -> StepState {
        let snapshot = self.machine("looker").engine().observe().unwrap();
        let release = &snapshot.project.releases[&v("1.1.0")];
        report(release, self.world.now()).into_iter().find(|r| r.step.name == step).unwrap().state
    }

    fn word(&self) -> String {
        word(&self.machine("looker").engine().observe().unwrap().project.releases[&v("1.1.0")])
    }

    fn how_done(&self) -> Vec<DoneBy> {
        let how = |e: Event| if let Event::StepDone { by, .. } = e { Some(by) } else { None };
        self.world.events().into_iter().filter_map(how).collect()
    }

    fn failures(&self) -> Vec<(StepFailure, u32)> {
        let how = |e: Event| {
            if let Event::StepFailed { how, attempt, .. } = e { Some((how, attempt)) } else { None }
        };
        self.world.events().into_iter().filter_map(how).collect()
    }
}

/// Publishes a line; the probe finds it, unless the registry is down.
const PUBLISH: &str = r#"
[[after]]
name = "publish"
run = """
test -e REG/broken && { echo "no such luck"; exit 7; }
echo "$ALLCLEAR_VERSION" >> REG/published
"""
done = """
test -e REG/down && { echo "connection refused"; exit 2; }
test -e REG/silent && exit 1
grep -qx "$ALLCLEAR_VERSION" REG/published
"""
"#;

#[test]
fn a_step_runs_once_behind_the_release() {
    let r = Registry::without_tick(PUBLISH);
    let (done, faults) = r.tick("a");
    assert_eq!(done, ["released 1.1.0 as v1.1.0", "step publish is done: 1.1.0 is published"]);
    assert!(faults.is_empty(), "{faults:?}");
    for machine in ["a", "b", "c"] {
        assert_eq!(r.tick(machine), (vec![], vec![]));
        r.world.days(1);
    }
    assert_eq!(r.lines("published"), ["1.1.0"]);
    assert_eq!((r.how_done(), r.word()), (vec![DoneBy::Ran], "published".into()));
    r.world.check_promises();
}

#[test]
fn what_is_done_already_is_not_run() {
    let r = Registry::without_tick(PUBLISH);
    std::fs::write(r.path("published"), "1.1.0\n").unwrap();
    let (done, _) = r.tick("a");
    assert_eq!(done[1], "step publish is done already: 1.1.0 is published");
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Probed]));
}

#[test]
fn steps_go_in_their_order() {
    let step = |name: &str, needs: &str| {
        format!("[[after]]\nname = \"{name}\"\nrun = \"echo {name} >> REG/order\"\nneeds = [{needs}]\n")
    };
    let steps = step("announce", "\"docs\", \"crates\"") + &step("docs", "\"crates\"") + &step("crates", "");
    let r = Registry::with(&steps);
    assert_eq!(r.lines("order"), ["crates", "docs", "announce"]);
    assert_eq!(r.word(), "published");
}

#[test]
fn what_fails_holds_up_only_what_needs_it() {
    let r = Registry::without_tick(
        "[[after]]\nname = \"a\"\nrun = \"exit 3\"\n[[after]]\nname = \"b\"\nrun = \"true\"\nneeds = [\"a\"]\n\
         [[after]]\nname = \"c\"\nrun = \"true\"\n",
    );
    let (done, faults) = r.tick("a");
    assert_eq!(done, ["released 1.1.0 as v1.1.0", "step c is done: 1.1.0 is released · publishing 1 of 3"]);
    assert_eq!(faults, ["step a of 1.1.0 is not done: the run exited with 3"]);
    assert_eq!(r.world.released(), [v("1.1.0")], "the release stays");
    assert_eq!(
        ["a", "b", "c"].map(|s| r.state(s)),
        [StepState::Retrying, StepState::Waiting, StepState::Done]
    );
    r.world.check_promises();
}

#[test]
fn while_one_runs_it_the_others_leave_it_alone() {
    let r = Registry::without_tick(PUBLISH);
    let (a, b) = (r.machine("a"), r.machine("b"));
    let seen = Mutex::new(None);
    let watch = |note: &Note| {
        if matches!(note, Note::StepBegins(..) | Note::StepEnded(..)) {
            let theirs = b.engine().tick(false).unwrap();
            let theirs = (theirs.done.len(), theirs.faults.len());
            assert_eq!(theirs, (0, 0));
            *seen.lock().unwrap() = Some(theirs);
        }
    };
    a.engine_with(&a.store, &watch).tick(false).unwrap();
    assert_eq!(*seen.lock().unwrap(), Some((0, 0)), "the other has ticked");
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Ran]));
}

#[test]
fn who_loses_the_race_for_it_does_not_run_it() {
    let r = Registry::without_tick(PUBLISH);
    r.set("down");
    r.tick("a");
    r.unset("down");
    r.world.minutes(1);
    let (a, b) = (r.machine("a"), r.machine("b"));
    // Both have probed, and heard no; b is first with all of it.
    let flaky = Flaky::new(&a.store).before_push(1, || {
        let theirs = b.engine().tick(false).unwrap();
        assert_eq!(theirs.done.len(), 1, "{theirs:?}");
    });
    let ours = a.engine_on(&flaky).tick(false).unwrap();
    assert!(ours.done.is_empty() && ours.faults.is_empty(), "{ours:?}");
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Ran]));
}

#[test]
fn four_machines_at_once_publish_once() {
    let r = Registry::without_tick(PUBLISH);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let machine = r.world.lone_machine(&format!("m{n}"));
            scope.spawn(move || machine.engine().tick(false).unwrap());
        }
    });
    r.world.minutes(3);
    r.tick("b");
    assert_eq!((r.lines("published").len(), r.word()), (1, "published".into()));
    r.world.check_promises();
}

/// Ticks on machine `a`, which is killed when `at` is noted.
fn killed(r: &Registry, at: fn(&Note) -> bool) {
    let a = r.machine("a");
    let watch = |note: &Note| assert!(!at(note), "killed");
    let outcome = catch_unwind(AssertUnwindSafe(|| a.engine_with(&a.store, &watch).tick(false)));
    assert!(outcome.is_err(), "it was to be killed");
}

#[test]
fn killed_between_run_and_record_it_is_found_done() {
    let r = Registry::without_tick(PUBLISH);
    killed(&r, |note| matches!(note, Note::StepEnded(..)));
    assert_eq!((r.lines("published").len(), r.state("publish")), (1, StepState::Running));
    r.world.minutes(30);
    assert_eq!(r.tick("b"), (vec![], vec![]), "its lease lasts");
    r.world.minutes(18);
    r.tick("b");
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Probed]));
}

#[test]
fn killed_before_it_ran_it_is_run_when_the_lease_is_over() {
    let r = Registry::without_tick(PUBLISH);
    killed(&r, |note| matches!(note, Note::StepBegins(..)));
    assert_eq!(r.lines("published").len(), 0);
    r.world.minutes(48);
    r.tick("b");
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Ran]));
}

#[test]
fn killed_without_a_probe_a_person_must_say() {
    let r = Registry::without_tick("[[after]]\nname = \"mail\"\nrun = \"echo out >> REG/mails\"\n");
    killed(&r, |note| matches!(note, Note::StepEnded(..)));
    for _ in 0..5 {
        r.world.days(1);
        assert_eq!(r.tick("b"), (vec![], vec![]));
    }
    assert_eq!((r.lines("mails").len(), r.state("mail")), (1, StepState::Unknown));
    let b = r.machine("b");
    let wrong = b.engine().decide_step(None, "male", &StepDecision::Retry).unwrap_err();
    assert_eq!((wrong.kind(), wrong.hints().concat()), (FaultKind::Usage, "it has mail".into()));
    b.engine().decide_step(None, "mail", &StepDecision::Done("I got it".into())).unwrap();
    assert_eq!((r.word(), r.how_done()), ("published".into(), vec![DoneBy::Told]));
    assert!(b.engine().decide_step(None, "mail", &StepDecision::Retry).is_err(), "done is done");
}

#[test]
fn what_became_of_it_is_recorded_when_the_server_is_back() {
    let r = Registry::without_tick("[[after]]\nname = \"mail\"\nrun = \"echo out >> REG/mails\"\n");
    r.machine("a").engine().promote(None, None).unwrap();
    let b = r.machine("b");
    // The first push begins it; then the line is dead for a while.
    let flaky = (2..6).fold(Flaky::new(&b.store), |flaky, n| flaky.push_is(n, Push::Lose));
    let ticked = b.engine_on(&flaky).tick(false).unwrap();
    assert_eq!(ticked.done.len(), 1, "{ticked:?}");
    assert_eq!((r.lines("mails").len(), r.word()), (1, "published".into()));
}

#[test]
fn a_person_may_ask_for_it_anew() {
    let r = Registry::without_tick("[[after]]\nname = \"mail\"\nrun = \"echo out >> REG/mails\"\n");
    killed(&r, |note| matches!(note, Note::StepBegins(..)));
    let b = r.machine("b");
    let early = b.engine().decide_step(None, "mail", &StepDecision::Retry).unwrap_err();
    assert_eq!(early.kind(), FaultKind::Waiting, "somebody may be at it");
    r.world.days(1);
    b.engine().decide_step(Some(v("1.1.0")), "mail", &StepDecision::Retry).unwrap();
    r.tick("b");
    assert_eq!((r.lines("mails").len(), r.word()), (1, "published".into()));
}

#[test]
fn a_probe_that_always_says_no_publishes_once() {
    let r = Registry::without_tick(PUBLISH);
    r.set("silent");
    let (_, faults) = r.tick("a");
    assert!(
        faults[0].contains("it ran and exited with 0, but the probe says that it is not done"),
        "{faults:?}"
    );
    for _ in 0..20 {
        r.world.minutes(400);
        r.tick("b");
    }
    assert_eq!((r.lines("published").len(), r.state("publish")), (1, StepState::Unconfirmed));
    r.unset("silent");
    r.world.days(1);
    r.tick("b");
    assert_eq!((r.lines("published").len(), r.word()), (1, "published".into()));
}

#[test]
fn a_probe_that_always_says_yes_publishes_nothing() {
    let r = Registry::with("[[after]]\nname = \"x\"\nrun = \"echo x >> REG/published\"\ndone = \"true\"\n");
    assert_eq!((r.lines("published").len(), r.how_done()), (0, vec![DoneBy::Probed]));
}

#[test]
fn a_registry_that_is_slow_is_given_time() {
    let r = Registry::with(
        "[[after]]\nname = \"x\"\nrun = \"echo x >> REG/published\"\n\
         done = \"test -s REG/published || exit 1; echo . >> REG/looks; test $(wc -l < REG/looks) -ge 3\"\n",
    );
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Ran]));
    assert!(r.failures().is_empty());
}

#[test]
fn a_registry_that_is_down_for_a_day() {
    let r = Registry::without_tick(PUBLISH);
    r.set("down");
    let (_, faults) = r.tick("a");
    assert_eq!(
        faults,
        ["step publish of 1.1.0 is not done: the probe cannot tell: exited with 2: connection refused"]
    );
    for n in 0..48 {
        r.world.minutes(30);
        r.tick(if n % 2 == 0 { "a" } else { "b" });
    }
    assert!(r.lines("published").is_empty(), "nothing is run while it cannot be told whether it is done");
    let tries = r.failures();
    assert!(
        (5..14).contains(&tries.len()) && tries.iter().all(|(how, _)| *how == StepFailure::Unclear),
        "{tries:?}"
    );
    r.unset("down");
    r.world.minutes(6 * 60);
    r.tick("b");
    assert_eq!((r.lines("published").len(), r.how_done()), (1, vec![DoneBy::Ran]));
}

#[test]
fn what_failed_is_tried_again_with_growing_pauses() {
    let r = Registry::without_tick(PUBLISH);
    r.set("broken");
    let mut at = Vec::new();
    for minute in 0..34 {
        if !r.tick(if minute % 2 == 0 { "a" } else { "b" }).1.is_empty() {
            at.push(minute);
        }
        r.world.minutes(1);
    }
    assert_eq!(at, [0, 1, 3, 7, 15, 31]);
    assert_eq!(r.failures(), [1, 2, 3, 4, 5, 6].map(|n| (StepFailure::Failed, n)));
    r.unset("broken");
    r.world.minutes(32);
    r.tick("c");
    assert_eq!((r.lines("published").len(), r.word()), (1, "published".into()));
    r.world.check_promises();
}

#[test]
fn what_it_said_is_kept_short_and_without_secrets() {
    let r = Registry::without_tick(
        "[[after]]\nname = \"x\"\nrun = \"yes padding | head -n 9000; echo token $DEMO_TOKEN; git rev-parse; env | grep -c GIT_DIR; exit 9\"\n",
    );
    let env = r.world.environment("a");
    let vars = [("DEMO_TOKEN", "s3cr3t-s3cr3t"), ("GIT_DIR", "/nowhere")];
    let a = r.machine("a").with_variables(&env, &vars);
    a.engine().tick(false).unwrap();
    let said = r.world.events().into_iter().find_map(|e| match e {
        Event::StepFailed { said, .. } => said,
        _ => None,
    });
    let said = said.unwrap();
    assert!(said.len() <= 4096 && said.contains("padding\ntoken [masked: DEMO_TOKEN]\n"), "{said}");
    assert!(
        said.contains("not a git repository") && said.ends_with("\n0"),
        "no git finds a repository: {said}"
    );
    let record = r.world.git(&["log", "-p", "refs/allclear/ledger"]);
    assert!(!record.contains("s3cr3t"));
}

#[test]
fn a_time_limit_ends_it_and_its_children() {
    let r = Registry::without_tick(
        "[[after]]\nname = \"x\"\nrun = \"sleep 600 & sleep 600\"\ndone = \"exit 1\"\nlimit = \"1s\"\n",
    );
    let (_, faults) = r.tick("a");
    assert_eq!(faults, ["step x of 1.1.0 is not done: the run took longer than its limit and was ended"]);
}

#[test]
fn the_checkout_is_the_tag_byte_for_byte() {
    let r = Registry::without_tick("");
    let world = &r.world;
    let clone = world.clone_dir();
    world.git_in(&clone, &["fetch", "-q", "origin"]);
    world.git_in(&clone, &["checkout", "-q", "-B", "work", "origin/develop"]);
    let attributes = "* text=auto eol=crlf\n*.txt export-subst ident working-tree-encoding=UTF-16\nhidden export-ignore\n*.bin filter=lfs\n";
    for (name, text) in [
        (".gitattributes", attributes),
        ("a.txt", "$Format:%H$ $Id$\n"),
        ("hidden", "here\n"),
        ("b.bin", "pointer\n"),
        ("dir/sub/run.sh", "#!/bin/sh\necho ran\n"),
    ] {
        let path = clone.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::os::unix::fs::symlink("dir/sub/run.sh", clone.join("link")).unwrap();
    // The index is told what the files are, without any of the attributes.
    world.git_in(&clone, &["-c", "core.attributesFile=/dev/null", "add", "dir", "hidden", "link"]);
    for (name, mode) in
        [(".gitattributes", "100644"), ("a.txt", "100644"), ("b.bin", "100644"), ("dir/sub/run.sh", "100755")]
    {
        let id = world.git_in(&clone, &["hash-object", "-w", "--no-filters", name]);
        world.git_in(&clone, &["update-index", "--add", "--cacheinfo", &format!("{mode},{id},{name}")]);
    }
    world.git_in(&clone, &["commit", "-q", "-m", "fix: files"]);
    world.git_in(&clone, &["push", "-q", "origin", "HEAD:refs/heads/release-1.1.0"]);
    let out = r.path("out").display().to_string();
    let step = format!(
        "[[after]]\nname = \"look\"\nrun = \"\"\"\n{{ cat a.txt hidden b.bin; ./link; readlink link; ls -A; \
         cat $ALLCLEAR_NOTES | head -n 1; echo $ALLCLEAR_TAG $ALLCLEAR_STABLE; }} > {out}\n\"\"\"\n"
    );
    world.policy(&format!("[project]\nname = \"demo\"\n{step}"));
    let a = r.machine("a");
    a.engine().tick(false).unwrap();
    a.engine().adopt(None).unwrap();
    world.days(6);
    a.engine().tick(false).unwrap();
    world.days(7);
    let (done, faults) = r.tick("a");
    let text = r.lines("out").join("\n");
    assert!(
        text.starts_with("$Format:%H$ $Id$\nhere\npointer\nran\ndir/sub/run.sh\n.gitattributes\n"),
        "{text} {done:?} {faults:?}"
    );
    assert!(text.ends_with("\nv1.1.0 master") && !text.contains(".git\n"), "{text}");
    let left = world.environment("a").cache.join("temporary");
    assert_eq!(std::fs::read_dir(left).unwrap().count(), 0, "nothing is left of it");
}

#[test]
fn who_writes_to_the_record_alone_has_nothing_run() {
    let r = Registry::without_tick(PUBLISH);
    let cut = r.machine("a").engine().observe().unwrap().project.candidates[&v("1.1.0")].cut.clone();
    let mut policy = cut.policy;
    policy.after[0].done = None;
    policy.after[0].run = Some(format!("echo pwned >> {}", r.path("published").display()));
    let now = r.world.now();
    r.world.forge_entry(
        serde_json::json!({
            "schema": "allclear.entry/1", "needs": 1, "id": "f".repeat(32), "claimed": now, "via": "cli",
            "by": {"who": "mallory", "proof": "claimed"},
            "events": [{
                "kind": "PolicyAdopted", "version": "1.1.0", "digest": "0", "relaxed": [],
                "from": cut.from, "policy": policy,
            }],
        })
        .to_string()
        .as_bytes(),
    );
    // Nothing is released by rules that no branch has, and so nothing is run.
    let (done, _) = r.tick("b");
    assert!(done.is_empty(), "{done:?}");
    assert!(r.lines("published").is_empty());
    let seen = r.machine("b").engine().observe().unwrap();
    let found = seen.assess(r.world.now()).candidates.remove(0);
    let version = found.gates.iter().find(|report| report.gate == Gate::Version).unwrap();
    assert!(version.finding.summary.contains("its policy is not the one in allclear.toml"), "{version:?}");
}

#[test]
fn a_tag_that_was_moved_has_nothing_run() {
    let r = Registry::without_tick(PUBLISH);
    r.set("down");
    r.tick("a");
    r.unset("down");
    r.world.git(&["tag", "-f", "-a", "-m", "other", "v1.1.0", "develop"]);
    r.world.minutes(5);
    let (_, faults) = r.tick("b");
    assert!(faults.iter().any(|f| f.contains("is not what the record says")), "{faults:?}");
    assert!(r.lines("published").is_empty());
}

#[test]
fn an_observer_and_a_dry_run_run_nothing() {
    let r = Registry::without_tick(PUBLISH);
    r.machine("a").engine().promote(None, None).unwrap();
    let dry = r.machine("a").engine().tick(true).unwrap();
    assert_eq!(dry.due, ["run step publish of 1.1.0"]);
    r.world.policy("mode = \"observe\"\n");
    let seen = r.machine("a").engine().tick(false).unwrap();
    assert_eq!((seen.due.len(), seen.done.len(), r.lines("published").len()), (1, 0, 0));
    assert_eq!(r.word(), "released · publishing 0 of 1");
}
