//! Experiments over real git and a lab without a machine.

use allclear_core::lab::{Arm, Comparison, Outcome, Step, Verdict};
use allclear_engine::{Fault, FaultKind, Kept, Lab, Progress, TestWish, Tested};
use allclear_testkit::{FakeLab, Machine, World, ends, fails, passes};
use std::sync::atomic::{AtomicBool, Ordering};

const ALPHA: &str = "https://git.example.org/team/alpha.git";
const BETA: &str = "https://git.example.org/team/beta.git";

/// Looks at the develop of a world with these downstreams, on two threads.
fn test(machine: &Machine, fake: &FakeLab, wish: &TestWish) -> Result<Tested, Fault> {
    watched(machine, fake, wish, &AtomicBool::new(false), &|_| ())
}

fn watched(
    machine: &Machine,
    fake: &FakeLab,
    wish: &TestWish,
    stop: &AtomicBool,
    watch: &(dyn Fn(&Progress<'_>) + Sync),
) -> Result<Tested, Fault> {
    let engine = machine.engine();
    let target = engine.target(&engine.observe().unwrap(), wish)?;
    engine.test(&target, wish, &Lab { sources: fake, executor: fake, jobs: 2, stop, watch })
}

/// Asks for repositories by hand.
fn by_hand(repos: &[&str]) -> TestWish {
    TestWish { downstreams: repos.iter().map(|r| (*r).to_owned()).collect(), ..TestWish::default() }
}

/// Gives each row as a line: `alpha ok`.
fn lines(tested: &Tested) -> Vec<String> {
    tested.rows().map(|row| format!("{} {}", row.name, row.comparison.name())).collect()
}

#[test]
fn the_candidate_comes_first_and_alone_where_it_passes() {
    let world = World::new();
    let fake = FakeLab::new();
    fake.has(ALPHA, passes);
    let tested = test(&world.machine("a"), &fake, &by_hand(&[ALPHA])).unwrap();
    assert_eq!(lines(&tested), ["alpha ok"]);
    assert_eq!(fake.tries(), ["alpha candidate 1"]);
    let row = &tested.experiment.downstreams[0];
    assert_eq!(row.proof.as_ref().unwrap().version, "v1.0.1", "the next patch above the highest tag");
    assert_eq!(row.repro, "allclear reproduce alpha");
    assert_eq!(tested.verdict, Verdict::Passed);
    let baseline = tested.experiment.baseline.as_ref().unwrap();
    assert_eq!((baseline.version.to_string(), &baseline.commit), ("1.0.0".into(), &world.tip("v1.0.0").unwrap()));
    assert!(matches!(tested.kept, Kept::Not(_)), "nobody's candidate");
}

#[test]
fn a_regression_is_confirmed_by_both_arms_on_the_same_worker() {
    let world = World::new();
    let fake = FakeLab::new();
    fake.has(ALPHA, |r| match r.arm {
        Arm::Candidate => fails(r, Step::Build, "undefined: client.NewStream"),
        Arm::Baseline => passes(r),
    });
    fake.has(BETA, passes);
    let tested = test(&world.machine("a"), &fake, &by_hand(&[ALPHA, BETA])).unwrap();
    assert_eq!(lines(&tested), ["alpha regressed", "beta ok"], "worst first");
    let row = &tested.experiment.downstreams[0];
    assert_eq!((row.outcome, row.step), (Outcome::FailedBuild, Some(Step::Build)));
    assert_eq!(row.error.as_deref(), Some("undefined: client.NewStream"));
    let with = |arm| row.attempts.iter().filter(|a| a.arm == arm).count();
    assert!(with(Arm::Candidate) > 1 && with(Arm::Baseline) > 1, "{:?}", fake.tries());
    assert_eq!(tested.verdict, Verdict::Regressed, "who asks for one by hand wants to know");
}

#[test]
fn one_that_cannot_be_had_is_a_row_and_stops_no_other() {
    let world = World::new();
    let fake = FakeLab::new();
    fake.has(BETA, passes);
    let tested = test(&world.machine("a"), &fake, &by_hand(&[ALPHA, BETA])).unwrap();
    assert_eq!(lines(&tested), ["alpha unchecked", "beta ok"]);
    let row = &tested.experiment.downstreams[0];
    assert!(row.note.as_ref().unwrap().contains("cannot be read"), "{:?}", row.note);
    assert_eq!(tested.verdict, Verdict::Inconclusive);
}

#[test]
fn names_are_given_once() {
    let world = World::new();
    let fake = FakeLab::new();
    let other = "https://elsewhere.example.org/alpha";
    fake.has(ALPHA, passes).has(other, passes).has(BETA, passes);
    fake.with_programs(BETA, &["cmd/one", "cmd/two"]);
    let tested = test(&world.machine("a"), &fake, &by_hand(&[ALPHA, other, BETA])).unwrap();
    let mut names = lines(&tested);
    names.sort();
    assert_eq!(names, ["alpha ok", "alpha~2 ok", "beta/cmd/one ok", "beta/cmd/two ok"]);
}

#[test]
fn what_is_known_is_not_tried_again() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, |r| ends(r, Outcome::Infra, "the disk of the lab is full"));
    let wish = by_hand(&[ALPHA, BETA]);
    let first = test(&machine, &fake, &wish).unwrap();
    assert_eq!(lines(&first), ["beta unchecked", "alpha ok"]);
    fake.tries();

    let again = test(&machine, &fake, &wish).unwrap();
    assert_eq!(lines(&again), ["beta unchecked", "alpha ok"]);
    let tries = fake.tries();
    assert!(!tries.is_empty() && tries.iter().all(|t| t.starts_with("beta")), "{tries:?}: what says nothing is tried anew");
    assert!(again.experiment.downstreams[1].known);
    assert_eq!(again.experiment.downstreams[1].attempts, first.experiment.downstreams[1].attempts);
    assert_eq!(again.experiment.experiment, first.experiment.experiment);

    fake.releases(ALPHA);
    test(&machine, &fake, &by_hand(&[ALPHA])).unwrap();
    assert_eq!(fake.tries(), ["alpha candidate 1"], "another commit of it is another question");
    world.commit("develop", "fix: one more", &[("more.txt", "more\n")]);
    test(&machine, &fake, &by_hand(&[ALPHA])).unwrap();
    assert_eq!(fake.tries(), ["alpha candidate 1"], "and so is another candidate");
}

