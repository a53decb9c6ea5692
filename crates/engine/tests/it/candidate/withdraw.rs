//! Candidates that end without a release: at any time, under any race, and nothing is lost.

use crate::{released_in_the_end, v};
use allclear_core::Event;
use allclear_core::types::gate::Gate;
use allclear_engine::{CutWish, FaultKind};
use allclear_testkit::{Flaky, Push, World};

const FIX: &[(&str, &str)] = &[("app.txt", "1\ntwo\nthree\n")];
const ARCHIVE: &str = "refs/allclear/archive/release-1.1.0";

fn withdrawn(world: &World) -> usize {
    world.events().iter().filter(|e| matches!(e, Event::Withdrawn { .. })).count()
}

/// Asserts that 1.1.0 is over, its commits are kept, and the next cut goes on behind it.
fn over(world: &World) {
    assert!(!world.has("refs/heads/release-1.1.0"));
    assert!(world.tip(ARCHIVE).is_some());
    assert!(world.released().is_empty() && !world.has("refs/tags/v1.1.0"));
    world.check_promises();
    let b = world.machine("b");
    assert!(world.until_quiet(&b).0.is_empty(), "no tick brings anything of it back");
    let named = CutWish { version: Some(v("1.1.0")), ..CutWish::default() };
    let fault = b.engine().cut(&named).unwrap_err();
    assert!(fault.kind() == FaultKind::Usage && fault.what().contains("never used again"), "{fault}");
    assert_eq!(b.engine().cut(&CutWish::default()).unwrap().cut.version, v("1.2.0"));
    world.check_promises();
}

#[test]
fn p8_a_withdrawn_candidate_is_kept_and_its_fixes_are_offered_until_develop_has_them() {
    let world = World::new();
    world.cut();
    let picked = world.commit("release-1.1.0", "fix: the first line", FIX);
    let merged = world.commit("release-1.1.0", "fix: the third line", &[("third.txt", "3\n")]);
    let bad = world.commit("release-1.1.0", "feat: not yet", &[("bad.txt", "bad\n")]);
    let parent = world.git(&["rev-parse", &format!("{bad}^^{{tree}}")]);
    let message = format!("Revert \"feat: not yet\"\n\nThis reverts commit {bad}.");
    let head = world.git(&["commit-tree", &parent, "-p", bad.as_str(), "-m", &message]);
    world.git(&["update-ref", "refs/heads/release-1.1.0", &head]);
    let a = world.machine("a");
    assert_eq!(a.engine().withdraw(None, "?").unwrap_err().kind(), FaultKind::Usage, "a reason is needed");
    let dry = a.engine().withdraw_dry(None, "it is slow").unwrap();
    let done = a.engine().withdraw(None, "it is slow").unwrap();
    assert_eq!(dry, done);
    let ids: Vec<&str> = done.fixes.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, [picked.as_str(), merged.as_str()], "oldest first, and nothing that was taken back");
    assert_eq!((done.archive.as_str(), done.before), (ARCHIVE, false));
    assert_eq!(world.tip(ARCHIVE).unwrap().as_str(), head);
    assert!(world.has("refs/tags/v1.1.0-rc.1"));

    let left = || {
        let offers = world.machine("b").engine().observe().unwrap().facts.offers;
        offers.iter().map(|o| o.fixes.len()).sum::<usize>()
    };
    assert_eq!(left(), 2);
    world.commit("develop", "fix: the first line, picked", FIX);
    assert_eq!(left(), 1, "the same patch is the same fix");
    world.git(&["update-ref", "refs/heads/side", merged.as_str()]);
    world.merge("develop", "refs/heads/side", "Merge branch 'side'");
    assert_eq!(left(), 0);
    assert!(a.engine().withdraw(Some(v("1.1.0")), "again").unwrap().before);
    over(&world);
}

#[test]
fn p7_after_a_withdrawal_the_same_work_can_be_cut_again() {
    let world = World::new();
    world.cut();
    world.machine("a").engine().withdraw(None, "too early").unwrap();
    assert_eq!(world.machine("b").engine().observe().unwrap().facts.changes, 2, "all of it is new again");
    over(&world);
    world.days(8);
    world.until_quiet(&world.machine("b"));
    assert_eq!(world.released(), [v("1.2.0")]);
    world.check_promises();
}

