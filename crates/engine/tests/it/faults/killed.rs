//! Processes that are killed: allclear itself at each of its steps, and the server in the middle of a push.

use crate::released_in_the_end;
use allclear_core::Version;
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::port::Clock;
use allclear_engine::{CheckResult, CutWish, Engine, HotfixWish, Note};
use allclear_git::VirtualClock;
use allclear_testkit::{Flaky, Machine, Push, World, die, environment, write_script};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How the killed one is told what to do: `verb how n seconds clone cache path home`.
const ORDERS: &str = "ALLCLEAR_TEST_ORDERS";

/// Not a test of its own: what the tests below start, and kill.
#[test]
fn the_one_that_is_killed() {
    let Some(orders) = environment(ORDERS) else { return };
    let orders = orders.into_string().unwrap();
    let [verb, how, n, now, clone, cache, path, home] = orders.split('\n').collect::<Vec<_>>()[..] else {
        panic!("{orders}")
    };
    let n: u32 = n.parse().unwrap();
    let inherited =
        [("PATH", path), ("HOME", home), ("GIT_CONFIG_NOSYSTEM", "1")].map(|(k, v)| (k.into(), v.into()));
    let env = allclear_git::Environment { inherited: inherited.into(), cache: cache.into() };
    let clock = Arc::new(VirtualClock::at(now.parse().unwrap()));
    let machine = Machine::new("killed", Path::new(clone), &env, clock);
    let heard = AtomicU32::new(0);
    let watch = |_: &Note| {
        if heard.fetch_add(1, Relaxed) + 1 == n && how == "note" {
            die();
        }
    };
    let flaky = match how {
        "before" => Flaky::new(&machine.store).push_is(n, Push::DieBefore),
        "after" => Flaky::new(&machine.store).push_is(n, Push::DieAfter),
        _ => Flaky::new(&machine.store),
    };
    let engine = machine.engine_with(&flaky, &watch);
    match verb {
        "promote" => drop(engine.promote(None, None).unwrap()),
        "withdraw" => drop(engine.withdraw(None, "a flaw").unwrap()),
        "hotfix" => drop(engine.hotfix(&hotfix()).unwrap()),
        "tick" => drop(engine.tick(false).unwrap()),
        "check" => check(&engine),
        "cut" => drop(engine.cut(&CutWish { may_found: true, ..CutWish::default() }).unwrap()),
        other => panic!("{other}"),
    }
}

/// Starts this binary again to do one thing, on the machine `killed`.
#[allow(clippy::disallowed_methods, reason = "this test starts itself again")]
pub(crate) fn started(world: &World, verb: &str, how: &str, n: u32) -> Command {
    let text = |path: &Path| path.display().to_string();
    // A test may put a git of its own there.
    let path = format!(
        "{}:{}",
        text(&world.path().join("bin")),
        environment("PATH").unwrap().into_string().unwrap()
    );
    let cache = text(&world.path().join("cache/killed"));
    let orders = [
        verb,
        how,
        &n.to_string(),
        &world.now().to_string(),
        &text(&world.clone_dir()),
        &cache,
        &path,
        &text(&world.home()),
    ]
    .join("\n");
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("{module}::the_one_that_is_killed"), "--nocapture"])
        .env(ORDERS, orders);
    command
}

/// Lets one do a thing and be killed while at it; tells whether it was.
fn killed(world: &World, verb: &str, how: &str, n: u32) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let output = started(world, verb, how, n).output().unwrap();
    let was = output.status.signal() == Some(9);
    assert!(was || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    was
}

/// Records that the open candidate passed a check.
pub(crate) fn check(engine: &Engine<'_>) {
    let commit = engine.observe().unwrap().pick(None).unwrap().1.commit().clone();
    let (name, outcome) = ("ci".into(), CheckOutcome::Passed);
    engine.check(vec![CheckResult { name, outcome, commit, url: None }]).unwrap();
}

fn hotfix() -> HotfixWish {
    HotfixWish { reason: "logins fail".into(), may_found: true, ..HotfixWish::default() }
}

#[test]
fn p2_withdraw_and_hotfix_killed_anywhere_are_made_once() {
    for (how, n) in [("note", 1), ("before", 1), ("after", 1)] {
        let world = World::soaked();
        assert!(killed(&world, "hotfix", how, n));
        let landed = how == "after";
        assert_eq!(world.has("refs/heads/release-1.0.1"), landed, "{how}");
        assert_eq!(world.machine("a").engine().hotfix(&hotfix()).is_ok(), !landed);
        world.commit("release-1.0.1", "fix: logins", &[("login.txt", "in\n")]);

        assert!(killed(&world, "tick", how, n), "the one that sees the head");
        let b = world.machine("b");
        let version = Some(Version::new(1, 0, 1));
        let before = b.engine().withdraw(version, "a flaw").unwrap();
        assert_eq!((before.before, before.fixes.len()), (false, 1));
        world.check_promises();

        assert!(killed(&world, "withdraw", how, n));
        assert_eq!(world.has("refs/heads/release-1.1.0"), !landed, "{how}");
        assert_eq!(b.engine().withdraw(Some(Version::new(1, 1, 0)), "a flaw").unwrap().before, landed);
        assert!(world.has("refs/allclear/archive/release-1.1.0") && !world.has("refs/heads/release-1.1.0"));
        world.check_promises();
    }
}

