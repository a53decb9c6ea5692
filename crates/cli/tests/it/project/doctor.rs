//! `doctor` in clones of every kind: what it finds, and that it leaves all as it was.

use crate::world::{PATIENCE, Run, World};
use serde_json::Value;
use std::process::Stdio;
use std::time::Instant;

/// A history that can be dated: each call of git has its own clock.
struct History {
    world: World,
    day: u32,
}

impl History {
    /// A machine with an empty server and a clone of it.
    fn new() -> Self {
        let world = World::bare();
        world.git(".", &["init", "-q", "--bare", "--template=", "server.git"]);
        world.git(".", &["clone", "-q", "--template=", "server.git", "clone"]);
        Self { world, day: 1 }
    }

    /// Runs git in the clone on a day of June 2026.
    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        let date = format!("2026-06-{:02}T12:00:00+0000", self.day);
        let mut git = self.world.command("git", "clone");
        let output =
            git.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs the commands that a repair printed, as a person would.
    #[track_caller]
    fn push_repair(&self, report: &Value) {
        for command in report["repair"]["commands"].as_array().unwrap() {
            let run =
                self.world.command("sh", "clone").args(["-c", command.as_str().unwrap()]).output().unwrap();
            assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
        }
    }

    fn on(&mut self, day: u32) -> &mut Self {
        self.day = day;
        self
    }

