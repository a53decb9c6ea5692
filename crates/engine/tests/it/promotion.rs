//! What can come between the steps of a promotion: rivals, late pushes, lost answers, half-done pushes.
//! Push 1 is the plan, push 2 the move, push 3 the confirmation.

use crate::{released_in_the_end, untouched, v};
use allclear_core::Event;
use allclear_engine::{FaultKind, Note};
use allclear_testkit::{Flaky, Push, World};
use jiff::ToSpan;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const FIX: &[(&str, &str)] = &[("app.txt", "1\ntwo\nthree\n")];

#[test]
fn p2_a_rival_planner_wins_and_the_loser_says_so() {
    for version in [Some(v("1.1.0")), None] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let rival = || drop(b.engine().promote(None, None).unwrap());
        let flaky = Flaky::new(&a.store).before_push(1, rival);
        let released = a.engine_on(&flaky).promote(version, None).unwrap();
        assert!(released.before && released.version == v("1.1.0"));
        assert_eq!(world.confirmed(), [v("1.1.0")]);
        world.check_promises();
    }
}

#[test]
fn p2_a_rival_mover_ends_in_one_release() {
    for push in [2, 3] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let flaky = Flaky::new(&a.store).before_push(push, || drop(b.engine().tick(false).unwrap()));
        a.engine_on(&flaky).promote(None, None).unwrap();
        assert_eq!(world.confirmed(), [v("1.1.0")]);
        world.check_promises();
    }
}

#[test]
fn p1_a_late_fix_between_plan_and_move_stops_it() {
    for push in [1, 2] {
        let world = World::soaked();
        let (a, master) = (world.machine("a"), world.tip("refs/heads/master"));
        let flaky =
            Flaky::new(&a.store).before_push(push, || drop(world.commit("release-1.1.0", "fix: late", FIX)));
        let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
        assert_eq!(world.tip("refs/heads/master"), master);
        assert!(!world.has("refs/tags/v1.1.0"));
        world.until_quiet(&a);
        world.minutes(31);
        world.until_quiet(&a);
        assert!(world.has("refs/tags/v1.1.0-rc.2") && world.confirmed().is_empty());
        world.days(5);
        released_in_the_end(&world);
    }
}

#[test]
fn p3_develop_moved_between_plan_and_move_is_planned_anew() {
    for push in [1, 2] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = Flaky::new(&a.store)
            .before_push(push, || drop(world.commit("develop", "feat: next", &[("next.txt", "n\n")])));
        let released = a.engine_on(&flaky).promote(None, None).unwrap();
        assert!(!released.before);
        let aborted = world.events().iter().filter(|e| matches!(e, Event::PromotionAborted { .. })).count();
        assert_eq!(aborted, 1, "develop is no part of the plan's push");
        world.check_promises();
        assert!(world.git(&["show", "develop:next.txt"]).starts_with('n'));
    }
}

#[test]
fn p3_develop_that_never_stands_still_ends_the_attempt_and_nothing_is_left_over() {
    let world = World::soaked();
    let a = world.machine("a");
    let n = AtomicU32::new(0);
    let busy = |note: &Note| {
        if matches!(note, Note::Planned(_)) {
            let n = n.fetch_add(1, Relaxed) + 1;
            world.commit("develop", "feat: more", &[("more.txt", &format!("{n}\n"))]);
        }
    };
    let fault = a.engine_with(&a.store, &busy).promote(None, None).unwrap_err();
    assert_eq!((fault.kind(), n.load(Relaxed)), (FaultKind::Conflict, 5), "{fault}");
    world.check_promises();
    released_in_the_end(&world);
}

#[test]
fn p1_a_hold_or_a_freeze_between_plan_and_move_stops_it() {
    for freeze in [false, true] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let before = world.branches_and_tags();
        let until = world.now().checked_add(48.hours()).unwrap();
        let stop = || {
            if freeze {
                b.engine().freeze("no more", until, allclear_core::policy::Stops::Both).unwrap();
            } else {
                b.engine().hold(None, "not yet", None).unwrap();
            }
        };
        let flaky = Flaky::new(&a.store).before_push(2, stop);
        let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
        assert!([FaultKind::Blocked, FaultKind::Waiting].contains(&fault.kind()), "{fault}");
        untouched(&world, &before);
        let (done, _) = world.until_quiet(&b);
        assert!(done.is_empty(), "{done:?}");
        if freeze {
            b.engine().lift_freeze().unwrap();
        } else {
            b.engine().lift_hold(None).unwrap();
        }
        released_in_the_end(&world);
    }
}

