//! A hotfix beside a riding candidate: cut from stable, released, carried into what rides.

use crate::v;
use allclear_core::Event;
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::types::cut_kind::CutKind;
use allclear_core::types::gate::Gate;
use allclear_engine::{CheckResult, CutWish, FaultKind, HotfixPlan, HotfixWish};
use allclear_testkit::{Flaky, Machine, Push, World};

const FIX: &[(&str, &str)] = &[("app.txt", "one\n2\nthree\n")];

fn wish(why: &str) -> HotfixWish {
    HotfixWish { reason: why.into(), may_found: true, ..HotfixWish::default() }
}

fn hotfix(world: &World) -> HotfixPlan {
    let hotfix = world.machine("a").engine().hotfix(&wish("logins fail")).unwrap();
    world.look();
    hotfix
}

/// Lets the fix on the hotfix settle, soak and leave; gives what was done.
fn leaves(world: &World, machine: &Machine) -> Vec<String> {
    let (mut done, _) = world.until_quiet(machine);
    for minutes in [6, 61] {
        world.minutes(minutes);
        done.extend(world.until_quiet(machine).0);
    }
    done
}

fn gate(world: &World, version: &str, gate: Gate) -> (bool, String) {
    let seen = world.machine("a").engine().observe().unwrap().assess(world.now());
    let found = seen.candidates.into_iter().find(|c| c.version == v(version)).unwrap();
    let report = found.gates.into_iter().find(|g| g.gate == gate).unwrap();
    (report.finding.verdict.is_clear(), report.finding.summary)
}

/// Tells whether the server's `tip` contains `commit`.
fn contains(world: &World, tip: &str, commit: &str) -> bool {
    world.try_git(&world.server(), &["merge-base", "--is-ancestor", commit, tip], b"").ok
}

