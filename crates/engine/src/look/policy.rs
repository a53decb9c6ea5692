//! The policy, read from the tip of develop; and which branch develop is.

use crate::{Engine, LookRefusal, POLICY_FILE, PolicySeen, Refusal};
use allclear_core::policy;
use allclear_core::port::Refs;
use allclear_core::{Branch, CommitId, Project, RefName};

/// How often develop may have got another name.
const RENAMES: usize = 5;

impl Engine<'_> {
    /// Finds the branch that is develop. The record says so, and who may write to the record need not be who
    /// may write to branches: from the branch that it began with, each has to name the next in its own policy
    /// file, unless that branch is gone.
    fn develop<'p>(&self, refs: &Refs, project: &'p Project) -> Result<Option<&'p Branch>, Refusal> {
        let (Some(first), Some(last)) = (&project.founded_on, &project.develop) else {
            return Ok(project.develop.as_ref());
        };
        let mut branch = first.clone();
        for _ in 0..RENAMES {
            if branch == *last {
                return Ok(Some(last));
            }
            let Some(tip) = refs.get(&branch.to_ref()) else { return Ok(Some(last)) };
            let text = self.repo.file_of_each(std::slice::from_ref(tip), POLICY_FILE)?.pop().flatten();
            let Some(policy) = text.and_then(|text| policy::read(&text).ok()) else { break };
            branch = policy.policy.branches.develop;
        }
        Ok(Some(first))
    }

    /// Reads the policy from the tip of develop: the branch that the record names, else `develop`, else the
    /// one branch whose own policy file says that it is develop. A record once begun is never led elsewhere
    /// by a file on another branch.
    pub(super) fn read_policy(
        &self,
        refs: &Refs,
        project: &Project,
    ) -> Result<(Option<(String, CommitId)>, PolicySeen), Refusal> {
        let named = self.develop(refs, project)?.map(Branch::to_ref);
        let known = named.clone().or_else(|| RefName::from_git("refs/heads/develop"));
        if let Some(tip) = known.and_then(|name| refs.get(&name).cloned())
            && let Some(text) =
                self.repo.file_of_each(std::slice::from_ref(&tip), POLICY_FILE)?.pop().flatten()
        {
            return Ok((Some((text.clone(), tip.clone())), policy_seen(text, tip)));
        }
        if named.is_some() {
            return Ok((None, PolicySeen::Absent));
        }
        let others: Vec<(&RefName, &CommitId)> =
            refs.objects.iter().filter(|(n, _)| n.as_str().starts_with("refs/heads/")).take(2000).collect();
        let tips: Vec<CommitId> = others.iter().map(|(_, id)| (*id).clone()).collect();
        let files = self.repo.file_of_each(&tips, POLICY_FILE)?;
        let claims = others.into_iter().zip(files).filter_map(|((name, tip), text)| {
            let seen = policy_seen(text.clone()?, tip.clone());
            let claims = seen.get().is_some_and(|p| p.branches.develop.to_ref() == *name);
            claims.then_some((name, (text?, tip.clone()), seen))
        });
        let mut claims: Vec<_> = claims.collect();
        match claims.pop() {
            Some((_, read, seen)) if claims.is_empty() => Ok((Some(read), seen)),
            Some((name, ..)) => {
                let names =
                    claims.iter().map(|(n, ..)| n.short()).chain([name.short()]).map(str::to_owned).collect();
                Err(LookRefusal::SeveralDevelops(names).into())
            }
            None => Ok((None, PolicySeen::Absent)),
        }
    }
}

pub(super) fn policy_seen(text: String, from: CommitId) -> PolicySeen {
    match policy::read(&text) {
        Ok(effective) => PolicySeen::Read { effective: Box::new(effective), from },
        Err(mistakes) => PolicySeen::Wrong { text, mistakes },
    }
}
