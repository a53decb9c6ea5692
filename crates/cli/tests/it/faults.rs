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
        .is_plain();
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
    world.allclear(&["status"]).says("GH006").is_plain();
    assert!(world.status()["candidates"][0]["refused"]["why"].as_str().unwrap().contains("GH006"));
    std::fs::remove_file(world.path("server.git/hooks/pre-receive")).unwrap();
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn a_cut_that_is_refused_says_so() {
    let world = World::new(QUICK);
    let before = world.refs();
    world.hook("pre-receive", RULE);
    world.allclear(&["cut", "--yes"]).code(3).talks("GH006").is_plain();
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
fn a_server_that_applies_only_half_is_carried_on() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    // As a server on `files` refs that dies between two refs: it takes master and forgets the rest.
    world.hook(
        "reference-transaction",
        "[ \"$1\" = prepared ] || exit 0\ngrep -q refs/heads/master || exit 0\n[ -e half ] && exit 0\ntouch half\n\
         new=$(git rev-parse --verify -q \"$(git for-each-ref --format='%(objectname)' 'refs/allclear/op/*/stable' | head -1)\")\n\
         (sleep 0.2; echo \"$new\" > refs/heads/master) >/dev/null 2>&1 &\nexit 1",
    );
    let run = world.allclear(&["promote", "--yes"]);
    assert!(matches!(run.code, 0 | 3 | 5 | 6 | 75), "{run:?}");
    std::thread::sleep(std::time::Duration::from_millis(300));
    world.allclear(&["tick"]);
    let end = world.allclear(&["promote", "1.1.0", "--yes"]);
    let refs = world.refs();
    if end.code == 0 {
        assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
        assert_eq!(world.at("v1.1.0"), world.at("master"));
    } else {
        assert!(refs.contains_key("refs/heads/release-1.1.0"), "{end:?}");
    }
}
