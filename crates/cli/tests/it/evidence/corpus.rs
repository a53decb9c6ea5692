//! The corpus: one tiny downstream for each way in which one can end, judged by the real lab with real tools.

use crate::world::{QUICK, World};
use allclear_core::Version;
use allclear_lab::ecosystem::go::pack::{modules, pack};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Programs stay for two seconds here, and limits are small, so that the corpus is quick.
const GO: &str = r#"
[[downstream]]
name = "go"
repo = "APPS"
each = "apps/*/go.mod"
tier = "must"
run = { stays = "2s" }
limits = { time = "90s", memory = "640 MiB", disk = "96 MiB", output = "8 MiB", processes = 200 }

[[downstream.override]]
match = "apps/exits-without-serving"
run = { serves = { port = 8080, within = "10s" } }

[[downstream.override]]
match = "apps/endless"
limits = { time = "8s" }

[[downstream.override]]
match = "apps/out-of-memory"
run = { stays = "60s" }

[[downstream.override]]
match = "apps/{fills-the-disk,much-output}"
run = { exits = "60s" }

[[downstream.override]]
match = "apps/expected"
expect-failure = { reason = "waits for lib 1.2", until = "2099-01-01", issue = "https://example.org/1" }
"#;

const GENERIC: &str = r#"
[[downstream]]
name = "generic"
repo = "APPS"
each = "apps/*/build.sh"
tier = "must"
build = "sh build.sh"
test = "sh test.sh"
run = { command = "sh run.sh", exits = "2s" }
limits = { time = "60s" }
"#;

fn corpus(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus").join(kind).canonicalize().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// Makes a library with a release and an open candidate, and a repository of what depends on it.
fn world(kind: &str, policy: &str) -> World {
    let bare = World::bare();
    let proxy = format!("file://{}", bare.path("proxy").display());
    let world = bare.with_env("GOPROXY", &proxy).with_env("GOSUMDB", "off");
    let from = corpus(kind);
    copy(&from.join("apps"), &world.path("apps/apps"));
    for beside in ["shadow", "go.work"] {
        let (from, to) = (from.join(beside), world.path("apps").join(beside));
        match from.metadata() {
            Ok(what) if what.is_dir() => copy(&from, &to),
            Ok(_) => drop(std::fs::copy(from, to).unwrap()),
            Err(_) => {}
        }
    }
    world.git("apps", &["init", "-q"]);
    world.commit("apps", "everything");
    world.git("apps", &["tag", "v0.9.0"]);

    world.git(".", &["init", "-q", "--bare", "server.git"]);
    copy(&from.join("lib/baseline"), &world.path("clone"));
    world.git("clone", &["init", "-q"]);
    world.commit("clone", "chore: begin");
    world.git("clone", &["tag", "-a", "-m", "1.0.0", "v1.0.0"]);
    world.git("clone", &["switch", "-q", "-c", "develop"]);
    world.git("clone", &["rm", "-rqf", "."]);
    copy(&from.join("lib/candidate"), &world.path("clone"));
    let apps = world.path("apps").display().to_string();
    world.write("clone/allclear.toml", &format!("{QUICK}{}", policy.replace("APPS", &apps)));
    world.commit("clone", "feat: everything else");
    world.git("clone", &["remote", "add", "origin", "../server.git"]);
    world.git("clone", &["push", "-q", "origin", "master", "develop", "v1.0.0"]);
    world.git("clone", &["fetch", "-q", "origin"]);
    world.allclear(&["cut", "--yes"]).code(0);
    world
}

/// Publishes a module where the caller's GOPROXY points.
fn publish(world: &World, tree: &Path, version: Version) {
    let proxy = world.path("proxy");
    std::fs::create_dir_all(&proxy).unwrap();
    let module = &modules(tree).unwrap()[0];
    let time = "2026-01-01T00:00:00Z".parse().unwrap();
    let packed = pack(tree, module, &version, time, &proxy).unwrap();
    let place = proxy.join(&packed.path).join("@v");
    let write = |name: &str, bytes: &[u8]| std::fs::write(place.join(name), bytes).unwrap();
    write(&format!("v{version}.mod"), &packed.go_mod);
    write(
        &format!("v{version}.info"),
        format!("{{\"Version\":\"v{version}\",\"Time\":\"{time}\"}}").as_bytes(),
    );
    write("list", format!("v{version}\n").as_bytes());
}

/// Gives the rows of an experiment by the names of their folders.
fn rows(found: &Value) -> BTreeMap<String, Value> {
    let rows = found["downstreams"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().rsplit('/').next().unwrap().to_owned(), row.clone()))
        .collect()
}

