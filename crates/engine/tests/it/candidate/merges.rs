//! Merges on a candidate: each counts as what git's own merge of its parents gives, and as nothing more.

use allclear_core::CommitId;
use allclear_core::history::fixes::Class;
use allclear_testkit::World;

/// Candidate 1.1.0 has a fix of its own, and stable has a hot fix that the candidate lacks.
struct Board {
    world: World,
    /// The candidate's branch, and stable.
    ours: CommitId,
    theirs: CommitId,
}

const OWN: (&str, &str) = ("own.txt", "own\n");
const HOT: (&str, &str) = ("hot.txt", "hot\n");
const FEATURE: (&str, &str) = ("feature.txt", "a whole new feature\n");

/// The class of a merge, and why it has it.
type Classed = (Class, String);

fn fix(why: &str) -> Classed {
    (Class::Fix, why.into())
}

fn beyond(paths: &str) -> Classed {
    (Class::Unclassified, format!("a merge that differs from git's own merge in {paths}"))
}

impl Board {
    fn new() -> Self {
        Self::with(&[], &[])
    }

    /// The same, where the fixes also change these files.
    fn with(own: &[(&str, &str)], hot: &[(&str, &str)]) -> Self {
        let world = World::new();
        world.cut();
        Self::on(world, own, hot)
    }

    fn on(world: World, own: &[(&str, &str)], hot: &[(&str, &str)]) -> Self {
        let ours = world.commit("release-1.1.0", "fix: own", &[&[OWN], own].concat());
        let theirs = world.commit("master", "fix: hot", &[&[HOT], hot].concat());
        Self { world, ours, theirs }
    }

    /// Makes a commit with these parents on the candidate's branch, the files of the first and `files`, and classes it.
    fn class(&self, parents: &[&CommitId], files: &[(&str, &str)]) -> Classed {
        let made = self.commit("refs/heads/release-1.1.0", parents, files);
        self.class_of(&made)
    }

    fn class_of(&self, commit: &CommitId) -> Classed {
        let snapshot = self.world.machine("a").engine().observe().unwrap();
        let board = &snapshot.facts.candidates.values().next().unwrap().commits;
        let commit = board.iter().find(|c| c.id == *commit).unwrap();
        (commit.class, commit.why.clone())
    }

    fn commit(&self, branch: &str, parents: &[&CommitId], files: &[(&str, &str)]) -> CommitId {
        let mut stream =
            format!("commit {branch}\nmark :1\ncommitter A <a@b> 1 +0000\ndata 11\nMerge them.\n");
        for (parent, word) in parents.iter().zip(["from"].into_iter().chain(std::iter::repeat("merge"))) {
            stream.push_str(&format!("{word} {parent}\n"));
        }
        for (path, text) in files {
            stream.push_str(&format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()));
        }
        stream.push_str("get-mark :1\n");
        let made = self.world.try_git(
            &self.world.server(),
            &["fast-import", "--quiet", "--force", "--date-format=raw-permissive"],
            stream.as_bytes(),
        );
        assert!(made.ok, "{}", made.err);
        CommitId::parse(&made.out).unwrap()
    }
}

#[test]
fn p4_a_merge_of_stable_brings_what_is_on_stable_and_nothing_else() {
    let board = Board::new();
    let (ours, theirs) = (&board.ours, &board.theirs);
    let streams = ("streams.txt", "streams\n");
    assert_eq!(board.class(&[ours, theirs], &[HOT]), fix("a merge of stable"));
    assert_eq!(board.class(&[ours, theirs], &[HOT, FEATURE]), beyond("feature.txt"));
    assert_eq!(board.class(&[ours, theirs], &[("hot.txt", "hot, and more\n")]), beyond("hot.txt"));
    // As `git merge -s ours` makes it, and as `-s theirs` would.
    assert_eq!(board.class(&[ours, theirs], &[]), beyond("hot.txt"));
    let policy = board.world.git(&["show", "develop:allclear.toml"]) + "\n";
    let rest = [("allclear.toml", policy.as_str()), streams];
    assert_eq!(board.class(&[theirs, ours], &rest), beyond("own.txt"));
    // Made on stable, and pushed to the candidate.
    let rest = [&[OWN][..], &rest].concat();
    assert_eq!(board.class(&[theirs, ours], &rest), fix("a merge of stable"));
    assert_eq!(board.class(&[theirs, ours], &[&[FEATURE][..], &rest].concat()), beyond("feature.txt"));
}

