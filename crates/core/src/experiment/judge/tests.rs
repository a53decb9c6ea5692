use super::*;
use crate::experiment::judge::turns::Reach;
use crate::experiment::sequential::Sequential;
use proptest::prelude::*;

/// Reads a story of attempts, one a word: the arm (`c`, `b`; `l` is the candidate with its pinned versions), a colon,
/// and how it ended. `c:test=x` failed a test with the signature `x`; `c:ok/3/12` ran three of twelve tests;
/// `c:test=x+5` has five tests that fail; `*2` at the end is the scale.
fn story(text: &str) -> Vec<Attempt> {
    text.split_whitespace().map(attempt).collect()
}

fn attempt(word: &str) -> Attempt {
    let (arm, end) = word.split_once(':').unwrap();
    let mode = if arm == "l" { Mode::Locked } else { Mode::Fresh };
    let mut attempt = Attempt::new(if arm == "b" { Arm::Baseline } else { Arm::Candidate }, mode);
    let (end, scale) = end.split_once('*').unwrap_or((end, "1"));
    attempt.scale = scale.parse().unwrap();
    let (end, failed) = end.split_once('+').unwrap_or((end, "0"));
    let (end, signature) = end.split_once('=').map_or((end, None), |(end, name)| (end, Some(name)));
    let mut parts = end.split('/');
    let (outcome, step) = match parts.next().unwrap() {
        "ok" => (Outcome::Passed, None),
        "build" => (Outcome::FailedBuild, Some(Step::Build)),
        "test" => (Outcome::FailedTest, Some(Step::Test)),
        "run" => (Outcome::FailedRun, Some(Step::Run)),
        "slow" => (Outcome::TimedOut, Some(Step::Test)),
        "fat" => (Outcome::OutOfMemory, Some(Step::Test)),
        "full" => (Outcome::NoSpace, Some(Step::Build)),
        "net" => (Outcome::Network, Some(Step::Test)),
        "lost" => (Outcome::Infra, None),
        "bare" => (Outcome::Unprepared, Some(Step::Prepare)),
        "other" => (Outcome::NotInjected, None),
        "none" => (Outcome::Skipped, None),
        unknown => panic!("{unknown}"),
    };
    attempt.outcome = outcome;
    attempt.step = step;
    attempt.signature = signature.map(str::to_owned);
    attempt.error = signature.map(|name| format!("error {name}"));
    let mut count = || parts.next().map(|n| n.parse::<u64>().unwrap());
    if let (Some(ran), Some(declared)) = (count(), count()) {
        attempt.tests = Some(Tests { ran, failed: 0, declared });
    } else if failed != "0" {
        attempt.tests = Some(Tests { ran: 100, failed: failed.parse().unwrap(), declared: 100 });
    }
    attempt
}

fn case() -> Case {
    Case {
        rule: Sequential::for_downstreams(10),
        expects_failure: false,
        has_baseline: true,
        known: None,
        locked_differs: false,
    }
}

fn known(word: &str) -> Case {
    let Attempt { outcome, step, signature, tests, .. } = attempt(word);
    Case { known: Some(Known { outcome, step, signature, tests }), ..case() }
}

/// Says in short what is next: `try baseline`, `try candidate *2`, `try candidate locked`, or the comparison, the
/// outcome and the note.
fn said(case: &Case, attempts: &[Attempt]) -> String {
    match next(case, attempts) {
        Next::Try { arm, mode, scale } => {
            let arm = if arm == Arm::Candidate { "candidate" } else { "baseline" };
            let mode = if mode == Mode::Locked { " locked" } else { "" };
            let scale = if scale > 1 { format!(" *{scale}") } else { String::new() };
            format!("try {arm}{mode}{scale}")
        }
        Next::Done(judgement) => {
            let note = judgement.note.map_or_else(String::new, |note| format!(": {note}"));
            format!("{} ({}){note}", judgement.comparison.name(), judgement.outcome.name())
        }
    }
}

fn holds(case: &Case, table: &[(&str, &str)]) {
    for (tried, expected) in table {
        assert_eq!(said(case, &story(tried)), *expected, "after `{tried}`");
    }
}

#[test]
fn a_pass_is_the_end() {
    holds(&case(), &[("", "try candidate"), ("c:ok", "ok (passed)"), ("c:ok/12/12", "ok (passed)")]);
    holds(&known("b:test=x"), &[("c:ok", "fixed (passed)")]);
    holds(&known("b:bare"), &[("c:ok", "fixed (passed)")]);
    holds(&known("b:lost"), &[("c:ok", "ok (passed)")]);
    holds(&known("b:ok"), &[("c:ok", "ok (passed)")]);
}

