//! `hotfix`.

use crate::world::{QUICK, World};

const HOTFIX: &str =
    "[hotfix]\nsettle = \"1s\"\nrequired = []\n[hotfix.soak]\nfor = \"0s\"\nafter-fix = \"0s\"\n";

fn world() -> World {
    World::new(&format!("{QUICK}{HOTFIX}"))
}

/// Waits until the candidate `version` is in `state`.
fn until(world: &World, version: &str, state: &str) {
    crate::world::until(|| {
        let seen = world.status();
        let mut candidates = seen["candidates"].as_array().unwrap().iter();
        let is = candidates.any(|c| c["version"] == version && c["state"] == state);
        if is { Ok(()) } else { Err(format!("{version} is not {state}: {seen:#}")) }
    });
}

#[test]
fn a_friday_hotfix_goes_out_and_into_what_rides() {
    let world = world();
    world.allclear(&["cut", "--yes"]).code(0);
    world
        .allclear(&["hotfix", "--yes", "--reason", "logins fail"])
        .code(0)
        .says("1.0.1 hotfix cut from master")
        .says("A hotfix is a patch of the last release 1.0.0.")
        .says("into 1.1.0 as a new rc")
        .says("Push the fix to release-1.0.1");
    assert_eq!(world.at("release-1.0.1"), world.at("master"));
    world
        .allclear(&["status"])
        .code(1)
        .says("1.0.1 hotfix")
        .says("has no fix yet")
        .says("push the fix to release-1.0.1");
    let seen = world.status();
    assert_eq!(
        (&seen["candidates"][0]["kind"], &seen["candidates"][1]["kind"]),
        (&"hotfix".into(), &"regular".into())
    );
    assert_eq!(seen["candidates"][0]["reason"], "logins fail");

    let fix = world.push("release-1.0.1", "login.txt", "in\n", "fix: logins");
    world.allclear(&["rc", "1.0.1"]).code(0).says("1.0.1-rc.2");
    until(&world, "1.0.1", "clear");
    world.allclear(&["why", "1.0.1", "merge-back"]).code(0).says("clean into 1.1.0");
    world.allclear(&["promote", "1.0.1", "--yes"]).code(0);
    world.allclear(&["status"]).says("the next tick merges them in");
    world.allclear(&["tick", "--dry-run"]).code(0).says("into 1.1.0");
    world.allclear(&["tick"]).code(0).says("merged stable into 1.1.0: rc.2");
    for branch in ["master", "develop", "release-1.1.0"] {
        world.git("server.git", &["merge-base", "--is-ancestor", &fix, branch]);
    }
    world.allclear(&["log"]).says("cut the hotfix 1.0.1").says("into 1.1.0");
    until(&world, "1.1.0", "clear");
    world.allclear(&["promote", "1.1.0", "--yes"]).code(0);
}

#[test]
fn a_dry_run_and_a_missing_yes_change_nothing() {
    let world = world();
    let before = world.refs();
    let plan = world.allclear(&["hotfix", "--dry-run", "--json", "--reason", "logins fail"]).code(0).json();
    assert_eq!(plan["schema"], "allclear.hotfix/1");
    assert_eq!((&plan["version"], &plan["from"]), (&"1.0.1".into(), &world.at("master").into()));
    world.allclear(&["hotfix", "--reason", "logins"]).code(2).talks("no terminal to ask");
    world.allclear(&["hotfix", "--yes"]).code(2).talks("--reason");
    world.allclear(&["hotfix", "--yes", "--reason", "x", "--version", "1.0.0"]).code(2);
    world
        .allclear(&["hotfix", "--yes", "--reason", "logins", "--version", "1.0.0"])
        .code(2)
        .talks("already released");
    assert_eq!(world.refs(), before);
}

#[test]
fn hotfix_rules_are_a_table_of_their_own() {
    let world = world();
    world.allclear(&["policy", "show"]).code(0).says("hotfix.soak.for").says("hotfix.settle");
    world.allclear(&["hotfix", "--yes", "--reason", "logins fail"]).code(0);
    let frozen = world.allclear(&["policy", "show", "1.0.1", "--json"]).code(0).json();
    assert_eq!(frozen["policy"]["settle"], 1, "{frozen:#}");
    world.push(
        "develop",
        "allclear.toml",
        &format!("{QUICK}{}", HOTFIX.replace("1s", "2s")),
        "chore: calmer",
    );
    let adopted = world.allclear(&["policy", "adopt", "1.0.1", "--yes", "--json"]).code(0).json().to_string();
    assert!(adopted.contains("candidate.settle") && !adopted.contains("relaxed\":true"), "{adopted}");
}

#[test]
fn a_reason_of_a_stranger_steers_no_terminal() {
    let world = world();
    let why = "\u{1b}]0;x\u{7}fails \u{202e}now";
    world.allclear(&["hotfix", "--yes", "--reason", why]).code(0).plainly();
    world.allclear(&["log"]).plainly();
    world.allclear(&["withdraw", "--yes", "--reason", why]).code(0).plainly();
    world.allclear(&["status"]).plainly();
}
