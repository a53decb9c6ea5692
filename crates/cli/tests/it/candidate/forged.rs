//! Entries that say a release happened: they move nothing that does not follow from what stood before them.

use crate::evidence::verify::by_hand;
use crate::world::{QUICK, Run, World};
use serde_json::{Value, json};

const SLOW: &str = "for = \"7d\"";

/// Asserts that nobody's tick or command goes by a forged entry, until it is struck.
fn moves_nothing(world: &World, entry: &str, why: &str) {
    let before = world.refs();
    world
        .allclear(&["status"])
        .code(1)
        .says("BLOCKED")
        .says(&format!(
            "Entry {} says that Mira <mira@example.org> released it, and does not hold",
            &entry[..7]
        ))
        .says(why)
        .says(&format!("allclear strike {entry} --reason TEXT"));
    for args in [&["tick"][..], &["promote", "--yes"], &["tick"]] {
        world.allclear(args).code(1).talks("does not hold").talks(&format!("allclear strike {entry}"));
    }
    world.allclear(&["cut", "--yes"]).code(1).talks("the promotion of 1.1.0 is not finished");
    world.allclear(&["hotfix", "--yes", "--reason", "logins fail"]).code(1).talks("is not finished");
    let landed = ["promote", "1.1.0", "--landed", "--yes", "--reason", "it looks good to me"];
    world.allclear(&landed).code(1).talks("does not hold");
    assert_eq!(world.refs(), before, "nothing is pushed");
    // Nor by a machine that sees it for the first time.
    let mut fresh = world.command(env!("CARGO_BIN_EXE_allclear"), "clone");
    fresh.arg("tick").env("XDG_CACHE_HOME", world.path("fresh"));
    Run::of(&fresh.output().unwrap()).code(1).talks("does not hold");
    assert_eq!(world.refs(), before);
    world
        .allclear(&["strike", entry, "--reason", "nobody released this"])
        .code(0)
        .says("stays in the record");
    world.allclear(&["log"]).code(0).says("(struck)");
}

#[test]
fn what_is_not_clear_is_not_promoted_by_an_entry() {
    let world = World::new(&QUICK.replace("for = \"0s\"", SLOW));
    world.allclear(&["cut", "--yes"]).code(0);
    let entry = by_hand(&world, |_| {}).forge(&world);
    moves_nothing(&world, &entry, "soak was pending");
    world.allclear(&["status"]).code(8).says("WAITING");
    world.allclear(&["waive", "soak", "--reason", "a change of one line", "--yes"]);
    world.allclear(&["tick"]).code(0).says("nothing is due");
    assert!(!world.refs().contains_key("refs/tags/v1.1.0"));
}

#[test]
fn what_is_clear_is_promoted_only_as_allclear_would_have_built_it() {
    type Change = fn(&World, &mut Value);
    let changes: [(&str, Change); 5] = [
        ("", |_, _| {}),
        ("names other refs or another commit than those of its candidate", |_, told| {
            told["tag"] = json!("latest");
        }),
        ("names other refs or another commit than those of its candidate", |_, told| {
            told["branch"] = json!("develop");
        }),
        ("has other files than", |world, told| {
            told["new_stable"] = json!(commit(world, "master", &["master", "release-1.1.0"]));
        }),
        ("merged into stable", |world, told| {
            told["new_stable"] = json!(world.at("release-1.1.0"));
        }),
    ];
    for (why, change) in changes {
        let world = World::clear();
        let told = by_hand(&world, |told| change(&world, told));
        let entry = told.forge(&world);
        if why.is_empty() {
            // Whoever may push may promote what is clear, by whatever program.
            world.allclear(&["tick"]).code(0).says("released 1.1.0 as v1.1.0");
        } else {
            moves_nothing(&world, &entry, why);
            world.until("clear");
            world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
        }
        world.allclear(&["verify"]).code(0).says("1.1.0     holds");
    }
}

/// Makes a commit of Eve's on the server, with the files of another.
fn commit(world: &World, files: &str, parents: &[&str]) -> String {
    let tree = format!("{files}^{{tree}}");
    let mut args =
        vec!["-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit-tree", &tree, "-m", "by Eve"];
    args.extend(parents.iter().flat_map(|parent| ["-p", parent]));
    world.git("server.git", &args)
}

#[test]
fn a_promotion_of_what_was_never_cut_is_nothing() {
    let world = World::clear();
    let told = by_hand(&world, |told| told["version"] = json!("9.9.9"));
    told.forge(&world);
    let before = world.refs();
    world.allclear(&["tick"]).code(0).says("nothing is due");
    assert_eq!(world.refs(), before);
    assert_eq!(world.status()["releases"][0]["version"], "1.0.0");
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
}

#[test]
fn what_is_said_to_have_landed_is_not_brought_onto_stable() {
    let world = World::clear();
    // A commit of somebody's with the right files, which nobody merged.
    let eve = commit(&world, "release-1.1.0", &["master"]);
    let told = by_hand(&world, |told| {
        told["new_develop"] = json!(commit(&world, "develop", &["develop", &eve]));
        told["new_stable"] = json!(eve);
        told["landed"] = json!({"shape": "squashed", "by": "Eve", "reason": "trust me"});
    });
    let entry = told.forge(&world);
    let before = world.refs();
    let run = world.allclear(&["status"]).code(1).says("BLOCKED").says(&format!("allclear strike {entry}"));
    assert!(
        run.out.contains("does not have it any more") || run.out.contains("does not hold"),
        "{}",
        run.out
    );
    let landed = ["promote", "1.1.0", "--landed", "--yes", "--reason", "trust me"];
    for args in [&["tick"][..], &["promote", "--yes"], &landed] {
        world.allclear(args).code(1).talks("does not have it any more");
    }
    assert_eq!(world.refs(), before);
}

#[test]
fn what_can_never_be_there_stops_nobody() {
    let world = World::clear();
    let tree = world.git("server.git", &["rev-parse", "release-1.1.0^{tree}"]);
    let people = "author Eve <eve@example.org> 1 +0000\ncommitter Eve <eve@example.org> 1 +0000";
    world.write("forged/eve", &format!("tree {tree}\nparent {}\n{people}\n\nMerge\n", "1".repeat(40)));
    let file = world.path("forged/eve").display().to_string();
    let eve = world.git("server.git", &["hash-object", "-w", "-t", "commit", &file]);
    let told = by_hand(&world, |told| told["new_stable"] = json!(eve));
    let entry = told.forge(&world);
    let before = world.refs();
    for args in [&["status"][..], &["tick"], &["promote", "--yes"]] {
        world.allclear(args).code(1).plainly();
    }
    assert_eq!(world.refs(), before);
    world.allclear(&["strike", &entry, "--reason", "nobody released this"]).code(0);
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
}
