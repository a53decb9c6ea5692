//! Entries as nobody would write them: changed byte by byte, and by somebody who knows the form. The fold takes all of
//! them, in at most three passes, and whatever stops deciding afterwards can be struck.
//!
//! `ALLCLEAR_FUZZ` says how many entries are tried, `ALLCLEAR_SEED` which.

use super::authority::{samples, stopped};
use crate::make::{DAY, Scene, at, entry_id};
use allclear_core::decide::plan::plan;
use allclear_core::gate::stops::stops;
use allclear_core::ledger::entry::{Body, Link, RawEntry, read};
use allclear_core::ledger::event::Event;
use allclear_core::project::Fold;
use allclear_core::{Project, assess};
use serde_json::{Value, json};

/// How many entries a run of the tests tries, and how many are on one chain.
const ENTRIES: usize = 1_000_000;
const CHAIN: usize = 100;

/// SplitMix64, by Steele, Lea and Flood (OOPSLA 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n.max(1) as u64).unwrap()
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What stands where something else belongs.
fn odd(dice: &mut Dice, n: usize) -> Value {
    let earlier = entry_id(dice.below(n)).to_string();
    match dice.below(16) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(u32::MAX),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!([]),
        6 => json!({}),
        7 => json!("2.9.0"),
        8 => json!("18446744073709551615.0.0"),
        9 => json!("9999-12-31T23:59:59Z"),
        10 => json!("-009999-01-01T00:00:00Z"),
        11 => json!("\u{202e}\u{1b}[2J"),
        12 => json!("x".repeat(dice.below(5000))),
        13 => json!("refs/heads/allclear/ledger"),
        14 => json!(at(dice.below(9000) as i64 * 3600)),
        _ => json!(earlier),
    }
}

/// Puts something odd at one place of a value.
fn bend(value: &mut Value, dice: &mut Dice, n: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() && dice.below(8) > 0 => {
            let at = dice.below(fields.len());
            if let Some((_, inner)) = fields.iter_mut().nth(at) {
                bend(inner, dice, n);
            }
        }
        Value::Array(all) if !all.is_empty() && dice.below(8) > 0 => {
            let at = dice.below(all.len());
            bend(&mut all[at], dice, n);
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => *value = odd(dice, n),
    }
}

/// Changes some bytes.
fn scratch(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes[at] = dice.roll().to_le_bytes()[0],
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"{}[]\",:0-\\"[dice.below(10)]),
            _ => bytes.truncate(at.max(1)),
        }
        if bytes.is_empty() {
            return;
        }
    }
}

fn one(kinds: &[Value], dice: &mut Dice, n: usize) -> Link {
    let mut events: Vec<Value> = (0..=dice.below(3)).map(|_| dice.one(kinds).clone()).collect();
    if dice.below(8) == 0 {
        events.push(json!({"kind": "Struck", "entry": entry_id(dice.below(n)), "reason": "no"}));
    }
    let claimed = match dice.below(10) {
        0 => odd(dice, n),
        1 => json!(at(-(dice.below(900) as i64) * DAY)),
        _ => json!(at(dice.below(20) as i64 * 3600)),
    };
    let mut entry = json!({
        "schema": "allclear.entry/1", "needs": dice.below(4), "id": format!("{n:032x}"), "claimed": claimed, "via": "cli",
        "by": {"who": "Eve <eve@example.org>", "proof": "claimed"}, "events": events,
    });
    let how = dice.below(4);
    if how < 2 {
        bend(&mut entry, dice, n);
    }
    let mut bytes = serde_json::to_vec(&entry).unwrap();
    if how == 2 {
        scratch(&mut bytes, dice);
    }
    let parents = if dice.below(50) == 0 { 2 } else { 1 };
    let parents = (0..parents).map(|p| entry_id(n - 1 - p.min(n - 1))).collect();
    read(RawEntry { commit: entry_id(n), parents, json: Ok(bytes), signed: None })
}

fn folded(links: &[Link]) -> Project {
    let mut fold = Fold::default();
    for _ in 0..3 {
        for link in links {
            fold.add(link);
        }
        match fold.finish() {
            Ok(project) => return project,
            Err(again) => fold = again,
        }
    }
    panic!("a fourth pass over the chain")
}

/// Strikes what stops deciding, again and again.
fn strike_all(scene: &mut Scene) {
    let now = at(DAY);
    for _ in 0..=scene.links.len() {
        let project = folded(&scene.links);
        let ahead =
            project.latest_claim.as_ref().filter(|(_, claimed)| *claimed > now).map(|(entry, _)| entry);
        let moved = project.moved_to.as_ref().map(|(entry, _)| entry);
        let all = project.troubles.iter().map(|trouble| &trouble.entry).chain(ahead).chain(moved);
        let events: Vec<Event> =
            all.map(|entry| Event::Struck { entry: entry.clone(), reason: "no".into() }).collect();
        if events.is_empty() {
            return assert!(stops(&project, &scene.facts, now).is_empty());
        }
        scene.tell(DAY, events);
    }
    panic!("striking comes to no end");
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says how much is tried")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn no_entry_crashes_or_wedges() {
    let entries = usize::try_from(number("ALLCLEAR_FUZZ", ENTRIES as u64)).unwrap();
    let seed = number("ALLCLEAR_SEED", 0xa11c_1ea2);
    println!("seed {seed}, {entries} entries");
    let kinds: Vec<Value> = samples().iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let mut begun = stopped();
    // No signers are named: anybody may strike.
    if let Body::Entry(root) = &mut begun.links[0].body {
        root.events[0] = Event::LedgerStarted {
            project: "lib".into(),
            develop: None,
            signers: Vec::new(),
            threshold: None,
        };
    }
    let mut dice = Dice(seed);
    for round in 0..entries.div_ceil(CHAIN) {
        let mut scene = begun.clone();
        for _ in 0..CHAIN {
            let n = scene.links.len();
            scene.links.push(one(&kinds, &mut dice, n));
        }
        let project = folded(&scene.links);
        assert_eq!(project.entries, scene.links.len() as u64);
        scene.facts.record.moved = true;
        let now = at(dice.below(40) as i64 * DAY);
        for stop in stops(&project, &scene.facts, now) {
            assert!(!stop.remedy.is_empty(), "round {round}: {stop:?}");
        }
        let found = assess(None, &project, &scene.facts, now);
        drop(plan(None, &found, &project, &scene.facts));
        if round % 20 == 0 {
            // What is remembered of a part of it gives the same.
            let part = scene.links.len() / 2;
            let text = serde_json::to_string(&folded(&scene.links[..part])).unwrap();
            let mut fold = Fold::onto(serde_json::from_str(&text).unwrap());
            for link in &scene.links[part..] {
                fold.add(link);
            }
            if let Ok(warm) = fold.finish() {
                assert_eq!(warm, project, "round {round}");
            }
            strike_all(&mut scene);
        }
    }
}
