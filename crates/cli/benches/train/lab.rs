//! Experiments, against a script that builds, tests and runs the same downstreams and does nothing else.

use crate::table::{Samples, Table, ms};
use crate::world::{Lab, Ran, Stream};
use allclear_core::experiment::{Limits, Must};
use allclear_core::{Seconds, Version};
use allclear_lab::ecosystem::go::pack::{modules, pack};
use allclear_lab::{How, Sandbox, SandboxSpec, Task};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const DOWNSTREAMS: usize = 20;
const AT_ONCE: &str = "2";
/// How often a sandbox is opened.
const SANDBOXES: usize = 60;

/// One downstream by hand, two of them at once: what the lab does in its sandboxes, with caches that are warm. Its go.mod
/// names the candidate already.
const SCRIPT: &str = r#"ls -d "$PWD"/* | xargs -P2 -n1 sh -c 'cd "$0" && go build ./... && go build -o program . && go test -count=1 ./... && { timeout -s TERM "$STAYS" ./program; code=$?; [ "$code" = 124 ] || [ "$code" = 0 ]; }'"#;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    if !lab.run("go", &["version"], Path::new("/")).ok || Sandbox::find(helper()).is_err() {
        println!("  go or bubblewrap is not installed: the lab is skipped");
        return;
    }
    let rounds = rounds.min(3);
    for (what, kind) in [("each stays for 10 s", Kind::Serves), ("each ends at once", Kind::Ends)] {
        let bench = Bench::make(lab, kind);
        // Whoever comes first would fill the caches for the others.
        bench.script().expect("the script");
        bench.allclear().expect("the experiment");
        let (mut ours, mut script, mut again) = (Samples::default(), Samples::default(), Samples::default());
        for round in 0..rounds {
            for turn in 0..2 {
                if (round + turn) % 2 == 0 {
                    bench.forget();
                    ours.add(&Bench::well(bench.allclear()));
                    again.add(&Bench::well(bench.allclear()));
                } else {
                    let ran = bench.script();
                    assert!(ran.ok, "{}{}", ran.out, ran.err);
                    script.add(&ran);
                }
            }
        }
        let name = format!("test, {DOWNSTREAMS} Go programs with tests, {AT_ONCE} at once, {what}");
        let target = if matches!(kind, Kind::Serves) { Some(1.10) } else { None };
        let ratio = ours.over(&script);
        table.row(
            &name,
            ours.to_string(),
            format!("go build, go test, the program: {script}"),
            format!("{ratio:.2}×"),
            target.map_or("", |_| "≤ 1.1×"),
            target.map(|most| ratio <= most),
        );
        let share = again.over(&ours);
        table.row(
            "the same again, nothing changed",
            again.to_string(),
            String::new(),
            format!("{:.1} %", share * 100.0),
            if target.is_some() { "< 2 %" } else { "" },
            target.map(|_| share < 0.02),
        );
    }
    sandbox(lab, table);
}

/// What the programs do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// They serve until they are told to end.
    Serves,
    /// They print something.
    Ends,
}

/// A library with a release, and what depends on it.
struct Bench<'a> {
    lab: &'a Lab,
    top: PathBuf,
    proxy: String,
    kind: Kind,
}

impl<'a> Bench<'a> {
    fn make(lab: &'a Lab, kind: Kind) -> Self {
        let name = format!("lab-{kind:?}").to_lowercase();
        let top = lab.at(&name);
        let proxy = format!("file://{}", top.join("proxy").display());
        let bench = Self { lab, top, proxy, kind };
        let (old, new) = (Version::new(1, 0, 0), Version::new(1, 0, 1));
        for (version, extra) in [
            (old, ""),
            (new, "\n// Newer is what the candidate adds.\nfunc Newer() string { return \"1.0.1\" }\n"),
        ] {
            bench.write("library/go.mod", "module example.org/library\n\ngo 1.22\n");
            bench.write("library/library.go", &format!("{LIBRARY}{extra}"));
            bench.publish("library", version);
        }
        for n in 0..PACKAGES {
            bench.write(&format!("kit/p{n}/p.go"), &package(n));
        }
        bench.write("kit/go.mod", "module example.org/kit\n\ngo 1.22\n");
        bench.publish("kit", old);
        bench.repositories();
        bench
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.top.join(name);
        std::fs::create_dir_all(path.parent().expect("it is below the top")).expect("the directory is ours");
        std::fs::write(path, text).expect("the directory is ours");
    }

    /// Packs a module into the proxy, as it would be found there.
    fn publish(&self, name: &str, version: Version) {
        let (tree, place) = (self.top.join(name), format!("proxy/example.org/{name}/@v"));
        std::fs::create_dir_all(self.top.join("proxy")).expect("the directory is ours");
        let time = "2026-01-01T00:00:00Z".parse().expect("it is a time");
        let module = &modules(&tree).expect("a module is there")[0];
        let packed = pack(&tree, module, &version, time, &self.top.join("proxy")).expect("it can be packed");
        self.write(&format!("{place}/v{version}.mod"), &String::from_utf8_lossy(&packed.go_mod));
        self.write(
            &format!("{place}/v{version}.info"),
            &format!("{{\"Version\":\"v{version}\",\"Time\":\"{time}\"}}"),
        );
        let zip = self.top.join(format!("{place}/v{version}.zip"));
        if packed.zip != zip {
            std::fs::copy(&packed.zip, zip).expect("the directory is ours");
        }
        let list = self.top.join(&place).join("list");
        let before = std::fs::read_to_string(list).unwrap_or_default();
        self.write(&format!("{place}/list"), &format!("{before}v{version}\n"));
    }

