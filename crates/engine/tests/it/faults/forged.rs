//! A liar who may push `refs/allclear/*` and nothing else: what the record tells then is not done, and each thing that
//! stops the train has one way out.

use crate::{released_in_the_end, v};
use allclear_core::ledger::event::ReportOutcome;
use allclear_core::types::gate::Gate;
use allclear_core::verify::Truth;
use allclear_core::{CommitId, Verdict};
use allclear_engine::{CutWish, FaultKind, ReleaseTruth, ReportWish, Snapshot};
use allclear_testkit::World;
use serde_json::{Value, json};

const LEDGER: &str = "refs/allclear/ledger";

/// Puts events on the record by hand.
fn forge(world: &World, events: &Value) -> CommitId {
    let entry = json!({
        "schema": "allclear.entry/1", "needs": 1, "id": "f".repeat(32), "claimed": world.now(), "via": "cli",
        "by": {"who": "mallory", "proof": "claimed"}, "events": events,
    });
    world.forge_entry(entry.to_string().as_bytes())
}

/// Gives the id of what a name leads to: a tag itself, or a file.
fn object(world: &World, name: &str) -> CommitId {
    CommitId::parse(&world.git(&["rev-parse", name])).unwrap()
}

/// Gives the cut of 1.1.0 as that of another version, of some commit.
fn cut(world: &World, version: &str, commit: &CommitId) -> Value {
    let mut cut = serde_json::to_value(&look(world, "a").project.candidates[&v("1.1.0")].cut).unwrap();
    for key in ["from", "head"] {
        cut[key] = json!(commit);
    }
    (cut["kind"], cut["version"]) = (json!("CandidateCut"), json!(version));
    cut["branch"] = json!(format!("release-{version}"));
    cut
}

/// Gives the promotion of some commit by a tag, which leaves the branches where they are.
fn promoted(world: &World, version: &str, commit: &CommitId, tag: &str, object: &CommitId) -> Value {
    let (master, develop) = (world.tip("refs/heads/master"), world.tip("refs/heads/develop"));
    json!({
        "kind": "Promoted", "version": version, "commit": commit, "branch": format!("release-{version}"),
        "stable_branch": "master", "develop_branch": "develop", "tag": tag, "old_stable": master, "old_develop": develop,
        "new_stable": master, "new_develop": develop, "new_tag": object,
    })
}

fn look(world: &World, machine: &str) -> Snapshot {
    world.machine(machine).engine().observe().unwrap()
}

/// Says why nothing is decided, as a machine sees it.
fn stops(world: &World, machine: &str) -> Vec<String> {
    let stops = look(world, machine).assess(world.now()).stops;
    stops.into_iter().map(|stop| format!("{}; {}", stop.why, stop.remedy.join("; "))).collect()
}

fn strike(world: &World, entry: &CommitId) {
    world.machine("fresh").engine().strike(std::slice::from_ref(entry), "forged").unwrap();
}

fn gate(world: &World, gate: Gate) -> (Verdict, String) {
    let found = look(world, "a").assess(world.now());
    let report = found.candidates[0].gates.iter().find(|report| report.gate == gate).unwrap();
    (report.finding.verdict, report.finding.summary.clone())
}

fn verified(world: &World, version: &str) -> Option<ReleaseTruth> {
    let found = world.machine("a").engine().verify(None).unwrap();
    found.releases.into_iter().find(|release| release.version == v(version))
}

#[test]
fn p7_bad_news_is_recorded_whatever_stops_deciding() {
    let world = World::soaked();
    let a = world.machine("a");
    let entry = json!({
        "schema": "allclear.entry/1", "needs": 4_000_000_000_u32, "id": "f".repeat(32), "via": "cli",
        "claimed": world.now(), "by": {"who": "mallory", "proof": "claimed"}, "events": [],
    });
    let newer = world.forge_entry(entry.to_string().as_bytes());
    let mut ahead = entry.clone();
    (ahead["needs"], ahead["claimed"]) = (1.into(), "2099-01-01T00:00:00Z".into());
    let ahead = world.forge_entry(ahead.to_string().as_bytes());
    assert_eq!(stops(&world, "a").len(), 2);
    assert_eq!(
        a.engine()
            .approve(None, look(&world, "a").project.candidates[&v("1.1.0")].commit().as_str())
            .unwrap_err()
            .kind(),
        FaultKind::Refused
    );
    a.engine().hold(None, "look at it", None).unwrap();
    let wish = ReportWish {
        version: v("1.1.0"),
        rc: 1,
        outcome: ReportOutcome::Bad,
        who: "Zoe".into(),
        words: None,
    };
    let (report, late) = a.engine().report(&wish).unwrap();
    assert!(!late && look(&world, "fresh").project.candidates[&v("1.1.0")].hold.is_some());
    a.engine().lift_hold(None, Some("it is looked at")).unwrap();
    strike(&world, &ahead);
    strike(&world, &newer);
    assert!(stops(&world, "a").is_empty());
    a.engine().dismiss_report(&report, "her disk was full").unwrap();
    released_in_the_end(&world);
}

