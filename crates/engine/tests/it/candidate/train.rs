//! The calendar: a slot fires at most once, whoever looks and however often.

use crate::v;
use allclear_core::Event;
use allclear_core::policy::schedule::SkipReason;
use allclear_testkit::World;

const TRAIN: &str = "preset = \"library@1\"\n[train]\nanchor = \"2026-11-24 10:00\"\nevery = \"2 weeks\"\n";

/// A project whose 1.1.0 is out, thirteen days before the first slot.
fn waiting() -> World {
    let world = World::new();
    world.policy(TRAIN);
    world.cut();
    world.days(8);
    world.machine("a").engine().promote(None, None).unwrap();
    world
}

fn slots(world: &World) -> Vec<String> {
    let slot = |e: &Event| match e {
        Event::CandidateCut(cut) => cut.slot.map(|s| format!("{s} {}", cut.version)),
        Event::SlotSkipped { slot, reason } => Some(format!("{slot} {reason:?}")),
        _ => None,
    };
    world.events().iter().filter_map(slot).collect()
}

#[test]
fn p7_a_slot_fires_once_with_four_machines_racing() {
    let world = waiting();
    world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    world.days(13);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let world = &world;
            scope.spawn(move || {
                let machine = world.lone_machine(&format!("m{n}"));
                let ticked = machine.engine().tick(false).unwrap();
                assert!(ticked.faults.is_empty(), "to lose a race is no fault: {:?}", ticked.faults);
            });
        }
    });
    assert_eq!(slots(&world), ["2026-11-24T10:00:00Z 1.2.0"]);
    assert!(world.has("refs/heads/release-1.2.0") && world.has("refs/tags/v1.2.0-rc.1"));
    world.check_promises();
}

#[test]
fn p7_a_slot_does_not_fire_early() {
    let world = waiting();
    world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    world.days(13);
    world.minutes(-1);
    world.until_quiet(&world.machine("b"));
    assert!(slots(&world).is_empty());
}

#[test]
fn p7_an_empty_train_is_skipped_on_record_once() {
    let world = waiting();
    world.days(13);
    for name in ["a", "b", "c"] {
        world.until_quiet(&world.machine(name));
    }
    assert_eq!(slots(&world), [format!("2026-11-24T10:00:00Z {:?}", SkipReason::Empty)]);
}

#[test]
fn p7_missed_slots_run_late_once_and_never_in_a_burst() {
    let world = waiting();
    world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    world.days(13 + 28 + 2);
    world.until_quiet(&world.machine("b"));
    assert_eq!(slots(&world), ["2026-12-22T10:00:00Z 1.2.0"]);
    world.check_promises();
}

#[test]
fn p7_a_busy_slot_waits_for_the_open_candidate() {
    let world = waiting();
    world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    world.days(12);
    world.cut();
    world.commit("develop", "feat: after", &[("after.txt", "n\n")]);
    world.days(1);
    let b = world.machine("b");
    world.until_quiet(&b);
    assert!(slots(&world).is_empty(), "it waits");
    world.days(6);
    world.until_quiet(&b);
    assert_eq!(world.released(), [v("1.1.0"), v("1.2.0")]);
    assert_eq!(slots(&world), ["2026-11-24T10:00:00Z 1.3.0"], "its end lets the slot cut");
    world.check_promises();
}

#[test]
fn p7_a_busy_slot_is_skipped_at_half_time() {
    let world = waiting();
    world.commit("develop", "feat: next", &[("next.txt", "n\n")]);
    world.days(12);
    let version = world.cut();
    world.machine("a").engine().hold(Some(version), "not yet", None).unwrap();
    world.commit("develop", "feat: after", &[("after.txt", "n\n")]);
    world.days(9);
    world.until_quiet(&world.machine("b"));
    assert_eq!(slots(&world), [format!("2026-11-24T10:00:00Z {:?}", SkipReason::Busy)]);
}
