//! `verify` of a hundred releases under ten thousand signed entries, by somebody new and by somebody who
//! looked before.

use crate::record::{LEDGER, forget};
use crate::table::{Samples, Table};
use crate::world::{Lab, POLICY, Size, Stream, change, project};
use allclear_core::CommitId;
use allclear_core::ledger;
use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::ledger::event::{CheckOutcome, Event};
use allclear_core::ledger::signature::GIT;
use sha1::{Digest, Sha1};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::path::{Path, PathBuf};
use std::time::Duration;

const RELEASES: usize = 100;
const ENTRIES: usize = 10_000;
const DEVELOP: &str = "refs/heads/develop";

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let (server, clone, key) = world(lab);
    let entries: usize = lab.git(&server, &["rev-list", "--count", LEDGER]).parse().expect("git counts");
    append(lab, &server, &key, ENTRIES.saturating_sub(entries));
    let first = lab.allclear(&clone, &["verify"]).expect("verify");
    println!("{}", first.lines().take(3).collect::<Vec<_>>().join("\n"));
    let (mut cold, mut warm, mut more) = <(Samples, Samples, Samples)>::default();
    for _ in 0..rounds {
        forget(&lab.at("cache"));
        cold.add(&lab.allclear(&clone, &["verify"]));
        warm.add(&lab.allclear(&clone, &["verify"]));
        append(lab, &server, &key, 100);
        more.add(&lab.allclear(&clone, &["verify"]));
    }
    table.below(
        "verify, 100 releases and 10,000 signed entries, nothing remembered",
        &cold,
        Duration::from_secs(10),
    );
    table.below("verify again", &warm, Duration::from_secs(1));
    table.below("verify with 100 signed entries more", &more, Duration::from_secs(1));
}

/// A project with so many releases, each by a signed train, and its signer.
fn world(lab: &Lab) -> (PathBuf, PathBuf, PrivateKey) {
    let server = lab.server("verify.git");
    project(lab, &server, Size { files: 50, commits: 20, ahead: 1, tags: 10 });
    let policy = POLICY.replace("\"1s\"", "\"0s\"");
    step(lab, &server, 0, vec![("allclear.toml".to_owned(), policy)]);
    let clone = lab.clone(&server, "verify", &["-n"]);
    let file = lab.at("key").display().to_string();
    lab.run(
        "ssh-keygen",
        &["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", &file],
        lab.at("").as_path(),
    )
    .expect("ssh-keygen");
    for (key, value) in
        [("gpg.format", "ssh"), ("commit.gpgsign", "true"), ("user.signingkey", file.as_str())]
    {
        lab.git(&clone, &["config", key, value]);
    }
    let public = format!("{file}.pub");
    let founding = [
        "signer",
        "add",
        "Mira <mira@example.org>",
        "--key",
        &public,
        "--role",
        "admin",
        "--role",
        "recorder",
        "--yes",
    ];
    lab.allclear(&clone, &founding).expect("the signers");
    for n in 1..=RELEASES {
        step(lab, &server, n, change(n * 31 % 50, 1000 + n));
        lab.allclear(&clone, &["cut", "--yes"]).expect("the cut");
        lab.allclear(&clone, &["promote", "--yes"]).expect("the release");
    }
    let text = std::fs::read_to_string(&file).expect("the key was made");
    (server, clone, PrivateKey::from_openssh(text).expect("ssh-keygen writes keys"))
}

/// Puts one commit on develop.
fn step(lab: &Lab, server: &Path, n: usize, files: Vec<(String, String)>) {
    let mut stream = Stream::default();
    let from = format!("{DEVELOP}^0");
    stream.commit(DEVELOP, Some(from.as_str()), &format!("feat: step {n}"), &files);
    lab.import(server, stream.text());
}

/// Appends signed checks to the ledger, all objects of a kind with one git.
fn append(lab: &Lab, server: &Path, key: &PrivateKey, n: usize) {
    let mut parent = lab.git(server, &["rev-parse", LEDGER]);
    let now = allclear_core::port::Clock::now(&allclear_git::SystemClock);
    let (mut blobs, mut trees, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..n {
        let commit = CommitId::parse(&format!("{:040x}", n % 1000)).expect("40 digits");
        let event =
            Event::CheckRecorded { name: "ci".into(), outcome: CheckOutcome::Passed, commit, url: None };
        let by = Actor { who: "ci <ci@example.org>".into(), proof: Proof::Signed };
        let id = format!("{n:016x}{}", &parent[..16]);
        let entry = allclear_core::ledger::entry::compose(id, now, by, Via::Ci, vec![event]);
        let blob = serde_json::to_vec_pretty(&entry).expect("an entry is JSON");
        let tree = [&b"100644 entry.json\0"[..], &digest("blob", &blob)].concat();
        let who = format!("ci <ci@example.org> {} +0000", now.as_second());
        let head =
            format!("tree {}\nparent {parent}\nauthor {who}\ncommitter {who}\n", hex(&digest("tree", &tree)));
        let payload = format!("{head}\ncheck ci\n");
        let signature = key.sign(GIT, HashAlg::Sha512, payload.as_bytes()).expect("the key signs");
        let armor = signature.to_pem(LineEnding::LF).expect("a signature has a form");
        let signed = format!("{head}gpgsig {}\n\ncheck ci\n", armor.trim_end().replace('\n', "\n "));
        parent = hex(&digest("commit", signed.as_bytes()));
        blobs.push(blob);
        trees.push(tree);
        commits.push(signed.into_bytes());
    }
    for (kind, objects) in [("blob", blobs), ("tree", trees), ("commit", commits)] {
        write(lab, server, kind, &objects);
    }
    lab.git(server, &["update-ref", LEDGER, &parent]);
    lab.git(server, &["repack", "-adq"]);
}

fn write(lab: &Lab, server: &Path, kind: &str, objects: &[Vec<u8>]) {
    let dir = lab.at("objects");
    std::fs::create_dir_all(&dir).expect("the directory is ours");
    let mut list = String::new();
    for (n, object) in objects.iter().enumerate() {
        let file = dir.join(n.to_string());
        std::fs::write(&file, object).expect("the directory is ours");
        list.push_str(&format!("{}\n", file.display()));
    }
    let script =
        format!("git hash-object -w -t {kind} --stdin-paths --no-filters > /dev/null <<'END'\n{list}END\n");
    std::fs::write(dir.join("write"), script).expect("the directory is ours");
    lab.run("sh", &[&dir.join("write").display().to_string()], server).expect("git hash-object");
}

fn digest(kind: &str, bytes: &[u8]) -> Vec<u8> {
    Sha1::new().chain_update(format!("{kind} {}\0", bytes.len())).chain_update(bytes).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