#[test]
fn p7_a_merge_of_develop_onto_the_record_is_one_entry() {
    let world = World::soaked();
    look(&world, "a");
    for _ in 0..5 {
        world.commit("develop", "feat: more", &[("more.txt", "more\n")]);
    }
    let tree = world.git(&["rev-parse", &format!("{LEDGER}^{{tree}}")]);
    let merge = world.git(&["commit-tree", &tree, "-p", LEDGER, "-p", "develop", "-m", "merge"]);
    world.git(&["update-ref", LEDGER, &merge]);
    let merge = CommitId::parse(&merge).unwrap();
    for machine in ["a", "fresh"] {
        assert_eq!(stops(&world, machine).len(), 1, "{machine}");
    }
    strike(&world, &merge);
    released_in_the_end(&world);
}

#[test]
fn p7_a_merge_that_leaves_entries_out_is_a_record_cut_short() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().hold(None, "look at it", None).unwrap();
    look(&world, "a");
    let tree = world.git(&["rev-parse", &format!("{LEDGER}~1^{{tree}}")]);
    let before = format!("{LEDGER}~1");
    let merge = world.git(&["commit-tree", &tree, "-p", &before, "-p", LEDGER, "-m", "merge"]);
    world.git(&["update-ref", LEDGER, &merge]);
    let stops = stops(&world, "a");
    assert!(stops[0].contains("was rewound"), "{stops:?}");
    assert!(a.engine().tick(false).is_err() && world.released().is_empty());
}

#[test]
fn p7_a_tag_in_the_place_of_the_record_leads_to_it() {
    let world = World::soaked();
    look(&world, "a");
    world.git(&["tag", "-a", "-m", "in the way", "tmp", LEDGER]);
    let tag = world.git(&["rev-parse", "refs/tags/tmp"]);
    world.git(&["tag", "-d", "tmp"]);
    world.git(&["update-ref", LEDGER, &tag]);
    for machine in ["a", "fresh"] {
        assert!(stops(&world, machine).is_empty(), "{machine}");
    }
    world.machine("fresh").engine().hold(None, "look at it", None).unwrap();
    assert_eq!(world.git(&["cat-file", "-t", LEDGER]), "commit");
    world.machine("a").engine().lift_hold(None, None).unwrap();
    released_in_the_end(&world);
}

#[test]
fn p7_a_file_in_the_place_of_the_record_is_no_record_that_has_not_begun() {
    let world = World::soaked();
    world.machine("a").engine().observe().unwrap();
    let head = world.tip(LEDGER).unwrap();
    world.git(&["update-ref", LEDGER, object(&world, "develop:app.txt").as_str()]);
    for machine in ["a", "fresh"] {
        let Err(refused) = world.machine(machine).engine().verify(None) else { panic!("{machine}") };
        assert!(refused.to_string().contains("was rewound"), "{machine}: {refused}");
        assert!(stops(&world, machine).join("").contains("was rewound"), "{machine}");
    }
    world.git(&["update-ref", LEDGER, head.as_str()]);
    released_in_the_end(&world);
}

