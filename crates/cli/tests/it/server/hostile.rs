//! Addresses, names and texts of people who mean no good.

use crate::world::{QUICK, World};

#[test]
fn addresses_that_run_programs_or_leak_are_not_used() {
    let world = World::new(QUICK);
    let pwned = world.path("pwned").display().to_string();
    let hostile = [
        format!("ext::sh -c touch% {pwned}"),
        format!("ext::sh -c 'touch {pwned}'"),
        "git://127.0.0.1/x.git".to_owned(),
        format!("ssh://-oProxyCommand=touch${{IFS}}{pwned}/x"),
        format!("ssh://user@-oProxyCommand=touch${{IFS}}{pwned}/x"),
        format!("-oProxyCommand=touch${{IFS}}{pwned}:x"),
        format!("--upload-pack=touch {pwned}"),
        "fd::17".to_owned(),
        "http://example.org/x.git".to_owned(),
        "ftp://example.org/x.git".to_owned(),
        "https:///x".to_owned(),
        "/tmp/a\nb".to_owned(),
        "/tmp/a\u{1b}[31mb".to_owned(),
        "https://example.org/\u{7}x".to_owned(),
    ];
    for address in hostile {
        world.git("clone", &["config", "remote.origin.url", &address]);
        for args in [&["status"][..], &["cut", "--yes"], &["tick"], &["init", "--yes"]] {
            world.allclear(args).code(2).talks("is not used").plainly();
        }
        world.git("clone", &["config", "--unset-all", "remote.origin.url"]);
        world.git("clone", &["config", "remote.origin.url", "/nowhere"]);
        let run = world.allclear(&[&format!("--remote={address}"), "status"]).code(2).plainly();
        assert!(run.err.starts_with("error: "), "{address:?}: {}", run.err);
        assert!(!world.path("pwned").exists(), "{address:?} ran a program");
    }
}

#[test]
fn a_rewritten_address_is_judged_too() {
    let world = World::new(QUICK);
    world.git("clone", &["config", "url.ext::sh -c touch% /tmp/.insteadOf", "https://example.org/"]);
    world.git("clone", &["config", "remote.origin.url", "https://example.org/x"]);
    world.allclear(&["status"]).code(2).talks("remote helpers run programs");
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    let world = World::new(QUICK);
    world.git("clone", &["config", "remote.origin.url", "http://user:s3cret@127.0.0.1:1/x.git"]);
    for args in [&["status"][..], &["status", "--json"], &["cut", "--yes"]] {
        let run = world.allclear(args).code(75);
        assert!(!run.out.contains("s3cret") && !run.err.contains("s3cret"), "{run:?}");
    }
}

#[test]
fn texts_of_strangers_do_not_steer_the_terminal() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let evil = "feat: \u{1b}]0;owned\u{7}\u{1b}[2Jgone \u{202e}txet";
    world.push("release-1.1.0", "x.txt", "x\n", evil);
    world.allclear(&["rc"]).code(0);
    world.allclear(&["status"]).code(1).says("is not a fix").plainly();
    world.allclear(&["why"]).code(1).plainly();
    world.allclear(&["promote", "--yes"]).code(1).plainly();
    world.allclear(&["hold", "--reason", evil, "--as", evil]).code(0);
    for args in [&["status"][..], &["why"], &["log"], &["calendar"]] {
        world.allclear(args).plainly();
    }
    world.allclear(&["freeze", "--until", "1h", "--reason", evil]).code(0);
    for args in [&["status"][..], &["why"], &["log"], &["calendar"], &["cut", "--yes"]] {
        world.allclear(args).plainly();
    }
    // Programs get what was written, and whoever looks at it is not steered.
    let hidden = "hot\u{9b}31m \u{7f}\u{200b}\u{202e}\u{2066}\u{61c}\u{feff}\u{e0041}";
    world.allclear(&["freeze", "--until", "1h", "--reason", hidden]).code(0);
    for args in [&["log", "--json"][..], &["status", "--json"], &["calendar", "--json"]] {
        let run = world.allclear(args).plainly();
        assert!(
            hidden.chars().skip(3).all(|c| c.is_ascii_graphic() || c == ' ' || !run.out.contains(c)),
            "{args:?}"
        );
    }
    let log = world.allclear(&["log", "--json", "-n", "1"]).json();
    assert_eq!(log["entries"][0]["entry"]["events"][0]["reason"], hidden);
}

#[test]
fn tokens_that_a_server_says_do_not_go_on_record() {
    let world = World::clear();
    world.hook(
        "pre-receive",
        "while read old new ref; do\n[ $ref != refs/heads/master ] || {\n\
         echo 'curl: > PRIVATE-TOKEN: 0123456789abcdef, to https://ci:s3cr3t@intern/' >&2; exit 1; }\ndone",
    );
    let said = "curl: > PRIVATE-TOKEN: [masked: authorization], to https://ci:[masked: password]@intern/";
    world.allclear(&["promote", "--yes"]).code(3).talks(said);
    let record = world.allclear(&["log", "--json"]).code(0).out;
    assert!(record.contains(said) && !record.contains("s3cr3t") && !record.contains("0123456789abcdef"));
}

#[test]
fn hooks_filters_and_helpers_of_the_clone_do_not_run() {
    let world = World::new(QUICK);
    let pwned = world.path("pwned").display().to_string();
    let script = format!("touch {pwned}");
    for hook in ["pre-push", "post-checkout", "reference-transaction", "post-update", "fsmonitor"] {
        world.script(&format!("clone/.git/hooks/{hook}"), &script);
    }
    let run = world.path("clone/.git/hooks/fsmonitor").display().to_string();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "diff.external",
        "gpg.program",
        "remote.origin.receivepack",
        "remote.origin.uploadpack",
    ] {
        world.git("clone", &["config", key, &run]);
    }
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    assert!(!world.path("pwned").exists());
}

#[test]
fn odd_refs_on_the_server_are_reported_and_survived() {
    let world = World::new(QUICK);
    let id = world.at("develop");
    for name in [
        "refs/heads/0123456789012345678901234567890123456789",
        "refs/heads/MASTER",
        "refs/heads/release-x",
        "refs/heads/rеlease-9.9.9",
    ] {
        world.git("server.git", &["update-ref", name, &id]);
    }
    let run = world.allclear(&["status"]).code(0);
    for text in ["named like a commit id", "in case alone", "looks like a candidate's branch and is none"] {
        assert!(run.err.contains(text), "no {text:?} in {}", run.err);
    }
    world.allclear(&["cut", "--yes"]).code(0);
}
