//! The real go command, through the overlay: it builds with what was packed, and always sees the same versions.

use crate::golang::{done, go, installed};
use allclear_core::types::version::Version;
use allclear_lab::ecosystem::go::pack::{Module, Packed, pack};
use allclear_lab::ecosystem::go::proxy::{ModuleProxy, ProxyClient, ProxySettings};
use jiff::Timestamp;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

const UNTIL: &str = "2026-03-01T00:00:00Z";
const BEFORE: &str = "2026-02-01T00:00:00Z";
const AFTER: &str = "2026-04-01T00:00:00Z";

/// A project's world: its last release and what it depends on are at a proxy that is a folder.
struct Bench {
    temporary: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { temporary: tempdir().unwrap() };
        bench.publish("example.com/lib", "1.1.0", BEFORE, "1.1.0");
        bench.publish("example.com/Dep", "1.0.0", BEFORE, "1.0.0");
        bench.publish("example.com/Dep", "1.1.0", BEFORE, "1.1.0");
        bench.publish("example.com/Dep", "1.2.0", AFTER, "1.2.0");
        bench.publish("example.com/new", "1.0.0", AFTER, "1.0.0");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    /// Packs a module that says its own version.
    fn packed(&self, path: &str, version: &str, time: &str, says: &str) -> Packed {
        let tree = self.path("trees").join(path).join(format!("{version}-{says}"));
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("go.mod"), format!("module {path}\n\ngo 1.21\n")).unwrap();
        let name = path.rsplit('/').next().unwrap().to_lowercase();
        fs::write(tree.join("lib.go"), format!("package {name}\n\nconst Says = \"{says}\"\n")).unwrap();
        let module = Module { path: path.into(), dir: String::new(), go: None };
        let into = self.path("packed").join(says);
        pack(&tree, &module, &Version::parse(version).unwrap(), time.parse().unwrap(), &into).unwrap()
    }

    /// Puts a module on the proxy behind.
    fn publish(&self, path: &str, version: &str, time: &str, says: &str) {
        let packed = self.packed(path, version, time, says);
        let folder = self.path("proxy").join(path.replace("Dep", "!dep")).join("@v");
        fs::create_dir_all(&folder).unwrap();
        let file = |end: &str| folder.join(format!("v{version}.{end}"));
        fs::copy(&packed.zip, file("zip")).unwrap();
        fs::write(file("mod"), &packed.go_mod).unwrap();
        fs::write(file("info"), format!(r#"{{"Version":"v{version}","Time":"{time}"}}"#)).unwrap();
        let mut list = fs::read_to_string(folder.join("list")).unwrap_or_default();
        list.push_str(&format!("v{version}\n"));
        fs::write(folder.join("list"), list).unwrap();
        let latest = folder.parent().unwrap().join("@latest");
        fs::copy(file("info"), latest).unwrap();
    }

    fn candidate(&self) -> Packed {
        self.packed("example.com/lib", "1.2.0", BEFORE, "candidate")
    }

    fn settings(&self) -> ProxySettings {
        ProxySettings {
            goproxy: format!("file://{}", self.path("proxy").display()),
            env: std::env::vars_os().collect(),
            snapshot: self.path("record"),
            until: UNTIL.parse().unwrap(),
        }
    }

    /// Makes a program that uses the project and something else.
    fn consumer(&self) -> PathBuf {
        let dir = self.path("consumer");
        fs::create_dir_all(&dir).unwrap();
        let go_mod = "module example.com/consumer\n\ngo 1.21\n\n\
            require (\n\texample.com/Dep v1.0.0\n\texample.com/lib v1.1.0\n)\n";
        fs::write(dir.join("go.mod"), go_mod).unwrap();
        let main = "package main\n\nimport (\n\tdep \"example.com/Dep\"\n\t\"example.com/lib\"\n)\n\n\
            func main() { println(lib.Says, dep.Says) }\n";
        fs::write(dir.join("main.go"), main).unwrap();
        dir
    }
}

/// The go command on a consumer whose own go.mod stays as it is.
struct Consumer<'a> {
    home: PathBuf,
    dir: PathBuf,
    proxy: &'a ProxyClient,
}

impl<'a> Consumer<'a> {
    fn new(bench: &Bench, name: &str, proxy: &'a ProxyClient) -> Self {
        let (dir, home) = (bench.consumer(), bench.path(name));
        fs::create_dir_all(&home).unwrap();
        fs::copy(dir.join("go.mod"), home.join("alt.mod")).unwrap();
        Self { home, dir, proxy }
    }