#[test]
fn p2_a_planner_that_dies_is_succeeded_by_any_tick() {
    let world = World::soaked();
    let a = world.machine("a");
    let before = world.branches_and_tags();
    let flaky = Flaky::new(&a.store).gone_after_push(1);
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert!([FaultKind::TryLater, FaultKind::Unknown].contains(&fault.kind()), "{fault}");
    untouched(&world, &before);
    released_in_the_end(&world);
}

#[test]
fn p2_a_lost_answer_is_found_out_by_reading() {
    for push in [1, 2, 3] {
        for fault in [Push::LoseAnswer, Push::SayFailed, Push::Lose] {
            let world = World::soaked();
            let a = world.machine("a");
            let flaky = Flaky::new(&a.store).push_is(push, fault);
            let released = a.engine_on(&flaky).promote(None, None).unwrap();
            assert_eq!(released.version, v("1.1.0"));
            assert_eq!(world.confirmed(), [v("1.1.0")]);
            world.check_promises();
        }
    }
}

#[test]
fn p2_no_answer_and_no_server_is_unknown_and_never_guessed() {
    for fault in [Push::LoseAnswer, Push::Lose] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = Flaky::new(&a.store).push_is(2, fault).gone_after_push(2);
        let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Unknown, "{fault}");
        assert!(!fault.to_string().contains("nothing was changed"), "{fault}");
        released_in_the_end(&world);
    }
}

#[test]
fn p1_a_zombie_push_after_the_fence_is_refused() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).push_is(2, Push::Lose).gone_after_push(2);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    b.engine().hold(None, "not yet", None).unwrap();
    world.until_quiet(&b);
    let before = world.refs();
    let answer = allclear_core::port::Push::push(&a.store, &flaky.asked(2)).unwrap();
    assert!(!answer.ok, "the zombie must not land");
    assert_eq!(world.refs(), before);
    b.engine().lift_hold(None).unwrap();
    released_in_the_end(&world);
    let before = world.refs();
    assert!(!allclear_core::port::Push::push(&a.store, &flaky.asked(2)).unwrap().ok);
    assert_eq!(world.refs(), before);
}

/// Kills the server when some of the refs of push `n` have changed, and the machine with it.
fn half_done(n: u32, refs: usize, masks: impl Iterator<Item = u32>) {
    for mask in masks {
        let world = World::soaked();
        let a = world.machine("a");
        let places: BTreeSet<usize> = (0..refs).filter(|at| mask & (1 << at) != 0).collect();
        let flaky = Flaky::new(&a.store).push_is(n, Push::Subset(places)).gone_after_push(n);
        drop(a.engine_on(&flaky).promote(None, None));
        let asked = flaky.asked(n);
        assert_eq!(asked.len(), refs);
        let landed = |name: &str| {
            asked.iter().position(|u| u.name.as_str() == name).is_some_and(|at| mask & (1 << at) != 0)
        };
        let committed =
            ["refs/heads/master", "refs/heads/develop", "refs/tags/v1.1.0"].iter().any(|n| landed(n));
        println!("push {n}, mask {mask:b}");
        if landed("refs/heads/release-1.1.0") && !committed {
            // Indistinguishable from a branch that a person deleted: said, and left to a person.
            let (_, last) = world.until_quiet(&world.machine("b"));
            assert!(world.confirmed().is_empty() && !world.has("refs/tags/v1.1.0"), "{:?}", last.faults);
            world.git(&["branch", "release-1.1.0", "v1.1.0-rc.1^{commit}"]);
        }
        released_in_the_end(&world);
    }
}

/// The subsets of a move's refs in which its two deletions, of the branch and of the plan's own ref, go
/// together, as they do on a server: the locks of deleted refs are held to the end.
fn move_masks(subsets: std::ops::Range<u32>) -> impl Iterator<Item = u32> {
    subsets.map(|m| (m & 0b111) | (m & 0b1000) | (m & 0b1000) << 1 | (m & 0b1_0000) << 1)
}