#[test]
fn what_says_nothing_is_repeated_once() {
    holds(
        &case(),
        &[
            ("c:lost", "try candidate"),
            ("c:lost c:lost", "unchecked (infra): the lab failed twice"),
            ("c:lost c:ok", "ok (passed)"),
            ("c:lost c:build=x", "try baseline"),
            ("c:other", "unchecked (not-injected): it is not proven that the candidate was built"),
            ("c:none", "not-applicable (skipped)"),
            ("c:slow", "try candidate *2"),
            ("c:fat", "try candidate *2"),
            ("c:slow c:ok*2", "ok (passed)"),
            ("c:slow c:lost*2", "try candidate *2"),
            ("c:slow c:slow*2", "try baseline *2"),
            ("c:slow c:slow*2 b:slow*2", "still-failing (timed-out)"),
            ("c:slow c:slow*2 b:ok*2", "try baseline *2"),
            ("c:slow c:slow*2 b:ok*2 b:ok*2 c:slow*2 c:slow*2 b:ok*2", "regressed (timed-out)"),
            ("c:build=x b:lost", "try baseline"),
            ("c:build=x b:lost b:lost", "suspect (failed-build): the baseline could not be tested: infra"),
            ("c:build=x b:other", "try baseline"),
            (
                "c:build=x b:other b:other",
                "suspect (failed-build): the baseline could not be tested: not-injected",
            ),
            ("c:build=x b:other b:ok", "try baseline"),
            // A limit that is hit in the middle widens for both from there on.
            ("c:test=x b:ok b:slow", "try baseline *2"),
            ("c:test=x b:ok b:slow b:ok*2", "try candidate *2"),
        ],
    );
}

#[test]
fn a_failure_is_compared() {
    holds(
        &case(),
        &[
            ("c:build=x", "try baseline"),
            ("c:build=x b:build=x", "still-failing (failed-build)"),
            // Another failure of the baseline can be chance: that must not hide what the candidate broke.
            ("c:build=x b:build=y", "try baseline"),
            ("c:build=x b:build=y b:build=x", "still-failing (failed-build)"),
            (
                "c:build=x b:build=y b:build=y",
                "failing-differently (failed-build): with the baseline: error y",
            ),
            ("c:build=x b:build=y b:ok", "try candidate"),
            (
                "c:test=x+12 b:test=x+1 b:test=x+1",
                "failing-differently (failed-test): 12 tests fail; with the baseline 1",
            ),
            ("c:test=x+1 b:test=x+12", "still-failing (failed-test)"),
            (
                "c:run=x b:build=y b:build=y",
                "failing-differently (failed-run): fails in run; with the baseline already in build",
            ),
            ("c:run=x b:bare b:ok", "try candidate"),
            // From run to build is a step that got worse.
            ("c:build=x b:run=y", "try baseline"),
            ("c:build=x b:run=y b:run=y c:build=x c:build=x b:run=y", "regressed (failed-build)"),
            ("c:net b:net", "unchecked (network): network, with either version"),
            ("c:full b:full", "unchecked (no-space): no-space, with either version"),
            ("c:bare=x b:bare=y", "unchecked (unprepared): error x, with either version"),
            ("c:bare=x b:ok b:ok c:bare=x c:bare=x b:ok", "regressed (unprepared)"),
            ("c:net b:ok b:ok c:net c:net b:ok", "regressed (network)"),
        ],
    );
}

#[test]
fn pairs_alternate_until_there_is_an_answer() {
    holds(
        &case(),
        &[
            ("c:test=x b:ok", "try baseline"),
            ("c:test=x b:ok b:ok", "try candidate"),
            ("c:test=x b:ok b:ok c:test=x", "try candidate"),
            ("c:test=x b:ok b:ok c:test=x c:test=x", "try baseline"),
            ("c:test=x b:ok b:ok c:test=x c:test=x b:ok", "regressed (failed-test)"),
            ("c:test=x b:ok b:ok c:ok c:ok b:ok b:ok c:ok c:ok b:ok", "try baseline"),
            (
                "c:test=x b:ok b:ok c:ok c:ok b:ok b:ok c:ok c:ok b:ok b:ok c:ok",
                "flaky (failed-test): fails 1 of 6 times, and 0 of 6 with the baseline",
            ),
            (
                "c:test=x b:ok b:ok c:ok c:test=x b:ok b:ok c:ok c:ok b:ok b:ok c:ok",
                "suspect (failed-test): fails 2 of 6 times, and 0 of 6 with the baseline",
            ),
            // What fails most is what is shown, although chance came first.
            ("c:test=z b:ok b:ok c:run=x c:run=x b:ok", "regressed (failed-run)"),
        ],
    );
    let many = Case { rule: Sequential::for_downstreams(500), ..case() };
    let three = "c:test=x b:ok b:ok c:test=x c:test=x b:ok";
    holds(&many, &[(three, "try baseline"), (&format!("{three} b:ok c:test=x"), "regressed (failed-test)")]);
}

