//! Servers that refuse, hang on to locks, or die half way: 3, 75 and 6.

use crate::world::{QUICK, World, until};

const RULE: &str = "printf 'GH006: Protected branch update failed for refs/heads/master.\\n' >&2
printf '\\033[31mChanges must be made through a pull request.\\033[0m\\007\\n' >&2
exit 1";

#[test]
fn a_protected_branch_is_refused_by_name_of_its_rule() {
    let world = World::clear();
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
    // It is on record once, is not tried again by itself, and blocks.
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["tick"]).code(0).says("nothing is due");
    assert_eq!(world.refs(), refs, "no tick pushes anything");
    assert_eq!(kinds(&world).iter().filter(|kind| *kind == "PromotionRefused").count(), 1);
    world.allclear(&["log"]).code(0).says("the server refused 1.1.0: GH006").plainly();
    world
        .allclear(&["status"])
        .code(1)
        .says("BLOCKED")
        .says("The server refused its promotion: GH006")
        .says("allclear promote 1.1.0")
        .plainly();
    let seen = &world.status()["candidates"][0];
    assert!(seen["refused"]["why"].as_str().unwrap().contains("GH006"), "{seen:#}");
    assert!(seen["stop"]["why"].as_str().unwrap().contains("GH006"), "{seen:#}");
    // A person may ask again, before the rule is gone and after.
    world.allclear(&["promote", "--yes"]).code(3).talks("GH006");
    std::fs::remove_file(world.path("server.git/hooks/pre-receive")).unwrap();
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["promote", "--yes"]).code(0);
    world.allclear(&["verify"]).code(0);
}

#[test]
fn a_refusal_ends_with_a_new_rc() {
    let world = World::new(&QUICK.replace("automatic = false", "automatic = true\nhours = \"always\""));
    world.allclear(&["cut", "--yes"]).code(0);
    let rule = format!("while read old new ref; do\n[ $ref != refs/heads/master ] || {{ {RULE}\n}}\ndone");
    world.hook("pre-receive", &rule);
    // The first tick may come before the candidate is clear.
    until(|| {
        let run = world.allclear(&["tick"]);
        if run.code == 3 { Ok(()) } else { Err(format!("{run:?}")) }
    });
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["status"]).code(1).says("The server refused its promotion");
    std::fs::remove_file(world.path("server.git/hooks/pre-receive")).unwrap();
    world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["rc"]).code(0);
    until(|| {
        let run = world.allclear(&["tick"]).code(0);
        if world.refs().contains_key("refs/tags/v1.1.0") { Ok(()) } else { Err(run.out) }
    });
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
    let world = World::clear();
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
    // As a server on `files` refs that dies between two renames: it has moved the first refs of the push, in git's
    // own order, and says no.
    let order = ["refs/allclear/ledger", "refs/heads/develop", "refs/heads/master", "refs/tags/v1.1.0"];
    for applied in 1..=order.len() {
        let world = World::new(QUICK);
        world.allclear(&["cut", "--yes"]).code(0);
        world.push("develop", "next.txt", "next\n", "feat: for the next train");
        world.until("clear");
        world.hook("pre-receive", &applies(&order[..applied]));
        world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
        assert!(world.path("server.git/died").exists(), "{applied}: the server never died");
        assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "", "{applied}");
        assert_eq!(world.at("v1.1.0"), world.at("master"), "{applied}");
        let refs = world.refs();
        assert!(!refs.contains_key("refs/heads/release-1.1.0"), "{applied}: {refs:?}");
        let log = world.allclear(&["log"]).code(0).says("release 1.1.0");
        // With all of it there, the branch alone is left to be ended, and no entry is needed for that.
        assert_eq!(log.out.contains("complete the release of 1.1.0"), applied < order.len(), "{}", log.out);
        world.allclear(&["verify"]).code(0);
    }
}

#[test]
fn a_server_that_moves_stable_without_the_entry_is_carried_on() {
    let world = World::clear();
    world.hook("pre-receive", &applies(&["refs/heads/master"]));
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
    assert!(world.path("server.git/died").exists(), "the server never died");
    assert_eq!(world.at("v1.1.0"), world.at("master"));
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    world.allclear(&["verify"]).code(0);
}

/// Makes a hook that the first time takes some refs of a promotion and refuses it.
fn applies(parts: &[&str]) -> String {
    format!(
        "while read old new ref; do echo \"$old $new $ref\" >> seen; done\n\
         if [ ! -e died ] && grep -q refs/heads/master seen; then\ntouch died\n\
         cp -r \"$GIT_QUARANTINE_PATH\"/. objects/\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         for part in {}; do\n\
         grep \" $part$\" seen | while read old new ref; do git update-ref $ref $new $old; done\n\
         done\nexit 1\nfi\nrm -f seen",
        parts.join(" ")
    )
}

/// Lists the kinds of all events on record.
fn kinds(world: &World) -> Vec<String> {
    let log = world.allclear(&["log", "--json"]).code(0).json();
    let entries = log["entries"].as_array().unwrap().iter();
    let events = entries.flat_map(|entry| entry["entry"]["events"].as_array().unwrap());
    events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_late_fix_wins_against_a_promotion() {
    let world = World::clear();
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
