//! Experiments over real git and a lab without a machine.

use crate::v;
use allclear_core::Event;
use allclear_core::experiment::{Arm, Attempt, Comparison, Outcome, Step, Summary, Verdict};
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::verify::Truth;
use allclear_engine::{FaultKind, Lab, Progress, RecordStatus, Refusal, TestWish, Tested};
use allclear_testkit::{FakeLab, Flaky, Machine, World, ends, fails, passes};
use sha2::Digest;
use std::sync::atomic::{AtomicBool, Ordering};

const ALPHA: &str = "https://git.example.org/team/alpha.git";
const BETA: &str = "https://git.example.org/team/beta.git";

/// Looks at the develop of a world with these downstreams, on two threads.
fn test(machine: &Machine, fake: &FakeLab, wish: &TestWish) -> Result<Tested, Refusal> {
    watched(machine, fake, wish, &AtomicBool::new(false), &|_| ())
}

fn watched(
    machine: &Machine,
    fake: &FakeLab,
    wish: &TestWish,
    stop: &AtomicBool,
    watch: &(dyn Fn(&Progress<'_>) + Sync),
) -> Result<Tested, Refusal> {
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
    assert_eq!(
        (baseline.version.to_string(), &baseline.commit),
        ("1.0.0".into(), &world.tip("v1.0.0").unwrap())
    );
    assert!(matches!(tested.kept, RecordStatus::NotRecorded(_)), "nobody's candidate");
    assert!(tested.ripe.is_empty(), "it is none of the policy");
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
    assert!(
        !tries.is_empty() && tries.iter().all(|t| t.starts_with("beta")),
        "{tries:?}: what says nothing is tried anew"
    );
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
    assert_eq!(none.kind(), FaultKind::Usage);
    assert!(none.hints()[0].contains("alpha"), "{none}");
}

#[test]
fn a_machine_that_can_contain_nothing_tries_nothing() {
    let world = World::new();
    let fake = FakeLab::without_sandbox("bubblewrap is not installed");
    fake.has(ALPHA, passes);
    let fault = test(&world.machine("a"), &fake, &by_hand(&[ALPHA])).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::TryLater);
    assert!(fault.what().contains("bubblewrap"), "{fault}");
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
    assert!(fault.truth().contains("nothing was recorded"), "{fault}");
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
            Progress::Finished(experiment) => format!("ended {:?}", experiment.verdict),
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

/// The policy of a project with two downstreams, and a check of its own.
fn policy(more: &str) -> String {
    format!(
        "preset = \"library@1\"\n[project]\nname = \"demo\"\n\
         [[downstream]]\nname = \"alpha\"\nrepo = \"{ALPHA}\"\ntier = \"must\"\n\
         [[downstream]]\nname = \"beta\"\nrepo = \"{BETA}\"\n{more}"
    )
}

/// A world whose candidate 1.1.0 was cut with that policy.
fn cut(more: &str) -> World {
    let world = World::new();
    world.policy(&policy(more));
    world.cut();
    world
}

fn summaries(world: &World) -> Vec<Summary> {
    let of = |event| if let Event::ExperimentEnded(summary) = event { Some(*summary) } else { None };
    world.events().into_iter().filter_map(of).collect()
}

/// The ledger's newest table, as anybody can read it.
fn table(world: &World) -> serde_json::Value {
    serde_json::from_str(&world.git(&["show", "refs/allclear/ledger:results.json"])).unwrap()
}

fn entries(world: &World) -> usize {
    world.git(&["rev-list", "--count", "refs/allclear/ledger"]).parse().unwrap()
}

#[test]
fn a_whole_table_goes_on_record_once() {
    let world = cut("");
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, |r| match r.arm {
        Arm::Candidate => fails(r, Step::Test, "want 1, got 2"),
        Arm::Baseline => passes(r),
    });
    let before = entries(&world);
    let tested = test(&machine, &fake, &TestWish::default()).unwrap();
    assert_eq!(lines(&tested), ["beta regressed", "alpha ok"]);
    assert_eq!(
        (tested.verdict, &tested.kept),
        (Verdict::Passed, &RecordStatus::Recorded),
        "tier should is advice"
    );
    assert_eq!(entries(&world), before + 1);
    let [summary] = &summaries(&world)[..] else { panic!("one experiment") };
    assert_eq!(summary.experiment, tested.experiment.experiment);
    assert_eq!(summary.version, v("1.1.0"), "it is served under its final version");
    let raw = world.git(&["show", "refs/allclear/ledger:results.json"]);
    let digest: String = sha2::Sha256::digest(raw.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(summary.results.as_deref(), Some(digest.as_str()));
    let table = table(&world);
    assert_eq!(table["downstreams"][0]["name"], "beta");
    assert_eq!(table["downstreams"][1]["proof"]["version"], "v1.1.0");
    assert!(table.get("left_out").is_none(), "{table}");

    fake.tries();
    let again = test(&machine, &fake, &TestWish::default()).unwrap();
    assert_eq!(again.kept, RecordStatus::AlreadyRecorded);
    assert!(fake.tries().is_empty());
    assert_eq!(entries(&world), before + 1, "the same again is no news");
    // And on a machine that knows nothing: everything is tried, and it is the same.
    let elsewhere = test(&world.machine("b"), &fake, &TestWish::default()).unwrap();
    assert_eq!(elsewhere.kept, RecordStatus::AlreadyRecorded);
    assert!(!fake.tries().is_empty());
    world.check_promises();
}

#[test]
fn a_part_is_recorded_only_where_the_rest_is_known() {
    let world = cut("");
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, passes);
    let part = TestWish { only: vec!["alpha".into()], ..TestWish::default() };
    let tested = test(&machine, &fake, &part).unwrap();
    assert_eq!(lines(&tested), ["alpha ok"]);
    assert_eq!(tested.kept, RecordStatus::NotRecorded("1 downstream of the policy has no answer yet".into()));
    assert_eq!(fake.tries(), ["alpha candidate 1"]);

    let rest = TestWish { only: vec!["beta".into()], ..TestWish::default() };
    let tested = test(&machine, &fake, &rest).unwrap();
    assert_eq!(lines(&tested), ["beta ok"]);
    assert_eq!(tested.kept, RecordStatus::Recorded);
    assert_eq!(fake.tries(), ["beta candidate 1"]);
    assert_eq!(table(&world)["downstreams"].as_array().unwrap().len(), 2, "the table is whole");
}

#[test]
fn a_lost_race_is_only_another_parent() {
    let world = cut("");
    let (machine, rival) = (world.machine("a"), world.machine("rival"));
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, passes);
    let commit = world.tip("refs/heads/release-1.1.0").unwrap();
    let check =
        allclear_engine::CheckResult { name: "ci".into(), outcome: CheckOutcome::Passed, commit, url: None };
    let flaky = Flaky::new(&machine.store).before_push(1, || rival.engine().check(vec![check]).unwrap());
    let engine = machine.engine_on(&flaky);
    let target = engine.target(&engine.observe().unwrap(), &TestWish::default()).unwrap();
    let stop = AtomicBool::new(false);
    let lab = Lab { sources: &fake, executor: &fake, jobs: 2, stop: &stop, watch: &|_| () };
    let tested = engine.test(&target, &TestWish::default(), &lab).unwrap();
    assert_eq!(tested.kept, RecordStatus::Recorded);
    assert_eq!(summaries(&world).len(), 1);
    assert_eq!(fake.tries().len(), 2, "nothing is tried again for a race");
    assert_eq!(table(&world)["downstreams"].as_array().unwrap().len(), 2);
    world.check_promises();
}

