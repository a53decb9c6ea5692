//! Candidates that leave from stable, catch up with it, or end without a release.

use crate::make::{
    DAY, HOUR, MINUTE, Scene, VERSION, at, commit, cut, policy, promoted, promotion, rc, sight,
};
use allclear_core::decide::plan::{Action, plan};
use allclear_core::facts::{EntrySight, MergeBack, PromotionFacts};
use allclear_core::gate::carry::{Carry, carry};
use allclear_core::ledger::event::{Cut, Event};
use allclear_core::ledger::promotion::Promotion;
use allclear_core::policy::{AfterFix, RequiredCheck, read};
use allclear_core::project::fold;
use allclear_core::types::cut_kind::CutKind;
use allclear_core::types::gate::Gate;
use allclear_core::types::verdict::Verdict;
use allclear_core::{Seconds, Version, assess};

const HOTFIX: Version = Version::new(2, 8, 1);
const ARCHIVE: &str = "refs/allclear/archive/release-2.9.0";

fn withdrawn(version: Version, archive: &str, fixes: &[u64]) -> Event {
    let fixes = fixes.iter().map(|n| commit(*n)).collect();
    Event::Withdrawn { version, reason: "no".into(), head: Some(commit(2)), archive: archive.into(), fixes }
}

fn hotfix(version: Version) -> Event {
    let regular = cut(policy());
    let (kind, reason) = (CutKind::Hotfix, Some("logins fail".to_owned()));
    Event::CandidateCut(Box::new(Cut { version, kind, reason, slot: None, from: commit(3), ..regular }))
}

/// 2.8.1, cut as a hotfix and released beside 2.9.0, which lacks it from then on.
fn overtaken() -> Scene {
    let released = Promotion { version: HOTFIX, ..promotion(1, 2) };
    let mut scene =
        Scene::new(policy()).then(HOUR, hotfix(HOTFIX)).then(2 * HOUR, Event::Promoted(Box::new(released)));
    let seen = PromotionFacts { sight: sight(EntrySight::Holds, true), why: None };
    scene.facts.promotions.insert(HOTFIX, seen);
    scene.facts.stable = Some(commit(0x101));
    scene.facts.released.insert(HOTFIX, commit(0x101));
    scene.seen(|seen| {
        seen.lacks_stable = 2;
        seen.catch_up = Some(MergeBack::Clean { tree: commit(9) });
    })
}

fn due(scene: &Scene, seconds: i64) -> Vec<Action> {
    let project = scene.project();
    let assessment = assess(None, &project, &scene.facts, at(seconds));
    plan(None, &assessment, &project, &scene.facts)
}

#[test]
fn what_a_withdrawal_leaves() {
    let scene = Scene::new(policy()).then(HOUR, withdrawn(VERSION, ARCHIVE, &[0x30]));
    let project = scene.project();
    assert!(project.candidates.is_empty());
    assert_eq!((project.last_ended, project.last_cut.clone()), (Some(at(HOUR)), None));
    assert_eq!(project.slot, Some(at(0)), "its slot is used up");
    let known = &project.withdrawn[&VERSION];
    assert_eq!((known.at, known.head.clone(), known.kind), (at(HOUR), Some(commit(2)), CutKind::Regular));

    // What comes afterwards adds to it, and brings nothing back.
    let again = format!("{ARCHIVE}-2");
    let later = scene
        .then(2 * HOUR, Event::CandidateCut(Box::new(cut(policy()))))
        .then(2 * HOUR, rc(2, 4))
        .then(3 * HOUR, withdrawn(VERSION, &again, &[0x30, 0x31]))
        .project();
    assert!(later.candidates.is_empty() && later.releases.is_empty());
    let known = &later.withdrawn[&VERSION];
    assert_eq!(known.archives, [ARCHIVE.to_owned(), again]);
    assert_eq!(known.fixes, [commit(0x30), commit(0x31)]);
    assert_eq!(fold(&Scene::new(policy()).then(1, withdrawn(HOTFIX, ARCHIVE, &[])).links).withdrawn.len(), 0);
}

#[test]
fn a_hotfix_is_no_part_of_the_train() {
    let scene = Scene::new(policy()).then(HOUR, hotfix(HOTFIX));
    assert_eq!(scene.project().last_cut, Some(commit(1)), "develop was not cut from");
    let ended = scene.then(2 * HOUR, withdrawn(HOTFIX, ARCHIVE, &[])).project();
    assert_eq!((ended.last_ended, ended.last_cut), (None, Some(commit(1))));
    assert_eq!(overtaken().project().last_ended, None);
}