    fn go(&self, args: &[&str]) -> std::process::Command {
        let mut go = go(&self.home, &self.dir, self.proxy.go_proxy());
        go.env("GOFLAGS", format!("-modcacherw -modfile={}", self.home.join("alt.mod").display())).args(args);
        go
    }

    fn version(&self, module: &str) -> serde_json::Value {
        serde_json::from_str(&done(&mut self.go(&["list", "-m", "-json", module]))).unwrap()
    }
}

/// Asks an address as no library would, and gives the status and the body.
fn ask(proxy: &ProxyClient, method: &str, path: &str) -> (u16, Vec<u8>) {
    let (host, token) = proxy.url().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let path = path.replace("TOKEN", token);
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    let end = said.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&said[9..12]).parse().unwrap();
    (status, said[end + 4..].to_vec())
}

fn text(proxy: &ProxyClient, path: &str) -> (u16, String) {
    let (status, body) = ask(proxy, "GET", &format!("/TOKEN/{path}"));
    (status, String::from_utf8(body).unwrap())
}

#[test]
fn go_get_builds_with_what_was_packed() {
    if !installed() {
        return;
    }
    let bench = Bench::new();
    let candidate = bench.candidate();
    let h1 = candidate.h1.clone();
    let server = ModuleProxy::start(vec![candidate], bench.settings()).unwrap();
    let proxy = server.client();
    let consumer = Consumer::new(&bench, "home", &proxy);
    let before = fs::read(consumer.dir.join("go.mod")).unwrap();

    done(&mut consumer.go(&["get", "example.com/lib@v1.2.0"]));
    assert!(!proxy.is_floating(), "what everything else is does not change by itself");
    done(&mut consumer.go(&["mod", "download", "all"]));
    let listed = consumer.version("example.com/lib");
    assert_eq!((&listed["Version"], &listed["Sum"]), (&"v1.2.0".into(), &h1.into()));
    assert!(listed.get("Replace").is_none());
    assert_eq!(consumer.version("example.com/Dep")["Version"], "v1.0.0");
    let built = done(&mut consumer.go(&["list", "-deps", "-f", "{{if .Module}}{{.Dir}}{{end}}", "."]));
    let lib = built.lines().find(|dir| dir.contains("/lib@v1.2.0")).unwrap();
    assert!(fs::read_to_string(Path::new(lib).join("lib.go")).unwrap().contains("candidate"));

    assert_eq!(fs::read(consumer.dir.join("go.mod")).unwrap(), before);
    assert!(!consumer.dir.join("go.sum").exists());
}

#[test]
fn the_latest_is_that_of_the_cut_off_and_stays_so() {
    if !installed() {
        return;
    }
    let bench = Bench::new();
    let server = ModuleProxy::start(vec![bench.candidate()], bench.settings()).unwrap();
    let proxy = server.client();
    let first = Consumer::new(&bench, "first", &proxy);
    let all = |consumer: &Consumer<'_>| {
        done(&mut consumer.go(&["get", "example.com/lib@v1.2.0", "example.com/Dep@latest"]));
        done(&mut consumer.go(&["mod", "download", "all"]));
        let dep = consumer.version("example.com/Dep");
        assert_eq!(dep["Version"], "v1.1.0");
        (dep["Sum"].clone(), consumer.version("example.com/lib")["Sum"].clone())
    };
    let sums = all(&first);
    assert!(proxy.is_floating());
    let proxy = server.client();
    assert!(!proxy.is_floating());

    // Something of before the cut-off turns up later: the world of the experiment stays as it was.
    bench.publish("example.com/Dep", "1.1.1", BEFORE, "1.1.1");
    let second = Consumer::new(&bench, "second", &proxy);
    assert_eq!(all(&second), sums);
}

#[test]
fn nothing_later_is_chosen_by_going_on_to_the_next_proxy() {
    if !installed() {
        return;
    }
    let bench = Bench::new();
    let server = ModuleProxy::start(vec![bench.candidate()], bench.settings()).unwrap();
    let proxy = server.client();
    let consumer = Consumer::new(&bench, "home", &proxy);
    let refused = consumer.go(&["list", "-m", "example.com/new@latest"]).output().unwrap();
    assert!(!refused.status.success(), "{}", String::from_utf8_lossy(&refused.stdout));
    // By its number it can be had: what is pinned is pinned.
    assert_eq!(done(&mut consumer.go(&["list", "-m", "example.com/new@v1.0.0"])), "example.com/new v1.0.0\n");
}

