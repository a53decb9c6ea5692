//! A candidate that another hand brought onto stable: what was clear is completed, all else is left to a captain.

use crate::world::{QUICK, World};
use serde_json::Value;

/// What a forge or a person makes of a candidate, and how it is told.
const SHAPES: [(&str, &str); 4] = [
    ("merged", "Ben <ben@example.org> merged "),
    ("fast-forward", "fast-forwarded master to "),
    ("squashed", "Ben <ben@example.org> squashed "),
    ("rebased", "Ben <ben@example.org> rebased "),
];

/// Brings 1.1.0 onto master as Ben does, and gives what master is then.
fn land(world: &World, shape: &str) -> String {
    world.git(".", &["clone", "-q", "server.git", "ben"]);
    world.git("ben", &["config", "user.name", "Ben"]);
    world.git("ben", &["config", "user.email", "ben@example.org"]);
    world.git("ben", &["checkout", "-q", "-B", "work", "origin/master"]);
    let rc = "origin/release-1.1.0";
    match shape {
        "merged" => drop(world.git("ben", &["merge", "-q", "--no-ff", "-m", "Merge it", rc])),
        "fast-forward" => drop(world.git("ben", &["merge", "-q", "--ff-only", rc])),
        "squashed" => {
            world.git("ben", &["merge", "-q", "--squash", rc]);
            world.git("ben", &["commit", "-q", "-m", "feat: all of it (#7)"]);
        }
        "rebased" => {
            // Whoever makes commits again is their committer; a forge keeps the author.
            world.git("ben", &["cherry-pick", &format!("origin/master..{rc}")]);
            world.git("ben", &["commit", "-q", "--amend", "--no-edit", "--reset-author"]);
        }
        other => panic!("{other}"),
    }
    world.git("ben", &["push", "-q", "origin", "HEAD:refs/heads/master"]);
    world.at("master")
}

fn entries(world: &World) -> usize {
    world.git("server.git", &["rev-list", "--count", "refs/allclear/ledger"]).parse().unwrap()
}

/// Runs the command that a remedy names.
fn run_remedy(world: &World, seen: &Value, start: &str) {
    let remedies = seen["candidates"][0]["stop"]["remedy"].as_array().unwrap();
    let remedy = remedies.iter().find_map(|r| r.as_str().unwrap().strip_prefix(start)).unwrap();
    let done = world.command("sh", "clone").args(["-c", remedy]).output().unwrap();
    assert!(done.status.success(), "{remedy}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn what_was_clear_is_completed_by_the_next_tick() {
    for (shape, told) in SHAPES {
        let world = World::clear();
        let rc = world.at("release-1.1.0");
        let landed = land(&world, shape);
        if shape == "squashed" {
            // A forge may end the branch of what it merged.
            world.git("ben", &["push", "-q", "origin", ":release-1.1.0"]);
        }
        let before = entries(&world);
        world.allclear(&["status"]).code(8).says("PROMOTING").says("allclear tick completes it");
        world
            .allclear(&["tick", "--dry-run"])
            .code(0)
            .says("due: complete 1.1.0, which another hand brought");
        assert_eq!(entries(&world), before, "{shape}: looking writes nothing");
        let run = world.allclear(&["tick"]).code(0).says("released 1.1.0 as v1.1.0: ");
        run.says(&format!("{told}{}", &rc[..7]));
        assert_eq!(entries(&world), before + 1, "{shape}: one push, one entry");
        assert_eq!(world.at("master"), landed, "{shape}: stable stays as it landed");
        assert_eq!(world.at("v1.1.0"), landed, "{shape}");
        assert_eq!(world.git("server.git", &["cat-file", "-t", "v1.1.0"]), "tag");
        assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "", "{shape}");
        assert!(!world.refs().contains_key("refs/heads/release-1.1.0"), "{shape}: the branch ends");
        world.allclear(&["status"]).code(0).says("Last release: 1.1.0");
        world.allclear(&["log"]).code(0).says("complete the release of 1.1.0: ").says(told);
        world.allclear(&["verify"]).code(0).says("1.1.0     holds").says(told);
        assert_eq!(world.status()["releases"][0]["landed"]["shape"], shape);
        world.allclear(&["tick"]).code(0).says("nothing is due");
    }
}

