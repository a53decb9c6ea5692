//! A push of which the server did a part before it died.

use super::FIX;
use crate::{released_in_the_end, v};
use allclear_core::Event;
use allclear_core::decide::assess::State;
use allclear_core::port::Objects;
use allclear_engine::FaultKind;
use allclear_testkit::{Flaky, Push, World};
use std::collections::BTreeSet;

/// Kills the server when some of the refs of the push have changed, and the machine with it. The refs are, in this
/// order: the ledger, develop, stable, the tag, the candidate's branch.
fn half_done(masks: impl Iterator<Item = u32>) {
    for mask in masks {
        let world = World::soaked();
        let a = world.machine("a");
        let places: BTreeSet<usize> = (0..5).filter(|at| mask & (1 << at) != 0).collect();
        let flaky = Flaky::new(&a.store).push_is(1, Push::Subset(places.clone())).gone_after_push(1);
        drop(a.engine_on(&flaky).promote(None, None));
        let asked = flaky.asked(1);
        let names: Vec<&str> = asked.iter().map(|u| u.name.as_str()).collect();
        let wanted = [
            "refs/allclear/ledger",
            "refs/heads/develop",
            "refs/heads/master",
            "refs/tags/v1.1.0",
            "refs/heads/release-1.1.0",
        ];
        assert_eq!(names, wanted);
        let [entry, develop, stable, tag, branch] = [0, 1, 2, 3, 4].map(|at| places.contains(&at));
        println!("mask {mask:05b}");
        let last = tag || branch;
        if !last || (!entry && stable) || (develop && stable && tag) {
            // Done, committed, landed, or not applied.
            released_in_the_end(&world);
        } else if !entry && !tag {
            // Indistinguishable from a branch that a person deleted: said, and left to a person.
            let (_, quiet) = world.until_quiet(&world.machine("b"));
            assert!(world.released().is_empty() && !world.has("refs/tags/v1.1.0"), "{:?}", quiet.faults);
            world.git(&["branch", "release-1.1.0", "v1.1.0-rc.1^{commit}"]);
            released_in_the_end(&world);
        } else {
            // What goes last is there and the rest is not: no server of git's leaves that, so it was a hand.
            let before = world.branches_and_tags();
            let b = world.machine("b");
            world.until_quiet(&b);
            assert_eq!(world.branches_and_tags(), before, "a person decides");
            let seen = b.engine().observe().unwrap();
            let found = seen.assess(world.now());
            let blocked = found.candidates.iter().any(|c| c.state == State::Blocked);
            assert!(blocked || !seen.facts.drift.is_empty(), "it is said");
        }
    }
}

#[test]
fn p2_a_half_done_push_is_rolled_forward_by_another_machine_1() {
    half_done(0..11);
}

#[test]
fn p2_a_half_done_push_is_rolled_forward_by_another_machine_2() {
    half_done(11..22);
}

#[test]
fn p2_a_half_done_push_is_rolled_forward_by_another_machine_3() {
    half_done(22..32);
}

/// The server takes the entry and what `only` names of the promotion, and dies with the machine that sent it.
fn dies_with(world: &World, only: fn(&str) -> bool) {
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Partial(only)).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
}

#[test]
fn p3_a_half_done_promotion_whose_develop_moved_on_is_merged_anew() {
    let world = World::soaked();
    dies_with(&world, |name| name == "refs/heads/master" || name == "refs/allclear/ledger");
    let late = world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    released_in_the_end(&world);
    assert_eq!(world.git(&["rev-parse", "develop^1"]), late.as_str());
}

#[test]
fn p8_a_half_done_promotion_keeps_a_candidate_that_got_another_commit() {
    let world = World::soaked();
    dies_with(&world, |name| name == "refs/heads/master" || name == "refs/allclear/ledger");
    let late = world.commit("release-1.1.0", "fix: late", FIX);
    released_in_the_end(&world);
    assert_eq!(world.tip("refs/heads/release-1.1.0"), Some(late));
}

