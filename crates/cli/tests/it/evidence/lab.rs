//! What the lab must not be fooled by: strangers who want out, and caches that know better.

use crate::world::{QUICK, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

const POLICY: &str = r#"
[[downstream]]
name = "go"
repo = "APPS"
each = "*/main.go"
tier = "must"
run = { exits = "10s" }
limits = { time = "60s", memory = "1 GiB" }

[[check]]
name = "here"
run = "test -f lib.go"
"#;

const MOD: &str = "module example.com/app\n\ngo 1.22\n\nrequire example.com/lib v1.0.0\n";

/// A library with a release, whose develop is no more than that, and an empty repository of what depends on it.
fn library() -> World {
    let bare = World::bare();
    std::fs::create_dir(bare.path("proxy")).unwrap();
    let proxy = format!("file://{}", bare.path("proxy").display());
    let path = format!("{}:{}", bare.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let world = bare.with_env("GOPROXY", &proxy).with_env("GOSUMDB", "off").with_env("PATH", &path);
    world.git(".", &["init", "-q", "--bare", "server.git"]);
    for (name, text) in [
        ("go.mod", "module example.com/lib\n\ngo 1.22\n"),
        ("lib.go", "package lib\n\nfunc Answer() int { return 42 }\n"),
        ("below/go.mod", "module example.com/lib/below\n\ngo 1.22\n"),
        ("below/below.go", "package below\n\nfunc Two() int { return 2 }\n"),
        ("include/answer.h", "#define ANSWER 42\n"),
        (
            "c/c.go",
            "package c\n\n// #include \"../include/answer.h\"\n// static int answer(void) { return ANSWER; }\n\
             import \"C\"\n\nfunc Answer() int { return int(C.answer()) }\n",
        ),
    ] {
        world.write(&format!("clone/{name}"), text);
    }
    world.git("clone", &["init", "-q"]);
    world.commit("clone", "chore: begin");
    world.git("clone", &["tag", "-a", "-m", "1.0.0", "v1.0.0"]);
    world.git("clone", &["switch", "-q", "-c", "develop"]);
    std::fs::create_dir(world.path("apps")).unwrap();
    world.git("apps", &["init", "-q"]);
    world
}

/// Adds a downstream, a program that uses the library.
fn app(world: &World, name: &str, go_mod: &str, body: &str) {
    world.write(&format!("apps/{name}/go.mod"), go_mod);
    world.write(&format!("apps/{name}/main.go"), &format!("package main\n\n{body}"));
}

const PLAIN: &str = "import \"example.com/lib\"\n\nfunc main() { println(lib.Answer()) }\n";

/// Fails where an answer is another than it was.
fn wants(package: &str, answer: &str, is: u32) -> String {
    format!(
        "import (\n\t\"example.com/lib\"\n\t\"{package}\"\n)\n\nfunc main() {{\n\t\
         if lib.Answer() != 42 || {answer} != {is} {{\n\t\tpanic(\"wrong\")\n\t}}\n}}\n"
    )
}

/// With its tests: what is one of many has none.
const WHOLE: &str = r#"
[[downstream]]
name = "whole"
repo = "APPS"
each = "tally/go.mod"
tier = "must"
run = { exits = "10s" }
"#;

/// Cuts a candidate of what is in the clone.
fn cut(world: &World, policy: &str) {
    let apps = world.path("apps").display().to_string();
    world.commit("apps", "everything");
    world.write("clone/allclear.toml", &format!("{QUICK}{}", policy.replace("APPS", &apps)));
    world.commit("clone", "feat: something");
    world.git("clone", &["remote", "add", "origin", "../server.git"]);
    world.git("clone", &["push", "-q", "origin", "master", "develop", "v1.0.0"]);
    world.git("clone", &["fetch", "-q", "origin"]);
    world.allclear(&["cut", "--yes"]).code(0);
}

/// Mends something, and tags it as the next rc.
fn mend(world: &World, name: &str, text: &str) {
    world.git("clone", &["fetch", "-q", "origin"]);
    world.git("clone", &["switch", "-q", "release-1.1.0"]);
    world.write(&format!("clone/{name}"), text);
    world.commit("clone", "fix: mend it");
    world.git("clone", &["push", "-q", "origin", "release-1.1.0"]);
    world.allclear(&["rc"]).code(0);
}

/// Gives how each downstream compares.
fn compared(found: &Value) -> BTreeMap<String, String> {
    let rows = found["downstreams"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["name"]).replace("go/", ""), text(&row["comparison"]))).collect()
}

