//! `signer`, and signatures by real keys of real `ssh-keygen`.

use crate::world::{QUICK, World};

const SIGNED: &str = "trust = \"signed\"\n";

/// Makes a key for somebody, and lets their clone sign statements with it.
pub(crate) fn person(world: &World, clone: &str, name: &str) -> String {
    if !world.path(clone).exists() {
        world.git(".", &["clone", "-q", "-b", "develop", "server.git", clone]);
    }
    let file = world.path(&format!("home/{name}")).display().to_string();
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &file];
    let made = world.command("ssh-keygen", ".").args(args).status().unwrap();
    assert!(made.success(), "ssh-keygen makes a key");
    world.git(clone, &["config", "gpg.format", "ssh"]);
    world.git(clone, &["config", "user.name", name]);
    world.git(clone, &["config", "user.email", &format!("{name}@example.org")]);
    world.git(clone, &["config", "user.signingkey", &format!("~/{name}.pub")]);
    format!("{file}.pub")
}

/// Gives the fingerprint of the key in a file.
pub(crate) fn fingerprint(world: &World, file: &str) -> String {
    let output = world.command("ssh-keygen", ".").args(["-l", "-f", file]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

fn add<'a>(name: &'a str, key: &'a str, role: &'a str) -> Vec<&'a str> {
    vec!["signer", "add", name, "--key", key, "--role", role]
}

#[test]
fn the_root_names_the_first_signers() {
    let world = World::new(QUICK);
    let key = person(&world, "clone", "mira");
    world.allclear(&["signer", "list"]).code(0).says("No signers");
    world.allclear(&add("Mira", &key, "captain")).code(2).talks("fewer admins");
    world.allclear(&add("Mira", &key, "admin")).code(2).talks("no ledger yet");
    let mut founding = add("Mira <mira@example.org>", &key, "admin");
    founding.extend(["--role", "captain", "--yes"]);
    world.allclear(&founding).code(0).says("in force").talks("first signers");
    let list = world.allclear(&["signer", "list", "--json"]).code(0).json();
    assert_eq!(list["founded"], "root");
    assert_eq!(list["signers"][0]["fingerprint"], fingerprint(&world, &key));
    world.allclear(&["signer", "list"]).says("named by the root").says("admin, captain");
    // And the train starts on top of it.
    world.allclear(&["cut"]).code(2);
    world.allclear(&["cut", "--yes"]).code(0);
}

#[test]
fn a_key_that_is_none_is_refused() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let before = world.refs();
    for key in ["", "ssh-ed25519 AAAA", "/no/such/file", "ssh-dss AAAAB3NzaC1kc3MAAA"] {
        world.allclear(&add("Eve", key, "admin")).code(2).talks("not a public SSH key");
    }
    let key = person(&world, "clone", "mira");
    world.allclear(&add("Mira", &key, "boss")).code(2).talks("not a role");
    world.allclear(&["signer", "revoke", "SHA256:x", "--reason", "lost"]).code(2).talks("fingerprint");
    world.allclear(&["signer", "second"]).code(2).talks("no such proposal");
    assert_eq!(world.refs(), before);
}

#[test]
fn a_change_waits_for_as_many_admins_as_it_takes() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    let (mira, ben, eve) =
        (person(&world, "clone", "mira"), person(&world, "ben", "ben"), person(&world, "eve", "eve"));
    world.allclear(&add("Mira", &mira, "admin")).code(0);
    world.allclear(&["signer", "list"]).says("by a claim, not by the root");
    let mut second = add("Ben", &ben, "admin");
    second.extend(["--threshold", "2", "--reason", "two of us"]);
    world.allclear(&second).code(0);
    // From here on it takes two.
    let proposed = world.run("eve", &add("Eve", &eve, "admin")).code(1).says("stated by no admin");
    assert!(proposed.err.contains("allclear signer second"), "{}", proposed.err);
    world.run("eve", &["signer", "second"]).code(3).talks("its key is not an admin's");
    world.allclear(&["signer", "second"]).code(1).says("stated by Mira, and it takes 2 admins");
    world.allclear(&["signer", "list"]).says("would propose signers: Eve; stated by Mira");
    world.run("ben", &["signer", "second", "--json"]).code(0);
    assert_eq!(world.allclear(&["signer", "list", "--json"]).json()["signers"].as_array().unwrap().len(), 3);
    let gone = fingerprint(&world, &eve);
    world.run("eve", &["signer", "revoke", &gone, "--reason", "I leave"]).code(1);
    world.run("ben", &["signer", "second"]).code(0).says("in force");
    world.allclear(&["signer", "list"]).code(0);
    assert_eq!(world.allclear(&["signer", "list", "--json"]).json()["signers"].as_array().unwrap().len(), 2);
}

