//! What follows a release, as people see it; and the recipes, with the real clients of the ecosystems against
//! registries on this machine.

use crate::world::{QUICK, Run, World};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Releases 1.1.0 by hand, and ticks once behind it.
fn released(world: &World) -> Run {
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    world.allclear(&["tick"])
}

const STEPS: &str = r#"
[[after]]
name = "crates"
run = "echo $ALLCLEAR_VERSION >> ../../../../published"
done = "grep -qx $ALLCLEAR_VERSION ../../../../published || exit 1"

[[after]]
name = "docs"
run = "cat feature.txt"

[[after]]
name = "announce"
run = "echo cannot reach the mail server; exit 4"
needs = ["crates", "docs"]

[[after]]
name = "party"
run = "true"
needs = ["announce"]
"#;

#[test]
fn how_far_a_release_is() {
    let world = World::new(&format!("{QUICK}{STEPS}"));
    world.allclear(&["after"]).code(2).talks("no release has after-steps");
    let tick = released(&world).code(75).talks("step announce of 1.1.0 is not done: the run exited with 4");
    let tick =
        tick.says("step docs is done: 1.1.0 is released · publishing 2 of 4").talks("nothing is undone");
    assert!(!tick.out.contains("party"), "{}", tick.out);
    let status = world.allclear(&["status"]).says("released · publishing 2 of 4").says("✔ crates");
    let status =
        status.says("exited with 4: cannot reach the mail server (1 try) · again").says("waits for announce");
    status.plainly();
    let seen = world.status();
    let release = &seen["releases"][0];
    let states: Vec<&str> =
        release["steps"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(
        (&release["state"], states),
        (&"publishing".into(), vec!["done", "done", "retrying", "waiting"])
    );
    world.allclear(&["after"]).code(8).says("cannot reach the mail server");
    assert_eq!(world.allclear(&["after", "1.1.0", "--json"]).code(8).json()["schema"], "allclear.after/1");
    world.allclear(&["after", "1.0.0"]).code(2).talks("was not released through this record");
    world.allclear(&["after", "--retry", "party!"]).code(2).talks("it has crates, docs, announce and party");
    world.allclear(&["after", "--done", "announce"]).code(2).talks("--reason");
    world
        .allclear(&["after", "--done", "announce", "--reason", "sent by hand"])
        .code(0)
        .says("is done, as you say");
    world.allclear(&["tick"]).code(0).says("step party is done: 1.1.0 is published");
    world.allclear(&["after"]).code(0).says("published").says("done, according to a person");
    world.allclear(&["status"]).code(0).says("Last release: 1.1.0, published");
    world.allclear(&["log"]).says("step announce of 1.1.0 is done, as somebody says");
    assert_eq!(std::fs::read_to_string(world.path("cache/published")).unwrap_or_default(), "1.1.0\n");
}

#[test]
fn the_caller_s_own_tokens_reach_the_step() {
    let steps = "[[after]]\nname = \"x\"\nrun = \"\"\"\ntest ${#DEMO_TOKEN} = 13 || exit 5\n\
                 test -z \"$GIT_DIR\" || exit 6\necho $DEMO_TOKEN; exit 9\n\"\"\"\n";
    let world = World::new(&format!("{QUICK}{steps}")).with_env("DEMO_TOKEN", "s3cr3t-s3cr3t");
    let run = released(&world).code(75).talks("the run exited with 9: [masked: DEMO_TOKEN]");
    assert!(!run.err.contains("s3cr3t"), "{}", run.err);
    assert!(!world.allclear(&["log", "--json"]).out.contains("s3cr3t"));
}

/// Tells whether a program is here. At a desk its absence is said, and the test is skipped.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: {program} is not on the PATH, and its recipe is not tried");
    }
    found
}

