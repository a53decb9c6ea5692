use super::*;
use crate::store::of_an_empty_server;
use std::fmt::Write;

const ALL: usize = 2 * PIECE + 100;

/// Writes a chain with one commit of every kind in each piece; gives the newest.
fn chain(store: &Store) -> CommitId {
    let mut stream = String::new();
    for n in 0..ALL {
        let text = if n % 5000 == 3 { "x".repeat(ENTRY_LIMIT + 1) } else { format!("{{\"n\": {n}}}") };
        let file = match n % 5000 {
            1 => "M 100644 inline other.json",
            2 => "M 100644 inline entry.json/below",
            4 => "M 120000 inline entry.json",
            5 => "M 100755 inline entry.json",
            _ => "M 100644 inline entry.json",
        };
        // Nothing is left of the commit before.
        writeln!(stream, "commit refs/in/chain\ncommitter A <a@b> {n} +0000\ndata 5\nentry\ndeleteall")
            .unwrap();
        writeln!(stream, "{file}\ndata {}\n{text}", text.len()).unwrap();
    }
    store.git().ok(&["fast-import", "--quiet"], stream.as_bytes()).unwrap();
    id(store, "refs/in/chain")
}

fn id(store: &Store, name: &str) -> CommitId {
    CommitId::parse(&store.git().line(&["rev-parse", name], b"").unwrap()).unwrap()
}

/// Puts a commit with an extra header, or with another parent, onto the chain.
fn commit(store: &Store, head: &CommitId, header: &str) -> CommitId {
    let tree = id(store, &format!("{head}^{{tree}}"));
    let people = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000";
    let text = format!("tree {tree}\nparent {head}\n{header}{people}\n\nmessage\n");
    let args = ["hash-object", "-w", "-t", "commit", "--literally", "--stdin"];
    CommitId::parse(&store.git().line(&args, text.as_bytes()).unwrap()).unwrap()
}

fn read(store: &Store, head: &CommitId, known: Option<&CommitId>) -> Vec<RawEntry> {
    let mut all = Vec::new();
    store.read_entries(head, known, &mut |raw| all.push(raw)).unwrap();
    all
}

fn read_plainly(store: &Store, head: &CommitId, known: Option<&CommitId>) -> Vec<RawEntry> {
    let mut all = Vec::new();
    let mut walked = Vec::new();
    store
        .walk(head, known, &mut |commit| {
            walked.insert(0, commit);
            Ok(())
        })
        .unwrap();
    store.read_in_order(&walked, &mut |raw| all.push(raw)).unwrap();
    all
}

#[test]
fn a_long_chain_gives_what_it_gives_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = of_an_empty_server(dir.path());
    let mut head = chain(&store);
    // The signed one is in a piece that is read ahead.
    head = commit(&store, &head, "gpgsig one\n two\n");
    let signed = head.clone();
    head = commit(&store, &head, "");
    let all = read(&store, &head, None);
    assert_eq!(all, read_plainly(&store, &head, None));
    assert_eq!(all.len(), ALL + 2);
    let why = |why| all.iter().filter(|raw| raw.json == Err(why)).count();
    // Neither a folder nor a link is a file.
    assert_eq!((why(Unreadable::Absent), why(Unreadable::TooLarge)), (12, 4));
    let found: Vec<_> = all.iter().filter(|raw| raw.signed.is_some()).map(|raw| raw.commit.clone()).collect();
    assert_eq!(found, [signed]);
    for known in [0, 10, ALL - 50] {
        let known = &all[known].commit;
        assert_eq!(read(&store, &head, Some(known)), read_plainly(&store, &head, Some(known)));
    }
    assert!(std::fs::read_dir(scratch(store.dir())).unwrap().next().is_none());
}

#[test]
fn what_hangs_behind_a_merge_is_not_on_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let store = of_an_empty_server(dir.path());
    let head = chain(&store);
    let other = commit(&store, &id(&store, &format!("{head}~5")), "");
    let merge = commit(&store, &head, &format!("parent {other}\n"));
    let head = commit(&store, &merge, "");
    let all = read(&store, &head, None);
    assert_eq!(all.len(), ALL + 2);
    assert_eq!((&all[ALL].commit, all[ALL].parents.len()), (&merge, 2));
}

#[test]
fn a_file_that_is_lost_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = of_an_empty_server(dir.path());
    let head = chain(&store);
    let lost = "1".repeat(40);
    let tree =
        store.git().line(&["mktree", "--missing"], format!("100644 blob {lost}\tentry.json\n").as_bytes());
    let args = ["commit-tree", &tree.unwrap(), "-p", head.as_str()];
    let person = ["AUTHOR", "COMMITTER"].into_iter().fold(store.git().clone(), |git, role| {
        git.with_env(&format!("GIT_{role}_NAME"), "A").with_env(&format!("GIT_{role}_EMAIL"), "a@b")
    });
    let head = CommitId::parse(&person.line(&args, b"m\n").unwrap()).unwrap();
    assert!(store.read_entries(&head, None, &mut |_| {}).is_err());
    assert!(store.read_entries(&head, Some(&id(&store, &format!("{head}~1"))), &mut |_| {}).is_err());
}
