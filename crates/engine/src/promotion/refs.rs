//! The refs of one promotion: what its plan changes, what it leaves on the server, and what they show.

use crate::Snapshot;
use allclear_core::decide::promotion::{Standing, standing};
use allclear_core::facts::{BranchSight, Seen, Sight, TagSight};
use allclear_core::ledger::event::Operation;
use allclear_core::port::{RefUpdate, Refs};
use allclear_core::types::text::list;
use allclear_core::{CommitId, RefName};

/// The refs under which a plan's objects wait on the server.
pub(crate) fn plan_refs(op: &Operation) -> [(RefName, CommitId); 3] {
    let name = |what: &str| RefName::own(&format!("op/{}/{what}", op.id));
    [
        (name("stable"), op.new_stable.clone()),
        (name("develop"), op.new_develop.clone()),
        (name("tag"), op.new_tag.clone()),
    ]
}

/// The ref that a move and an abort of the same plan both delete, so that only one of them can land. A
/// server on `files` refs frees the ledger's lock before the other refs have moved, and an abort could slip
/// in between; the locks of deleted refs it holds to the very end. (Found by the model checker, and seen on
/// git 2.39.5 with a delayed rename.)
pub(crate) fn plan_lock(op: &Operation) -> RefUpdate {
    let [(name, id), ..] = plan_refs(op);
    RefUpdate { name, old: Some(id), new: None }
}

pub(crate) fn stale_plan_refs(snapshot: &Snapshot) -> Vec<RefUpdate> {
    let live = |id: &str| {
        snapshot
            .project
            .candidates
            .values()
            .filter_map(|c| c.operation.as_ref())
            .any(|f| f.plan.id.to_string() == id)
    };
    let theirs = |name: &RefName| {
        name.as_str()
            .strip_prefix("refs/allclear/op/")
            .and_then(|rest| rest.split('/').next())
            .is_some_and(|id| !live(id))
    };
    let gone = snapshot.refs.objects.iter().filter(|(name, _)| theirs(name));
    gone.map(|(name, old)| RefUpdate { name: name.clone(), old: Some(old.clone()), new: None }).collect()
}

pub(crate) fn plan_refs_left(op: &Operation, refs: &Refs) -> Vec<RefUpdate> {
    let there = plan_refs(op).into_iter().filter_map(|(name, _)| Some((refs.get(&name)?.clone(), name)));
    there.map(|(old, name)| RefUpdate { name, old: Some(old), new: None }).collect()
}

pub(crate) fn release_refs(op: &Operation) -> Vec<RefUpdate> {
    let change = |name: RefName, old: Option<&CommitId>, new: Option<&CommitId>| RefUpdate {
        name,
        old: old.cloned(),
        new: new.cloned(),
    };
    vec![
        change(op.develop_branch.to_ref(), Some(&op.old_develop), Some(&op.new_develop)),
        change(op.stable_branch.to_ref(), Some(&op.old_stable), Some(&op.new_stable)),
        change(RefName::tag(&op.tag), None, Some(&op.new_tag)),
        change(op.branch.to_ref(), Some(&op.commit), None),
    ]
}

/// Reads the common case without asking git about ancestry.
pub(crate) fn quick_standing(refs: &Refs, op: &Operation) -> Option<Standing> {
    let exact = |name: RefName, new: &CommitId| (refs.get(&name) == Some(new)).then_some(Seen::New);
    let sight = Sight {
        stable: exact(op.stable_branch.to_ref(), &op.new_stable)?,
        develop: exact(op.develop_branch.to_ref(), &op.new_develop)?,
        tag: (refs.get(&RefName::tag(&op.tag)) == Some(&op.new_tag)).then_some(TagSight::New)?,
        candidate: refs.get(&op.branch.to_ref()).is_none().then_some(BranchSight::Gone)?,
    };
    Some(standing(sight))
}

pub(crate) fn landed_refs(sight: Sight) -> String {
    let mut names = Vec::new();
    if sight.stable == Seen::New {
        names.push("stable");
    }
    if sight.develop == Seen::New {
        names.push("develop");
    }
    if sight.tag == TagSight::New {
        names.push("the tag");
    }
    list(&names)
}