    /// Makes the repositories, and what the script looks at: the same with the candidate in its go.mod.
    fn repositories(&self) {
        let mut policy =
            format!("{}\n[[downstream]]\nname = \"apps\"\ntier = \"must\"\nrepo = [\n", crate::world::POLICY);
        for n in 0..DOWNSTREAMS {
            let script = format!("script/app-{n}");
            self.write(&format!("{script}/go.mod"), &format!("module example.org/app-{n}\n\ngo 1.22\n\nrequire (\n\texample.org/kit v1.0.0\n\texample.org/library v1.0.0\n)\n"));
            self.write(&format!("{script}/main.go"), &main(n, self.kind));
            self.write(&format!("{script}/store/store.go"), STORE);
            self.write(&format!("{script}/store/store_test.go"), TEST);
            let dir = self.top.join(&script);
            self.go(&dir, &["mod", "tidy"]).expect("go mod tidy");
            let files =
                ["go.mod", "go.sum", "main.go", "store/store.go", "store/store_test.go"].map(|file| {
                    (file.to_owned(), std::fs::read_to_string(dir.join(file)).expect("it was written"))
                });
            let server = self.lab.server(&format!("{}-app-{n}.git", self.name()));
            let mut stream = Stream::default();
            stream.commit("refs/heads/master", None, "feat: begin", &files);
            stream.tag("v1.0.0", "refs/heads/master");
            self.lab.import(&server, stream.text());
            writeln!(policy, "  \"{}\",", server.display()).expect("a string takes everything");
            self.go(&dir, &["get", "example.org/library@v1.0.1"]).expect("go get");
        }
        policy.push_str("]\n");
        let server = self.lab.server(&format!("{}-library.git", self.name()));
        let of = |text: &str| {
            ["go.mod", "library.go"].map(|file| {
                let now =
                    std::fs::read_to_string(self.top.join("library").join(file)).expect("it was written");
                (file.to_owned(), if file == "go.mod" { now } else { text.to_owned() })
            })
        };
        let mut stream = Stream::default();
        stream.commit("refs/heads/master", None, "feat: begin", &of(LIBRARY));
        stream.tag("v1.0.0", "refs/heads/master");
        let now = std::fs::read_to_string(self.top.join("library/library.go")).expect("it was written");
        let mut files = of(&now).to_vec();
        files.push(("allclear.toml".to_owned(), policy));
        stream.commit("refs/heads/develop", Some("refs/heads/master"), "feat: newer", &files);
        self.lab.import(&server, stream.text());
        self.lab.clone(&server, &format!("{}-clone", self.name()), &["-n"]);
    }

    fn name(&self) -> String {
        format!("lab-{:?}", self.kind).to_lowercase()
    }

    fn go(&self, dir: &Path, args: &[&str]) -> Ran {
        self.lab.run_with("go", args, dir, &self.env())
    }

