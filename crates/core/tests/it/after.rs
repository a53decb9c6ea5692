//! After-steps as a table: what is on record and what the probe says, against what is done.

use crate::make::{Scene, VERSION, at, policy, promoted, sight};
use allclear_core::decide::after::{
    Answer, Next, StepState, after_run, answer, before_run, due, report, word,
};
use allclear_core::facts::EntrySight;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::step_end::{DoneBy, StepFailure};
use allclear_core::policy::AfterStep;
use allclear_core::port::steps::{End, Ended};
use allclear_core::project::Release;
use allclear_core::project::steps::{GRACE, back_off, lease};
use allclear_core::{Seconds, policy::read};
use jiff::Timestamp;

const STEPS: &str = "[[after]]\nname = 'a'\nrun = 'r'\ndone = 'd'\n[[after]]\nname = 'b'\nrun = 'r'\nneeds = ['a']\n\
                     [[after]]\nname = 'c'\ndone = 'd'\n";

/// Events, each with its second.
type Events = Vec<(i64, Event)>;

/// The release of [`VERSION`] at second 1000, and events behind it, each with its second.
fn released(events: &[(i64, Event)]) -> Release {
    let mut policy = policy();
    policy.after = read(STEPS).unwrap().policy.after;
    let mut scene = Scene::new(policy);
    scene.tell(1000, vec![promoted(1, 2)]);
    for (second, event) in events {
        scene.tell(*second, vec![event.clone()]);
    }
    scene.shows(sight(EntrySight::Holds, true)).project().releases[&VERSION].clone()
}

fn begun(step: &str, second: i64, attempt: u32) -> (i64, Event) {
    let until = GRACE.after(Seconds(900).after(at(second)));
    (second, Event::StepStarted { version: VERSION, step: step.into(), attempt, until })
}

fn done(step: &str, second: i64, by: DoneBy) -> (i64, Event) {
    (second, Event::StepDone { version: VERSION, step: step.into(), by, reason: None })
}

fn failed(step: &str, second: i64, attempt: u32, how: StepFailure) -> (i64, Event) {
    let (why, said) = ("it did not work".into(), None);
    (second, Event::StepFailed { version: VERSION, step: step.into(), attempt, how, why, said })
}

fn states(release: &Release, now: Timestamp) -> Vec<StepState> {
    report(release, now).iter().map(|r| r.state).collect()
}

fn is_due(release: &Release, now: Timestamp) -> Vec<&str> {
    due(release, now).map(|r| r.step.name.as_str()).collect()
}