#[test]
fn p2_a_half_done_move_is_rolled_forward_by_another_machine_1() {
    half_done(2, 6, move_masks(0..11));
}

#[test]
fn p2_a_half_done_move_is_rolled_forward_by_another_machine_2() {
    half_done(2, 6, move_masks(11..22));
}

#[test]
fn p2_a_half_done_move_is_rolled_forward_by_another_machine_3() {
    half_done(2, 6, move_masks(22..32));
}

#[test]
fn p2_a_half_done_plan_is_finished_or_made_anew() {
    half_done(1, 4, [0, 1, 3, 6, 7, 8, 14, 15].into_iter());
}

#[test]
fn p2_a_half_done_confirmation_is_completed() {
    half_done(3, 3, 0..8);
}

#[test]
fn p3_a_half_done_move_whose_develop_moved_on_is_merged_anew() {
    let world = World::soaked();
    let a = world.machine("a");
    let only = |name: &str| name == "refs/heads/master" || name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(2, Push::Partial(only)).gone_after_push(2);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    let late = world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    released_in_the_end(&world);
    assert_eq!(world.git(&["rev-parse", "develop^1"]), late.as_str());
}

#[test]
fn p8_a_half_done_move_keeps_a_candidate_that_got_another_commit() {
    let world = World::soaked();
    let a = world.machine("a");
    let only = |name: &str| name == "refs/heads/develop" || name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(2, Push::Partial(only)).gone_after_push(2);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    let late = world.commit("release-1.1.0", "fix: late", FIX);
    released_in_the_end(&world);
    assert_eq!(world.tip("refs/heads/release-1.1.0"), Some(late));
}

#[test]
fn p7_a_rewound_ledger_is_detected_here_and_by_a_fresh_machine() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().promote(None, None).unwrap();
    let whole = world.tip("refs/allclear/ledger").unwrap();
    let all = world.ledger();
    // Only the plan names the release tag's entry; cut off before it.
    world.git(&["update-ref", "refs/allclear/ledger", all[all.len() - 4].0.as_str()]);
    for name in ["a", "fresh"] {
        let fault = world.machine(name).engine().tick(false).unwrap_err();
        assert!(
            fault.kind() == FaultKind::Blocked && fault.what().contains("was rewound"),
            "{name}: {fault}"
        );
    }
    world.git(&["update-ref", "refs/allclear/ledger", whole.as_str()]);
    assert!(world.machine("a").engine().tick(false).is_ok());
    world.check_promises();
}

#[test]
fn p2_a_stable_set_back_by_hand_before_the_confirmation_is_rolled_forward() {
    let world = World::soaked();
    let (a, old) = (world.machine("a"), world.tip("refs/heads/master").unwrap());
    let flaky = Flaky::new(&a.store)
        .after_push(2, || drop(world.git(&["update-ref", "refs/heads/master", old.as_str()])));
    a.engine_on(&flaky).promote(None, None).unwrap();
    assert_eq!(world.confirmed(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p8_a_foreign_stable_after_a_half_done_move_calls_a_person() {
    let world = World::soaked();
    let a = world.machine("a");
    let only = |name: &str| name == "refs/heads/develop" || name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(2, Push::Partial(only)).gone_after_push(2);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    let old = world.tip("refs/heads/master").unwrap();
    world.commit("master", "fix: straight to production", &[("hot.txt", "hot\n")]);
    let before = world.branches_and_tags();
    let (_, last) = world.until_quiet(&world.machine("b"));
    assert!(
        last.faults.iter().any(|f| f.kind() == FaultKind::Blocked && f.what().contains("applied in part")),
        "{:?}",
        last.faults
    );
    assert_eq!(world.branches_and_tags(), before, "a person decides");
    // The person keeps the hot fix elsewhere and gives way.
    world.git(&["branch", "hot", "master"]);
    world.git(&["update-ref", "refs/heads/master", old.as_str()]);
    released_in_the_end(&world);
}

#[test]
fn p2_a_candidate_deleted_between_plan_and_move_is_drift() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store)
        .before_push(2, || drop(world.git(&["update-ref", "-d", "refs/heads/release-1.1.0"])));
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty() && world.confirmed().is_empty());
    world.git(&["branch", "release-1.1.0", "v1.1.0-rc.1^{commit}"]);
    released_in_the_end(&world);
}

