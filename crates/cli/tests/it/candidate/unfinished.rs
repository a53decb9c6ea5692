//! A promotion whose entry landed alone, as a server on `files` refs leaves it that died behind its first rename.

use crate::project::signer::person;
use crate::world::{QUICK, World};
use std::collections::BTreeMap;

/// Promotes 1.1.0 with a signature on every object, and takes back all of it but the entry. Gives a world whose
/// machine never saw it and has no key, and what the refs would have been.
fn alone() -> (World, BTreeMap<String, String>) {
    let world = World::new(QUICK);
    let key = person(&world, "clone", "mira");
    world.git("clone", &["config", "commit.gpgsign", "true"]);
    world.git("clone", &["config", "user.signingkey", &key]);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    world.git(".", &["clone", "-q", "--mirror", "server.git", "before.git"]);
    world.allclear(&["promote", "--yes"]).code(0);
    let whole = world.refs();
    for object in ["master", "v1.1.0"] {
        let text = world.git("server.git", &["cat-file", "-p", object]);
        assert!(text.contains("BEGIN SSH SIGNATURE"), "{object} is signed: {text}");
    }
    world.git("server.git", &["push", "-q", "../before.git", "refs/allclear/ledger"]);
    std::fs::rename(world.path("server.git"), world.path("after.git")).unwrap();
    std::fs::rename(world.path("before.git"), world.path("server.git")).unwrap();
    std::fs::remove_dir_all(world.path("clone")).unwrap();
    world.git(".", &["clone", "-q", "-b", "develop", "server.git", "clone"]);
    let cache = world.path("elsewhere").display().to_string();
    let world = world.with_env("XDG_CACHE_HOME", &cache);
    assert_ne!(world.at("master"), whole["refs/heads/master"]);
    (world, whole)
}

/// What is released, among refs: whoever merges it back into develop signs that merge alone.
fn published(refs: &BTreeMap<String, String>) -> [Option<&String>; 2] {
    ["refs/heads/master", "refs/tags/v1.1.0"].map(|name| refs.get(name))
}

#[test]
fn another_machine_completes_it_with_the_same_objects() {
    let (world, whole) = alone();
    world.allclear(&["status"]).code(8).says("PROMOTING").says("allclear tick completes it");
    world.allclear(&["cut", "--yes"]).code(1).talks("the promotion of 1.1.0 is not finished");
    world.allclear(&["withdraw", "--yes", "--reason", "a flaw"]).code(5).talks("1.1.0 is being released");
    world.allclear(&["tick"]).code(0).says("released 1.1.0 as v1.1.0");
    assert_eq!(published(&world.refs()), published(&whole), "signatures and all");
    world.allclear(&["log"]).code(0).says("complete the release of 1.1.0").says("release 1.1.0");
    world.allclear(&["verify"]).code(0).says("1.1.0     holds");
    world.allclear(&["tick"]).code(0).says("nothing is due");
}

#[test]
fn develop_that_moved_on_gets_a_merge_of_its_own() {
    let (world, whole) = alone();
    let next = world.push("develop", "next.txt", "next\n", "feat: for the next train");
    world.allclear(&["promote", "1.1.0", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
    let refs = world.refs();
    for name in ["refs/heads/master", "refs/tags/v1.1.0"] {
        assert_eq!(refs[name], whole[name]);
    }
    assert_eq!(world.at("develop^1"), next);
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    world.allclear(&["verify"]).code(0);
}

#[test]
fn a_hold_stops_it_until_a_captain_decides() {
    let (world, whole) = alone();
    world.allclear(&["hold", "--reason", "a flaw was found"]).code(0);
    let before = world.refs();
    world
        .allclear(&["status"])
        .code(1)
        .says("BLOCKED by 1")
        .says("held by Mira: a flaw was found")
        .says("Its promotion is on record and master has not moved yet, but it is not clear any more.")
        .says("--landed --reason TEXT")
        .says("allclear strike");
    world.allclear(&["tick"]).code(1).talks("it is not clear any more");
    world.allclear(&["promote", "--yes"]).code(1).talks("it is not clear any more");
    world.allclear(&["tick", "--dry-run"]).code(0).says("leave 1.1.0 to a person");
    assert_eq!(published(&world.refs()), published(&before), "nothing moves");
    let why = "the flaw is old";
    world
        .allclear(&["promote", "1.1.0", "--landed", "--yes", "--reason", why])
        .code(0)
        .says("released 1.1.0");
    assert_eq!(published(&world.refs()), published(&whole));
    world.allclear(&["log"]).code(0).says(&format!("complete the release of 1.1.0 ({why})"));
    world.allclear(&["verify"]).code(0).says(&format!("although it was not clear: {why}"));
}

#[test]
fn a_hold_that_is_lifted_lets_it_go_on() {
    let (world, whole) = alone();
    world.allclear(&["hold", "--reason", "a flaw was found"]).code(0);
    world.allclear(&["tick"]).code(1);
    world.allclear(&["hold", "--lift"]).code(0);
    world.allclear(&["status"]).code(8).says("PROMOTING");
    world.allclear(&["tick"]).code(0).says("released 1.1.0 as v1.1.0");
    assert_eq!(published(&world.refs()), published(&whole));
}

#[test]
fn a_strike_gives_it_up() {
    let (world, whole) = alone();
    let before = world.refs();
    let entry = world.refs()["refs/allclear/ledger"].clone();
    world.allclear(&["hold", "--reason", "a flaw was found"]).code(0);
    world.allclear(&["strike", &entry, "--reason", "the server died over it"]).code(0);
    world.allclear(&["status"]).code(1).says("held by Mira").says("allclear hold 1.1.0 --lift");
    world.allclear(&["promote", "1.1.0", "--landed", "--yes", "--reason", "all the same"]).code(2);
    world.allclear(&["tick"]).code(0);
    assert_eq!(published(&world.refs()), published(&before), "nothing moves");
    world.allclear(&["hold", "--lift"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
    assert_ne!(world.refs()["refs/tags/v1.1.0"], whole["refs/tags/v1.1.0"], "it is another release");
    world.allclear(&["verify"]).code(0).says("1.1.0     holds");
}