#[test]
fn what_is_on_record_and_what_the_probe_says() {
    const RUN: &str = "run";
    const DONE: &str = "done";
    const LATER: &str = "later";
    let late = GRACE.after(Seconds(900).after(at(2000)));
    let late = Seconds(121).after(late);
    let rows: [(&str, Events, [&str; 3]); 5] = [
        ("nothing", vec![], [DONE, RUN, LATER]),
        (
            "the run failed",
            vec![begun("a", 1900, 1), failed("a", 2000, 1, StepFailure::Failed)],
            [DONE, RUN, LATER],
        ),
        (
            "it ended well",
            vec![begun("a", 1900, 1), failed("a", 2000, 1, StepFailure::Unconfirmed)],
            [DONE, LATER, LATER],
        ),
        ("begun, no end", vec![begun("a", 2000, 1)], [DONE, RUN, LATER]),
        (
            "begun, no end, and the probe could not tell",
            vec![begun("a", 2000, 1), failed("a", 5000, 2, StepFailure::Unclear)],
            [DONE, RUN, LATER],
        ),
    ];
    for (name, events, expected) in rows {
        let release = released(&events);
        let reports = report(&release, late);
        let answers = [Answer::Done, Answer::NotDone, Answer::Unclear("no line".into())];
        let found = answers.map(|answer| {
            match before_run(reports[0].step, &reports[0].progress, Some(answer), late) {
                Next::Done => DONE,
                Next::Run => RUN,
                Next::Later(..) => LATER,
            }
        });
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_lease_keeps_others_away_and_then_ends() {
    let release = released(&[begun("a", 2000, 1)]);
    let end = lease(&release.after[0], at(2000));
    assert_eq!(end, GRACE.after(Seconds(900).after(at(2000))));
    assert_eq!(states(&release, at(2001))[0], StepState::Running);
    assert_eq!(is_due(&release, end), ["c"], "another clock may be two minutes behind");
    assert_eq!(is_due(&release, Seconds(120).after(end)), ["a", "c"]);
}

#[test]
fn without_a_probe_nothing_is_repeated_that_may_have_happened() {
    let a = done("a", 1500, DoneBy::Ran);
    let year = at(31_536_000);
    let row = |events: &[(i64, Event)]| {
        let events: Vec<_> = [a.clone()].into_iter().chain(events.iter().cloned()).collect();
        let release = released(&events);
        (states(&release, year)[1], is_due(&release, year).contains(&"b"))
    };
    assert_eq!(row(&[]), (StepState::Due, true));
    assert_eq!(row(&[begun("b", 2000, 1)]), (StepState::Unknown, false));
    assert_eq!(
        row(&[begun("b", 2000, 1), failed("b", 2100, 1, StepFailure::Lost)]),
        (StepState::Unknown, false)
    );
    assert_eq!(
        row(&[begun("b", 2000, 1), failed("b", 2100, 1, StepFailure::Failed)]),
        (StepState::Due, true)
    );
    let retried = (3000, Event::StepRetried { version: VERSION, step: "b".into() });
    assert_eq!(row(&[begun("b", 2000, 1), retried]), (StepState::Due, true));
    assert_eq!(row(&[begun("b", 2000, 1), done("b", 3000, DoneBy::Told)]), (StepState::Done, false));
}

#[test]
fn needs_come_first() {
    let release = released(&[]);
    assert_eq!(is_due(&release, at(1000)), ["a", "c"]);
    assert_eq!(states(&release, at(1000)), [StepState::Due, StepState::Waiting, StepState::Due]);
    assert_eq!(word(&release), "released · publishing 0 of 3");
    let release = released(&[done("a", 1500, DoneBy::Probed)]);
    assert_eq!(is_due(&release, at(1500)), ["b", "c"]);
    assert_eq!(word(&release), "released · publishing 1 of 3");
    let all = ["a", "b", "c"].map(|step| done(step, 1600, DoneBy::Ran));
    assert_eq!(word(&released(&all)), "published");
}

#[test]
fn done_is_done_whoever_comes_late() {
    let release = released(&[
        begun("a", 1100, 1),
        done("a", 1200, DoneBy::Ran),
        failed("a", 1300, 1, StepFailure::Failed),
        begun("a", 1400, 2),
        (1500, Event::StepRetried { version: VERSION, step: "a".into() }),
        done("none of ours", 1600, DoneBy::Ran),
    ]);
    assert_eq!(states(&release, at(9999))[0], StepState::Done);
    assert_eq!(release.steps.len(), 1);
}

#[test]
fn it_backs_off_from_a_minute_to_six_hours() {
    let pauses: Vec<u64> = [1, 2, 3, 9, 10, 11, 40, u32::MAX].map(|n| back_off(n).0).into();
    assert_eq!(pauses, [60, 120, 240, 15_360, 21_600, 21_600, 21_600, 21_600]);
    let release = released(&[begun("a", 1900, 3), failed("a", 2000, 3, StepFailure::Failed)]);
    assert!(!is_due(&release, at(2239)).contains(&"a"));
    assert!(is_due(&release, at(2240)).contains(&"a"));
}

fn ended(end: End) -> Ended {
    Ended { end, said: "x\nlast words\n".into() }
}

#[test]
fn only_one_is_a_no() {
    assert_eq!(answer(&ended(End::Exit(0))), Answer::Done);
    assert_eq!(answer(&ended(End::Exit(1))), Answer::NotDone);
    for end in [End::Exit(2), End::Exit(127), End::Killed, End::TimedOut, End::NotStarted] {
        assert!(matches!(answer(&ended(end)), Answer::Unclear(why) if why.ends_with("last words")));
    }
}

#[test]
fn what_a_run_was() {
    let unclear = Answer::Unclear("no line".into());
    let ill = |end: End, answer: Option<&Answer>| after_run(&ended(end), answer).err().map(|(how, _)| how);
    for (end, answer, expected) in [
        (End::Exit(0), Some(&Answer::Done), None),
        // The upload went through, and what came behind it did not.
        (End::Exit(101), Some(&Answer::Done), None),
        (End::TimedOut, Some(&Answer::Done), None),
        (End::Exit(0), None, None),
        (End::Exit(0), Some(&Answer::NotDone), Some(StepFailure::Unconfirmed)),
        (End::Exit(0), Some(&unclear), Some(StepFailure::Unconfirmed)),
        (End::Exit(101), Some(&Answer::NotDone), Some(StepFailure::Failed)),
        (End::Exit(101), None, Some(StepFailure::Failed)),
        (End::TimedOut, Some(&unclear), Some(StepFailure::Failed)),
        (End::TimedOut, None, Some(StepFailure::Lost)),
        (End::Killed, None, Some(StepFailure::Lost)),
        (End::NotStarted, None, Some(StepFailure::Failed)),
    ] {
        assert_eq!(ill(end.clone(), answer), expected, "{end:?} {answer:?}");
    }
}

#[test]
fn a_step_that_somebody_else_does_is_only_watched() {
    let release = released(&[]);
    let c: &AfterStep = &release.after[2];
    let next = before_run(c, &report(&release, at(1000))[2].progress, Some(Answer::NotDone), at(1000));
    assert!(matches!(next, Next::Later(StepFailure::Unconfirmed, _)));
    let release = released(&[failed("c", 1100, 9, StepFailure::Unconfirmed)]);
    let reports = report(&release, at(99_999));
    assert!(!reports[2].progress.needs_somebody(reports[2].step, at(99_999)));
}
