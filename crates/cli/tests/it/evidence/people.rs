//! `accept`, `approve`, `waive` and `report`, as people type them.

use crate::world::{QUICK, World};

#[test]
fn an_approval_is_asked_for_by_full_id() {
    let world = World::new(&format!("{QUICK}[gates.approvals]\ncount = 1\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["approve", "--commit", &"0".repeat(40), "--as", "Vera"]).code(5).talks("is at");
    let head = world.at("release-1.1.0");
    world.allclear(&["status"]).code(1).says("0 of 1 approval").says("anybody who is not an author");
    world.allclear(&["why", "approvals"]).code(1).says(&format!("allclear approve 1.1.0 --commit {head}"));
    world.allclear(&["approve", "--commit", &head]).code(3).talks("is an author");
    world.allclear(&["approve", "1.1.0", "--commit", &head, "--as", "Vera"]).code(0).says("is approved at");
    world.until("clear");
    world.allclear(&["why", "approvals"]).code(0).says("Vera");
    world.allclear(&["log"]).code(0).says("approve 1.1.0");
}

#[test]
fn a_waiver_lives_and_is_told_everywhere() {
    let world = World::new(&format!("{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["waive", "checks", "--as", "Vera"]).code(2).talks("--reason TEXT --for DURATION");
    world
        .allclear(&["waive", "version", "--reason", "because", "--for", "1d"])
        .code(3)
        .talks("cannot be waived");
    let head = world.at("release-1.1.0");
    let args =
        ["waive", "1.1.0", "checks:ci", "--reason", "the runner is down", "--for", "2d", "--commit", &head];
    let made = world.allclear(&[&args[..], &["--as", "Vera", "--json"]].concat()).code(0).json();
    assert_eq!((&made["schema"], &made["subject"]), (&"allclear.waive/1".into(), &"ci".into()));
    let seen = world.until("clear");
    let checks =
        seen["candidates"][0]["gates"].as_array().unwrap().iter().find(|g| g["gate"] == "checks").unwrap();
    assert_eq!(checks["verdict"], "waived");
    world
        .allclear(&["status"])
        .code(0)
        .says("waived by Vera (claimed by --as): the runner is down")
        .says(" · until ");
    world.allclear(&["why", "checks"]).code(0).says("allclear waive 1.1.0 checks --lift");
    world.allclear(&["status", "--now", "3d"]).code(8).says("no result of ci");
    world.allclear(&["log"]).code(0).says("waive checks:ci for 1.1.0");
    world.allclear(&["waive", "checks", "--lift"]).code(0).says("1 waiver of checks lifted");
    world.allclear(&["status"]).code(8);
    world
        .allclear(&["waive", "checks", "--reason", "the runner is down", "--for", "2d"])
        .code(0)
        .says("checks:ci");
    world.allclear(&["promote", "--yes"]).code(0);
    let tag = world.git("server.git", &["cat-file", "-p", "v1.1.0"]);
    assert!(tag.contains("checks:ci waived by Mira: the runner is down"), "{tag}");
}

#[test]
fn an_act_has_a_name_and_a_name_that_is_not_gits_is_told_as_such() {
    let world = World::new(&format!("{QUICK}[gates.approvals]\ncount = 1\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    let head = world.at("release-1.1.0");
    let by = |who: &str| world.allclear(&["approve", "--commit", &head, "--as", who]);
    by(" <>")
        .code(2)
        .talks("git knows no name for you")
        .talks("git config user.email ADDRESS")
        .talks("--as 'NAME <ADDRESS>'");
    by("Vera <vera@example.org>").code(0);
    world.allclear(&["why", "approvals"]).code(0).says("Vera (claimed by --as)");
    world.allclear(&["log"]).says("by Vera (claimed by --as; git's user is Mira)");
    world.allclear(&["hold", "--reason", "customer demo", "--as", "Vera"]).code(0);
    world.allclear(&["status"]).code(1).says("held by Vera (claimed by --as): customer demo");
    // Who says of themselves what git knows of them claims nothing more.
    world.allclear(&["hold", "--reason", "another demo", "--as", "mira@example.org"]).code(0);
    world.allclear(&["log", "-n", "1"]).says("by mira@example.org\n");
    std::fs::write(world.path("home/.gitconfig"), "[user]\n\tname = Mira\n").unwrap();
    let nameless = ["hold", "--reason", "no demo"];
    world.allclear(&nameless).code(2).talks("git knows no name for you");
    world.allclear(&["status"]).code(1);
    world.allclear(&["tick"]).code(0);
    world.allclear(&[&nameless[..], &["--as", "Ann <ann@example.org>"]].concat()).code(0);
    world.allclear(&["log", "-n", "1"]).says("by Ann\n");
}

#[test]
fn a_user_reports_and_a_captain_answers() {
    let world = World::clear();
    let bad = [
        "report",
        "bad",
        "--rc",
        "1.1.0-rc.1",
        "--as",
        "Ada",
        "--message",
        "panics at start\u{1b}[2J",
        "--json",
    ];
    let id = world.allclear(&bad).code(0).json()["report"].as_str().unwrap().to_owned();
    world.allclear(&["status"]).code(1).says("to be triaged").plainly();
    world.allclear(&["why", "reports"]).code(1).says("Ada: panics at start").says("report confirm").plainly();
    world.allclear(&["report", "bad", "--rc", "1.1.0"]).code(2).talks("is not an rc");
    world.allclear(&["report", "good", "--rc", "1.1.0-rc.2", "--as", "Ben"]).code(2).talks("has no rc.2");
    world.allclear(&["report", "resolve", &id]).code(2);
    world.allclear(&["report", "resolve", "ffffffff", "--not-ours", "no such"]).code(2).talks("no report");
    world.allclear(&["report", "confirm", &id]).code(0);
    world.allclear(&["promote", "--yes"]).code(1).talks("confirmed, not fixed");
    world.allclear(&["report", "resolve", &id, "--not-ours", "an old plugin of theirs"]).code(0);
    world.allclear(&["status"]).code(0).says("reports").says("0 good, 0 bad");
    world.allclear(&["report", "good", "--rc", "v1.1.0-rc.1", "--as", "Ben"]).code(0).says("counts for rc.1");
    world.allclear(&["status"]).code(0).says("1 good, 0 bad");
    world.allclear(&["ledger", "erase", &id]).code(0);
    world.allclear(&["why", "reports"]).code(0).says("(erased)");
}

#[test]
fn a_commit_of_no_known_class_is_answered_for() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let odd = world.push("release-1.1.0", "tidy.txt", "tidy\n", "tidy up");
    world.allclear(&["rc"]).code(0);
    world.allclear(&["why", "fixes"]).code(1).says(&format!("allclear accept {odd} --reason TEXT"));
    world.allclear(&["accept", &odd, "--reason", "?"]).code(2).talks("a reason is needed");
    world.allclear(&["accept", &odd[..9], "--reason", "only spaces"]).code(0).says("for good");
    world.allclear(&["accept", &odd, "--reason", "only spaces"]).code(0).says("accepted already");
    world.allclear(&["why", "fixes"]).code(0).says("accepted by Mira: only spaces");
    world.until("clear");
}

#[test]
fn what_ended_with_its_rc_needs_no_lifting_and_can_be_renewed() {
    let world = World::new(&format!("{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    let head = world.at("release-1.1.0");
    let cut = world.allclear(&["check", "ci", "failed", "--commit", &head]).code(0);
    assert!(!cut.err.contains("not the commit of an open candidate"), "{}", cut.err);
    world.allclear(&["status"]).code(1).says("allclear check ci passed --commit");
    world.allclear(&["waive", "checks", "--again"]).code(2).talks("no waiver of checks is on record");
    world.allclear(&["waive", "checks:ci", "--reason", "the runner is down", "--for", "2d"]).code(0);
    let ann = ["waive", "checks:ci", "--reason", "ops are on it", "--for", "2d", "--as", "Ann"];
    world.allclear(&ann).code(0);
    world.push("release-1.1.0", "fix.txt", "1", "fix: one");
    world.allclear(&["rc"]).code(0);
    world.allclear(&["waive", "checks", "--lift"]).code(0).says("checks is not waived for 1.1.0");
    world.allclear(&["waive", "checks:ci", "--again"]).code(0).says("is waived for 1.1.0");
    world.allclear(&["log", "-n", "1"]).code(0).says("the runner is down").says("by Mira");
    world.allclear(&["waive", "checks:ci", "--lift"]).code(0).says("1 waiver of checks:ci lifted");
    world.allclear(&["log"]).code(0).says("lift the waiver of checks:ci for 1.1.0");
}

#[test]
fn with_two_candidates_open_one_is_asked_for() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["hotfix", "--yes", "--reason", "it leaks"]).code(0);
    world.allclear(&["rc"]).code(2).talks("1.0.1 and 1.1.0 are open").talks("such as 1.0.1");
    world.allclear(&["rc", "9.9.9"]).code(2).talks("1.0.1 and 1.1.0 are open");
    world.allclear(&["hold", "1.1.0", "--reason", "x"]).code(2).talks("`x` says too little");
}