    fn env(&self) -> [(&'static str, &str); 5] {
        let stays = if self.kind == Kind::Serves { "10" } else { "60" };
        [
            ("GOPROXY", &self.proxy),
            ("GOSUMDB", "off"),
            ("GOFLAGS", "-modcacherw"),
            ("GOTOOLCHAIN", "local"),
            ("STAYS", stays),
        ]
    }

    fn script(&self) -> Ran {
        self.lab.run_with("sh", &["-c", SCRIPT], &self.top.join("script"), &self.env())
    }

    fn allclear(&self) -> Ran {
        let clone = self.lab.at(&format!("{}-clone", self.name()));
        let args = ["test", "develop", "--json", "--jobs", AT_ONCE];
        self.lab.run_with(env!("CARGO_BIN_EXE_allclear"), &args, &clone, &self.env())
    }

    /// Sees to it that all are well: something else would be quicker.
    fn well(ran: Ran) -> Ran {
        let ok = ran.out.matches("\"comparison\": \"ok\"").count();
        assert!(ran.ok && ok == DOWNSTREAMS, "{ok} are ok:\n{}{}", ran.out, ran.err);
        ran
    }

    /// Forgets what was found, and keeps what was fetched and compiled.
    fn forget(&self) {
        for store in std::fs::read_dir(self.lab.at("cache/allclear/stores")).into_iter().flatten().flatten() {
            for kept in std::fs::read_dir(store.path().join("allclear")).into_iter().flatten().flatten() {
                if kept.file_name().to_string_lossy().starts_with("downstream-") {
                    drop(std::fs::remove_file(kept.path()));
                }
            }
        }
    }
}

/// Opens many sandboxes for a process that does nothing, in turn with the same process alone.
fn sandbox(lab: &Lab, table: &mut Table) {
    let sandbox = Sandbox::find(helper()).expect("it was found before");
    let dir = lab.at("sandbox");
    std::fs::create_dir_all(&dir).expect("the directory is ours");
    let limits = Limits { time: Seconds(10), ..Limits::default() };
    let spec = SandboxSpec {
        readable: Vec::new(),
        writable: vec![(dir.clone(), "/out".into())],
        caches: Vec::new(),
        env: BTreeMap::new(),
        dir: "/".into(),
        limits,
        log: lab.at("sandbox-log"),
    };
    let task =
        Task { command: vec!["true".to_owned()], must: Must::Exits(Seconds(10)), services: Vec::new() };
    let (mut inside, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..SANDBOXES {
        let at = Instant::now();
        assert_eq!(sandbox.run(&spec, &task).expect("a sandbox can be opened").how, How::Done);
        inside.push(at.elapsed());
        bare.push(lab.run("true", &[], Path::new("/")).wall);
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let range = |times: &[Duration]| format!("({}–{})", ms(times[0]), ms(times[times.len() - 1]));
    let (middle, alone) = (median(&mut inside), median(&mut bare));
    let cost = middle.saturating_sub(alone);
    table.row(
        "a process in a sandbox of its own",
        format!("{} {}", ms(middle), range(&inside)),
        format!("the process alone: {} {}", ms(alone), range(&bare)),
        format!("{} more", ms(cost)),
        "≤ 20 ms",
        Some(cost <= Duration::from_millis(20)),
    );
}

fn helper() -> Vec<std::ffi::OsString> {
    vec![env!("CARGO_BIN_EXE_allclear").into(), "inside".into()]
}

/// How many packages the other dependency has.
const PACKAGES: usize = 12;

fn package(n: usize) -> String {
    let mut text = format!("// Package p{n} counts.\npackage p{n}\n\nimport \"strings\"\n\n");
    for f in 0..60 {
        write!(text, "// F{f} counts.\nfunc F{f}(words []string) map[string]int {{\n\tfound := map[string]int{{}}\n\tfor _, word := range words {{\n\t\tfound[strings.ToLower(word)] += {f}\n\t}}\n\treturn found\n}}\n\n").expect("a string takes everything");
    }
    text
}

const LIBRARY: &str = "// Package library greets.\npackage library\n\nimport \"fmt\"\n\n// Greet greets.\nfunc Greet(name string) string { return fmt.Sprintf(\"hello, %s\", name) }\n";

const STORE: &str = r#"// Package store keeps greetings.
package store

import (
	"encoding/json"
	"sync"

	"example.org/kit/p1"
	"example.org/library"
)

// Store keeps greetings.
type Store struct {
	mu   sync.Mutex
	said map[string]string
}

// Greet greets, once each.
func (s *Store) Greet(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.said == nil {
		s.said = map[string]string{}
	}
	if _, ok := s.said[name]; !ok {
		s.said[name] = library.Greet(name)
	}
	return s.said[name]
}

// JSON gives all that was said, and how many words.
func (s *Store) JSON() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	words := []string{}
	for _, said := range s.said {
		words = append(words, said)
	}
	return json.Marshal(map[string]any{"said": s.said, "count": p1.F1(words)})
}
"#;

const TEST: &str = r#"package store

import (
	"fmt"
	"strings"
	"testing"
)

func TestGreet(t *testing.T) {
	for n := range 200 {
		name := fmt.Sprint("n", n)
		t.Run(name, func(t *testing.T) {
			var s Store
			if got := s.Greet(name); got != "hello, "+name {
				t.Fatal(got)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	var s Store
	s.Greet("mira")
	if text, err := s.JSON(); err != nil || !strings.Contains(string(text), "mira") {
		t.Fatal(string(text), err)
	}
}
"#;

fn main(n: usize, kind: Kind) -> String {
    let mut imports = String::new();
    let mut uses = String::new();
    for p in 0..PACKAGES {
        writeln!(imports, "\t\"example.org/kit/p{p}\"").expect("a string takes everything");
        writeln!(uses, "\tcount += len(p{p}.F{n}([]string{{\"a\", \"b\"}}))")
            .expect("a string takes everything");
    }
    let end = match kind {
        Kind::Serves => {
            "\tlistener, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tlog.Fatal(http.Serve(listener, nil))\n"
        }
        Kind::Ends => {
            "\tlistener, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\t_ = listener.Close()\n"
        }
    };
    format!(
        "// Command app greets over HTTP.\npackage main\n\nimport (\n\t\"fmt\"\n\t\"log\"\n\t\"net\"\n\t\"net/http\"\n\n\t\"example.org/app-{n}/store\"\n{imports})\n\nfunc main() {{\n\tcount := 0\n{uses}\tvar kept store.Store\n\thttp.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) {{\n\t\tfmt.Fprintln(w, kept.Greet(r.URL.Path), count)\n\t}})\n{end}}}\n"
    )
}
