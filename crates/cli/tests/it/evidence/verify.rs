//! `verify`: a record that is true, and the ways in which one is not.

use crate::project::signer::person;
use crate::world::{QUICK, Run, World};
use serde_json::{Value, json};

const LEDGER: &str = "refs/allclear/ledger";

/// A world that released 1.1.0 by the book.
fn released() -> World {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    release(&world);
    world
}

fn release(world: &World) {
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0);
}

fn verify(world: &World) -> Value {
    world.allclear(&["verify", "--json"]).json()
}

/// Gives what is not so of the newest release: about what, and why.
fn broken(world: &World) -> Vec<(String, String)> {
    let found = world.allclear(&["verify", "--json"]).code(1).json();
    let claims = found["releases"].as_array().unwrap().iter().flat_map(|r| r["claims"].as_array().unwrap());
    let claims = claims.chain(found["claims"].as_array().unwrap());
    let text = |claim: &Value, key: &str| claim[key].as_str().unwrap_or_default().to_owned();
    claims.filter(|c| c["truth"] == "does-not-hold").map(|c| (text(c, "about"), text(c, "why"))).collect()
}

/// Appends an entry to the ledger as any hand could that may push, and gives its commit.
pub(crate) fn forge(world: &World, claimed: &str, events: &Value, facts: Option<&Value>) -> String {
    forge_with(world, claimed, events, facts, &[])
}

/// Appends an entry with the raw bytes of objects beside it, each with its name.
fn forge_with(
    world: &World,
    claimed: &str,
    events: &Value,
    facts: Option<&Value>,
    attached: &[(&str, &str, &str)],
) -> String {
    let mut entry = json!({
        "schema": "allclear.entry/1", "needs": 2, "id": id_of(events), "claimed": claimed,
        "by": {"who": "Mira <mira@example.org>", "proof": "signed"}, "via": "cli", "events": events,
    });
    if let Some(facts) = facts {
        entry["facts"] = facts.clone();
    }
    let blob = |name: &str| {
        let file = world.path(&format!("forged/{name}")).display().to_string();
        let blob = world.git("server.git", &["hash-object", "-w", &file]);
        format!("100644 blob {blob}\t{name}\n")
    };
    world.write("forged/entry.json", &entry.to_string());
    let mut list = blob("entry.json");
    for (name, kind, id) in attached {
        let raw = world.command("git", "server.git").args(["cat-file", kind, id]).output().unwrap();
        assert!(raw.status.success(), "{id} is a {kind}");
        world.write(&format!("forged/{name}"), &String::from_utf8(raw.stdout).unwrap());
        list.push_str(&blob(name));
    }
    world.write("forged/tree", &list);
    let list = std::fs::File::open(world.path("forged/tree")).unwrap();
    let made = world.command("git", "server.git").arg("mktree").stdin(list).output().unwrap();
    let tree = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let who = ["-c", "user.name=Mira", "-c", "user.email=mira@example.org"];
    let args = [&who[..], &["commit-tree", &tree, "-p", LEDGER, "-m", "forged"]].concat();
    let commit = world.git("server.git", &args);
    world.git("server.git", &["update-ref", LEDGER, &commit]);
    commit
}

/// Numbers a forged entry by the length of what it tells.
fn id_of(events: &Value) -> String {
    format!("{:032x}", 0xf0 + events.to_string().len())
}

/// Gives the last entry that has an event of a kind.
fn entry_with(world: &World, kind: &str) -> Value {
    let log = world.allclear(&["log", "--json"]).json();
    let has =
        |e: &&Value| e["entry"]["events"].as_array().is_some_and(|v| v.iter().any(|e| e["kind"] == kind));
    log["entries"].as_array().unwrap().iter().find(has).unwrap()["entry"].clone()
}

