//! The table of whose word counts, every cell of it: each kind of event is put on a record where everything stands in
//! the way, as it should be and as a liar would.

use super::trust::{BEN, EVE, MIRA, Say, ben, entry, mira, scene, signed, signer, statement};
use crate::make::{
    DAY, HOUR, MINUTE, Scene, VERSION, at, check, commit, cut, depends, entry_id, experiment, finding, held,
    policy, promoted, rc, report, tried, waived,
};
use allclear_core::CommitId;
use allclear_core::experiment::{Comparison, Tier};
use allclear_core::gate::Kind;
use allclear_core::gate::stops::stops;
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::ledger::authority::Authority;
use allclear_core::ledger::entry::{Link, RawEntry, read};
use allclear_core::ledger::event::{Answer, Event, ReportOutcome};
use allclear_core::ledger::promotion::Shape;
use allclear_core::ledger::signer::{Change, Role};
use allclear_core::ledger::statement::is_stated;
use allclear_core::ledger::step_end::{DoneBy, StepFailure};
use allclear_core::policy::schedule::SkipReason;
use allclear_core::policy::{RequiredCheck, Stops, Trust, digest};
use allclear_core::{Project, Verdict, assess};
use std::collections::BTreeSet;
use std::fmt::Write;

const ROB: u8 = 3;
/// The entry that cannot be read, and the one that proposes another signer.
const VOID: usize = 4;
const PROPOSAL: usize = 5;

/// One of each kind, and of each half of those that are good or bad news.
pub(crate) fn samples() -> Vec<Event> {
    let policy = signed(|policy| policy.gates.approvals.count = 0);
    let add = |n, name: &str| Change {
        add: vec![signer(name, n, &[Role::Approver])],
        reason: "she tests".into(),
        ..Change::default()
    };
    let step = || "publish".to_owned();
    vec![
        Event::Approved { version: VERSION, commit: commit(2) },
        Event::CommitAccepted { version: VERSION, commit: commit(5), reason: "it is one".into() },
        waived("soak", None, Verdict::Failed, 2),
        Event::WaiverLifted { version: VERSION, gate: "soak".into(), subject: None },
        report(1, ReportOutcome::Good, "Mira <mira@example.org>", "c0ffee"),
        report(1, ReportOutcome::Bad, "Eve <eve@example.org>", "c0ffee"),
        Event::ReportConfirmed { report: "bad".into() },
        Event::ReportResolved { report: "bad".into(), answer: Answer::NotOurs("the disk was full".into()) },
        check("ci", true, 2),
        check("ci", false, 2),
        tried(experiment(&[depends("app")], 1, Vec::new(), 2)),
        tried(experiment(
            &[depends("app")],
            0,
            vec![finding("app", Tier::Must, Comparison::Regressed, 'a')],
            2,
        )),
        held(None),
        Event::HoldLifted { version: VERSION, reason: None },
        Event::Frozen { reason: "no".into(), until: at(20 * DAY), stops: Stops::Both },
        Event::FreezeLifted { reason: None },
        Event::PolicyAdopted {
            version: VERSION,
            digest: digest(&policy),
            policy: Box::new(policy),
            from: commit(1),
            relaxed: Vec::new(),
        },
        Event::SignersProposed(Box::new(add(EVE, "Eve"))),
        Event::SignersSeconded { proposal: entry_id(PROPOSAL) },
        Event::Struck { entry: entry_id(VOID), reason: "it says nothing".into() },
        Event::Withdrawn {
            version: VERSION,
            reason: "no".into(),
            head: None,
            archive: "refs/allclear/archive/release-2.9.0".into(),
            fixes: Vec::new(),
        },
        Event::Turned { version: VERSION, commit: commit(2), gates: Vec::new() },
        Event::RacesLost { version: VERSION, until: at(DAY) },
        Event::LedgerStarted {
            project: "mine".into(),
            develop: None,
            signers: vec![signer("Eve", EVE, &[Role::Admin])],
            threshold: None,
        },
        Event::LedgerMoved { to: "refs/heads/allclear/ledger".into() },
        Event::CandidateCut(Box::new(cut(policy_of_eve()))),
        Event::HeadSeen { version: VERSION, commit: commit(2) },
        rc(2, 2),
        Event::SlotSkipped { slot: at(DAY), reason: SkipReason::Empty },
        Event::PromotionRequested { version: VERSION, commit: commit(2) },
        promoted(1, 2),
        Event::PromotionContinued {
            version: VERSION,
            entry: entry_id(1),
            stable: true,
            reason: Some("me".into()),
        },
        Event::PromotionRefused { version: VERSION, commit: commit(2), said: "no".into() },
        Event::LandingSeen {
            version: VERSION,
            stable: commit(3),
            commit: commit(2),
            shape: Shape::Merged,
            by: "Eve".into(),
            open: Vec::new(),
        },
        Event::StableCarried { version: VERSION, stable: commit(3), commit: commit(2), resolved: Vec::new() },
        Event::StepStarted { version: VERSION, step: step(), attempt: 1, until: at(DAY) },
        Event::StepDone { version: VERSION, step: step(), by: DoneBy::Told, reason: None },
        Event::StepFailed {
            version: VERSION,
            step: step(),
            attempt: 1,
            how: StepFailure::Failed,
            why: "no".into(),
            said: None,
        },
        Event::StepRetried { version: VERSION, step: step() },
        Event::Noticed { to: "chat".into(), keys: Vec::new() },
        Event::NoticeFailed { to: "chat".into(), attempt: 1, why: "no".into() },
    ]
}

