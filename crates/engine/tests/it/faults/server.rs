//! What a server's rules, locks and shortcomings do to a promotion.

use crate::{released_in_the_end, untouched, v};
use allclear_engine::FaultKind;
use allclear_testkit::{Flaky, World};

#[test]
fn p6_a_stale_lock_is_named_and_waited_for() {
    for lock in
        ["refs/heads/master.lock", "refs/heads/develop.lock", "refs/allclear/ledger.lock", "packed-refs.lock"]
    {
        let world = World::soaked();
        world.git(&["pack-refs", "--all"]);
        let (before, path) = (world.branches_and_tags(), world.server().join(lock));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        let fault = world.machine("a").engine().promote(None, None).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::TryLater, "{lock}: {fault}");
        assert!(fault.to_string().contains(lock), "{lock}: {fault}");
        let (done, last) = world.until_quiet(&world.machine("b"));
        assert!(
            done.is_empty() && last.faults.iter().all(|f| f.kind() == FaultKind::TryLater),
            "{lock}: {:?}",
            last.faults
        );
        untouched(&world, &before);
        assert_eq!(world.unlock().len(), 1);
        released_in_the_end(&world);
    }
}

#[test]
fn p2_a_hook_s_refusal_changes_nothing_is_shown_safely_and_not_retried() {
    let world = World::soaked();
    let before = world.branches_and_tags();
    world.hook(
        "pre-receive",
        r#"while read old new ref; do
  if [ "$ref" = refs/heads/master ]; then
    printf 'GH006: Protected branch update failed for refs/heads/master.\n\033[31mred\033[0m \007\342\200\256bidi\n' >&2
    exit 1
  fi
done"#,
    );
    let a = world.machine("a");
    let fault = a.engine().promote(None, None).unwrap_err();
    let text = fault.to_string();
    assert_eq!(fault.kind(), FaultKind::Refused, "{text}");
    assert!(text.contains("GH006: Protected branch update failed"), "{text}");
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    untouched(&world, &before);
    let (done, last) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty() && last.faults.is_empty(), "{done:?} {:?}", last.faults);
    world.unhook("pre-receive");
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty(), "a person asks again: {done:?}");
    a.engine().promote(None, None).unwrap();
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p2_one_refused_ref_refuses_all() {
    for name in ["refs/heads/develop", "refs/tags/v1.1.0", "refs/heads/release-1.1.0", "refs/heads/master"] {
        let world = World::soaked();
        let before = world.branches_and_tags();
        world.hook(
            "update",
            &format!("[ \"$1\" != {name} ] || {{ head -c 1000000 /dev/urandom >&2; exit 1; }}"),
        );
        let fault = world.machine("a").engine().promote(None, None).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Refused, "{fault}");
        assert!(!fault.to_string().chars().any(|c| c.is_control() && c != '\n'));
        untouched(&world, &before);
    }
}

#[test]
fn p2_a_server_that_denies_deletes_refuses_the_whole_move() {
    let world = World::soaked();
    let before = world.branches_and_tags();
    world.git(&["config", "receive.denyDeletes", "true"]);
    let fault = world.machine("a").engine().promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Refused, "{fault}");
    untouched(&world, &before);
    world.git(&["config", "receive.denyDeletes", "false"]);
    world.machine("a").engine().promote(None, None).unwrap();
    world.check_promises();
}

#[test]
fn p8_a_server_that_denies_rewinds_is_no_hindrance() {
    let world = World::new();
    world.git(&["config", "receive.denyNonFastForwards", "true"]);
    world.git(&["config", "receive.fsckObjects", "true"]);
    world.cut();
    world.days(8);
    released_in_the_end(&world);
}

#[test]
fn p2_a_server_without_atomic_pushes_is_refused() {
    let world = World::soaked();
    let before = world.branches_and_tags();
    world.git(&["config", "receive.advertiseAtomic", "false"]);
    let fault = world.machine("a").engine().promote(None, None).unwrap_err();
    assert!(fault.kind() == FaultKind::Refused && fault.what().contains("atomic"), "{fault}");
    untouched(&world, &before);
    world.git(&["config", "receive.advertiseAtomic", "true"]);
    released_in_the_end(&world);
}

#[test]
fn p2_a_server_without_atomic_pushes_takes_the_entry_first() {
    let world = World::new();
    world.git(&["config", "receive.advertiseAtomic", "false"]);
    world.policy("preset = \"library@1\"\npromotion.push = \"sequential\"\n");
    world.cut();
    assert!(world.has("refs/heads/release-1.1.0") && world.has("refs/tags/v1.1.0-rc.1"));
    world.days(8);
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store);
    a.engine_on(&flaky).promote(None, None).unwrap();
    let names: Vec<_> = flaky.asked(1).iter().map(|u| u.name.to_string()).collect();
    assert_eq!(names, ["refs/allclear/ledger"]);
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p2_no_server_is_try_later_and_nothing_changed() {
    let world = World::soaked();
    let (a, aside) = (world.machine("a"), world.path().join("aside.git"));
    std::fs::rename(world.server(), &aside).unwrap();
    let fault = a.engine().promote(None, None).unwrap_err();
    assert!(fault.kind() == FaultKind::TryLater && fault.truth().contains("nothing was changed"), "{fault}");
    assert_eq!(a.engine().tick(false).unwrap_err().kind(), FaultKind::TryLater);
    assert!(a.engine().recall().is_some(), "the last look is still there");
    std::fs::rename(&aside, world.server()).unwrap();
    released_in_the_end(&world);
}

#[test]
fn p2_a_cache_deleted_at_any_time_costs_nothing() {
    let world = World::soaked();
    let a = world.machine("a");
    a.forget();
    let dir = a.store.dir().to_path_buf();
    drop(a);
    std::fs::remove_dir_all(dir).unwrap();
    world.machine("a").engine().promote(None, None).unwrap();
    world.check_promises();
}
