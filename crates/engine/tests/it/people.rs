//! What people say: it counts for one commit, good news dies with it, bad news stands until it is answered.

use crate::v;
use allclear_core::decide::assess::State;
use allclear_core::ledger::event::ReportOutcome;
use allclear_core::types::gate::Gate;
use allclear_core::{CommitId, Seconds, Verdict};
use allclear_engine::{Engine, FaultKind, Note, ReportWish, WaiverMade, WaiverWish};
use allclear_testkit::{Flaky, Machine, World};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const RELEASE: &str = "refs/heads/release-1.1.0";

fn verdict(world: &World, gate: Gate) -> Verdict {
    let snapshot = world.machine("look").engine().observe().unwrap();
    let assessment = snapshot.assess(world.now());
    assessment.candidates[0].gates.iter().find(|g| g.gate == gate).unwrap().finding.verdict
}

fn state(world: &World) -> State {
    let snapshot = world.machine("look").engine().observe().unwrap();
    snapshot.assess(world.now()).candidates[0].state
}

fn head(world: &World) -> CommitId {
    world.tip(RELEASE).unwrap()
}

/// Puts a fix on the candidate, and makes it the next rc.
fn fix(world: &World, file: &str) -> CommitId {
    let commit = world.commit("release-1.1.0", &format!("fix: {file}"), &[(file, "fixed\n")]);
    world.machine("a").engine().rc(None, None, false).unwrap();
    world.look();
    commit
}

fn waive(
    machine: &Machine,
    topic: &str,
    days: u64,
    again: bool,
) -> Result<WaiverMade, allclear_engine::Refusal> {
    machine.engine().waive(&WaiverWish {
        version: None,
        topic: topic.into(),
        reason: (!again).then(|| "the customer is down".into()),
        length: (!again).then_some(Seconds(days * 86_400)),
        only_if: None,
        again,
    })
}

fn report(engine: &Engine<'_>, rc: u32, outcome: ReportOutcome, who: &str) -> String {
    let words = Some(format!("{who} tried it on Windows"));
    engine.report(&ReportWish { version: v("1.1.0"), rc, outcome, who: who.into(), words }).unwrap().0
}

#[test]
fn p5_a_waiver_counts_for_its_commit_until_its_end_and_no_clock_revives_it() {
    let world = World::new();
    world.cut();
    world.days(1);
    let mira = world.machine("mira");
    assert_eq!(verdict(&world, Gate::Soak), Verdict::Pending);
    let made = waive(&mira, "soak", 2, false).unwrap();
    assert_eq!((made.commit, made.needs_second), (head(&world), false));
    assert_eq!(verdict(&world, Gate::Soak), Verdict::Waived);
    assert_eq!(state(&world), State::Clear);
    // A new rc ends it; --again is a person's word on the new one.
    assert_eq!(waive(&mira, "soak", 0, true).unwrap_err().kind(), FaultKind::Usage);
    fix(&world, "one.txt");
    assert_eq!(verdict(&world, Gate::Soak), Verdict::Pending);
    let again = waive(&mira, "soak", 0, true).unwrap();
    assert_eq!(again.commit, head(&world));
    assert_eq!(verdict(&world, Gate::Soak), Verdict::Waived);
    world.clock.advance(2 * 86_400 - 100);
    assert_eq!(verdict(&world, Gate::Soak), Verdict::Pending, "it could end within a promotion");
    world.days(1);
    world.machine("b").engine().hold(None, "so that the record has this hour", None).unwrap();
    let past = world.lone_machine("slow");
    past.clock.advance(-2 * 86_400);
    let seen = past.engine().observe().unwrap();
    let then = seen.assess(allclear_core::port::Clock::now(&*past.clock));
    let soak = then.candidates[0].gates.iter().find(|g| g.gate == Gate::Soak).unwrap();
    assert_eq!(soak.finding.verdict, Verdict::Pending, "a clock that is behind revives no waiver");
}