#[test]
fn p2_an_open_plan_is_fenced_aborted_and_withdrawn_in_one_entry() {
    for lost in [false, true] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        if lost {
            // The promoter dies with its push in the network.
            let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).gone_after_push(1);
            a.engine_on(&flaky).promote(None, None).unwrap_err();
            b.engine().withdraw(None, "a flaw").unwrap();
            let before = world.refs();
            let answer = allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap();
            assert!(!answer.ok, "the zombie must not land");
            assert_eq!(world.refs(), before);
        } else {
            let rival = || drop(b.engine().withdraw(None, "a flaw").unwrap());
            let flaky = Flaky::new(&a.store).before_push(1, rival);
            let fault = a.engine_on(&flaky).promote(Some(v("1.1.0")), None).unwrap_err();
            assert_eq!(fault.kind(), FaultKind::Usage, "{fault}");
        }
        over(&world);
    }
}

#[test]
fn p2_what_has_moved_is_not_withdrawn() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let only = |name: &str| name == "refs/heads/master" || name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(1, Push::Partial(only)).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    let fault = b.engine().withdraw(None, "a flaw").unwrap_err();
    assert!(fault.kind() == FaultKind::Conflict && fault.what().contains("is being released"), "{fault}");
    released_in_the_end(&world);
    let fault = b.engine().withdraw(Some(v("1.1.0")), "a flaw").unwrap_err();
    assert!(fault.what().contains("released already"), "{fault}");
}

#[test]
fn p2_what_is_on_record_as_released_is_struck_before_it_is_withdrawn() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let only = |name: &str| name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(1, Push::Partial(only)).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert!(b.engine().withdraw_dry(None, "a flaw").is_err());
    b.engine().strike(&[world.tip("refs/allclear/ledger").unwrap()], "not this one").unwrap();
    b.engine().withdraw(None, "a flaw").unwrap();
    over(&world);
}

#[test]
fn p8_a_fix_that_comes_late_is_kept_too() {
    let world = World::new();
    world.cut();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).before_push(1, || drop(world.commit("release-1.1.0", "fix: late", FIX)));
    let done = a.engine_on(&flaky).withdraw(None, "a flaw").unwrap();
    assert_eq!(done.fixes.len(), 1);
    assert_eq!(world.tip(ARCHIVE), done.head);
    over(&world);
}

#[test]
fn p7_two_machines_withdraw_once() {
    for version in [None, Some(v("1.1.0"))] {
        let world = World::new();
        world.cut();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let flaky =
            Flaky::new(&a.store).before_push(1, || drop(b.engine().withdraw(version, "a flaw").unwrap()));
        assert!(a.engine_on(&flaky).withdraw(version, "the same flaw").unwrap().before);
        assert_eq!(withdrawn(&world), 1);
        over(&world);
    }
}

#[test]
fn p2_a_withdrawal_whose_answer_is_lost_is_made_once() {
    for fault in [Push::Lose, Push::SayFailed, Push::LoseAnswer] {
        let world = World::new();
        world.cut();
        let a = world.machine("a");
        let flaky = Flaky::new(&a.store).push_is(1, fault);
        a.engine_on(&flaky).withdraw(None, "a flaw").unwrap();
        assert_eq!(withdrawn(&world), 1);
        over(&world);
    }
}

#[test]
fn p8_a_server_that_died_half_way_leaves_a_branch_that_withdraw_takes_away() {
    let world = World::new();
    world.cut();
    world.commit("release-1.1.0", "fix: it", FIX);
    let (a, b) = (world.machine("a"), world.machine("b"));
    let only = |name: &str| name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(1, Push::Partial(only)).gone_after_push(1);
    a.engine_on(&flaky).withdraw(None, "a flaw").unwrap_err();
    world.until_quiet(&b);
    assert!(world.has("refs/heads/release-1.1.0"), "no tick deletes it");
    let facts = b.engine().observe().unwrap().facts;
    assert!(facts.drift[0].starts_with(ARCHIVE), "{:?}", facts.drift);
    let strangers = facts.strangers;
    assert!(strangers[0].why.contains("allclear withdraw 1.1.0"), "{strangers:?}");
    b.engine().withdraw(Some(v("1.1.0")), "once more").unwrap();
    assert!(b.engine().observe().unwrap().facts.drift.is_empty());
    over(&world);
}