#[test]
fn p7_of_two_records_a_machine_goes_on_with_the_one_that_it_knows() {
    let world = World::soaked();
    let root = look(&world, "a").project.root.unwrap();
    let other = "refs/heads/allclear/ledger";
    let tree = world.git(&["rev-parse", &format!("{LEDGER}^{{tree}}")]);
    let forged = world.git(&["commit-tree", &tree, "-m", "another"]);
    world.git(&["update-ref", other, &forged]);
    assert!(stops(&world, "a").is_empty());
    let fresh = world.machine("fresh");
    let stop = stops(&world, "fresh").remove(0);
    assert!(stop.contains("second ledger") && stop.contains("verify --root"), "{stop}");
    fresh.engine().hold(None, "which of them?", None).unwrap_err();
    assert!(fresh.engine().verify(Some(&root)).unwrap().pinned);
    assert_eq!(stops(&world, "fresh"), Vec::<String>::new());
    // Also where the other one comes first.
    let (head, forged) = (world.tip(LEDGER).unwrap(), world.tip(other).unwrap());
    world.git(&["update-ref", LEDGER, forged.as_str()]);
    world.git(&["update-ref", other, head.as_str()]);
    assert_eq!(look(&world, "fresh").project.root, Some(root));
}

#[test]
fn p7_a_record_is_moved_only_where_it_stands() {
    let world = World::soaked();
    look(&world, "a");
    let moved = forge(&world, &json!([{"kind": "LedgerMoved", "to": "refs/heads/elsewhere"}]));
    assert!(stops(&world, "a").is_empty(), "nothing stands there");
    world.git(&["update-ref", "refs/heads/elsewhere", "develop"]);
    assert!(stops(&world, "a").is_empty(), "another history stands there");
    world.git(&["update-ref", "refs/heads/elsewhere", LEDGER]);
    let stop = stops(&world, "fresh").remove(0);
    assert!(stop.contains("elsewhere") && stop.contains(&format!("strike {moved}")), "{stop}");
    strike(&world, &moved);
    released_in_the_end(&world);
}

#[test]
fn p1_what_the_record_alone_tells_is_no_release_and_nothing_is_run_for_it() {
    let world = World::new();
    let ran = world.path().join("ran");
    world.policy(&format!(
        "[project]\nname = \"demo\"\n[[after]]\nname = \"publish\"\nrun = \"touch {}\"\n",
        ran.display()
    ));
    world.cut();
    let master = world.tip("refs/heads/master").unwrap();
    // A tag of the forged version leads to what is released already, as whoever may push tags could make it.
    let id = "f".repeat(32);
    let message = format!("v9.0.0\n\nAllclear-Ledger: {id}");
    world.git(&["tag", "-a", "-m", &message, "v9.0.0", master.as_str()]);
    let promoted = promoted(&world, "9.0.0", &master, "v9.0.0", &object(&world, "refs/tags/v9.0.0"));
    let (first, next) = (cut(&world, "9.0.0", &master), cut(&world, "9.1.0", &master));
    let entry = forge(&world, &json!([first, promoted, over("9.0.0"), next]));
    for machine in ["a", "fresh"] {
        let _ = world.machine(machine).engine().tick(false);
        assert!(!ran.exists(), "something was published");
    }
    let told = verified(&world, "9.0.0").unwrap();
    assert!(matches!(told.truth(), Truth::DoesNotHold(_)), "{told:?}");
    strike(&world, &entry);
    world.git(&["tag", "-d", "v9.0.0"]);
    world.excuse("refs/tags/v9.0.0");
    world.days(8);
    world.until_quiet(&world.machine("a"));
    assert_eq!(world.released(), [v("1.1.0")]);
    assert!(ran.exists(), "the real release is published");
}

#[test]
fn p7_every_version_that_the_record_tells_of_is_told_by_verify() {
    let world = World::soaked();
    let master = world.tip("refs/heads/master").unwrap();
    forge(&world, &json!([cut(&world, "9.0.0", &master)]));
    forge(&world, &json!([promoted(&world, "8.0.0", &master, "v8.0.0", &master)]));
    for version in ["9.0.0", "8.0.0"] {
        let told = verified(&world, version).unwrap_or_else(|| panic!("{version} is not mentioned"));
        assert!(matches!(told.truth(), Truth::DoesNotHold(_)), "{told:?}");
    }
    // Neither is in the way of the next version.
    let wish = CutWish { version: Some(v("1.2.0")), ..CutWish::default() };
    world.machine("a").engine().promote(Some(v("1.1.0")), None).unwrap();
    world.commit("develop", "feat: next", &[("next.txt", "next\n")]);
    world.machine("a").engine().cut(&wish).unwrap();
}

