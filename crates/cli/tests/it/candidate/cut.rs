//! `cut` and `rc`.

use crate::world::{QUICK, World};

#[test]
fn a_dry_run_changes_nothing() {
    let world = World::new(QUICK);
    let before = world.refs();
    world
        .allclear(&["cut", "--dry-run"])
        .code(0)
        .says("1.1.0 would be cut")
        .says("release-1.1.0")
        .says("v1.1.0-rc.1");
    let plan = world.allclear(&["cut", "--dry-run", "--json"]).code(0).json();
    assert_eq!((&plan["schema"], &plan["dry_run"]), (&"allclear.cut/1".into(), &true.into()));
    assert_eq!(plan["from"], world.at("develop"));
    assert_eq!(world.refs(), before);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let world = World::new(QUICK);
    let before = world.refs();
    world.allclear(&["cut"]).code(2).talks("no terminal to ask").talks("--yes");
    world.allclear_with(&["cut"], "y\n").code(2).talks("no terminal to ask");
    assert_eq!(world.refs(), before);
    world.allclear(&["cut", "--yes"]).code(0);
    world.until("clear");
    let before = world.refs();
    world.allclear(&["promote"]).code(2).talks("no terminal to ask");
    world.allclear(&["promote", "--when-clear"]).code(2).talks("no terminal to ask");
    assert_eq!(world.refs(), before);
}

#[test]
fn a_cut_makes_branch_tag_and_record_at_once() {
    let world = World::new(QUICK);
    let before = world.refs();
    world.allclear(&["cut", "--yes"]).code(0).says("1.1.0 cut from develop");
    let mut after = world.refs();
    assert_eq!(world.at("release-1.1.0"), world.at("develop"));
    assert_eq!(world.at("v1.1.0-rc.1"), world.at("develop"));
    for new in ["refs/heads/release-1.1.0", "refs/tags/v1.1.0-rc.1", "refs/allclear/ledger"] {
        assert!(after.remove(new).is_some(), "no {new}");
    }
    assert_eq!(after, before, "everything else stays");
    let tag = world.git("server.git", &["cat-file", "tag", "v1.1.0-rc.1"]);
    let entry = world.allclear(&["log", "--json"]).code(0).json()["entries"][0]["entry"]["id"].clone();
    assert!(tag.contains(&format!("Allclear-Ledger: {}", entry.as_str().unwrap())), "{tag}");
    world.allclear(&["cut", "--yes"]).code(1).talks("1.1.0 is still open");
}

#[test]
fn every_wrong_version_has_its_own_message() {
    let world = World::new(QUICK);
    let before = world.refs();
    let wrong = [
        ("01.2.3", "leading zero"),
        ("1.2.3-rc1", "pre-release"),
        ("99999999999.0.0", "above 999999999"),
        ("1.2", "has 2 numbers"),
        ("1.2.3.4", "has 4 numbers"),
        ("1.2.3+meta", "build metadata"),
        (" 1.2.3", "blanks"),
        ("v1.2.3", "begins with `v`"),
        ("one.two.three", "plain digits"),
        ("１.2.3", "plain digits"),
        ("", "plain digits"),
        ("1.2.3\u{1b}[31m", "plain digits"),
        ("1.0.0", "already released"),
        ("0.9.0", "lower than the last release 1.0.0"),
    ];
    for (version, expected) in wrong {
        let run = world
            .allclear(&["cut", "--yes", &format!("--version={version}")])
            .code(2)
            .talks(expected)
            .plainly();
        assert!(run.err.starts_with("error: "), "{version:?}: {}", run.err);
    }
    assert_eq!(world.refs(), before);
    world.allclear(&["cut", "--yes", "--version", "2.0.0"]).code(0).says("given by hand");
    assert_eq!(world.status()["candidates"][0]["version"], "2.0.0");
}