#[test]
fn what_is_no_longer_the_candidate_is_not_recorded() {
    let world = cut("");
    let (machine, captain) = (world.machine("a"), world.machine("captain"));
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, passes);
    let engine = machine.engine();
    let target = engine.target(&engine.observe().unwrap(), &TestWish::default()).unwrap();
    captain.engine().withdraw(Some(v("1.1.0")), "a flaw").unwrap();
    world.look();
    let before = entries(&world);
    let stop = AtomicBool::new(false);
    let lab = Lab { sources: &fake, executor: &fake, jobs: 2, stop: &stop, watch: &|_| () };
    let tested = engine.test(&target, &TestWish::default(), &lab).unwrap();
    assert_eq!(tested.kept, RecordStatus::NotRecorded("1.1.0 moved on while it was tested".into()));
    assert_eq!(entries(&world), before);
}

#[test]
fn checks_of_the_policy_run_on_its_own_tree_and_are_recorded_with_the_table() {
    let world = cut("[[check]]\nname = \"integration\"\nrun = \"make integration\"\n");
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, passes).has(".", |r| {
        assert_eq!(r.job.recipe.test.as_deref(), Some("make integration"));
        passes(r)
    });
    let before = entries(&world);
    let tested = test(&machine, &fake, &TestWish::default()).unwrap();
    assert_eq!(tested.checks[0].outcome, Some(CheckOutcome::Passed));
    assert_eq!(entries(&world), before + 1, "one entry");
    let commit = world.tip("refs/heads/release-1.1.0").unwrap();
    let recorded = world.events().into_iter().any(|event| {
        matches!(event, Event::CheckRecorded { name, commit: of, .. } if name == "integration" && of == commit)
    });
    assert!(recorded);
    fake.tries();
    let again = test(&machine, &fake, &TestWish::default()).unwrap();
    assert!(again.checks[0].known && fake.tries().is_empty());
    assert_eq!(again.kept, RecordStatus::AlreadyRecorded);
}