    /// Commits a file, and gives the commit.
    #[track_caller]
    fn commit(&self, file: &str, text: &str, message: &str) -> String {
        self.world.write(&format!("clone/{file}"), text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Pushes all branches and tags, and forgets the branches that are not long-lived.
    fn publish(&self) {
        self.git(&["push", "-q", "--all", "origin"]);
        self.git(&["push", "-q", "--tags", "origin"]);
        self.git(&["fetch", "-q", "origin"]);
    }
}

/// What happened to go-micro in June 2020, and a few things more.
fn june() -> History {
    let mut h = History::new();
    let cargo = |v: &str| format!("[package]\nname = \"lib\"\nversion = \"{v}\"\n");
    h.commit("Cargo.toml", &cargo("1.0.0"), "feat: begin");
    h.git(&["tag", "-a", "-m", "1.0.0", "v1.0.0"]);
    h.git(&["checkout", "-q", "-b", "develop"]);
    for n in 1..=4 {
        h.on(1 + n).commit(&format!("f{n}"), "x\n", &format!("feat: number {n}"));
    }
    h.on(6).git(&["checkout", "-q", "-b", "release-1.1.0"]);
    for n in ["1", "4", "5"] {
        h.git(&["tag", "-a", "-m", "rc", &format!("v1.1.0-rc{n}")]);
    }
    // The release was rebase-merged: the four commits once more, under other ids.
    h.on(7).git(&["checkout", "-q", "master"]);
    h.git(&["cherry-pick", "v1.0.0..develop"]);
    // Lightweight, and Cargo.toml still says 1.0.0.
    h.git(&["tag", "v1.1.0"]);
    h.on(10).commit("fix", "x\n", "fix: what was missed");
    h.git(&["tag", "-a", "-m", "1.1.1", "v1.1.1"]);
    // A fix that stayed on the release's branch, and one that did not.
    h.on(8).git(&["checkout", "-q", "release-1.1.0"]);
    h.commit("left", "x\n", "fix: left behind");
    h.commit("picked", "x\n", "fix: brought over");
    h.on(9).git(&["checkout", "-q", "develop"]);
    h.git(&["cherry-pick", "-x", "release-1.1.0"]);
    h.publish();
    h
}

#[track_caller]
fn finding<'a>(report: &'a Value, name: &str) -> &'a Value {
    let all = report["findings"].as_array().unwrap();
    all.iter().find(|f| f["name"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

#[track_caller]
fn weight(report: &Value, name: &str) -> String {
    finding(report, name)["weight"].as_str().unwrap().to_owned()
}

/// Fails unless all is on one screen.
#[track_caller]
fn on_one_screen(run: Run) -> Run {
    let run = run.plainly();
    assert!(run.out.lines().count() <= 40, "{}", run.out);
    let long = run.out.lines().find(|line| line.chars().count() > 100);
    assert_eq!(long, None, "{}", run.out);
    run
}

#[test]
fn june_2020_is_told_with_its_evidence() {
    let h = june();
    let before = (h.world.files("clone"), h.world.refs());
    on_one_screen(h.world.allclear(&["doctor"]).code(1))
        .says("soak              no rc at all for 2 of 3; the other soaked 1 d")
        .says("v1.1.1 3 d after v1.1.0")
        .says("develop lacks 5 commits of master")
        .says("v1.1.0: 4 of its 4 commits are on develop under other ids")
        .says("release-1.1.0: 1 commit")
        .says("\"fix: left behind\"")
        .says("Cargo.toml says 1.0.0")
        .says("v1.1.0-rc1, v1.1.0-rc4 and v1.1.0-rc5 are all")
        .says("3 things need a person (✖)");
    let report = h.world.allclear(&["doctor", "--json"]).code(1).json();
    assert_eq!(report["schema"], "allclear.doctor/1");
    assert_eq!(report["open"], 3);
    for (name, expected) in [
        ("soak", "past"),
        ("early patches", "past"),
        ("merge-back", "open"),
        ("squash or rebase", "open"),
        ("rewritten", "clear"),
        ("unmerged fixes", "open"),
        ("version files", "past"),
        ("moved tags", "clear"),
        ("lightweight tags", "past"),
        ("duplicate rcs", "past"),
        ("git", "clear"),
        ("server", "clear"),
        ("credential", "unknown"),
        ("ledger", "unknown"),
        ("clock", "clear"),
        ("clone", "clear"),
        ("names", "clear"),
    ] {
        assert_eq!(weight(&report, name), expected, "{name}");
    }
    // The pairs are what git says they are.
    let pairs = finding(&report, "squash or rebase")["evidence"][0]["commits"].as_array().unwrap();
    let ids: Vec<&str> = pairs.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids.len(), 8);
    for pair in ids.chunks(2) {
        assert_ne!(pair[0], pair[1]);
        let patch = |id| h.git(&["diff-tree", "-p", "--no-commit-id", id]);
        assert_eq!(patch(pair[0]), patch(pair[1]));
        h.git(&["merge-base", "--is-ancestor", pair[0], "master"]);
        h.git(&["merge-base", "--is-ancestor", pair[1], "develop"]);
    }
    let versions = finding(&report, "version files")["evidence"].as_array().unwrap();
    assert_eq!(versions.len(), 2, "1.1.0 and 1.1.1 both say 1.0.0");
    assert_eq!((h.world.files("clone"), h.world.refs()), before, "doctor changed something");
}

#[test]
fn a_repair_heals_what_was_rebased() {
    let h = june();
    let before = (h.world.files("clone"), h.world.refs());
    h.world
        .allclear(&["doctor", "--repair-history"])
        .code(1)
        .plainly()
        .says("develop lacks 5 commits of master")
        .says("4 of the 5 missing commits are on develop already");
    assert_eq!((h.world.files("clone"), h.world.refs()), before, "the repair was only to be prepared");
    let report = h.world.allclear(&["doctor", "--repair-history", "--json"]).code(1).json();
    h.push_repair(&report);
    assert_eq!(h.world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    let merge = h.world.git("server.git", &["rev-parse", "develop", "develop^1", "develop^2"]);
    let ids: Vec<&str> = merge.lines().collect();
    assert_eq!(ids[0], report["repair"]["commit"]);
    assert_eq!(
        (ids[1], ids[2]),
        (before.1["refs/heads/develop"].as_str(), before.1["refs/heads/master"].as_str())
    );
    let files = h.world.git("server.git", &["ls-tree", "--name-only", "develop"]);
    assert!(files.lines().any(|f| f == "fix") && files.lines().any(|f| f == "picked"), "{files}");
    h.git(&["fetch", "-q", "origin"]);
    h.world.allclear(&["doctor", "--repair-history"]).code(0).says("there is nothing to repair");
    let report = h.world.allclear(&["doctor", "--json"]).json();
    assert_eq!(weight(&report, "merge-back"), "clear");
    assert_eq!(weight(&report, "squash or rebase"), "past");
}

/// Master got develop's first change as a squash; develop went on over the same line.
fn conflicting(own_change: bool) -> History {
    let mut h = History::new();
    h.commit("lib.txt", "one\n", "feat: begin");
    h.git(&["tag", "-a", "-m", "1.0.0", "v1.0.0"]);
    h.git(&["checkout", "-q", "-b", "develop"]);
    h.on(2).commit("lib.txt", "two\n", "feat: two");
    h.on(3).git(&["checkout", "-q", "master"]);
    h.git(&["cherry-pick", "develop"]);
    if own_change {
        h.on(4).commit("lib.txt", "hot\n", "fix: in a hurry");
    }
    h.git(&["tag", "-a", "-m", "1.1.0", "v1.1.0"]);
    h.on(5).git(&["checkout", "-q", "develop"]);
    h.commit("lib.txt", "three\n", "feat: three");
    h.publish();
    h
}

#[test]
fn a_repair_that_conflicts_keeps_develop_only_where_it_has_everything() {
    let h = conflicting(false);
    let report = h.world.allclear(&["doctor", "--repair-history", "--json"]).code(1).json();
    assert_eq!(report["repair"]["how"], "kept");
    assert_eq!(report["repair"]["same_tree"], true);
    h.push_repair(&report);
    assert_eq!(h.world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    assert_eq!(h.world.git("server.git", &["show", "develop:lib.txt"]), "three");

    let h = conflicting(true);
    let before = h.world.refs();
    let run = h.world.allclear(&["doctor", "--repair-history"]).code(1).plainly();
    run.talks("conflicts in 1 file (lib.txt)").talks("\"fix: in a hurry\"").talks("merge it by hand");
    assert_eq!(h.world.refs(), before);
}

#[test]
fn a_squashed_release_is_told_by_its_tree_and_healed() {
    let mut h = History::new();
    h.commit("lib.txt", "one\n", "feat: begin");
    h.git(&["tag", "-a", "-m", "1.0.0", "v1.0.0"]);
    h.git(&["checkout", "-q", "-b", "develop"]);
    h.on(2).commit("lib.txt", "two\n", "feat: two");
    h.on(3).commit("more.txt", "more\n", "feat: more");
    h.on(4).git(&["checkout", "-q", "master"]);
    h.git(&["merge", "-q", "--squash", "develop"]);
    h.git(&["commit", "-q", "-m", "release 1.1.0"]);
    h.git(&["tag", "-a", "-m", "1.1.0", "v1.1.0"]);
    h.on(5).git(&["checkout", "-q", "develop"]);
    h.commit("lib.txt", "three\n", "feat: three");
    h.publish();
    on_one_screen(h.world.allclear(&["doctor"]).code(1)).says("on develop, without its 2 commits");
    let report = h.world.allclear(&["doctor", "--repair-history", "--json"]).code(1).json();
    assert_eq!((&report["repair"]["how"], &report["repair"]["matched"]), (&"kept".into(), &1.into()));
    h.push_repair(&report);
    assert_eq!(h.world.git("server.git", &["log", "--oneline", "develop..master"]), "");
    assert_eq!(h.world.git("server.git", &["show", "develop:lib.txt"]), "three");
}

#[test]
fn repositories_with_little_in_them() {
    let h = History::new();
    on_one_screen(h.world.allclear(&["doctor"]).code(0)).says("no release tag · no commit");
    h.world.allclear(&["doctor", "--repair-history"]).code(2).talks("no branch of releases");
    h.commit("a", "x\n", "begin");
    h.publish();
    let run = on_one_screen(h.world.allclear(&["doctor"]).code(0)).says("no release tag · 1 commit");
    assert!(!run.out.contains("1 commits"));
    h.git(&["checkout", "-q", "--detach"]);
    let report = h.world.allclear(&["doctor", "--json"]).code(0).json();
    assert_eq!(report["stable"]["branch"], "master");
    assert_eq!(report["develop"], Value::Null);
    assert_eq!(weight(&report, "soak"), "not-applicable");
    // A repository that is its own server.
    let own = h.world.run("server.git", &["doctor", "--json"]).code(0).json();
    assert_eq!(own["stable"]["branch"], "master");
}

#[test]
fn ten_thousand_lightweight_tags() {
    let world = World::new("");
    let lightweight = "10 of 10: no tagger and no date";
    world.git("server.git", &["pack-refs", "--all"]);
    let packed = std::fs::read_to_string(world.path("server.git/packed-refs")).unwrap();
    // Without its first line the file says nothing of its order.
    let mut text: String = packed.lines().skip(1).map(|line| format!("{line}\n")).collect();
    let tip = world.at("master");
    for n in 0..10_000 {
        let name = if n < 300 { format!("v1.{n}.1") } else { format!("plugins/p{n}/v1.18.2") };
        text.push_str(&format!("{tip} refs/tags/{name}\n"));
    }
    world.write("server.git/packed-refs", &text);
    world.git(".", &["clone", "-q", "--no-checkout", "server.git", "many"]);
    let report = world.run("many", &["doctor", "--json"]).json();
    assert_eq!(report["releases"].as_array().unwrap().len(), 10);
    assert_eq!(report["releases"][0]["tag"], "v1.299.1");
    assert_eq!(finding(&report, "lightweight tags")["summary"], lightweight);
    on_one_screen(world.run("many", &["doctor"])).says("10,001 tags");
    // A clone that fetched none of them says so.
    world.git(".", &["clone", "-q", "--no-tags", "--single-branch", "-b", "develop", "server.git", "few"]);
    let few = world.run("few", &["doctor", "--json"]).json();
    assert_eq!(weight(&few, "clone"), "unknown");
    assert!(finding(&few, "clone")["summary"].as_str().unwrap().starts_with("it lacks 1000"), "{few:#}");
}

#[test]
fn a_develop_that_was_rewritten() {
    let h = june();
    let old = h.world.at("develop");
    h.git(&["checkout", "-q", "-B", "develop", "v1.0.0"]);
    let new = h.commit("anew", "x\n", "feat: all over again");
    h.git(&["push", "-q", "--force", "origin", "develop"]);
    h.git(&["checkout", "-q", "-B", "aside", "origin/master"]);
    // The push itself is no rewind that the clone fetched: another clone sees it.
    h.world.git(".", &["clone", "-q", "server.git", "late"]);
    assert_eq!(weight(&h.world.run("late", &["doctor", "--json"]).json(), "rewritten"), "clear");
    h.world.git("server.git", &["update-ref", "refs/heads/develop", &old]);
    h.world.git("late", &["fetch", "-q", "origin"]);
    h.world.git("server.git", &["update-ref", "refs/heads/develop", &new]);
    h.world.git("late", &["fetch", "-q", "origin"]);
    let report = h.world.run("late", &["doctor", "--json"]).json();
    let rewritten = finding(&report, "rewritten");
    assert_eq!(rewritten["weight"], "past");
    assert!(rewritten["evidence"].as_array().unwrap().iter().any(|e| e["commits"][1] == new.as_str()));
    // One that shares nothing with stable.
    h.git(&["checkout", "-q", "--orphan", "island"]);
    h.commit("island", "x\n", "feat: an island");
    h.git(&["push", "-q", "--force", "origin", "island:develop"]);
    h.world.git("late", &["fetch", "-q", "origin"]);
    on_one_screen(h.world.run("late", &["doctor"]).code(1)).says("master and develop share no commit");
    h.world.run("late", &["doctor", "--repair-history"]).code(1).talks("share no commit");
}

#[test]
fn a_tag_that_was_moved_on_the_server() {
    let h = june();
    let here = h.git(&["rev-parse", "v1.1.0"]);
    let there = h.world.at("develop");
    h.world.git("server.git", &["tag", "-f", "v1.1.0", "develop"]);
    let report = h.world.allclear(&["doctor", "--json"]).code(1).json();
    let moved = finding(&report, "moved tags");
    assert_eq!(moved["weight"], "open");
    assert_eq!(moved["evidence"][0]["commits"], serde_json::json!([here, there]));
}

#[test]
fn shallow_partial_and_cut_off_clones() {
    let h = june();
    let server = format!("file://{}", h.world.server().display());
    h.world.git(".", &["clone", "-q", "--depth=1", "--no-single-branch", &server, "shallow"]);
    let report = h.world.run("shallow", &["doctor", "--json"]).json();
    assert_eq!(report["clone"]["shallow"], true);
    assert_eq!(weight(&report, "merge-back"), "unknown");
    on_one_screen(h.world.run("shallow", &["doctor"]))
        .says("it is shallow")
        .says("git fetch --unshallow --tags");

    h.world.git("server.git", &["config", "uploadpack.allowFilter", "true"]);
    h.world.git(".", &["clone", "-q", "--filter=blob:none", "--no-checkout", &server, "partial"]);
    let before = h.world.files("partial");
    let report = h.world.run("partial", &["doctor", "--json"]).json();
    assert_eq!(report["clone"]["partial"], true);
    assert_eq!(weight(&report, "squash or rebase"), "unknown");
    assert_eq!(weight(&report, "merge-back"), "open");
    assert_eq!(h.world.files("partial"), before, "a partial clone fetched something");

    std::fs::rename(h.world.server(), h.world.path("gone.git")).unwrap();
    on_one_screen(h.world.allclear(&["doctor"]).code(1))
        .says("from this clone alone")
        .says("develop lacks 5 commits of master");
    let report = h.world.allclear(&["doctor", "--json", "--offline"]).json();
    assert_eq!(report["server"]["asked"], false);
    assert_eq!(weight(&report, "server"), "unknown");
    h.world.allclear(&["doctor", "--probe-push"]).code(75);
    h.world.allclear(&["doctor", "--probe-push", "--offline"]).code(2);
}

#[test]
fn hostile_names_steer_nothing() {
    let h = june();
    let tip = h.world.at("master");
    for name in [
        "refs/tags/v9.9.9-rc\u{202e}1",
        "refs/tags/v1.1.0-rc.99999999999999999999",
        "refs/tags/\u{200b}v3.0.0",
        "refs/tags/$(id)/v1.0.0",
        "refs/tags/--upload-pack=x/v1.0.0",
        "refs/tags/refs/heads/master",
        "refs/tags/master",
        "refs/heads/release-1.1.0\u{202e}",
        "refs/heads/release-\u{661}.1.0",
        "refs/heads/-x-1.0.0",
        "refs/heads/RELEASE-1.1.0",
    ] {
        h.world.write(&format!("server.git/{name}"), &format!("{tip}\n"));
    }
    h.world.write("clone/x", "\u{1b}]0;pwn\u{7} text\n");
    h.git(&["checkout", "-q", "-B", "release-1.0.0", "v1.0.0"]);
    h.git(&["add", "-A"]);
    h.git(&["commit", "-q", "-m", "fix: \u{1b}[31mred\u{202e} \u{7}"]);
    h.git(&["push", "-q", "origin", "release-1.0.0"]);
    h.git(&["fetch", "-q", "--tags", "origin"]);
    let run = on_one_screen(h.world.allclear(&["doctor"]).code(1));
    let run = run.says("names are ambiguous").says("release-1.0.0: 1 commit");
    drop(run);
    h.world.allclear(&["doctor", "--json"]).code(1).json();
    h.world.allclear(&["doctor", "--repair-history"]).code(1).plainly();
}

fn probes(world: &World) -> Vec<String> {
    world.refs().into_keys().filter(|name| name.contains("probe")).collect()
}

fn outcome(report: &Value, name: &str) -> String {
    let all = report["probe"]["outcomes"].as_array().unwrap();
    let found = all.iter().find(|o| o["name"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"));
    found["answer"].as_str().unwrap().to_owned()
}

#[test]
fn a_probe_of_a_server_that_allows_all_leaves_nothing() {
    let world = World::new("");
    let before = (world.refs(), world.files("clone"));
    world
        .allclear(&["doctor", "--probe-push"])
        .code(0)
        .plainly()
        .says("record: unprotected (a rewind is detected, not prevented)")
        .says("Nothing is left on the server.")
        .talks("git push origin --delete refs/allclear/probe/");
    let report = world.allclear(&["doctor", "--probe-push", "--json"]).code(0).json();
    for (name, answer) in [
        ("custom refs", "good"),
        ("atomic", "good"),
        ("stale lease", "good"),
        ("delete and update", "good"),
        ("refs/allclear/*", "weak"),
        ("refs/heads/allclear/*", "weak"),
        ("branches", "good"),
    ] {
        assert_eq!(outcome(&report, name), answer, "{name}");
    }
    assert_eq!((world.refs(), world.files("clone")), before);
    // What was learnt is remembered.
    let report = world.allclear(&["doctor", "--json"]).code(0).json();
    assert_eq!(weight(&report, "credential"), "clear");
    assert!(finding(&report, "ledger")["summary"].as_str().unwrap().contains("unprotected at either place"));
}

#[test]
fn a_probe_of_a_server_that_protects_branches_names_what_is_left() {
    let world = World::new("");
    world.git("server.git", &["config", "receive.denyDeletes", "true"]);
    world.git("server.git", &["config", "receive.denyNonFastForwards", "true"]);
    let report = world.allclear(&["doctor", "--probe-push", "--json"]).code(1).json();
    assert_eq!(outcome(&report, "refs/heads/allclear/*"), "good");
    assert_eq!(outcome(&report, "branches"), "unknown");
    assert_eq!(probes(&world).len(), 1, "{:?}", probes(&world));
    assert_eq!(report["probe"]["left"], serde_json::json!(probes(&world)));
    // The next one tells what is still there, and the command deletes it once the rule is lifted.
    let run = world.allclear(&["doctor"]).code(1).says("an earlier probe left 1 ref on the server");
    drop(run);
    world.git("server.git", &["config", "receive.denyDeletes", "false"]);
    let delete = report["probe"]["delete"].as_str().unwrap();
    assert!(world.command("sh", "clone").args(["-c", delete]).status().unwrap().success(), "{delete}");
    assert_eq!(probes(&world), Vec::<String>::new());
}

#[test]
fn a_probe_tells_of_a_server_that_is_not_atomic_or_takes_nothing() {
    let world = World::new("");
    world.git("server.git", &["config", "receive.advertiseAtomic", "false"]);
    let report = world.allclear(&["doctor", "--json"]).code(1).json();
    assert!(
        finding(&report, "server")["summary"].as_str().unwrap().contains("does not support atomic pushes")
    );
    world.allclear(&["doctor", "--probe-push"]).code(1).says("the server does not support atomic pushes");
    world.git("server.git", &["config", "receive.advertiseAtomic", "true"]);
    world.hook("pre-receive", "echo 'no pushes on Fridays' >&2; exit 1");
    world
        .allclear(&["doctor", "--probe-push"])
        .code(1)
        .plainly()
        .says("refs/allclear/* cannot be written")
        .says("no pushes on Fridays")
        .says("Nothing is left on the server.");
    assert_eq!(probes(&world), Vec::<String>::new());
}

#[test]
fn a_probe_that_is_interrupted_cleans_up() {
    let world = World::new("");
    // The server holds the second push until the test has sent its signal.
    world.git(".", &["init", "-q", "gate"]);
    assert!(world.command("mkfifo", ".").arg("gate/open").status().unwrap().success());
    let gate = world.path("gate");
    let gate = gate.display();
    world.hook(
        "pre-receive",
        &format!("if [ -e {gate}/first ] && [ ! -e {gate}/second ]; then : > {gate}/second; read go < {gate}/open; fi\n: > {gate}/first"),
    );
    let mut command = world.command(env!("CARGO_BIN_EXE_allclear"), "clone");
    command.args(["doctor", "--probe-push", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let start = Instant::now();
    while !world.path("gate/second").exists() {
        assert!(start.elapsed() < PATIENCE, "the second push never came");
        std::thread::yield_now();
    }
    assert_eq!(probes(&world).len(), 2, "{:?}", probes(&world));
    assert!(world.command("kill", ".").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    world.write("gate/open", "go\n");
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["probe"]["stopped"], true);
    assert_eq!(report["probe"]["left"], serde_json::json!([]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(probes(&world), Vec::<String>::new());
}

#[test]
fn a_tag_whose_commit_the_clone_has_not_fetched() {
    let h = june();
    h.world.git(".", &["clone", "-q", "server.git", "other"]);
    h.world.git("other", &["commit", "-q", "--allow-empty", "-m", "fix: elsewhere"]);
    h.world.git("other", &["tag", "-a", "-m", "rc", "v9.9.9-rc.1"]);
    h.world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/release-9.9.9", "v9.9.9-rc.1"]);
    // The clone has the names, and not the commit.
    let report = h.world.allclear(&["doctor", "--json"]).code(1).json();
    assert_eq!(report["schema"], "allclear.doctor/1");
    assert_eq!(weight(&report, "clone"), "unknown");
}
