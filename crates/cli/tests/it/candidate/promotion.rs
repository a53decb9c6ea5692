//! `promote`: one move, and nothing that is not clear.

use crate::evidence::verify::forge;
use crate::world::{QUICK, World};

#[test]
fn one_move_from_clear_to_released() {
    let world = World::new(&QUICK.replace("0s", "1s"));
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let (rc, before) = (world.at("release-1.1.0"), world.refs());
    let plan =
        world.allclear(&["promote", "--dry-run"]).code(0).says("refs/heads/master").says("one atomic push");
    assert_eq!(plan.err, "");
    let plan = world.allclear(&["promote", "--dry-run", "--json"]).code(0).json();
    assert_eq!(
        (&plan["schema"], plan["refs"].as_array().map(Vec::len)),
        (&"allclear.plan/1".into(), Some(4))
    );
    assert_eq!(world.refs(), before, "a dry run changes nothing");
    world.allclear(&["promote", "--commit", "0123456", "--yes"]).code(5).talks("the candidate is at");
    assert_eq!(world.refs(), before);

    let done = world.allclear(&["promote", "1.1.0", "--commit", &rc[..12], "--yes"]).code(0);
    assert!(done.out.contains("released 1.1.0 as v1.1.0"), "{}", done.out);
    assert!(done.err.contains("3/4 pushing all refs and the entry in one transaction"), "{}", done.err);
    let refs = world.refs();
    assert!(!refs.contains_key("refs/heads/release-1.1.0"), "the branch ends");
    let ours: Vec<&String> = refs.keys().filter(|r| r.starts_with("refs/allclear/")).collect();
    assert_eq!(ours, ["refs/allclear/ledger"], "nothing is left over");
    assert_eq!(world.at("v1.1.0"), world.at("master"));
    assert_eq!(world.git("server.git", &["cat-file", "-t", "v1.1.0"]), "tag");
    assert_eq!(world.git("server.git", &["rev-parse", "master^2"]), rc);
    let tree = |name: &str| world.git("server.git", &["rev-parse", &format!("{name}^{{tree}}")]);
    assert_eq!(tree("master"), tree(&rc), "what is released is what was soaked");
    let tag = world.git("server.git", &["cat-file", "tag", "v1.1.0"]);
    assert!(tag.contains("Allclear-Ledger: ") && tag.contains("Soaked "), "{tag}");
    assert_eq!(world.git("server.git", &["fsck", "--strict", "--no-dangling"]), "");

    let seen = world.allclear(&["status", "--json"]).code(0).json();
    assert_eq!(seen["candidates"].as_array().map(Vec::len), Some(0));
    assert_eq!(
        (&seen["releases"][0]["version"], &seen["releases"][0]["tag"]),
        (&"1.1.0".into(), &"v1.1.0".into())
    );
    assert_eq!(seen["releases"][0]["commit"], world.at("master"));
    world.allclear(&["promote", "1.1.0", "--yes"]).code(0).says("is released already");
    world.allclear(&["log"]).code(0).says("release 1.1.0").says("cut 1.1.0");
}

#[test]
fn develop_contains_stable_afterwards() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: on the candidate");
    world.allclear(&["rc"]).code(0);
    world.push("develop", "next.txt", "next\n", "feat: for the next train");
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    assert_eq!(world.git("server.git", &["show", "develop:lib.txt"]), "fixed");
    assert_eq!(world.git("server.git", &["show", "develop:next.txt"]), "next");
    assert!(!world.git("server.git", &["ls-tree", "--name-only", "master"]).contains("next.txt"));
}

