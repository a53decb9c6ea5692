//! `withdraw`.

use crate::world::{QUICK, World};

const ARCHIVE: &str = "refs/allclear/archive/release-1.1.0";

#[test]
fn a_withdrawn_candidate_offers_its_fixes_until_develop_has_them() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let fix = world.push("release-1.1.0", "lib.txt", "one and a half\n", "fix: a half");
    let before = world.refs();
    world.allclear(&["withdraw", "--reason", "too slow"]).code(2).talks("no terminal to ask");
    world.allclear(&["withdraw", "--yes"]).code(2).talks("--reason");
    let dry = world.allclear(&["withdraw", "--dry-run", "--json", "--reason", "too slow"]).code(0).json();
    assert_eq!((&dry["schema"], &dry["archive"]), (&"allclear.withdraw/1".into(), &ARCHIVE.into()));
    assert_eq!(world.refs(), before);

    let run = world.allclear(&["withdraw", "1.1.0", "--yes", "--reason", "too slow"]).code(0);
    let run = run.says("1.1.0 is withdrawn").says("1 fix is not on develop").says("never used again");
    assert_eq!(world.refs().get(ARCHIVE), Some(&fix));
    assert!(!world.refs().contains_key("refs/heads/release-1.1.0"));
    assert!(world.refs().contains_key("refs/tags/v1.1.0-rc.1"));
    world.allclear(&["status"]).code(0).says("1.1.0 was withdrawn").says(&fix[..7]);
    world.allclear(&["log"]).says("withdraw 1.1.0: too slow");
    let seen = world.status();
    assert_eq!(seen["withdrawn"][0]["not_on_develop"][0]["commit"], fix.as_str());
    world.allclear(&["why"]).code(0).says("git cherry-pick -x");

    // The commands that were printed do what they say.
    let commands: Vec<&str> = run.out.lines().map(str::trim).filter(|l| l.starts_with("git ")).collect();
    assert_eq!(commands.len(), 4, "{}", run.out);
    for command in commands {
        let status = world.command("sh", "clone").args(["-c", command]).status().unwrap();
        assert!(status.success(), "{command}");
    }
    assert_eq!(world.status()["withdrawn"][0]["not_on_develop"], serde_json::json!([]));
    world
        .allclear(&["withdraw", "1.1.0", "--yes", "--reason", "too slow"])
        .code(0)
        .says("was withdrawn before");
    world.allclear(&["cut", "--yes", "--version", "1.1.0"]).code(2).talks("never used again");
    world.allclear(&["cut", "--yes"]).code(0).says("1.2.0 cut from develop").says("1.1.0 was withdrawn");
}

#[test]
fn what_cannot_be_withdrawn() {
    let world = World::new(QUICK);
    world.allclear(&["withdraw", "--yes", "--reason", "no"]).code(2).talks("there is no open candidate");
    world
        .allclear(&["withdraw", "9.9.9", "--yes", "--reason", "no"])
        .code(2)
        .talks("no open candidate 9.9.9");
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["withdraw", "--yes", "--reason", "."]).code(2).talks("a reason is needed");
    world.allclear(&["withdraw", "--offline", "--yes", "--reason", "no"]).code(2).talks("--offline");
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
    world.allclear(&["withdraw", "1.1.0", "--yes", "--reason", "no"]).code(2).talks("is released already");
}

#[test]
fn a_branch_that_comes_back_is_said() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["withdraw", "--yes", "--reason", "too slow"]).code(0);
    world.git("clone", &["push", "-q", "origin", "develop:refs/heads/release-1.1.0"]);
    world.allclear(&["tick"]).code(0);
    world.allclear(&["status"]).code(0).talks("1.1.0 was withdrawn, and nothing carries this on");
    assert!(world.refs().contains_key("refs/heads/release-1.1.0"));
    world.allclear(&["withdraw", "1.1.0", "--yes", "--reason", "too slow"]).code(0);
    assert!(!world.refs().contains_key("refs/heads/release-1.1.0"));
}