#[test]
fn p8_a_foreign_tag_is_never_moved() {
    let world = World::soaked();
    let a = world.machine("a");
    let rival = || drop(world.git(&["tag", "-a", "-m", "mine", "v1.1.0", "develop"]));
    let flaky = Flaky::new(&a.store).before_push(2, rival);
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    world.look();
    let before = world.branches_and_tags();
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty(), "{done:?}");
    untouched(&world, &before);
}

#[test]
fn p8_a_foreign_tag_after_a_half_done_move_calls_a_person() {
    let world = World::soaked();
    let a = world.machine("a");
    let only = |name: &str| name != "refs/tags/v1.1.0" && name != "refs/heads/master";
    let flaky = Flaky::new(&a.store).push_is(2, Push::Partial(only)).gone_after_push(2);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    world.git(&["tag", "-a", "-m", "mine", "v1.1.0", "v1.0.0"]);
    world.excuse("refs/tags/v1.1.0");
    let before = world.branches_and_tags();
    let (_, last) = world.until_quiet(&world.machine("b"));
    assert!(last.faults.iter().any(|f| f.kind() == FaultKind::Blocked), "{:?}", last.faults);
    assert_eq!(world.branches_and_tags(), before);
    world.git(&["update-ref", "-d", "refs/tags/v1.1.0"]);
    released_in_the_end(&world);
}

#[test]
fn p8_a_lightweight_tag_of_the_release_s_name_blocks() {
    let world = World::soaked();
    world.git(&["tag", "v1.1.0", "release-1.1.0"]);
    let before = world.branches_and_tags();
    let fault = world.machine("a").engine().promote(None, None).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("version"), "{fault}");
    untouched(&world, &before);
}

#[test]
fn p2_a_server_that_says_ok_and_does_nothing_is_not_believed() {
    for lies in [&[1][..], &[2], &[3], &[2, 3], &[1, 3]] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = lies.iter().fold(Flaky::new(&a.store), |f, &n| f.push_is(n, Push::Lie));
        match a.engine_on(&flaky).promote(None, None) {
            Ok(released) => {
                assert_eq!((released.version, world.confirmed()), (v("1.1.0"), vec![v("1.1.0")]), "{lies:?}");
            }
            Err(fault) => {
                assert_eq!(
                    (fault.kind(), world.confirmed()),
                    (FaultKind::Unknown, vec![]),
                    "{lies:?}: {fault}"
                );
            }
        }
        released_in_the_end(&world);
    }
}

#[test]
fn p7_a_record_that_the_server_only_says_it_took_is_not_believed() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lie);
    a.engine_on(&flaky).hold(None, "not yet", None).unwrap();
    assert!(world.events().iter().any(|e| matches!(e, Event::Held { .. })));
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lie).push_is(2, Push::Lie);
    a.engine_on(&flaky).lift_hold(None).unwrap_err();
}

#[test]
fn p1_a_freeze_that_begins_between_plan_and_move_stops_it() {
    let world = World::soaked();
    let from = allclear_core::Seconds(300).after(world.now());
    let until = allclear_core::Seconds::DAY.after(from);
    let freeze = format!("[[freeze]]\nreason = \"holidays\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n");
    world.policy(&format!("preset = \"library@1\"\n{freeze}"));
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).after_push(1, || world.minutes(6));
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Waiting, "{fault}");
    assert!(world.confirmed().is_empty() && !world.has("refs/tags/v1.1.0"));
}

#[test]
fn p1_a_held_candidate_is_not_released_by_pushing_what_its_plan_left() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(2, Push::Lose).gone_after_push(2);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    let b = world.machine("b");
    b.engine().hold(None, "do not ship", None).unwrap();
    let left = world.refs().into_iter().find(|(name, _)| name.ends_with("/develop") && name.contains("/op/"));
    world.git(&["update-ref", "refs/heads/develop", left.unwrap().1.as_str()]);
    let before = world.tip("refs/heads/master");
    let (_, last) = world.until_quiet(&b);
    assert_eq!(world.tip("refs/heads/master"), before, "{:?}", last.faults);
    b.engine().lift_hold(None).unwrap();
    released_in_the_end(&world);
}