#[test]
fn the_version_follows_from_what_changed() {
    let world = World::new(QUICK);
    world.push("develop", "api.txt", "new\n", "feat!: another interface");
    let plan = world.allclear(&["cut", "--dry-run", "--json"]).code(0).json();
    assert_eq!((&plan["version"], &plan["bump"]), (&"2.0.0".into(), &"major".into()));
}

#[test]
fn files_that_carry_the_version_are_set_in_one_commit() {
    let world = World::new(QUICK);
    let manifest = "[package]\nname = \"lib\"\nversion = \"1.0.0\"\n";
    world.push("develop", "Cargo.toml", manifest, "feat: a manifest");
    let plan = world.allclear(&["cut", "--yes", "--json"]).code(0).json();
    assert_eq!(plan["changed"][0], "Cargo.toml");
    assert_eq!(world.at("release-1.1.0~1"), world.at("develop"));
    let text = world.git("server.git", &["show", "release-1.1.0:Cargo.toml"]);
    assert!(text.contains("version = \"1.1.0\""), "{text}");
    let changed = world.git("server.git", &["diff", "--name-only", "develop", "release-1.1.0"]);
    assert_eq!(changed, "Cargo.toml");
    let seen = world.until("clear");
    assert_eq!(
        seen["candidates"][0]["gates"][0]["verdict"], "passed",
        "the commit is no stranger to `fixes`"
    );
}

#[test]
fn nothing_new_is_nothing_to_cut() {
    let world = World::new(QUICK);
    world.git("clone", &["push", "-q", "origin", "develop:master"]);
    world.allclear(&["cut", "--yes"]).code(1).talks("everything on develop is released or cut already");
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    let world = World::new(QUICK);
    world.git("clone", &["push", "-q", "origin", "master:refs/heads/release-1.1.0"]);
    let before = world.refs();
    world.allclear(&["cut", "--yes"]).code(1).talks("release-1.1.0 exists already on the server");
    assert_eq!(world.refs(), before);
    world
        .allclear(&["status"])
        .code(0)
        .talks("release-1.1.0: looks like a candidate, but allclear did not cut it");
}

#[test]
fn without_develop_there_is_a_hint() {
    let world = World::new("");
    world.git("clone", &["push", "-q", "origin", ":develop"]);
    world
        .allclear(&["cut", "--yes"])
        .code(2)
        .talks("there is no allclear.toml on develop")
        .talks("allclear init");
}

#[test]
fn an_rc_is_a_commit() {
    let world = World::new(QUICK);
    world.allclear(&["rc"]).code(2).talks("there is no open candidate");
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["rc"]).code(2).talks("is rc.1 already");
    let fix = world.push("release-1.1.0", "lib.txt", "one and a half\n", "fix: a half");
    world.allclear(&["rc", "--commit", "1234567"]).code(5).talks("the candidate is at");
    world.allclear(&["rc", "1.1.0", "--commit", &fix]).code(0).says("1.1.0-rc.2 is");
    assert_eq!(world.at("v1.1.0-rc.2"), fix);
    let seen = world.status();
    assert_eq!(
        (&seen["candidates"][0]["rc"], &seen["candidates"][0]["tag"]),
        (&2.into(), &"v1.1.0-rc.2".into())
    );
    world.allclear(&["rc", "9.9.9"]).code(2).talks("there is no open candidate 9.9.9; 1.1.0 is open");
}

#[test]
fn a_rewound_branch_is_taken_only_on_record() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let fix = world.push("release-1.1.0", "lib.txt", "fixed\n", "fix: it");
    world.allclear(&["rc"]).code(0);
    world.git("clone", &["push", "-q", "--force", "origin", "develop:refs/heads/release-1.1.0"]);
    world.allclear(&["status"]).code(1).says("was rewound");
    world.allclear(&["rc"]).code(1).talks("was rewound").talks("git push --force").talks(&fix);
    let head = world.at("release-1.1.0");
    world.allclear(&["rc", "1.1.0", "--commit", &head, "--yes"]).code(0).says("1.1.0-rc.3");
    world.until("clear");
}
