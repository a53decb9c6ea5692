//! Entries as each version of the rules wrote them. A file here is never changed: ledgers in the world have the same
//! bytes, and every later version must read them.

use crate::make::{VERSION, commit, entry_id};
use allclear_core::Version;
use allclear_core::ledger::entry::{Body, ENTRY_LIMIT, Link, RawEntry, Unreadable, VoidReason, read};
use allclear_core::ledger::event::Event;
use allclear_core::policy::Trust;
use allclear_core::project::{Project, TroubleKind, fold};
use allclear_core::types::cut_kind::CutKind;
use std::collections::BTreeSet;

pub(crate) const KINDS: [&str; 38] = [
    "LedgerStarted",
    "SignersProposed",
    "SignersSeconded",
    "LedgerMoved",
    "CandidateCut",
    "HeadSeen",
    "RcTagged",
    "SlotSkipped",
    "CheckRecorded",
    "ExperimentEnded",
    "CommitAccepted",
    "Approved",
    "Waived",
    "WaiverLifted",
    "ReportFiled",
    "ReportConfirmed",
    "ReportResolved",
    "Held",
    "HoldLifted",
    "Frozen",
    "FreezeLifted",
    "PromotionRequested",
    "PolicyAdopted",
    "Promoted",
    "PromotionContinued",
    "PromotionRefused",
    "RacesLost",
    "Turned",
    "LandingSeen",
    "StepStarted",
    "StepDone",
    "StepFailed",
    "StepRetried",
    "Noticed",
    "NoticeFailed",
    "Struck",
    "StableCarried",
    "Withdrawn",
];

const HOTFIX: Version = Version::new(2, 9, 1);

/// Without a wildcard, so that a new kind cannot be forgotten here and in the list above.
pub(crate) fn kind(event: &Event) -> &'static str {
    match event {
        Event::LedgerStarted { .. } => "LedgerStarted",
        Event::SignersProposed(_) => "SignersProposed",
        Event::SignersSeconded { .. } => "SignersSeconded",
        Event::LedgerMoved { .. } => "LedgerMoved",
        Event::CandidateCut(_) => "CandidateCut",
        Event::HeadSeen { .. } => "HeadSeen",
        Event::RcTagged { .. } => "RcTagged",
        Event::SlotSkipped { .. } => "SlotSkipped",
        Event::CheckRecorded { .. } => "CheckRecorded",
        Event::ExperimentEnded(_) => "ExperimentEnded",
        Event::CommitAccepted { .. } => "CommitAccepted",
        Event::Approved { .. } => "Approved",
        Event::Waived { .. } => "Waived",
        Event::WaiverLifted { .. } => "WaiverLifted",
        Event::ReportFiled { .. } => "ReportFiled",
        Event::ReportConfirmed { .. } => "ReportConfirmed",
        Event::ReportResolved { .. } => "ReportResolved",
        Event::Held { .. } => "Held",
        Event::HoldLifted { .. } => "HoldLifted",
        Event::Frozen { .. } => "Frozen",
        Event::FreezeLifted { .. } => "FreezeLifted",
        Event::PromotionRequested { .. } => "PromotionRequested",
        Event::PolicyAdopted { .. } => "PolicyAdopted",
        Event::Promoted(_) => "Promoted",
        Event::PromotionContinued { .. } => "PromotionContinued",
        Event::PromotionRefused { .. } => "PromotionRefused",
        Event::RacesLost { .. } => "RacesLost",
        Event::Turned { .. } => "Turned",
        Event::LandingSeen { .. } => "LandingSeen",
        Event::StepStarted { .. } => "StepStarted",
        Event::StepDone { .. } => "StepDone",
        Event::StepFailed { .. } => "StepFailed",
        Event::StepRetried { .. } => "StepRetried",
        Event::Noticed { .. } => "Noticed",
        Event::NoticeFailed { .. } => "NoticeFailed",
        Event::Struck { .. } => "Struck",
        Event::StableCarried { .. } => "StableCarried",
        Event::Withdrawn { .. } => "Withdrawn",
        Event::Unknown => "Unknown",
    }
}