#[test]
fn a_hotfix_that_fixes_nothing_is_blocked_whatever_the_policy_enforces() {
    let mut scene = Scene::new(policy());
    let regular = scene.gate(Gate::Version, 8 * DAY);
    assert_eq!(regular.verdict, Verdict::Passed, "a candidate of the train needs no fix");
    let mut lenient = policy();
    lenient.gates.version.enforce = false;
    lenient.gates.fixes.enforce = false;
    let own = Cut { kind: CutKind::Hotfix, ..cut(lenient) };
    scene.links.truncate(0);
    let scene = scene.then(0, Event::CandidateCut(Box::new(own))).then(0, rc(1, 2));
    let found = scene.gate(Gate::Version, 8 * DAY);
    assert!(found.verdict == Verdict::Failed && found.summary.contains("has no fix yet"), "{found:?}");
    assert!(!scene.is_clear(at(8 * DAY)));
    let fixed = scene.head(4).then(HOUR, rc(2, 4));
    assert!(fixed.is_clear(at(8 * DAY)), "{:?}", fixed.judge(at(8 * DAY)).blockers().collect::<Vec<_>>());
}

#[test]
fn stable_is_carried_when_allclear_put_it_there_and_nobody_has_to_choose() {
    let action = Action::Carry { version: VERSION, stable: commit(0x101) };
    let is = |scene: &Scene| {
        let project = scene.project();
        let seen = &scene.facts.candidates[&VERSION];
        let found = carry(VERSION, &project.candidates[&VERSION], seen, &project, &scene.facts);
        assert_eq!(due(scene, 3 * HOUR).contains(&action), found == Carry::Due, "{found:?}");
        let gate = scene.gate(Gate::ContainsStable, 3 * HOUR);
        let waits = gate.verdict == Verdict::Pending;
        assert_eq!(waits, found != Carry::ByHand, "{gate:?}");
        assert!(!gate.verdict.is_clear());
        found
    };
    let scene = overtaken();
    assert_eq!(is(&scene), Carry::Due);
    let resolved = MergeBack::Resolved { tree: commit(9), files: vec!["Cargo.toml".into()] };
    assert_eq!(is(&scene.clone().seen(|seen| seen.catch_up = Some(resolved))), Carry::Due);
    assert_eq!(is(&scene.clone().head(4)), Carry::Settling, "what has not settled is no rc yet");
    let conflict = MergeBack::Conflict { files: vec!["a.rs".into()] };
    let by_hand = scene.clone().seen(|seen| seen.catch_up = Some(conflict));
    assert_eq!(is(&by_hand), Carry::ByHand);
    let gate = by_hand.gate(Gate::ContainsStable, 3 * HOUR);
    assert!(gate.summary.contains("conflicts in a.rs") && gate.remedy.len() == 2, "{gate:?}");
    assert_eq!(is(&scene.clone().seen(|seen| seen.descends = false)), Carry::ByHand);
    let mut moved = scene.clone();
    moved.facts.stable = Some(commit(0x999));
    let project = moved.project();
    let seen = &moved.facts.candidates[&VERSION];
    assert_eq!(carry(VERSION, &project.candidates[&VERSION], seen, &project, &moved.facts), Carry::ByHand);
    let flying = scene.then(2 * HOUR, promoted(2, 2));
    let project = flying.project();
    let seen = &flying.facts.candidates[&VERSION];
    assert_eq!(carry(VERSION, &project.candidates[&VERSION], seen, &project, &flying.facts), Carry::ByHand);
}

#[test]
fn a_carry_is_remembered_with_its_rc() {
    let told = Event::StableCarried {
        version: VERSION,
        stable: commit(0x101),
        commit: commit(4),
        resolved: Vec::new(),
    };
    let project = overtaken().then(3 * HOUR, told).then(3 * HOUR, rc(2, 4)).project();
    let candidate = &project.candidates[&VERSION];
    assert_eq!((candidate.carried.clone(), candidate.rc_number()), (Some(commit(4)), 2));
    assert_eq!(candidate.rc_at(), at(3 * HOUR), "its second clock begins anew");
}

#[test]
fn the_table_of_a_hotfix_covers_what_it_names() {
    let text =
        "gates.checks.required = ['ci', 'e2e']\npromotion.automatic = false\ncandidate.settle = '2h'\n";
    let regular = read(text).unwrap().policy;
    let own = regular.of(CutKind::Hotfix);
    assert_eq!(regular.of(CutKind::Regular), regular);
    assert_eq!(own.of(CutKind::Hotfix), own, "adopting twice is adopting once");
    let hour = Seconds(HOUR as u64);
    assert_eq!((own.gates.soak.length, own.gates.soak.after_fix), (hour, AfterFix::Serve(hour)));
    assert_eq!((own.settle, own.promotion.hours), (Seconds(5 * MINUTE as u64), None));
    assert!(!own.promotion.automatic && own.gates.checks.required.len() == 2, "as any candidate");
    let text = format!("{text}hotfix = {{ automatic = true, required = ['ci'], hours = 'Mon-Fri 8-20' }}\n");
    let own = read(&text).unwrap().policy.of(CutKind::Hotfix);
    assert!(own.promotion.automatic && own.promotion.hours.is_some());
    assert_eq!(own.gates.checks.required, [RequiredCheck { name: "ci".into(), beat: None }]);
}
