//! The gate `downstream`, as people see it.

use crate::evidence::verify::forge;
use crate::world::{QUICK, World};
use serde_json::{Value, json};

const DECLARED: &str =
    "[[downstream]]\nname = \"examples\"\nrepo = \".\"\neach = \"**/main.go\"\ntier = \"must\"\n";

fn world() -> (World, String) {
    let policy = format!("{QUICK}{DECLARED}");
    let world = World::new(&policy);
    world.allclear(&["cut", "--yes"]).code(0);
    (
        world,
        allclear_core::experiment::declared(
            &allclear_core::policy::read(&policy).unwrap().policy.downstreams,
        ),
    )
}

/// Puts an experiment on record that found these, beside 80 that are well.
fn tried(world: &World, declared: &str, findings: &[Value]) {
    let regressed = findings.len();
    let ended = json!([{
        "kind": "ExperimentEnded", "experiment": "3f5a1c0b9d2e", "version": "1.1.0",
        "commit": world.at("release-1.1.0"), "declared": declared, "must": {"ok": 80, "regressed": regressed},
        "should": {}, "findings": findings, "sandbox": "bubblewrap, cgroup v2", "millis": 421_000,
        "baseline": {"version": "1.0.0", "commit": world.at("v1.0.0^{commit}")},
    }]);
    forge(world, &jiff::Timestamp::now().to_string(), &ended, None);
}

fn finding(name: &str, error: &str, signature: &str) -> Value {
    json!({
        "name": name, "tier": "must", "comparison": "regressed", "outcome": "failed-run", "step": "run",
        "error": error, "signature": signature,
    })
}

#[test]
fn a_regression_is_seen_explained_and_waived() {
    let (world, declared) = world();
    world.allclear(&["status"]).code(8).says("no experiment for").says("allclear test 1.1.0");
    tried(&world, "0123456789ab", &[]);
    world.allclear(&["status"]).code(8).says("tested other downstreams");
    let panic = "panic: assignment to entry in nil map";
    tried(&world, &declared, &[finding("examples/greeter", panic, "9c1d3b5e7f02")]);
    let run = world.allclear(&["status"]).code(1).says("BLOCKED by 1");
    run.says("✖ downstream  80 of 81 ok · 1 regressed")
        .says("examples/greeter: panics at start since 1.0.0: panic: assignment")
        .says("allclear reproduce examples/greeter");
    world
        .allclear(&["why", "downstream:examples/greeter"])
        .code(1)
        .says("panics at start since 1.0.0")
        .says("allclear waive 1.1.0 downstream:examples/greeter --commit");
    world.allclear(&["why", "downstream:9c1d3b5e7f02"]).code(1).says("examples/greeter  panics");
    let seen = world.allclear(&["why", "downstream", "--json"]).code(1).json();
    let gate = &seen["candidates"][0]["gates"][0];
    assert_eq!((&gate["gate"], &gate["verdict"]), (&json!("downstream"), &json!("failed")));
    assert_eq!(gate["subjects"][0]["also"], "9c1d3b5e7f02");
    world.allclear(&["waive", "downstream:greeter", "--reason", "x", "--for", "2d"]).code(2);
    let waive = ["waive", "downstream:9c1d3b5e7f02", "--reason", "known", "--for", "2d"];
    world.allclear(&waive).code(0).says("downstream:9c1d3b5e7f02 is waived");
    world.until("clear");
    world.allclear(&["log"]).code(0).says("test 1.1.0 at ").says("80 of 81 ok · 1 regressed");
    world.allclear(&["promote", "--yes"]).code(0);
    let found = world.allclear(&["verify"]).code(0);
    found.says("experiment cannot be checked: its entry names no table");
}

#[test]
fn what_is_well_is_one_line() {
    let (world, declared) = world();
    tried(&world, &declared, &[]);
    world.until("clear");
    world.allclear(&["why", "downstream"]).code(0).says("80 of 80 ok").says("bubblewrap, cgroup v2");
    let causes: Vec<Value> =
        (0..30).map(|n| finding(&format!("examples/{n}"), "undefined: x", "aaaaaaaaaaaa")).collect();
    tried(&world, &declared, &causes);
    world.allclear(&["status"]).code(1).says("30 projects, such as examples/0: does not run");
}
