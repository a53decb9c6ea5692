//! Adoption: the list of what is left to do, from one `master` to a train that runs, and what helps with it.

use crate::world::{QUICK, World};
use serde_json::Value;
use std::os::unix::fs::symlink;

const CI: &str = "clone/.github/workflows/ci.yml";
const CI_TEXT: &str = "name: CI\non:\n  push:\n    branches: [master]\n  pull_request:\n    branches:\n      - master\njobs: {}\n";
const DEPENDABOT: &str = "clone/.github/dependabot.yml";

/// A repository as most are: one `master`, CI that names it, a bot.
fn before() -> World {
    let world = World::bare();
    world.git(".", &["init", "-q", "--bare", "-b", "master", "server.git"]);
    world.git(".", &["init", "-q", "-b", "master", "clone"]);
    world.git("clone", &["remote", "add", "origin", &world.server().display().to_string()]);
    world.write("clone/lib.txt", "one\n");
    world.write(CI, CI_TEXT);
    world.write(
        DEPENDABOT,
        "version: 2\nupdates:\n  - package-ecosystem: cargo\n    directory: /\n    target-branch: master\n",
    );
    world.commit("clone", "Begin");
    world.git("clone", &["tag", "v1.0.0"]);
    world.git("clone", &["push", "-q", "origin", "master", "v1.0.0"]);
    world
}

/// Commits all in the clone, and pushes it.
fn land(world: &World, branch: &str, message: &str) {
    world.commit("clone", message);
    world.git("clone", &["push", "-q", "origin", &format!("HEAD:{branch}")]);
}

fn items(world: &World) -> Vec<Value> {
    let seen = world.allclear(&["init", "--yes", "--json"]).code(0).json();
    assert_eq!(seen["todo"]["schema"], "allclear.todo/1");
    let items = seen["todo"]["items"].as_array().unwrap().clone();
    let open = items.iter().filter(|i| i["done"] == false).count();
    assert_eq!(seen["todo"]["open"], open);
    items
}

fn open(world: &World) -> Vec<String> {
    let open = items(world).into_iter().filter(|i| i["done"] == false);
    open.map(|i| i["key"].as_str().unwrap().to_owned()).collect()
}

