//! Names, contents and entries that somebody made to do harm.

use crate::{released_in_the_end, untouched, v};
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::{CommitId, Event};
use allclear_engine::{CheckResult, CutWish, FaultKind, Snapshot};
use allclear_testkit::World;

fn trapped(snapshot: &Snapshot, name: &str) -> bool {
    snapshot.facts.traps.iter().any(|t| t.name.as_str() == name)
}

fn gate(world: &World, name: &str) -> (bool, String) {
    let assessment = world.machine("a").engine().observe().unwrap().assess(world.now());
    let gate = assessment.candidates[0].gates.iter().find(|g| g.gate.name() == name).unwrap();
    (gate.finding.verdict.is_clear(), gate.finding.summary.clone())
}

#[test]
fn p2_tags_and_branches_named_to_confuse_git_stop_nothing_and_are_reported() {
    let world = World::soaked();
    let id = world.tip("refs/tags/v1.0.0").unwrap();
    let hex = "0123456789012345678901234567890123456789";
    let traps = [
        "refs/tags/refs/heads/master".to_owned(),
        "refs/tags/release-1.1.0".to_owned(),
        "refs/tags/develop".to_owned(),
        format!("refs/heads/{hex}"),
        "refs/heads/Master".to_owned(),
    ];
    for name in &traps {
        world.git(&["update-ref", name, id.as_str()]);
    }
    for name in [
        "refs/heads/evil/refs/heads/master",
        "refs/heads/-x",
        "refs/tags/--output=x",
        "refs/heads/r\u{435}lease-1.2.0",
        "refs/heads/$(id)",
    ] {
        world.git(&["update-ref", name, id.as_str()]);
    }
    let snapshot = world.machine("a").engine().observe().unwrap();
    for name in &traps {
        let seen = trapped(&snapshot, name)
            || (name == "refs/heads/Master" && trapped(&snapshot, "refs/heads/master"));
        assert!(seen, "{name}: {:?}", snapshot.facts.traps);
    }
    assert!(
        snapshot.facts.strangers.iter().any(|s| s.name.as_str().contains('\u{435}')),
        "{:?}",
        snapshot.facts.strangers
    );
    world.machine("a").engine().promote(None, None).unwrap();
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p6_a_name_that_cannot_stand_beside_another_is_refused_with_both() {
    for evil in [
        "refs/heads/release-1.1.0/x",
        "refs/tags/v1.1.0/x",
        "refs/tags/v1.1.0-rc.1/x",
        "refs/heads/release-1.1.0",
        "refs/tags/v1.1.0-rc.1",
    ] {
        let world = World::new();
        world.git(&["update-ref", evil, "master"]);
        world.look();
        let before = world.branches_and_tags();
        let fault =
            world.machine("a").engine().cut(&CutWish { may_found: true, ..CutWish::default() }).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Blocked, "{fault}");
        assert!(
            fault
                .what()
                .contains(evil.strip_prefix("refs/heads/").or(evil.strip_prefix("refs/tags/")).unwrap()),
            "{fault}"
        );
        untouched(&world, &before);
    }
}

#[test]
fn p1_no_attribute_turns_a_conflict_into_a_clean_merge() {
    let world = World::new();
    world.cut();
    world.commit(
        "release-1.1.0",
        "fix: attributes",
        &[(".gitattributes", "* merge=union\n"), ("app.txt", "candidate\ntwo\nthree\n")],
    );
    world.commit(
        "develop",
        "feat: other",
        &[(".gitattributes", "* merge=union\n"), ("app.txt", "develop\ntwo\nthree\n")],
    );
    std::fs::write(world.clone_dir().join(".git/info/attributes"), "* merge=union\n").unwrap();
    std::fs::create_dir_all(world.home().join(".config/git")).unwrap();
    std::fs::write(world.home().join(".config/git/attributes"), "* merge=union\n").unwrap();
    std::fs::write(
        world.home().join(".gitconfig"),
        "[core]\n\tattributesFile = ~/.config/git/attributes\n[merge]\n\tdefault = union\n",
    )
    .unwrap();
    let (clear, summary) = gate(&world, "merge-back");
    assert!(!clear && summary.contains("app.txt"), "{summary}");
    world.days(20);
    world.until_quiet(&world.machine("a"));
    world.minutes(31);
    world.until_quiet(&world.machine("a"));
    world.days(20);
    world.until_quiet(&world.machine("a"));
    assert!(world.released().is_empty());
    world.check_promises();
}

