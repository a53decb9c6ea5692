//! What the gate `downstream` makes of experiments: only what is confirmed blocks, nothing is waived unseen, and no
//! data is never a pass.

use crate::make::{
    self, DAY, HOUR, MINUTE, Scene, VERSION, at, commit, depends, experiment, finding, link, policy,
    promoted, rc, tried,
};
use allclear_core::Verdict;
use allclear_core::decide::assess::State;
use allclear_core::experiment::{Comparison, Declared, FindingLine, Summary, Tallies, Tier};
use allclear_core::facts::MergeBack;
use allclear_core::gate::Kind;
use allclear_core::ledger::entry::Body;
use allclear_core::ledger::event::Event;
use allclear_core::policy::{Policy, Trust};
use allclear_core::types::gate::Gate;
use allclear_core::verify::{Audit, Recorded, Shown, Truth, judge};

fn declared() -> Vec<Declared> {
    vec![depends("a")]
}

fn with(change: impl FnOnce(&mut Policy)) -> Scene {
    let mut policy = policy();
    policy.downstreams = declared();
    change(&mut policy);
    Scene::new(policy)
}

fn scene() -> Scene {
    with(|_| {})
}

/// A look at commit 2 that found these, beside `ok` of each tier that are well.
fn look(ok: usize, findings: Vec<FindingLine>) -> Summary {
    experiment(&declared(), ok, findings, 2)
}

fn must(name: &str, comparison: Comparison, cause: char) -> FindingLine {
    finding(name, Tier::Must, comparison, cause)
}

fn regressed(names: &[&str]) -> Event {
    let findings = names.iter().map(|name| must(name, Comparison::Regressed, 'c')).collect();
    tried(look(40, findings))
}

fn waived(subject: Option<&str>) -> Event {
    make::waived("downstream", subject, Verdict::Failed, 9)
}

fn verdict(scene: &Scene) -> Verdict {
    scene.gate(Gate::Downstream, HOUR).verdict
}

#[test]
fn what_each_comparison_means() {
    use Comparison::{
        ExpectedFailure, FailingDifferently, Fixed, Flaky, NotApplicable, Ok, Regressed, StillFailing,
        Suspect, Unchecked, UnexpectedPass,
    };
    for (comparison, must, should) in [
        (Regressed, Verdict::Failed, Verdict::Passed),
        (Suspect, Verdict::Inconclusive, Verdict::Passed),
        (Unchecked, Verdict::Inconclusive, Verdict::Passed),
        (UnexpectedPass, Verdict::Passed, Verdict::Passed),
        (FailingDifferently, Verdict::Passed, Verdict::Passed),
        (Flaky, Verdict::Passed, Verdict::Passed),
        (StillFailing, Verdict::Passed, Verdict::Passed),
        (ExpectedFailure, Verdict::Passed, Verdict::Passed),
        (NotApplicable, Verdict::Passed, Verdict::Passed),
        (Fixed, Verdict::Passed, Verdict::Passed),
        (Ok, Verdict::Passed, Verdict::Passed),
    ] {
        for (tier, expected) in [(Tier::Must, must), (Tier::Should, should)] {
            let scene = scene().then(1, tried(look(40, vec![finding("x", tier, comparison, 'c')])));
            let found = scene.gate(Gate::Downstream, HOUR);
            assert_eq!(found.verdict, expected, "{comparison:?} in {tier:?}: {}", found.summary);
            assert_eq!(found.subjects[0].verdict, expected, "{comparison:?} in {tier:?}");
        }
    }
}

#[test]
fn no_data_is_never_a_pass() {
    let none = Scene::new(policy()).then(1, regressed(&["a"]));
    assert_eq!(verdict(&none), Verdict::NotApplicable, "none is declared");
    let missing = scene().gate(Gate::Downstream, HOUR);
    assert_eq!((missing.verdict, missing.kind), (Verdict::Missing, Kind::Machine));
    assert_eq!(missing.remedy, ["allclear test 2.9.0"]);
    for (name, event, expected) in [
        ("of another commit", tried(experiment(&declared(), 9, Vec::new(), 4)), Verdict::Missing),
        ("of other downstreams", tried(experiment(&[depends("b")], 9, Vec::new(), 2)), Verdict::Missing),
        ("of nothing", tried(look(0, Vec::new())), Verdict::Inconclusive),
        (
            "of what fails anyway",
            tried(look(0, vec![must("a", Comparison::StillFailing, 'c')])),
            Verdict::Inconclusive,
        ),
        (
            "of what it is not meant for",
            tried(look(0, vec![must("a", Comparison::NotApplicable, 'c')])),
            Verdict::Passed,
        ),
        ("of what is well", tried(look(9, Vec::new())), Verdict::Passed),
    ] {
        assert_eq!(verdict(&scene().then(1, event)), expected, "{name}");
    }
    let advice = with(|p| p.gates.downstream.enforce = false).then(1, regressed(&["a"]));
    assert!(advice.judge(at(8 * DAY)).blockers().all(|b| b.gate != Gate::Downstream));
    assert_eq!(verdict(&advice), Verdict::Failed);
}

