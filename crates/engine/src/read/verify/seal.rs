//! What the objects of a release prove, and nothing can change any more.

use crate::look::facts::CandidateAt;
use crate::look::trial_merges;
use crate::{Engine, POLICY_FILE, Refusal};
use allclear_core::CommitId;
use allclear_core::history::graph::Graph;
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::event::Operation;
use allclear_core::policy::{self, Policy};
use allclear_core::project::{Candidate, Project};
use allclear_core::types::text::plain;
use allclear_core::verify::{Audit, AuditedRelease, Claim, Shown, Truth};
use std::collections::{BTreeMap, BTreeSet};

/// What all releases ask for, fetched at once.
struct Evidence {
    policies: BTreeMap<CommitId, Policy>,
    tags: BTreeMap<CommitId, String>,
}

impl Engine<'_> {
    /// Looks into what objects prove and nothing can change any more.
    pub(super) fn seal(&self, audit: &mut Audit) -> Result<(), Refusal> {
        let open: Vec<usize> =
            (0..audit.releases.len()).filter(|n| audit.releases[*n].sealed.is_none()).collect();
        let evidence = self.evidence(open.iter().map(|n| &audit.releases[*n]))?;
        for n in open {
            let claims = self.claims(&audit.releases[n], &evidence, &audit.project.tag_entries)?;
            audit.releases[n].sealed = Some(claims);
        }
        Ok(())
    }

    /// Fetches in a few processes what all releases ask for.
    fn evidence<'a>(
        &self,
        audited: impl Iterator<Item = &'a AuditedRelease> + Clone,
    ) -> Result<Evidence, Refusal> {
        let mut commits: Vec<CommitId> = Vec::new();
        let mut tags: Vec<CommitId> = Vec::new();
        for audited in audited {
            commits.extend(audited.plan.policy_from.clone());
            commits.push(audited.plan.operation.old_develop.clone());
            tags.push(audited.release.object.clone());
            tags.extend(audited.rcs.iter().map(|rc| rc.object.clone()));
        }
        let files = self.repo.file_of_each(&commits, POLICY_FILE)?;
        let read = |text: Option<String>| policy::read(&text?).ok().map(|effective| effective.policy);
        let policies = commits.into_iter().zip(files.into_iter().map(read));
        let policies = policies.filter_map(|(id, policy)| Some((id, policy?))).collect();
        let texts = self.repo.objects(&tags)?;
        Ok(Evidence { policies, tags: tags.into_iter().zip(texts).collect() })
    }

    fn claims(
        &self,
        audited: &AuditedRelease,
        evidence: &Evidence,
        entries: &BTreeSet<String>,
    ) -> Result<Vec<Claim>, Refusal> {
        let (plan, op) = (&audited.plan, &audited.plan.operation);
        let policy = |id: &CommitId| evidence.policies.get(id);
        let mut claims = plan.claims(plan.policy_from.as_ref().and_then(policy));
        let objects = match plan.candidate() {
            Some(candidate) => self.shown_then(op, plan.before(), candidate, plan.policy_from.as_ref())?,
            None => Err("no cut is on record".into()),
        };
        let shown = objects.as_ref().ok().map(|(_, shown)| shown);
        claims.extend(plan.judge(shown, policy(&op.old_develop)));
        match &objects {
            Ok((graph, shown)) => claims.extend(self.made(audited, graph, shown)?),
            Err(why) => claims.push(Claim::new("objects", Truth::CannotBeChecked(why.clone()))),
        }
        let trial = plan.candidate().and_then(|candidate| {
            plan.before().experiments.of(&op.commit, candidate.cut.policy.trust)?.trial
        });
        if let Some(trial) = trial {
            claims.push(Claim::new("experiment", self.table_holds(trial)?));
        }
        let text = evidence.tags.get(&audited.release.object).map_or("", String::as_str);
        claims.push(Claim::new(
            "tag object",
            tag(text, &audited.release.tag, &op.new_stable, |id| id == plan.id),
        ));
        let rcs = audited.rcs.iter().map(|rc| {
            let text = evidence.tags.get(&rc.object).map_or("", String::as_str);
            tag(text, &rc.tag, &rc.commit, |id| entries.contains(id))
        });
        claims.push(Claim::new("rc tags", rcs.max().unwrap_or(Truth::Holds)));
        Ok(claims)
    }

    /// Looks at a release's objects again as the plan did; or says which of them are not here.
    fn shown_then(
        &self,
        op: &Operation,
        record: &Project,
        candidate: &Candidate,
        policy: Option<&CommitId>,
    ) -> Result<Result<(Graph, Shown), String>, Refusal> {
        let cut = &candidate.cut;
        let mut tips = vec![
            &op.old_stable,
            &op.old_develop,
            &op.commit,
            candidate.commit(),
            &cut.head,
            &cut.from,
            &op.new_stable,
            &op.new_develop,
        ];
        tips.extend(policy);
        let tips: Vec<CommitId> = tips.into_iter().cloned().collect();
        // A history with holes cannot be walked at all.
        let Ok(graph) = self.repo.graph(&tips) else {
            return Ok(Err("the history around it is incomplete here".into()));
        };
        if let Some(absent) = graph.absent.iter().next() {
            return Ok(Err(format!("{} is not here", absent.short())));
        }
        let at = CandidateAt {
            record,
            candidate,
            head: &op.commit,
            stable: Some(&op.old_stable),
            develop: Some(&op.old_develop),
        };
        let merged = self.repo.merge(&[(op.old_develop.clone(), op.commit.clone())])?;
        let known = self.mailmap(at.develop)?;
        let shown = self.shown(&graph, &at, merged.first().and_then(Option::as_ref), &known)?;
        Ok(Ok((graph, shown)))
    }

    /// Looks at what the promotion made: what was soaked is what was released, and develop has it.
    fn made(&self, audited: &AuditedRelease, graph: &Graph, shown: &Shown) -> Result<Vec<Claim>, Refusal> {
        let op = &audited.plan.operation;
        let trees = self.repo.trees(&[op.new_stable.clone(), op.commit.clone(), op.new_develop.clone()])?;
        let [stable, soaked, develop] = &trees[..] else { return Ok(Vec::new()) };
        let parents =
            |id: &CommitId| graph.commits.get(id).map(|info| info.parents.clone()).unwrap_or_default();
        let made = op.new_stable == op.commit
            || parents(&op.new_stable) == [op.old_stable.clone(), op.commit.clone()];
        let released = Truth::when(made && stable == soaked, || {
            format!(
                "{} is not {} merged into stable, and nothing else",
                op.new_stable.short(),
                op.commit.short()
            )
        });
        let has = graph.contains(&op.new_develop, &op.new_stable);
        let as_planned = parents(&op.new_develop) == [op.old_develop.clone(), op.new_stable.clone()];
        let recorded = audited.plan.recorded.as_ref().and_then(|facts| facts.merge_back.as_ref());
        let tree = trial_merges::tree(&shown.merge_back);
        let back = if !has {
            Truth::DoesNotHold(format!("{} does not contain the release", op.new_develop.short()))
        } else if !as_planned || tree == Some(develop) {
            Truth::Holds
        } else if recorded.and_then(trial_merges::tree) == Some(develop) {
            Truth::CannotBeChecked("this git merges it differently from the one that made it".into())
        } else {
            Truth::DoesNotHold(format!("{} has changes that no merge makes", op.new_develop.short()))
        };
        let cut = audited.plan.candidate().map(|c| &c.cut);
        let branch =
            |regular: bool| if regular { ("develop", &op.old_develop) } else { ("stable", &op.old_stable) };
        let sources = [audited.plan.policy_from.as_ref().map(|from| (from, branch(true)))];
        let sources = sources.into_iter().chain([cut.map(|cut| (&cut.from, branch(cut.kind.is_regular())))]);
        let foreign = sources.flatten().find(|(from, (_, tip))| !graph.contains(tip, from));
        let origin = foreign.map_or(Truth::Holds, |(from, (name, _))| {
            Truth::DoesNotHold(format!("it comes from {}, which {name} did not have", from.short()))
        });
        Ok(vec![
            Claim::new("origin", origin),
            Claim::new("release commit", released),
            Claim::new("merge-back", back),
        ])
    }
}

/// Says what a tag's object proves: its name, its commit, and the entry that it was pushed with.
fn tag(text: &str, name: &str, commit: &CommitId, is_entry: impl Fn(&str) -> bool) -> Truth {
    if text.is_empty() {
        return Truth::CannotBeChecked(format!("the tag {}, as it was published, is not here", plain(name)));
    }
    let line = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_default();
    let named = text.lines().rev().find_map(|l| l.strip_prefix(TRAILER)?.strip_prefix(": "));
    if line("object ") != commit.as_str() || line("tag ") != name {
        Truth::DoesNotHold(format!("the tag {} is not of {}", plain(name), commit.short()))
    } else if !named.is_some_and(|id| is_entry(id.trim())) {
        Truth::DoesNotHold(format!("the tag {} does not name the entry it came with", plain(name)))
    } else {
        Truth::Holds
    }
}