#[test]
fn tests_want_positive_evidence() {
    let three = "c:ok/3/12 b:ok/12/12 b:ok/12/12 c:ok/3/12 c:ok/3/12 b:ok/12/12";
    holds(
        &case(),
        &[
            ("c:ok/0/0", "ok (passed)"),
            ("c:ok/0/12", "try baseline"),
            (
                "c:ok/0/12 b:ok/0/12",
                "unchecked (passed): none of its 12 declared tests ran, with either version",
            ),
            ("c:ok/0/12 b:ok/12/12", "try baseline"),
            (
                "c:ok/0/12 b:lost b:lost",
                "unchecked (passed): none of its 12 declared tests ran, and the baseline could not be tested",
            ),
            (
                "c:ok/0/12 b:build=x",
                "unchecked (passed): none of its 12 declared tests ran, with either version",
            ),
            (three, "regressed (failed-test): ran 3 of the 12 tests that the baseline ran"),
            // Whether three are too few, the baseline tells.
            ("c:ok/3/12", "try baseline"),
            ("c:ok/3/12 b:ok/3/12", "ok (passed)"),
        ],
    );
    holds(
        &known("b:ok/12/12"),
        &[
            ("c:ok/12/12", "ok (passed)"),
            ("c:ok/13/12", "ok (passed)"),
            ("c:ok", "ok (passed)"),
            ("c:ok/3/12", "try baseline"),
            ("c:ok/3/12 b:ok/3/12", "ok (passed)"),
            ("c:ok/3/12 b:ok/12/12", "try baseline"),
            (three, "regressed (failed-test): ran 3 of the 12 tests that the baseline ran"),
        ],
    );
    holds(&known("b:ok/3/12"), &[("c:ok/3/12", "ok (passed)"), ("c:ok/2/12", "try baseline")]);
    let alone = Case { has_baseline: false, ..case() };
    let none = "unchecked (passed): none of its 1 declared test ran";
    holds(&alone, &[("c:ok/0/1", none), ("c:ok/3/12", "ok (passed)")]);
}

#[test]
fn the_record_exonerates_and_never_convicts() {
    holds(
        &known("b:build=x"),
        &[
            ("c:build=x", "still-failing (failed-build)"),
            ("c:build=y", "try baseline"),
            ("c:test=x", "try baseline"),
        ],
    );
    holds(&known("b:ok"), &[("c:build=x", "try baseline")]);
    // Without a line there is nothing to recognise it by.
    holds(
        &known("b:build"),
        &[("c:build", "try baseline"), ("c:build b:build", "still-failing (failed-build)")],
    );
    holds(
        &known("b:test=x+1"),
        &[("c:test=x+1", "still-failing (failed-test)"), ("c:test=x+2", "try baseline")],
    );
    holds(&known("b:bare=x"), &[("c:bare=x", "unchecked (unprepared): error x, with either version")]);
}

#[test]
fn an_expected_failure_is_no_news() {
    let expected = Case { expects_failure: true, ..case() };
    holds(
        &expected,
        &[
            ("c:build=x", "expected-failure (failed-build)"),
            ("c:slow", "expected-failure (timed-out)"),
            ("c:ok", "unexpected-pass (passed)"),
            ("c:lost", "try candidate"),
            ("c:other", "unchecked (not-injected): it is not proven that the candidate was built"),
            ("c:none", "not-applicable (skipped)"),
            (
                "c:ok/0/12 b:ok/12/12",
                "expected-failure (failed-test): ran 0 of the 12 tests that the baseline ran",
            ),
        ],
    );
}

