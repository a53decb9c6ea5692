//! `test`: twenty small Go programs, each built, tested and run, against a script that does the same and nothing
//! else: no sandbox, no proof, no record.

use crate::table::{Samples, Table};
use crate::world::{Lab, Stream};
use std::fmt::Write;
use std::path::Path;

/// How many downstreams there are.
const MANY: usize = 20;
/// For how long each program stays, in seconds.
const STAYS: u32 = 3;

/// What the script does with one of them: as a person would by hand, with the candidate in a `replace`.
const PLAIN: &str = "cd \"$1\" && go build ./... && go test -count=1 ./... > /dev/null && \
                     go build -o \"$2/$(basename \"$1\")\" . && { timeout 3 \"$2/$(basename \"$1\")\" || [ $? = 124 ]; }";

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    if !lab.run("sh", &["-c", "command -v go && command -v bwrap"], &lab.at("")).ok {
        println!("downstreams: skipped, go or bubblewrap is missing");
        return;
    }
    let server = lab.server("lib.git");
    lab.import(&server, &library(&lab.at("apps.git")));
    let clone = lab.clone(&server, "lib", &["-b", "develop"]);
    let apps = lab.server("apps.git");
    lab.import(&apps, &programs(""));
    let plain = lab.server("plain.git");
    lab.import(&plain, &programs(&format!("\nreplace example.com/lib => {}\n", clone.display())));
    let plain = lab.clone(&plain, "plain", &["-b", "master"]);
    std::fs::create_dir(lab.at("made")).expect("the directory is ours");
    lab.allclear(&clone, &["cut", "--yes"]).expect("cut");

    let test = || {
        lab.run(
            "sh",
            &[
                "-c",
                &format!("GOPROXY=off GOSUMDB=off exec {} test --jobs 2", env!("CARGO_BIN_EXE_allclear")),
            ],
            &clone,
        )
    };
    let script = format!(
        "ls -d {}/*/ | xargs -P2 -I{{}} sh -c '{PLAIN}' sh {{}} {}",
        plain.display(),
        lab.at("made").display()
    );
    let by_hand = || lab.run("sh", &["-c", &format!("GOPROXY=off GOFLAGS=-mod=mod {script}")], &clone);
    // Caches are warm in all that counts.
    by_hand().expect("the script");
    test().expect("test");
    let (mut ours, mut theirs, mut again) = <(Samples, Samples, Samples)>::default();
    for _ in 0..rounds.min(3) {
        theirs.add(&by_hand());
        forget(&lab.at("cache/allclear/stores"));
        let ran = test();
        assert!(ran.ok, "test failed:\n{}{}", ran.out, ran.err);
        ours.add(&ran);
        again.add(&test());
    }
    table.at_most(
        "test, 20 downstreams on two jobs, warm caches",
        &ours,
        ("xargs -P2, the same builds, tests and runs", &theirs),
        1.10,
    );
    table.at_most("test again, nothing changed", &again, ("the first time", &ours), 0.02);
}

/// Forgets what is known of downstreams.
fn forget(stores: &Path) {
    for entry in std::fs::read_dir(stores).into_iter().flatten().flatten() {
        for kept in std::fs::read_dir(entry.path().join("allclear")).into_iter().flatten().flatten() {
            if kept.file_name().to_string_lossy().starts_with("downstream") {
                std::fs::remove_file(kept.path()).expect("the cache is ours");
            }
        }
    }
}

fn library(apps: &Path) -> String {
    let mut stream = Stream::default();
    let policy = format!(
        "[project]\nname = \"lib\"\n[candidate]\nsettle = \"1s\"\n[[downstream]]\nname = \"apps\"\nrepo = \"{}\"\n\
         at = \"branch:master\"\neach = \"*/go.mod\"\nrun = {{ stays = \"{STAYS}s\" }}\n",
        apps.display()
    );
    let go_mod = ("go.mod".to_owned(), "module example.com/lib\n\ngo 1.21\n".to_owned());
    let source = |word: &str| {
        ("lib.go".to_owned(), format!("package lib\n\nfunc Greet() string {{ return \"{word}\" }}\n"))
    };
    stream.commit("refs/heads/master", None, "chore: begin", &[go_mod.clone(), source("hello")]);
    stream.tag("v1.0.0", "refs/heads/master");
    let files = [go_mod, source("hallo"), ("allclear.toml".to_owned(), policy)];
    stream.commit("refs/heads/develop", Some("refs/heads/master"), "feat: greet better", &files);
    stream.text().to_owned()
}

/// Servers with a few tests each.
fn programs(replace: &str) -> String {
    let mut stream = Stream::default();
    let mut files = Vec::new();
    for n in 0..MANY {
        let mut file = |name: &str, text: String| files.push((format!("app{n:02}/{name}"), text));
        file(
            "go.mod",
            format!("module example.com/app{n}\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n{replace}"),
        );
        file(
            "main.go",
            format!(
                "package main\n\nimport (\n\t\"example.com/app{n}/greet\"\n\t\"net/http\"\n)\n\nfunc main() {{\n\thttp.HandleFunc(\"/\", func(w http.ResponseWriter, _ *http.Request) {{ w.Write([]byte(greet.Say())) }})\n\tpanic(http.ListenAndServe(\"127.0.0.1:0\", nil))\n}}\n"
            ),
        );
        file(
            "greet/greet.go",
            format!(
                "package greet\n\nimport \"example.com/lib\"\n\nfunc Say() string {{ return lib.Greet() + \" {n}\" }}\n"
            ),
        );
        let mut tests = String::from("package greet\n\nimport \"testing\"\n");
        for test in 0..10 {
            write!(tests, "\nfunc TestSay{test}(t *testing.T) {{\n\tif Say() == \"\" {{\n\t\tt.Fatal(\"silent\")\n\t}}\n}}\n").expect("a string takes everything");
        }
        file("greet/greet_test.go", tests);
    }
    stream.commit("refs/heads/master", None, "feat: everything", &files);
    stream.text().to_owned()
}
