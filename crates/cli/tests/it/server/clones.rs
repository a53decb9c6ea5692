//! The clone that a person points at is read and never written, whatever kind it is.

use crate::world::{QUICK, World};

/// Runs a whole release from `dir` and fails where one byte below `watched` changes.
fn release_from(world: &World, dir: &str, watched: &[&str]) {
    let refs = || watched.iter().map(|d| world.git(d, &["for-each-ref"])).collect::<Vec<_>>();
    let objects = || watched.iter().map(|d| world.git(d, &["count-objects", "-v"])).collect::<Vec<_>>();
    let (refs_before, objects_before) = (refs(), objects());
    let before: Vec<_> = watched.iter().map(|d| world.files(d)).collect();
    let same = |after: &str| {
        for (dir, before) in watched.iter().zip(&before) {
            let now = world.files(dir);
            let changed: Vec<_> =
                now.iter().filter(|(p, b)| before.get(*p) != Some(b)).map(|(p, _)| p).collect();
            let gone: Vec<_> = before.keys().filter(|p| !now.contains_key(*p)).collect();
            assert!(changed.is_empty() && gone.is_empty(), "{after} changed {changed:?}, removed {gone:?}");
        }
    };
    world.run(dir, &["status"]).code(0);
    world.run(dir, &["init", "--print"]).code(0);
    world.run(dir, &["cut", "--dry-run"]).code(0);
    world.run(dir, &["cut", "--yes"]).code(0);
    same("cut");
    let commit = world.at("release-1.1.0");
    world.run(dir, &["check", "ci", "passed", "--commit", &commit]).code(0);
    world.run(dir, &["hold", "--reason", "wait for it"]).code(0);
    world.run(dir, &["hold", "--lift"]).code(0);
    world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    world.run(dir, &["rc"]).code(0);
    for args in [&["why"][..], &["log"], &["calendar"], &["policy", "show"], &["tick"]] {
        let run = world.run(dir, args);
        assert!([0, 8].contains(&run.code), "{args:?}: {run:?}");
    }
    world.until_in(dir, "clear");
    world.run(dir, &["promote", "--dry-run"]).code(0);
    world.run(dir, &["promote", "--yes"]).code(0);
    same("promote");
    assert_eq!(refs(), refs_before);
    assert_eq!(objects(), objects_before);
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}

fn url(world: &World) -> String {
    format!("file://{}", world.server().display())
}

#[test]
fn a_clone_with_a_work_tree_stays_untouched() {
    let world = World::new(QUICK);
    // Work in progress: staged, unstaged, untracked, and a stash.
    world.write("clone/lib.txt", "stashed\n");
    world.git("clone", &["stash", "-q"]);
    world.write("clone/feature.txt", "staged\n");
    world.git("clone", &["add", "feature.txt"]);
    world.write("clone/lib.txt", "unstaged\n");
    world.write("clone/new.txt", "untracked\n");
    let status = world.git("clone", &["status", "--porcelain=v2", "--branch"]);
    release_from(&world, "clone", &["clone"]);
    assert_eq!(world.git("clone", &["status", "--porcelain=v2", "--branch"]), status);
}

#[test]
fn a_bare_clone_stays_untouched() {
    let world = World::new(QUICK);
    world.git(".", &["clone", "-q", "--bare", &url(&world), "bare.git"]);
    release_from(&world, "bare.git", &["bare.git"]);
}

#[test]
fn a_shallow_clone_stays_untouched() {
    let world = World::new(QUICK);
    world.git(".", &["clone", "-q", "--depth", "1", "-b", "develop", &url(&world), "shallow"]);
    assert_eq!(world.git("shallow", &["rev-parse", "--is-shallow-repository"]), "true");
    release_from(&world, "shallow", &["shallow"]);
}

