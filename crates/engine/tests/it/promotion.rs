//! What can come before, into and after the one push of a promotion: rivals, late pushes, lost answers, half-done
//! pushes, and other hands.

use crate::{released_in_the_end, untouched, v};
use allclear_core::Event;
use allclear_core::decide::assess::State;
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::port::Objects;
use allclear_engine::{FaultKind, Note};
use allclear_testkit::{Flaky, Push, World};
use jiff::ToSpan;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const FIX: &[(&str, &str)] = &[("app.txt", "1\ntwo\nthree\n")];

#[test]
fn p2_a_rival_wins_and_the_loser_says_so() {
    for version in [Some(v("1.1.0")), None] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let rival = || drop(b.engine().promote(None, None).unwrap());
        let flaky = Flaky::new(&a.store).before_push(1, rival);
        let released = a.engine_on(&flaky).promote(version, None).unwrap();
        assert!(released.before && released.version == v("1.1.0"));
        assert_eq!(world.released(), [v("1.1.0")]);
        world.check_promises();
    }
}

#[test]
fn p1_a_late_fix_before_the_push_stops_it() {
    let world = World::soaked();
    let (a, master) = (world.machine("a"), world.tip("refs/heads/master"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(world.commit("release-1.1.0", "fix: late", FIX)));
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    assert_eq!(world.tip("refs/heads/master"), master);
    assert!(!world.has("refs/tags/v1.1.0"));
    world.until_quiet(&a);
    world.minutes(31);
    world.until_quiet(&a);
    assert!(world.has("refs/tags/v1.1.0-rc.2") && world.released().is_empty());
    world.days(5);
    released_in_the_end(&world);
}

#[test]
fn p3_where_develop_moved_all_is_built_anew() {
    let world = World::soaked();
    let a = world.machine("a");
    let said = std::sync::Mutex::new(Vec::new());
    let hear = |note: &Note| {
        if let Note::Overtaken { by } = note {
            said.lock().unwrap().push(by.clone());
        }
    };
    let flaky = Flaky::new(&a.store)
        .before_push(1, || drop(world.commit("develop", "feat: next", &[("next.txt", "n\n")])));
    let released = a.engine_with(&flaky, &hear).promote(None, None).unwrap();
    assert!(!released.before);
    assert_eq!(flaky.pushes(), 2);
    let said = said.into_inner().unwrap();
    assert!(said.len() == 1 && said[0].starts_with("develop moved from "), "{said:?}");
    world.check_promises();
    assert!(world.git(&["show", "develop:next.txt"]).starts_with('n'));
}

#[test]
fn p6_what_moved_is_named() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let said = std::sync::Mutex::new(Vec::new());
    let hear = |note: &Note| {
        if let Note::Overtaken { by } = note {
            said.lock().unwrap().push(by.clone());
        }
    };
    let hold = || assert_eq!(b.engine().hold(None, "not yet", None).unwrap(), v("1.1.0"));
    let flaky = Flaky::new(&a.store).before_push(1, hold);
    a.engine_with(&flaky, &hear).promote(None, None).unwrap_err();
    let said = said.into_inner().unwrap();
    assert_eq!(said, ["the record moved: hold 1.1.0: not yet"]);
}

#[test]
fn p3_develop_that_never_stands_still_ends_the_attempt_and_nothing_is_left_over() {
    let world = World::soaked();
    let a = world.machine("a");
    let n = AtomicU32::new(0);
    let busy = |note: &Note| {
        if matches!(note, Note::Built) {
            let n = n.fetch_add(1, Relaxed) + 1;
            world.commit("develop", "feat: more", &[("more.txt", &format!("{n}\n"))]);
        }
    };
    let fault = a.engine_with(&a.store, &busy).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    assert!(n.load(Relaxed) > 3 && fault.what().contains("develop moved from"), "{fault}");
    let waits = world.events().iter().filter(|e| matches!(e, Event::RacesLost { .. })).count();
    assert_eq!(waits, 1, "observations are asked to wait once");
    world.check_promises();
    released_in_the_end(&world);
}

