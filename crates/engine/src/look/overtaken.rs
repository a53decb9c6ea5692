//! What somebody else moved between two looks, in words.

use crate::{Engine, Refusal, Snapshot};
use allclear_core::types::text::short;
use allclear_core::{Project, RefName};

impl Engine<'_> {
    /// Names what differs between two looks of what a push goes by: the record, the long-lived branches, and the
    /// branches and tags of candidates.
    pub(crate) fn overtaken_by(&self, before: &Snapshot, now: &Snapshot) -> Result<String, Refusal> {
        if before.project.head != now.project.head {
            let head = now.project.head.clone().into_iter().collect::<Vec<_>>();
            let text = self.repo.objects(&head)?.pop().unwrap_or_default();
            let subject = crate::look::resolve::subject_of(&text);
            return Ok(format!("the record moved: {}", short(&subject, 100)));
        }
        let moved = |name: &RefName| before.refs.get(name) != now.refs.get(name);
        let names = before.refs.objects.keys().chain(now.refs.objects.keys());
        let watched = |name: &&RefName| is_watched(name, &now.project, before);
        let first = names.filter(watched).find(|name| moved(name));
        Ok(first.map_or_else(
            || "somebody else pushed at the same time".into(),
            |name| {
                let at = |seen: &Snapshot| seen.refs.get(name).map_or("nothing", |id| id.short()).to_owned();
                format!("{} moved from {} to {}", name.short(), at(before), at(now))
            },
        ))
    }
}

fn is_watched(name: &RefName, project: &Project, seen: &Snapshot) -> bool {
    let branches = seen.policy.get().map(|policy| &policy.branches);
    let long_lived = branches.is_some_and(|b| *name == b.stable.to_ref() || *name == b.develop.to_ref());
    let candidate = |c: &allclear_core::project::Candidate| {
        *name == c.cut.branch.to_ref() || *name == RefName::tag(&c.cut.tags.release(c.cut.version))
    };
    long_lived || project.candidates.values().any(candidate)
}
