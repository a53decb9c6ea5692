//! A promotion on record: when its entry holds, what strikes it, and what it needs of a person.

use crate::make::{DAY, HOUR, Scene, VERSION, at, commit, entry_id, policy, promoted, promotion, rc, sight};
use allclear_core::decide::plan::{Action, plan};
use allclear_core::decide::promotion::{Obstacle, Step};
use allclear_core::facts::{EntrySight, Seen, Sight, TagSight};
use allclear_core::ledger::event::Event;
use allclear_core::ledger::promotion::{Landed, Promotion, Shape};
use allclear_core::policy::{Freeze, Stops};
use allclear_core::project::Candidate;
use allclear_core::types::gate::Gate;
use allclear_core::verify::{Recorded, Truth, chain_claims};
use allclear_core::{Branch, assess};

fn soaked() -> Scene {
    Scene::new(policy()).then(8 * DAY, promoted(1, 2))
}

fn candidate(scene: &Scene) -> Candidate {
    scene.project().candidates[&VERSION].clone()
}

fn due(scene: &Scene, seconds: i64) -> Vec<Action> {
    let project = scene.project();
    plan(None, &assess(None, &project, &scene.facts, at(seconds)), &project, &scene.facts)
}

#[test]
fn a_strike_takes_it_off_the_record_and_lets_the_next_one_count() {
    let strike = Event::Struck { entry: entry_id(1), reason: "the tag is taken".into() };
    let struck = soaked().then(8 * DAY, strike);
    assert!(candidate(&soaked()).promoted.is_some());
    assert!(candidate(&struck).promoted.is_none());
    assert!(struck.project().tag_entries.contains(&format!("{:032x}", 1)), "a tag may name it");
    let again = candidate(&struck.then(9 * DAY, promoted(2, 2))).promoted.unwrap();
    assert_eq!((again.entry, again.promotion.new_stable), (entry_id(3), commit(0x102)));
}

#[test]
fn it_holds_for_the_refs_of_its_candidate_alone() {
    let names = |change: &dyn Fn(&mut Promotion)| {
        let mut told = promotion(1, 4);
        change(&mut told);
        let scene = Scene::new(policy()).then(HOUR, rc(2, 4)).then(8 * DAY, Event::Promoted(Box::new(told)));
        let mut promoted = candidate(&scene).promoted.unwrap();
        let (before, seen) = (candidate(&scene), &scene.facts.candidates[&VERSION]);
        let recorded = Recorded::of(&before, &scene.facts, seen, None, at(8 * DAY));
        promoted.facts = serde_json::to_value(recorded).ok();
        let claims = chain_claims(&promoted, None);
        claims.into_iter().find(|claim| claim.about == "names").unwrap().truth == Truth::Holds
    };
    let other = || Branch::parse("other").unwrap();
    let landed = || Some(Landed { shape: Shape::Merged, by: "mira".into(), reason: None });
    assert!(names(&|_| {}));
    assert!(!names(&|p| p.branch = other()));
    assert!(!names(&|p| p.stable_branch = other()));
    assert!(!names(&|p| p.develop_branch = other()));
    assert!(!names(&|p| p.tag = "v2.8.0".into()));
    assert!(!names(&|p| p.commit = commit(2)), "an older rc");
    assert!(names(&|p| (p.commit, p.landed) = (commit(2), landed())), "an older rc that landed");
    assert!(!names(&|p| (p.commit, p.landed) = (commit(7), landed())), "no rc at all");
}

#[test]
fn one_in_part_that_turns_by_time_alone_is_told() {
    let mut frozen = policy();
    let (from, until) = (at(9 * DAY), at(10 * DAY));
    frozen.freezes.push(Freeze { reason: "holidays".into(), from, until, stops: Stops::Promotions });
    let scene = Scene::new(frozen).then(8 * DAY, promoted(1, 2)).shows(sight(EntrySight::Holds, false));
    let finish = |step| Action::Finish { version: VERSION, step };
    let stop = finish(Step::Stop(Obstacle::NotClear));
    let turn =
        Action::Turn { version: VERSION, commit: commit(2), gates: vec![Gate::Freeze.name().to_owned()] };
    assert!(matches!(due(&scene, 8 * DAY)[..], [Action::Finish { step: Step::Continue(_), .. }]));
    assert_eq!(due(&scene, 9 * DAY), [turn.clone(), stop.clone()]);
    let told = Event::Turned { version: VERSION, commit: commit(2), gates: Vec::new() };
    assert_eq!(due(&scene.clone().then(9 * DAY, told), 9 * DAY + HOUR), [stop]);
    // What has moved stable goes on whatever the time is.
    let moved = scene.shows(Sight { stable: Seen::New, ..sight(EntrySight::Holds, false) });
    assert!(matches!(due(&moved, 9 * DAY)[..], [Action::Finish { step: Step::Continue(_), .. }]));
}

#[test]
fn whatever_stops_it_says_who_has_to_do_what() {
    let old = sight(EntrySight::Holds, false);
    for (seen, words) in [
        (Sight { entry: EntrySight::DoesNotHold, ..old }, "does not hold"),
        (Sight { entry: EntrySight::Unproven, ..old }, "cannot be checked here"),
        (Sight { tag: TagSight::Foreign, ..old }, "is in the way"),
        (Sight { stable: Seen::Other, ..old }, "moved by somebody else"),
        (Sight { moved: true, ..old }, "put master back"),
    ] {
        let stop = soaked().shows(seen).judge(at(8 * DAY)).stop.unwrap();
        assert!(stop.why.contains(words), "{}", stop.why);
        assert!(stop.remedy.iter().any(|r| r.contains("allclear strike")), "{:?}", stop.remedy);
    }
}
