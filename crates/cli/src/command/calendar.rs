//! `calendar`: what is coming, fixed dates and forecasts.

use crate::args::{Args, Now};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::{ui, when};
use allclear_core::train;
use allclear_engine::{Fault, Snapshot};
use jiff::Timestamp;
use serde_json::json;

/// How many cuts are shown.
const CUTS: usize = 6;

struct Coming {
    at: Timestamp,
    until: Option<Timestamp>,
    kind: &'static str,
    text: String,
}

pub(super) fn run(args: &Args, now: &Now) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let seen = place.look(args)?;
    let now = super::instant(now, &seen, &place)?;
    let zone = zone_of(&seen);
    let mut coming = coming(&seen, now);
    coming.sort_by_key(|c| c.at);
    if args.json {
        let list: Vec<_> = coming
            .iter()
            .map(|c| json!({"at": c.at, "until": c.until, "kind": c.kind, "text": c.text}))
            .collect();
        ui::json(
            &json!({"schema": "allclear.calendar/1", "now": now, "time_zone": zone.iana_name(), "coming": list}),
        );
        return Ok(Exit::Done);
    }
    if coming.is_empty() {
        ui::out("Nothing is coming: no train (train.anchor) and no candidate.");
    }
    for item in coming {
        let until = item.until.map(|u| format!(" until {}", when::show(u, &zone, now))).unwrap_or_default();
        ui::out(format!("{:<22} {}{until}", when::show(item.at, &zone, now), item.text));
    }
    Ok(Exit::Done)
}

fn coming(seen: &Snapshot, now: Timestamp) -> Vec<Coming> {
    let mut list = Vec::new();
    let assessment = seen.assess(now);
    for found in &assessment.candidates {
        let version = found.version;
        for report in found.blockers() {
            if let Some(at) = report.finding.clears_at {
                list.push(Coming {
                    at,
                    until: None,
                    kind: "gate",
                    text: format!("{version}: {} ends", report.gate.name()),
                });
            }
        }
        if let Some(at) = found.fix_by {
            list.push(Coming {
                at,
                until: None,
                kind: "fix-by",
                text: format!("{version}: the last moment for a fix that does not delay it"),
            });
        }
        if let Some(at) = found.leaves_at.filter(|at| *at > now) {
            list.push(Coming {
                at,
                until: None,
                kind: "leaves",
                text: format!("{version}: leaves, by forecast"),
            });
        }
    }
    if let Some(policy) = seen.policy.get() {
        let zone = allclear_core::assess::zone(policy);
        if let Some(train) = &policy.train {
            let mut from = now;
            for _ in 0..CUTS {
                let Some((_, at)) = train::next_slot(train, &zone, from) else { break };
                list.push(Coming { at, until: None, kind: "cut", text: "the next candidate is cut".into() });
                from = at;
            }
        }
        for freeze in policy.freezes.iter().filter(|f| f.until > now) {
            let text = format!("freeze: {}", allclear_core::text::short(&freeze.reason, 80));
            list.push(Coming { at: freeze.from, until: Some(freeze.until), kind: "freeze", text });
        }
    }
    for freeze in seen.project.freezes_from(now) {
        let text = format!(
            "freeze by {}: {}",
            allclear_core::text::name_of(&freeze.by),
            allclear_core::text::short(&freeze.reason, 80)
        );
        list.push(Coming { at: freeze.from, until: Some(freeze.until), kind: "freeze", text });
    }
    list
}