#[test]
fn p5_an_experiment_dies_with_its_commit() {
    let well = scene().then(1, tried(look(9, Vec::new())));
    assert_eq!(verdict(&well), Verdict::Passed);
    assert_eq!(verdict(&well.clone().then(2, rc(2, 4)).head(4)), Verdict::Missing);
    let waived = scene().then(1, regressed(&["a"])).then(2, waived(Some("a")));
    assert_eq!(verdict(&waived), Verdict::Waived);
    let next = tried(experiment(&declared(), 9, vec![must("a", Comparison::Regressed, 'c')], 4));
    assert_eq!(verdict(&waived.then(3, rc(2, 4)).head(4).then(4, next)), Verdict::Failed);
    // What the policy looks at now was never looked at.
    let mut wider = policy();
    wider.downstreams = vec![depends("a"), depends("b")];
    let adopted = Event::PolicyAdopted {
        version: VERSION,
        digest: String::new(),
        policy: Box::new(wider),
        from: commit(1),
        relaxed: Vec::new(),
    };
    assert_eq!(verdict(&well.then(2, adopted)), Verdict::Missing);
}

#[test]
fn one_that_regressed_says_what_to_do() {
    let found = scene().then(1, regressed(&["examples/greeter"])).gate(Gate::Downstream, HOUR);
    assert_eq!(found.summary, "80 of 81 ok · 1 regressed");
    assert_eq!((found.kind, found.needs_commit), (Kind::Person, true));
    assert_eq!(found.subjects[0].name, "examples/greeter");
    assert_eq!(found.subjects[0].detail, "panics at start since 2.8.0: panic: nil map");
    let commit = commit(2);
    assert_eq!(
        found.remedy,
        [
            "examples/greeter: panics at start since 2.8.0: panic: nil map · allclear reproduce examples/greeter"
                .to_owned(),
            "allclear why downstream:examples/greeter".to_owned(),
            format!(
                "allclear waive 2.9.0 downstream:examples/greeter --commit {commit} --reason TEXT --for DURATION"
            ),
        ]
    );
    let nasty = scene().then(1, regressed(&["$(touch x)\u{1b}[2J"])).gate(Gate::Downstream, HOUR);
    assert!(nasty.remedy[0].ends_with("allclear reproduce '$(touch x)\u{fffd}[2J'"), "{:?}", nasty.remedy);
}

#[test]
fn many_with_one_cause_are_one() {
    let mut findings: Vec<FindingLine> =
        (0..41).map(|n| must(&format!("e{n}"), Comparison::Regressed, 'c')).collect();
    findings.insert(0, must("alone", Comparison::Regressed, 'd'));
    let scene = scene().then(1, tried(look(40, findings)));
    let found = scene.gate(Gate::Downstream, HOUR);
    assert_eq!(found.summary, "80 of 122 ok · 42 regressed");
    assert!(found.remedy[0].starts_with("41 projects, such as e0: panics"), "{:?}", found.remedy);
    assert!(found.remedy[2].contains(" downstream:cccccccccccc "), "{:?}", found.remedy);
    assert!(found.remedy[3].starts_with("alone: panics"), "{:?}", found.remedy);
    assert_eq!(found.subjects.len(), 42);
    assert_eq!(found.subjects[41].name, "alone");
    // One waiver for the cause, and one for the other.
    let cause = scene.then(2, waived(Some("cccccccccccc")));
    assert_eq!(verdict(&cause), Verdict::Failed);
    let left = cause.gate(Gate::Downstream, HOUR).remedy;
    assert!(left.len() == 3 && left[0].starts_with("alone: "), "what is waived needs nobody: {left:?}");
    assert_eq!(verdict(&cause.then(3, waived(Some("alone")))), Verdict::Waived);
}