#[test]
fn p1_a_policy_edited_on_the_candidate_is_not_in_force() {
    let world = World::new();
    world.cut();
    world.commit("release-1.1.0", "fix: haste", &[("allclear.toml", "preset = \"library@1\"\n[gates.soak]\nfor = \"1m\"\nafter-fix = \"1m\"\n[candidate]\nsettle = \"1m\"\n")]);
    let a = world.machine("a");
    world.until_quiet(&a);
    world.minutes(31);
    world.until_quiet(&a);
    world.minutes(31);
    world.until_quiet(&a);
    assert!(world.has("refs/tags/v1.1.0-rc.2") && world.released().is_empty());
    assert_eq!(a.engine().promote(None, None).unwrap_err().kind(), FaultKind::Waiting);
    world.policy("preset = \"library@1\"\n[gates.soak]\nfor = \"1m\"\nafter-fix = \"1m\"\n");
    assert!(!gate(&world, "soak").0, "frozen at the cut");
}

#[test]
fn p4_a_revert_that_takes_back_something_else_hides_no_feature() {
    let world = World::new();
    world.cut();
    let feat = world.commit("release-1.1.0", "feat: x", &[("x.py", "if a:\n    b()\n    c()\n")]);
    let message = format!("Revert \"feat: x\"\n\nThis reverts commit {feat}.");
    world.commit("release-1.1.0", &message, &[("x.py", "if a:\n    b()\nc()\n")]);
    let (clear, summary) = gate(&world, "fixes");
    assert!(!clear, "{summary}");
    // An evil merge is not waved through either.
    let world = World::new();
    world.cut();
    world.git(&["branch", "side", "release-1.1.0"]);
    world.commit("side", "fix: a", &[("a.txt", "a\n")]);
    let (ours, theirs) =
        (world.tip("refs/heads/release-1.1.0").unwrap(), world.tip("refs/heads/side").unwrap());
    let evil = world.commit("scratch", "feat: hidden", &[("evil.txt", "evil\n")]);
    let tree = world.git(&["rev-parse", &format!("{evil}^{{tree}}")]);
    let merge = world.git(&[
        "commit-tree",
        &tree,
        "-p",
        ours.as_str(),
        "-p",
        theirs.as_str(),
        "-m",
        "Merge branch 'side'",
    ]);
    world.git(&["update-ref", "refs/heads/release-1.1.0", &merge]);
    let (clear, summary) = gate(&world, "fixes");
    assert!(!clear, "{summary}");
}

#[test]
fn p1_a_force_pushed_candidate_is_drift_and_is_not_released() {
    let world = World::soaked();
    world.git(&["update-ref", "refs/heads/release-1.1.0", "v1.0.0^{commit}"]);
    let before = world.branches_and_tags();
    world.until_quiet(&world.machine("b"));
    world.days(30);
    world.until_quiet(&world.machine("b"));
    untouched(&world, &before);
    let (clear, summary) = gate(&world, "version");
    assert!(!clear && summary.contains("rewound"), "{summary}");
}

/// Somebody appends an entry that cannot be used; deciding stops until a person strikes it.
fn forged(json: &[u8]) {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().tick(true).unwrap();
    let entry = world.forge_entry(json);
    for name in ["a", "fresh"] {
        let machine = world.machine(name);
        let fault = machine.engine().tick(false).unwrap_err();
        assert!([FaultKind::Blocked, FaultKind::Refused].contains(&fault.kind()), "{fault}");
        machine.engine().promote(None, None).unwrap_err();
        let (clear, summary) = gate(&world, "clock");
        assert!(!clear && summary.contains(entry.short()), "{summary}");
    }
    a.engine().strike(std::slice::from_ref(&entry), "forged").unwrap();
    released_in_the_end(&world);
    assert!(world.machine("fresh").engine().tick(false).is_ok());
}

#[test]
fn p7_garbage_in_the_ledger_stops_deciding_until_it_is_struck() {
    forged(b"not json at all");
    forged(b"\xff\xfe\x00\x01");
    forged(&vec![b' '; 100 * 1024]);
}

