//! Servers that refuse, hang on to locks, or die half way: 3, 75 and 6.

use crate::world::{QUICK, World};

const RULE: &str = "printf 'GH006: Protected branch update failed for refs/heads/master.\\n' >&2
printf '\\033[31mChanges must be made through a pull request.\\033[0m\\007\\n' >&2
exit 1";

#[test]
fn a_protected_branch_is_refused_by_name_of_its_rule() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let before = world.refs();
    world.hook(
        "pre-receive",
        &format!("while read old new ref; do\n[ $ref != refs/heads/master ] || {{ {RULE}\n}}\ndone"),
    );
    let run = world
        .allclear(&["promote", "--yes"])
        .code(3)
        .talks("GH006: Protected branch update failed")
        .plainly();
    assert!(
        run.err.contains("through a pull request") && run.err.contains("nothing was changed"),
        "{}",
        run.err
    );
    assert!(run.err.contains("bypass"), "the ways out are named: {}", run.err);
    let refs = world.refs();
    for name in ["refs/heads/master", "refs/heads/develop", "refs/heads/release-1.1.0"] {
        assert_eq!(refs[name], before[name]);
    }
    assert!(!refs.contains_key("refs/tags/v1.1.0"));
    assert!(!refs.keys().any(|r| r.starts_with("refs/allclear/op/")), "nothing is left over");
    // It is not tried again by itself, and the rule stays on the screen.
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["status"]).says("GH006").plainly();
    assert!(world.status()["candidates"][0]["refused"]["why"].as_str().unwrap().contains("GH006"));
    std::fs::remove_file(world.path("server.git/hooks/pre-receive")).unwrap();
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn a_cut_that_is_refused_says_so() {
    let world = World::new(QUICK);
    let before = world.refs();
    world.hook("pre-receive", RULE);
    world.allclear(&["cut", "--yes"]).code(3).talks("GH006").plainly();
    world.allclear(&["init", "--yes"]).code(3).talks("GH006");
    assert_eq!(world.refs(), before);
}

#[test]
fn a_stale_lock_on_the_server_is_named() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let before = world.at("master");
    world.write("server.git/refs/heads/master.lock", "");
    world.allclear(&["promote", "--yes"]).code(75).talks("stale locks").talks("master.lock");
    assert_eq!(world.at("master"), before);
    std::fs::remove_file(world.path("server.git/refs/heads/master.lock")).unwrap();
    let run = world.allclear(&["tick"]).code(0);
    let again = world.allclear(&["promote", "1.1.0", "--yes"]).code(0);
    assert!(run.out.contains("released 1.1.0") || again.out.contains("released"), "{run:?} {again:?}");
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}

#[test]
fn a_server_that_applies_only_a_part_is_carried_on() {
    // As a server on `files` refs that dies between two refs: the first time it takes one, and says no.
    for part in ["refs/heads/master", "refs/heads/develop", "refs/tags/v1.1.0"] {
        let world = World::new(QUICK);
        world.allclear(&["cut", "--yes"]).code(0);
        world.push("develop", "next.txt", "next\n", "feat: for the next train");
        world.until("clear");
        let quarantine = "GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES";
        world.hook(
            "pre-receive",
            &format!(
                "while read old new ref; do\nif [ $ref = {part} ] && [ ! -e died ]; then\ntouch died\n\
                 unset {quarantine}\ngit update-ref $ref $new $old\nexit 1\nfi\ndone"
            ),
        );
        world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
        assert!(world.path("server.git/died").exists(), "{part}: the server never died");
        assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "", "{part}");
        assert_eq!(world.at("v1.1.0"), world.at("master"), "{part}");
        let refs = world.refs();
        assert!(!refs.contains_key("refs/heads/release-1.1.0"), "{part}: {refs:?}");
        assert!(!refs.keys().any(|r| r.starts_with("refs/allclear/op/")), "{part}: {refs:?}");
        world.allclear(&["log"]).code(0).says("carry on operation").says("release 1.1.0");
    }
}

#[test]
fn a_late_fix_wins_against_a_promotion() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let late = world.push("develop", "late.txt", "late\n", "fix: late");
    // While the push is being received, the candidate gets another commit.
    world.hook(
        "pre-receive",
        &format!(
            "while read old new ref; do\nif [ $ref = refs/heads/master ] && [ ! -e late ]; then\ntouch late\n\
             unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
             git update-ref refs/heads/release-1.1.0 {late}\nfi\ndone"
        ),
    );
    let before = world.refs();
    world.allclear(&["promote", "--yes"]).code(5).talks("was given up").talks("candidate's branch was moved");
    let refs = world.refs();
    for name in ["refs/heads/master", "refs/heads/develop"] {
        assert_eq!(refs[name], before[name]);
    }
    assert_eq!(world.at("release-1.1.0"), late, "nobody's commit is lost");
    assert!(!refs.contains_key("refs/tags/v1.1.0"));
}
