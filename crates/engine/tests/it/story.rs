//! One release from cut to tag, and the next; the ways a promotion is asked for.

use crate::v;
use allclear_core::Event;
use allclear_core::ledger::event::CheckOutcome;
use allclear_engine::{CheckResult, CutWish, FaultKind};
use allclear_testkit::World;

#[test]
fn p1_to_p4_a_release_from_cut_to_tag_and_a_second_train() {
    let world = World::new();
    world.policy(
        "preset = \"library@1\"\n[promotion]\nautomatic = false\n[gates.checks]\nrequired = [\"ci\"]\n",
    );
    let a = world.machine("a");
    let engine = a.engine();
    let refused = engine.cut(&CutWish::default()).unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Usage, "only a person starts a ledger: {refused}");
    let cut = engine.cut(&CutWish { may_found: true, ..CutWish::default() }).unwrap();
    assert_eq!((cut.cut.version, cut.tag.as_str()), (v("1.1.0"), "v1.1.0-rc.1"));
    assert_eq!(world.tip("refs/heads/release-1.1.0"), world.tip("refs/tags/v1.1.0-rc.1"));
    world.look();
    let soaking = engine.promote(None, None).unwrap_err();
    assert_eq!(soaking.kind(), FaultKind::Waiting, "{soaking}");

    // A feature blocks; its revert, change for change, clears it (P4).
    let feat = world.commit("release-1.1.0", "feat: more streams", &[("more.txt", "more\n")]);
    let blocked = engine.promote(None, None).unwrap_err();
    assert!(blocked.kind() == FaultKind::Blocked && blocked.what().contains("fixes"), "{blocked}");
    let parent = world.tip("refs/tags/v1.1.0-rc.1").unwrap();
    let tree = world.git(&["rev-parse", &format!("{parent}^{{tree}}")]);
    let message = format!("Revert \"feat: more streams\"\n\nThis reverts commit {feat}.");
    let revert = world.git(&["commit-tree", &tree, "-p", feat.as_str(), "-m", &message]);
    world.git(&["update-ref", "refs/heads/release-1.1.0", &revert]);
    let fix = world.commit("release-1.1.0", "fix: lazy dial", &[("app.txt", "one\n2\nthree\n")]);
    let fixes = engine.observe().unwrap().assess(world.now());
    let gate = fixes.candidates[0].gates.iter().find(|g| g.gate.name() == "fixes").unwrap();
    assert!(gate.finding.verdict.is_clear(), "{}", gate.finding.summary);

    // It settles, becomes rc.2, and is tagged once.
    let (seen, _) = world.until_quiet(&a);
    assert_eq!(seen.len(), 1, "{seen:?}");
    world.minutes(31);
    let (tagged, _) = world.until_quiet(&a);
    assert_eq!(tagged, [format!("tagged 1.1.0-rc.2 at {}", fix.short())]);
    assert_eq!(world.tip("refs/tags/v1.1.0-rc.2"), Some(fix.clone()));

    world.days(8);
    let missing = engine.promote(None, None).unwrap_err();
    assert!(missing.what().contains("checks"), "{missing}");
    let check = |outcome, commit| CheckResult { name: "ci".into(), outcome, commit, url: None };
    engine.check(vec![check(CheckOutcome::Passed, cut.cut.head.clone())]).unwrap();
    assert!(engine.promote(None, None).is_err(), "P5: a result for the old rc never counts");
    engine.check(vec![check(CheckOutcome::Passed, fix.clone())]).unwrap();
    let late = world.commit("develop", "feat: next", &[("next.txt", "next\n")]);
    let released = engine.promote(Some(v("1.1.0")), Some(fix.as_str())).unwrap();
    assert!(!released.before && released.tag == "v1.1.0");
    assert_eq!(world.tip("refs/heads/master"), Some(released.stable.clone()));
    assert_eq!(world.tip("refs/tags/v1.1.0"), Some(released.stable.clone()));
    assert!(!world.has("refs/heads/release-1.1.0"));
    assert_eq!(world.git(&["log", "--oneline", "develop..master"]), "");
    let parents = world.git(&["rev-parse", "refs/heads/develop^1", "refs/heads/develop^2"]);
    assert_eq!(parents, format!("{late}\n{}", released.stable));
    let tag = world.git(&["cat-file", "tag", "v1.1.0"]);
    assert!(tag.contains("Allclear-Ledger: "), "{tag}");
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
    let again = engine.promote(Some(v("1.1.0")), None).unwrap();
    assert!(again.before);

    world.cut();
    world.days(8);
    let snapshot = engine.observe().unwrap();
    let (version, candidate) = snapshot.pick(None).unwrap();
    assert_eq!(version, v("1.2.0"));
    engine.check(vec![check(CheckOutcome::Passed, candidate.commit().clone())]).unwrap();
    engine.promote(None, None).unwrap();
    assert_eq!(world.released(), [v("1.1.0"), v("1.2.0")]);
    world.check_promises();
}

#[test]
fn p2_ff_makes_the_soaked_commit_stable() {
    let world = World::new();
    world.policy("preset = \"library@1\"\n[promotion]\nmerge = \"ff\"\n");
    world.cut();
    let rc = world.tip("refs/tags/v1.1.0-rc.1");
    world.days(8);
    let released = world.machine("a").engine().promote(None, None).unwrap();
    assert_eq!(Some(released.stable), rc);
    assert_eq!(world.tip("refs/heads/master"), rc);
    world.check_promises();
}

#[test]
fn p1_tick_promotes_by_itself_only_within_hours() {
    let world = World::new();
    world.cut();
    world.days(7);
    world.minutes(10 * 60);
    let b = world.machine("b");
    let (done, last) = world.until_quiet(&b);
    assert!(done.is_empty() && last.faults.is_empty(), "20:10 is not within hours: {done:?}");
    world.minutes(14 * 60);
    let (done, _) = world.until_quiet(&b);
    assert_eq!(done, ["released 1.1.0 as v1.1.0"]);
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p5_promote_when_clear_is_for_one_commit() {
    let world = World::new();
    world.policy("preset = \"library@1\"\n[promotion]\nautomatic = false\n");
    world.cut();
    let a = world.machine("a");
    a.engine().promote_when_clear(None, None).unwrap();
    world.days(1);
    world.commit("release-1.1.0", "fix: lazy dial", &[("app.txt", "1\ntwo\nthree\n")]);
    world.until_quiet(&a);
    world.days(12);
    world.until_quiet(&a);
    world.days(12);
    let (done, _) = world.until_quiet(&a);
    assert!(done.is_empty() && world.released().is_empty(), "the wish was for rc.1");
    let (version, commit) = a.engine().promote_when_clear(None, None).unwrap();
    assert_eq!((version, Some(commit)), (v("1.1.0"), world.tip("refs/heads/release-1.1.0")));
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert_eq!(done, ["released 1.1.0 as v1.1.0"]);
    world.check_promises();
}

#[test]
fn p7_the_story_is_told_by_the_ledger_alone() {
    let world = World::soaked();
    world.machine("a").engine().promote(None, None).unwrap();
    let kinds: Vec<String> = world.events().iter().map(kind).collect();
    assert_eq!(kinds, ["LedgerStarted", "CandidateCut", "RcTagged", "Promoted"]);
    world.check_promises();
}

fn kind(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split([' ', '(', '{']).next().unwrap().to_owned()
}