#[test]
fn p4_conflicts_with_stable_are_resolved_in_their_own_paths_which_are_named() {
    let odd = r#""odd\n\tname""#;
    let board = Board::with(
        &[("app.txt", "one\nours\nthree\n"), (odd, "ours\n")],
        &[("app.txt", "one\ntheirs\nthree\n"), (odd, "theirs\n")],
    );
    let (ours, theirs) = (&board.ours, &board.theirs);
    let resolved = [HOT, ("app.txt", "one\nboth\nthree\n"), (odd, "both\n")];
    let honest = fix("a merge of stable, with conflicts resolved in app.txt and odd\u{fffd} name");
    assert_eq!(board.class(&[ours, theirs], &resolved), honest);
    assert_eq!(board.class(&[ours, theirs], &[&resolved[..], &[FEATURE]].concat()), beyond("feature.txt"));
    // A topic that was begun before the hot fix and got it by such a merge.
    let topic = board.commit("refs/heads/topic", &[ours], &[("topic.txt", "topic\n")]);
    let merged = board.commit("refs/heads/topic", &[&topic, theirs], &resolved);
    board.commit(
        "refs/heads/release-1.1.0",
        &[ours, &merged],
        &[&resolved[..], &[("topic.txt", "topic\n")]].concat(),
    );
    assert_eq!(board.class_of(&merged), honest);
}

#[test]
fn p4_a_conflict_of_two_commits_that_are_older_than_the_cut_hides_nothing() {
    let world = World::new();
    let older = world.commit("develop", "feat: older", &[("app.txt", "one\nolder\nthree\n")]);
    world.commit("develop", "feat: newer", &[("app.txt", "one\ntwo\nthree\n")]);
    world.cut();
    let board = Board::on(world, &[], &[("app.txt", "one\ntheirs\nthree\n")]);
    let hidden =
        board.commit("refs/heads/side", &[&older, &board.theirs], &[HOT, ("app.txt", "a feature\n")]);
    board.commit("refs/heads/release-1.1.0", &[&board.ours, &hidden], &[HOT, ("app.txt", "a feature\n")]);
    assert_eq!(board.class_of(&hidden), beyond("app.txt"));
}

#[test]
fn p4_any_other_merge_has_nothing_of_its_own() {
    let board = Board::new();
    let (ours, theirs) = (&board.ours, &board.theirs);
    let next = board.world.commit("develop", "fix: next", &[("next.txt", "next\n")]);
    let plain = fix("a merge; what it brings is judged commit by commit");
    assert_eq!(board.class(&[ours, &next], &[("next.txt", "next\n")]), plain);
    assert_eq!(board.class(&[ours, &next], &[("next.txt", "next\n"), FEATURE]), beyond("feature.txt"));
    let (class, why) = board.class(&[ours, &next, theirs], &[("next.txt", "next\n"), HOT]);
    assert_eq!(class, Class::Unclassified);
    assert!(why.contains("git cannot make again"), "{why}");
    // What develop brings is on the list; how its conflicts were resolved is in no commit but this one.
    let clash = board.world.commit("develop", "fix: clash", &[("own.txt", "develop's\n")]);
    let joined = [("next.txt", "next\n"), ("own.txt", "both\n")];
    assert_eq!(board.class(&[ours, &clash], &joined), beyond("own.txt"));
}