/// A policy by which nothing would stop the candidate.
fn policy_of_eve() -> allclear_core::policy::Policy {
    let mut policy = policy();
    policy.gates.soak.enforce = false;
    policy
}

/// A candidate that has everything against it.
pub(crate) fn stopped() -> Scene {
    let policy = signed(|policy| {
        policy.gates.checks.required = vec![RequiredCheck { name: "ci".into(), beat: None }];
        policy.gates.reports.min_good = 1;
        policy.downstreams = vec![depends("app")];
    });
    let signers = vec![mira(), ben(), signer("Rob", ROB, &[Role::Recorder])];
    let mut scene = scene(signers, None, policy).seen(|seen| {
        seen.commits = vec![ClassedCommit {
            id: commit(5),
            subject: "something".into(),
            author: "Eve".into(),
            picked: None,
            merge: false,
            class: Class::Unclassified,
            why: String::new(),
        }];
    });
    scene = scene.then(1, held(None));
    scene =
        scene.then(2, Event::Frozen { reason: "holidays".into(), until: at(9 * DAY), stops: Stops::Both });
    let bad = report(1, ReportOutcome::Bad, "Ben <ben@example.org>", "bad");
    scene = scene.stated(BEN, 3, bad);
    scene.links.push(read(RawEntry {
        commit: entry_id(VOID),
        parents: vec![entry_id(VOID - 1)],
        json: Ok(b"no".to_vec()),
        signed: None,
    }));
    let add =
        Change { add: vec![signer("Zoe", 9, &[Role::Approver])], reason: "more".into(), ..Change::default() };
    scene.then(5, Event::SignersProposed(Box::new(add)))
}

/// All that decides, as it is told a day later.
fn decided(scene: &Scene) -> Vec<String> {
    let project = scene.project();
    let found = assess(None, &project, &scene.facts, at(DAY));
    let mut all: Vec<String> = found
        .candidates
        .iter()
        .flat_map(|candidate| &candidate.gates)
        .flat_map(|gate| {
            let subjects = gate.finding.subjects.iter().filter(|s| s.verdict != Verdict::NotApplicable);
            let subjects = subjects.map(|s| (s.name.as_str(), s.verdict));
            let each = std::iter::once(("", gate.finding.verdict)).chain(subjects);
            each.map(|(name, verdict)| format!("{}:{name} {}", gate.gate.name(), verdict.name()))
                .collect::<Vec<_>>()
        })
        .collect();
    all.extend(project.freezes_from(at(DAY), Trust::Signed).map(|freeze| format!("frozen {}", freeze.until)));
    all.extend(project.candidates.values().map(|c| format!("policy {}", c.cut.digest)));
    all.extend(
        project
            .candidates
            .values()
            .filter_map(|c| Some(format!("asked for {}", c.requested.as_ref()?.commit))),
    );
    all.extend(project.roster.signers.values().map(|signer| format!("signer {}", signer.name)));
    all.extend(project.troubles.iter().map(|trouble| format!("trouble {}", trouble.entry)));
    all
}

/// The verdicts that are clear.
fn clear(scene: &Scene) -> BTreeSet<String> {
    let found = assess(None, &scene.project(), &scene.facts, at(DAY));
    let gates = found.candidates.iter().flat_map(|candidate| &candidate.gates);
    gates.filter(|gate| gate.finding.verdict.is_clear()).map(|gate| gate.gate.name().to_owned()).collect()
}

