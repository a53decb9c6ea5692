//! `where`: on develop, in which rc, in which release; or what brings it there.

use crate::world::{QUICK, Run, World};
use serde_json::Value;

const BRANCH: &str = "release-1.1.0";

fn cut() -> World {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world
}

/// Asks without changing anything.
#[track_caller]
fn at(world: &World, commit: &str) -> Run {
    let before = world.refs();
    let run = world.allclear(&["where", commit]).code(0).plainly();
    assert_eq!(world.refs(), before);
    run
}

#[track_caller]
fn json(world: &World, commit: &str) -> Value {
    let value = world.allclear(&["where", commit, "--json"]).code(0).json();
    assert_eq!(value["schema"], "allclear.where/1");
    value
}

fn release(world: &World) {
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn a_commit_is_followed_from_develop_to_its_release() {
    let train = "[train]\nanchor = \"2020-01-07 10:00\"\nevery = \"2 weeks\"\n";
    let world = World::new(&format!("{QUICK}{train}"));
    let feature = world.push("develop", "x.txt", "x\n", "feat: x");
    let seen = json(&world, &feature);
    assert_eq!((&seen["commit"], &seen["subject"]), (&feature.clone().into(), &"feat: x".into()));
    assert!(seen["rc"].is_null() && seen["release"].is_null() && seen["pick"].is_null(), "{seen:#}");
    assert!(seen["next_cut"].is_string() && seen["develop"]["since"].is_string(), "{seen:#}");
    assert_eq!(seen["next_version"], "1.1.0");
    at(&world, &feature[..8])
        .says("on develop, since")
        .says("not released yet")
        .says("The next cut is")
        .says("it will be in 1.1.0");
    world.allclear(&["cut", "--yes"]).code(0);
    at(&world, &feature).says("first in v1.1.0-rc.1 at").says("not released yet");
    release(&world);
    let seen = json(&world, &feature);
    assert_eq!((&seen["rc"]["version"], &seen["rc"]["n"]), (&"1.1.0".into(), &1.into()));
    assert_eq!(seen["release"]["tag"], "v1.1.0");
    assert_eq!(seen["release"]["commit"], world.at("v1.1.0"));
    at(&world, &feature).says("first in v1.1.0-rc.1").says("first in v1.1.0 at");
    // What was released before allclear came is known from its tag.
    let before = world.at("v1.0.0");
    let seen = json(&world, &before);
    assert_eq!((&seen["release"]["version"], &seen["rc"]), (&"1.0.0".into(), &Value::Null));
    assert_eq!(seen["release"]["at"], "2026-01-01T00:00:00Z");
    at(&world, "v1.0.0").says(&before[..7]).says("first in v1.0.0");
}

#[test]
fn the_merge_that_brought_it_is_named() {
    let world = cut();
    world.git("server.git", &["branch", "side", "develop"]);
    let fix = world.push("side", "lib.txt", "fixed\n", "fix: it");
    at(&world, &fix).says("not on develop").says("It is on side. Merge it into develop");
    world.push("develop", "x.txt", "x\n", "chore: x");
    world.git("other", &["merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "origin/side"]);
    world.git("other", &["push", "-q", "origin", "HEAD:develop"]);
    let merge = world.at("develop");
    assert_eq!(json(&world, &fix)["develop"]["merge"], merge);
    at(&world, &fix).says(&format!("by {} \"Merge branch 'side'\"", &merge[..7]));
    at(&world, &merge).says("it is a merge; allclear pick").says(&merge[..12]);
}

#[test]
fn a_fix_that_the_candidate_lacks_comes_with_its_command() {
    let soak = QUICK.replace("for = \"0s\"\nafter-fix = \"0s\"", "for = \"7d\"\nafter-fix = \"3d\"");
    let world = World::new(&soak);
    world.allclear(&["cut", "--yes"]).code(0);
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    let feature = world.push("develop", "x.txt", "x\n", "feat: x");
    let seen = json(&world, &fix);
    let command = format!("allclear pick {} --version 1.1.0", &fix[..12]);
    assert_eq!(seen["pick"]["command"], command);
    assert_eq!(seen["pick"]["by"], world.status()["candidates"][0]["fix_by"]);
    assert!(seen["pick"]["by"].is_string());
    at(&world, &fix).says(&command).says("brings it to 1.1.0; without delay as an rc before");
    at(&world, &feature)
        .says("No candidate takes it: 1.1.0 takes only fixes, and this is not one (feature).");
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    world.allclear(&args).code(0).says("The train is not delayed by an rc.2 before");
    let made = world.at(BRANCH);
    let seen = json(&world, &fix);
    assert!(seen["pick"].is_null() && seen["rc"].is_null());
    assert_eq!(seen["candidates"][0]["as"], made);
    assert_eq!(
        (&seen["candidates"][0]["how"], &seen["candidates"][0]["next_rc"]),
        (&"same-patch".into(), &2.into())
    );
    at(&world, &fix).says(&format!("on 1.1.0, as {}, the same patch; it will be in rc.2", &made[..7]));
    world.allclear(&["rc"]).code(0);
    at(&world, &fix).says(&format!("first in v1.1.0-rc.2 at {0}, as {0}, the same patch", &made[..7]));
    // Asked about the pick, it tells of develop by way of the fix.
    at(&world, &made).says(&format!("on develop, as {}, which it was picked from", &fix[..7]));
}

#[test]
fn twins_are_found_by_their_patch_and_by_what_they_say() {
    let world = cut();
    world.push("develop", "y.txt", "y\n", "chore: y");
    let patch = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.push(BRANCH, "lib.txt", "fixed\n", "fix: it");
    let same = world.at(BRANCH);
    let changed = world.push("develop", "b.txt", "b\n", "fix: b");
    world.push(
        BRANCH,
        "b.txt",
        "another b\n",
        &format!("fix: b, otherwise\n\n(cherry picked from commit {changed})"),
    );
    let other = world.push("develop", "c.txt", "c\n", "fix: c");
    world.push(BRANCH, "c.txt", "not the same\n", "fix: c");
    world.allclear(&["rc"]).code(0);
    at(&world, &patch).says(&format!("as {}, the same patch", &same[..7])).says("v1.1.0-rc.2");
    at(&world, &changed).says("which says that it was picked from it").says("v1.1.0-rc.2");
    at(&world, &other).says("allclear pick");
}

#[test]
fn a_release_that_has_the_twin_alone_has_the_fix() {
    let world = cut();
    world.push("develop", "y.txt", "y\n", "chore: y");
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["pick", &fix]).code(0);
    let made = world.at(BRANCH);
    world.allclear(&["rc"]).code(0);
    release(&world);
    let seen = json(&world, &fix);
    assert_eq!((&seen["release"]["tag"], &seen["release"]["as"]), (&"v1.1.0".into(), &made.into()));
    assert_eq!(seen["develop"]["as"], Value::Null);
    let other = world.push("develop", "c.txt", "c\n", "fix: it");
    assert!(json(&world, &other)["release"].is_null(), "the same words are not the same patch");
}

#[test]
fn what_was_rewritten_is_found_again() {
    let world = cut();
    world.git("server.git", &["branch", "side", "develop"]);
    let old = world.push("side", "lib.txt", "fixed\n", "fix: it");
    world.push("develop", "x.txt", "x\n", "chore: x");
    world.git("other", &["fetch", "-q"]);
    world.git("clone", &["fetch", "-q"]);
    world.git("other", &["cherry-pick", &old]);
    world.git("other", &["commit", "-q", "--amend", "-m", "fix: it, said better"]);
    world.git("other", &["push", "-q", "origin", "HEAD:develop", ":side"]);
    let new = world.at("develop");
    at(&world, &old)
        .says(&format!("on develop, as {}, the same patch", &new[..7]))
        .says(&format!("allclear pick {}", &new[..12]));
    // One that went away altogether is known to the clone alone.
    world.git("server.git", &["branch", "gone", "develop"]);
    let gone = world.push("gone", "lib.txt", "gone\n", "fix: gone");
    world.git("clone", &["fetch", "-q"]);
    world.git("server.git", &["branch", "-q", "-D", "gone"]);
    at(&world, &gone).says("not on develop").says("No branch of the server has it");
}

#[test]
fn what_is_not_there_is_said() {
    let world = cut();
    for unknown in ["nothing", &"f".repeat(40), "abc", "\u{1b}]0;x\u{7}", "develop~1"] {
        world
            .allclear(&["where", unknown])
            .code(2)
            .talks("is not a commit, branch or tag on the server")
            .plainly();
    }
    world.allclear(&["where"]).code(2);
    world.allclear(&["where", "develop", "--offline"]).code(2);
    let tree = world.git("server.git", &["rev-parse", "develop^{tree}"]);
    world.allclear(&["where", &tree]).code(2);
    world.git("server.git", &["tag", "a-tree", &tree]);
    world.allclear(&["where", "a-tree"]).code(2);
}

#[test]
fn hostile_words_are_only_words() {
    let world = cut();
    let odd = world.push("develop", "x.txt", "x\n", "fix: \u{1b}]0;x\u{7}\u{202e}\n\n(cherry picked from commit -x)\n(cherry picked from commit 1111111111111111111111111111111111111111)");
    at(&world, &odd);
    world.allclear(&["pick", &odd]).code(0).plainly();
    at(&world, &odd).says("the same patch");
    world.allclear(&["where", &odd, "--json"]).code(0).plainly();
}

#[test]
fn it_works_without_a_record_and_in_a_shallow_clone() {
    let world = World::new("");
    at(&world, "v1.0.0").says("first in v1.0.0");
    at(&world, "develop").says("It goes into the next cut");
    let url = format!("file://{}", world.server().display());
    world.git(".", &["clone", "-q", "--depth", "1", "-b", "develop", &url, "shallow"]);
    let first = world.at("v1.0.0");
    world.run("shallow", &["where", &first]).code(0).says("first in v1.0.0");
}

#[test]
fn a_lender_that_went_away_takes_no_answer_with_it() {
    let world = cut();
    world.git(".", &["clone", "-q", "server.git", "lent"]);
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.git("lent", &["fetch", "-q"]);
    world.run("lent", &["where", &fix]).code(0);
    std::fs::remove_dir_all(world.path("lent")).unwrap();
    std::fs::remove_dir_all(world.path("clone")).unwrap();
    world
        .git(".", &["clone", "-q", "--depth", "1", &format!("file://{}", world.server().display()), "clone"]);
    at(&world, &fix).says("on develop");
    at(&world, "v1.0.0").says("first in v1.0.0");
}

#[test]
fn an_id_that_is_too_short_names_all_that_it_could_be() {
    let world = cut();
    // Fixed names and dates, so that the ids are the same for ever; two of them begin alike.
    let mut text = String::new();
    for n in 0..800 {
        let message = format!("chore: number {n}");
        text.push_str(&format!(
            "commit refs/heads/many\ncommitter M <m@example.org> 1767225600 +0000\ndata {}\n{message}\n",
            message.len()
        ));
    }
    world.write("many", &text);
    let many = std::fs::File::open(world.path("many")).unwrap();
    let import = world.command("git", "server.git").args(["fast-import", "--quiet"]).stdin(many).status();
    assert!(import.unwrap().success());
    let ids = world.git("server.git", &["rev-list", "many"]);
    let mut ids: Vec<&str> = ids.lines().collect();
    ids.sort_unstable();
    let pair = ids.windows(2).find(|pair| pair[0][..4] == pair[1][..4]).unwrap();
    let run = world.allclear(&["where", &pair[0][..4]]).code(2).talks("names 2 commits");
    run.talks(&pair[0][..12]).talks(&pair[1][..12]).talks("\"chore: number ");
    at(&world, &pair[1][..12]).says(&pair[1][..7]).says("It is on many.");
}