#[test]
fn what_says_that_a_promotion_can_be_made_is_never_waived() {
    let world = World::new();
    world.cut();
    let mira = world.machine("mira");
    for gate in ["merge-back", "contains-stable", "version", "clock"] {
        assert_eq!(waive(&mira, gate, 2, false).unwrap_err().kind(), FaultKind::Refused, "{gate}");
    }
    for (gate, why) in [
        ("hold", "lifted"),
        ("soaks", "no gate"),
        ("checks", "clear"),
        ("soak:ci", "no subjects to choose from"),
    ] {
        let fault = waive(&mira, gate, 2, false).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Usage);
        assert!(fault.to_string().contains(why), "{fault}");
    }
    assert_eq!(waive(&mira, "soak", 15, false).unwrap_err().kind(), FaultKind::Usage);
    let before = world.refs();
    assert_eq!(mira.engine().lift_waiver(None, "soak").unwrap().1, 0);
    assert_eq!(world.refs(), before);
}

#[test]
fn a_waiver_names_one_of_many_and_may_take_two_people() {
    let world = World::new();
    world.policy(
        "[gates.checks]\nrequired = [\"ci\", \"lint\"]\n[gates.soak]\nfor = \"0s\"\nafter-fix = \"0s\"\n\
         [waivers]\nsecond-person = [\"checks\"]\n",
    );
    world.cut();
    let (mira, ben) = (world.machine("mira"), world.machine("ben"));
    let fault = waive(&mira, "checks", 2, false).unwrap_err();
    assert!(fault.to_string().contains("checks:ci, checks:lint"), "{fault}");
    assert!(waive(&mira, "checks:lint", 2, false).unwrap().needs_second);
    assert!(waive(&mira, "checks:lint", 3, false).unwrap().needs_second, "twice the same person is one");
    assert_eq!(verdict(&world, Gate::Checks), Verdict::Missing);
    assert!(!waive(&ben, "checks:lint", 2, false).unwrap().needs_second);
    let snapshot = mira.engine().observe().unwrap();
    let assessment = snapshot.assess(world.now());
    let checks = assessment.candidates[0].gates.iter().find(|g| g.gate == Gate::Checks).unwrap();
    let verdicts: Vec<Verdict> = checks.finding.subjects.iter().map(|s| s.verdict).collect();
    assert_eq!(
        (checks.finding.verdict, verdicts),
        (Verdict::Missing, vec![Verdict::Missing, Verdict::Waived])
    );
    waive(&mira, "checks:ci", 2, false).unwrap();
    waive(&ben, "checks:ci", 2, false).unwrap();
    assert_eq!(verdict(&world, Gate::Checks), Verdict::Waived);
    assert_eq!(ben.engine().lift_waiver(None, "checks:ci").unwrap().1, 2);
    assert_eq!(verdict(&world, Gate::Checks), Verdict::Missing);
}

#[test]
fn a_waiver_is_for_what_was_named_and_no_longer_name() {
    let world = World::new();
    world.policy("[gates.checks]\nrequired = [\"integration\", \"integration-slow\"]\n");
    world.cut();
    let mira = world.machine("mira");
    let passed = allclear_engine::CheckResult {
        name: "integration".into(),
        outcome: allclear_core::ledger::event::CheckOutcome::Passed,
        commit: head(&world),
        url: None,
    };
    mira.engine().check(vec![passed]).unwrap();
    let fault = waive(&mira, "checks:integration", 2, false).unwrap_err();
    assert!(fault.to_string().contains("checks:integration-slow"), "{fault}");
    assert_eq!(verdict(&world, Gate::Checks), Verdict::Missing);
}

