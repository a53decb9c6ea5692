//! `tick`: what a cron line runs. It exits 0 when all it had to do is done, whatever the verdicts.

use crate::world::{QUICK, World, until};

/// Ticks until one of them says `text`.
#[track_caller]
fn tick_until(world: &World, text: &str) {
    until(|| {
        let run = world.allclear(&["tick"]).code(0);
        if run.out.contains(text) { Ok(()) } else { Err(format!("never {text:?}: {}", run.out)) }
    });
}

/// Ticks until the server has a ref.
#[track_caller]
fn tick_until_there(world: &World, name: &str) {
    until(|| {
        let run = world.allclear(&["tick"]).code(0);
        if world.refs().contains_key(name) { Ok(()) } else { Err(format!("no {name}: {}", run.out)) }
    });
}

#[test]
fn a_tick_starts_nothing_and_answers_0() {
    let world = World::new(QUICK);
    let before = world.refs();
    world.allclear(&["tick"]).code(0).says("Not started").says("allclear cut --yes");
    let seen = world.allclear(&["tick", "--json"]).code(0).json();
    assert_eq!((&seen["schema"], &seen["started"]), (&"allclear.tick/1".into(), &false.into()));
    assert_eq!(world.refs(), before);
}

#[test]
fn a_new_head_becomes_an_rc_when_it_has_stood_still() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["tick"]).code(0).says("nothing is due");
    let fix = world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    let before = world.refs();
    world.allclear(&["tick", "--dry-run"]).code(0).says("due: note the new head");
    assert_eq!(world.refs(), before, "a dry run changes nothing");
    // A slow tick sees the head, and sees it again when it has stood still.
    world.allclear(&["tick"]).code(0).says("noted the new head");
    tick_until_there(&world, "refs/tags/v1.1.0-rc.2");
    assert_eq!(world.at("v1.1.0-rc.2"), fix);
}

#[test]
fn a_blocked_candidate_is_no_fault_of_the_tick() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("release-1.1.0", "extra.txt", "more\n", "feat: one more thing");
    world.allclear(&["status"]).code(1);
    world.allclear(&["tick"]).code(0);
}

#[test]
fn a_wish_is_fulfilled_by_any_tick_when_all_is_clear() {
    let world = World::new(&format!("{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["promote", "--yes"]).code(8).talks("--when-clear");
    world.allclear(&["promote", "--when-clear", "--yes", "--commit", "1234567"]).code(5);
    let commit = world.at("release-1.1.0");
    let wish = world.allclear(&["promote", "--when-clear", "--yes", "--json"]).code(0).json();
    assert_eq!((&wish["commit"], &wish["when_clear"]), (&commit.clone().into(), &true.into()));
    assert_eq!(world.status()["candidates"][0]["promote_when_clear"], commit);
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["check", "ci", "passed", "--commit", &commit]).code(0);
    tick_until(&world, "released 1.1.0 as v1.1.0");
    world.allclear(&["tick"]).code(0).says("nothing is due");
}

#[test]
fn a_wish_for_an_old_commit_is_not_fulfilled() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["promote", "--when-clear", "--yes"]).code(0);
    world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["rc"]).code(0);
    world.until("clear");
    world.allclear(&["tick"]).code(0).says("nothing is due");
    assert!(!world.refs().contains_key("refs/tags/v1.1.0"));
}

#[test]
fn an_automatic_train_runs_by_ticks_alone() {
    let policy =
        QUICK.replace("0s", "1s").replace("automatic = false", "automatic = true\nhours = \"always\"");
    // A slot of yesterday, ten years before the next: it fires once, late.
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let train = format!("[train]\nevery = \"120 months\"\nanchor = \"{}\"\n", yesterday.strftime("%F %R"));
    let world = World::new(&format!("{policy}{train}"));
    world.allclear(&["init", "--yes"]).code(0).says("started the record");
    world.allclear(&["tick", "--dry-run"]).code(0).says("due: cut the candidate");
    // One tick may do both, where the soak is over by then.
    tick_until_there(&world, "refs/tags/v1.1.0");
    world.push("develop", "more.txt", "more\n", "feat: more");
    world.allclear(&["tick"]).code(0).says("nothing is due");
    assert_eq!(world.status()["releases"][0]["version"], "1.1.0");
}

#[test]
fn an_observer_changes_nothing() {
    let world = World::new(&format!("mode = \"observe\"\n{QUICK}"));
    world.allclear(&["cut", "--yes"]).code(1).talks("only observes here");
    world.allclear(&["init", "--yes"]).code(0).says("mode = \"run\"");
    world.allclear(&["tick"]).code(0).says("Not started");
    assert!(!world.refs().contains_key("refs/allclear/ledger"));
    world.allclear(&["status"]).code(0).says("observing only");
    assert_eq!(world.status()["mode"], "observe");
}

#[test]
fn many_ticks_at_once_do_each_thing_once() {
    let policy = QUICK.replace("automatic = false", "automatic = true\nhours = \"always\"");
    let world = World::new(&policy);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let ticks: Vec<_> = (0..4)
            .map(|n| {
                let world = &world;
                scope.spawn(move || {
                    let mut tick = world.command(env!("CARGO_BIN_EXE_allclear"), "clone");
                    tick.arg("tick").env("XDG_CACHE_HOME", world.path(&format!("cache-{n}")));
                    tick.output().unwrap().status.code().unwrap()
                })
            })
            .collect();
        ticks.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(codes.contains(&0), "{codes:?}");
    world.allclear(&["tick"]).code(0);
    let log = world.allclear(&["log", "--json"]).code(0).json();
    let events =
        log["entries"].as_array().unwrap().iter().flat_map(|e| e["entry"]["events"].as_array().unwrap());
    assert_eq!(events.filter(|e| e["kind"] == "Promoted").count(), 1, "{codes:?}");
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    let ours: Vec<String> = world.refs().into_keys().filter(|r| r.starts_with("refs/allclear/")).collect();
    assert_eq!(ours, ["refs/allclear/ledger"], "nothing is left over");
}
