//! Release tags that are something else here than on the server.

use super::past::Past;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::RefName;
use allclear_core::types::text::short;
use std::collections::BTreeSet;

pub(super) fn judge(past: &Past) -> Judgement {
    let Some(server) = &past.server else {
        return Judgement::unknown("not known: the server was not read");
    };
    let ours = past.tags.releases.iter().map(|r| &r.tag).chain(past.tags.rcs.iter().map(|r| &r.tag));
    let ours: BTreeSet<RefName> = ours.map(|tag| RefName::tag(tag)).collect();
    let mut moved: Vec<(Option<jiff::Timestamp>, Evidence)> = Vec::new();
    for here in past.refs.iter().filter(|here| ours.contains(&here.name)) {
        let Some(there) = server.get(&here.name).filter(|there| **there != here.object) else { continue };
        let commits = vec![here.commit().clone(), server.commit(&here.name).unwrap_or(there).clone()];
        let about = short(here.name.short(), 40);
        let text = if commits[0] == commits[1] {
            format!("{about} was made anew at {}", commits[0].short())
        } else {
            format!("{about} is {} here and {} on the server", commits[0].short(), commits[1].short())
        };
        moved.push((here.at, Evidence { about, text, commits, at: here.at }));
    }
    if moved.is_empty() {
        return Judgement::clear("no release tag differs from the server's");
    }
    moved.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let summary = format!("{} between this clone and the server", differ(moved.len()));
    let act = format!("ask who moved it; git fetch --tags --force takes the server's {}", one(moved.len()));
    Judgement::open(summary).shown_by(moved.into_iter().map(|(_, e)| e).collect()).act(act)
}

fn differ(n: usize) -> String {
    if n == 1 { "1 tag differs".into() } else { format!("{n} tags differ") }
}

fn one(n: usize) -> &'static str {
    if n == 1 { "one" } else { "ones" }
}
