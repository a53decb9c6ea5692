//! What others do while a candidate is promoted. Each begins at a step that chance picks and goes on beside the
//! promotion; whoever is first, the promises hold after one tick.

use super::rounds;
use super::store::Chance;
use crate::v;
use allclear_core::Seconds;
use allclear_core::ledger::event::{CheckOutcome, ReportOutcome};
use allclear_core::policy::Stops;
use allclear_engine::{CheckResult, Engine, HotfixWish, Note, ReportWish};
use allclear_testkit::World;
use std::sync::mpsc::channel;

/// Where chance begins; another number begins the rivals at other steps.
const SEED: u64 = 20_261_126;

/// Races `rival` against promotions. What the rival could not do any more is no fault; what neither could do is.
fn race(name: &str, rival: fn(&World, &Engine<'_>)) {
    let mut chance = Chance(SEED);
    let (mut released, rounds) = (0, rounds(20));
    for round in 0..rounds {
        let world = World::soaked();
        let (a, b) = (world.lone_machine("a"), world.lone_machine("b"));
        b.engine().observe().unwrap();
        let (at, step) = channel();
        let wanted = chance.below(5);
        let hear = |note: &Note| {
            let step = match note {
                Note::Observed => 0,
                Note::Judged(_) => 1,
                Note::Built => 2,
                Note::Pushing(_) => 3,
                Note::Pushed(_) => 4,
                _ => return,
            };
            // Nobody listens any more once the rival has begun.
            let _rival_began = at.send(step);
        };
        std::thread::scope(|scope| {
            let (world, b) = (&world, &b);
            scope.spawn(move || {
                while step.recv().is_ok_and(|step| step != wanted) {}
                rival(world, &b.engine());
            });
            drop(a.engine_with(&a.store, &hear).promote(None, None));
            // A promotion that ends early never comes to the step.
            let _rival_began = at.send(wanted);
        });
        world.until_quiet(&world.machine("c"));
        world.check_promises();
        released += usize::from(world.released().contains(&v("1.1.0")));
        println!("{name}: seed {SEED}, round {round}, step {wanted}: released {released}");
    }
    println!("{name}: {released} of {rounds} released");
}

#[test]
fn p1_a_hold_races_a_promotion() {
    race("hold", |_, rival| drop(rival.hold(None, "not yet", None)));
}

#[test]
fn p1_a_freeze_races_a_promotion() {
    race("freeze", |world, rival| {
        drop(rival.freeze("no more", Seconds::DAY.after(world.now()), Stops::Both));
    });
}

#[test]
fn p1_a_withdrawal_races_a_promotion() {
    race("withdraw", |_, rival| drop(rival.withdraw(Some(v("1.1.0")), "a flaw")));
}

#[test]
fn p1_a_bad_report_races_a_promotion() {
    race("report", |_, rival| {
        let words = Some("it panics".to_owned());
        let wish =
            ReportWish { version: v("1.1.0"), rc: 1, outcome: ReportOutcome::Bad, who: "Ada".into(), words };
        drop(rival.report(&wish));
    });
}

#[test]
fn p1_a_failed_check_races_a_promotion() {
    race("check", |world, rival| {
        let Some(commit) = world.tip("refs/heads/release-1.1.0") else { return };
        let (name, outcome) = ("ci".into(), CheckOutcome::Failed);
        drop(rival.check(vec![CheckResult { name, outcome, commit, url: None }]));
    });
}

#[test]
fn p1_a_new_rc_races_a_promotion() {
    race("rc", |world, rival| {
        if world.has("refs/heads/release-1.1.0") {
            let late = world.try_commit("release-1.1.0", "fix: late", &[("app.txt", "1\ntwo\nthree\n")]);
            drop(late.map(|_| rival.rc(None, None, false)));
        }
    });
}

#[test]
fn p1_a_hotfix_races_a_promotion() {
    race("hotfix", |_, rival| {
        drop(rival.hotfix(&HotfixWish { reason: "logins fail".into(), ..HotfixWish::default() }));
    });
}
