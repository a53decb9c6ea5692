//! Notices: told once, told again where it did not arrive, and never while nobody is needed.

use crate::v;
use allclear_core::Event;
use allclear_engine::Note;
use allclear_testkit::{Machine, World};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A project with a candidate and these targets; `DIR` in them is a directory.
fn world(targets: &str) -> World {
    let world = World::new();
    let dir = world.path().join("mail");
    std::fs::create_dir(&dir).unwrap();
    let targets = targets.replace("DIR", &dir.display().to_string());
    world.policy(&format!("[project]\nname = \"demo\"\n{targets}"));
    world.cut();
    world
}

/// The notices that arrived, oldest first.
fn arrived(world: &World) -> Vec<Value> {
    let text = std::fs::read_to_string(world.path().join("mail/box")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tick(world: &World, name: &str) -> (Vec<String>, Vec<String>) {
    let ticked = world.machine(name).engine().tick(false).unwrap();
    (ticked.done.into_iter().map(|d| d.0).collect(), ticked.faults.into_iter().map(|f| f.what()).collect())
}

const COMMAND: &str = "[[notify]]\nrun = \"test ! -e DIR/broken && cat >> DIR/box && echo >> DIR/box\"\non = [\"blocked\", \"failed\", \"released\"]\n";

#[test]
fn told_once_and_several_things_in_one() {
    let world = world(COMMAND);
    for name in ["a", "b"] {
        assert_eq!(tick(&world, name), (vec![], vec![]), "it soaks, and nobody is needed");
    }
    let a = world.machine("a");
    a.engine().hold(None, "not yet", None).unwrap();
    world.commit("release-1.1.0", "feat: one more", &[("more.txt", "x\n")]);
    for name in ["a", "b", "a"] {
        tick(&world, name);
    }
    let notices = arrived(&world);
    assert_eq!(notices.len(), 1, "{notices:?}");
    let subjects: Vec<&str> =
        notices[0]["news"].as_array().unwrap().iter().filter_map(|n| n["subject"].as_str()).collect();
    assert_eq!(subjects, ["fixes", "hold"]);
    assert_eq!(
        (&notices[0]["schema"], &notices[0]["project"]),
        (&"allclear.notice/1".into(), &"demo".into())
    );
    let told = |e: &Event| matches!(e, Event::Noticed { to, keys } if to == "command" && keys.len() == 2);
    assert_eq!(world.events().iter().filter(|e| told(e)).count(), 1);
    world.check_promises();
}

#[test]
fn a_release_is_told_to_whom_asks() {
    let world = world(COMMAND);
    world.days(8);
    let (done, _) = tick(&world, "a");
    assert_eq!(done, ["released 1.1.0 as v1.1.0", "notified command of 1 thing"]);
    tick(&world, "b");
    let notices = arrived(&world);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["text"], "demo 1.1.0 released: released as v1.1.0");
    assert_eq!(world.released(), [v("1.1.0")]);
}

#[test]
fn what_did_not_arrive_is_told_again_with_growing_pauses() {
    let world = world(COMMAND);
    let broken = world.path().join("mail/broken");
    std::fs::write(&broken, "").unwrap();
    world.machine("a").engine().hold(None, "not yet", None).unwrap();
    let mut at = Vec::new();
    for minute in 0..10 {
        if !tick(&world, if minute % 2 == 0 { "a" } else { "b" }).1.is_empty() {
            at.push(minute);
        }
        world.minutes(1);
    }
    assert_eq!(at, [0, 1, 3, 7]);
    std::fs::remove_file(&broken).unwrap();
    world.minutes(5);
    assert_eq!(tick(&world, "b").0, ["notified command of 1 thing"]);
    tick(&world, "a");
    assert_eq!(arrived(&world).len(), 1);
}

#[test]
fn killed_before_it_is_recorded_it_is_told_again_with_the_same_id() {
    let world = world(COMMAND);
    let a: Machine = world.machine("a");
    a.engine().hold(None, "not yet", None).unwrap();
    let watch = |note: &Note| assert!(!matches!(note, Note::Notified(_)), "killed");
    assert!(catch_unwind(AssertUnwindSafe(|| a.engine_with(&a.store, &watch).tick(false))).is_err());
    tick(&world, "b");
    tick(&world, "b");
    let notices = arrived(&world);
    assert_eq!(notices.len(), 2);
    assert_eq!(notices[0]["id"], notices[1]["id"]);
}

/// Answers one request with a status; gives its head and body.
fn answer(listener: &TcpListener, status: &str) -> (String, String) {
    let (stream, _) = listener.accept().unwrap();
    let mut from = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).unwrap();
    let reply =
        format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\nLocation: /else\r\n\r\nok");
    from.get_mut().write_all(reply.as_bytes()).unwrap();
    (head, String::from_utf8(body).unwrap())
}

