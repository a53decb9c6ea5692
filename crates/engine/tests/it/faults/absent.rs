//! Objects that the private store has lost: they are fetched again, or there is an error. Nothing is taken for absent
//! that the server has.

use crate::v;
use allclear_core::port::{CommitGraph, Merge, Objects, Remote, RepoError};
use allclear_core::{CommitId, RefName};
use allclear_git::Store;
use allclear_testkit::{Machine, World};
use std::collections::BTreeSet;

/// A machine that looked at a server with some history. Its store has each object in a file of its own, and borrows from
/// nobody.
struct Ground {
    world: World,
    /// Commits of develop, the newest first, each with a file of its own.
    commits: Vec<CommitId>,
    beside: CommitId,
}

impl Ground {
    fn new() -> Self {
        let world = World::new();
        let commit = |n: usize| {
            let (file, text) = (format!("f{n}/a.txt"), format!("{n}\n"));
            world.commit("develop", &format!("fix: number {n}"), &[(&file, &text)])
        };
        let mut commits: Vec<CommitId> = (0..4).map(commit).collect();
        commits.reverse();
        let beside = world.commit("master", "fix: beside", &[("beside.txt", "x\n")]);
        Self { world, commits, beside }
    }

    /// Opens the store from a clone that has nothing to lend.
    fn machine(&self) -> Machine {
        let bare = self.world.path().join("bare");
        if !bare.exists() {
            self.world.git_in(self.world.path(), &["init", "-q", "--bare", "bare"]);
            let server = self.world.server().display().to_string();
            self.world.git_in(&bare, &["remote", "add", "origin", &server]);
        }
        let machine = self.world.machine_at("a", &bare);
        machine.store.observe().unwrap();
        machine
    }

    /// Looks, and loses an object before it looks again.
    fn without(&self, lost: &str, commit_graph: bool) -> Machine {
        let store = self.machine().store.dir().to_path_buf();
        std::fs::remove_dir_all(&store).unwrap();
        drop(self.machine());
        let git = |args: &[&str]| self.world.git_in(&store, args);
        let objects = store.join("objects");
        let (packs, aside) = (objects.join("pack"), self.world.path().join("packs"));
        std::fs::rename(&packs, &aside).unwrap();
        std::fs::create_dir(&packs).unwrap();
        for pack in std::fs::read_dir(&aside).unwrap().map(|entry| entry.unwrap().path()) {
            if pack.extension().is_some_and(|end| end == "pack") {
                let bytes = std::fs::read(pack).unwrap();
                assert!(self.world.try_git(&store, &["unpack-objects", "-q"], &bytes).ok);
            }
        }
        std::fs::remove_dir_all(aside).unwrap();
        if commit_graph {
            git(&["commit-graph", "write", "--reachable"]);
        }
        let lost = git(&["rev-parse", lost]);
        std::fs::remove_file(objects.join(&lost[..2]).join(&lost[2..])).unwrap();
        self.machine()
    }
}