/// Makes `world` release 1.1.0 with a manifest and one recipe behind it.
fn with_recipe(recipe: &str, manifest: &str, text: &str, vars: &[(&str, &str)]) -> World {
    let step = format!(
        "[version]\nfiles = []\n[[after]]\nname = \"it\"\nuse = \"{recipe}\"\nrun = \"touch $HOME/ran; exit 1\"\n"
    );
    let mut world = World::new(&format!("{QUICK}{step}"));
    for (name, value) in vars {
        world = world.with_env(name, value);
    }
    world.push("develop", manifest, text, "feat: a manifest");
    world
}

/// Gives the state of the only step, and why it is so.
fn step(world: &World) -> (String, String) {
    let seen = world.allclear(&["after", "--json"]).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&seen["steps"][0]["state"]), text(&seen["steps"][0]["why"]))
}

#[test]
fn go_asks_its_proxy() {
    if !has("go") {
        return;
    }
    let go = "module example.org/demo\n\ngo 1.20\n";
    let world = with_recipe("go", "go.mod", go, &[("GONOSUMDB", "*"), ("GOTOOLCHAIN", "local")]);
    let proxy = format!("file://{}", world.path("proxy").display());
    let world = world.with_env("GOPROXY", &proxy);
    let versions = "proxy/example.org/demo/@v";
    world.write(&format!("{versions}/list"), "v1.0.0\n");
    released(&world).code(75);
    assert!(world.path("home/ran").exists(), "the probe said no, so it ran: {:?}", step(&world));
    world.write(
        &format!("{versions}/v1.1.0.info"),
        "{\"Version\":\"v1.1.0\",\"Time\":\"2026-11-03T10:00:00Z\"}",
    );
    world.write(&format!("{versions}/v1.1.0.mod"), go);
    world.allclear(&["after", "--retry", "it"]).code(0);
    world.allclear(&["tick"]).code(0).says("step it is done already: 1.1.0 is published");
}

/// Serves one answer to everybody until the test ends.
fn serve(answer: impl Fn(&str) -> (u16, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve_on(listener, answer);
    format!("http://{address}/")
}

fn serve_on(listener: TcpListener, answer: impl Fn(&str) -> (u16, Vec<u8>) + Send + 'static) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut from = BufReader::new(stream.unwrap());
            let mut first = String::new();
            drop(from.read_line(&mut first));
            let mut line = String::new();
            while from.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let (code, body) = answer(first.split(' ').nth(1).unwrap_or_default());
            let length = body.len();
            let head = format!("HTTP/1.1 {code} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            drop(from.get_mut().write_all(&[head.as_bytes(), &body].concat()));
        }
    });
}

#[test]
fn npm_tells_absent_from_down() {
    if !has("npm") {
        return;
    }
    let mood = std::sync::Arc::new(AtomicUsize::new(0));
    let theirs = std::sync::Arc::clone(&mood);
    let packument = |versions: &str| {
        format!(
            "{{\"name\":\"demo-of-ours\",\"dist-tags\":{{\"latest\":\"1.0.0\"}},\"versions\":{{{versions}}}}}"
        )
    };
    let version = |v: &str| {
        format!(
            "\"{v}\":{{\"name\":\"demo-of-ours\",\"version\":\"{v}\",\"dist\":{{\"tarball\":\"http://127.0.0.1/x.tgz\"}}}}"
        )
    };
    let url = serve(move |_| match theirs.load(SeqCst) {
        0 => (503, b"{}".to_vec()),
        1 => (404, b"{}".to_vec()),
        2 => (200, packument(&version("1.0.0")).into()),
        _ => (200, packument(&format!("{},{}", version("1.0.0"), version("1.1.0"))).into()),
    });
    let vars = [
        ("npm_config_registry", url.as_str()),
        ("npm_config_fetch_retries", "0"),
        ("npm_config_update_notifier", "false"),
    ];
    let world =
        with_recipe("npm", "package.json", "{\"name\": \"demo-of-ours\", \"version\": \"1.1.0\"}", &vars);
    released(&world).code(75);
    let (state, why) = step(&world);
    assert!(state == "retrying" && why.contains("the probe cannot tell"), "{state}: {why}");
    assert!(!world.path("home/ran").exists(), "nothing runs while the registry is down");
    for now in [1, 2] {
        mood.store(now, SeqCst);
        drop(std::fs::remove_file(world.path("home/ran")));
        world.allclear(&["after", "--retry", "it"]).code(0);
        world.allclear(&["tick"]).code(75);
        assert!(world.path("home/ran").exists(), "mood {now}: {:?}", step(&world));
    }
    mood.store(3, SeqCst);
    world.allclear(&["after", "--retry", "it"]).code(0);
    world.allclear(&["tick"]).code(0).says("step it is done already: 1.1.0 is published");
}