#[test]
fn what_floats_is_known_only_while_it_resolves_to_the_same() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).resolves_to(ALPHA, "monday");
    let wish = by_hand(&[ALPHA]);
    test(&machine, &fake, &wish).unwrap();
    fake.tries();
    test(&machine, &fake, &wish).unwrap();
    assert!(fake.tries().is_empty());
    assert_eq!(fake.resolved(), 1, "it was asked what it resolves to now");
    fake.resolves_to(ALPHA, "tuesday");
    test(&machine, &fake, &wish).unwrap();
    assert_eq!(fake.tries(), ["alpha candidate 1"]);
}

#[test]
fn a_known_baseline_exonerates() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, |r| fails(r, Step::Build, "it never compiled"));
    let wish = by_hand(&[ALPHA]);
    let first = test(&machine, &fake, &wish).unwrap();
    assert_eq!(lines(&first), ["alpha still-failing"]);
    assert!(fake.tries().iter().any(|t| t.starts_with("alpha baseline")));
    world.commit("develop", "fix: something else", &[("else.txt", "else\n")]);
    let again = test(&machine, &fake, &wish).unwrap();
    assert_eq!(lines(&again), ["alpha still-failing"]);
    assert_eq!(fake.tries(), ["alpha candidate 1"], "the last release is what it was");
}

#[test]
fn a_known_baseline_never_convicts() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    let broken_by_candidate = |r: &allclear_core::port::lab::Request<'_>| match r.arm {
        Arm::Candidate => fails(r, Step::Test, "want 1, got 2"),
        Arm::Baseline => passes(r),
    };
    fake.has(ALPHA, broken_by_candidate);
    let wish = by_hand(&[ALPHA]);
    assert_eq!(lines(&test(&machine, &fake, &wish).unwrap()), ["alpha regressed"]);
    fake.tries();
    world.commit("develop", "fix: something else", &[("else.txt", "else\n")]);
    assert_eq!(lines(&test(&machine, &fake, &wish).unwrap()), ["alpha regressed"]);
    assert!(fake.tries().iter().any(|t| t.starts_with("alpha baseline")), "it was tried anew");
}

#[test]
fn rerun_failed_forgets_what_is_not_well() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, |r| fails(r, Step::Build, "it never compiled")).has(BETA, passes);
    let wish = by_hand(&[ALPHA, BETA]);
    test(&machine, &fake, &wish).unwrap();
    fake.tries();
    test(&machine, &fake, &wish).unwrap();
    assert!(fake.tries().is_empty(), "even what fails is known");
    fake.has(ALPHA, passes);
    let again = test(&machine, &fake, &TestWish { rerun_failed: true, ..wish }).unwrap();
    assert_eq!(lines(&again), ["alpha ok", "beta ok"]);
    assert_eq!(fake.tries(), ["alpha candidate 1"]);
}

