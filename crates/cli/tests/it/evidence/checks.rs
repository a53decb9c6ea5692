//! `check`, and evidence that dies with its commit (promise P5).

use crate::world::{QUICK, World};

fn world() -> World {
    let world = World::new(&format!("{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    world
}

#[test]
fn a_check_must_have_passed_for_the_very_commit() {
    let world = world();
    let rc = world.at("release-1.1.0");
    let other = world.at("master");
    world.allclear(&["check", "ci", "passed", "--commit", &other]).code(0).says("1 result recorded");
    world.allclear(&["status"]).code(8).says("no result of ci");
    world.allclear(&["check", "ci", "failed", "--commit", &rc, "--url", "https://ci.example.org/1"]).code(0);
    world.allclear(&["status"]).code(1).says("BLOCKED").says("ci failed");
    world.allclear(&["why", "checks:ci"]).code(1).says("https://ci.example.org/1");
    world.allclear(&["promote", "--yes"]).code(1).talks("ci failed");
    world.allclear(&["check", "ci", "passed", "--commit", &rc]).code(0);
    world.until("clear");
}

#[test]
fn good_news_dies_with_its_commit() {
    let world = world();
    world.allclear(&["check", "ci", "passed", "--commit", &world.at("release-1.1.0")]).code(0);
    world.until("clear");
    let fix = world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["rc"]).code(0);
    world.allclear(&["status"]).code(8).says("no result of ci for");
    world.allclear(&["promote", "--yes"]).code(8);
    world.allclear(&["check", "ci", "passed", "--commit", &fix]).code(0);
    world.until("clear");
}

#[test]
fn many_at_once_from_a_file_or_a_pipe() {
    let world = world();
    let rc = world.at("release-1.1.0");
    let line =
        |name: &str| format!(r#"{{"name": "{name}", "outcome": "passed", "commit": "{rc}", "url": null}}"#);
    world.write("results.json", &format!("[{}, {}]", line("ci"), line("lint")));
    let file = world.path("results.json").display().to_string();
    world.allclear(&["check", "--from", &file]).code(0).says("2 results recorded");
    let many: Vec<String> = (0..30).map(|n| line(&format!("shard-{n}"))).collect();
    let piped = format!("[{}]", many.join(","));
    let run = world.allclear_with(&["check", "--from", "-", "--json"], &piped).code(0);
    assert_eq!(run.json(), serde_json::json!({"schema": "allclear.check/1", "recorded": 30}));
    world.until("clear");
}

#[test]
fn what_is_no_result_is_refused() {
    let world = world();
    let before = world.refs();
    let rc = world.at("release-1.1.0");
    world.allclear(&["check", "ci", "passed", "--commit", &rc[..10]]).code(2).talks("give its full id");
    world.allclear(&["check", "ci", "maybe", "--commit", &rc]).code(2);
    world.allclear(&["check", "", "passed", "--commit", &rc]).code(2).talks("1 to 100 characters");
    world
        .allclear(&["check", "a\u{1b}[31m", "passed", "--commit", &rc])
        .code(2)
        .talks("control character")
        .plainly();
    world.allclear(&["check", "--from", "/no/such/file"]).code(2).talks("cannot be read");
    for wrong in [
        "",
        "{}",
        "[{\"name\": \"ci\"}]",
        "[{\"name\":\"ci\",\"outcome\":\"passed\",\"commit\":\"x\"}]",
        "[]",
    ] {
        world.allclear_with(&["check", "--from", "-"], wrong).code(2);
    }
    assert_eq!(world.refs(), before);
}

#[test]
fn without_a_record_there_is_nothing_to_write_to() {
    let world = World::new(QUICK);
    let commit = world.at("develop");
    world.allclear(&["check", "ci", "passed", "--commit", &commit]).code(2).talks("no ledger yet");
}

#[test]
fn who_did_it_is_on_record() {
    let world = world();
    let rc = world.at("release-1.1.0");
    world.allclear(&["check", "ci", "passed", "--commit", &rc]).code(0);
    world.allclear(&["check", "ci", "passed", "--commit", &rc, "--as", "build robot"]).code(0);
    let log = world.allclear(&["log", "--json"]).code(0).json();
    let by: Vec<&str> =
        log["entries"].as_array().unwrap().iter().filter_map(|e| e["entry"]["by"]["who"].as_str()).collect();
    assert_eq!(by, ["build robot", "Mira <mira@example.org>", "Mira <mira@example.org>"]);
    world.allclear(&["log", "-n", "1"]).code(0).says("build robot");
    assert_eq!(world.allclear(&["log", "-n", "1"]).out.lines().count(), 2);
}

#[test]
fn a_beat_must_keep_coming() {
    let required =
        "[gates.checks]\nrequired = [{ name = \"staging\", for = \"1h\", at-least-every = \"10m\" }]\n";
    let world = World::new(&format!("{QUICK}{required}"));
    world.allclear(&["cut", "--yes"]).code(0);
    let rc = world.at("release-1.1.0");
    world.allclear(&["check", "staging", "passed", "--commit", &rc]).code(0);
    world.allclear(&["status"]).code(8);
    world.allclear(&["why", "--now", "5m"]).code(8).says("has kept passing for");
    world.allclear(&["why", "--now", "1h"]).code(8).says("no result since");
    world.allclear(&["check", "staging", "failed", "--commit", &rc]).code(0);
    world.allclear(&["status"]).code(1);
}