#[test]
fn before_the_first_release_a_failure_is_shown_when_it_is_seen_twice() {
    let alone = Case { has_baseline: false, ..case() };
    holds(
        &alone,
        &[
            ("c:ok", "ok (passed)"),
            ("c:build=x", "try candidate"),
            ("c:build=x c:build=x", "suspect (failed-build): there is no release to compare with"),
            ("c:build=x c:ok", "flaky (failed-build): failed once and passed once"),
        ],
    );
}

#[test]
fn the_pinned_versions_tell_the_cause_of_a_regression_only() {
    let pinned = Case { locked_differs: true, ..case() };
    let regressed = "c:test=x b:ok b:ok c:test=x c:test=x b:ok";
    let with = |word: &str| format!("{regressed} {word}");
    holds(
        &pinned,
        &[
            ("c:ok", "ok (passed)"),
            ("c:test=x b:test=x", "still-failing (failed-test)"),
            (regressed, "try candidate locked"),
            (
                &with("l:ok"),
                "regressed (failed-test): passes with its own pinned versions: another dependency is to blame",
            ),
            (&with("l:test=x"), "regressed (failed-test): fails with its own pinned versions too"),
            (&with("l:lost"), "regressed (failed-test): could not be tried with its own pinned versions"),
        ],
    );
}

#[test]
fn what_never_settles_ends() {
    // The lab fails every other time, and the candidate every other time that it does not.
    let mut attempts = Vec::new();
    let many = Case { rule: Sequential::for_downstreams(500), ..case() };
    let end = loop {
        match next(&many, &attempts) {
            Next::Done(judgement) => break judgement,
            Next::Try { arm, .. } => {
                let name = if arm == Arm::Candidate { "c" } else { "b" };
                let turn = attempts.iter().filter(|attempt| attempt.arm == arm).count();
                let way = match (name, turn % 4) {
                    (_, 0 | 2) => "lost",
                    ("c", 1) => "test=x",
                    _ => "ok",
                };
                attempts.push(attempt(&format!("{name}:{way}")));
            }
        }
    };
    assert_eq!(end.comparison, Comparison::Suspect);
    assert_eq!(end.note.as_deref(), Some("no answer after 18 attempts"));
}

const ENDS: [&str; 17] = [
    "ok", "ok", "ok/3/12", "ok/12/12", "ok/0/12", "build=x", "build=y", "test=x", "test=y+4", "run=x",
    "slow", "fat", "full", "net", "lost", "bare=x", "other",
];

fn end() -> impl Strategy<Value = &'static str> {
    prop_oneof![20 => proptest::sample::select(&ENDS[..]), 1 => Just("none")]
}

fn any_case() -> impl Strategy<Value = Case> {
    (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.8),
        prop::option::of(end()),
        any::<bool>(),
    )
        .prop_map(|(many, expects_failure, has_baseline, before, locked_differs)| Case {
            rule: Sequential::for_downstreams(if many { 500 } else { 10 }),
            expects_failure,
            has_baseline,
            locked_differs,
            ..before.filter(|_| has_baseline).map_or_else(case, |end| known(&format!("b:{end}")))
        })
}

/// Follows [`next`] with ends drawn for each arm, and gives what was tried and the answer.
fn follow(case: &Case, ends: &[(&'static str, &'static str)]) -> (Vec<Attempt>, Judgement) {
    let mut tried: Vec<Attempt> = Vec::new();
    loop {
        match next(case, &tried) {
            Next::Done(judgement) => return (tried, judgement),
            Next::Try { arm, mode, scale } => {
                assert!(tried.len() <= MOST, "it goes on after {} attempts", tried.len());
                let (candidate, baseline) = ends[tried.len() % ends.len()];
                let end = if arm == Arm::Candidate { candidate } else { baseline };
                tried.push(Attempt { arm, mode, scale, ..attempt(&format!("c:{end}")) });
            }
        }
    }
}

