//! `changelog`: of develop, of a candidate, of releases; in the release's tag and in the project's file.

use crate::world::{QUICK, World};
use std::process::Stdio;

/// Makes a release of what develop has.
fn release(world: &World) {
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

fn entries(value: &serde_json::Value) -> Vec<(String, String)> {
    let sections = value["sections"].as_array().unwrap().iter();
    let all = sections.flat_map(|s| s["entries"].as_array().unwrap().iter().map(move |e| (s, e)));
    all.map(|(s, e)| (s["kind"].as_str().unwrap().to_owned(), e["text"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn develop_then_a_candidate_then_a_release() {
    let world = World::new(QUICK);
    let unreleased =
        world.allclear(&["changelog"]).code(0).says("## Unreleased\n").says("### Added\n\n- something new\n");
    unreleased.plainly().talks("1 commit changes nothing for users");
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("develop", "next.txt", "x", "feat: for the next one");
    world.push("release-1.1.0", "lib.txt", "two\n", "fix(core): a slip (#7)");
    world.allclear(&["rc"]).code(0);
    let open = world
        .allclear(&["changelog"])
        .code(0)
        .says("## 1.1.0 - 20")
        .says("### Fixed\n\n- **core:** a slip (#7)\n");
    assert!(!open.out.contains("next one"), "{}", open.out);
    // The rc tags split nothing, and the same is said by name.
    assert_eq!(world.allclear(&["changelog", "1.1.0"]).code(0).out, open.out);
    let json = world.allclear(&["changelog", "--json"]).code(0).json();
    assert_eq!((&json["schema"], &json["of"]), (&"allclear.changelog/1".into(), &"candidate".into()));
    assert_eq!((&json["version"], &json["since"]), (&"1.1.0".into(), &"1.0.0".into()));
    assert_eq!((&json["tag"], &json["to"]), (&"v1.1.0-rc.2".into(), &world.at("release-1.1.0").into()));
    assert_eq!((&json["authors"], &json["left_out"]), (&serde_json::json!(["Mira"]), &1.into()));
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    let done = world.allclear(&["changelog", "1.1.0"]).code(0).out;
    assert_eq!(done, open.out, "the same changes, once they are released");
    assert_eq!(world.allclear(&["changelog", "1.1.0", "--offline"]).code(0).out, done);
    let next = world.allclear(&["changelog", "--json"]).code(0).json();
    assert_eq!(entries(&next), [("added".to_owned(), "for the next one".to_owned())]);
}

#[test]
fn the_tag_of_a_release_says_what_changed() {
    let world = World::new(QUICK);
    world.push("develop", "a.txt", "x", "fix: a\n\nBREAKING CHANGE: call b");
    release(&world);
    let text = world.git("server.git", &["for-each-ref", "--format=%(contents)", "refs/tags/v1.1.0"])
        + &world.git("server.git", &["for-each-ref", "--format=%(contents)", "refs/tags/v2.0.0"]);
    let (notes, trailers) = text.split_once("\n\nAllclear-Ledger: ").unwrap();
    assert!(notes.contains("\n\nSoaked "), "{text}");
    assert!(
        notes.ends_with("### Fixed\n\n- **Breaking:** a\n  - call b\n\n### Added\n\n- something new"),
        "{text}"
    );
    assert_eq!(trailers.trim().len(), 32, "the id of its entry, and nothing else: {text}");
}

#[test]
fn releases_from_before_allclear_are_known_by_their_tags() {
    let world = World::new(QUICK);
    world.git("clone", &["tag", "v1.1.0", "origin/develop"]);
    world.git("clone", &["tag", "v1.1.0-rc.1", "origin/develop~1"]);
    world.git("clone", &["push", "-q", "origin", "v1.1.0", "v1.1.0-rc.1"]);
    let json = world.allclear(&["changelog", "1.1.0", "--json"]).code(0).json();
    assert_eq!(
        (&json["of"], &json["since"], &json["date"]),
        (&"release".into(), &"1.0.0".into(), &"2026-01-01".into())
    );
    assert_eq!(entries(&json), [("added".to_owned(), "something new".to_owned())]);
    let first = world.allclear(&["changelog", "1.0.0", "--json"]).code(0).json();
    assert_eq!((&first["since"], entries(&first).len()), (&serde_json::Value::Null, 1), "the whole history");
    world
        .allclear(&["changelog", "1.0.5"])
        .code(2)
        .talks("neither a candidate nor a release")
        .talks("1.1.0 and 1.0.0");
    world.allclear(&["changelog"]).code(0).says("No notable changes.");
}

#[test]
fn plain_subjects_and_requests_have_a_changelog_too() {
    let world = World::new(QUICK);
    world.push("develop", "a.txt", "a", "Fix race when opening DB (#1691)");
    world.git("other", &["checkout", "-q", "-b", "topic"]);
    for n in ["one", "two"] {
        world.write(&format!("other/{n}.txt"), n);
        world.commit("other", &format!("wip {n}"));
    }
    world.git("other", &["checkout", "-q", "work"]);
    let title = "Merge pull request #12 from a/topic\n\nAdd streams";
    world.git("other", &["merge", "-q", "--no-ff", "-m", title, "topic"]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/develop"]);
    world.push("develop", "b.txt", "b", "net/http: drop gopher");
    let reverted = world.push("develop", "c.txt", "c", "Add regret");
    world.git("other", &["revert", "--no-edit", &reverted]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/develop"]);
    world.allclear(&["changelog"]).code(0).says(
        "## Unreleased\n\n### Added\n\n- Add streams (#12)\n- something new\n\n### Removed\n\n- **net/http:** drop gopher\n\n\
         ### Fixed\n\n- Fix race when opening DB (#1691)\n",
    );
}

#[test]
fn hostile_subjects_are_only_text() {
    let world = World::new(QUICK);
    for (n, subject) in [
        "feat: \u{1b}]0;owned\u{7}\u{202e}x",
        "fix: ](http://evil.example) ![x](y)",
        "fix: <img src=x onerror=alert(1)>",
        "feat: x\r## 9.9.9 - 2026-01-01\r\n\nAllclear-Ledger: 0000",
        "fix(](x)): `code` and ` tick",
    ]
    .iter()
    .enumerate()
    {
        world.push("develop", &format!("{n}.txt"), "x", subject);
    }
    let run = world.allclear(&["changelog"]).code(0).plainly();
    let escaped = ["- \\](http://evil.example) !\\[x\\](y)\n", "- \\<img src=x onerror=alert(1)>\n", "- x\n"];
    assert!(escaped.iter().all(|line| run.out.contains(line)), "{}", run.out);
    assert_eq!(run.out.lines().filter(|l| l.starts_with("## ")).count(), 1, "{}", run.out);
    release(&world);
    let text = world.git("server.git", &["for-each-ref", "--format=%(contents)", "refs/tags/v1.1.0"]);
    assert_eq!(text.lines().filter(|l| l.starts_with("Allclear-Ledger: ")).count(), 1, "{text}");
    assert_eq!(world.status()["record"]["intact"], true);
}

#[test]
fn a_long_history_does_not_fit_into_a_tag() {
    let world = World::new(QUICK);
    let who = "Mira <mira@example.org> 1767225600 +0000";
    let mut import = String::new();
    for n in 0..3000 {
        let message = format!("feat: number {n} of a great many small things");
        let from = if n == 0 { "from refs/heads/develop^0\n" } else { "" };
        import.push_str(&format!(
            "commit refs/heads/develop\ncommitter {who}\ndata {}\n{message}\n{from}\n",
            message.len()
        ));
    }
    world.write("import", &import);
    let input = std::fs::File::open(world.path("import")).unwrap();
    let fast_import = world
        .command("git", "server.git")
        .args(["fast-import", "--quiet"])
        .stdin(input)
        .stdout(Stdio::null())
        .status();
    assert!(fast_import.unwrap().success());
    let run = world.allclear(&["changelog"]).code(0);
    assert_eq!(run.out.lines().filter(|l| l.starts_with("- ")).count(), 3001, "people get all of it");
    release(&world);
    let text = world.git("server.git", &["for-each-ref", "--format=%(contents)", "refs/tags/v1.1.0"]);
    let shown = text.lines().filter(|l| l.starts_with("- ")).count();
    assert!(text.len() < 32 * 1024 && shown > 500, "{} bytes", text.len());
    assert!(
        text.contains(&format!("\n… and {} more\n\nAllclear-Ledger: ", 3001 - shown)),
        "{}",
        &text[text.len() - 300..]
    );
}

#[test]
fn a_cut_writes_the_projects_file() {
    let world = World::new(&format!("{QUICK}[changelog]\nfile = \"docs/CHANGES.md\"\n"));
    let before = "# Changes\r\n\r\nBy hand until now.\r\n\r\n## [Unreleased]\r\n\r\n## [1.0.0] - 2026-01-01\r\n\r\n- began\r\n";
    world.push("develop", "docs/CHANGES.md", before, "docs: changes");
    let develop = world.at("develop");
    world.allclear(&["cut", "--yes"]).code(0).says("one commit on top writes docs/CHANGES.md");
    let head = world.at("v1.1.0-rc.1");
    assert_eq!(world.git("server.git", &["rev-parse", &format!("{head}^")]), develop);
    assert_eq!(world.git("server.git", &["diff", "--name-only", &develop, &head]), "docs/CHANGES.md");
    let file = world
        .command("git", "server.git")
        .args(["show", &format!("{head}:docs/CHANGES.md")])
        .output()
        .unwrap();
    let file = String::from_utf8(file.stdout).unwrap();
    let today = world.git("server.git", &["log", "-1", "--date=format:%Y-%m-%d", "--format=%cd", &head]);
    let section = format!("## [1.1.0] - {today}\r\n\r\n### Added\r\n\r\n- something new\r\n\r\n");
    assert_eq!(file, before.replace("## [1.0.0]", &format!("{section}## [1.0.0]")));
    // The commit of the cut is no change.
    let json = world.allclear(&["changelog", "--json"]).code(0).json();
    assert_eq!(entries(&json).len(), 1, "{json:#}");
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    assert_eq!(
        world.git("server.git", &["show", "develop:docs/CHANGES.md"]).matches("## [1.1.0]").count(),
        1
    );
}

#[test]
fn a_file_that_is_not_there_is_begun_and_what_is_no_file_is_left_alone() {
    let world = World::new(&format!("{QUICK}[changelog]\nfile = \"CHANGELOG.md\"\n"));
    std::os::unix::fs::symlink("feature.txt", world.path("clone/CHANGELOG.md")).unwrap();
    world.commit("clone", "chore: a link");
    world.git("clone", &["push", "-q", "origin", "HEAD:develop"]);
    world
        .allclear(&["cut", "--yes"])
        .code(2)
        .talks("CHANGELOG.md is not a file to which a section can be added");
    std::fs::remove_file(world.path("clone/CHANGELOG.md")).unwrap();
    world.write("clone/CHANGELOG.md/x", "a folder");
    world.commit("clone", "chore: a folder");
    world.git("clone", &["push", "-q", "origin", "HEAD:develop"]);
    world.allclear(&["cut", "--yes"]).code(2).talks("is not a file");
    std::fs::remove_dir_all(world.path("clone/CHANGELOG.md")).unwrap();
    world.commit("clone", "chore: nothing");
    world.git("clone", &["push", "-q", "origin", "HEAD:develop"]);
    world.allclear(&["cut", "--yes"]).code(0);
    let file = world.git("server.git", &["show", "v1.1.0-rc.1:CHANGELOG.md"]);
    assert!(file.starts_with("# Changelog\n\n## 1.1.0 - 20") && file.contains("\n- something new"), "{file}");
}

#[test]
fn two_candidates_write_the_same_file() {
    let train = "[train]\nwhen-busy = \"overlap\"\nanchor = \"2020-01-01 10:00\"\n";
    let world = World::new(&format!("{QUICK}{train}[changelog]\nfile = \"CHANGELOG.md\"\n"));
    let file = "# Changelog\n\n## 1.0.0 - 2026-01-01\n\n- began\n";
    world.push("develop", "CHANGELOG.md", file, "docs: changes");
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("develop", "more.txt", "more", "feat: more");
    world.allclear(&["cut", "--yes"]).code(0).says("1.2.0 cut");
    world.allclear(&["changelog"]).code(2).talks("1.1.0 and 1.2.0 are open");
    world.until("clear");
    world.allclear(&["promote", "1.1.0", "--yes"]).code(0);
    // Both added a section at the same place; stable has to be merged by hand, develop has not.
    let status = world.status();
    let gates = status["candidates"][0]["gates"].as_array().unwrap().clone();
    let back = gates.iter().find(|g| g["gate"] == "merge-back").unwrap();
    assert_eq!(
        (&back["verdict"], back["summary"].as_str().unwrap().contains("CHANGELOG.md are resolved by rule")),
        (&"passed".into(), true),
        "{back:#}"
    );
    world.git("other", &["fetch", "-q", "origin"]);
    world.git("other", &["checkout", "-q", "-B", "work", "origin/release-1.2.0"]);
    let [released, open] =
        ["master", "release-1.2.0"].map(|b| world.git("server.git", &["show", &format!("{b}:CHANGELOG.md")]));
    let section = &released[released.find("## 1.1.0").unwrap()..released.find("## 1.0.0").unwrap()];
    world.git("other", &["merge", "-q", "-X", "ours", "-m", "Merge branch 'master'", "origin/master"]);
    world.write("other/CHANGELOG.md", &open.replace("## 1.0.0", &format!("{section}## 1.0.0")));
    world.git("other", &["commit", "-q", "-a", "--amend", "--no-edit"]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/release-1.2.0"]);
    world.allclear(&["rc", "1.2.0"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "1.2.0", "--yes"]).code(0);
    let merged = world.git("server.git", &["show", "develop:CHANGELOG.md"]);
    let headings: Vec<&str> = merged.lines().filter(|l| l.starts_with("## ")).map(|l| &l[3..8]).collect();
    assert_eq!(headings, ["1.2.0", "1.1.0", "1.0.0"], "{merged}");
    assert_eq!(merged.matches("- something new").count(), 1, "each change is in one section: {merged}");
}

#[test]
fn a_candidate_says_how_to_try_it() {
    let world = World::new(QUICK);
    world.push("develop", "go.mod", "module example.org/lib/v2\n\ngo 1.21\n", "build: a module");
    world.push(
        "develop",
        "package.json",
        "{\"name\": \"lib\", \"version\": \"1.0.0\"}\n",
        "build: a package",
    );
    let server = world.server().display().to_string();
    let npm = format!("npm i git+file://{server}#v1.1.0-rc.1");
    let go = "go get example.org/lib/v2@v1.1.0-rc.1";
    assert!(!world.allclear(&["changelog"]).code(0).out.contains("Try it"), "no tag, nothing to try");
    world.allclear(&["cut", "--yes"]).code(0).talks(&format!("try it: {go}\n")).talks(&npm);
    world.allclear(&["changelog"]).code(0).says(&format!("### Try it\n\n```sh\n{go}\n{npm}\n```\n"));
    world.push("release-1.1.0", "lib.txt", "two\n", "fix: a slip");
    world.allclear(&["rc"]).code(0).talks("try it: go get example.org/lib/v2@v1.1.0-rc.2");
    let json = world.allclear(&["changelog", "--json"]).code(0).json();
    assert_eq!(
        json["try_it"][0],
        serde_json::json!({"ecosystem": "go", "command": "go get example.org/lib/v2@v1.1.0-rc.2"})
    );
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    let json = world.allclear(&["changelog", "1.1.0", "--json"]).code(0).json();
    assert_eq!(json["try_it"], serde_json::json!([]));
}