fn item(world: &World, key: &str) -> Value {
    items(world).into_iter().find(|i| i["key"] == key).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn from_one_master_to_a_train_that_runs() {
    let world = before();
    let run = world.allclear(&["init", "--yes"]).code(0).plainly();
    assert!(run.out.contains("Still to do: 8 of 8"), "{}", run.out);
    assert!(run.out.contains(".github/workflows/ci.yml:4 on.push.branches has master and lacks develop and"));
    assert_eq!(
        open(&world),
        [
            "policy",
            "develop-contains-stable",
            "default-branch",
            "ci-branches",
            "dependabot",
            "push-rights",
            "scheduler",
            "observe"
        ]
    );
    world.allclear(&["init"]).code(0).says("exists already").says("Still to do: 8 of 8");
    world.allclear(&["init", "--yes", "--create-develop"]).code(0).says("created develop");
    world.git("clone", &["checkout", "-q", "-b", "develop"]);
    land(&world, "develop", "chore: release with allclear");
    assert_eq!(
        open(&world),
        ["default-branch", "ci-branches", "dependabot", "push-rights", "scheduler", "observe"]
    );
    // The remedy is the command itself.
    let remedy = item(&world, "default-branch")["remedy"][0].as_str().unwrap().to_owned();
    let words: Vec<&str> = remedy.strip_prefix("git ").unwrap().split(' ').collect();
    world.git(".", &words);
    assert_eq!(open(&world), ["ci-branches", "dependabot", "push-rights", "scheduler", "observe"]);
    world.allclear(&["init", "--patch-ci", "--yes"]).code(0).says("patched .github/workflows/ci.yml");
    world.allclear(&["init", "--patch-ci", "--yes"]).code(0).says("the work tree has it already");
    land(&world, "develop", "ci: test develop and candidates");
    world.allclear(&["init", "--patch-ci"]).code(0).talks("nothing to patch");
    assert_eq!(open(&world), ["push-rights", "scheduler", "observe"]);
    world.allclear(&["init", "--ci", "github", "--yes"]).code(0).says("wrote .github/workflows/allclear.yml");
    world.allclear(&["init", "--ci", "github"]).code(0).says("exists already and is up to date");
    land(&world, "develop", "ci: run the train");
    assert_eq!(open(&world), ["push-rights", "observe"]);
    let before = world.refs();
    world.allclear(&["tick"]).code(0);
    assert_eq!(world.refs(), before, "an observer changes nothing");
    let policy = std::fs::read_to_string(world.path("clone/allclear.toml")).unwrap();
    world.write("clone/allclear.toml", &policy.replace("mode = \"observe\"", "mode = \"run\""));
    land(&world, "develop", "chore: let the train run");
    let run = world.allclear(&["init", "--yes"]).code(0).plainly();
    assert!(run.out.contains("started the record"), "{}", run.out);
    assert!(run.out.contains("Nothing is left to do"), "{}", run.out);
    assert_eq!(open(&world), [] as [&str; 0]);
    world.git("clone", &["push", "-q", "origin", "develop:master"]);
    assert_eq!(open(&world), [] as [&str; 0]);
    world.push("master", "lib.txt", "two\n", "fix: straight onto master");
    let item = item(&world, "develop-contains-stable");
    assert_eq!((&item["done"], &item["title"]), (&false.into(), &"develop lacks commits of master".into()));
}

#[test]
fn the_patch_is_one_that_git_applies() {
    let world = before();
    let files = world.files("clone");
    let run = world.allclear(&["init", "--patch-ci"]).code(0).plainly();
    assert_eq!(world.files("clone"), files, "a patch is printed, and nothing is written");
    world.write("ci.patch", &run.out);
    world.git("clone", &["apply", "--check", "../ci.patch"]);
    world.git("clone", &["apply", "../ci.patch"]);
    let patched = std::fs::read_to_string(world.path(CI)).unwrap();
    let expected = CI_TEXT
        .replace("[master]", "[master, develop, \"release-**\"]")
        .replace("- master\n", "- master\n      - develop\n      - \"release-**\"\n");
    assert_eq!(patched, expected);
    let text = std::fs::read_to_string(world.path(DEPENDABOT)).unwrap();
    assert!(text.contains("target-branch: develop\n"), "{text}");
    let json = world.allclear(&["init", "--patch-ci", "--json"]).code(0).json();
    assert_eq!((&json["schema"], &json["applied"]), (&"allclear.patch/1".into(), &serde_json::json!([])));
    assert_eq!(json["files"], serde_json::json!([".github/dependabot.yml", ".github/workflows/ci.yml"]));
    assert_eq!(json["diff"].as_str().unwrap(), run.out);
}

#[test]
fn a_patch_of_odd_endings_applies_too() {
    let world = before();
    world.git("clone", &["config", "core.autocrlf", "false"]);
    world.write(CI, "on:\r\n  push:\r\n    branches:\r\n      - 'master'");
    land(&world, "master", "ci: written on another system");
    let patch = world.allclear(&["init", "--patch-ci"]).code(0).out;
    world.write("ci.patch", &patch);
    world.git("clone", &["apply", "../ci.patch"]);
    let once = std::fs::read(world.path(CI)).unwrap();
    world.git("clone", &["checkout", "-q", "."]);
    world.allclear(&["init", "--patch-ci", "--yes"]).code(0);
    assert_eq!(std::fs::read(world.path(CI)).unwrap(), once);
    assert!(String::from_utf8(once).unwrap().ends_with("- 'develop'\n      - 'release-**'"));
}

#[test]
fn what_is_not_as_on_the_server_is_not_touched() {
    let world = before();
    let refuses = |why: &str| {
        let files = world.files("clone");
        let run =
            world.allclear(&["init", "--patch-ci", "--yes"]).code(2).talks(why).talks("nothing was changed");
        assert_eq!(world.files("clone"), files, "{}", run.err);
    };
    // The first file in the order is fine, and is not patched either.
    world.write(CI, &format!("# mine\n{CI_TEXT}"));
    refuses("is not as it is on the server");
    std::fs::remove_file(world.path(CI)).unwrap();
    refuses("is not in the work tree");
    world.write("elsewhere/ci.yml", CI_TEXT);
    symlink(world.path("elsewhere/ci.yml"), world.path(CI)).unwrap();
    refuses("is a symbolic link, or lies behind one");
    std::fs::rename(world.path("clone/.github"), world.path("elsewhere/github")).unwrap();
    symlink(world.path("elsewhere/github"), world.path("clone/.github")).unwrap();
    refuses("is a symbolic link, or lies behind one");
    world
        .allclear(&["init", "--ci", "github", "--yes"])
        .code(2)
        .talks("is a symbolic link, or lies behind one");
    assert!(!world.path("elsewhere/github/workflows/allclear.yml").exists());
}

#[test]
fn a_scheduler_is_never_written_over_without_a_yes() {
    let world = before();
    let file = world.path("clone/.github/workflows/allclear.yml");
    world.allclear(&["init", "--ci", "github"]).code(2).talks("--yes");
    assert!(!file.exists());
    let text = world.allclear(&["init", "--ci", "github", "--print"]).code(0).out;
    assert!(!file.exists());
    for part in
        ["branches: [\"develop\", \"release-**\"]", "contents: write", "concurrency:", "fetch-depth: 0"]
    {
        assert!(text.contains(part), "no {part} in {text}");
    }
    world.write("clone/.github/workflows/allclear.yml", "name: mine\n");
    world.allclear(&["init", "--ci", "github"]).code(2).talks("-name: mine");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "name: mine\n");
    world
        .allclear(&["init", "--ci", "github", "--yes"])
        .code(0)
        .talks("-name: mine")
        .says("commit it to develop");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let gitlab = world.allclear(&["init", "--ci", "gitlab", "--yes"]).code(0).says("--ref develop").out;
    assert!(gitlab.contains("include: [{ local: .gitlab/allclear.yml }]"), "{gitlab}");
    assert!(world.path("clone/.gitlab/allclear.yml").exists());
    let cron = world.allclear(&["init", "--ci", "cron"]).code(0).talks("crontab -e").out;
    let clone = world.path("clone").canonicalize().unwrap();
    assert!(cron.starts_with("7-59/15 * * * * CI=true /"), "{cron}");
    assert!(cron.contains(&format!("allclear -C {} tick", clone.display())), "{cron}");
    // The line's command does what cron would have it do.
    let command = cron.trim().splitn(6, ' ').nth(5).unwrap();
    assert!(world.command("sh", ".").args(["-c", command]).status().unwrap().success());
    world.allclear(&["init", "--ci", "cron", "--patch-ci"]).code(2);
}

