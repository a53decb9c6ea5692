//! `demo`: the whole story, as somebody sees it who has git and nothing else.

use crate::world::{Run, World};

/// Where a system has bubblewrap.
const WALL: &str = "/usr/bin/bwrap";

/// Fails unless the story went as it goes.
#[track_caller]
fn told(run: Run) -> Run {
    run.code(0)
        .plainly()
        .says("✖ regressed  examples/hello\n    run: ")
        .says("LC_ALL: is not set")
        .says("on record as experiment")
        .says("✖ downstream  2 of 3 ok · 1 regressed")
        .says("✖ examples/hello  does not run since 1.0.0: ")
        .says("refused: 1.1.0 is not clear:\n  soak: 1 d of 7 d\n  downstream: 2 of 3 ok · 1 regressed\n")
        .says("\"feat: shout\" is not a fix (feature)")
        .says("3 downstreams: 3 ok")
        .says("✔ downstream  3 of 3 ok")
        .says("✔ released 1.1.0 as v1.1.0")
        .says("git log develop..master prints nothing.")
        .says("cut 1.2.0 from ")
}

#[test]
fn two_weeks_of_a_train() {
    let world = World::bare();
    told(world.run(".", &["demo", "--fast", "--dir", "stage"]));
    let log = world.run("stage/greeter", &["log"]).code(0);
    log.says("2 of 3 ok · 1 regressed").says("3 of 3 ok");
    world.run("stage/greeter", &["verify"]).code(0).says("1.1.0     holds");
    world.run(".", &["demo", "--fast", "--dir", "stage"]).code(2).talks("exists already");
}

/// Hides bubblewrap; where there is none to hide, the story above is told without it already.
#[test]
fn a_machine_without_bubblewrap() {
    let world = World::bare();
    let mut hidden = world.command(WALL, ".");
    hidden.args(["--dev-bind", "/", "/", "--ro-bind", "/dev/null", WALL]);
    if !hidden.arg("true").status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no bubblewrap that could be hidden");
        return;
    }
    let program = env!("CARGO_BIN_EXE_allclear");
    let mut hidden = world.command(WALL, ".");
    hidden.args(["--dev-bind", "/", "/", "--ro-bind", "/dev/null", WALL, program, "demo", "--fast"]);
    told(Run::of(&hidden.output().unwrap()))
        .says("note: foreign code cannot be contained: bubblewrap is not installed")
        .says("sandbox = \"none\"");
}
