//! What can come between looking at a candidate and pushing a fix onto it. Push 1 is the pick.

use crate::{released_in_the_end, v};
use allclear_core::CommitId;
use allclear_engine::{FaultKind, Note, PickWish, Picked, Picking, Refusal};
use allclear_testkit::{Flaky, Machine, Push, World};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const BRANCH: &str = "refs/heads/release-1.1.0";

/// A project whose 1.1.0 was cut, with a fix on develop.
fn with_fix() -> (World, CommitId) {
    let world = World::new();
    world.cut();
    let fix = world.commit("develop", "fix: lazy dial", &[("app.txt", "1\ntwo\nthree\n")]);
    (world, fix)
}

fn wish(fix: &CommitId) -> PickWish {
    PickWish { commits: vec![fix.to_string()], ..PickWish::default() }
}

fn pick(a: &Machine, flaky: &Flaky<'_>, fix: &CommitId) -> Result<Picking, Refusal> {
    match a.engine_on(flaky).pick(&wish(fix))? {
        Picked::Aboard(picking) => Ok(*picking),
        Picked::Clash(clash) => panic!("{clash:?}"),
    }
}

#[test]
fn p8_a_rival_push_is_kept_and_the_pick_goes_on_top() {
    let (world, fix) = with_fix();
    let a = world.machine("a");
    let rival = Mutex::new(None);
    let push = || {
        *rival.lock().unwrap() = Some(world.commit("release-1.1.0", "fix: another", &[("b.txt", "b\n")]));
    };
    let flaky = Flaky::new(&a.store).before_push(1, push);
    let picking = pick(&a, &flaky, &fix).unwrap();
    assert_eq!(flaky.pushes(), 2);
    assert_eq!(Some(picking.old), rival.lock().unwrap().take(), "judged afresh, on the rival's head");
    assert_eq!(world.tip(BRANCH), Some(picking.new));
    assert_eq!(world.git(&["rev-list", "--count", &format!("v1.1.0-rc.1..{BRANCH}")]), "2");
    world.check_promises();
}

#[test]
fn a_rival_who_picks_the_same_leaves_nothing_to_do() {
    let (world, fix) = with_fix();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(b.engine().pick(&wish(&fix)).unwrap()));
    world.minutes(1);
    let picking = pick(&a, &flaky, &fix).unwrap();
    assert_eq!(picking.new, picking.old);
    assert_eq!(world.git(&["rev-list", "--count", &format!("v1.1.0-rc.1..{BRANCH}")]), "1");
}

#[test]
fn a_rival_who_makes_it_conflict_is_judged_afresh() {
    let (world, fix) = with_fix();
    let a = world.machine("a");
    let push = || drop(world.commit("release-1.1.0", "fix: other", &[("app.txt", "uno\ntwo\nthree\n")]));
    let flaky = Flaky::new(&a.store).before_push(1, push);
    let Picked::Clash(clash) = a.engine_on(&flaky).pick(&wish(&fix)).unwrap() else { panic!("it conflicts") };
    assert_eq!(Some(clash.head), world.tip(BRANCH));
    assert_eq!(flaky.pushes(), 1, "nothing more was pushed");
}

#[test]
fn who_never_stops_pushing_wins_and_it_is_said() {
    let (world, fix) = with_fix();
    let a = world.machine("a");
    let world = &world;
    let mut flaky = Flaky::new(&a.store);
    for n in 1..=5 {
        let name = format!("{n}.txt");
        let push = move || drop(world.commit("release-1.1.0", "fix: again", &[(&name, "x\n")]));
        flaky = flaky.before_push(n, push);
    }
    let fault = pick(&a, &flaky, &fix).unwrap_err();
    assert_eq!((fault.kind(), flaky.pushes()), (FaultKind::Conflict, 5), "{fault}");
}

#[test]
fn a_lost_answer_is_found_out_by_the_refs() {
    for lost in [Push::LoseAnswer, Push::SayFailed, Push::Lose, Push::Refuse("no")] {
        let (world, fix) = with_fix();
        let a = world.machine("a");
        let flaky = Flaky::new(&a.store).push_is(1, lost);
        let picking = pick(&a, &flaky, &fix).unwrap();
        assert_eq!(world.tip(BRANCH), Some(picking.new));
        assert_eq!(world.git(&["rev-list", "--count", &format!("v1.1.0-rc.1..{BRANCH}")]), "1");
    }
}