#[test]
fn p5_an_approval_counts_for_one_commit_and_never_from_its_authors() {
    let world = World::new();
    world.policy("[gates.approvals]\ncount = 1\nfrom = [\"mira@example.org\", \"Dev\"]\n");
    world.cut();
    world.days(8);
    let (mira, dev, ben) = (world.machine("mira"), world.machine("dev"), world.machine("ben"));
    assert_eq!(verdict(&world, Gate::Approvals), Verdict::Missing);
    let first = head(&world);
    for (who, kind) in [(&dev, FaultKind::Refused), (&ben, FaultKind::Refused)] {
        assert_eq!(who.engine().approve(None, first.as_str()).unwrap_err().kind(), kind);
    }
    assert_eq!(mira.engine().approve(None, &first.as_str()[..12]).unwrap_err().kind(), FaultKind::Usage);
    mira.engine().approve(None, first.as_str()).unwrap();
    assert_eq!(verdict(&world, Gate::Approvals), Verdict::Passed);
    let before = world.refs();
    mira.engine().approve(None, first.as_str()).unwrap();
    assert_eq!(world.refs(), before, "the same word twice is one entry");
    fix(&world, "one.txt");
    assert_eq!(verdict(&world, Gate::Approvals), Verdict::Missing, "a new commit has no approval");
    let fault = mira.engine().approve(None, first.as_str()).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "an approval of an older head is refused");
}

#[test]
fn an_author_is_an_author_under_any_address() {
    let world = World::new();
    world.policy("[gates.approvals]\ncount = 1\n");
    let mailmap = "Mira <mira@example.org> <dev@example.org>\nMira <mira@example.org> <mira@laptop>\n";
    world.commit("develop", "chore: who is who", &[(".mailmap", mailmap)]);
    world.cut();
    let head = head(&world);
    let machine = world.machine("a");
    for (who, may) in [("mira@example.org", false), ("M <MIRA@laptop>", false), ("Vera", true)] {
        let by = allclear_core::ledger::actor::Actor { who: who.into(), ..machine.engine().by };
        let engine = Engine { by, ..machine.engine() };
        assert_eq!(engine.approve(None, head.as_str()).is_ok(), may, "{who}");
    }
}

#[test]
fn a_co_author_is_an_author() {
    let world = World::new();
    world.policy("[gates.approvals]\ncount = 1\n[gates.reports]\nmin-good = 1\n");
    let mailmap = "Mira <mira@example.org> <mira@laptop>\n";
    world.commit("develop", "chore: who is who", &[(".mailmap", mailmap)]);
    let squashed = "feat: squashed (#12)\n\n* feat: one\n\nco-authored-BY: Mira <mira@laptop>\n\n* feat: two\n\n\
        Co-authored-by: Ben Li <ben@example.com>\nSigned-off-by: Sid <sid@example.com>\n";
    world.commit("develop", squashed, &[("squashed.txt", "s\n")]);
    world.cut();
    let head = head(&world);
    let machine = world.machine("a");
    for (who, may) in [
        ("Mira <other@example.com>", false),
        ("M <mira@example.org>", false),
        ("ben@example.com", false),
        ("Sid <sid@example.com>", true),
        ("GitHub <noreply@github.com>", true),
    ] {
        let by = allclear_core::ledger::actor::Actor { who: who.into(), ..machine.engine().by };
        let engine = Engine { by, ..machine.engine() };
        assert_eq!(engine.approve(None, head.as_str()).is_ok(), may, "{who}");
    }
    report(&machine.engine(), 1, ReportOutcome::Good, "Ben Li");
    assert_eq!(
        verdict(&world, Gate::Reports),
        Verdict::Missing,
        "no author says that their own work is good"
    );
    report(&machine.engine(), 1, ReportOutcome::Good, "Zoe");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Passed);
}

#[test]
fn nothing_goes_on_record_in_nobody_s_name() {
    let world = World::new();
    world.cut();
    let (head, before) = (head(&world), world.refs());
    let machine = world.machine("a");
    for who in ["", " ", "<>", " < > "] {
        let by = allclear_core::ledger::actor::Actor { who: who.into(), ..machine.engine().by };
        let engine = Engine { by, ..machine.engine() };
        let refusals = [
            engine.approve(None, head.as_str()).unwrap_err(),
            engine.hold(None, "not yet", None).unwrap_err(),
            engine.withdraw(None, "not wanted").unwrap_err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.kind(), FaultKind::Usage, "{who:?}: {refusal}");
            assert!(refusal.hints().concat().contains("--as 'NAME <ADDRESS>'"), "{:?}", refusal.hints());
        }
    }
    assert_eq!(world.refs(), before);
}