#[test]
fn p8_what_is_pushed_to_a_withdrawn_branch_is_said_and_never_carried_on() {
    let world = World::new();
    world.cut();
    let a = world.machine("a");
    a.engine().withdraw(None, "a flaw").unwrap();
    world.git(&["update-ref", "refs/heads/release-1.1.0", ARCHIVE]);
    let late = world.commit("release-1.1.0", "fix: late", FIX);
    world.minutes(60);
    let b = world.machine("b");
    assert!(world.until_quiet(&b).0.is_empty());
    let seen = b.engine().observe().unwrap();
    assert!(seen.project.candidates.is_empty());
    let said = &seen.facts.strangers[0];
    assert!(said.name.short() == "release-1.1.0" && said.why.starts_with("1.1.0 was withdrawn"), "{said:?}");
    assert_eq!(world.tip("refs/heads/release-1.1.0"), Some(late.clone()));

    let done = b.engine().withdraw(Some(v("1.1.0")), "this too").unwrap();
    assert_eq!(done.archive, format!("{ARCHIVE}-2"));
    assert_eq!(done.fixes, [(late.clone(), "fix: late".to_owned())]);
    assert_eq!(world.tip(&done.archive), Some(late));
    let offers = b.engine().observe().unwrap().facts.offers;
    assert_eq!((offers.len(), offers[0].fixes.len()), (1, 1));
    over(&world);
}

#[test]
fn p8_a_branch_that_is_gone_and_names_that_are_taken() {
    let world = World::new();
    world.cut();
    world.git(&["update-ref", "-d", "refs/heads/release-1.1.0"]);
    world.git(&["update-ref", ARCHIVE, "refs/heads/master"]);
    let done = world.machine("a").engine().withdraw(None, "a flaw").unwrap();
    assert_eq!((done.head, done.archive), (None, format!("{ARCHIVE}-2")));
    assert_eq!(world.tip(&format!("{ARCHIVE}-2")), world.tip("refs/tags/v1.1.0-rc.1"));
    over(&world);

    let world = World::new();
    world.cut();
    world.git(&["update-ref", "refs/allclear/archive", "refs/heads/master"]);
    let fault = world.machine("a").engine().withdraw(None, "a flaw").unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("refs/allclear/archive"), "{fault}");
}

#[test]
fn p1_a_candidate_that_was_overtaken_by_hand_has_a_way_out() {
    let world = World::new();
    world.cut();
    world.git(&["tag", "-a", "-m", "by hand", "v2.0.0", "develop"]);
    let a = world.machine("a");
    let assessment = a.engine().observe().unwrap().assess(world.now());
    let gate = assessment.candidates[0].gates.iter().find(|g| g.gate == Gate::Version).unwrap();
    assert!(gate.finding.remedy[0].starts_with("allclear withdraw 1.1.0 --yes"), "{gate:?}");
    a.engine().withdraw(None, "overtaken").unwrap();
    world.commit("develop", "feat: more", &[("more.txt", "more\n")]);
    assert_eq!(a.engine().cut(&CutWish::default()).unwrap().cut.version, v("2.1.0"));
    world.check_promises();
}

#[test]
fn p7_a_train_goes_on_after_a_withdrawal() {
    let world = World::new();
    world.policy("preset = \"library@1\"\n[train]\nanchor = \"2026-11-10 10:00\"\nevery = \"2 weeks\"\n");
    world.cut();
    world.days(8);
    let b = world.machine("b");
    b.engine().hold(None, "a flaw", None).unwrap();
    world.commit("develop", "feat: next", &[("next.txt", "next\n")]);
    world.until_quiet(&b);
    b.engine().withdraw(None, "a flaw").unwrap();
    let (done, last) = world.until_quiet(&b);
    assert_eq!(done.len(), 1, "the slot of the 10th waited for its end: {done:?}, {last:?}");
    assert!(done[0].starts_with("cut 1.2.0"));
    world.check_promises();
}
