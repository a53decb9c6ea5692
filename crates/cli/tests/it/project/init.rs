//! `init`.

use crate::world::{QUICK, World};

#[test]
fn it_prints_a_file_without_mistakes_and_writes_nothing() {
    let world = World::new("");
    let before = world.files("clone");
    for preset in ["library@1", "product@1", "service@1"] {
        let text = world.allclear(&["init", "--print", "--preset", preset]).code(0).says(preset).out;
        assert!(text.contains("mode = \"observe\""), "{text}");
        world.write("made.toml", &text);
        world.allclear(&["policy", "check", &world.path("made.toml").display().to_string()]).code(0);
    }
    assert_eq!(world.files("clone"), before);
}

#[test]
fn a_wrong_preset_is_named_with_the_right_ones() {
    let world = World::new("");
    world.allclear(&["init", "--yes", "--preset", "banana@7"]).code(2).talks("banana@7").talks("service@1");
    assert!(!world.path("clone/allclear.toml").exists());
}

#[test]
fn it_writes_one_file_after_a_yes() {
    let world = World::new("");
    let before = world.refs();
    world.allclear(&["init"]).code(2).talks("--yes");
    assert!(!world.path("clone/allclear.toml").exists());
    let run = world
        .allclear(&["init", "--yes", "--preset", "service@1"])
        .code(0)
        .says("wrote ")
        .says("Still to do");
    assert!(run.out.contains("commit it to develop"), "{}", run.out);
    let text = std::fs::read_to_string(world.path("clone/allclear.toml")).unwrap();
    assert!(text.contains("preset = \"service@1\""), "{text}");
    assert_eq!(world.refs(), before);
    world.write("clone/allclear.toml", "# mine\n");
    world.allclear(&["init", "--yes"]).code(0).says("exists already");
    assert_eq!(std::fs::read_to_string(world.path("clone/allclear.toml")).unwrap(), "# mine\n");
}

#[test]
fn it_creates_develop_where_asked() {
    let world = World::new("");
    world.git("clone", &["push", "-q", "origin", ":develop"]);
    world.allclear(&["init", "--yes"]).code(0).says("--create-develop");
    world.allclear(&["init", "--yes", "--create-develop"]).code(0).says("created develop on the server");
    assert_eq!(world.at("develop"), world.at("master"));
    let again = world.allclear(&["init", "--yes", "--create-develop", "--json"]).code(0).json();
    assert_eq!(again["schema"], "allclear.init/1");
    assert_eq!(again["done"], serde_json::json!([]));
}

#[test]
fn it_starts_the_record_once_the_team_says_run() {
    let world = World::new(QUICK);
    assert!(!world.refs().contains_key("refs/allclear/ledger"));
    world.allclear(&["tick"]).code(0).says("Not started");
    assert!(!world.refs().contains_key("refs/allclear/ledger"), "a tick starts nothing");
    world.allclear(&["init", "--yes"]).code(0).says("started the record");
    let first = world.refs()["refs/allclear/ledger"].clone();
    world.allclear(&["init", "--yes"]).code(0);
    assert_eq!(world.refs()["refs/allclear/ledger"], first);
}

#[test]
fn it_learns_from_the_repository() {
    let world = World::bare();
    world.git(".", &["init", "-q", "--bare", "server.git"]);
    world.git(".", &["init", "-q", "-b", "main", "clone"]);
    world.git("clone", &["remote", "add", "origin", &world.server().display().to_string()]);
    world.write("clone/go.mod", "module example.org/lib\n");
    world.commit("clone", "Begin");
    world.git("clone", &["tag", "0.3.1"]);
    world.git("clone", &["push", "-q", "origin", "main", "0.3.1"]);
    let text = world.allclear(&["init", "--print"]).code(0).out;
    for part in ["stable = \"main\"", "release = \"{version}\"", "# Go:", "0 of the last 1 commits"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