#[test]
fn p1_waiving_one_thing_hides_no_other() {
    let two = || scene().then(1, regressed(&["a", "b"]));
    assert_eq!(verdict(&two().then(2, waived(Some("a")))), Verdict::Failed);
    assert_eq!(verdict(&two().then(2, waived(Some("a"))).then(3, waived(Some("b")))), Verdict::Waived);
    assert_eq!(verdict(&two().then(2, waived(Some("")))), Verdict::Failed);
    // Two of one name are two.
    let twins = scene().then(1, regressed(&["a", "a"]));
    assert_eq!(verdict(&twins.clone().then(2, waived(Some("a")))), Verdict::Failed);
    assert_eq!(verdict(&twins.then(2, waived(Some("a"))).then(3, waived(Some("a#2")))), Verdict::Waived);
    // One that is called like the signature of others, or like what stands for others.
    let named = scene().then(1, regressed(&["cccccccccccc", "b"])).then(2, waived(Some("cccccccccccc")));
    assert_eq!(verdict(&named), Verdict::Failed);
    let mut summary = look(9, vec![must("others", Comparison::Regressed, 'c')]);
    summary.must = Tallies::of([Comparison::Regressed, Comparison::Regressed]);
    let hidden = scene().then(1, tried(summary));
    assert_eq!(verdict(&hidden.clone().then(2, waived(Some("others#2")))), Verdict::Failed);
    let found = hidden.gate(Gate::Downstream, HOUR);
    let others = found.subjects.iter().find(|s| s.name == "others").unwrap();
    assert_eq!(others.detail, "1 regressed more; the results table on record names them");
    // What is missing is none of what regressed, and the other way round.
    let open = vec![must("a", Comparison::Regressed, 'c'), must("b", Comparison::Unchecked, 'd')];
    let both = scene().then(1, tried(look(0, open)));
    assert_eq!(
        verdict(&both.clone().then(2, waived(Some("a")))),
        Verdict::Inconclusive,
        "what is left is open"
    );
    let some = both.then(2, waived(Some("a"))).then(3, waived(Some("b")));
    assert!(!verdict(&some).is_clear(), "one of two gave an answer");
    assert_eq!(verdict(&some.then(4, waived(Some("coverage")))), Verdict::Waived);
}

#[test]
fn what_is_open_is_the_lab_s_for_a_day() {
    let open = || tried(look(40, vec![must("a", Comparison::Unchecked, 'c')]));
    let scene = scene().then(HOUR, open());
    let found = scene.gate(Gate::Downstream, 2 * HOUR);
    assert_eq!((found.verdict, found.kind), (Verdict::Inconclusive, Kind::Machine));
    assert_eq!(found.remedy, ["allclear test 2.9.0 --rerun failed"]);
    assert_eq!(found.turns_at, Some(at(HOUR + DAY)));
    // Trying again does not begin the day anew.
    let again = scene.then(20 * HOUR, open());
    assert_eq!(again.gate(Gate::Downstream, HOUR + DAY - 1).kind, Kind::Machine);
    let late = again.gate(Gate::Downstream, HOUR + DAY);
    assert_eq!((late.verdict, late.kind, late.turns_at), (Verdict::Inconclusive, Kind::Person, None));
    assert!(late.remedy[1].starts_with("allclear waive 2.9.0 downstream:a "), "{:?}", late.remedy);
    let state = |scene: &Scene, seconds| scene.judge(at(seconds)).state;
    assert_eq!(state(&again, HOUR + DAY - 1), State::Waiting);
    assert_eq!(state(&again, HOUR + DAY), State::Blocked);
    // An answer is one, and a new commit has a day of its own.
    assert_eq!(
        again.clone().then(21 * HOUR, tried(look(41, Vec::new()))).gate(Gate::Downstream, 3 * DAY).verdict,
        Verdict::Passed
    );
    let mut next = look(40, vec![must("a", Comparison::Unchecked, 'c')]);
    next.commit = commit(4);
    let fresh = again.then(2 * DAY, rc(2, 4)).head(4).then(2 * DAY + 1, tried(next));
    assert_eq!(fresh.gate(Gate::Downstream, 2 * DAY + HOUR).kind, Kind::Machine);
}

#[test]
fn too_few_answers_hold() {
    for (ok, open, coverage, expected) in [
        (95, 5, 95, Verdict::Passed),
        (94, 6, 95, Verdict::Inconclusive),
        (19, 2, 95, Verdict::Inconclusive),
        (19, 2, 90, Verdict::Passed),
        (1, 9, 0, Verdict::Passed),
    ] {
        let mut summary = look(0, Vec::new());
        summary.must = Tallies::of((0..ok).map(|_| Comparison::Ok));
        summary.should = Tallies::of((0..open).map(|_| Comparison::Unchecked));
        let scene = with(|p| p.gates.downstream.coverage = coverage).then(1, tried(summary));
        let found = scene.gate(Gate::Downstream, HOUR);
        assert_eq!(found.verdict, expected, "{ok} of {} at {coverage}", ok + open);
    }
}