#[test]
fn p1_what_is_on_record_alone_needs_to_be_clear_or_a_captain() {
    for complete in [true, false] {
        let world = World::soaked();
        dies_with(&world, |name| name == "refs/allclear/ledger");
        let b = world.machine("b");
        b.engine().hold(Some(v("1.1.0")), "do not ship", None).unwrap();
        let before = world.branches_and_tags();
        let (_, last) = world.until_quiet(&b);
        assert_eq!(world.branches_and_tags(), before);
        assert!(
            last.faults
                .iter()
                .any(|f| f.kind() == FaultKind::Blocked && f.what().contains("not clear any more")),
            "{:?}",
            last.faults
        );
        let fault = b.engine().cut(&allclear_engine::CutWish::default()).unwrap_err();
        assert!(fault.what().contains("comes first"), "{fault}");
        if complete {
            b.engine().complete(Some(v("1.1.0")), None, "the hold was a mistake").unwrap();
            assert_eq!(world.released(), [v("1.1.0")]);
        } else {
            let entry = world.ledger().into_iter().rev().find(|(_, e)| {
                e.as_ref().is_ok_and(|e| e.events.iter().any(|e| matches!(e, Event::Promoted(_))))
            });
            b.engine().strike(&[entry.unwrap().0], "not this one").unwrap();
            world.until_quiet(&b);
            assert_eq!(world.branches_and_tags(), before, "held");
            b.engine().lift_hold(None, None).unwrap();
            released_in_the_end(&world);
        }
        world.check_promises();
    }
}

#[test]
fn p2_the_same_ids_are_made_by_a_machine_that_has_neither_objects_nor_keys() {
    let world = World::soaked();
    dies_with(&world, |name| name == "refs/allclear/ledger");
    // What no ref of the server names is gone.
    world.git(&["gc", "-q", "--prune=now"]);
    let wanted = world.promotions().pop().unwrap().0;
    let b = world.lone_machine("far");
    assert_eq!(b.store.objects(std::slice::from_ref(&wanted.new_stable)).unwrap(), [""]);
    world.until_quiet(&b);
    assert_eq!(world.released(), [v("1.1.0")]);
    assert_eq!(world.tip("refs/heads/master"), Some(wanted.new_stable));
    assert!(world.refs().contains(&("refs/tags/v1.1.0".into(), wanted.new_tag)));
    world.check_promises();
}

fn foreign_stable(gives_way: bool) {
    let world = World::soaked();
    dies_with(&world, |name| name == "refs/allclear/ledger");
    let old = world.tip("refs/heads/master").unwrap();
    world.commit("master", "fix: straight to production", &[("hot.txt", "hot\n")]);
    let before = world.branches_and_tags();
    let (_, last) = world.until_quiet(&world.machine("b"));
    assert!(
        last.faults
            .iter()
            .any(|f| f.kind() == FaultKind::Blocked && f.what().contains("moved by somebody else")),
        "{:?}",
        last.faults
    );
    assert_eq!(world.branches_and_tags(), before, "a person decides");
    // A person who asks gets the merge that keeps both.
    let fault = world.machine("b").engine().promote(Some(v("1.1.0")), None).unwrap_err();
    assert!(fault.to_string().contains("review the branch allclear/merge-1.1.0"), "{fault}");
    if gives_way {
        world.git(&["branch", "hot", "master"]);
        world.git(&["update-ref", "refs/heads/master", old.as_str()]);
    } else {
        world.git(&["update-ref", "refs/heads/master", "refs/heads/allclear/merge-1.1.0"]);
        assert_eq!(world.git(&["show", "master:hot.txt"]), "hot");
    }
    world.git(&["update-ref", "-d", "refs/heads/allclear/merge-1.1.0"]);
    released_in_the_end(&world);
}

#[test]
fn p8_a_foreign_stable_after_a_half_done_push_calls_a_person() {
    foreign_stable(true);
}

#[test]
fn p8_a_foreign_stable_may_be_merged_with_the_release() {
    foreign_stable(false);
}

#[test]
fn p8_a_foreign_tag_after_a_half_done_push_calls_a_person() {
    let world = World::soaked();
    dies_with(&world, |name| name == "refs/heads/develop" || name == "refs/allclear/ledger");
    world.git(&["tag", "-a", "-m", "mine", "v1.1.0", "v1.0.0"]);
    world.excuse("refs/tags/v1.1.0");
    let before = world.branches_and_tags();
    let (_, last) = world.until_quiet(&world.machine("b"));
    assert!(last.faults.iter().any(|f| f.kind() == FaultKind::Blocked), "{:?}", last.faults);
    assert_eq!(world.branches_and_tags(), before);
    world.git(&["update-ref", "-d", "refs/tags/v1.1.0"]);
    released_in_the_end(&world);
}