#[test]
fn a_partial_clone_stays_untouched() {
    let world = World::new(QUICK);
    world.git("server.git", &["config", "uploadpack.allowFilter", "true"]);
    world.git(".", &["clone", "-q", "--filter=blob:none", "--no-checkout", &url(&world), "partial"]);
    release_from(&world, "partial", &["partial"]);
}

#[test]
fn a_linked_worktree_stays_untouched() {
    let world = World::new(QUICK);
    world.git("clone", &["worktree", "add", "-q", "--detach", "../linked", "master"]);
    release_from(&world, "linked", &["linked", "clone"]);
}

#[test]
fn a_directory_below_the_top_is_the_same_clone() {
    let world = World::new(QUICK);
    world.write("clone/deep/down/file.txt", "x\n");
    world.run("clone/deep/down", &["status"]).code(0).says("lib");
    let clone = world.path("clone").display().to_string();
    world.run(".", &["-C", &clone, "status"]).code(0).says("lib");
    let server = world.server().display().to_string();
    world.run("clone", &["--remote", &server, "status"]).code(0).says("lib");
}

#[test]
fn a_repository_without_a_remote_is_its_own_server() {
    let world = World::new(QUICK);
    let config = std::fs::read(world.path("server.git/config")).unwrap();
    world.run("server.git", &["cut", "--yes"]).code(0);
    world.until_in("server.git", "clear");
    world.run("server.git", &["promote", "--yes"]).code(0);
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    assert_eq!(std::fs::read(world.path("server.git/config")).unwrap(), config);
    let own: Vec<String> = world.refs().into_keys().filter(|r| r.starts_with("refs/allclear/")).collect();
    assert_eq!(own, ["refs/allclear/ledger"]);
}

#[test]
fn a_work_tree_that_is_its_own_server_keeps_its_index_and_files() {
    let world = World::new(QUICK);
    world.git("clone", &["remote", "remove", "origin"]);
    world.git("clone", &["checkout", "-q", "--detach", "master"]);
    world.write("clone/lib.txt", "unstaged\n");
    let index = std::fs::read(world.path("clone/.git/index")).unwrap();
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    assert_eq!(std::fs::read(world.path("clone/.git/index")).unwrap(), index);
    assert_eq!(std::fs::read_to_string(world.path("clone/lib.txt")).unwrap(), "unstaged\n");
    assert_eq!(world.git("clone", &["log", "--oneline", "develop..master"]), "");
}

#[test]
fn a_branch_that_is_checked_out_on_the_server_is_not_pulled_from_under_anybody() {
    let world = World::new(QUICK);
    world.git("clone", &["remote", "remove", "origin"]);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let before = world.git("clone", &["rev-parse", "develop", "master"]);
    world.allclear(&["promote", "--yes"]).code(3).talks("refused").plainly();
    assert_eq!(world.git("clone", &["rev-parse", "develop", "master"]), before);
}

#[test]
fn the_configuration_of_the_clone_does_not_decide_merges() {
    let world = World::new(QUICK);
    // Both turn conflicts into clean merges for a git that listens to the clone.
    world.write("clone/.git/info/attributes", "* merge=union\n");
    world.git("clone", &["config", "merge.default", "union"]);
    world.write("home/.config/git/attributes", "* merge=union\n");
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("release-1.1.0", "lib.txt", "this\n", "fix: this way");
    world.push("develop", "lib.txt", "that\n", "fix: that way");
    world.allclear(&["rc"]).code(0);
    world.allclear(&["status"]).code(1).says("1 conflicting file against develop: lib.txt");
}

#[test]
fn a_repository_of_sha_256_is_like_any_other() {
    let world = World::of_sha_256();
    world.allclear(&["cut", "--yes"]).code(0).says("0.1.0 cut from develop");
    assert_eq!(world.at("release-0.1.0").len(), 64);
    world.allclear(&["check", "ci", "passed", "--commit", &world.at("release-0.1.0")]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0).says("released 0.1.0");
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}