#[test]
fn p7_an_entry_of_the_future_stops_deciding_until_it_is_struck() {
    forged(br#"{"schema":"allclear.entry/1","needs":1,"id":"ffffffffffffffffffffffffffffffff","claimed":"2099-01-01T00:00:00Z","by":{"who":"x","proof":"claimed"},"via":"cli","events":[{"kind":"HoldLifted","version":"1.1.0"}]}"#);
    forged(br#"{"schema":"allclear.entry/2","id":7,"events":{}}"#);
    forged(br#"{"schema":"allclear.entry/1","needs":1,"id":"ffffffffffffffffffffffffffffffff","claimed":"2026-11-03T10:00:00Z","by":{"who":"x","proof":"claimed"},"via":"cli","events":[{"kind":"SomethingNew","x":1}]}"#);
}

#[test]
fn p7_an_entry_with_two_parents_stops_deciding_until_it_is_struck() {
    let world = World::soaked();
    let head = world.tip("refs/allclear/ledger").unwrap();
    let json = world.git(&["rev-parse", &format!("{head}^{{tree}}")]);
    let other = world.git(&["commit-tree", &json, "-m", "another root"]);
    let made = world.git(&["commit-tree", &json, "-p", head.as_str(), "-p", &other, "-m", "two"]);
    world.git(&["update-ref", "refs/allclear/ledger", &made]);
    let a = world.machine("a");
    a.engine().tick(false).unwrap_err();
    world.machine("fresh").engine().tick(false).unwrap_err();
    a.engine().strike(&[CommitId::parse(&made).unwrap()], "forged").unwrap();
    a.engine().tick(false).unwrap();
}

#[test]
fn p7_a_sound_entry_cannot_be_struck_away() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().hold(None, "bad news", None).unwrap();
    let entry = world.tip("refs/allclear/ledger").unwrap();
    assert_eq!(
        a.engine().strike(std::slice::from_ref(&entry), "I dislike it").unwrap_err().kind(),
        FaultKind::Refused
    );
    let forged = format!(
        r#"{{"schema":"allclear.entry/1","needs":1,"id":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","claimed":"{}","by":{{"who":"x","proof":"claimed"}},"via":"cli","events":[{{"kind":"Struck","entry":"{entry}","reason":"forged"}}]}}"#,
        world.now()
    );
    world.forge_entry(forged.as_bytes());
    let (done, _) = world.until_quiet(&world.machine("fresh"));
    assert!(done.is_empty() && world.released().is_empty(), "the hold stands: {done:?}");
}

#[test]
fn p7_an_rc_tagged_by_a_clock_of_the_future_can_be_struck_and_the_tag_is_no_alarm() {
    let world = World::new();
    world.cut();
    world.commit("release-1.1.0", "fix: a", &[("a.txt", "a\n")]);
    let wrong = world.lone_machine("wrong");
    wrong.clock.advance(3 * 365 * 86_400);
    wrong.engine().rc(None, None, false).unwrap();
    world.look();
    let entry = world.tip("refs/allclear/ledger").unwrap();
    let a = world.machine("a");
    a.engine().tick(false).unwrap_err();
    a.engine().strike(&[entry], "its clock was wrong").unwrap();
    a.engine().tick(false).unwrap();
    world.machine("fresh").engine().tick(false).unwrap();
}

#[test]
fn p7_a_mirror_push_that_deletes_the_ledger_is_detected_everywhere() {
    let world = World::new();
    world.cut();
    let a = world.machine("a");
    a.engine().tick(false).unwrap();
    let head = world.tip("refs/allclear/ledger").unwrap();
    let clone = world.clone_dir();
    world.git_in(&clone, &["fetch", "-q", "--tags"]);
    world.git_in(&clone, &["branch", "-q", "release-1.1.0", "origin/release-1.1.0"]);
    world.git_in(&clone, &["checkout", "-q", "-B", "develop", "origin/develop"]);
    world.git_in(&clone, &["branch", "-q", "-f", "master", "origin/master"]);
    world.git_in(&clone, &["push", "-q", "--mirror"]);
    assert!(!world.has("refs/allclear/ledger"));
    for name in ["a", "fresh"] {
        let machine = world.machine(name);
        let fault = machine.engine().tick(false).unwrap_err();
        assert!(
            fault.kind() == FaultKind::Blocked && fault.what().contains("was rewound"),
            "{name}: {fault}"
        );
        let cut = machine.engine().cut(&CutWish { may_found: true, ..CutWish::default() }).unwrap_err();
        assert!(cut.what().contains("was rewound"), "{name}: no second ledger: {cut}");
    }
    world.git(&["update-ref", "refs/allclear/ledger", head.as_str()]);
    a.engine().tick(false).unwrap();
}

#[test]
fn p7_another_ledger_in_its_place_is_detected() {
    let world = World::new();
    world.cut();
    let a = world.machine("a");
    a.engine().tick(false).unwrap();
    let tree = world.git(&["rev-parse", "refs/allclear/ledger^{tree}"]);
    let other = world.git(&["commit-tree", &tree, "-m", "begun anew"]);
    world.git(&["update-ref", "refs/allclear/ledger", &other]);
    assert!(a.engine().tick(false).unwrap_err().what().contains("was rewound"));
    let blob = world.git(&["rev-parse", "develop:allclear.toml"]);
    world.git(&["update-ref", "refs/allclear/ledger", &blob]);
    a.engine().tick(false).unwrap_err();
    world.machine("fresh").engine().tick(false).unwrap_err();
}

#[test]
fn p4_huge_and_odd_messages_are_only_text() {
    let world = World::new();
    let huge = format!("fix: {}\u{1b}[31m\u{202e}", "x".repeat(10 << 20));
    world.commit_bytes("develop", huge.as_bytes(), &[("a.txt", "a\n")]);
    world.commit_bytes(
        "develop",
        b"fix: \xff\xfe \x1b]8;;http://x\x07 @everyone <script>",
        &[("b.txt", "b\n")],
    );
    let parent = world.tip("refs/heads/develop").unwrap();
    let raw = format!(
        "tree {}\nparent {parent}\nauthor D\u{1b}ev <d@e> 1 +0000\ncommitter Dev <d@e> 1 +0000\n\nfix: nul\0hidden\nfeat!: more\0\0\n",
        world.git(&["rev-parse", "develop^{tree}"])
    );
    let nul = world.try_git(
        &world.server(),
        &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        raw.as_bytes(),
    );
    assert!(nul.ok, "{}", nul.err);
    world.git(&["update-ref", "refs/heads/develop", &nul.out]);
    world.cut();
    world.commit_bytes("release-1.1.0", huge.as_bytes(), &[("c.txt", "c\n")]);
    let snapshot = world.machine("a").engine().observe().unwrap();
    let commits = &snapshot.facts.candidates[&v("1.1.0")].commits;
    assert!(
        commits
            .iter()
            .all(|c| c.subject.len() < 1000 && !c.subject.chars().any(|c| c.is_control() || c == '\u{202e}')),
        "{commits:?}"
    );
    let a = world.machine("a");
    for day in [0, 1, 12, 1] {
        world.days(day);
        world.until_quiet(&a);
    }
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p7_what_people_write_is_bounded_before_it_is_recorded() {
    let world = World::soaked();
    let a = world.machine("a");
    let commit = world.tip("refs/heads/release-1.1.0").unwrap();
    for name in ["", " ", "a\nb", &"x".repeat(101)] {
        let check = CheckResult {
            name: name.into(),
            outcome: CheckOutcome::Passed,
            commit: commit.clone(),
            url: None,
        };
        assert_eq!(a.engine().check(vec![check]).unwrap_err().kind(), FaultKind::Usage);
    }
    assert_eq!(a.engine().hold(None, "  . ", None).unwrap_err().kind(), FaultKind::Usage);
    a.engine().hold(None, &"\u{1b}[31m\0\u{202e}x".repeat(100_000), None).unwrap();
    let subject = world.git(&["log", "-1", "--format=%s", "refs/allclear/ledger"]);
    assert!(
        !subject.chars().any(|c| c.is_control() || c == '\u{202e}') && subject.len() < 400,
        "{subject:?}"
    );
    assert!(world.events().iter().any(|e| matches!(e, Event::Held { .. })));
    let many = (0..200).map(|n| CheckResult {
        name: format!("{n:0>100}"),
        outcome: CheckOutcome::Failed,
        commit: commit.clone(),
        url: Some("u".repeat(2000)),
    });
    a.engine().check(many.collect()).unwrap();
    world.check_promises();
}

#[test]
fn p8_a_deleted_rc_tag_is_put_back_as_recorded_or_told_again() {
    let world = World::soaked();
    let object = world.git(&["rev-parse", "refs/tags/v1.1.0-rc.1"]);
    world.git(&["update-ref", "-d", "refs/tags/v1.1.0-rc.1"]);
    world.excuse("refs/tags/v1.1.0-rc.1");
    let b = world.machine("b");
    let (done, _) = world.until_quiet(&b);
    assert!(done.is_empty() && !gate(&world, "version").0, "b does not have it: {done:?}");
    world.until_quiet(&world.machine("a"));
    assert_eq!(world.git(&["rev-parse", "refs/tags/v1.1.0-rc.1"]), object);
    let world = World::soaked();
    world.git(&["update-ref", "-d", "refs/tags/v1.1.0-rc.1"]);
    world.excuse("refs/tags/v1.1.0-rc.1");
    let (_, n, commit) = world.machine("b").engine().rc(None, None, false).unwrap();
    assert_eq!((n, Some(commit)), (1, world.tip("refs/tags/v1.1.0-rc.1")));
    released_in_the_end(&world);
}

#[test]
fn p4_a_feature_whose_revert_was_reverted_is_no_fix() {
    let world = World::new();
    world.cut();
    let commit = |message: &str, text: &str| world.commit("release-1.1.0", message, &[("notes.txt", text)]);
    let revert = |of: &CommitId| format!("Revert \"x\"\n\nThis reverts commit {of}.");
    commit("fix: notes", "a\n");
    let feat = commit("feat: evil", "a\nevil\n");
    let first = commit(&revert(&feat), "a\n");
    assert!(gate(&world, "fixes").0, "it is taken back");
    commit(&revert(&first), "a\nevil\n");
    let (clear, summary) = gate(&world, "fixes");
    assert!(!clear && summary.contains("evil"), "{summary}");
}

#[test]
fn p1_another_branch_cannot_make_itself_develop() {
    let world = World::new();
    world.cut();
    let policy =
        "mode = \"run\"\n[branches]\ndevelop = \"aaa\"\n[gates.soak]\nfor = \"1s\"\nafter-fix = \"1s\"\n";
    world.git(&["branch", "aaa", "develop"]);
    world.commit("aaa", "feat: take over", &[("allclear.toml", policy), ("evil.txt", "evil\n")]);
    world.git(&["update-ref", "-d", "refs/heads/develop"]);
    let snapshot = world.machine("fresh").engine().observe().unwrap();
    assert!(snapshot.policy.get().is_none(), "the record names develop, and it is gone");
}

/// Cuts 9.9.9 in the record alone, as one who may not write to develop, and says that `develop` is develop.
fn forge_cut(world: &World, develop: &str) {
    let cut = &world.machine("a").engine().observe().unwrap().project.candidates[&v("1.1.0")].cut;
    let mut json = serde_json::to_value(cut).unwrap();
    json["kind"] = "CandidateCut".into();
    json["version"] = "9.9.9".into();
    json["branch"] = "release-9.9.9".into();
    json["policy"]["branches"]["develop"] = develop.into();
    let entry = serde_json::json!({
        "schema": "allclear.entry/1", "needs": 1, "id": "e".repeat(32), "claimed": world.now(), "via": "cli",
        "by": {"who": "mallory", "proof": "claimed"}, "events": [json],
    });
    world.forge_entry(entry.to_string().as_bytes());
}

#[test]
fn who_writes_to_the_record_alone_does_not_say_which_branch_is_develop() {
    let world = World::new();
    world.cut();
    let told = world.path().join("told");
    let policy = format!(
        "mode = \"run\"\n[branches]\ndevelop = \"evil\"\n[[notify]]\nrun = \"touch {}\"\n\
         on = [\"blocked\", \"failed\", \"released\"]\n",
        told.display()
    );
    world.git(&["branch", "evil", "develop"]);
    world.commit("evil", "feat: take over", &[("allclear.toml", &policy)]);
    world.machine("a").engine().hold(None, "look at it", None).unwrap();
    forge_cut(&world, "evil");
    let machine = world.machine("fresh");
    let project = machine.engine().observe().unwrap().project;
    assert_eq!(project.develop.unwrap().to_string(), "evil", "the record says so");
    let _ = machine.engine().tick(false);
    assert!(!told.exists(), "a script of a branch that nobody protects was run");
}

#[test]
fn develop_may_get_another_name() {
    let world = World::new();
    world.cut();
    let from = |world: &World| {
        let snapshot = world.machine("fresh").engine().observe().unwrap();
        snapshot.policy.get().and_then(|policy| policy.name.clone())
    };
    world.git(&["branch", "trunk", "develop"]);
    let policy = |name: &str| format!("[project]\nname = \"{name}\"\n[branches]\ndevelop = \"trunk\"\n");
    world.commit("trunk", "chore: move", &[("allclear.toml", &policy("new"))]);
    forge_cut(&world, "trunk");
    assert_ne!(from(&world).as_deref(), Some("new"), "develop itself does not say so");
    world.commit("develop", "chore: move", &[("allclear.toml", &policy("old"))]);
    assert_eq!(from(&world).as_deref(), Some("new"));
    world.git(&["update-ref", "-d", "refs/heads/develop"]);
    assert_eq!(from(&world).as_deref(), Some("new"), "the old branch may go");
}

#[test]
fn p1_a_cut_that_somebody_wrote_into_the_record_by_hand_is_not_released() {
    for honest in ["no commit", "no tag", "all but the hand"] {
        let world = World::new();
        world.cut();
        let door = world.commit("release-1.2.0", "fix: nothing to see", &[("door.txt", "open\n")]);
        // The branch begins where develop was cut, with a commit of the forger on top.
        let from = world.tip("refs/heads/develop").unwrap();
        let tree = world.git(&["rev-parse", &format!("{door}^{{tree}}")]);
        let head = match honest {
            "no commit" => world.git(&["commit-tree", &tree, "-p", from.as_str(), "-m", "Set the version"]),
            _ => from.to_string(),
        };
        world.git(&["update-ref", "refs/heads/release-1.2.0", &head]);
        let (id, now) = ("f".repeat(32), world.now());
        let trailer = if honest == "no tag" { String::new() } else { format!("\n\nAllclear-Ledger: {id}") };
        let message = format!("rc{trailer}");
        world.git(&["tag", "-a", "-m", &message, "v1.2.0-rc.1", &head]);
        let tag = world.refs().into_iter().find(|(name, _)| name == "refs/tags/v1.2.0-rc.1").unwrap().1;
        let snapshot = world.machine("a").engine().observe().unwrap();
        let mut cut = serde_json::to_value(&snapshot.project.candidates[&v("1.1.0")].cut).unwrap();
        for (key, value) in [("version", "1.2.0"), ("branch", "release-1.2.0"), ("head", &head)] {
            cut[key] = value.into();
        }
        cut["kind"] = "CandidateCut".into();
        let tagged = serde_json::json!({
            "kind": "RcTagged", "version": "1.2.0", "rc": 1, "commit": head, "tag": "v1.2.0-rc.1", "object": tag,
        });
        let entry = serde_json::json!({
            "schema": "allclear.entry/1", "needs": 1, "id": id, "claimed": now, "via": "cli",
            "by": {"who": "mallory", "proof": "claimed"}, "events": [cut, tagged],
        });
        world.forge_entry(entry.to_string().as_bytes());
        world.excuse("refs/tags/v1.2.0-rc.1");
        world.days(8);
        world.until_quiet(&world.machine("b"));
        let found = world.machine("b").engine().observe().unwrap().assess(world.now());
        let forged = found.candidates.iter().find(|c| c.version == v("1.2.0")).unwrap();
        let version = forged.gates.iter().find(|gate| gate.gate.name() == "version").unwrap();
        let unfounded = version.finding.summary.contains("it is not what the branches say");
        // What differs in nothing from what allclear would have cut is as good as that.
        assert_eq!(unfounded, honest != "all but the hand", "{honest}: {version:?}");
        assert_eq!(world.released(), [v("1.1.0")]);
    }
}