#[test]
fn p6_a_candidate_of_a_develop_that_was_rewound_waits_for_a_person() {
    let world = World::soaked();
    let (develop, master) =
        (world.tip("refs/heads/develop").unwrap(), world.tip("refs/heads/master").unwrap());
    world.git(&["update-ref", "refs/heads/develop", master.as_str()]);
    world.commit("develop", "feat: without the secret", &[("clean.txt", "clean\n")]);
    world.until_quiet(&world.machine("a"));
    assert!(world.released().is_empty());
    let (verdict, why) = gate(&world, Gate::Version);
    assert!(verdict == Verdict::Failed && why.contains("rewound"), "{verdict:?} {why}");
    let told = verified(&world, "1.1.0").unwrap();
    assert!(told.truth().why().is_some_and(|why| why.contains("rewound")), "{told:?}");
    // What was dropped by mistake is brought back.
    world.git(&["branch", "dropped", develop.as_str()]);
    world.merge("develop", "dropped", "Merge what was dropped");
    world.until_quiet(&world.machine("a"));
    assert_eq!(world.released(), [v("1.1.0")]);
}

#[test]
fn p5_a_bad_report_that_comes_after_the_release_is_kept() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().promote(None, None).unwrap();
    let wish = |rc, outcome| ReportWish { version: v("1.1.0"), rc, outcome, who: "Zoe".into(), words: None };
    a.engine().report(&wish(1, ReportOutcome::Good)).unwrap_err();
    a.engine().report(&wish(2, ReportOutcome::Bad)).unwrap_err();
    let (id, late) = a.engine().report(&wish(1, ReportOutcome::Bad)).unwrap();
    assert!(late);
    let count = || look(&world, "fresh").project.releases[&v("1.1.0")].bad_reports();
    assert_eq!(count(), 1);
    a.engine().dismiss_report(&id, "her disk was full").unwrap();
    assert_eq!(count(), 0);
}

#[test]
fn a_policy_with_other_tags_may_be_adopted() {
    let world = World::soaked();
    world.policy(
        "[project]\nname = \"demo\"\n[tags]\nrelease = \"r{version}\"\ncandidate = \"r{version}-rc.{n}\"\n",
    );
    world.machine("a").engine().adopt(None).unwrap();
    assert_eq!(gate(&world, Gate::Version).0, Verdict::Passed);
    world.until_quiet(&world.machine("a"));
    assert_eq!(world.released(), [v("1.1.0")]);
}

/// Makes the tag of an rc, which a made-up entry names, and keeps it where a liar may push.
fn tag_aside(world: &World, name: &str, commit: &str) -> CommitId {
    let message = format!("{name}\n\nAllclear-Ledger: {}", "f".repeat(32));
    world.git(&["tag", "-a", "-m", &message, name, commit]);
    let full = format!("refs/tags/{name}");
    let tag = object(world, &full);
    world.git(&["update-ref", "refs/allclear/kept", tag.as_str()]);
    world.git(&["update-ref", "-d", &full]);
    tag
}

#[test]
fn p1_a_made_up_merge_of_stable_is_pushed_onto_no_candidate() {
    for honest in [true, false] {
        let world = World::new();
        world.cut();
        let fixed = world.commit("master", "fix: hot", &[("hot.txt", "hot\n")]);
        world.git(&["branch", "evil", "master"]);
        let evil = world.commit("evil", "fix: nothing to see", &[("door.txt", "open\n")]);
        let stable = if honest { fixed } else { evil };
        let head = world.tip("refs/heads/release-1.1.0").unwrap();
        let tree = world.git(&["merge-tree", "--write-tree", head.as_str(), stable.as_str()]);
        let merge = world.git(&[
            "commit-tree",
            &tree,
            "-p",
            head.as_str(),
            "-p",
            stable.as_str(),
            "-m",
            "Merge branch 'master'",
        ]);
        let tag = tag_aside(&world, "v1.1.0-rc.2", &merge);
        world.git(&["branch", "-D", "evil"]);
        forge(
            &world,
            &json!([
                {"kind": "StableCarried", "version": "1.1.0", "stable": stable, "commit": merge},
                {"kind": "RcTagged", "version": "1.1.0", "rc": 2, "commit": merge, "tag": "v1.1.0-rc.2", "object": tag},
            ]),
        );
        world.machine("fresh").engine().tick(false).unwrap();
        let pushed = world.tip("refs/heads/release-1.1.0") == CommitId::parse(&merge).ok();
        assert_eq!(pushed, honest, "honest: {honest}");
        assert_eq!(world.has("refs/tags/v1.1.0-rc.2"), honest);
    }
}