#[test]
fn lists_are_cut_and_have_the_candidate() {
    let bench = Bench::new();
    let server = ModuleProxy::start(vec![bench.candidate()], bench.settings()).unwrap();
    let proxy = server.client();
    assert_eq!(text(&proxy, "example.com/lib/@v/list"), (200, "v1.1.0\nv1.2.0\n".into()));
    assert!(!proxy.is_floating());
    assert_eq!(text(&proxy, "example.com/!dep/@v/list"), (200, "v1.0.0\nv1.1.0\n".into()));
    assert!(proxy.is_floating());
    assert_eq!(text(&proxy, "example.com/%21dep/@latest").0, 200);
    assert_eq!(text(&proxy, "example.com/new/@v/list"), (200, String::new()));
    assert_eq!(text(&proxy, "example.com/new/@latest").0, 403);
    assert_eq!(text(&proxy, "example.com/none/@v/list").0, 404);
    assert_eq!(text(&proxy, "example.com/none/@latest").0, 404);
    let info = (200, format!(r#"{{"Time":"{BEFORE}","Version":"v1.2.0"}}"#));
    assert_eq!(text(&proxy, "example.com/lib/@latest"), info);
    assert_eq!(text(&proxy, "example.com/lib/@v/v1.2.0.info"), info);
    // A version that may be chosen from a list must be known where the list is.
    let proxy = server.client();
    assert_eq!(text(&proxy, "example.com/!dep/@v/v1.0.0.info").0, 200);
    // Of all others, what never changes is the next proxy's.
    assert_eq!(text(&proxy, "example.com/lib/@v/v1.1.0.zip").0, 404);
    assert_eq!(text(&proxy, "example.com/!dep/@v/v1.0.0.mod").0, 404);
    assert!(!proxy.is_floating());
    assert_eq!(text(&proxy, "example.com/!dep/@v/main.info").0, 404);
    assert!(proxy.is_floating());
}

#[test]
fn a_cut_looks_at_releases_and_pre_releases_by_themselves() {
    let bench = Bench::new();
    let folder = bench.path("proxy/example.com/many/@v");
    fs::create_dir_all(&folder).unwrap();
    let versions = [
        ("v1.0.0", BEFORE),
        ("v1.1.0", AFTER),
        ("v1.2.0", AFTER),
        ("v2.0.0-rc.1", BEFORE),
        ("v2.0.0-rc.2", AFTER),
        ("v5.0.0+incompatible", BEFORE),
    ];
    let mut list = "nonsense\n\n".to_owned();
    for (version, time) in versions {
        list.push_str(&format!("{version}\n"));
        fs::write(
            folder.join(format!("{version}.info")),
            format!(r#"{{"Version":"{version}","Time":"{time}"}}"#),
        )
        .unwrap();
    }
    fs::write(folder.join("list"), list).unwrap();
    let server = ModuleProxy::start(Vec::new(), bench.settings()).unwrap();
    let proxy = server.client();
    let kept = "v1.0.0\nv2.0.0-rc.1\nv5.0.0+incompatible\n";
    assert_eq!(text(&proxy, "example.com/many/@v/list"), (200, kept.into()));
}

#[test]
fn a_proxy_on_the_web_is_asked() {
    let bench = Bench::new();
    let behind = ProxySettings { snapshot: bench.path("behind"), until: Timestamp::MAX, ..bench.settings() };
    let dep = bench.packed("example.com/web", "1.0.0", BEFORE, "web");
    let later = bench.packed("example.com/web", "1.1.0", AFTER, "web");
    let web = ModuleProxy::start(vec![dep, later], behind).unwrap();
    let upstream = format!("{},direct", web.url());
    let server =
        ModuleProxy::start(Vec::new(), ProxySettings { goproxy: upstream.clone(), ..bench.settings() })
            .unwrap();
    let proxy = server.client();
    assert_eq!(proxy.go_proxy(), format!("{},{upstream}", proxy.url()));
    assert_eq!(text(&proxy, "example.com/web/@v/list"), (200, "v1.0.0\n".into()));
    let info = format!(r#"{{"Time":"{BEFORE}","Version":"v1.0.0"}}"#);
    assert_eq!(text(&proxy, "example.com/web/@latest"), (200, info));
    assert_eq!(text(&proxy, "example.com/none/@v/list").0, 404);
    drop(web);
    // What was said stays; what was not asked cannot be known, and is not "not found".
    assert_eq!(text(&proxy, "example.com/web/@v/list").0, 200);
    assert_eq!(text(&proxy, "example.com/none/@v/list").0, 404);
    assert_eq!(text(&proxy, "example.com/other/@v/list").0, 502);
    let lenient =
        format!("{}|file://{}", upstream.trim_end_matches(",direct"), bench.path("proxy").display());
    let server =
        ModuleProxy::start(Vec::new(), ProxySettings { goproxy: lenient, ..bench.settings() }).unwrap();
    let proxy = server.client();
    assert_eq!(text(&proxy, "example.com/!dep/@v/list").0, 200);
    assert_eq!(text(&proxy, "example.com/other/@v/list").0, 502);
}

#[test]
fn hostile_addresses_get_nothing() {
    let bench = Bench::new();
    fs::create_dir_all(bench.path("proxy/example.com/x")).unwrap();
    for secret in ["secret.zip", "proxy/secret.zip", "proxy/example.com/x/secret.zip"] {
        fs::write(bench.path(secret), "secret").unwrap();
    }
    let candidate = bench.candidate();
    let gone = Packed { path: "example.com/gone".into(), zip: bench.path("gone.zip"), ..candidate.clone() };
    let server = ModuleProxy::start(vec![candidate, gone], bench.settings()).unwrap();
    let proxy = server.client();
    assert_eq!(text(&proxy, "example.com/gone/@v/v1.2.0.zip").0, 500);

    let long = format!("/TOKEN/example.com/{}/@v/list", "a".repeat(4000));
    for path in [
        "/",
        "/TOKEN",
        "/TOKEN/",
        "/TOKEN/example.com/lib",
        "/TOKEN/example.com/lib/@v/",
        "/TOKEN/example.com/lib/@v/list?x=1",
        "/TOKENx/example.com/lib/@v/list",
        "/00000000000000000000000000000000/example.com/lib/@v/list",
        "/example.com/lib/@v/list",
        "//TOKEN/example.com/lib/@v/list",
        "/TOKEN//example.com/lib/@v/list",
        "/TOKEN/example.com/lib/../lib/@v/list",
        "/TOKEN/example.com/x/@v/../secret.zip",
        "/TOKEN/example.com/x/@v/..%2fsecret.zip",
        "/TOKEN/example.com/x/@v/..%2Fsecret.zip",
        "/TOKEN/example.com/x/@v/%2e%2e/secret.zip",
        "/TOKEN/example.com/x/@v/..%5csecret.zip",
        "/TOKEN/example.com/x/@v/..%252fsecret.zip",
        "/TOKEN/../@v/secret.zip",
        "/TOKEN/example.com/x/@v/v1.0.0.ziphash",
        "/TOKEN/example.com/x/@v/v1.0.0%00.zip",
        "/TOKEN/example.com/x/@v/.zip",
        "/TOKEN/example.com/x/@v/con.zip",
        "/TOKEN/example.com/X/@v/v1.0.0.zip",
        "/TOKEN/example.com/!!x/@v/v1.0.0.zip",
        "/TOKEN/example.com/%ff/@v/list",
        "/TOKEN/sumdb/sums.example.com/supported",
        "/TOKEN/sumdb/sums.example.com/latest",
        &long,
    ] {
        let (status, body) = ask(&proxy, "GET", path);
        assert_eq!(
            (status, String::from_utf8(body).unwrap()),
            (404, "not found: not in the overlay\n".into()),
            "{path}"
        );
    }
    assert!(!bench.path("record").exists());
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"] {
        let (status, _) = ask(&proxy, method, "/TOKEN/example.com/lib/@v/list");
        assert!(matches!(status, 400 | 405), "{method} {status}");
    }
    assert_eq!(ask(&proxy, "HEAD", "/TOKEN/example.com/lib/@v/list"), (200, Vec::new()));
}

#[test]
fn it_is_gone_when_dropped() {
    let bench = Bench::new();
    let server = ModuleProxy::start(Vec::new(), bench.settings()).unwrap();
    let proxy = server.client();
    let url = proxy.url().to_owned();
    let host = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    // A connection that says nothing is in nobody's way.
    let mut idle = TcpStream::connect(&host).unwrap();
    assert_eq!(text(&proxy, "example.com/lib/@v/list").0, 200);
    drop(server);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    assert!(TcpStream::connect(&host).is_err());
    assert!(Path::new(&bench.path("record/example.com/lib/@v/list")).exists());
}
