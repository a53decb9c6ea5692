//! `log`: the record as a story, newest first; with `--json` every entry whole.

use crate::command::Command;
use crate::command::now::Now;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui::{self, BAD, DIM, paint};
use allclear_core::ledger::actor::Proof;
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::Body;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::signature::Signed;
use allclear_core::port::CommitGraph;
use allclear_core::types::text::name_of;
use allclear_core::verify::Irregular;
use allclear_engine::Fault;
use serde_json::json;

/// The record: what happened, newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    /// Show at most this many entries.
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    now: Now,
}

impl Command for Log {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let seen = context.look(flags)?;
        let now = self.now.instant(&seen, &context)?;
        let zone = zone_of(&seen);
        let mut links = std::collections::VecDeque::new();
        let mut irregular = Irregular::default();
        if let Some(head) = &seen.project.head {
            context.store.entries(head, None, &mut |raw| {
                let raw_json = raw.json.clone();
                let link = entry::read(raw);
                let odd = match &link.body {
                    Body::Entry(entry) => irregular.take(entry),
                    Body::Void(_) => Vec::new(),
                };
                links.push_back((link, raw_json, odd));
                // Only the newest are kept, so that memory does not grow with the record.
                if links.len() > self.limit {
                    links.pop_front();
                }
            })?;
        }
        if flags.json {
            let entries: Vec<_> = links
                .iter()
                .rev()
                .map(|(link, raw, odd)| entry_json(link, raw.as_deref().ok(), odd, &seen))
                .collect();
            ui::json(
                &json!({"schema": "allclear.log/1", "root": seen.project.root, "head": seen.project.head, "entries": entries}),
            );
            return Ok(Exit::Done);
        }
        if links.is_empty() {
            ui::out("No record yet: allclear cut starts it.");
        }
        for (link, _, odd) in links.iter().rev() {
            let id = paint(DIM, link.commit.short());
            let struck = if seen.project.struck.contains_key(&link.commit) { " (struck)" } else { "" };
            match &link.body {
                Body::Entry(entry) => {
                    let proof = match entry.by.proof {
                        Proof::Claimed => match &entry.recorded_by {
                            Some(own) => format!(" (claimed by --as; git's user is {})", name_of(&own.who)),
                            None => String::new(),
                        },
                        Proof::Signed => match link.signed.as_ref().and_then(Signed::signer) {
                            Some(key) => format!(" (signed by {key})"),
                            None => paint(BAD, " (claims to be signed, and is not)"),
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
                        instant::show(entry.claimed, &zone, now),
                        entry::subject(&entry.events)
                    ));
                    ui::out(paint(DIM, format!("                           by {who}{proof}")));
                    for why in odd {
                        ui::out(format!("                           {}", paint(BAD, format!("odd: {why}"))));
                    }
                }
                Body::Void(why) => ui::out(format!("{}  {id}  {why}{struck}", paint(BAD, "not an entry   "))),
            }
        }
        Ok(Exit::Done)
    }
}

fn entry_json(
    link: &entry::Link,
    raw: Option<&[u8]>,
    odd: &[String],
    seen: &allclear_engine::Snapshot,
) -> serde_json::Value {
    let struck = seen.project.struck.contains_key(&link.commit);
    match &link.body {
        Body::Entry(entry) => json!({
            "commit": link.commit, "parent": link.parent, "struck": struck,
            "summary": entry::subject(&entry.events), "odd": odd,
            "entry": raw.and_then(|r| serde_json::from_slice::<serde_json::Value>(r).ok()),
        }),
        Body::Void(why) => {
            json!({"commit": link.commit, "parent": link.parent, "struck": struck, "void": why.to_string()})
        }
    }
}