#[test]
fn p1_to_p5_a_friday_hotfix_while_1_1_0_soaks() {
    let world = World::new();
    world.cut();
    world.days(3);
    world.minutes(7 * 60);
    let cut = hotfix(&world).plan.cut;
    assert_eq!((cut.version, cut.kind), (v("1.0.1"), CutKind::Hotfix));
    assert_eq!(world.tip("refs/heads/release-1.0.1"), world.tip("refs/heads/master"));
    assert_eq!(world.tip("refs/tags/v1.0.1-rc.1"), world.tip("refs/heads/master"));

    // Nothing is fixed yet, however long it waits.
    let b = world.machine("b");
    world.minutes(62);
    world.until_quiet(&b);
    let fault = b.engine().promote(Some(v("1.0.1")), None).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("has no fix yet"), "{fault}");

    let fix = world.commit("release-1.0.1", "fix: logins", FIX);
    let (clear, summary) = gate(&world, "1.0.1", Gate::MergeBack);
    assert!(clear && summary.ends_with("clean into 1.1.0"), "{summary}");
    let soaking = gate(&world, "1.1.0", Gate::Soak).1;
    let done = leaves(&world, &b);
    let said: Vec<&str> = done.iter().map(|d| d.split(" at ").next().unwrap()).collect();
    assert!(
        matches!(said[..], [_, "tagged 1.0.1-rc.2", "released 1.0.1 as v1.0.1", last] if last.starts_with("merged stable into 1.1.0: rc.2 is")),
        "{done:?}"
    );
    assert_eq!(world.released(), [v("1.0.1")]);
    for branch in ["master", "develop", "release-1.1.0"] {
        assert!(contains(&world, branch, fix.as_str()), "{branch} lacks the fix");
    }
    assert!(contains(&world, "release-1.1.0", "master"));
    assert_eq!(world.tip("refs/tags/v1.1.0-rc.2"), world.tip("refs/heads/release-1.1.0"));
    assert_eq!(world.git(&["rev-list", "--count", "master", "^release-1.1.0"]), "0");

    // It is a fix like any other to what rides: its rc begins the second clock anew.
    for passed in [Gate::Fixes, Gate::ContainsStable, Gate::Version, Gate::MergeBack] {
        let (clear, summary) = gate(&world, "1.1.0", passed);
        assert!(clear, "{passed:?}: {summary}");
    }
    let (clear, summary) = gate(&world, "1.1.0", Gate::Soak);
    assert!(!clear && summary.contains("rc.2 0 s of 3 d") && summary != soaking, "{summary}");
    world.check_promises();
    assert!(world.until_quiet(&b).0.is_empty(), "once is enough");

    world.days(6);
    world.minutes(-4 * 60);
    let (done, _) = world.until_quiet(&b);
    assert_eq!(done, ["released 1.1.0 as v1.1.0"]);
    assert_eq!(world.released(), [v("1.0.1"), v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p5_what_was_checked_before_the_carry_does_not_count_after_it() {
    let world = World::new();
    world.policy("preset = \"library@1\"\n[gates.checks]\nrequired = [\"ci\"]\n[hotfix]\nrequired = []\n");
    world.cut();
    let b = world.machine("b");
    let rc = world.tip("refs/tags/v1.1.0-rc.1").unwrap();
    let check = |commit| CheckResult { name: "ci".into(), outcome: CheckOutcome::Passed, commit, url: None };
    b.engine().check(vec![check(rc)]).unwrap();
    assert!(gate(&world, "1.1.0", Gate::Checks).0);
    hotfix(&world);
    world.commit("release-1.0.1", "fix: logins", FIX);
    leaves(&world, &b);
    assert_eq!(world.released(), [v("1.0.1")], "a hotfix goes by its own checks");
    assert!(!gate(&world, "1.1.0", Gate::Checks).0);
    world.check_promises();
}

#[test]
fn p3_version_lines_stay_what_the_candidate_made_them() {
    let world = World::new();
    let manifest = |version: &str| format!("[package]\nname = \"demo\"\nversion = \"{version}\"\n");
    world.commit("master", "chore: a manifest", &[("Cargo.toml", &manifest("1.0.0"))]);
    world.merge("develop", "refs/heads/master", "Merge branch 'master'");
    world.cut();
    let plan = hotfix(&world).plan;
    assert_eq!(plan.changed, ["Cargo.toml"]);
    world.commit("release-1.0.1", "fix: logins", FIX);
    leaves(&world, &world.machine("b"));
    let shown = |branch: &str| world.git(&["show", &format!("{branch}:Cargo.toml")]);
    assert!(shown("master").contains("1.0.1"));
    assert!(shown("release-1.1.0").contains("1.1.0"), "{}", shown("release-1.1.0"));
    assert!(shown("release-1.1.0").contains("name = \"demo\"") && !shown("release-1.1.0").contains("<<<"));
    let carried = world.events().into_iter().find_map(|e| match e {
        Event::StableCarried { resolved, .. } => Some(resolved),
        _ => None,
    });
    assert_eq!(carried, Some(vec!["Cargo.toml".to_owned()]), "the rule is on record");
    world.days(9);
    world.until_quiet(&world.machine("b"));
    assert_eq!(world.released(), [v("1.0.1"), v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p4_what_conflicts_is_forecast_and_left_to_a_person() {
    let world = World::new();
    world.cut();
    world.commit("release-1.1.0", "fix: the second line", &[("app.txt", "one\ntoo\nthree\n")]);
    world.machine("a").engine().rc(None, None, false).unwrap();
    hotfix(&world);
    world.commit("release-1.0.1", "fix: logins", FIX);
    let (clear, summary) = gate(&world, "1.0.1", Gate::MergeBack);
    assert!(clear && summary.contains("will conflict with 1.1.0 in app.txt"), "{summary}");
    let before = world.tip("refs/heads/release-1.1.0");
    let b = world.machine("b");
    leaves(&world, &b);
    assert_eq!(world.released(), [v("1.0.1")]);
    assert_eq!(world.tip("refs/heads/release-1.1.0"), before, "nobody but a person resolves it");
    let (clear, summary) = gate(&world, "1.1.0", Gate::ContainsStable);
    assert!(!clear && summary.contains("conflicts in app.txt"), "{summary}");

    // The person merges by hand and resolves what conflicts, which is always allowed.
    let (ours, theirs) = (before.unwrap(), world.tip("refs/heads/master").unwrap());
    let text = "one\nboth\nthree\n";
    let merge = format!(
        "commit refs/heads/release-1.1.0\ncommitter A <a@b> 1 +0000\ndata 12\nMerge master\nfrom {ours}\nmerge {theirs}\n\
         M 100644 inline app.txt\ndata {}\n{text}\n",
        text.len()
    );
    let made = world.try_git(&world.server(), &["fast-import", "--quiet"], merge.as_bytes());
    assert!(made.ok, "{}", made.err);
    assert!(gate(&world, "1.1.0", Gate::ContainsStable).0 && gate(&world, "1.1.0", Gate::Fixes).0);
    world.check_promises();
}

#[test]
fn p2_a_hotfix_waits_while_a_promotion_is_between_plan_and_move() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let rival = || {
        let fault = b.engine().hotfix(&wish("logins fail")).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::TryLater, "{fault}");
    };
    let flaky = Flaky::new(&a.store).before_push(2, rival);
    a.engine_on(&flaky).promote(None, None).unwrap();
    world.check_promises();
    let cut = hotfix(&world).plan.cut;
    assert_eq!((cut.version, Some(cut.from)), (v("1.1.1"), world.tip("refs/heads/master")));
    world.commit("release-1.1.1", "fix: logins", FIX);
    leaves(&world, &b);
    assert_eq!(world.released(), [v("1.1.0"), v("1.1.1")]);
    world.check_promises();
}

#[test]
fn p2_a_hotfix_and_a_promotion_at_once_end_in_one_order() {
    // The hotfix first: the promotion is judged anew and lands behind it, the hotfix is overtaken and says so.
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(b.engine().hotfix(&wish("logins")).unwrap()));
    a.engine_on(&flaky).promote(Some(v("1.1.0")), None).unwrap();
    world.commit("release-1.0.1", "fix: logins", FIX);
    leaves(&world, &b);
    assert_eq!(world.released(), [v("1.1.0")]);
    let (clear, summary) = gate(&world, "1.0.1", Gate::Version);
    assert!(!clear && summary.contains("1.1.0 is released already"), "{summary}");
    let withdrawn = b.engine().withdraw(None, "overtaken").unwrap();
    assert_eq!((withdrawn.version, withdrawn.fixes.len()), (v("1.0.1"), 1));
    assert_eq!(hotfix(&world).plan.cut.version, v("1.1.1"));
    world.check_promises();

    // The promotion first: the hotfix looks again, and leaves the stable that it made.
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(b.engine().promote(None, None).unwrap()));
    let hotfix = a.engine_on(&flaky).hotfix(&wish("logins")).unwrap();
    assert_eq!(hotfix.plan.cut.version, v("1.1.1"));
    assert!(!world.has("refs/heads/release-1.0.1"));
    crate::released_in_the_end(&world);
}

#[test]
fn p2_a_carry_that_races_or_dies_is_made_once() {
    for fault in [None, Some(Push::Lose), Some(Push::SayFailed), Some(Push::LoseAnswer)] {
        let world = World::new();
        world.cut();
        hotfix(&world);
        world.commit("release-1.0.1", "fix: logins", FIX);
        let (a, b) = (world.machine("a"), world.machine("b"));
        world.until_quiet(&a);
        world.minutes(6);
        world.until_quiet(&a);
        world.minutes(61);
        b.engine().promote(Some(v("1.0.1")), None).unwrap();
        // Push 1 of the next tick is the carry.
        let late = || drop(world.commit("release-1.1.0", "fix: late", &[("late.txt", "late\n")]));
        let flaky = match fault {
            None => Flaky::new(&a.store).before_push(1, late),
            Some(fault) => Flaky::new(&a.store).push_is(1, fault),
        };
        a.engine_on(&flaky).tick(false).unwrap();
        world.look();
        world.until_quiet(&b);
        world.minutes(31);
        world.until_quiet(&b);
        assert!(contains(&world, "release-1.1.0", "master"));
        let carried = world.events().iter().filter(|e| matches!(e, Event::StableCarried { .. })).count();
        assert_eq!(carried, 1);
        assert_eq!(world.tip("refs/heads/release-1.1.0"), {
            let snapshot = b.engine().observe().unwrap();
            snapshot.project.rc(v("1.1.0")).map(|rc| rc.commit.clone())
        });
        world.check_promises();
    }
}

#[test]
fn p2_a_carry_whose_server_died_half_way_is_mended() {
    let world = World::new();
    world.cut();
    hotfix(&world);
    world.commit("release-1.0.1", "fix: logins", FIX);
    let a = world.machine("a");
    world.until_quiet(&a);
    world.minutes(6);
    world.until_quiet(&a);
    world.minutes(61);
    a.engine().promote(Some(v("1.0.1")), None).unwrap();
    let only = |name: &str| name == "refs/allclear/ledger";
    let flaky = Flaky::new(&a.store).push_is(1, Push::Partial(only)).gone_after_push(1);
    drop(a.engine_on(&flaky).tick(false));
    assert!(!world.has("refs/tags/v1.1.0-rc.2"));
    world.until_quiet(&a);
    assert_eq!(world.tip("refs/tags/v1.1.0-rc.2"), world.tip("refs/heads/release-1.1.0"));
    assert!(contains(&world, "release-1.1.0", "master"));
    world.check_promises();
}

#[test]
fn p1_stable_that_another_hand_moved_is_not_carried() {
    let world = World::new();
    world.cut();
    hotfix(&world);
    world.commit("release-1.0.1", "fix: logins", FIX);
    let b = world.machine("b");
    world.commit("release-1.1.0", "fix: other", &[("other.txt", "other\n")]);
    leaves(&world, &b);
    // Settled after the release, the head is an rc and carries; before that it waits.
    world.minutes(31);
    world.until_quiet(&b);
    assert!(contains(&world, "release-1.1.0", "master"));
    world.commit("master", "fix: straight to production", &[("hot.txt", "hot\n")]);
    let before = world.tip("refs/heads/release-1.1.0");
    world.until_quiet(&b);
    assert_eq!(world.tip("refs/heads/release-1.1.0"), before);
    let (clear, summary) = gate(&world, "1.1.0", Gate::ContainsStable);
    assert!(!clear && summary == "lacks 1 commit of master", "{summary}");
}

#[test]
fn what_a_hotfix_is_refused_for() {
    let world = World::new();
    let a = world.machine("a");
    let engine = a.engine();
    let refused = |wish: &HotfixWish| engine.hotfix(wish).unwrap_err();
    assert_eq!(refused(&wish(" ")).kind(), FaultKind::Usage, "a reason is needed");
    let unfounded = HotfixWish { may_found: false, ..wish("logins") };
    assert!(refused(&unfounded).what().contains("no ledger yet"));
    let named = |version: &str| HotfixWish { version: Some(v(version)), ..wish("logins") };
    assert!(refused(&named("1.0.0")).what().contains("already released"));
    assert!(refused(&named("0.9.0")).what().contains("lower than the last release"));
    let patch = CutWish { version: Some(v("1.0.1")), may_found: true, ..CutWish::default() };
    engine.cut(&patch).unwrap();
    let fault = refused(&wish("logins"));
    assert!(
        fault.what().contains("1.0.1 is already open") && fault.hints()[1].contains("withdraw 1.0.1"),
        "{fault}"
    );
    engine.withdraw(None, "it makes room").unwrap();
    world.cut();
    let fault = refused(&named("1.2.0"));
    assert!(
        fault.what().contains("higher than 1.1.0") && fault.hints()[1].contains("withdraw 1.1.0"),
        "{fault}"
    );
    hotfix(&world);
    let fault = refused(&wish("something else"));
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("the hotfix 1.0.2 is still open"));
    world.check_promises();
}