type Question = (&'static str, fn(&Ground, &Store) -> Result<String, RepoError>);

fn middle(ground: &Ground) -> &CommitId {
    &ground.commits[1]
}

/// What is asked, and what is lost before.
const QUESTIONS: &[(&str, Question)] = &[
    ("develop~1", ("is_ancestor", |g, s| Ok(s.is_ancestor(&g.commits[2], &g.commits[0])?.to_string()))),
    (
        "develop~1",
        ("is_ancestor of the lost", |g, s| Ok(s.is_ancestor(middle(g), &g.commits[0])?.to_string())),
    ),
    (
        "develop",
        ("contains", |g, s| {
            let graph = s.graph(&[g.commits[0].clone(), g.beside.clone()])?;
            Ok(format!(
                "{} {:?}",
                graph.contains(&g.beside, &g.commits[0]),
                graph.only(&g.commits[0], &[&g.beside])
            ))
        }),
    ),
    (
        "develop",
        ("lineage", |g, s| {
            let lineage = s.lineage(&g.commits[3], std::slice::from_ref(&g.commits[0]))?;
            Ok(format!("{:?}", lineage.holders(&g.commits[3]).into_iter().collect::<BTreeSet<_>>()))
        }),
    ),
    (
        "develop",
        ("since", |g, s| Ok(format!("{:?}", s.since(&g.beside, std::slice::from_ref(&g.commits[0]))?.order))),
    ),
    (
        "develop~1",
        ("merge", |g, s| Ok(format!("{:?}", s.merge(&[(g.commits[0].clone(), g.beside.clone())])?))),
    ),
    ("develop~1", ("paths", |g, s| Ok(format!("{:?}", s.paths(&g.commits)?)))),
    ("develop~1", ("patch ids", |g, s| Ok(format!("{:?}", s.patch_ids(&g.commits, false)?)))),
    ("develop~1", ("by prefix", |g, s| Ok(format!("{:?}", s.begins_with(&middle(g).as_str()[..12])?)))),
    ("develop~1", ("objects", |g, s| Ok(format!("{:?}", s.objects(&g.commits)?)))),
    ("develop~1", ("trees", |g, s| Ok(format!("{:?}", s.trees(&g.commits)?)))),
    (
        "develop:f2/a.txt",
        ("files", |g, s| Ok(format!("{:?}", s.files(&g.commits[0], &["f2/a.txt".into(), "no.txt".into()])?))),
    ),
    (
        "develop:f2",
        ("a file of many trees", |g, s| {
            let many: Vec<CommitId> = g.commits.iter().cycle().take(200).cloned().collect();
            Ok(format!("{:?}", s.file_of_each(&many, "f2/a.txt")?))
        }),
    ),
    ("develop:f2/a.txt", ("listing", |g, s| Ok(format!("{:?}", s.listing(&g.commits[0], &["f2/"])?)))),
    ("develop:f2/a.txt", ("text", |g, s| Ok(format!("{:?}", s.text_at(&g.commits[0], "f2/a.txt")?)))),
];

/// Asks every question of a store that has lost what it is about, with a commit-graph and without.
fn each(check: impl Fn(&Ground, &Question, &str, &Machine)) {
    let ground = Ground::new();
    let whole = ground.world.machine("whole");
    whole.store.observe().unwrap();
    for (lost, question) in QUESTIONS {
        let expected = question.1(&ground, &whole.store).unwrap();
        for commit_graph in [true, false] {
            println!("{} without {lost}, commit-graph {commit_graph}", question.0);
            check(&ground, question, &expected, &ground.without(lost, commit_graph));
        }
    }
}

#[test]
fn what_is_lost_is_fetched_and_never_taken_for_absent() {
    each(|ground, (_, ask), expected, machine| {
        let answer = match ask(ground, &machine.store) {
            // What was built in the old store is gone, so that its caller begins again.
            Err(RepoError::Remade(_)) => ask(ground, &machine.store),
            answer => answer,
        };
        assert_eq!(answer.unwrap(), expected);
    });
}

#[test]
fn what_is_lost_is_an_error_where_it_cannot_be_fetched() {
    each(|ground, (_, ask), expected, machine| {
        let (server, away) = (ground.world.server(), ground.world.path().join("away"));
        std::fs::rename(&server, &away).unwrap();
        match ask(ground, &machine.store) {
            // The commit-graph may say enough.
            Ok(answer) => assert_eq!(answer, expected),
            Err(error) => assert!(matches!(error, RepoError::Unavailable(_)), "{error:?}"),
        }
        std::fs::rename(&away, &server).unwrap();
    });
}

#[test]
fn what_neither_the_store_nor_the_server_has_is_absent_and_contained_nowhere() {
    let ground = Ground::new();
    let machine = ground.world.machine("a");
    let refs = machine.store.observe().unwrap();
    let nobodys = CommitId::parse(&"1".repeat(40)).unwrap();
    let develop = refs.get(&RefName::from_git("refs/heads/develop").unwrap()).unwrap();
    let (root, store) = (&ground.commits[3], &machine.store);
    let graph = store.graph(&[nobodys.clone(), develop.clone(), root.clone()]).unwrap();
    assert!(graph.absent.contains(&nobodys) && graph.common.contains(root));
    assert!(!graph.contains(develop, &nobodys) && !graph.contains(&nobodys, root));
    assert!(graph.contains(develop, root) && graph.contains(root, root) && !graph.contains(root, develop));
    // Nobody asked for what lies below.
    assert!(!graph.contains(develop, &ground.world.tip("refs/tags/v1.0.0").unwrap()));
    assert!(!store.is_ancestor(&nobodys, develop).unwrap());
    assert_eq!(store.objects(std::slice::from_ref(&nobodys)).unwrap(), [""]);
    assert!(store.begins_with("1111111111").unwrap().is_empty());
    assert!(store.paths(std::slice::from_ref(&nobodys)).is_err());
    assert!(store.patch_ids(std::slice::from_ref(&nobodys), false).is_err());
    assert_eq!(store.file_of_each(std::slice::from_ref(develop), "no/such.txt").unwrap(), [None]);
}

#[test]
fn a_clone_that_has_lost_what_it_lends_holds_nobody_up() {
    for loss in ["a commit", "a file", "all", "what is below its first commits"] {
        println!("{loss}");
        let world = World::soaked();
        let (clone, machine) = (world.clone_dir(), world.machine("a"));
        let git = |args: &[&str]| world.git_in(&clone, args);
        machine.engine().observe().unwrap();
        let objects = clone.join(".git/objects");
        let lose = |id: &str| std::fs::remove_file(objects.join(&id[..2]).join(&id[2..])).unwrap();
        match loss {
            "a commit" => lose(&git(&["rev-parse", "origin/master"])),
            "a file" => lose(&git(&["rev-parse", "origin/master:app.txt"])),
            "all" => {
                for folder in std::fs::read_dir(&objects).unwrap() {
                    std::fs::remove_dir_all(folder.unwrap().path()).unwrap();
                }
            }
            _ => {
                let server = format!("file://{}", world.server().display());
                git(&["fetch", "-q", "--depth=1", &server, "+refs/heads/*:refs/remotes/origin/*"]);
                git(&["checkout", "-q", "--detach", "origin/develop"]);
                git(&["branch", "-q", "-D", "master"]);
                git(&["tag", "-d", "v1.0.0"]);
                git(&["reflog", "expire", "--expire=now", "--all"]);
                git(&["gc", "-q", "--prune=now"]);
            }
        }
        drop(machine);
        world.commit("develop", "feat: more", &[("more.txt", "x\n")]);
        let (_, last) = world.until_quiet(&world.machine("a"));
        assert!(last.faults.is_empty(), "{loss}: {:?}", last.faults);
        assert_eq!(world.released(), [v("1.1.0")], "{loss}");
        world.check_promises();
    }
}
