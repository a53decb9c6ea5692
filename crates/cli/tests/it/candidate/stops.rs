//! `hold`, `freeze`, `strike`, and what a broken record stops.

use crate::world::{QUICK, World};

#[test]
fn a_hold_stops_one_candidate_until_it_is_lifted() {
    let world = World::clear();
    world.allclear(&["hold", "--reason", " . "]).code(2).talks("a reason is needed");
    world.allclear(&["hold", "--reason", "customer demo", "--as", "Vera"]).code(0).says("1.1.0 is held");
    world
        .allclear(&["status"])
        .code(1)
        .says("BLOCKED")
        .says("held by Vera (claimed by --as): customer demo")
        .says("--lift");
    world.allclear(&["promote", "--yes"]).code(1).talks("hold: held by Vera");
    world.allclear(&["tick"]).code(0);
    let lifted = world.allclear(&["hold", "1.1.0", "--lift", "--json"]).code(0).json();
    assert_eq!((&lifted["schema"], &lifted["held"]), (&"allclear.hold/1".into(), &false.into()));
    world.allclear(&["status"]).code(0);
    let before = world.refs();
    world.allclear(&["hold", "--lift"]).code(0).says("is not held");
    assert_eq!(world.refs(), before, "lifting no hold writes nothing");
}

#[test]
fn a_hold_may_end_by_itself() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["hold", "--reason", "lunch", "--until", "2000-01-01"]).code(2).talks("is in the past");
    world.allclear(&["hold", "--reason", "lunch", "--until", "1h"]).code(0);
    world.allclear(&["status"]).code(1);
    world.allclear(&["status", "--now", "2h"]).code(0);
}

#[test]
fn a_freeze_stops_cuts_and_promotions() {
    let world = World::new(QUICK);
    world.allclear(&["freeze", "--until", "1h", "--reason", "too early"]).code(2).talks("no ledger yet");
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    world.allclear(&["freeze", "--until", "2000-01-01", "--reason", "late"]).code(2).talks("is in the past");
    world.allclear(&["freeze", "--until", "1h", "--reason", "moving offices"]).code(0).says("frozen until");
    world.allclear(&["status"]).code(8).says("frozen: moving offices, set by Mira");
    world.allclear(&["promote", "--yes"]).code(8).talks("freeze: frozen");
    world.allclear(&["status", "--now", "2h"]).code(0);
    let coming = world.allclear(&["calendar", "--json"]).code(0).json();
    assert!(coming["coming"].as_array().unwrap().iter().any(|c| c["kind"] == "freeze"), "{coming:#}");
    world.allclear(&["freeze", "--lift"]).code(0).says("1 freeze lifted");
    world.allclear(&["freeze", "--lift"]).code(0).says("no freeze was set by a person");
    world.allclear(&["promote", "--yes"]).code(0);
    world.push("develop", "more.txt", "more\n", "feat: more");
    world.allclear(&["freeze", "--until", "1h", "--reason", "quiet week", "--stops", "cuts"]).code(0);
    world.allclear(&["cut", "--yes"]).code(8).talks("cuts are frozen").talks("quiet week");
    world.allclear(&["freeze", "--lift"]).code(0);
    world.allclear(&["cut", "--yes"]).code(0);
}

#[test]
fn a_freeze_in_the_policy_counts_too() {
    let freeze = "[[freeze]]\nreason = \"long winter\"\nfrom = \"2020-01-01\"\nuntil = \"2090-01-01\"\n";
    let world = World::new(&format!("{QUICK}{freeze}"));
    world.allclear(&["cut", "--yes"]).code(8).talks("long winter");
    world.allclear(&["calendar"]).code(0).says("long winter");
}

#[test]
fn what_cannot_be_read_stops_deciding_until_it_is_struck() {
    let world = World::clear();
    let sound = world.refs()["refs/allclear/ledger"].clone();
    world.allclear(&["strike", &sound, "--reason", "I do not like it"]).code(3).talks("is sound");
    let stranger = world.at("develop");
    world.allclear(&["strike", &stranger, "--reason", "what is it"]).code(2).talks("is not an entry");
    let void = append(&world, "{\"schema\": \"something else\"}", "rubbish");
    world.allclear(&["status"]).code(1).says("nothing can be decided").says("allclear strike");
    for args in [&["promote", "--yes"][..], &["cut", "--yes"], &["rc"], &["tick"]] {
        world.allclear(args).code(1).talks("cannot be used");
    }
    world.allclear(&["log"]).code(0).says("not an entry").plainly();
    world.allclear(&["strike", &void, "--reason", "an intern pushed it"]).code(0).says("stays in the record");
    world.allclear(&["log"]).code(0).says("(struck)").says("strike entry");
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn a_record_that_was_cut_short_is_noticed() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let first = world.refs()["refs/allclear/ledger"].clone();
    world.allclear(&["hold", "--reason", "bad news"]).code(0);
    let second = world.refs()["refs/allclear/ledger"].clone();
    world.git("server.git", &["update-ref", "refs/allclear/ledger", &first]);
    world.allclear(&["status"]).code(1).says("the record was rewound").says(&second[..7]);
    world.allclear(&["promote", "--yes"]).code(1).talks("was rewound");
    world.allclear(&["tick"]).code(1);
    world.git("server.git", &["update-ref", "-d", "refs/allclear/ledger"]);
    world.allclear(&["status"]).code(1).says("and is gone");
    world.git("server.git", &["update-ref", "refs/allclear/ledger", &second]);
    world.allclear(&["status"]).code(1).says("held by Mira");
    assert_eq!(world.status()["record"]["intact"], true);
}