/// Compares with the golden verdicts, all at once.
#[track_caller]
fn agree(kind: &str, found: &Value) {
    let text = std::fs::read_to_string(corpus(kind).join("golden.toml")).unwrap();
    let golden: BTreeMap<String, Vec<String>> = toml::from_str(&text).unwrap();
    let rows = rows(found);
    let mut wrong = Vec::new();
    for (name, wanted) in &golden {
        let Some(row) = rows.get(name) else {
            wrong.push(format!("{name}: it was not looked at"));
            continue;
        };
        let is = [&row["comparison"], &row["outcome"]].map(|v| v.as_str().unwrap_or_default());
        let said = row.to_string();
        if is != [wanted[0].as_str(), wanted[1].as_str()]
            || wanted[2..].iter().any(|text| !said.contains(text))
        {
            wrong.push(format!("{name}: wanted {wanted:?}, found {is:?} in {said}"));
        }
    }
    let unknown = rows.keys().filter(|name| !golden.contains_key(*name));
    wrong.extend(unknown.map(|name| format!("{name}: it has no golden verdict")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lists the processes that live in a sandbox of this machine: one in which a directory of it is mounted.
fn sandboxed(world: &World) -> Vec<String> {
    let name = world.path("").file_name().unwrap().to_str().unwrap().to_owned();
    let text = |path: std::path::PathBuf| {
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let inside = all.filter(|process| text(process.join("mountinfo")).contains(&name));
    inside.map(|process| text(process.join("cmdline")).replace('\0', " ")).collect()
}

#[test]
fn what_lives_in_a_sandbox_is_found() {
    let world = World::bare();
    assert_eq!(sandboxed(&world), Vec::<String>::new());
    let mut bwrap = world.command("bwrap", ".");
    bwrap
        .args(["--die-with-parent", "--ro-bind", "/", "/", "--bind"])
        .arg(world.path("tmp"))
        .args(["/tmp", "--chdir", "/"]);
    let mut child = bwrap.args(["cat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // It answers once it runs.
    child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let found = sandboxed(&world);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(found.iter().any(|line| line.starts_with("cat")), "{found:?}");
}

#[test]
fn every_way_in_which_a_go_downstream_ends() {
    let world = world("go", GO);
    publish(&world, &corpus("go").join("mid"), Version::new(1, 0, 0));
    publish(&world, &corpus("go").join("lib/baseline"), Version::new(1, 2, 0));
    // What a generator made lies in the clone, and is in no commit: nobody gets it.
    world.write("clone/gen/gen.txt", "generated\n");
    let before = (world.files("clone"), world.files("apps"));

    let found = world.allclear(&["test", "--json", "--jobs", "2"]).code(1).json();
    agree("go", &found);
    assert_eq!(found["verdict"], "regressed");
    let seen = rows(&found);
    assert_eq!(seen["ok"]["proof"]["version"], "v1.1.0");
    assert_eq!(seen["ok"]["proof"]["hash"], found["candidate"]["hash"]);
    assert_eq!(seen["raised"]["proof"], Value::Null);
    assert_eq!((world.files("clone"), world.files("apps")), before, "a checkout was written to");
    assert_eq!(sandboxed(&world), Vec::<String>::new(), "something outlived its sandbox");
    let left = std::fs::read_dir(world.path("cache/allclear/lab/temporary")).unwrap().count();
    assert_eq!(left, 0, "an attempt left its files");

    world.allclear(&["status"]).code(1).says("downstream").says("regressed");
    world
        .allclear(&["why", "downstream:go/apps/panic-at-start"])
        .code(1)
        .says("no dialer")
        .says("allclear reproduce");
    let entries = world.git("server.git", &["rev-list", "--count", "refs/allclear/ledger"]);

    // Nothing changed: everything conclusive is known, and nothing is put on record again.
    let again = world.allclear(&["test", "--json", "--only", "go/apps/compile-break"]).code(1).json();
    assert!(again["downstreams"].as_array().unwrap().iter().all(|row| row["known"] == true), "{again}");
    assert_eq!(world.git("server.git", &["rev-list", "--count", "refs/allclear/ledger"]), entries);

    // A fix of one thing makes another rc, and what was broken is known to be mended.
    world.git("clone", &["fetch", "-q", "origin"]);
    world.git("clone", &["switch", "-q", "release-1.1.0"]);
    let source = std::fs::read_to_string(world.path("clone/lib.go")).unwrap();
    world.write("clone/lib.go", &source.replace("panic(\"no dialer\")", ""));
    world.git("clone", &["add", "lib.go"]);
    world.git("clone", &["commit", "-q", "-m", "fix: dial at once"]);
    world.git("clone", &["push", "-q", "origin", "release-1.1.0"]);
    world.allclear(&["rc"]).code(0);
    let only = ["test", "--json", "--only", "go/apps/panic-at-start", "--only", "go/apps/fixed"];
    let fixed = rows(&world.allclear(&only).json());
    assert_eq!(fixed["panic-at-start"]["comparison"], "ok");
}

#[test]
fn every_way_in_which_a_generic_downstream_ends() {
    let world = world("generic", GENERIC);
    let found = world.allclear(&["test", "--json", "--jobs", "2"]).code(1).json();
    agree("generic", &found);
    let printed = world.allclear(&["reproduce", "generic/apps/ok", "--print"]).code(0);
    printed.says("sh build.sh").says("sh test.sh");
}
