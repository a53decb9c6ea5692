//! Many machines at once.

use crate::v;
use allclear_core::Event;
use allclear_core::ledger::event::CheckOutcome;
use allclear_engine::CheckResult;
use allclear_testkit::World;

#[test]
fn p7_thirty_machines_append_at_once_and_every_entry_lands() {
    let world = World::new();
    world.cut();
    let commit = world.tip("refs/heads/release-1.1.0").unwrap();
    std::thread::scope(|scope| {
        for n in 0..30 {
            let (world, commit) = (&world, commit.clone());
            scope.spawn(move || {
                let machine = world.lone_machine(&format!("m{n}"));
                let check = CheckResult {
                    name: format!("check-{n}"),
                    outcome: CheckOutcome::Passed,
                    commit,
                    url: None,
                };
                machine.engine().check(vec![check]).unwrap();
            });
        }
    });
    let mut names: Vec<String> = world
        .events()
        .into_iter()
        .filter_map(|e| if let Event::CheckRecorded { name, .. } = e { Some(name) } else { None })
        .collect();
    names.sort();
    let mut wanted: Vec<String> = (0..30).map(|n| format!("check-{n}")).collect();
    wanted.sort();
    assert_eq!(names, wanted);
    world.check_promises();
}

#[test]
fn p2_six_machines_promote_at_once_and_there_is_one_release() {
    let world = World::soaked();
    std::thread::scope(|scope| {
        for n in 0..6 {
            let world = &world;
            scope.spawn(move || {
                let machine = world.lone_machine(&format!("m{n}"));
                let released = machine.engine().promote(None, None).unwrap();
                assert_eq!(released.version, v("1.1.0"));
            });
        }
    });
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}