#[test]
fn cargo_tells_absent_from_down() {
    let manifest = "[package]\nname = \"demo-of-ours\"\nversion = \"1.1.0\"\nedition = \"2021\"\n\
                    description = \"d\"\nlicense = \"MIT\"\n";
    // The toolchain's own cargo: a shim of rustup would look for its toolchains in this home.
    let bin = std::path::Path::new(env!("CARGO")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let world = with_recipe("crates", "Cargo.toml", manifest, &[("PATH", &path), ("CARGO_NET_RETRY", "0")]);
    world.write("demo/Cargo.toml", manifest);
    world.write("demo/src/lib.rs", "//! Nothing.\n");
    let mut package = world.command(env!("CARGO"), "demo");
    package.args(["package", "-q", "--no-verify", "--allow-dirty"]);
    assert!(package.env("CARGO_TARGET_DIR", world.path("packed")).status().unwrap().success());
    let packed = std::fs::read(world.path("packed/package/demo-of-ours-1.1.0.crate")).unwrap();
    let sum = world.command("sha256sum", "packed/package").arg("demo-of-ours-1.1.0.crate").output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let line = format!(
        "{{\"name\":\"demo-of-ours\",\"vers\":\"1.1.0\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false}}\n",
        sum.split(' ').next().unwrap()
    );
    let mood = std::sync::Arc::new(AtomicUsize::new(0));
    let theirs = std::sync::Arc::clone(&mood);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let config = format!("{{\"dl\":\"{url}dl/{{crate}}\"}}");
    serve_on(listener, move |path| match (theirs.load(SeqCst), path) {
        (0, _) => (503, Vec::new()),
        (_, "/config.json") => (200, config.clone().into()),
        (2, "/de/mo/demo-of-ours") => (200, line.clone().into()),
        (2, "/dl/demo-of-ours") => (200, packed.clone()),
        (_, _) => (404, Vec::new()),
    });
    let config =
        format!("[source.crates-io]\nreplace-with = \"own\"\n[source.own]\nregistry = \"sparse+{url}\"\n");
    world.write("home/.cargo/config.toml", &config);
    released(&world).code(75);
    let (state, why) = step(&world);
    assert!(state == "retrying" && why.contains("the probe cannot tell"), "{state}: {why}");
    assert!(!world.path("home/ran").exists(), "nothing runs while the registry is down");
    mood.store(1, SeqCst);
    world.allclear(&["after", "--retry", "it"]).code(0);
    world.allclear(&["tick"]).code(75);
    assert!(world.path("home/ran").exists(), "{:?}", step(&world));
    mood.store(2, SeqCst);
    world.allclear(&["after", "--retry", "it"]).code(0);
    world.allclear(&["tick"]).code(0).says("step it is done already: 1.1.0 is published");
}

#[test]
fn a_manifest_without_a_name_runs_nothing() {
    let world = with_recipe("npm", "package.json", "{\"version\": \"1.1.0\"}", &[]);
    released(&world).code(75).talks("package.json at the tag names no package");
    assert!(!world.path("home/ran").exists());
}