#[test]
fn the_soaked_commit_itself_where_the_policy_says_ff() {
    let world = World::new(&format!("{QUICK}merge = \"ff\"\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    let rc = world.at("release-1.1.0");
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    assert_eq!(world.at("master"), rc);
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}

#[test]
fn nothing_is_released_that_is_not_clear() {
    let world = World::new(&QUICK.replace("for = \"0s\"", "for = \"7d\""));
    world.allclear(&["cut", "--yes"]).code(0);
    let before = world.refs();
    world
        .allclear(&["promote", "--yes"])
        .code(8)
        .talks("1.1.0 is not clear")
        .talks("soak:")
        .talks("nothing was changed");
    world.allclear(&["promote", "--dry-run"]).code(8).says("refs/heads/master").talks("is not clear");
    assert_eq!(world.refs(), before);
}

#[test]
fn only_fixes_come_on_board() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let feature = world.push("release-1.1.0", "extra.txt", "more\n", "feat: one more thing");
    world.allclear(&["rc"]).code(0);
    world.allclear(&["status"]).code(1).says("BLOCKED by 1").says("one more thing").says("git revert");
    world
        .allclear(&["why", "fixes"])
        .code(1)
        .says(&feature[..12])
        .says("waiting does not help")
        .says("who: Mira");
    world.allclear(&["why", "fixes", "--json"]).code(1).says("allclear.why/1");
    world.allclear(&["promote", "--yes"]).code(1).talks("fixes:");
    world.git("other", &["revert", "--no-edit", &feature]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/release-1.1.0"]);
    world.allclear(&["rc"]).code(0).says("rc.3");
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn a_conflict_with_develop_is_known_long_before() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("release-1.1.0", "lib.txt", "this\n", "fix: this way");
    world.push("develop", "lib.txt", "that\n", "fix: that way");
    world.allclear(&["rc"]).code(0);
    world.allclear(&["status"]).code(1).says("1 conflicting file against develop: lib.txt");
    world.allclear(&["promote", "--yes"]).code(1).talks("merge-back:");
    world.git("other", &["fetch", "-q"]);
    world.git("other", &["checkout", "-q", "-B", "work", "origin/develop"]);
    world.git("other", &["merge", "-q", "-X", "theirs", "-m", "Merge the candidate", "origin/release-1.1.0"]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/develop"]);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}

#[test]
fn a_tag_that_is_there_already_is_never_moved() {
    let world = World::clear();
    world.git("clone", &["tag", "v1.1.0", "master"]);
    world.git("clone", &["push", "-q", "origin", "v1.1.0"]);
    let before = world.refs();
    world.allclear(&["promote", "--yes"]).code(1).talks("v1.1.0 exists already");
    world.allclear(&["status"]).code(1).says("allclear never moves or deletes a tag");
    assert_eq!(world.refs(), before);
}

#[test]
fn an_evil_tag_stops_nothing() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let rc = world.at("release-1.1.0");
    world.git("server.git", &["update-ref", "refs/tags/refs/heads/master", &rc]);
    world.git("server.git", &["update-ref", "refs/tags/master", &rc]);
    world.git("server.git", &["update-ref", "refs/tags/refs/heads/release-1.1.0", &rc]);
    world.until("clear");
    world
        .allclear(&["status"])
        .code(0)
        .talks("a tag named like the ref")
        .talks("a tag with the name of a branch");
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
    assert_eq!(world.git("server.git", &["log", "--oneline", "refs/heads/develop..refs/heads/master"]), "");
    // Git deletes no branch that could be meant as a tag. It is ended when it can be.
    world.allclear(&["tick"]).code(0);
    assert_eq!(world.at("refs/heads/release-1.1.0"), rc);
    world.git("server.git", &["update-ref", "-d", "refs/tags/refs/heads/release-1.1.0"]);
    world.allclear(&["tick"]).code(0);
    assert!(!world.refs().contains_key("refs/heads/release-1.1.0"));
}

#[test]
fn a_branch_that_is_gone_is_drift() {
    let world = World::clear();
    world.git("clone", &["push", "-q", "origin", ":release-1.1.0"]);
    world.allclear(&["status"]).code(1).says("is gone from the server").says("push it again");
    world.allclear(&["promote", "--yes"]).code(1);
    world.allclear(&["tick"]).code(0);
}

#[test]
fn work_pushed_straight_to_stable_is_taken_on_board_first() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("master", "hot.txt", "hot\n", "fix: straight to master");
    world.allclear(&["status"]).code(1).says("lacks 1 commit of master");
    world.allclear(&["promote", "--yes"]).code(1).talks("contains-stable:");
    world.git("other", &["fetch", "-q"]);
    world.git("other", &["checkout", "-q", "-B", "work", "origin/release-1.1.0"]);
    world.git("other", &["merge", "-q", "--no-edit", "origin/master"]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/release-1.1.0"]);
    world.allclear(&["rc"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn what_came_first_is_named() {
    let world = World::clear();
    // While the push is being received, somebody else's entry lands.
    let ledger = world.refs()["refs/allclear/ledger"].clone();
    let rival = forge(
        &world,
        &jiff::Timestamp::now().to_string(),
        &serde_json::json!([{"kind": "FreezeLifted"}]),
        None,
    );
    world.git("server.git", &["update-ref", "refs/allclear/ledger", &ledger]);
    world.hook("pre-receive", &first_moves("refs/allclear/ledger", &rival));
    let run = world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
    let run = run.talks("the record moved: forged; judging and building anew");
    assert_eq!(run.err.matches("3/4 ").count(), 2, "{}", run.err);
    assert_eq!(world.git("server.git", &["rev-parse", "refs/allclear/ledger~1"]), rival);

    let world = World::clear();
    let before = world.at("develop");
    let next = world.push("develop", "next.txt", "next\n", "feat: for the next train");
    world.git("server.git", &["update-ref", "refs/heads/develop", &before]);
    world.hook("pre-receive", &first_moves("refs/heads/develop", &next));
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0").talks(&format!(
        "develop moved from {} to {}",
        &before[..7],
        &next[..7]
    ));
    assert_eq!(world.git("server.git", &["show", "develop:next.txt"]), "next");
}

/// Makes a hook that moves a ref while the first push of a promotion is received.
fn first_moves(name: &str, to: &str) -> String {
    format!(
        "while read old new ref; do\nif [ $ref = refs/heads/master ] && [ ! -e late ]; then\ntouch late\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         git update-ref {name} {to}\nfi\ndone"
    )
}