#[test]
fn an_expectation_ends() {
    let expected = "expect-failure = { reason = \"issue 12\", until = 2026-11-10 }\n";
    let world = cut(expected);
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, |r| fails(r, Step::Build, "it never compiled"));
    let tested = test(&machine, &fake, &TestWish::default()).unwrap();
    assert_eq!(lines(&tested), ["beta expected-failure", "alpha ok"]);
    world.days(30);
    let tested = test(&machine, &fake, &TestWish::default()).unwrap();
    assert_eq!(
        lines(&tested),
        ["beta still-failing", "alpha ok"],
        "the answer from then is to another question"
    );
    let note = tested.experiment.downstreams[0].note.clone().unwrap();
    assert!(note.contains("issue 12") && note.contains("ended 2026-11-1"), "{note}");
}

#[test]
fn three_clean_candidates_are_enough_to_rely_on_one() {
    let world = cut("");
    let machine = world.machine("a");
    let fake = FakeLab::new();
    fake.has(ALPHA, passes).has(BETA, passes);
    for n in 1..=3 {
        let tested = test(&machine, &fake, &TestWish::default()).unwrap();
        let ripe: &[&str] = if n == 3 { &["beta"] } else { &[] };
        assert_eq!(tested.ripe, ripe, "candidate {n}: alpha is `must` already");
        world.commit("release-1.1.0", &format!("fix: {n}"), &[("fix.txt", &format!("{n}\n"))]);
        world.until_quiet(&machine);
        world.days(1);
        world.until_quiet(&machine);
    }
}