#[test]
fn a_stranger_gets_nothing_of_this_machine() {
    let world = library();
    world.write("secret", "s3cret-token of somebody\n");
    world.script("bin/hg", &format!("echo ran >> {}", world.path("ran").display()));
    app(&world, "hg", MOD, PLAIN);
    world.write("apps/hg/.hg/hgrc", "[alias]\nlog = !touch it\n");
    app(&world, "link", MOD, PLAIN);
    std::fs::remove_file(world.path("apps/link/go.mod")).unwrap();
    symlink(world.path("secret"), world.path("apps/link/go.mod")).unwrap();
    let elsewhere = format!(
        "{MOD}\nrequire example.com/x v0.0.0\n\nreplace example.com/x => {}\n",
        world.path("x").display()
    );
    world.write("x/go.mod", "s3cret-token\n");
    app(
        &world,
        "replace",
        &elsewhere,
        &PLAIN.replacen("import ", "import _ \"example.com/x\"\n\nimport ", 1),
    );
    app(&world, "tally", MOD, PLAIN);
    let tally = "package main\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) {\n\tos.Remove(\"/out/tally\")\n\t\
                 if os.Symlink(\"/dev/zero\", \"/out/tally\") != nil || os.WriteFile(\"/lab/tools/run-tests\", nil, 0o755) == nil {\n\t\tt.Fatal()\n\t}\n}\n";
    world.write("apps/tally/x_test.go", tally);
    world.write("clone/lib.go", "package lib\n\n// Answer answers.\nfunc Answer() int { return 42 }\n");
    cut(&world, &format!("{POLICY}{WHOLE}"));
    let run = world.allclear(&["test", "--json"]).code(8);
    let found = run.json();
    let is = compared(&found);
    // A tally that is gone is no evidence.
    let wanted = [
        ("hg", "ok"),
        ("link", "unchecked"),
        ("replace", "unchecked"),
        ("tally", "ok"),
        ("whole/tally", "unchecked"),
    ];
    assert_eq!(is, wanted.map(|(name, is)| (name.to_owned(), is.to_owned())).into(), "{found}");
    assert!(!world.path("ran").exists(), "a tool was run as its folder says");
    assert!(!run.out.contains("s3cret"), "{}", run.out);
    let logs = std::fs::read_dir(world.path("cache/allclear/lab/logs")).into_iter().flatten().flatten();
    for log in logs {
        assert!(!std::fs::read_to_string(log.path()).unwrap().contains("s3cret"), "{log:?}");
    }
    assert_eq!(found["checks"][0]["outcome"], "passed", "{found}");
}

#[test]
fn a_mended_rc_is_seen_whatever_was_known() {
    let world = library();
    let below = format!("{MOD}require example.com/lib/below v1.1.0\n");
    app(&world, "below", &below, &wants("example.com/lib/below", "below.Two()", 2));
    app(&world, "header", MOD, &wants("example.com/lib/c", "c.Answer()", 42));
    world.write("clone/below/below.go", "package below\n\nfunc Two() int { return 3 }\n");
    world.write("clone/include/answer.h", "#define ANSWER 43\n");
    cut(&world, POLICY);
    let found = world.allclear(&["test", "--json"]).code(1).json();
    let is = compared(&found);
    assert_eq!(is["header"], "regressed", "{found}");
    assert_ne!(is["below"], "ok", "{found}");

    // Neither changes a file that the top's digest or the package's own folder has.
    mend(&world, "below/below.go", "package below\n\nfunc Two() int { return 2 }\n");
    let only = ["test", "--json", "--only", "go/below"];
    assert_eq!(compared(&world.allclear(&only).json())["below"], "fixed");
    mend(&world, "include/answer.h", "#define ANSWER 42\n");
    let found = world.allclear(&["test", "--json"]).json();
    assert_eq!(compared(&found)["header"], "ok", "{found}");
}

