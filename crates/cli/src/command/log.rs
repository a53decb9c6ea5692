//! `log`: the record as a story, newest first; with `--json` every entry whole.

use crate::args::{Args, Now};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::ui::{self, BAD, DIM, paint};
use crate::when;
use allclear_core::event::{Event, Proof};
use allclear_core::ledger::{self, Body};
use allclear_core::port::CommitGraph;
use allclear_core::sshsig::Signed;
use allclear_core::text::name_of;
use allclear_engine::Fault;
use serde_json::json;

pub(super) fn run(args: &Args, limit: usize, now: &Now) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let seen = place.look(args)?;
    let now = super::instant(now, &seen, &place)?;
    let zone = zone_of(&seen);
    let mut links = std::collections::VecDeque::new();
    if let Some(head) = &seen.project.head {
        place.store.entries(head, None, &mut |raw| {
            let raw_json = raw.json.clone();
            links.push_back((ledger::read(raw), raw_json));
            // Only the newest are kept, so that memory does not grow with the record.
            if links.len() > limit {
                links.pop_front();
            }
        })?;
    }
    if args.json {
        let entries: Vec<_> =
            links.iter().rev().map(|(link, raw)| entry_json(link, raw.as_deref().ok(), &seen)).collect();
        ui::json(
            &json!({"schema": "allclear.log/1", "root": seen.project.root, "head": seen.project.head, "entries": entries}),
        );
        return Ok(Exit::Done);
    }
    if links.is_empty() {
        ui::out("No record yet: allclear cut starts it.");
    }
    for (link, _) in links.iter().rev() {
        let id = paint(DIM, link.commit.short());
        let struck = if seen.project.struck.contains(&link.commit) { " (struck)" } else { "" };
        match &link.body {
            Body::Entry(entry) => {
                let proof = match entry.by.proof {
                    Proof::Claimed => String::new(),
                    Proof::Signed => match link.signed.as_ref().and_then(Signed::signer) {
                        Some(key) => format!(" (signed by {key})"),
                        None => paint(BAD, " (says it is signed, and is not)"),
                    },
                };
                let who = name_of(&entry.by.who);
                let unknown = if entry.events.contains(&Event::Unknown) {
                    paint(BAD, " (needs a newer allclear)")
                } else {
                    String::new()
                };
                ui::out(format!(
                    "{}  {id}  {}{unknown}{struck}",
                    when::show(entry.claimed, &zone, now),
                    ledger::subject(&entry.events)
                ));
                ui::out(paint(DIM, format!("                           by {who}{proof}")));
            }
            Body::Void(why) => ui::out(format!("{}  {id}  {why}{struck}", paint(BAD, "not an entry   "))),
        }
    }
    Ok(Exit::Done)
}

fn entry_json(
    link: &ledger::Link,
    raw: Option<&[u8]>,
    seen: &allclear_engine::Snapshot,
) -> serde_json::Value {
    let struck = seen.project.struck.contains(&link.commit);
    match &link.body {
        Body::Entry(entry) => json!({
            "commit": link.commit, "parent": link.parent, "struck": struck,
            "summary": ledger::subject(&entry.events),
            "entry": raw.and_then(|r| serde_json::from_slice::<serde_json::Value>(r).ok()),
        }),
        Body::Void(why) => {
            json!({"commit": link.commit, "parent": link.parent, "struck": struck, "void": why.to_string()})
        }
    }
}