fn promote_killed(how: &str, most: u32, least: u32) {
    let mut deaths = 0;
    for n in 1..=most {
        let world = World::soaked();
        println!("promote killed at {how} {n}");
        if !killed(&world, "promote", how, n) {
            break;
        }
        deaths += 1;
        released_in_the_end(&world);
    }
    assert!(deaths >= least, "{deaths}");
}

#[test]
fn p2_promote_killed_at_any_step_is_finished_by_another_machine() {
    promote_killed("note", 20, 4);
}

#[test]
fn p2_promote_killed_before_any_push_is_finished_by_another_machine() {
    promote_killed("before", 5, 1);
}

#[test]
fn p2_promote_killed_after_any_push_is_finished_by_another_machine() {
    promote_killed("after", 5, 1);
}

#[test]
fn p2_cut_killed_anywhere_is_made_once() {
    for (how, n) in [("note", 1), ("before", 1), ("after", 1)] {
        let world = World::new();
        assert!(killed(&world, "cut", how, n));
        let landed = how == "after";
        assert_eq!(world.has("refs/heads/release-1.1.0"), landed);
        assert_eq!(world.has("refs/allclear/ledger"), landed);
        let again = world.machine("a").engine().cut(&CutWish { may_found: true, ..CutWish::default() });
        assert_eq!(again.is_ok(), !landed, "{again:?}");
        world.days(8);
        released_in_the_end(&world);
    }
}

/// Reaches the server through a program that runs its side under strace, and kills it at the `rename`
/// of push `push` that is number `n`. Tells whether that was ever reached.
fn server_killed(verb: &str, push: u32, n: u32) -> bool {
    let world = World::new();
    if verb != "cut" {
        world.cut();
        world.days(8);
    }
    let (script, count, dead) =
        (world.path().join("ssh"), world.path().join("count"), world.path().join("dead"));
    let text = format!(
        r#"#!/bin/sh
shift
case "$1" in git-receive-pack*) ;; *) exec sh -c "$1";; esac
n=$(cat '{count}' 2>/dev/null || echo 0); n=$((n + 1)); echo $n > '{count}'
[ $n = {push} ] || exec sh -c "$1"
strace -f -qq -o '{dead}' -e trace=rename,renameat,renameat2 -e inject=rename,renameat,renameat2:signal=SIGKILL:when={n} sh -c "$1"
"#,
        count = count.display(),
        dead = dead.display(),
    );
    write_script(&script, &text);
    let far = world.path().join("far");
    world.git_in(world.path(), &["clone", "-q", "server.git", "far"]);
    world.git_in(
        &far,
        &["remote", "set-url", "origin", &format!("ssh://localhost{}", world.server().display())],
    );
    world.git_in(&far, &["config", "core.sshCommand", &script.display().to_string()]);
    world.git_in(&far, &["config", "ssh.variant", "simple"]);
    let a = world.machine_at("far", &far);
    let wish = CutWish { may_found: true, ..CutWish::default() };
    let outcome = match verb {
        "cut" => a.engine().cut(&wish).map(drop),
        "withdraw" => a.engine().withdraw(None, "a flaw").map(drop),
        _ => a.engine().promote(None, None).map(drop),
    };
    let hit = std::fs::read_to_string(&dead).is_ok_and(|t| t.contains("killed by SIGKILL"));
    let locks = world.unlock();
    println!(
        "{verb}: push {push}, rename {n}: hit {hit}, locks {}, {}",
        locks.len(),
        outcome.as_ref().err().map_or("ok".into(), allclear_engine::Refusal::what)
    );
    world.clock.wait(std::time::Duration::from_secs(1));
    if verb == "cut" {
        cut_in_the_end(&world, &a);
        return hit;
    }
    if verb == "withdraw" {
        let b = world.machine("b");
        b.engine().withdraw(Some(Version::new(1, 1, 0)), "a flaw").unwrap();
        assert!(world.until_quiet(&b).0.is_empty() && world.released().is_empty());
        assert!(!world.has("refs/heads/release-1.1.0"));
        world.check_promises();
        return hit;
    }
    released_in_the_end(&world);
    hit
}

/// The machine that cut has the objects that its server forgot.
fn cut_in_the_end(world: &World, cutter: &Machine) {
    let wish = CutWish { may_found: true, ..CutWish::default() };
    if world.tip("refs/allclear/ledger").is_none() {
        cutter.engine().cut(&wish).unwrap();
    }
    world.until_quiet(cutter);
    assert_eq!(world.tip("refs/heads/release-1.1.0"), world.tip("refs/tags/v1.1.0-rc.1"));
    assert!(world.has("refs/tags/v1.1.0-rc.1"));
    world.days(8);
    released_in_the_end(world);
}

fn strace() -> bool {
    let path = environment("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join("strace").is_file());
    assert!(found || environment("CI").is_none(), "strace is needed here");
    if !found {
        println!("SKIPPED: there is no strace on the PATH, so no server is killed");
    }
    found
}

fn every_rename(verb: &str, push: u32, least: u32) {
    if !strace() {
        return;
    }
    let hits = (1..=12).take_while(|&n| server_killed(verb, push, n)).count() as u32;
    assert!(hits >= least, "only {hits} renames were reached");
}

#[test]
fn p2_a_server_killed_in_the_middle_of_a_promotion_is_recovered_from() {
    every_rename("promote", 1, 4);
}

#[test]
fn p8_a_server_killed_in_the_middle_of_a_withdrawal_is_recovered_from() {
    every_rename("withdraw", 1, 2);
}

#[test]
fn p2_a_server_killed_in_the_middle_of_a_cut_is_recovered_from() {
    every_rename("cut", 1, 3);
}