#[test]
fn numbers_of_strangers_add_up_to_nothing_worse() {
    let summary: Summary = serde_json::from_value(serde_json::json!({
        "experiment": "x", "version": "2.9.0", "commit": commit(2), "sandbox": "", "millis": u64::MAX,
        "declared": allclear_core::experiment::declared(&declared()), "findings": [], "more": u64::MAX,
        "must": {"ok": u64::MAX, "fixed": u64::MAX, "suspect": u64::MAX}, "should": {"ok": u64::MAX, "flaky": 3},
    }))
    .unwrap();
    let found = scene().then(1, tried(summary)).gate(Gate::Downstream, HOUR);
    assert_eq!(found.verdict, Verdict::Inconclusive, "{}", found.summary);
}

#[test]
fn how_one_did_before() {
    let kinds = [Comparison::Flaky, Comparison::Flaky, Comparison::Flaky, Comparison::Ok, Comparison::Flaky];
    let scene = (0..9).fold(scene(), |scene, n| {
        let mut summary = look(40, vec![must("a", kinds[n % 5], 'c')]);
        summary.commit = commit(0x100 + n as u64);
        scene.then(n as i64, tried(summary))
    });
    let scene = scene.then(10, tried(look(40, vec![must("a", Comparison::Flaky, 'c')])));
    let found = scene.gate(Gate::Downstream, HOUR);
    assert!(
        found.subjects[0].detail.ends_with("· flaky in 5 of the last 6 experiments"),
        "{:?}",
        found.subjects
    );
}

#[test]
fn a_flood_of_experiments_takes_little() {
    let mut scene = scene();
    for n in 0..200_u64 {
        let mut summary = look(40, vec![must("a", Comparison::Regressed, 'c')]);
        summary.commit = commit(0x1000 + n);
        scene.links.push(link(scene.links.len(), at(MINUTE), vec![tried(summary)]));
    }
    let project = scene.project();
    assert!(serde_json::to_vec(&project.experiments).unwrap().len() < 20_000);
    assert!(project.experiments.of(&commit(2), Trust::Claimed).is_none());
    assert_eq!(verdict(&scene), Verdict::Missing, "what is crowded out is missing, and never well");
}

/// Verifies a promotion of commit 2, with what its entry says it stood on.
fn verified(scene: &Scene, change: impl FnOnce(&mut Recorded)) -> Truth {
    let mut links = scene.links.clone();
    let now = at(8 * DAY);
    let found = scene.judge(now);
    let (candidate, seen) = (&scene.project().candidates[&VERSION], &scene.facts.candidates[&VERSION]);
    let mut recorded = Recorded::of(candidate, &scene.facts, seen, Some(&found), now);
    change(&mut recorded);
    let mut entry = link(links.len(), now, vec![promoted(1, 2)]);
    if let Body::Entry(entry) = &mut entry.body {
        entry.facts = serde_json::to_value(recorded).ok();
    }
    links.push(entry);
    let mut audit = Audit::default();
    links.iter().for_each(|link| audit.add(link));
    let audit = audit.finish().unwrap();
    let shown = Shown {
        commits: Vec::new(),
        authors: Vec::new(),
        lacks_stable: 0,
        descends: true,
        merge_back: MergeBack::Clean { tree: commit(9) },
    };
    let claims = judge(&audit.releases[0].promoted, Some(&shown), None);
    claims.into_iter().map(|claim| claim.truth).max().unwrap()
}

#[test]
fn a_release_is_judged_again_by_what_was_on_record() {
    let well = scene().then(1, tried(look(9, Vec::new())));
    assert_eq!(verified(&well, |_| {}), Truth::Holds);
    let Truth::DoesNotHold(why) = verified(&scene(), |_| {}) else { panic!("nothing was looked at") };
    assert!(why.contains("downstream was missing"), "{why}");
    let Truth::DoesNotHold(why) = verified(&scene().then(1, regressed(&["a"])), |_| {}) else {
        panic!("bad")
    };
    assert!(why.contains("downstream was failed"), "{why}");
    // What was decided when there was no such gate.
    let before = |facts: &mut Recorded| {
        facts.rules = 2;
        facts.gates.retain(|gate| gate.gate != "downstream");
    };
    assert_eq!(verified(&Scene::new(policy()), before), Truth::Holds);
}