/// The files in the order of their names, which tell one story.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut files: Vec<(String, Vec<u8>)> = ["v1", "v2", "v3"]
        .into_iter()
        .flat_map(|version| std::fs::read_dir(format!("{folder}/{version}")).unwrap())
        .map(|file| {
            let file = file.unwrap();
            (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn link(n: usize, json: &[u8]) -> Link {
    read(RawEntry {
        commit: entry_id(n),
        parents: n.checked_sub(1).map(entry_id).into_iter().collect(),
        json: Ok(json.to_vec()),
        signed: None,
    })
}

fn events(link: &Link) -> Vec<Event> {
    match &link.body {
        Body::Entry(entry) => entry.events.clone(),
        Body::Void(why) => panic!("{why}"),
    }
}

#[test]
fn each_reads_and_is_written_the_same() {
    let mut seen = BTreeSet::new();
    for (name, bytes) in files() {
        let Body::Entry(entry) = link(0, &bytes).body else { panic!("{name} must be an entry") };
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(serde_json::to_value(&entry).unwrap(), value, "{name}");
        for event in &entry.events {
            assert_ne!(*event, Event::Unknown, "{name}");
            assert!(!event.sentence().is_empty());
            seen.insert(kind(event));
        }
    }
    assert_eq!(seen, KINDS.into());
}

#[test]
fn together_they_tell_a_story() {
    // The first version's entries keep their ids whatever later ones are told between them: `24` strikes `23`.
    let number = |n: usize, name: &str| match name.split_once('-').map(|(number, _)| number.parse::<usize>())
    {
        Some(Ok(number)) => number - 1,
        Some(Err(_)) | None => 1000 + n,
    };
    let links: Vec<Link> =
        files().iter().enumerate().map(|(n, (name, bytes))| link(number(n, name), bytes)).collect();
    let until = |last: &str| -> Project {
        let n = links.iter().rposition(|link| events(link).iter().any(|e| kind(e) == last)).unwrap();
        fold(&links[..=n])
    };
    assert_eq!(until("RcTagged").rc(VERSION).map(|rc| rc.n), Some(1));
    assert!(until("Held").candidates[&VERSION].hold.is_some());
    assert!(until("HoldLifted").candidates[&VERSION].hold.is_none());
    assert_eq!(until("Frozen").freezes.len(), 1);
    assert!(until("FreezeLifted").freezes.iter().all(|freeze| freeze.lifted));
    assert!(until("PromotionRequested").candidates[&VERSION].requested.is_some());
    let heard = until("ReportResolved");
    let candidate = &heard.candidates[&VERSION];
    assert_eq!((heard.accepted.len(), candidate.approvals.len(), candidate.waivers.len()), (1, 1, 1));
    assert_eq!(candidate.reports.len(), 3);
    assert_eq!(candidate.standing_reports().filter(|r| r.answer.is_some()).count(), 2);
    assert!(candidate.standing_reports().any(|r| r.confirmed));
    let tried = until("ExperimentEnded");
    let last = tried.experiments.of(&commit(2), Trust::Claimed).and_then(|known| known.trial).unwrap();
    assert_eq!(last.summary.all().total(), 0);
    assert_eq!(tried.experiments.story("examples/greeter"), None, "once is no story");
    let policy = &tried.candidates[&VERSION].cut.policy;
    assert_eq!((policy.downstreams.len(), policy.lab_checks.len()), (4, 2));
    assert!(until("PromotionRefused").candidates[&VERSION].refused.is_some());
    assert_eq!(until("RacesLost").quiet_until, Some("2026-11-10T11:02:00Z".parse().unwrap()));
    let landing = until("LandingSeen").candidates[&VERSION].landed.clone();
    assert_eq!(landing.map(|(stable, open)| (stable, open.len())), Some((commit(0x105), 1)));
    let candidate = &until("Promoted").candidates[&VERSION];
    let promoted = candidate.promoted.as_ref().unwrap();
    assert!(candidate.refused.is_none() && candidate.landed.is_none());
    assert_eq!(promoted.promotion.new_stable, commit(0x102), "a second one changes nothing");
    assert!(promoted.before.candidates[&VERSION].refused.is_some());
    assert_eq!(promoted.promotion.new_develop, commit(0x202), "nothing of a continuation is believed");
    assert!(promoted.moved);
    assert!(promoted.completed.as_ref().is_some_and(|reason| reason.contains("another product")));
    let whole = fold(&links);
    assert_eq!(whole.releases.keys().collect::<Vec<_>>(), [&Version::new(2, 9, 0)]);
    assert!(whole.candidates.is_empty());
    let hotfix = &until("StableCarried").candidates[&HOTFIX];
    assert_eq!((hotfix.cut.kind, hotfix.carried.clone()), (CutKind::Hotfix, Some(commit(0x31))));
    let withdrawn = &whole.withdrawn[&HOTFIX];
    assert_eq!(withdrawn.archives, ["refs/allclear/archive/release-2.9.1"]);
    assert_eq!((withdrawn.kind, withdrawn.fixes.clone()), (CutKind::Hotfix, vec![commit(0x30)]));
    assert!(whole.moved_to.is_some() && whole.skipped.is_some());
    assert_eq!((whole.troubles.len(), whole.struck.len()), (0, 1));
    assert!(whole.at < "2030-01-01T00:00:00Z".parse().unwrap(), "the entry from the future is struck");
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    for (name, bytes) in files() {
        let mut value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        value["mood"] = "good".into();
        value["by"]["pronoun"] = "they".into();
        value["events"][0]["colour"] = serde_json::json!({"r": 1});
        let more = serde_json::to_vec(&value).unwrap();
        assert_eq!(events(&link(0, &more)), events(&link(0, &bytes)), "{name}");
    }
}

fn changed(change: impl FnOnce(&mut serde_json::Value)) -> Link {
    let (_, bytes) = files().remove(0);
    let mut value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    link(0, &serde_json::to_vec(&value).unwrap())
}

#[test]
fn a_kind_that_is_not_known_is_trouble() {
    for event in [
        serde_json::json!({"kind": "Enchanted"}),
        serde_json::json!({"kind": "Enchanted", "gate": ["soak"], "kind2": null}),
    ] {
        let link = changed(|v| v["events"][0] = event);
        assert_eq!(events(&link), [Event::Unknown]);
        let project = fold(&[link]);
        assert_eq!(project.troubles.iter().map(|t| &t.what).collect::<Vec<_>>(), [&TroubleKind::Unknown]);
    }
}

#[test]
fn what_is_no_entry_is_void() {
    type Expected = fn(&VoidReason) -> bool;
    let cases: [(&str, Link, Expected); 7] = [
        ("a newer schema", changed(|v| v["schema"] = "allclear.entry/2".into()), |w| {
            matches!(w, VoidReason::Schema(_))
        }),
        ("a newer schema of another shape", link(0, br#"{"schema": "allclear.entry/9", "what": []}"#), |w| {
            matches!(w, VoidReason::Schema(_))
        }),
        ("no schema", changed(|v| drop(v.as_object_mut().unwrap().remove("schema"))), |w| {
            matches!(w, VoidReason::Malformed(_))
        }),
        (
            "a known kind of another shape",
            changed(|v| v["events"] = serde_json::json!([{"kind": "Held"}])),
            |w| matches!(w, VoidReason::Malformed(_)),
        ),
        ("no JSON", link(0, b"\xff{"), |w| matches!(w, VoidReason::Malformed(_))),
        ("too large", link(0, &vec![b' '; ENTRY_LIMIT + 1]), |w| *w == VoidReason::TooLarge),
        (
            "no file",
            read(RawEntry {
                commit: entry_id(0),
                parents: Vec::new(),
                json: Err(Unreadable::Absent),
                signed: None,
            }),
            |w| *w == VoidReason::Absent,
        ),
    ];
    for (name, link, expected) in cases {
        assert!(matches!(&link.body, Body::Void(why) if expected(why)), "{name}: {:?}", link.body);
        assert_eq!(fold(&[link]).troubles.len(), 1, "{name}");
    }
    let (_, bytes) = files().remove(0);
    let merge = read(RawEntry {
        commit: entry_id(2),
        parents: vec![entry_id(0), entry_id(1)],
        json: Ok(bytes),
        signed: None,
    });
    assert_eq!(merge.body, Body::Void(VoidReason::Parents(2)));
}

#[test]
fn a_statement_of_long_ago_is_still_one() {
    let links: Vec<Link> = files().iter().map(|(_, bytes)| link(0, bytes)).collect();
    let stated = links.iter().find_map(|link| match &link.body {
        Body::Entry(entry) => Some((entry.statement.clone()?, entry.events.clone())),
        Body::Void(_) => None,
    });
    let (statement, events) = stated.unwrap();
    assert!(statement.signer(&entry_id(0), &events).is_some());
    assert!(statement.signer(&entry_id(1), &events).is_none());
}