#[test]
fn the_tags_witness_a_record_that_was_cut_short() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let first = world.refs()["refs/allclear/ledger"].clone();
    world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["rc"]).code(0);
    world.git("server.git", &["update-ref", "refs/allclear/ledger", &first]);
    // A machine that never looked before.
    let fresh = world.with_env("XDG_CACHE_HOME", "/nonexistent-is-not-used");
    let cache = fresh.path("fresh").display().to_string();
    let fresh = fresh.with_env("XDG_CACHE_HOME", &cache);
    fresh.allclear(&["status"]).code(1).says("the tag v1.1.0-rc.2 names an entry that is not in it");
}

#[test]
fn an_entry_from_the_future_stops_deciding() {
    let world = World::clear();
    let head = world.refs()["refs/allclear/ledger"].clone();
    let text = world.git("server.git", &["show", &format!("{head}:entry.json")]);
    let mut entry: serde_json::Value = serde_json::from_str(&text).unwrap();
    entry["claimed"] = "2090-01-01T00:00:00Z".into();
    entry["events"] = serde_json::json!([{"kind": "FreezeLifted"}]);
    let ahead = append(&world, &entry.to_string(), "from the future");
    world.allclear(&["status"]).code(1).says("ahead of this clock");
    let clock = world.status()["candidates"][0]["gates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["gate"] == "clock")
        .cloned();
    assert_eq!(clock.unwrap()["verdict"], "errored");
    world.allclear(&["promote", "--yes"]).code(1).talks("ahead of this clock").talks("strike");
    world.allclear(&["strike", &ahead, "--reason", "a broken clock"]).code(0);
    world.until("clear");
}

#[test]
fn a_record_that_needs_a_newer_allclear_is_read_and_not_decided() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let head = world.refs()["refs/allclear/ledger"].clone();
    let text = world.git("server.git", &["show", &format!("{head}:entry.json")]);
    let mut entry: serde_json::Value = serde_json::from_str(&text).unwrap();
    entry["needs"] = 99.into();
    entry["events"] = serde_json::json!([{"kind": "FreezeLifted"}]);
    append(&world, &entry.to_string(), "written by a newer one");
    world.allclear(&["status"]).code(1).says("needs a newer allclear");
    world.allclear(&["promote", "--yes"]).code(3).talks("needs a newer allclear");
    world.allclear(&["rc"]).code(3);
    // Bad news is recorded all the same, and where no version has these rules the entry is struck.
    world.allclear(&["hold", "--reason", "because"]).code(0);
    world.allclear(&["hold", "--lift", "--reason", "it is looked at"]).code(0);
    let entry = world.git("server.git", &["rev-parse", "refs/allclear/ledger~2"]);
    world.allclear(&["strike", entry.trim(), "--reason", "nobody has these rules"]).code(0);
    world.allclear(&["rc"]).talks("is rc.1 already");
}

/// Puts an entry of a stranger's on the ledger.
fn append(world: &World, json: &str, subject: &str) -> String {
    world.write("entry.json", json);
    let file = world.path("entry.json").display().to_string();
    let blob = world.git("server.git", &["hash-object", "-w", &file]);
    world.write("tree.txt", &format!("100644 blob {blob}\tentry.json\n"));
    let input = std::fs::File::open(world.path("tree.txt")).unwrap();
    let tree = world.command("git", "server.git").arg("mktree").stdin(input).output().unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap().trim().to_owned();
    let head = world.refs()["refs/allclear/ledger"].clone();
    let commit = world.git("server.git", &["commit-tree", &tree, "-p", &head, "-m", subject]);
    world.git("server.git", &["update-ref", "refs/allclear/ledger", &commit]);
    commit
}