#[test]
fn only_a_captains_signature_lifts_where_signatures_count() {
    let world = World::new(&format!("{SIGNED}{QUICK}"));
    let (mira, _) = (person(&world, "clone", "mira"), person(&world, "ben", "ben"));
    let mut founding = add("Mira", &mira, "admin");
    founding.extend(["--role", "captain", "--yes"]);
    world.allclear(&founding).code(0);
    world.allclear(&["cut", "--yes"]).code(0);
    world.git(".", &["clone", "-q", "server.git", "plain"]);
    let warned = world.run("plain", &["hold", "--reason", "wait for me"]).code(0).talks("as a claim");
    assert!(warned.err.contains("hint: git config"), "{}", warned.err);
    for clone in ["plain", "ben"] {
        world.run(clone, &["hold", "--lift"]).code(3).talks("a captain's statement");
    }
    world.allclear(&["status"]).code(1).says("held by");
    world.allclear(&["hold", "--lift"]).code(0);
    world.until("clear");
    let log = world.allclear(&["log", "--json"]).json();
    let lifted = &log["entries"][0]["entry"];
    assert_eq!(lifted["events"][0]["kind"], "HoldLifted");
    assert!(lifted["statement"]["signature"].as_str().unwrap().starts_with("-----BEGIN SSH SIGNATURE-----"));
}

#[test]
fn a_claim_is_not_in_the_way_of_a_signature() {
    let world = World::new(&format!("{SIGNED}{QUICK}[gates.approvals]\ncount = 1\nnot = \"nobody\"\n"));
    let mira = person(&world, "clone", "mira");
    let mut founding = add("Mira", &mira, "admin");
    founding.extend(["--role", "captain", "--yes"]);
    world.allclear(&founding).code(0);
    world.allclear(&["cut", "--yes"]).code(0);
    world.git(".", &["clone", "-q", "server.git", "plain"]);
    let rc = world.at("release-1.1.0");
    let approve = ["approve", "--commit", &rc, "--as", "mira"];
    world.run("plain", &approve).code(0).talks("as a claim");
    world.allclear(&["why", "approvals"]).code(1).says("does not count");
    world.allclear(&approve).code(0);
    world.until("clear");
}

#[test]
fn a_check_counts_when_its_checker_signs_the_commit() {
    let world = World::new(&format!("{SIGNED}{QUICK}[gates.checks]\nrequired = [\"ci\"]\n"));
    let (mira, robot) = (person(&world, "clone", "mira"), person(&world, "robot", "robot"));
    let mut founding = add("Mira", &mira, "admin");
    founding.push("--yes");
    world.allclear(&founding).code(0);
    world.allclear(&add("CI", &robot, "checker:ci")).code(0);
    world.allclear(&["cut", "--yes"]).code(0);
    let rc = world.at("release-1.1.0");
    let check = ["check", "ci", "passed", "--commit", &rc];
    world.allclear(&check).code(0);
    world.allclear(&["why", "checks"]).code(8).says("no result");
    world.run("robot", &check).code(0);
    world.allclear(&["status"]).code(8);
    // A key is configured; only now does git sign commits with it.
    world.git("robot", &["config", "commit.gpgsign", "true"]);
    let file = world.path("home/robot.pub").display().to_string();
    world.git("robot", &["config", "user.signingkey", &file]);
    world.run("robot", &check).code(0);
    world.until("clear");
    world.run("robot", &["check", "ci", "failed", "--commit", &rc]).code(0);
    world.allclear(&check).code(0);
    world.allclear(&["status"]).code(1);
}
