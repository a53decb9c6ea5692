//! `pick`: fixes come from develop onto the candidate, and nothing else does.

use crate::world::{QUICK, World};

const BRANCH: &str = "release-1.1.0";

/// A project whose 1.1.0 was cut.
fn cut() -> World {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world
}

fn message(world: &World, commit: &str) -> String {
    world.git("server.git", &["show", "-s", "--format=%B", commit])
}

/// Fails unless the command left every ref as it was.
#[track_caller]
fn unchanged(world: &World, args: &[&str], code: i32) -> crate::world::Run {
    let before = world.refs();
    let run = world.allclear(args).code(code).plainly();
    assert_eq!(world.refs(), before);
    run
}

#[test]
fn a_fix_comes_on_board_as_git_would_pick_it() {
    let world = cut();
    world.push("develop", "later.txt", "later\n", "feat: not yet");
    let text = "fix: it\n\nAt last.\n\nReviewed-by: Ann <ann@example.org>";
    world.push("develop", "lib.txt", "fixed\n", text);
    world.git(
        "other",
        &[
            "commit",
            "-q",
            "--amend",
            "--no-edit",
            "--author=Émile <e@example.org>",
            "--date=2026-01-05T10:00:00+05:30",
        ],
    );
    world.git("other", &["push", "-q", "-f", "origin", "HEAD:refs/heads/develop"]);
    let fix = world.at("develop");
    let old = world.at(BRANCH);
    unchanged(&world, &["pick", &fix, "--dry-run"], 0).says("would pick 1 commit onto release-1.1.0");
    world
        .allclear(&["pick", &fix])
        .code(0)
        .says("picked 1 commit onto release-1.1.0")
        .says("allclear tick tags rc.2")
        .plainly();
    let head = world.at(BRANCH);
    assert_eq!(world.at(&format!("{BRANCH}~1")), old);
    let form = "--format=%an <%ae> %ad|%cn";
    let said = world.git("server.git", &["show", "-s", form, "--date=raw", &head]);
    let author = world.git("server.git", &["show", "-s", "--format=%an <%ae> %ad", "--date=raw", &fix]);
    assert_eq!(said, format!("{author}|Mira"));
    assert!(author.ends_with("+0530"), "{author}");
    // The very commit that git makes, but for who committed it and when.
    world.git("other", &["checkout", "-q", "--detach", &old]);
    world.git("other", &["cherry-pick", "-x", &fix]);
    let theirs = world.git("other", &["show", "-s", "--format=%T %an %ae %ad%n%B", "HEAD"]);
    assert_eq!(world.git("server.git", &["show", "-s", "--format=%T %an %ae %ad%n%B", &head]), theirs);
    world.allclear(&["rc"]).code(0);
    assert!(
        world.status()["candidates"][0]["gates"]
            .as_array()
            .unwrap()
            .iter()
            .any(|g| g["gate"] == "fixes" && g["verdict"] == "passed")
    );
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

#[test]
fn messages_end_like_those_of_git() {
    let world = cut();
    let odd = [
        "fix: plain",
        "fix: body\n\nWith words: many.\nand more",
        "fix: signed\n\nSigned-off-by: Ann <a@example.org>",
        "fix: half\n\nsome words\nSigned-off-by: Ann <a@example.org>",
        "fix: long\n\nFixes: a thing\n  that goes on",
        "fix: picked before\n\n(cherry picked from commit 1111111111111111111111111111111111111111)",
        "fix: link\n\nhttps://example.org/x",
    ];
    for (n, text) in odd.iter().enumerate() {
        let fix = world.push("develop", &format!("{n}.txt"), "x\n", text);
        let old = world.at(BRANCH);
        world.allclear(&["pick", &fix[..10]]).code(0);
        world.git("other", &["fetch", "-q"]);
        world.git("other", &["checkout", "-q", "--detach", &old]);
        world.git("other", &["cherry-pick", "-x", &fix]);
        assert_eq!(message(&world, BRANCH), world.git("other", &["show", "-s", "--format=%B"]), "{text:?}");
    }
}

#[test]
fn several_are_picked_in_the_order_of_history() {
    let world = cut();
    let first = world.push("develop", "lib.txt", "fixed\n", "fix: one");
    world.push("develop", "later.txt", "later\n", "feat: not yet");
    let second = world.push("develop", "lib.txt", "fixed again\n", "fix: two");
    let run = world.allclear(&["pick", &second, &first, &second[..8], "--json"]).code(0).json();
    assert_eq!(run["schema"], "allclear.pick/1");
    let order: Vec<&str> =
        run["picked"].as_array().unwrap().iter().map(|p| p["commit"].as_str().unwrap()).collect();
    assert_eq!(order, [&first, &second]);
    assert_eq!(run["new"], world.at(BRANCH));
    let subjects = world.git("server.git", &["log", "--format=%s", "-2", BRANCH]);
    assert_eq!(subjects, "fix: two\nfix: one");
}

#[test]
fn names_of_the_server_are_good_too_and_doubt_is_said() {
    let world = cut();
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: one");
    world.git("server.git", &["tag", "-a", "-m", "x", "the-fix", &fix]);
    unchanged(&world, &["pick", "the-fix", "--dry-run"], 0).says(&fix[..7]);
    unchanged(&world, &["pick", "develop", "--dry-run"], 0).says(&fix[..7]);
    world.git("server.git", &["branch", "the-fix", "master"]);
    unchanged(&world, &["pick", "the-fix"], 2)
        .talks("the-fix names 2 commits")
        .talks(&fix[..12])
        .talks("the tag the-fix");
    for bad in ["nothing", "ffffffffff", "HEAD~1", "", "--upload-pack=x", "\u{1b}[2J", &"f".repeat(40)] {
        unchanged(&world, &["pick", "--", bad], 2).talks("is not a commit, branch or tag on the server");
    }
}

#[test]
fn what_is_on_board_is_not_picked_twice() {
    let world = cut();
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: one");
    world.allclear(&["pick", &fix]).code(0);
    let made = world.at(BRANCH);
    // By the trailer, by ancestry, and by the patch alone.
    unchanged(&world, &["pick", &fix], 0)
        .says("is on release-1.1.0 already, as")
        .says(&made[..7])
        .says("nothing to pick");
    unchanged(&world, &["pick", &made], 0).says("is on release-1.1.0 already\n");
    let other = world.push("develop", "b.txt", "b\n", "fix: two");
    world.push(BRANCH, "b.txt", "b\n", "fix: two, by hand");
    let run = unchanged(&world, &["pick", &other, "--json"], 0).json();
    assert_eq!(
        (&run["idle"][0]["why"], &run["idle"][0]["as"]),
        (&"same-patch".into(), &world.at(BRANCH).into())
    );
    // Resolved by hand, the patch is another one; the trailer remains.
    let third = world.push("develop", "lib.txt", "fixed for good\n", "fix: three");
    world.push(
        BRANCH,
        "lib.txt",
        "another way\n",
        &format!("fix: three\n\n(cherry picked from commit {third})"),
    );
    unchanged(&world, &["pick", &third], 0).says("already, as").says("which says that it was picked from it");
    // What was taken back may come again.
    world.git("other", &["revert", "--no-edit", "HEAD"]);
    world.git("other", &["push", "-q", "origin", &format!("HEAD:{BRANCH}")]);
    world.allclear(&["pick", &third]).code(0).says("picked 1 commit");
}

#[test]
fn what_changes_nothing_is_said() {
    let world = cut();
    let empty = world.push("develop", "lib.txt", "one\n", "fix: nothing");
    unchanged(&world, &["pick", &empty], 0).says("changes nothing").says("nothing to pick");
    // The same lines reached the candidate by another patch.
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.push(BRANCH, "more.txt", "more\n", "fix: more");
    world.write("other/lib.txt", "fixed\n");
    world.write("other/more.txt", "more still\n");
    world.commit("other", "fix: it, and more");
    world.git("other", &["push", "-q", "origin", &format!("HEAD:{BRANCH}")]);
    unchanged(&world, &["pick", &fix], 0).says("would change nothing: release-1.1.0 has all of it already");
}

#[test]
fn only_fixes_of_develop_may_come() {
    let world = cut();
    let feature = world.push("develop", "more.txt", "more\n", "feat: more");
    unchanged(&world, &["pick", &feature], 1)
        .talks("is not a fix (feature)")
        .talks(&format!("allclear accept {} --reason TEXT", &feature[..12]));
    let silent = world.push("develop", "more.txt", "more!\n", "tidy up");
    unchanged(&world, &["pick", &silent], 1).talks("unclassified: its message does not say what it is");
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    // One that may not come keeps the others off too.
    unchanged(&world, &["pick", &fix, &feature, &silent], 1).talks("2 commits are not fixes");
    world.git("other", &["push", "-q", "origin", "origin/master:refs/heads/side"]);
    let aside = world.push("side", "lib.txt", "aside\n", "fix: aside");
    unchanged(&world, &["pick", &aside], 1)
        .talks("\"fix: aside\" is not on develop")
        .talks("merge it into develop first");
    unchanged(&world, &["pick", &fix, "--version", "9.9.9"], 2).talks("no open candidate 9.9.9");
    unchanged(&world, &["pick"], 2);
}

#[test]
fn unclassified_commits_are_judged_as_the_gate_judges_them() {
    let world = World::new(&format!("{QUICK}[fixes]\nunclassified = \"allow\"\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    let silent = world.push("develop", "more.txt", "more!\n", "tidy up");
    world.allclear(&["pick", &silent]).code(0);
}

#[test]
fn a_merge_is_refused_and_its_fixes_are_named() {
    let world = cut();
    world.git("server.git", &["branch", "side", "develop"]);
    let fix = world.push("side", "lib.txt", "fixed\n", "fix: it");
    let feature = world.push("side", "more.txt", "more\n", "feat: more");
    world.push("develop", "x.txt", "x\n", "chore: x");
    world.git("other", &["merge", "-q", "--no-ff", "-m", "fix: Merge branch 'side'", "origin/side"]);
    world.git("other", &["push", "-q", "origin", "HEAD:develop"]);
    let merge = world.at("develop");
    unchanged(&world, &["pick", &merge], 1)
        .talks("is a merge that brings 2 commits")
        .talks(&format!("{} \"feat: more\": not a fix", &feature[..12]))
        .talks(&format!("allclear pick {} --version 1.1.0", &fix[..12]));
    world.allclear(&["pick", &fix[..12], "--version", "1.1.0"]).code(0);
}

#[test]
fn a_conflict_is_shown_and_nothing_is_pushed() {
    let world = cut();
    // Both turn conflicts into clean merges for a git that listens to them.
    world.write("clone/.git/info/attributes", "* merge=union\n");
    world.git("clone", &["config", "merge.default", "union"]);
    world.write("home/.config/git/attributes", "* merge=union\n");
    world.push("develop", ".gitattributes", "* merge=union\n", "chore: union");
    world.push(BRANCH, ".gitattributes", "* merge=union\n", "fix: union");
    world.push(BRANCH, "lib.txt", "this\u{1b}[31m\n", "fix: this way");
    let good = world.push("develop", "good.txt", "good\n", "fix: good");
    let fix = world.push("develop", "lib.txt", "that\n", "fix: \u{1b}]0;that\u{7} way");
    let run = unchanged(&world, &["pick", &fix, &good], 5);
    let run = run
        .says("conflicts with release-1.1.0 in 1 file")
        .says("lib.txt: both changed it")
        .says("<<<<<<< release-1.1.0");
    let run = run.says("    this").says("    that").says(&format!(">>>>>>> {}", &fix[..7]));
    run.talks("nothing was changed on the server").talks(&format!("git cherry-pick -x {fix}"));
    let json = unchanged(&world, &["pick", &fix, "--json"], 5).json();
    assert_eq!(json["conflict"]["files"][0]["path"], "lib.txt");
    assert_eq!(json["conflict"]["commit"], fix);
}

#[test]
fn the_candidates_version_stays() {
    let world = World::new(QUICK);
    let manifest =
        |version: &str, more: &str| format!("[package]\nname = \"lib\"\nversion = \"{version}\"\n{more}");
    world.push("develop", "Cargo.toml", &manifest("1.0.0", ""), "chore: manifest");
    world.allclear(&["cut", "--yes"]).code(0).says("sets the version in Cargo.toml");
    // Develop goes on, and its fix comes with a version of its own in the same lines.
    let fix = world.push(
        "develop",
        "Cargo.toml",
        &manifest("1.2.0-dev", "\n[dependencies]\nlibc = \"1\"\n"),
        "fix: a dependency",
    );
    world.allclear(&["pick", &fix]).code(0).says("in Cargo.toml the version stays 1.1.0");
    let text = world.git("server.git", &["show", &format!("{BRANCH}:Cargo.toml")]);
    assert_eq!(text, manifest("1.1.0", "\n[dependencies]\nlibc = \"1\""));
    // A commit that does nothing but set the version has nothing for the candidate.
    let bump = world.push(
        "develop",
        "Cargo.toml",
        &manifest("1.3.0-dev", "\n[dependencies]\nlibc = \"1\"\n"),
        "fix: version",
    );
    unchanged(&world, &["pick", &bump], 0).says("would change nothing");
    // More than the version in the same file is a conflict like any other.
    world.push(BRANCH, "Cargo.toml", &manifest("1.1.0", "\n[dependencies]\nlibc = \"2\"\n"), "fix: two");
    let three = world.push(
        "develop",
        "Cargo.toml",
        &manifest("1.3.0-dev", "\n[dependencies]\nlibc = \"3\"\n"),
        "fix: three",
    );
    unchanged(&world, &["pick", &three], 5).says("Cargo.toml: both changed it");
}

#[test]
fn files_that_are_gone_or_no_text_are_conflicts_in_words() {
    let world = cut();
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.push(BRANCH, "x.txt", "x\n", "fix: x");
    world.git("other", &["rm", "-q", "lib.txt"]);
    world.commit("other", "fix: no lib");
    world.git("other", &["push", "-q", "origin", &format!("HEAD:{BRANCH}")]);
    unchanged(&world, &["pick", &fix], 5).says("lib.txt: deleted on the candidate, changed by the commit");
}

#[test]
fn who_only_observes_picks_nothing() {
    let world = cut();
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.push("develop", "allclear.toml", &format!("mode = \"observe\"\n{QUICK}"), "chore: observe");
    unchanged(&world, &["pick", &fix], 1).talks("only observes");
}

#[test]
fn a_branch_that_the_server_protects_stays() {
    let world = cut();
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.hook("pre-receive", "echo 'release branches are protected' >&2; exit 1");
    unchanged(&world, &["pick", &fix], 3).talks("release branches are protected");
}

#[test]
fn a_signed_pick_keeps_its_author() {
    let world = cut();
    let key = world.path("key").display().to_string();
    let made = world.command("ssh-keygen", ".").args(["-q", "-t", "ed25519", "-N", "", "-f", &key]).status();
    assert!(made.unwrap().success());
    for (name, value) in [("gpg.format", "ssh"), ("user.signingkey", &key), ("commit.gpgsign", "true")] {
        world.git("clone", &["config", name, value]);
    }
    world.push("develop", "lib.txt", "fixed\n", "fix: it\n\nReviewed-by: Ann <ann@example.org>");
    let date = "--date=2026-01-05T10:00:00-03:00";
    world.git("other", &["commit", "-q", "--amend", "--no-edit", "--author=Émile <e@example.org>", date]);
    world.git("other", &["push", "-q", "-f", "origin", "HEAD:refs/heads/develop"]);
    world.allclear(&["pick", "develop"]).code(0);
    let raw = world.git("server.git", &["cat-file", "commit", BRANCH]);
    assert!(raw.contains("author Émile <e@example.org> 1767618000 -0300\n"), "{raw}");
    assert!(raw.contains("committer Mira <mira@example.org> "), "{raw}");
    assert!(raw.contains("gpgsig -----BEGIN SSH SIGNATURE-----"), "{raw}");
    let line =
        format!("Reviewed-by: Ann <ann@example.org>\n(cherry picked from commit {})", world.at("develop"));
    assert!(raw.ends_with(&line), "{raw}");
}

#[test]
fn a_repository_of_sha_256_is_picked_in_like_any_other() {
    let world = World::of_sha_256();
    world.allclear(&["cut", "--yes"]).code(0);
    let fix = world.push("develop", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["pick", &fix[..9]]).code(0);
    assert!(message(&world, "release-0.1.0").ends_with(&format!("(cherry picked from commit {fix})")));
    let clash = world.push("develop", "lib.txt", "fixed well\n", "fix: it well");
    world.push("release-0.1.0", "lib.txt", "otherwise\n", "fix: otherwise");
    unchanged(&world, &["pick", &clash], 5).says("<<<<<<< release-0.1.0");
    world.allclear(&["where", &fix]).code(0).says("the same patch");
}

#[test]
fn the_first_commit_of_another_history_can_be_picked() {
    let world = cut();
    world.push("develop", "x.txt", "x\n", "chore: x");
    world.git("other", &["checkout", "-q", "--orphan", "apart"]);
    world.git("other", &["rm", "-q", "-rf", "."]);
    world.write("other/apart.txt", "apart\n");
    let root = world.commit("other", "fix: from elsewhere");
    world.git("other", &["checkout", "-q", "--detach", "origin/develop"]);
    world.git("other", &["merge", "-q", "--allow-unrelated-histories", "-m", "Merge it", &root]);
    world.git("other", &["push", "-q", "origin", "HEAD:develop"]);
    world.allclear(&["pick", &root]).code(0);
    assert_eq!(world.git("server.git", &["show", &format!("{BRANCH}:apart.txt")]), "apart");
    assert_eq!(world.git("server.git", &["show", &format!("{BRANCH}:lib.txt")]), "one");
}
