//! What scripts rely on: codes, streams, and the fields of the JSON.

use crate::world::{QUICK, World};
use serde_json::Value;

#[track_caller]
fn has(value: &Value, keys: &str) {
    let missing: Vec<&str> = keys.split_whitespace().filter(|key| value.get(key).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {value:#}");
}

#[test]
fn the_fields_of_the_status() {
    let world = World::new(&format!("{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    let seen = world.until("waiting");
    assert_eq!(seen["schema"], "allclear.status/1");
    assert_eq!((&seen["project"], &seen["mode"]), (&"lib".into(), &"run".into()));
    has(&seen, "schema project mode observed_at record next_cut next_change_at releases candidates");
    has(&seen["record"], "place root head entries level intact stops");
    has(&seen["releases"][0], "version tag commit at");
    assert_eq!(seen["releases"][0]["version"], "1.0.0");
    let candidate = &seen["candidates"][0];
    has(candidate, "version rc tag branch head kind state leaves_at fix_by gates blockers");
    assert_eq!(candidate["version"], "1.1.0");
    assert_eq!(candidate["rc"], 1);
    assert_eq!(candidate["tag"], "v1.1.0-rc.1");
    assert_eq!(candidate["branch"], "release-1.1.0");
    assert_eq!(candidate["head"], world.at("refs/heads/release-1.1.0"));
    let gates = candidate["gates"].as_array().unwrap();
    for gate in gates {
        has(gate, "gate enforced verdict summary clears_at kind actors subjects");
    }
    let names: Vec<&str> = gates.iter().filter_map(|g| g["gate"].as_str()).collect();
    let all: Vec<&str> = allclear_core::types::gate::Gate::ALL
        .into_iter()
        .map(allclear_core::types::gate::Gate::name)
        .collect();
    assert_eq!(names, all);
    let blockers = candidate["blockers"].as_array().unwrap();
    let checks = blockers.iter().find(|b| b["gate"] == "checks").unwrap();
    assert_eq!((&checks["verdict"], &checks["kind"]), (&"missing".into(), &"machine".into()));
    assert_eq!(checks["actors"][0], "ci");
    has(&checks["subjects"][0], "name verdict detail");
}

#[test]
fn no_command_is_the_status() {
    let world = World::new(QUICK);
    let plain = world.allclear(&[]).code(0).says("lib").says("No candidate is open").says("1.0.0");
    assert_eq!(plain.out, world.allclear(&["status"]).code(0).out);
    let json = world.allclear(&["--json"]).code(0).json();
    assert_eq!(json["schema"], "allclear.status/1");
    assert_eq!(json["candidates"], Value::Array(Vec::new()));
}

#[test]
fn every_reading_command_has_a_schema() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let reads: [(&[&str], &str); 6] = [
        (&["status", "--json"], "allclear.status/1"),
        (&["why", "--json"], "allclear.why/1"),
        (&["log", "--json"], "allclear.log/1"),
        (&["calendar", "--json"], "allclear.calendar/1"),
        (&["policy", "show", "--json"], "allclear.policy/1"),
        (&["policy", "show", "1.1.0"], "allclear.policy/1"),
    ];
    for (args, schema) in reads {
        let run = world.allclear(args);
        assert_eq!(run.json()["schema"], schema, "{args:?}");
        assert_eq!(run.err, "", "{args:?}: talk beside the data");
    }
}

#[test]
fn now_asks_what_if() {
    let world = World::new(&QUICK.replace("for = \"0s\"", "for = \"7d\""));
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["status"]).code(8).says("WAITING").says("soak");
    world.allclear(&["status", "--now", "8d"]).code(0).says("CLEAR").says("allclear promote 1.1.0");
    world.allclear(&["why", "--now", "6d"]).code(8).says("soak").says("waiting helps");
    world.allclear(&["why", "--now", "8d"]).code(0).says("all enforced gates are clear");
    world.allclear(&["status", "--now", "2040-01-01"]).code(0);
    world.allclear(&["status", "--now", "yesterday"]).code(2).talks("is not a date or a length of time");
    let coming = world.allclear(&["calendar", "--json", "--now", "1d"]).code(0).json();
    let kinds: Vec<&str> =
        coming["coming"].as_array().unwrap().iter().filter_map(|c| c["kind"].as_str()).collect();
    assert!(kinds.contains(&"gate") && kinds.contains(&"leaves"), "{kinds:?}");
    assert_eq!(
        world.allclear(&["calendar", "--json", "--now", "30d"]).code(0).json()["coming"],
        Value::Array(vec![])
    );
}

#[test]
fn the_calendar_has_the_train() {
    let anchor = "[train]\nevery = \"2 weeks\"\nanchor = \"2031-03-04 10:00\"\n";
    let world = World::new(&format!("{QUICK}{anchor}"));
    let seen = world.allclear(&["calendar", "--json"]).code(0).json();
    assert_eq!(seen["time_zone"], "UTC");
    assert_eq!(seen["coming"][0]["kind"], "cut");
    assert_eq!(seen["coming"][0]["at"], "2031-03-04T10:00:00Z");
    assert_eq!(seen["coming"][1]["at"], "2031-03-18T10:00:00Z");
    world.allclear(&["calendar"]).code(0).says("Tue 4 Mar 2031 10:00");
}

#[test]
fn offline_shows_the_last_look_with_its_age() {
    let world = World::new(QUICK);
    world.allclear(&["status", "--offline"]).code(75).talks("has not looked at the server yet");
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    std::fs::rename(world.server(), world.path("gone.git")).unwrap();
    for args in [&["status"][..], &["why"], &["cut", "--yes"], &["promote", "--yes"], &["tick"]] {
        world.allclear(args).code(75).talks("cannot be read").talks("nothing was changed");
    }
    world.allclear(&["status", "--offline"]).code(0).says("last look at the server").says("CLEAR");
    for args in [&["why", "--offline"][..], &["calendar", "--offline"], &["log", "--offline"]] {
        world.allclear(args).code(0);
    }
    let seen = world.allclear(&["status", "--offline", "--json"]).code(0).json();
    assert_eq!(seen["candidates"][0]["version"], "1.1.0");
    std::fs::rename(world.path("gone.git"), world.server()).unwrap();
    world.allclear(&["status"]).code(0);
}

#[test]
fn usage_is_2_and_help_is_0() {
    let world = World::new(QUICK);
    for args in [
        &["frobnicate"][..],
        &["cut", "--force"],
        &["status", "extra"],
        &["check", "ci"],
        &["hold"],
        &["freeze", "--reason", "x"],
        &["promote", "--dry-run", "--when-clear"],
        &["why", "no-such-gate"],
        &["-C", "/no/such/place"],
        &["--remote", "upstream"],
        &["strike", "abc", "--reason", "because"],
    ] {
        let run = world.allclear(args).code(2);
        assert_eq!(run.out, "", "{args:?}: talk on standard output");
        assert!(!run.err.is_empty(), "{args:?} says nothing");
    }
    world.allclear(&["--help"]).code(0).says("promote");
    world.allclear(&["--version"]).code(0).says("allclear");
    world.allclear(&["man"]).code(0).says(".TH");
    for shell in ["bash", "zsh", "fish"] {
        world.allclear(&["completions", shell]).code(0).says("allclear");
    }
    world.run(".", &["status"]).code(2).talks("is not in a git repository").talks("hint: go into a clone");
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let typed = World::bare().run(".", &["freeze", "--until", "1d", "--json"]).code(2).json();
    assert_eq!((&typed["schema"], &typed["exit"]), (&"allclear.error/1".into(), &2.into()));
    assert!(typed["what"].as_str().unwrap().contains("--reason <TEXT>"), "{typed}");
    let world = World::new(QUICK);
    let error = world.allclear(&["promote", "9.9.9", "--yes", "--json"]).code(2).json();
    assert_eq!(error["schema"], "allclear.error/1");
    assert_eq!(error["exit"], 2);
    has(&error, "what truth hints kind");
}

#[test]
fn an_error_says_what_is_true_and_what_to_do() {
    let world = World::new(QUICK);
    let run = world.allclear(&["promote", "--yes"]).code(2);
    let lines: Vec<&str> = run.err.lines().collect();
    assert!(lines[0].starts_with("error: there is no open candidate"), "{lines:?}");
    assert_eq!(lines[1].trim(), "nothing was changed on the server");
    assert!(lines[2].starts_with("hint: "), "{lines:?}");
}