/// Tells whether a baseline was tried that got further than some failure of the candidate, in tests or in steps.
fn has_contrast(tried: &[Attempt]) -> bool {
    let of =
        |arm: Arm| tried.iter().filter(move |attempt| attempt.arm == arm && !attempt.outcome.is_silent());
    of(Arm::Baseline).any(|baseline| {
        of(Arm::Candidate).any(|candidate| {
            let ran = |attempt: &Attempt| attempt.tests.map_or(0, |tests| tests.ran);
            let short = reach(candidate) == Reach::Through && ran(candidate) < ran(baseline);
            reach(candidate) < reach(baseline) || short
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_always_ends_and_convicts_only_by_a_fresh_baseline(
        case in any_case(), ends in prop::collection::vec((end(), end()), 1..24),
    ) {
        let (tried, judgement) = follow(&case, &ends);
        if judgement.comparison == Comparison::Regressed {
            prop_assert!(has_contrast(&tried), "{tried:?}");
            prop_assert!(!case.expects_failure && case.has_baseline);
            // The record changes nothing about it.
            let unknown = Case { known: None, ..case.clone() };
            let again = next(&unknown, &tried);
            let still = matches!(&again, Next::Done(found) if found.comparison == Comparison::Regressed)
                // A pass was doubted only because of the record.
                || matches!(&again, Next::Done(found) if found.comparison == Comparison::Ok);
            prop_assert!(still, "{again:?}");
        }
        if judgement.comparison == Comparison::Ok {
            prop_assert!(tried.iter().any(|attempt| attempt.arm == Arm::Candidate
                && attempt.outcome == Outcome::Passed));
        }
        // The way there is one: what is asked for after a part of it is what came next.
        for n in 0..tried.len() {
            let Next::Try { arm, mode, scale } = next(&case, &tried[..n]) else { panic!("ended at {n}") };
            prop_assert_eq!((arm, mode, scale), (tried[n].arm, tried[n].mode, tried[n].scale));
        }
    }

    #[test]
    fn whatever_was_tried_in_whatever_order_nothing_convicts_without_a_baseline(
        case in any_case(), words in prop::collection::vec((any::<bool>(), end()), 0..30),
    ) {
        let tried: Vec<Attempt> = words
            .iter()
            .map(|(candidate, end)| attempt(&format!("{}:{end}", if *candidate { "c" } else { "b" })))
            .collect();
        if let Next::Done(Judgement { comparison: Comparison::Regressed, .. }) = next(&case, &tried) {
            prop_assert!(has_contrast(&tried));
        }
        let only: Vec<Attempt> = tried.into_iter().filter(|attempt| attempt.arm == Arm::Candidate).collect();
        if let Next::Done(judgement) = next(&case, &only) {
            prop_assert!(judgement.comparison != Comparison::Regressed);
        }
    }

    #[test]
    fn a_lab_that_fails_now_and_then_hides_no_break(
        many: bool, noise in prop::collection::vec(prop::bool::weighted(0.3), 24),
    ) {
        let case = Case { rule: Sequential::for_downstreams(if many { 500 } else { 10 }), ..case() };
        let mut left = 7;
        let mut noise = noise.into_iter();
        let mut tried: Vec<Attempt> = Vec::new();
        let end = loop {
            match next(&case, &tried) {
                Next::Done(judgement) => break judgement,
                Next::Try { arm, .. } => {
                    let twice = tried.last().is_some_and(|last| last.outcome == Outcome::Infra);
                    let lost = noise.next().unwrap_or(false) && left > 0 && !twice;
                    left -= u32::from(lost);
                    let way = match (lost, arm) {
                        (true, _) => "lost",
                        (_, Arm::Candidate) => "build=x",
                        (_, Arm::Baseline) => "ok",
                    };
                    tried.push(Attempt { arm, ..attempt(&format!("c:{way}")) });
                }
            }
        };
        prop_assert_eq!(end.comparison, Comparison::Regressed);
    }

    #[test]
    fn a_baseline_that_fails_too_acquits(
        many: bool, fails in prop::collection::vec(any::<(bool, bool)>(), 6), at in 0usize..6,
    ) {
        let case = Case { rule: Sequential::for_downstreams(if many { 500 } else { 10 }), ..case() };
        let story = |fails: &[(bool, bool)]| -> Vec<Attempt> {
            let way = |arm, fails| attempt(&format!("{arm}:{}", if fails { "test=x" } else { "ok" }));
            fails.iter().flat_map(|(c, b)| [way("c", *c), way("b", *b)]).collect()
        };
        let is_worst = |fails: &[(bool, bool)]| {
            matches!(next(&case, &story(fails)), Next::Done(found) if found.comparison == Comparison::Regressed)
        };
        // The whole six pairs are looked at, whether or not fewer would have done.
        let mut more = fails.clone();
        more[at].1 = true;
        prop_assert!(is_worst(&fails) || !is_worst(&more), "{fails:?} {at}");
        let mut fewer = fails.clone();
        fewer[at].0 = false;
        prop_assert!(is_worst(&fails) || !is_worst(&fewer), "{fails:?} {at}");
    }
}