#[test]
fn p7_a_made_up_cut_of_what_stable_had_before_is_no_landing() {
    let world = World::new();
    let old = world.tip("refs/heads/master").unwrap();
    let more = world.commit("master", "chore: more", &[("more.txt", "more\n")]);
    world.merge("develop", "master", "Merge master");
    world.cut();
    let mut cut = cut(&world, "9.0.0", &more);
    cut["stable"] = json!(old);
    let tag = tag_aside(&world, "v9.0.0-rc.1", more.as_str());
    let tagged = json!({"kind": "RcTagged", "version": "9.0.0", "rc": 1, "commit": more, "tag": "v9.0.0-rc.1", "object": tag});
    forge(&world, &json!([cut, tagged]));
    world.days(8);
    world.machine("fresh").engine().tick(false).unwrap();
    world.machine("fresh").engine().withdraw(Some(v("9.0.0")), "nobody cut it").unwrap();
    world.until_quiet(&world.machine("a"));
    assert_eq!(world.released(), [v("1.1.0")]);
}

#[test]
fn p7_an_entry_that_is_not_the_root_pins_nothing() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().hold(None, "look at it", None).unwrap();
    let entry = world.tip(LEDGER).unwrap();
    let found = a.engine().verify(Some(&entry)).unwrap();
    assert!(
        found
            .claims
            .iter()
            .any(|claim| matches!(&claim.truth, Truth::DoesNotHold(why) if why.contains("another record")))
    );
    assert_eq!(stops(&world, "a"), Vec::<String>::new());
}

/// Gives the events of a candidate that nobody cut, and of its release by a tag that is there.
fn decoy(world: &World, version: &str, branch: &str, commit: &CommitId) -> Vec<Value> {
    let tag = object(world, "refs/tags/v1.0.0");
    let mut cut = cut(world, version, commit);
    let mut promoted = promoted(world, version, commit, "v1.0.0", &tag);
    (cut["branch"], promoted["branch"]) = (json!(branch), json!(branch));
    let tagged = json!({
        "kind": "RcTagged", "version": version, "rc": 1, "commit": commit, "tag": format!("v{version}-rc.1"), "object": tag,
    });
    vec![cut, tagged, promoted]
}

/// What only says that a promotion is over.
fn over(version: &str) -> Value {
    json!({"kind": "StepRetried", "version": version, "step": "publish"})
}

#[test]
fn p1_a_release_that_the_refs_do_not_show_ends_no_branch() {
    let world = World::new();
    world.cut();
    let develop = world.tip("refs/heads/develop").unwrap();
    let mut events = decoy(&world, "9.9.9", "develop", &develop);
    events.extend(decoy(&world, "9.9.8", "x", &develop));
    events.push(over("9.9.8"));
    let before = world.refs();
    let entry = forge(&world, &json!(events));
    for machine in ["fresh", "a"] {
        let _ = world.machine(machine).engine().tick(false);
        let kept = |(name, _): &&(String, CommitId)| name != LEDGER;
        assert!(before.iter().filter(kept).eq(world.refs().iter().filter(kept)), "{machine}");
    }
    strike(&world, &entry);
    world.days(8);
    released_in_the_end(&world);
}

#[test]
fn p5_no_entry_alone_ends_a_candidate() {
    let world = World::soaked();
    world.machine("a").engine().hold(None, "it loses data", None).unwrap();
    let mut events = decoy(&world, "1.1.0", "release-1.1.0", &world.tip("refs/heads/release-1.1.0").unwrap());
    events.drain(..2);
    events.push(over("1.1.0"));
    let entry = forge(&world, &json!(events));
    for machine in ["a", "fresh"] {
        let snapshot = look(&world, machine);
        assert!(snapshot.project.releases.is_empty(), "{machine}");
        assert!(snapshot.project.candidates[&v("1.1.0")].hold.is_some(), "{machine}");
    }
    strike(&world, &entry);
    assert_eq!(gate(&world, Gate::Hold).0, Verdict::Failed);
}

