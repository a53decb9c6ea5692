//! `calendar`: what is coming, fixed dates and forecasts.

use crate::command::Command;
use crate::command::now::Now;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::ics::{Happening, calendar};
use crate::screen::instant::{self, zone_of};
use crate::screen::ui;
use allclear_core::policy::schedule;
use allclear_engine::{Fault, FaultKind, Snapshot};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// How many cuts are shown.
const CUTS: usize = 6;

/// Coming cuts, ends of soaks, freezes.
#[derive(Debug, clap::Args)]
pub(crate) struct Calendar {
    /// Print it as an iCalendar file (RFC 5545) for other calendars.
    #[arg(long)]
    ics: bool,
    #[command(flatten)]
    now: Now,
}

impl Command for Calendar {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        if self.ics && flags.json {
            return Err(Fault::new(FaultKind::Usage, "give --ics or --json, not both"));
        }
        let context = Context::open(flags)?;
        let seen = context.look(flags)?;
        let now = self.now.instant(&seen, &context)?;
        let zone = zone_of(&seen);
        let mut coming = coming(&seen, now);
        coming.sort_by_key(|c| c.at);
        if self.ics {
            ui::file(&calendar(&context.name(&seen), &happenings(&coming, &identity(&context, &seen)), now));
            return Ok(Exit::Done);
        }
        if flags.json {
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
            ui::out("Nothing is scheduled: no train (train.anchor) and no candidate.");
        }
        for item in coming {
            let until =
                item.until.map(|u| format!(" until {}", instant::show(u, &zone, now))).unwrap_or_default();
            ui::out(format!("{:<22} {}{until}", instant::show(item.at, &zone, now), item.text));
        }
        Ok(Exit::Done)
    }
}

/// Something that is coming.
struct Coming {
    at: Timestamp,
    until: Option<Timestamp>,
    kind: &'static str,
    /// What it is the next instance of, so that it is known again when it moves: a version and a gate, a
    /// slot, a freeze.
    subject: String,
    text: String,
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
                    subject: format!("{version}-{}", report.gate.name()),
                    text: format!("{version}: {} ends", report.gate.name()),
                });
            }
        }
        if let Some(at) = found.fix_by {
            list.push(Coming {
                at,
                until: None,
                kind: "fix-by",
                subject: version.to_string(),
                text: format!("{version}: the last moment for a fix that does not delay it"),
            });
        }
        if let Some(at) = found.leaves_at.filter(|at| *at > now) {
            list.push(Coming {
                at,
                until: None,
                kind: "leaves",
                subject: version.to_string(),
                text: format!("{version}: forecast release"),
            });
        }
    }
    if let Some(policy) = seen.policy.get() {
        let zone = allclear_core::policy::schedule::zone(policy);
        if let Some(train) = &policy.train {
            let mut from = now;
            for _ in 0..CUTS {
                let Some((_, at)) = schedule::next_slot(train, &zone, from) else { break };
                list.push(Coming {
                    at,
                    until: None,
                    kind: "cut",
                    subject: at.as_second().to_string(),
                    text: "the next candidate is cut".into(),
                });
                from = at;
            }
        }
        for freeze in policy.freezes.iter().filter(|f| f.until > now) {
            let text = format!("freeze: {}", allclear_core::types::text::short(&freeze.reason, 80));
            let subject = format!("policy-{}", freeze.from.as_second());
            list.push(Coming { at: freeze.from, until: Some(freeze.until), kind: "freeze", subject, text });
        }
    }
    for freeze in seen.project.freezes_from(now, seen.project.trust(seen.policy.get())) {
        let text = format!(
            "freeze by {}: {}",
            allclear_core::types::text::name_of(&freeze.by),
            allclear_core::types::text::short(&freeze.reason, 80)
        );
        let subject = format!("record-{}", freeze.from.as_second());
        list.push(Coming { at: freeze.from, until: Some(freeze.until), kind: "freeze", subject, text });
    }
    list
}

/// Gives each an identity that does not depend on when it is to happen, as far as it can move.
fn happenings(coming: &[Coming], project: &str) -> Vec<Happening> {
    let mut known = BTreeMap::new();
    let of = |c: &Coming| {
        let uid = format!("{}-{}", c.kind, c.subject);
        // Two freezes may begin together.
        let n = known.entry(uid.clone()).and_modify(|n| *n += 1).or_insert(1);
        let uid = if *n == 1 { uid } else { format!("{uid}-{n}") };
        Happening {
            uid: format!("{uid}@{project}"),
            at: c.at,
            until: c.until,
            summary: c.text.clone(),
            fixed: matches!(c.kind, "cut" | "freeze"),
        }
    };
    coming.iter().map(of).collect()
}

/// Gives what tells this project's events from those of others: the record's root, else the address.
fn identity(context: &Context, seen: &Snapshot) -> String {
    match &seen.project.root {
        Some(root) => format!("{}.allclear", &root.as_str()[..16]),
        None => format!("{}.allclear", context.clone.name()),
    }
}
