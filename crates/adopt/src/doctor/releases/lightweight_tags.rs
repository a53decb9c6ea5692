//! Releases whose tag is not an object of its own.

use super::past::Past;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::types::text::short;

pub(super) fn judge(past: &Past) -> Judgement {
    let last = past.tags.last();
    if last.is_empty() {
        return Judgement::not_applicable("no release");
    }
    let bare: Vec<Evidence> = last
        .iter()
        .filter(|r| !r.annotated)
        .map(|r| Evidence {
            about: short(&r.tag, 40),
            text: short(&r.tag, 40),
            commits: vec![r.commit.clone()],
            at: Some(r.at),
        })
        .collect();
    if bare.is_empty() {
        return Judgement::clear("all release tags are annotated");
    }
    let summary = format!("{} of {}: no tagger and no date", bare.len(), last.len());
    Judgement::past(summary).shown_by(bare)
}