#[test]
fn p4_an_accepted_commit_is_answered_for_once_and_for_all() {
    let world = World::new();
    world.cut();
    let odd = world.commit("release-1.1.0", "tidy up", &[("tidy.txt", "tidy\n")]);
    world.machine("a").engine().rc(None, None, false).unwrap();
    assert_eq!(verdict(&world, Gate::Fixes), Verdict::Failed);
    let mira = world.machine("mira");
    let unknown = mira.engine().accept(None, &["0".repeat(40)], "never seen").unwrap_err();
    assert_eq!(unknown.kind(), FaultKind::Usage);
    let (_, accepted) = mira.engine().accept(None, &[odd.as_str()[..10].to_owned()], "only spaces").unwrap();
    assert_eq!(accepted, [odd]);
    assert_eq!(verdict(&world, Gate::Fixes), Verdict::Passed);
    fix(&world, "one.txt");
    assert_eq!(verdict(&world, Gate::Fixes), Verdict::Passed, "it is not asked again");
    // The same change by way of develop: the accepted commit vouches for its twin, and for nothing else.
    let there = world.commit("develop", "polish", &[("polish.txt", "polish\n")]);
    mira.engine().accept(None, &[there.to_string()], "harmless").unwrap();
    world.commit("release-1.1.0", "polish", &[("polish.txt", "polish\n")]);
    assert_eq!(verdict(&world, Gate::Fixes), Verdict::Passed);
    world.commit("release-1.1.0", "polish", &[("polish.txt", "more\n")]);
    assert_eq!(verdict(&world, Gate::Fixes), Verdict::Failed);
}

#[test]
fn p5_bad_news_stands_until_it_is_answered() {
    let world = World::soaked();
    let machine = world.machine("a");
    let engine = machine.engine();
    assert_eq!(state(&world), State::Clear);
    report(&engine, 1, ReportOutcome::Bad, "Ada <ada@example.com>");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Pending);
    world.clock.advance(48 * 3600);
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed, "nobody looked at it");
    fix(&world, "one.txt");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed, "a new rc alone improves nothing");
    report(&engine, 2, ReportOutcome::Good, "Ben");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed, "nobody else takes it back");
    report(&engine, 2, ReportOutcome::Good, "ada@example.com");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Passed, "the reporter says good of a later rc");
    report(&engine, 2, ReportOutcome::Bad, "ada@example.com");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed, "the last word counts, of rc.1 as well");
}

#[test]
fn a_fix_answers_a_report_only_when_it_is_on_board() {
    let world = World::soaked();
    let machine = world.machine("a");
    let engine = machine.engine();
    let id = report(&engine, 1, ReportOutcome::Bad, "Ada");
    engine.confirm_report(&id).unwrap();
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed);
    let there = world.commit("develop", "fix: dial", &[("dial.txt", "fixed\n")]);
    engine.resolve_report(&id, there.as_str()).unwrap();
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed, "the fix is on develop alone");
    let picked = format!("fix: dial\n\n(cherry picked from commit {there})");
    world.commit("release-1.1.0", &picked, &[("dial.txt", "fixed\n")]);
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Passed);
    assert_eq!(engine.dismiss_report(&id, "it was ours").unwrap_err().kind(), FaultKind::Conflict);
    engine.confirm_report(&id).unwrap();
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Failed, "opened again");
}

#[test]
fn good_reports_count_for_their_rc_and_not_from_authors() {
    let world = World::new();
    world.policy("[gates.reports]\nmin-good = 2\n");
    world.cut();
    let machine = world.machine("a");
    let engine = machine.engine();
    for who in ["Ada", "ADA", "Dev <someone@example.com>", "dev@example.org"] {
        report(&engine, 1, ReportOutcome::Good, who);
    }
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Missing, "one person and an author");
    report(&engine, 1, ReportOutcome::Good, "Ben");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Passed);
    fix(&world, "one.txt");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Missing, "good news dies with its rc");
    let wish = ReportWish {
        version: v("1.1.0"),
        rc: 9,
        outcome: ReportOutcome::Good,
        who: "Ada".into(),
        words: None,
    };
    assert_eq!(engine.report(&wish).unwrap_err().kind(), FaultKind::Usage);
    let huge = ReportWish { rc: 1, words: Some("x".repeat(1 << 20)), ..wish };
    assert_eq!(engine.report(&huge).unwrap_err().kind(), FaultKind::Usage);
}

