//! The same over http, through git's own backend; and what an http server can do wrong.

use crate::server::bridge;
use crate::world::{QUICK, World};
use allclear_testkit::Bridge;
use std::sync::atomic::Ordering;

fn world() -> (World, Bridge) {
    let world = World::new(&format!("{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    let bridge = bridge(&world);
    world.git("clone", &["remote", "set-url", "origin", &bridge.url()]);
    (world, bridge)
}

/// Makes one whose candidate 1.1.0 is cut, checked and clear.
fn clear() -> (World, Bridge) {
    let (world, bridge) = world();
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["check", "ci", "passed", "--commit", &world.at("release-1.1.0")]).code(0);
    world.until("clear");
    (world, bridge)
}

#[test]
fn a_release_over_http() {
    let (world, bridge) = clear();
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    // A clone of its own, without anything in the cache.
    world.git(".", &["clone", "-q", "--depth", "1", &bridge.url(), "fresh"]);
    world.run("fresh", &["status"]).code(0).says("1.1.0, released");
}

#[test]
fn a_server_that_wants_a_password_gets_no_prompt() {
    let (world, bridge) = world();
    bridge.moods.locked.store(true, Ordering::SeqCst);
    for args in [&["status"][..], &["cut", "--yes"], &["tick"]] {
        world.allclear_with(args, "mira\nsecret\n").code(75).talks("cannot be read").talks("login");
    }
}

#[test]
fn an_answer_that_is_lost_is_said_to_be_unknown_and_found_out_later() {
    let (world, bridge) = clear();
    bridge.moods.dies_after_push.store(true, Ordering::SeqCst);
    let run = world.allclear(&["promote", "--yes"]).code(6);
    assert!(run.err.contains("is not known") && run.err.contains("Do not push by hand"), "{}", run.err);
    assert_eq!(world.at("v1.1.0"), world.at("master"), "it did land");
    world.allclear(&["tick"]).code(75).talks("cannot be read");
    bridge.moods.dead.store(false, Ordering::SeqCst);
    world.allclear(&["status"]).code(0).says("Last release: 1.1.0");
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["promote", "1.1.0", "--yes"]).code(0).says("is released already");
    let log = world.allclear(&["log", "--json"]).code(0).json();
    let events =
        log["entries"].as_array().unwrap().iter().flat_map(|e| e["entry"]["events"].as_array().unwrap());
    let promoted = events.filter(|e| e["kind"] == "Promoted").count();
    assert_eq!(promoted, 1, "nothing was pushed twice");
}

#[test]
fn an_outage_is_no_rule_of_the_server() {
    let (world, bridge) = clear();
    bridge.moods.overloaded.store(true, Ordering::SeqCst);
    let before = world.refs();
    world.allclear(&["promote", "--yes"]).code(75).talks("did not take the promotion of 1.1.0").talks("503");
    bridge.moods.overloaded.store(false, Ordering::SeqCst);
    assert_eq!(world.refs(), before, "nothing is on record of it either");
    world.allclear(&["status"]).code(0).says("CLEAR");
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
}