#[test]
fn only_some_are_tried_by_name_beginning_or_glob() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, passes).with_programs(BETA, &["cmd/one", "cmd/two", "web"]);
    let only = |names: &[&str]| TestWish {
        only: names.iter().map(|n| (*n).to_owned()).collect(),
        ..by_hand(&[ALPHA, BETA])
    };
    let tested = test(&machine, &fake, &only(&["beta/cmd", "*/w?b"])).unwrap();
    assert_eq!(lines(&tested), ["beta/cmd/one ok", "beta/cmd/two ok", "beta/web ok"]);
    assert_eq!(fake.tries().len(), 3);
    let none = test(&machine, &fake, &only(&["gamma"])).unwrap_err();
    assert_eq!(none.kind, FaultKind::Usage);
    assert!(none.hints[0].contains("alpha"), "{none}");
}

#[test]
fn a_machine_that_can_contain_nothing_tries_nothing() {
    let world = World::new();
    let fake = FakeLab::without_sandbox("bubblewrap is not installed");
    fake.has(ALPHA, passes);
    let fault = test(&world.machine("a"), &fake, &by_hand(&[ALPHA])).unwrap_err();
    assert_eq!(fault.kind, FaultKind::TryLater);
    assert!(fault.what.contains("bubblewrap"), "{fault}");
    assert!(fake.tries().is_empty());
}

#[test]
fn a_stop_leaves_nothing_half_said_and_what_was_found_is_kept() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, |r| ends(r, Outcome::Infra, "it was ended"));
    let wish = by_hand(&[ALPHA, BETA]);
    let stop = AtomicBool::new(false);
    // Stopped as soon as alpha is known; whatever beta is at then does not count.
    let at_alpha = |step: &Progress<'_>| {
        if matches!(step, Progress::Judged(row) if row.name == "alpha") {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let fault = watched(&machine, &fake, &wish, &stop, &at_alpha).unwrap_err();
    assert!(fault.truth.contains("nothing was recorded"), "{fault}");
    fake.has(BETA, passes).tries();
    let tested = test(&machine, &fake, &wish).unwrap();
    assert_eq!(lines(&tested), ["alpha ok", "beta ok"]);
    assert!(!fake.tries().iter().any(|t| t.starts_with("alpha")), "alpha is known");
}

#[test]
fn everything_is_heard_once_and_in_order() {
    let world = World::new();
    let fake = FakeLab::new();
    fake.has(ALPHA, passes);
    let heard = std::sync::Mutex::new(Vec::new());
    let hear = |step: &Progress<'_>| {
        heard.lock().unwrap().push(match step {
            Progress::Located { done, of } => format!("located {done}/{of}"),
            Progress::Planned { downstreams, at_once } => format!("planned {} {at_once}", downstreams.len()),
            Progress::Started { name } => format!("started {name}"),
            Progress::Trying { name, number, .. } => format!("trying {name} {number}"),
            Progress::Attempted { name, attempt } => format!("attempted {name} {}", attempt.outcome.name()),
            Progress::Judged(row) => format!("judged {} {}", row.name, row.comparison.name()),
            Progress::Checked(run) => format!("checked {}", run.name),
            Progress::Ended(experiment) => format!("ended {:?}", experiment.verdict),
        });
    };
    watched(&world.machine("a"), &fake, &by_hand(&[ALPHA]), &AtomicBool::new(false), &hear).unwrap();
    assert_eq!(
        heard.into_inner().unwrap(),
        [
            "located 1/1",
            "planned 1 1",
            "started alpha",
            "trying alpha 1",
            "attempted alpha passed",
            "judged alpha ok",
            "ended Passed"
        ]
    );
}

#[test]
fn what_is_known_of_before_is_not_a_regression_of_now() {
    let world = World::new();
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, |r| match r.arm {
        Arm::Candidate => fails(r, Step::Run, "panic: nil map"),
        Arm::Baseline => passes(r),
    });
    let wish = by_hand(&[ALPHA]);
    let row = test(&machine, &fake, &wish).unwrap().experiment.downstreams.remove(0);
    assert_eq!(row.comparison, Comparison::Regressed);
    // A release later the question is another: the baseline is another.
    let tip = world.tip("refs/heads/master").unwrap();
    world.git(&["tag", "-a", "-m", "1.0.1", "v1.0.1", tip.as_str()]);
    fake.tries();
    test(&machine, &fake, &wish).unwrap();
    assert!(!fake.tries().is_empty());
}