#[test]
fn p1_what_only_the_record_calls_a_candidate_gets_no_branch_and_no_tag() {
    let world = World::new();
    world.cut();
    let develop = world.tip("refs/heads/develop").unwrap();
    world.git(&["branch", "evil", develop.as_str()]);
    let evil = world.commit("evil", "fix: a small thing", &[("evil.txt", "evil\n")]);
    world.git(&["update-ref", "refs/allclear/evil", evil.as_str()]);
    world.git(&["branch", "-D", "evil"]);
    let before = world.refs();
    // The first takes what nobody cut, the second what is on develop, with the policy of that time.
    for (n, (version, first)) in [("1.2.0", &evil), ("1.3.0", &develop)].into_iter().enumerate() {
        let mut events = decoy(&world, version, &format!("release-{version}"), &develop);
        events.truncate(2);
        let tag = format!("v{version}-rc.1");
        let object = tag_aside(&world, &tag, first.as_str());
        world.git(&["update-ref", &format!("refs/allclear/kept-{n}"), object.as_str()]);
        (events[1]["commit"], events[1]["object"]) = (json!(first), json!(object));
        forge(&world, &json!(events));
    }
    for machine in ["fresh", "a"] {
        world.machine(machine).engine().tick(false).unwrap();
    }
    let theirs = |(name, _): &&(String, CommitId)| !name.starts_with("refs/allclear/");
    assert!(before.iter().filter(theirs).eq(world.refs().iter().filter(theirs)));
    for name in ["evil", "kept", "kept-0", "kept-1"] {
        world.git(&["update-ref", "-d", &format!("refs/allclear/{name}")]);
    }
    for version in ["1.2.0", "1.3.0"] {
        world.machine("a").engine().withdraw(Some(v(version)), "nobody cut it").unwrap();
    }
    world.days(8);
    released_in_the_end(&world);
}

#[test]
fn p1_withdrawing_what_was_made_up_leaves_branches_alone() {
    for branch in ["develop", "keep-me"] {
        let world = World::new();
        world.cut();
        let develop = world.tip("refs/heads/develop").unwrap();
        world.git(&["branch", "keep-me", develop.as_str()]);
        let mut events = decoy(&world, "9.9.9", branch, &develop);
        events.truncate(2);
        forge(&world, &json!(events));
        world.machine("a").engine().tick(false).unwrap();
        for _ in 0..2 {
            let done = world.machine("a").engine().withdraw(Some(v("9.9.9")), "nobody cut it").unwrap();
            assert!(!done.own);
        }
        assert_eq!(world.tip(&format!("refs/heads/{branch}")), Some(develop), "{branch}");
        world.days(8);
        released_in_the_end(&world);
    }
}

#[test]
fn p7_an_entry_that_names_what_is_no_commit_stops_nobody() {
    let world = World::new();
    world.cut();
    let file = object(&world, "develop:app.txt");
    let develop = world.tip("refs/heads/develop").unwrap();
    for (n, key) in ["from", "head"].into_iter().enumerate() {
        let mut events = decoy(&world, &format!("9.{n}.0"), &format!("release-9.{n}.0"), &develop);
        events.truncate(1);
        events[0][key] = json!(file);
        forge(&world, &json!(events));
    }
    let mut events = decoy(&world, "1.1.0", "release-1.1.0", &develop);
    for key in ["old_stable", "new_stable", "old_develop", "new_develop", "new_tag"] {
        events[2][key] = json!(file);
    }
    let entry = forge(&world, &json!([events[2]]));
    for machine in ["a", "fresh"] {
        look(&world, machine).assess(world.now());
        world.machine(machine).engine().verify(None).unwrap();
        world.machine(machine).engine().hold(Some(v("1.1.0")), "look", None).unwrap();
    }
    strike(&world, &entry);
    world.machine("a").engine().lift_hold(Some(v("1.1.0")), None).unwrap();
    for version in ["9.0.0", "9.1.0"] {
        world.machine("a").engine().withdraw(Some(v(version)), "nobody cut it").unwrap();
    }
    world.days(8);
    released_in_the_end(&world);
}