/// Everything that somebody may do who has no right to say it.
fn as_a_liar_would(event: &Event) -> Vec<(&'static str, Scene)> {
    let one = || vec![event.clone()];
    let here = stopped();
    let (last, n) = (here.links.len() - 1, here.links.len());
    let mut all = vec![
        ("unsigned", stopped().then(HOUR, event.clone())),
        ("back-dated", stopped().then(-40 * DAY, event.clone())),
        ("recorded by a stranger", stopped().recorded(EVE, HOUR, event.clone())),
        ("doubled", stopped().then(HOUR, event.clone()).then(HOUR, event.clone())),
    ];
    if is_stated(&one()) {
        let with = |n: u8, root, head: usize| {
            let said = statement(n, &entry_id(root), &entry_id(head), &one());
            stopped().with(HOUR, event.clone(), |link| entry(link).statement = Some(said))
        };
        all.push(("stated by a stranger", with(EVE, 0, last)));
        all.push(("replayed from a fork", with(MIRA, 77, last)));
        all.push(("on a head that nobody has", with(MIRA, 0, n + 7)));
        let stolen = statement(
            MIRA,
            &entry_id(0),
            &entry_id(last),
            &[Event::HoldLifted { version: VERSION, reason: Some("x".into()) }],
        );
        all.push((
            "under another's words",
            stopped().with(HOUR, event.clone(), |link| entry(link).statement = Some(stolen)),
        ));
    }
    let wrong = match event.authority() {
        Authority::Anybody | Authority::Observed | Authority::Signer => None,
        Authority::Approver => Some(ROB),
        Authority::Checker(_) | Authority::Captain | Authority::Admin | Authority::Admins => Some(BEN),
    };
    if let Some(wrong) = wrong {
        all.push(("recorded in the wrong role", stopped().recorded(wrong, HOUR, event.clone())));
        if is_stated(&one()) {
            all.push(("stated in the wrong role", stopped().stated(wrong, HOUR, event.clone())));
        }
    }
    all
}

#[test]
fn what_takes_a_signature_counts_with_it_alone() {
    let before = decided(&stopped());
    for event in samples() {
        let takes = event.authority();
        if matches!(takes, Authority::Anybody | Authority::Observed) {
            continue;
        }
        for (how, scene) in as_a_liar_would(&event) {
            let mut after = decided(&scene);
            // A proposal waits, and an ahead clock is no decision of theirs.
            after.retain(|line| before.contains(line) || !line.starts_with("trouble"));
            assert_eq!(after, before, "{how}: {event:?}");
        }
        let right = if let Authority::Checker(_) = takes {
            stopped().recorded(ROB, HOUR, event.clone())
        } else {
            stopped().stated(MIRA, HOUR, event.clone())
        };
        assert_ne!(decided(&right), before, "{event:?}");
    }
}

#[test]
fn what_anybody_may_say_clears_nothing() {
    let before = clear(&stopped());
    for event in samples() {
        for (how, scene) in as_a_liar_would(&event) {
            let more: Vec<String> = clear(&scene).difference(&before).cloned().collect();
            assert!(more.is_empty(), "{how}: {event:?} clears {more:?}");
            let (now, then) = (scene.project(), stopped().project());
            assert_eq!(now.roster.signers, then.roster.signers, "{how}: {event:?}");
            let policies = |project: &Project| project.candidates.get(&VERSION).map(|c| c.cut.digest.clone());
            assert!(policies(&now).is_none_or(|digest| Some(digest) == policies(&then)), "{how}: {event:?}");
        }
    }
}

#[test]
fn there_is_a_way_out_of_whatever_is_pushed() {
    for event in samples() {
        for (how, scene) in as_a_liar_would(&event) {
            let project = scene.project();
            for stop in stops(&project, &scene.facts, at(DAY)) {
                assert!(
                    stop.remedy.iter().all(|way| !way.is_empty()) && !stop.remedy.is_empty(),
                    "{how}: {event:?}"
                );
                assert!(
                    !stop.remedy.iter().any(|way| way.contains("delete") || way.contains("git push")),
                    "{stop:?}"
                );
            }
            for candidate in assess(None, &project, &scene.facts, at(DAY)).candidates {
                for blocker in candidate.blockers().filter(|blocker| blocker.finding.kind == Kind::Person) {
                    assert!(!blocker.finding.remedy.is_empty(), "{how}: {event:?}: {blocker:?}");
                }
            }
        }
    }
}

/// Strikes an entry as an admin, and gives what is decided then.
fn struck(scene: Scene, target: usize) -> Project {
    scene.stated(MIRA, HOUR, Event::Struck { entry: entry_id(target), reason: "no".into() }).project()
}