#[test]
fn an_answer_that_cannot_be_found_out_is_unknown() {
    let (world, fix) = with_fix();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::LoseAnswer).gone_after_push(1);
    let fault = pick(&a, &flaky, &fix).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unknown, "{fault}");
    // Asked again, it is there.
    let picking = pick(&a, &Flaky::new(&a.store), &fix).unwrap();
    assert_eq!(picking.new, picking.old);
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let (world, fix) = with_fix();
    let (a, before) = (world.machine("a"), world.branches_and_tags());
    let refuse = || Push::Refuse("protected branch");
    let flaky = Flaky::new(&a.store).push_is(1, refuse()).push_is(2, refuse());
    let fault = pick(&a, &flaky, &fix).unwrap_err();
    assert!(fault.kind() == FaultKind::Refused && fault.what().contains("protected branch"), "{fault}");
    assert_eq!(world.branches_and_tags(), before);
}

#[test]
fn p1_nothing_is_picked_while_a_promotion_is_in_flight() {
    let world = World::soaked();
    let fix = world.commit("develop", "fix: lazy dial", &[("app.txt", "1\ntwo\nthree\n")]);
    let (a, b) = (world.machine("a"), world.machine("b"));
    // The entry is on record, and the server died.
    let only = |name: &str| name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(1, Push::Partial(only)).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    let before = world.refs();
    let fault = b.engine().pick(&wish(&fix)).unwrap_err();
    assert!(fault.kind() == FaultKind::TryLater && fault.what().contains("not over"), "{fault}");
    assert_eq!(world.refs(), before);
    released_in_the_end(&world);
}

#[test]
fn p1_a_pick_before_the_push_stops_the_promotion() {
    let world = World::soaked();
    let fix = world.commit("develop", "fix: lazy dial", &[("app.txt", "1\ntwo\nthree\n")]);
    let (a, b) = (world.machine("a"), world.machine("b"));
    let new = std::sync::Mutex::new(None);
    let flaky = Flaky::new(&a.store).before_push(1, || {
        *new.lock().unwrap() = Some(pick(&b, &Flaky::new(&b.store), &fix).unwrap().new);
    });
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    let new = new.lock().unwrap().clone().unwrap();
    assert_eq!(world.tip(BRANCH), Some(new.clone()));
    let (done, _) = world.until_quiet(&a);
    assert!(world.released().is_empty(), "the rc that was judged is not the head any more: {done:?}");
    assert_eq!(world.tip(BRANCH), Some(new));
    world.check_promises();
}

#[test]
fn a_promotion_that_ends_first_takes_the_candidate_away() {
    let world = World::soaked();
    let fix = world.commit("develop", "fix: lazy dial", &[("app.txt", "1\ntwo\nthree\n")]);
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(b.engine().promote(None, None).unwrap()));
    let fault = pick(&a, &flaky, &fix).unwrap_err();
    assert!(fault.kind() == FaultKind::Usage && fault.what().contains("no open candidate"), "{fault}");
    assert!(!world.has(BRANCH), "the branch is not raised from the dead");
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn a_gone_or_rewound_branch_takes_nothing() {
    let (world, fix) = with_fix();
    let a = world.machine("a");
    let rc = world.tip(BRANCH).unwrap();
    world.git(&["update-ref", BRANCH, "v1.0.0^{commit}"]);
    let fault = a.engine().pick(&wish(&fix)).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("rewound"), "{fault}");
    world.git(&["update-ref", "-d", BRANCH]);
    let fault = a.engine().pick(&wish(&fix)).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("is gone"), "{fault}");
    world.git(&["update-ref", BRANCH, rc.as_str()]);
    a.engine().pick(&wish(&fix)).unwrap();
}

#[test]
fn a_dry_run_and_a_race_are_heard_of() {
    let (world, fix) = with_fix();
    let (a, before) = (world.machine("a"), world.refs());
    a.engine().pick(&PickWish { dry_run: true, ..wish(&fix) }).unwrap();
    assert_eq!(world.refs(), before);
    let raced = AtomicU32::new(0);
    let watch = |note: &Note| {
        raced.fetch_add(u32::from(matches!(note, Note::Overtaken { .. })), Relaxed);
    };
    let push = || drop(world.commit("release-1.1.0", "fix: another", &[("b.txt", "b\n")]));
    let flaky = Flaky::new(&a.store).before_push(1, push);
    a.engine_with(&flaky, &watch).pick(&wish(&fix)).unwrap();
    assert_eq!(raced.load(Relaxed), 1);
}