#[test]
fn cron_is_seen_by_what_it_wrote() {
    let world = World::new(QUICK).with_env("CI", "true");
    assert_eq!(item(&world, "scheduler")["done"], true, "init began the record as a scheduled job would");
    let world = World::new(QUICK);
    assert_eq!(item(&world, "scheduler")["done"], false);
    assert_eq!(item(&world, "scheduler")["remedy"][0], "allclear init --ci cron");
}

#[test]
fn files_that_nobody_can_read_are_said_to_be_so() {
    let world = before();
    let bytes = |name: &str, bytes: &[u8]| std::fs::write(world.path(name), bytes).unwrap();
    bytes("clone/.github/workflows/bytes.yml", b"on: \xff\xfe\n");
    bytes("clone/.github/workflows/large.yml", &vec![b'x'; 5 << 20]);
    bytes("clone/.github/workflows/tabs.yml", b"on:\n\tpush:\n");
    bytes("clone/.github/workflows/\u{1b}[31m.yml", b"a: [");
    bytes("clone/.travis.yml", b"a: 1\na: 2\n");
    bytes("clone/Jenkinsfile", b"when {\n  branch 'master'\n}\n");
    symlink("/etc/passwd", world.path("clone/.github/workflows/link.yml")).unwrap();
    land(&world, "master", "ci: odd things");
    world.allclear(&["init", "--yes"]).code(0).plainly().says("and 1 more; --json has all");
    let item = item(&world, "ci-branches");
    let detail: Vec<&str> = item["detail"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for expected in [
        "bytes.yml cannot be read: it is not UTF-8",
        "large.yml cannot be read: it is larger than 512 KiB",
        "tabs.yml cannot be read: line 2",
        "link.yml cannot be read: it is a link",
        ".travis.yml cannot be read: line 2: `a` is there twice",
        "Jenkinsfile:2 branch names master alone",
    ] {
        assert!(detail.iter().any(|d| d.contains(expected)), "no {expected} in {detail:#?}");
    }
}

#[test]
fn an_observer_leaves_what_is_due_alone() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.push(
        "develop",
        "allclear.toml",
        &format!("mode = \"observe\"\n{QUICK}"),
        "chore: watch for a while",
    );
    world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    let before = world.refs();
    world.allclear(&["tick"]).code(0).says("note the new head");
    assert_eq!(world.refs(), before);
    let item = item(&world, "observe");
    assert_eq!((&item["done"], &item["title"]), (&false.into(), &"allclear only observes".into()));
    assert_eq!(world.refs(), before);
}