#[test]
fn a_record_kept_by_the_book_holds() {
    let world = released();
    let before = (world.refs(), world.files("clone"));
    let root = world.git("server.git", &["rev-list", "--max-parents=0", LEDGER]);
    let run = world.allclear(&["verify"]).code(0).plainly();
    let run = run.says("trusted on first use").says("1.1.0     holds").says("The record holds: 1 release");
    let run = run.says("1.0.0     cannot be checked").says("before the record");
    assert!(run.err.contains("protects refs/allclear/ledger is not known"), "{}", run.err);
    world.allclear(&["verify", "--root", &root]).code(0).says("as you were told");
    let found = verify(&world);
    assert_eq!(found["schema"], "allclear.verify/1");
    assert_eq!((&found["holds"], &found["cannot-be-checked"]), (&json!(true), &json!(1)));
    let claims: Vec<&str> = found["releases"][0]["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["about"].as_str().unwrap())
        .collect();
    for about in [
        "tag",
        "stable",
        "develop",
        "facts",
        "policy",
        "verdict",
        "commits",
        "origin",
        "release commit",
        "merge-back",
        "tag object",
        "rc tags",
    ] {
        assert!(claims.contains(&about), "{about} is not among {claims:?}");
    }
    assert_eq!(found["new"], 0, "what was looked into is remembered");
    assert_eq!((world.refs(), world.files("clone")), before, "it only fetches");
}

#[test]
fn another_root_is_another_record() {
    let world = released();
    let other = world.at("master");
    world.allclear(&["verify", "--root", &other]).code(1).says("root does not hold").says("another record");
    world.allclear(&["verify", "--root", &other[..12]]).code(2).talks("not a full object id");
    let empty = World::new(QUICK);
    empty.allclear(&["verify"]).code(2).talks("no ledger yet");
}

#[test]
fn what_a_hand_moved_is_noticed() {
    let world = released();
    verify(&world);
    let develop = world.at("develop");
    world.git("server.git", &["tag", "-f", "-a", "-m", "mine", "v1.1.0", &develop]);
    let found = broken(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == "tag" && found[0].1.contains("it was published as"), "{found:?}");
    world
        .allclear(&["verify"])
        .code(1)
        .says("1.1.0     does not hold")
        .says("The record does not hold: 1 claim");
    world.git("server.git", &["tag", "-d", "v1.1.0"]);
    assert!(broken(&world)[0].1.contains("gone"));
}

#[test]
fn a_branch_set_back_and_a_release_by_hand_are_noticed() {
    let world = released();
    let first = world.at("v1.0.0");
    let stable = world.at("master");
    world.git("server.git", &["update-ref", "refs/heads/master", &first]);
    let found = broken(&world);
    assert_eq!(found.iter().map(|(about, _)| about.as_str()).collect::<Vec<_>>(), ["stable"]);
    world.git("server.git", &["update-ref", "refs/heads/master", &stable]);
    assert_eq!(verify(&world)["holds"], true);
    let by_hand = world.push("master", "lib.txt", "two\n", "fix: quickly");
    world.git("server.git", &["tag", "-a", "-m", "1.1.1", "v1.1.1", &by_hand]);
    let found = broken(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("released without allclear"), "{found:?}");
}

#[test]
fn a_release_that_was_not_clear_does_not_hold() {
    let world = World::new(&QUICK.replace("for = \"0s\"", "for = \"7d\""));
    world.allclear(&["cut", "--yes"]).code(0);
    // A hand promotes what soaked for no time, and says that all gates were clear.
    let told = by_hand(&world, |_| {});
    let name = |key: &str| told.promotion[key].as_str().unwrap().to_owned();
    told.forge(&world);
    world.git("server.git", &["update-ref", "refs/heads/master", &name("new_stable")]);
    world.git("server.git", &["update-ref", "refs/heads/develop", &name("new_develop")]);
    world.git("server.git", &["update-ref", "refs/tags/v1.1.0", &name("new_tag")]);
    world.git("server.git", &["update-ref", "-d", "refs/heads/release-1.1.0"]);
    let found = broken(&world);
    let why =
        |about: &str| found.iter().find(|(a, _)| a == about).map(|(_, why)| why.as_str()).unwrap_or_default();
    assert!(why("verdict").contains("soak was pending"), "{found:?}");
    let run = world.allclear(&["verify"]).code(1).says("1.1.0     does not hold");
    assert!(run.err.contains("it says that it is signed, and is not"), "{}", run.err);
    world.allclear(&["status"]).code(1).says("says that Mira <mira@example.org> released it");
}

/// A promotion that a hand makes up, with the facts that it claims.
pub(crate) struct Told {
    pub(crate) promotion: Value,
    pub(crate) facts: Value,
}

impl Told {
    /// Puts it on the ledger with the objects that nobody could fetch, and gives its entry.
    pub(crate) fn forge(&self, world: &World) -> String {
        let name = |key: &str| self.promotion[key].as_str().unwrap();
        let attached =
            [("stable.commit", "commit", name("new_stable")), ("release.tag", "tag", name("new_tag"))];
        let now = jiff::Timestamp::now().to_string();
        forge_with(world, &now, &json!([self.promotion]), Some(&self.facts), &attached)
    }
}

/// Makes up a promotion of 1.1.0 with all its objects on the server, but no ref. But for what `change` changes it is
/// as allclear would have made it.
pub(crate) fn by_hand(world: &World, change: impl FnOnce(&mut Value)) -> Told {
    let rc = world.at("release-1.1.0");
    let (stable, develop) = (world.at("master"), world.at("develop"));
    let who = ["-c", "user.name=Mira", "-c", "user.email=mira@example.org"];
    let merge = |tree: &str, one: &str, two: &str| {
        let tree = format!("{tree}^{{tree}}");
        let made = ["commit-tree", &tree, "-p", one, "-p", two, "-m", "Merge"];
        world.git("server.git", &[&who[..], &made].concat())
    };
    let new_stable = merge(&rc, &stable, &rc);
    let new_develop = merge(&develop, &develop, &new_stable);
    let mut promotion = json!({
        "kind": "Promoted", "version": "1.1.0", "commit": rc, "branch": "release-1.1.0",
        "stable_branch": "master", "develop_branch": "develop", "tag": "v1.1.0", "old_stable": stable,
        "old_develop": develop, "new_stable": new_stable, "new_develop": new_develop, "new_tag": rc,
    });
    change(&mut promotion);
    let (tag, tagged) = (promotion["tag"].as_str().unwrap(), promotion["new_stable"].as_str().unwrap());
    let message = format!("1.1.0\n\nAllclear-Ledger: {}", id_of(&json!([promotion])));
    world.git("server.git", &[&who[..], &["tag", "-a", "-m", &message, tag, tagged]].concat());
    let name = format!("refs/tags/{tag}");
    let made = world.git("server.git", &["rev-parse", &name]);
    world.git("server.git", &["update-ref", "-d", &name]);
    promotion["new_tag"] = json!(made);
    let digest = entry_with(world, "CandidateCut")["events"][1]["digest"].clone();
    let facts = json!({
        "now": jiff::Timestamp::now().to_string(), "rules": allclear_core::RULES, "policy": digest,
        "stable": stable, "develop": develop, "head": rc,
        "gates": [{"gate": "soak", "enforced": true, "verdict": "passed", "summary": "soaked"}],
    });
    Told { promotion, facts }
}

#[test]
fn facts_that_are_not_so_do_not_hold() {
    let world = released();
    let promoted = entry_with(&world, "Promoted");
    let facts = &promoted["facts"];
    assert_eq!(facts["commits"], json!([]));
    assert!(facts["merge_back"]["clean"]["tree"].is_string(), "{facts}");
    // The same chain told once more, with other facts under the promotion: another record, and not a true one.
    let entries = world.allclear(&["log", "--json"]).json()["entries"].as_array().unwrap().clone();
    let root = entries.last().unwrap()["commit"].as_str().unwrap().to_owned();
    world.git("server.git", &["update-ref", LEDGER, &root]);
    world.git(".", &["clone", "-q", "server.git", "fresh"]);
    for entry in entries.iter().rev().skip(1) {
        let mut facts = entry["entry"]["facts"].clone();
        if facts.is_object() {
            facts["stable"] = json!(root);
        }
        let claimed = entry["entry"]["claimed"].as_str().unwrap();
        forge(&world, claimed, &entry["entry"]["events"], Some(&facts).filter(|f| f.is_object()));
    }
    let found = broken(&world);
    let about: Vec<&str> = found.iter().map(|(about, _)| about.as_str()).collect();
    assert!(about.contains(&"completeness"), "the machine saw another record before: {found:?}");
    assert!(found.iter().any(|(about, why)| about == "facts" && why.contains("another stable")), "{found:?}");
    assert!(about.contains(&"tag object"), "{found:?}");
}

#[test]
fn signatures_are_shown_as_they_are() {
    let world = World::new(QUICK);
    let key = person(&world, "clone", "mira");
    world.git("clone", &["config", "commit.gpgsign", "true"]);
    world.git("clone", &["config", "user.signingkey", &key]);
    let args = [
        "signer",
        "add",
        "Mira <mira@example.org>",
        "--key",
        &key,
        "--role",
        "admin",
        "--role",
        "captain",
        "--yes",
    ];
    world.allclear(&args).code(0);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["hold", "--reason", "a moment"]).code(0);
    world.allclear(&["hold", "--lift"]).code(0);
    release(&world);
    let found = verify(&world);
    assert_eq!(found["holds"], true, "{found:#}");
    assert_eq!(found["recorded"], found["entries"]);
    assert_eq!(found["stated"], 2);
    assert_eq!(found["releases"][0]["by"]["proof"]["level"], "recorded");
    assert_eq!(found["releases"][0]["by"]["proof"]["key"]["name"], "Mira <mira@example.org>");
    world.allclear(&["verify"]).code(0).says("recorded by Mira's key");
    // The last entry told once more on top of itself: its signature is not over that.
    let head = world.git("server.git", &["rev-parse", LEDGER]);
    let text = world.git("server.git", &["cat-file", "commit", LEDGER]);
    let (tree, rest) = text.split_once("\nparent ").unwrap();
    world.write("forged/commit", &format!("{tree}\nparent {head}{}\n", &rest[40..]));
    let file = world.path("forged/commit").display().to_string();
    let commit = world.git("server.git", &["hash-object", "-t", "commit", "-w", &file]);
    world.git("server.git", &["update-ref", LEDGER, &commit]);
    let run = world.allclear(&["verify"]).code(0).says("1 checked now");
    assert!(run.err.contains("signature is not valid"), "{}", run.err);
}