#[test]
fn p2_observations_wait_for_a_promotion_that_keeps_losing_and_bad_news_does_not() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let n = AtomicU32::new(0);
    let commit = world.tip("refs/heads/release-1.1.0").unwrap();
    let result = |name: &str, outcome| allclear_engine::CheckResult {
        name: name.into(),
        outcome,
        commit: commit.clone(),
        url: None,
    };
    let busy = |note: &Note| {
        if matches!(note, Note::Built) && n.fetch_add(1, Relaxed) < 3 {
            b.engine().check(vec![result("lint", CheckOutcome::Passed)]).unwrap();
        } else if matches!(note, Note::Built) {
            let fault = b.engine().check(vec![result("lint", CheckOutcome::Passed)]).unwrap_err();
            assert_eq!(fault.kind(), FaultKind::TryLater, "{fault}");
        }
    };
    a.engine_with(&a.store, &busy).promote(None, None).unwrap();
    assert_eq!(n.load(Relaxed), 4);
    b.engine().check(vec![result("lint", CheckOutcome::Failed)]).unwrap();
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p1_a_hold_or_a_freeze_before_the_push_stops_it() {
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
        let flaky = Flaky::new(&a.store).before_push(1, stop);
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
fn p2_a_lost_answer_is_found_out_by_reading() {
    for fault in [Push::LoseAnswer, Push::SayFailed, Push::Lose] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = Flaky::new(&a.store).push_is(1, fault);
        let released = a.engine_on(&flaky).promote(None, None).unwrap();
        assert_eq!(released.version, v("1.1.0"));
        assert_eq!(world.released(), [v("1.1.0")]);
        world.check_promises();
    }
}

#[test]
fn p2_no_answer_and_no_server_is_unknown_and_never_guessed() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::LoseAnswer).gone_after_push(1);
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unknown, "{fault}");
    assert!(!fault.to_string().contains("nothing was changed"), "{fault}");
    released_in_the_end(&world);
}

#[test]
fn p1_a_zombie_push_after_any_entry_is_refused() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    b.engine().hold(None, "not yet", None).unwrap();
    world.until_quiet(&b);
    let before = world.refs();
    let answer = allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap();
    assert!(!answer.ok, "the zombie must not land");
    assert_eq!(world.refs(), before);
    b.engine().lift_hold(None).unwrap();
    released_in_the_end(&world);
    let before = world.refs();
    assert!(!allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap().ok);
    assert_eq!(world.refs(), before);
}

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
            b.engine().strike(&entry.unwrap().0, "not this one").unwrap();
            world.until_quiet(&b);
            assert_eq!(world.branches_and_tags(), before, "held");
            b.engine().lift_hold(None).unwrap();
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

#[test]
fn p7_a_rewound_ledger_is_detected_here_and_by_a_fresh_machine() {
    let world = World::soaked();
    let a = world.machine("a");
    world.commit("release-1.1.0", "fix: late", FIX);
    a.engine().rc(None, None, false).unwrap();
    let whole = world.tip("refs/allclear/ledger").unwrap();
    let all = world.ledger();
    // Only the tag of rc.2 names the entry that is cut off.
    world.git(&["update-ref", "refs/allclear/ledger", all[all.len() - 2].0.as_str()]);
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
fn p7_a_release_whose_entry_was_cut_off_is_missed_where_it_was_seen() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().promote(None, None).unwrap();
    let all = world.ledger();
    world.git(&["update-ref", "refs/allclear/ledger", all[all.len() - 2].0.as_str()]);
    let fault = a.engine().tick(false).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("was rewound"), "{fault}");
}