#[test]
fn what_was_not_clear_waits_for_a_captain() {
    for (shape, told) in SHAPES {
        let world = World::new(&QUICK.replace("for = \"0s\"", "for = \"7d\""));
        world.allclear(&["cut", "--yes"]).code(0);
        let landed = land(&world, shape);
        world.allclear(&["status"]).code(1).says("BLOCKED").says(told).says("before 1.1.0 was clear");
        world.allclear(&["tick"]).code(1).says("recorded that 1.1.0 came onto stable").talks(told);
        let before = world.refs();
        let run = world.allclear(&["status"]).code(1).says(told).says("before 1.1.0 was clear (soak: ");
        let run = run.says("waiting does not cure it").says("--landed --reason TEXT");
        assert!(!run.out.contains("ends by itself") && !run.out.contains("drift:"), "{}", run.out);
        world.allclear(&["status", "--now", "30d"]).code(1).says("BLOCKED").says("waiting does not cure it");
        world.allclear(&["tick"]).code(1).talks("before 1.1.0 was clear (soak: ");
        world.allclear(&["promote", "--yes"]).code(1).talks("before 1.1.0 was clear");
        world.allclear(&["cut", "--yes"]).code(1).talks("comes first");
        world.allclear(&["promote", "1.1.0", "--landed", "--yes"]).code(2).talks("--reason");
        world
            .allclear(&["promote", "1.1.0", "--landed", "--yes", "--reason", "."])
            .code(2)
            .talks("a reason is needed");
        assert_eq!(world.refs(), before, "{shape}: it was noted once, and nothing moved");

        let reason = "the customer has it already";
        world
            .allclear(&["promote", "1.1.0", "--landed", "--yes", "--reason", reason])
            .code(0)
            .says("released 1.1.0 as v1.1.0")
            .says(told);
        assert_eq!((world.at("master"), world.at("v1.1.0")), (landed.clone(), landed), "{shape}");
        assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "", "{shape}");
        assert!(!world.refs().contains_key("refs/heads/release-1.1.0"), "{shape}");
        world.allclear(&["status"]).code(0);
        world.allclear(&["log"]).code(0).says(&format!("({reason})"));
        world
            .allclear(&["verify"])
            .code(0)
            .says("1.1.0     holds")
            .says(&format!("it was completed although it was not clear: {reason}"));
    }
}

#[test]
fn putting_stable_back_cures_it_and_waiting_does_not() {
    let world = World::clear();
    world.allclear(&["hold", "--reason", "a customer looks at it"]).code(0);
    let before = world.at("master");
    land(&world, "merged");
    world.allclear(&["tick"]).code(1);
    world.allclear(&["hold", "--lift"]).code(0);
    world
        .allclear(&["status"])
        .code(1)
        .says("before 1.1.0 was clear (hold: held by Mira: a customer looks at it)");
    world.allclear(&["tick"]).code(1);
    assert!(!world.refs().contains_key("refs/tags/v1.1.0"));
    run_remedy(&world, &world.status(), "or put master back: ");
    assert_eq!(world.at("master"), before);
    world.until("clear");
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0 as v1.1.0");
    world.allclear(&["verify"]).code(0);
}

#[test]
fn what_came_with_other_files_or_more_commits_is_not_completed() {
    let world = World::clear();
    land(&world, "merged");
    world.push("master", "more.txt", "more\n", "fix: right behind it");
    world
        .allclear(&["status"])
        .code(1)
        .says("Ben <ben@example.org> merged ")
        .says("but master got more commits since");
    world.allclear(&["tick"]).code(1).talks("master got more commits since");
    assert!(!world.refs().contains_key("refs/tags/v1.1.0"));

    let world = World::clear();
    world.git(".", &["clone", "-q", "server.git", "other"]);
    world.git("other", &["checkout", "-q", "-B", "work", "origin/master"]);
    world.git("other", &["merge", "-q", "--no-ff", "--no-commit", "origin/release-1.1.0"]);
    world.write("other/smuggled.txt", "in the merge\n");
    world.commit("other", "Merge it");
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/master"]);
    world.allclear(&["status"]).code(1).says("master has other files there than the rc, which never soaked");
    world.allclear(&["tick"]).code(1);
    assert!(!world.refs().contains_key("refs/tags/v1.1.0"));
    // Where a captain answers for it, develop gets what is on stable, and the record says what it is.
    complete(&world);
    assert_eq!(world.git("server.git", &["show", "develop:smuggled.txt"]), "in the merge");
    world.allclear(&["verify"]).code(1).says("released tree does not hold").says("which soaked");
    world.allclear(&["tick"]).code(0).says("nothing is due");
    world.allclear(&["status"]).code(0).says("Last release: 1.1.0");
}

/// Completes what landed, as a captain does.
fn complete(world: &World) {
    let reason = "the customer has it already";
    let run = world.allclear(&["promote", "1.1.0", "--landed", "--yes", "--reason", reason]).code(0);
    run.says("released 1.1.0 as v1.1.0");
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}

#[test]
fn what_came_after_the_rc_that_landed_is_neither_released_nor_lost() {
    let world = World::clear();
    world.git(".", &["clone", "-q", "server.git", "late"]);
    world.git("late", &["checkout", "-q", "release-1.1.0"]);
    world.write("late/late.txt", "late\n");
    world.commit("late", "fix: late");
    land(&world, "merged");
    world.git("late", &["push", "-q", "origin", "HEAD:refs/heads/release-1.1.0"]);
    let late = world.at("release-1.1.0");
    // The head is no rc, and a landing comes before it becomes one.
    world.allclear(&["rc"]).code(75).talks("not over");
    world.allclear(&["pick", "develop"]).code(75).talks("not over");
    world.allclear(&["status"]).code(1).says("but release-1.1.0 got more commits");
    world.allclear(&["tick"]).code(1);
    complete(&world);
    assert_eq!(world.at("release-1.1.0"), late, "nobody's commit is lost");
    let files = world.git("server.git", &["ls-tree", "--name-only", "develop"]);
    assert!(!files.contains("late.txt"), "what was not released is not merged back: {files}");
    world.allclear(&["verify"]).code(0).says("1.1.0     holds");
}

#[test]
fn a_landing_with_more_commits_behind_it_is_merged_back_with_them() {
    let world = World::clear();
    land(&world, "merged");
    world.push("master", "more.txt", "more\n", "fix: right behind it");
    complete(&world);
    assert_eq!(world.git("server.git", &["show", "develop:more.txt"]), "more");
}