#[test]
fn names_and_words_of_users_are_not_in_the_chain_and_can_be_erased() {
    let world = World::soaked();
    let machine = world.machine("a");
    let engine = machine.engine();
    let id = report(&engine, 1, ReportOutcome::Bad, "Ada Lovelace <ada@example.com>");
    let other = report(&engine, 1, ReportOutcome::Bad, "Ben");
    let chain = world.git(&["log", "-p", "--root", "--format=fuller", "refs/allclear/ledger"]);
    assert!(chain.contains(&id) && !chain.contains("Lovelace") && !chain.contains("Windows"), "{chain}");
    let ids = [id.clone(), other.clone()];
    let words = |id: &str| engine.report_texts(&engine.observe().unwrap(), &ids).unwrap()[id].clone();
    assert_eq!(words(&id).who.as_deref(), Some("Ada Lovelace <ada@example.com>"));
    engine.erase_report(&id).unwrap();
    assert_eq!((words(&id).who, words(&id).words), (None, None));
    assert_eq!(words(&other).who.as_deref(), Some("Ben"), "the other one is as it was");
    let reachable = world.git(&["rev-list", "--objects", "refs/allclear/texts"]);
    let objects: Vec<&str> = reachable.lines().filter_map(|l| l.split(' ').next()).collect();
    for object in objects {
        let kind = world.git(&["cat-file", "-t", object]);
        assert!(kind.trim() != "blob" || !world.git(&["cat-file", "-p", object]).contains("Lovelace"));
    }
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Pending, "what it did stays");
}

#[test]
fn two_captains_against_each_other_and_the_first_word_stands() {
    let world = World::soaked();
    let (mira, ben) = (world.machine("mira"), world.machine("ben"));
    let id = report(&mira.engine(), 1, ReportOutcome::Bad, "Ada");
    let flaky = Flaky::new(&mira.store).before_push(1, || {
        ben.engine().dismiss_report(&id, "an old plugin of theirs").unwrap();
    });
    let fault = mira.engine_on(&flaky).resolve_report(&id, head(&world).as_str()).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict);
    assert!(fault.to_string().contains("an old plugin"), "{fault}");
    assert_eq!(verdict(&world, Gate::Reports), Verdict::Passed);
}

#[test]
fn bad_news_comes_before_the_push_of_a_promotion() {
    let world = World::soaked();
    let machine = world.machine("a");
    let said = AtomicBool::new(false);
    let watch = |note: &Note| {
        if matches!(note, Note::Built) && !said.swap(true, Relaxed) {
            report(&world.machine("b").engine(), 1, ReportOutcome::Bad, "Ada");
        }
    };
    let fault = machine.engine_with(&machine.store, &watch).promote(None, None).unwrap_err();
    assert!(said.load(Relaxed) && fault.kind() == FaultKind::Blocked, "{fault}");
    assert_eq!(world.released(), []);
    assert!(world.has(RELEASE));
    world.check_promises();
}

#[test]
fn an_accepted_commit_can_be_picked() {
    let world = World::new();
    world.cut();
    let odd = world.commit("develop", "tidy up", &[("tidy.txt", "tidy\n")]);
    let machine = world.machine("a");
    let wish =
        allclear_engine::PickWish { commits: vec![odd.to_string()], ..allclear_engine::PickWish::default() };
    assert_eq!(machine.engine().pick(&wish).unwrap_err().kind(), FaultKind::Blocked);
    machine.engine().accept(None, &[odd.as_str()[..12].to_owned()], "only spaces").unwrap();
    machine.engine().pick(&wish).unwrap();
    assert_eq!(verdict(&world, Gate::Fixes), Verdict::Passed);
}
