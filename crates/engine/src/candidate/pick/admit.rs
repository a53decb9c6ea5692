//! Which commits may come on board: those that the gate `fixes` would let pass.

use super::onto::Onto;
use crate::look::resolve::brief;
use crate::{Engine, Fault, FaultKind, Snapshot};
use allclear_core::CommitId;
use allclear_core::history::fixes::is_welcome;
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::history::pick::in_order;
use allclear_core::types::text::{count, short};

/// How many commits of a merge are named.
const NAMED: usize = 20;

impl Engine<'_> {
    /// Refuses merges, and what the gate `fixes` would refuse.
    pub(super) fn only_welcome(
        &self,
        snapshot: &Snapshot,
        onto: &Onto<'_>,
        open: &[CommitId],
    ) -> Result<(), Fault> {
        if let Some(merge) = open.iter().find(|id| onto.graph.commits[*id].parents.len() > 1) {
            return Err(self.merge_refused(snapshot, onto, merge)?);
        }
        let fixes = &onto.candidate.cut.policy.fixes;
        let refused: Vec<ClassedCommit> = self
            .class_picks(snapshot, onto, open)?
            .into_iter()
            .filter(|c| !is_welcome(c.class, fixes))
            .collect();
        let Some(first) = refused.first() else { return Ok(()) };
        let what = match &refused[..] {
            [one] => format!("{} \"{}\" is no fix: {}", one.id.short(), short(&one.subject, 60), one.why),
            many => {
                let lines = many
                    .iter()
                    .rev()
                    .map(|c| format!("\n  {} \"{}\": {}", c.id.short(), short(&c.subject, 60), c.why));
                format!("{} are no fixes:{}", count(many.len(), "commit"), lines.collect::<String>())
            }
        };
        let version = onto.version;
        let mut fault = Fault::new(FaultKind::Blocked, what);
        if first.class == Class::NotAFix {
            fault = fault.hint(format!(
                "it rides with the next train; only fixes come on board {version} after its cut"
            ));
        }
        for commit in refused.iter().rev().take(5) {
            fault = fault.hint(format!(
                "if it has to ride with {version}: allclear accept {} --reason TEXT",
                brief(&commit.id)
            ));
        }
        Err(fault)
    }

    /// Says what a merge brings, and how to pick the fixes among it.
    fn merge_refused(&self, snapshot: &Snapshot, onto: &Onto<'_>, merge: &CommitId) -> Result<Fault, Fault> {
        let info = &onto.graph.commits[merge];
        let without = [&info.parents[0], &onto.head];
        let mut brought: Vec<CommitId> =
            info.parents[1..].iter().flat_map(|side| onto.graph.only(side, &without)).collect();
        brought.retain(|id| onto.graph.commits[id].parents.len() < 2);
        let brought = in_order(&brought, &onto.graph.order);
        let classes = self.class_picks(snapshot, onto, &brought)?;
        let fixes = &onto.candidate.cut.policy.fixes;
        let word = |c: &ClassedCommit| if is_welcome(c.class, fixes) { "a fix" } else { "no fix" };
        let lines =
            classes.iter().rev().take(NAMED).map(|c| {
                format!("\n  {} \"{}\": {}, {}", brief(&c.id), short(&c.subject, 60), word(c), c.why)
            });
        let more = brought.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        let what = format!(
            "{} \"{}\" is a merge, and brings {}{}{more}",
            merge.short(),
            short(info.message.lines().next().unwrap_or_default(), 60),
            count(brought.len(), "commit"),
            lines.collect::<String>()
        );
        let picks: Vec<&str> = classes
            .iter()
            .rev()
            .filter(|c| is_welcome(c.class, fixes))
            .take(NAMED)
            .map(|c| brief(&c.id))
            .collect();
        let fault = Fault::new(FaultKind::Blocked, what);
        Ok(if picks.is_empty() {
            fault.hint("none of them is a fix that the candidate lacks; they ride with the next train")
        } else {
            fault.hint(format!("allclear pick {} --version {}", picks.join(" "), onto.version))
        })
    }

    pub(super) fn not_on_develop(&self, onto: &Onto<'_>, commit: &CommitId) -> Result<Fault, Fault> {
        let develop = &onto.candidate.cut.policy.branches.develop;
        let subject = short(&self.subject(&onto.graph, commit)?, 60);
        let what = format!("{} \"{subject}\" is not on {develop}", commit.short());
        Ok(Fault::new(FaultKind::Blocked, what).hint(format!(
            "merge it into {develop} first, then pick it: the next release would lose it otherwise"
        )))
    }
}