#[test]
fn what_is_not_here_cannot_be_checked() {
    let world = released();
    world.git("server.git", &["tag", "-d", "v1.1.0-rc.1"]);
    let elsewhere = world.path("elsewhere").display().to_string();
    let world = world.with_env("XDG_CACHE_HOME", &elsewhere);
    let server = format!("file://{}", world.server().display());
    world.git(".", &["clone", "-q", "--depth", "1", &server, "shallow"]);
    let run = world.run("shallow", &["verify"]).code(0).says("1.1.0     cannot be checked");
    let run = run.says("published rcs cannot be checked: v1.1.0-rc.1 was deleted");
    run.says("rc tags cannot be checked")
        .says("as it was published, is not here")
        .says("2 cannot be checked");
    let found = world.run("shallow", &["verify", "--json"]).json();
    let claims = found["releases"][0]["claims"].as_array().unwrap();
    let verdict = claims.iter().find(|claim| claim["about"] == "verdict").unwrap();
    assert_eq!(verdict["truth"], "holds", "a shallow clone is no shallow record");
}

#[test]
fn a_cut_from_elsewhere_brings_its_own_law() {
    let world = World::new(&QUICK.replace("for = \"0s\"", "for = \"7d\""));
    world.allclear(&["cut", "--yes"]).code(0);
    // The candidate's policy is exchanged for one that no commit of develop has.
    let own = world.push("master", "allclear.toml", QUICK, "chore: my own law");
    let policy = allclear_core::policy::read(QUICK).unwrap().policy;
    let digest = allclear_core::policy::digest(&policy);
    let adopted = json!([{
        "kind": "PolicyAdopted", "version": "1.1.0", "policy": policy, "digest": digest, "from": own, "relaxed": [],
    }]);
    forge(&world, &jiff::Timestamp::now().to_string(), &adopted, None);
    // The candidate has to contain stable.
    world.git("other", &["fetch", "-q", "origin"]);
    world.git("other", &["checkout", "-q", "-B", "candidate", "origin/release-1.1.0"]);
    world.git("other", &["merge", "-q", "-X", "theirs", "-m", "Merge stable", "origin/master"]);
    world.git("other", &["push", "-q", "origin", "HEAD:refs/heads/release-1.1.0"]);
    world.allclear(&["rc"]).code(0);
    let (before, why) =
        (world.refs(), format!("its policy comes from {}, which develop does not have", &own[..7]));
    world.allclear(&["status"]).code(1).says(&why);
    world.allclear(&["promote", "1.1.0", "--yes"]).code(1).talks(&why);
    world.allclear(&["tick"]).code(0);
    assert_eq!(world.refs(), before, "nothing is released by a law that develop does not have");
}