#[test]
fn a_hotfix_founds_the_record_and_holds_no_train_up() {
    let world = World::new();
    let until = world.now().checked_add(jiff::ToSpan::hours(48)).unwrap();
    let cut = hotfix(&world);
    assert_eq!((cut.plan.cut.version, cut.riding.len(), cut.despite), (v("1.0.1"), 0, None));
    let a = world.machine("a");
    assert_eq!(a.engine().cut(&CutWish::default()).unwrap().cut.version, v("1.1.0"));
    a.engine().withdraw(Some(v("1.0.1")), "the wrong one").unwrap();
    a.engine().freeze("holidays", until, allclear_core::policy::Stops::Both).unwrap();
    let again = hotfix(&world);
    assert_eq!((again.plan.cut.version, again.riding), (v("1.0.2"), vec![v("1.1.0")]));
    assert!(again.despite.unwrap().contains("holidays"), "it is cut all the same, and says so");
    world.check_promises();
}

#[test]
fn without_a_release_a_person_names_the_version() {
    let world = World::new();
    world.excuse("refs/tags/v1.0.0");
    world.git(&["tag", "-d", "v1.0.0"]);
    let a = world.machine("a");
    let fault = a.engine().hotfix(&wish("logins")).unwrap_err();
    assert!(fault.kind() == FaultKind::Usage && fault.hints()[0].contains("--version"), "{fault}");
    let named = HotfixWish { version: Some(v("0.0.1")), ..wish("logins") };
    assert_eq!(a.engine().hotfix(&named).unwrap().plan.cut.version, v("0.0.1"));
}
