//! Whether develop was replaced with another history.

use super::past::Past;
use crate::doctor::date::day;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::types::text::{count, short};

pub(super) fn judge(past: &Past) -> Judgement {
    let Some(develop) = past.develop.as_ref().or(past.stable.as_ref()) else {
        return Judgement::not_applicable("no branch");
    };
    let name = short(&develop.name, 30);
    if past.forced.is_empty() {
        return Judgement::clear(format!("this clone saw no rewind of {name}"));
    }
    let evidence: Vec<Evidence> = past
        .forced
        .iter()
        .map(|forced| Evidence {
            about: name.clone(),
            text: format!("{} → {}, fetched {}", forced.from.short(), forced.to.short(), day(forced.at)),
            commits: vec![forced.from.clone(), forced.to.clone()],
            at: Some(forced.at),
        })
        .collect();
    let summary = format!("{name} was replaced {}, as this clone saw it", count(evidence.len(), "time"));
    Judgement::past(summary).shown_by(evidence)
}