/// Calls the go command, as whoever tests a compiler or a plugin does.
const CALLS_GO: &str = r#"package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"example.com/lib"
)

func made(t *testing.T, what string) string {
	out, err := exec.Command("go", "list", "-export", "-f", "{{.Export}}", what).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestCallsGo(t *testing.T) {
	if lib.Answer() != 42 {
		t.Fatal("wrong")
	}
	if runtime.Version() < "go1.24" {
		t.Skip("the go command asks nobody else for what it compiled")
	}
	shared, own := made(t, "example.com/lib"), os.Getenv("GOCACHE")
	if strings.HasPrefix(shared, own) {
		t.Fatal("it was compiled once more: ", shared)
	}
	if err := os.WriteFile(shared, nil, 0o644); err == nil {
		t.Fatal("what is shared can be written")
	}
	if err := os.Mkdir("new", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("new/new.go", []byte("package new\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if first := made(t, "./new"); !strings.HasPrefix(first, own) || made(t, "./new") != first {
		t.Fatal("what is new is not in its own: ", first)
	}
}
"#;

#[test]
fn foreign_code_finds_what_is_compiled_and_cannot_change_it() {
    let world = library();
    app(&world, "tally", MOD, PLAIN);
    world.write("apps/tally/x_test.go", CALLS_GO);
    cut(&world, WHOLE);
    let found = world.allclear(&["test", "--json"]).code(0).json();
    assert_eq!(compared(&found)["whole/tally"], "ok", "{found}");
    assert_eq!(found["downstreams"][0]["attempts"][0]["tests"]["ran"], 1, "{found}");
}

#[test]
fn a_newer_go_is_the_labs_lack() {
    let world = library();
    app(&world, "app", MOD, PLAIN);
    world.write("clone/go.mod", "module example.com/lib\n\ngo 1.999\n");
    cut(&world, POLICY);
    let run = world.allclear(&["test"]).code(8);
    run.says("unchecked  go/app").says("install that Go version");
}

#[test]
fn tokens_that_foreign_code_prints_do_not_go_on_record() {
    let tried = |token: &str| {
        // The policy, which is on record, has it in two parts.
        let run = format!("echo 'error: token {} is too old'; exit 1", token.replace('-', "-''"));
        let world = World::new(&format!("{QUICK}[[check]]\nname = \"one\"\nrun = \"{run}\"\n"));
        world.allclear(&["cut", "--yes"]).code(0);
        let run = world.allclear(&["test", "--json"]);
        assert!(!run.err.contains(token), "{run:?}");
        let attempt = &run.json()["checks"][0]["attempt"];
        let log = std::fs::read_to_string(attempt["log"].as_str().unwrap()).unwrap();
        assert!(!run.out.contains(token) && !log.contains(token), "{log}");
        world.git("clone", &["fetch", "-q", "origin", "+refs/allclear/*:refs/record/*"]);
        let record = world.git("clone", &["log", "-p", "--text", "refs/record/ledger"]);
        assert!(record.contains("CheckRecorded") && !record.contains(token), "{record}");
        attempt["error"].clone()
    };
    // What is left is the same for every token, and so is the cause that is made of it.
    for token in ["glpat-A1b2C3d4E5f6G7h8I9j0", "glpat-Z9y8X7w6V5u4T3s2R1q0"] {
        assert_eq!(tried(token), "error: token [masked: GitLab token] is too old");
    }
}
