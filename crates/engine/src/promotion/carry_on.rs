//! Pushes what is missing of a promotion that landed in part. Forward is the only way.

use super::refs::release_refs;
use crate::look::trial_merges::{self, Trial};
use crate::{Engine, PromotionRefusal, Refusal, Snapshot};
use allclear_core::decide::promotion::{DevelopTodo, Todo};
use allclear_core::ledger::event::{Event, Operation};
use allclear_core::port::{NewCommit, RefUpdate};
use allclear_core::{CommitId, RefName};

impl Engine<'_> {
    /// Pushes what is missing of a half-applied promotion. Forward is the only way.
    pub(super) fn carry_on(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        todo: Todo,
        tries: u32,
    ) -> Result<(), Refusal> {
        let mut updates: Vec<RefUpdate> = release_refs(op);
        let (stable, tag, branch) = (op.stable_branch.to_ref(), RefName::tag(&op.tag), op.branch.to_ref());
        let develop = op.develop_branch.to_ref();
        updates.retain(|u| {
            (u.name == stable && todo.stable)
                || (u.name == tag && todo.tag)
                || (u.name == branch && todo.candidate)
                || (u.name == develop && todo.develop == Some(DevelopTodo::AsPlanned))
        });
        let mut anew = None;
        if todo.develop == Some(DevelopTodo::Anew) {
            let old = snapshot.facts.develop.clone();
            let made = match &old {
                Some(old) => self.merge_anew(snapshot, op, old)?,
                None => None,
            };
            match made {
                Some(new) => {
                    updates.push(RefUpdate { name: develop, old, new: Some(new.clone()) });
                    anew = Some(new);
                }
                None if updates.is_empty() => {
                    return Err(PromotionRefusal::DevelopLacksIt {
                        version: op.version,
                        tag: op.tag.clone(),
                        stable: op.stable_branch.clone(),
                        develop: op.develop_branch.clone(),
                    }
                    .into());
                }
                None => {}
            }
        }
        let mut draft =
            self.draft(vec![Event::PromotionContinued { operation: op.id.clone(), develop: anew }]);
        draft.refs = updates;
        match self.land(&snapshot.tip(), &draft) {
            Ok(_) => Ok(()),
            Err(_) if tries < 3 => Ok(()),
            Err(refusal) => {
                let (version, cause) = (op.version, Box::new(refusal.into()));
                Err(PromotionRefusal::StillInPart { version, cause }.into())
            }
        }
    }

    fn merge_anew(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        develop: &CommitId,
    ) -> Result<Option<CommitId>, Refusal> {
        let merged = self.repo.merge(&[(develop.clone(), op.new_stable.clone())])?;
        let Some(cut) = snapshot.project.candidates.get(&op.version).map(|c| &c.cut) else { return Ok(None) };
        let trial = Trial {
            base: &cut.from,
            ours: develop,
            theirs: &op.new_stable,
            files: &cut.version_files,
            changelog: cut.policy.changelog_file.as_deref(),
            version: op.version,
        };
        let back = trial_merges::outcome(self.repo, merged.first().and_then(Option::as_ref), &trial)?;
        let Some(tree) = trial_merges::tree(&back).cloned() else { return Ok(None) };
        let message =
            format!("Merge tag '{}' into {}\n\nAllclear-Operation: {}", op.tag, op.develop_branch, op.id);
        let parents = vec![develop.clone(), op.new_stable.clone()];
        Ok(Some(self.repo.write_commit(&NewCommit {
            tree,
            parents,
            by: self.signature(self.clock.now()),
            author: None,
            message,
        })?))
    }
}