#[test]
fn a_webhook_hears_json_with_a_signature() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
    let world = world(&format!("[[notify]]\nwebhook = \"{url}\"\nsecret-env = \"HOOK_SECRET\"\n"));
    let env = world.environment("a");
    world.machine("a").engine().hold(None, "a \"quoted\" \\ reason\u{e9}", None).unwrap();
    // Without the secret nothing is sent at all.
    let (_, faults) = tick(&world, "a");
    assert_eq!(faults, ["webhook was not notified: the variable HOOK_SECRET is not set here"]);
    let a = world.machine("a").with_variables(&env, &[("HOOK_SECRET", "a key of ours")]);
    for (status, expected) in
        [("302 Found", "the server answered 302"), ("503 No", "the server answered 503")]
    {
        world.minutes(10);
        let ticked = std::thread::scope(|scope| {
            scope.spawn(|| answer(&listener, status));
            a.engine().tick(false).unwrap()
        });
        assert!(ticked.faults[0].what().ends_with(expected), "{:?}", ticked.faults);
    }
    world.minutes(10);
    let (head, body) = std::thread::scope(|scope| {
        let server = scope.spawn(|| answer(&listener, "204 No Content"));
        let ticked = a.engine().tick(false).unwrap();
        assert_eq!(ticked.done.len(), 1, "{ticked:?}");
        server.join().unwrap()
    });
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    let notice: Value = serde_json::from_str(&body).unwrap();
    assert!(notice["text"].as_str().unwrap().contains("a \"quoted\" \\ reason\u{e9}"), "{body}");
    let expected =
        world.try_git(world.path(), &["--version"], b"").ok.then(|| signed("a key of ours", &body)).unwrap();
    assert!(head.contains(&format!("X-Allclear-Signature: sha256={expected}\r\n")), "{head}");
    assert!(head.contains(&format!("X-Allclear-Id: {}\r\n", notice["id"].as_str().unwrap())), "{head}");
    println!("{notice:#}");
}

/// HMAC-SHA256 as RFC 2104 spells it out, apart from the library that the product uses.
fn signed(key: &str, text: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let pad = |byte: u8| block.map(|b| b ^ byte);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    outer.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn slack_hears_its_own_form_and_nobody_sees_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/services/T0/B0/s3cr3t", listener.local_addr().unwrap());
    let world = world("[[notify]]\nslack-env = \"SLACK\"\n");
    let a = world.machine("a").with_variables(&world.environment("a"), &[("SLACK", &url)]);
    a.engine().hold(None, "<!channel> & co", None).unwrap();
    let (_, body) = std::thread::scope(|scope| {
        let server = scope.spawn(|| answer(&listener, "200 OK"));
        a.engine().tick(false).unwrap();
        server.join().unwrap()
    });
    let said: Value = serde_json::from_str(&body).unwrap();
    assert!(said["text"].as_str().unwrap().contains("&lt;!channel&gt; &amp; co"), "{body}");
    drop(listener);
    a.engine().lift_hold(None, None).unwrap();
    world.commit("release-1.1.0", "feat: one more", &[("more.txt", "x\n")]);
    let ticked = a.engine().tick(false).unwrap();
    assert!(ticked.faults[0].what().starts_with("slack was not notified: "), "{ticked:?}");
    let record = world.git(&["log", "-p", "refs/allclear/ledger"]);
    assert!(!record.contains("s3cr3t") && !format!("{ticked:?}").contains("s3cr3t"));
}