#[test]
fn p2_what_a_hand_put_back_is_drift_and_stays() {
    for name in ["master", "develop"] {
        let world = World::soaked();
        let old = world.tip(&format!("refs/heads/{name}")).unwrap();
        world.machine("a").engine().promote(None, None).unwrap();
        world.git(&["update-ref", &format!("refs/heads/{name}"), old.as_str()]);
        let before = world.branches_and_tags();
        let b = world.machine("b");
        let (done, _) = world.until_quiet(&b);
        assert!(done.is_empty(), "{done:?}");
        assert_eq!(world.branches_and_tags(), before);
        assert!(!b.engine().observe().unwrap().facts.drift.is_empty());
    }
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
fn p2_a_candidate_deleted_before_the_push_is_drift() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store)
        .before_push(1, || drop(world.git(&["update-ref", "-d", "refs/heads/release-1.1.0"])));
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty() && world.released().is_empty());
    world.git(&["branch", "release-1.1.0", "v1.1.0-rc.1^{commit}"]);
    released_in_the_end(&world);
}

#[test]
fn p8_a_foreign_tag_is_never_moved() {
    let world = World::soaked();
    let a = world.machine("a");
    let rival = || drop(world.git(&["tag", "-a", "-m", "mine", "v1.1.0", "develop"]));
    let flaky = Flaky::new(&a.store).before_push(1, rival);
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    world.look();
    let before = world.branches_and_tags();
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty(), "{done:?}");
    untouched(&world, &before);
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
    for lies in [&[1][..], &[1, 2]] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = lies.iter().fold(Flaky::new(&a.store), |f, &n| f.push_is(n, Push::Lie));
        match a.engine_on(&flaky).promote(None, None) {
            Ok(released) => {
                assert_eq!((released.version, world.released()), (v("1.1.0"), vec![v("1.1.0")]), "{lies:?}");
            }
            Err(fault) => {
                assert_eq!(
                    (fault.kind(), world.released()),
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
fn p1_a_freeze_that_begins_while_it_is_built_stops_it() {
    let world = World::soaked();
    let from = allclear_core::Seconds(300).after(world.now());
    let until = allclear_core::Seconds::DAY.after(from);
    let freeze = format!("[[freeze]]\nreason = \"holidays\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n");
    world.policy(&format!("preset = \"library@1\"\n{freeze}"));
    let a = world.machine("a");
    let slow = |note: &Note| {
        if matches!(note, Note::Built) {
            world.minutes(6);
        }
    };
    let fault = a.engine_with(&a.store, &slow).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Waiting, "{fault}");
    assert!(world.released().is_empty() && !world.has("refs/tags/v1.1.0"));
}

#[test]
fn p1_what_turned_by_time_alone_ends_a_push_that_is_still_on_its_way() {
    let world = World::soaked();
    let from = allclear_core::Seconds(300).after(world.now());
    let until = allclear_core::Seconds::DAY.after(from);
    let freeze = format!("[[freeze]]\nreason = \"holidays\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n");
    world.policy(&format!("preset = \"library@1\"\n{freeze}"));
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    world.minutes(10);
    world.until_quiet(&world.machine("b"));
    let turned = world.events().iter().filter(|e| matches!(e, Event::Turned { .. })).count();
    assert_eq!(turned, 1, "once");
    assert!(!allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap().ok);
    assert!(world.released().is_empty());
    world.check_promises();
}

#[test]
fn p7_rival_ticks_note_a_new_head_once() {
    let world = World::soaked();
    world.commit("release-1.1.0", "fix: late", FIX);
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(b.engine().tick(false).unwrap()));
    a.engine_on(&flaky).tick(false).unwrap();
    let seen = world.events().iter().filter(|e| matches!(e, Event::HeadSeen { .. })).count();
    assert_eq!(seen, 1);
}

#[test]
fn p1_what_was_judged_long_ago_is_not_sent_again() {
    let world = World::soaked();
    let from = allclear_core::Seconds(240).after(world.now());
    let until = allclear_core::Seconds::DAY.after(from);
    let freeze = format!("[[freeze]]\nreason = \"holidays\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n");
    world.policy(&format!("preset = \"library@1\"\n{freeze}"));
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).after_push(1, || world.minutes(3));
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(flaky.pushes(), 1);
    assert!(world.released().is_empty() && !world.has("refs/tags/v1.1.0"));
    world.check_promises();
}