#[test]
fn a_table_that_is_too_large_says_what_is_left_out() {
    let world = World::new();
    world.policy(&format!(
        "preset = \"library@1\"\n[[downstream]]\nname = \"all\"\nrepo = \"{ALPHA}\"\neach = \"**/main.go\"\n"
    ));
    world.cut();
    let fake = FakeLab::new();
    let folders: Vec<String> = (0..2000).map(|n| format!("examples/number-{n}")).collect();
    fake.has(ALPHA, |r| {
        if r.job.dir.ends_with('7') { fails(r, Step::Build, "it never compiled") } else { passes(r) }
    });
    fake.with_programs(ALPHA, &folders.iter().map(String::as_str).collect::<Vec<_>>());
    let tested = test(&world.machine("a"), &fake, &TestWish::default()).unwrap();
    assert_eq!(tested.kept, RecordStatus::Recorded);
    let raw = world.git(&["show", "refs/allclear/ledger:results.json"]);
    assert!(raw.len() <= 1 << 20, "{}", raw.len());
    let table = table(&world);
    let rows = table["downstreams"].as_array().unwrap();
    assert_eq!(table["left_out"][0], "the attempts");
    assert_eq!(
        rows.iter().filter(|row| row["comparison"] == "still-failing").count(),
        200,
        "what is not well stays"
    );
    world.check_promises();
}

#[test]
fn what_is_known_of_one_is_read_from_the_record_by_anybody() {
    let world = cut("");
    let fake = FakeLab::new();
    fake.has(BETA, passes).has(ALPHA, |r| match r.arm {
        Arm::Candidate => {
            Attempt { log: Some("/var/log/alpha".into()), ..fails(r, Step::Run, "panic: nil map") }
        }
        Arm::Baseline => passes(r),
    });
    test(&world.machine("a"), &fake, &TestWish::default()).unwrap();
    let looked = |machine: &str| {
        let machine = world.machine(machine);
        let seen = machine.engine().observe().unwrap();
        machine.engine().downstream_row(&seen, v("1.1.0"), "alpha").unwrap().unwrap()
    };
    let (here, there) = (looked("a"), looked("b"));
    assert_eq!(here.attempts[0].log.as_deref(), Some("/var/log/alpha"));
    assert_eq!(there.attempts[0].log, None, "logs stay where they are");
    assert_eq!(there.error.as_deref(), Some("panic: nil map"));
    assert_eq!(there.attempts.len(), here.attempts.len());
}

#[test]
fn what_an_entry_counts_is_proven_by_the_table_beside_it() {
    let none = Truth::DoesNotHold("the table that its entry names is not beside it".into());
    let other = Truth::DoesNotHold("what its entry counts is not what the table beside it has".into());
    let unnamed = Truth::CannotBeChecked("its entry names no table".into());
    let all = [(None, Truth::Holds), (Some(false), none), (Some(true), other), (Some(true), unnamed.clone())];
    for (forge, truth) in all {
        let world = cut("");
        let machine = world.machine("a");
        let fake = FakeLab::new();
        fake.has(ALPHA, passes).has(BETA, |r| match r.arm {
            Arm::Candidate => fails(r, Step::Test, "want 1, got 2"),
            Arm::Baseline => passes(r),
        });
        test(&machine, &fake, &TestWish::default()).unwrap();
        let of = |name: &str| world.git(&["show", &format!("refs/allclear/ledger:{name}")]);
        let (entry, table) = (of("entry.json"), of("results.json"));
        if let Some(has_table) = forge {
            let mut entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
            let told = &mut entry["events"][0];
            assert_eq!(told["should"]["regressed"], 1, "{told}");
            told["should"] = serde_json::json!({"ok": 1});
            told["findings"] = serde_json::json!([]);
            if truth == unnamed {
                told["results"] = serde_json::Value::Null;
            }
            let entry = entry.to_string();
            let files = [("entry.json", entry.as_bytes()), ("results.json", table.as_bytes())];
            world.forge_files(&files[..if has_table { 2 } else { 1 }]);
        }
        world.days(8);
        machine.engine().promote(None, None).unwrap();
        let found = machine.engine().verify(None).unwrap();
        let claim = found.releases[0].claims.iter().find(|claim| claim.about == "experiment").unwrap();
        assert_eq!(claim.truth, truth);
    }
}