#[test]
fn an_id_that_is_used_twice_and_a_time_far_back_are_told() {
    let world = World::clear();
    let now = entry_with(&world, "RcTagged")["claimed"].as_str().unwrap().to_owned();
    let held = json!([{"kind": "Held", "version": "1.1.0", "reason": "not yet", "until": null}]);
    forge(&world, &now, &held, None);
    world.allclear(&["verify"]).code(0);
    let twice = forge(&world, &now, &held, None);
    let late = forge(&world, "2019-05-04T10:00:00Z", &json!([]), None);
    let (id, time) = ("an earlier entry has the same id", "before that of the entry it follows");
    // In one go, and by a machine that had seen all before them.
    let fresh = || {
        let mut fresh = world.command(env!("CARGO_BIN_EXE_allclear"), "clone");
        fresh.arg("verify").env("XDG_CACHE_HOME", world.path("fresh"));
        Run::of(&fresh.output().unwrap())
    };
    for run in [world.allclear(&["verify"]), world.allclear(&["verify"]), fresh()] {
        let run = run.code(0).talks(&format!("entry {}: {id}", &twice[..7])).plainly();
        let notes = run.err.lines().filter(|line| line.contains(id) || line.contains(time)).count();
        assert!(
            notes == 2 && run.err.contains(&format!("entry {}: it claims a time", &late[..7])),
            "{}",
            run.err
        );
    }
    world.allclear(&["log"]).code(0).says(&format!("odd: {id}")).says(time);
    let log = world.allclear(&["log", "--json", "-n", "2"]).code(0).json();
    let odd = |n: usize| log["entries"][n]["odd"][0].as_str().unwrap().to_owned();
    assert!(odd(0).contains(time) && odd(1) == id, "{log}");
}