#[test]
fn whatever_stops_deciding_can_be_struck_at_once() {
    let needs = |needs: u32| {
        let scene = stopped();
        scene.with(HOUR, held(None), |link| entry(link).needs = needs)
    };
    let raw = |json: &str, parents: usize| {
        let mut scene = stopped();
        let n = scene.links.len();
        let parents = (0..parents).map(|p| entry_id(n - 1 - p)).collect();
        let link: Link = read(RawEntry { commit: entry_id(n), parents, json: Ok(json.into()), signed: None });
        scene.links.push(link);
        scene
    };
    let odd = |what: &str| {
        let json = serde_json::json!({
            "schema": "allclear.entry/1", "needs": 1, "id": "e", "claimed": at(HOUR), "via": "cli",
            "by": {"who": "eve", "proof": "claimed"}, "events": [],
        });
        let mut json: serde_json::Value = json;
        let (key, value) = what.split_once('=').unwrap();
        json[key] = serde_json::from_str(value).unwrap();
        raw(&json.to_string(), 1)
    };
    let scenes = [
        ("rules that nobody has", needs(u32::MAX)),
        ("rules of the next version", needs(allclear_core::RULES + 1)),
        ("a clock years ahead", stopped().then(4000 * DAY, check("ci", true, 2))),
        ("no JSON", raw("{", 1)),
        ("a merge", raw("{}", 2)),
        ("an unknown kind", odd(r#"events=[{"kind":"Nothing"}]"#)),
        ("two of them", odd(r#"events=[{"kind":"Nothing"},{"kind":"Nothing"}]"#)),
        ("a number out of range", odd("needs=4294967296")),
        ("a negative number", odd("needs=-1")),
        ("a date that is none", odd(r#"claimed="9999999-01-01T00:00:00Z""#)),
    ];
    for (what, scene) in scenes {
        let n = scene.links.len() - 1;
        let count = |project: &Project| {
            let stops = stops(project, &scene.facts, at(DAY));
            let remedies = stops.iter().flat_map(|stop| &stop.remedy);
            remedies.flat_map(|remedy| remedy.split(' ')).filter(|word| CommitId::parse(word).is_ok()).count()
        };
        let (before, after) = (scene.project(), struck(scene.clone(), n));
        assert_eq!(count(&before), 2, "{what}: beside the entry that nobody can read");
        assert_eq!(count(&after), 1, "{what}");
        assert!(after.struck.contains_key(&entry_id(n)), "{what}");
    }
}

#[test]
fn a_strike_never_takes_away_the_root_signers_statements_or_bad_news() {
    // Each is dated ahead, so that a strike hits it.
    let late = 4000 * DAY;
    let lifted = Event::HoldLifted { version: VERSION, reason: None };
    let scene = stopped().stated(MIRA, late, lifted);
    let n = scene.links.len() - 1;
    let after = struck(scene, n);
    assert!(after.candidates[&VERSION].hold.is_none(), "what was signed stands");
    assert!(after.at < at(DAY), "and its date does not");
    let held_again = stopped()
        .stated(MIRA, 10, Event::HoldLifted { version: VERSION, reason: None })
        .then(late, held(None));
    let n = held_again.links.len() - 1;
    assert!(struck(held_again, n).candidates[&VERSION].hold.is_some(), "bad news stands");
    let signers = stopped().stated(MIRA, late, Event::SignersSeconded { proposal: entry_id(PROPOSAL) });
    let n = signers.links.len() - 1;
    assert!(struck(signers, n).roster.signers.values().any(|signer| signer.name == "Zoe"));
    let mut root = stopped();
    entry(&mut root.links[0]).claimed = at(late);
    let after = struck(root, 0);
    assert_eq!(after.roster.signers.len(), 3, "the root stands");
    assert!(after.candidates.contains_key(&VERSION));
}

#[test]
fn a_strike_is_judged_by_the_record_before_what_it_hits() {
    for (what, claimed, needs) in [("an old clock", -4000 * DAY, 3), ("old rules", 2 * HOUR, 0)] {
        for (after, hit) in [(MINUTE, false), (HOUR, what == "an old clock")] {
            // Whoever may strike is asked only once the signers are named by the root.
            let mut scene = stopped();
            let before = scene.links.len();
            scene = scene.then(HOUR, check("ci", true, 2)).then(HOUR + after, check("ci", true, 3));
            entry(&mut scene.links[0]).events[0] = Event::LedgerStarted {
                project: "lib".into(),
                develop: None,
                signers: Vec::new(),
                threshold: None,
            };
            let target = entry_id(before + 1);
            let strike = Event::Struck { entry: target.clone(), reason: "no".into() };
            let scene = scene.with(claimed, strike, |link| entry(link).needs = needs);
            assert_eq!(scene.project().struck.contains_key(&target), hit, "{what}, {after} s after the last");
        }
    }
}

#[test]
fn dates_far_ahead_do_not_vouch_for_each_other() {
    let strike = |n| Event::Struck { entry: entry_id(n), reason: "no".into() };
    let n = stopped().links.len();
    // One from a clock years ahead, and one that strikes it with a clock hardly less so.
    let scene = stopped().then(5000 * DAY, check("ci", true, 2)).stated(MIRA, 4999 * DAY, strike(n));
    let after = struck(scene, n + 1);
    assert!([n, n + 1].iter().all(|n| after.struck.contains_key(&entry_id(*n))));
    assert!(after.at <= at(DAY), "{}", after.at);
}

#[test]
fn what_is_out_of_range_changes_nothing() {
    let far = Event::SlotSkipped { slot: at(9000 * DAY), reason: SkipReason::Empty };
    assert_eq!(stopped().then(HOUR, far).project().slot, stopped().project().slot, "the train goes on");
    for n in [0, u32::MAX] {
        let after = stopped().then(HOUR, rc(n, 4)).project();
        assert_eq!(after.candidates[&VERSION].rc_number(), 1, "rc.{n}");
    }
    assert_eq!(stopped().then(HOUR, rc(2, 4)).project().candidates[&VERSION].rc_number(), 2);
}

/// Says which half of a kind it is, where one is bad news.
#[expect(clippy::wildcard_enum_match_arm, reason = "three kinds have halves")]
fn half(event: &Event) -> &'static str {
    match event {
        Event::ReportFiled { outcome: ReportOutcome::Good, .. } => " (good)",
        Event::ReportFiled { .. } => " (bad)",
        Event::CheckRecorded { .. } | Event::ExperimentEnded(_) if event.is_bad_news() => " (failed)",
        Event::CheckRecorded { .. } | Event::ExperimentEnded(_) => " (passed)",
        _ => "",
    }
}

/// Writes the table as it stands in `docs/trust.md`.
fn table() -> String {
    let mut table = String::from(
        "| event | `trust = \"claimed\"` | `trust = \"signed\"` | recorded while deciding is stopped | struck, where it may be |\n|---|---|---|---|---|\n",
    );
    for event in samples() {
        let half = half(&event);
        let signed = match event.authority() {
            Authority::Anybody => "anybody who may push: it is bad news",
            Authority::Observed => "anybody who may push: it decides nothing, refs and objects do",
            Authority::Signer => "a signer, of any role",
            Authority::Approver => "an approver or a captain",
            Authority::Captain => "a captain or an admin",
            Authority::Checker(_) => "a recorder, or the checker of that check",
            Authority::Admin => "an admin",
            Authority::Admins => "as many admins as the threshold says",
        };
        let claimed = match event.authority() {
            Authority::Admin => "anybody who may push; an admin, where the root names signers",
            Authority::Admins => signed,
            Authority::Anybody
            | Authority::Observed
            | Authority::Signer
            | Authority::Approver
            | Authority::Captain
            | Authority::Checker(_) => "anybody who may push",
        };
        let stopped =
            if event.is_always_recorded() || matches!(event, Event::Struck { .. }) { "yes" } else { "" };
        let stands = if event.is_bad_news() || matches!(event.authority(), Authority::Admins) {
            "its date alone"
        } else if is_stated(std::slice::from_ref(&event)) {
            "skipped; signed: its date alone"
        } else {
            "skipped"
        };
        let _ = writeln!(
            table,
            "| `{}`{half} | {claimed} | {signed} | {stopped} | {stands} |",
            super::golden::kind(&event)
        );
    }
    table
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says whether the page is written")]
fn the_page_has_this_table() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/trust.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (begin, end) = (
        "<!-- the table, by `record::authority::the_page_has_this_table` -->\n\n",
        "\n<!-- end of the table -->",
    );
    let (head, rest) = text.split_once(begin).unwrap();
    let (old, tail) = rest.split_once(end).unwrap();
    if std::env::var_os("ALLCLEAR_WRITE_DOCS").is_some() {
        std::fs::write(page, format!("{head}{begin}{}{end}{tail}", table())).unwrap();
    } else {
        assert_eq!(old, table(), "ALLCLEAR_WRITE_DOCS=1 writes it");
    }
}

#[test]
fn no_kind_is_left_out_of_the_table() {
    let all: BTreeSet<&str> = samples().iter().map(super::golden::kind).collect();
    let missing: Vec<&&str> = super::golden::KINDS.iter().filter(|kind| !all.contains(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
