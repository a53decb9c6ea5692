//! Whether a candidate on record is what the branches say. Who may write to the record need not be who may write to its
//! branches: a cut counts only if it left them, if its policy is the one in their file, if its own commit sets the
//! version and nothing else, and if its tags name the entries that they came with.

use crate::look::promotion::recompute::tag;
use crate::{Engine, POLICY_FILE, Refusal};
use allclear_core::ecosystem::version_file::{self, VersionFile};
use allclear_core::facts::Unfounded;
use allclear_core::history::graph::Graph;
use allclear_core::ledger::event::Cut;
use allclear_core::policy;
use allclear_core::project::{Candidate, Project, Rc};
use allclear_core::types::text::plain;
use allclear_core::verify::Truth;
use allclear_core::{CommitId, RULES, TagFormat, Version};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The first commit of a candidate, the commit that it was cut from, and the files that the first may change.
type Head = (CommitId, CommitId, BTreeSet<String>);
/// The tag of an rc: its object, its name and its commit.
type Tag = (CommitId, String, CommitId);

/// What was found to be as the record says, and does not change any more. Each is kept with all that decided it: the
/// next entry may name the same commit and say something else of it.
#[derive(Default, Serialize, Deserialize)]
struct Known {
    rules: u32,
    /// The record's first entry.
    root: Option<CommitId>,
    /// Policies, by the commit whose file has them, and by whether the cut is a regular one.
    policies: BTreeSet<(CommitId, bool, String)>,
    heads: BTreeSet<Head>,
    tags: BTreeSet<Tag>,
}

impl Engine<'_> {
    /// Says of each open candidate why it is not what the branches say, where that is so.
    pub(super) fn unfounded(
        &self,
        graph: &Graph,
        project: &Project,
        stable: Option<&CommitId>,
        develop: Option<&CommitId>,
    ) -> Result<BTreeMap<Version, Unfounded>, Refusal> {
        let known = self.repo.recall("founded").and_then(|b| serde_json::from_slice::<Known>(&b).ok());
        let same_record = |known: &Known| known.rules == RULES && known.root == project.root;
        let mut known = known.filter(same_record).unwrap_or_default();
        let key = |candidate: &Candidate| {
            let cut = &candidate.cut;
            (candidate.policy_from.clone(), cut.kind.is_regular(), policy::digest(&cut.policy))
        };
        let new: Vec<&Candidate> = project
            .candidates
            .values()
            .filter(|c| !known.policies.contains(&key(c)) && graph.knows(&c.policy_from))
            .collect();
        if !new.is_empty() {
            let commits: Vec<CommitId> = new.iter().map(|c| c.policy_from.clone()).collect();
            let texts = self.repo.file_of_each(&commits, POLICY_FILE)?;
            let same = new.iter().zip(texts).filter(|(candidate, text)| {
                let read = text.as_deref().and_then(|text| policy::read(text).ok());
                read.is_some_and(|read| candidate.cut.is_judged_by(&read.policy))
            });
            known.policies.extend(same.map(|(candidate, _)| key(candidate)));
        }
        let heads = self.sound_heads(graph, project, &known)?;
        let (tags, odd_tags) = self.sound_tags(project, &known)?;
        if !(new.is_empty() && heads.is_empty() && tags.is_empty()) {
            known.heads.extend(heads);
            known.tags.extend(tags);
            (known.rules, known.root) = (RULES, project.root.clone());
            if let Ok(bytes) = serde_json::to_vec(&known) {
                self.repo.remember("founded", &bytes);
            }
        }
        let why = |version: Version, candidate: &Candidate| {
            let (cut, from) = (&candidate.cut, &candidate.policy_from);
            let tip = if cut.kind.is_regular() { develop } else { stable };
            let has = |tip: Option<&CommitId>, commit: &CommitId| {
                tip.is_some_and(|tip| graph.contains(tip, commit))
            };
            let branches = &cut.policy.branches;
            if let Some(why) = misnamed(version, candidate) {
                Some(Unfounded::Forged(why))
            } else if cut.digest != policy::digest(&cut.policy) || !known.policies.contains(&key(candidate)) {
                let at = from.short();
                Some(Unfounded::Policy(format!("its policy is not the one in {POLICY_FILE} at {at}")))
            } else if tip.is_some() && !has(tip, &cut.from) {
                let name = if cut.kind.is_regular() { &branches.develop } else { &branches.stable };
                Some(Unfounded::Rewound { branch: name.clone(), commit: cut.from.clone() })
            } else if develop.is_some() && !has(develop, from) {
                let (from, develop) = (from.short(), &branches.develop);
                Some(Unfounded::Policy(format!(
                    "its policy comes from {from}, which {develop} does not have"
                )))
            } else if !known.heads.contains(&head_key(cut)) {
                let (head, from) = (cut.head.short(), cut.from.short());
                Some(Unfounded::Forged(format!("{head} changes more than the version of {from}")))
            } else {
                candidate.rcs.iter().find_map(|rc| odd_tags.get(&tag_key(rc)).cloned()).map(Unfounded::Forged)
            }
        };
        let all = project.candidates.iter();
        Ok(all.filter_map(|(version, candidate)| Some((*version, why(*version, candidate)?))).collect())
    }

    /// Finds the candidates whose first commit is the one that they were cut from, or sets the version on top of it.
    fn sound_heads(&self, graph: &Graph, project: &Project, known: &Known) -> Result<Vec<Head>, Refusal> {
        let cuts = project.candidates.values().map(|c| &c.cut);
        let cuts = cuts.filter(|cut| !known.heads.contains(&head_key(cut)));
        let (same, made): (Vec<&Cut>, Vec<&Cut>) = cuts.partition(|cut| cut.head == cut.from);
        let on_top = |cut: &&Cut| {
            graph.commits.get(&cut.head).is_some_and(|info| info.parents == std::slice::from_ref(&cut.from))
        };
        let made: Vec<&Cut> = made.into_iter().filter(on_top).collect();
        let heads: Vec<CommitId> = made.iter().map(|cut| cut.head.clone()).collect();
        let paths = if heads.is_empty() { BTreeMap::new() } else { self.repo.paths(&heads)? };
        let sound = made.into_iter().filter(|cut| {
            let may = may_change(cut);
            paths.get(&cut.head).is_some_and(|paths| paths.iter().all(|path| may.contains(path)))
        });
        Ok(same.into_iter().chain(sound).map(head_key).collect())
    }

    /// Reads the tags of rcs: those that are as the record says, and what is wrong with others. What is not here
    /// proves nothing.
    fn sound_tags(
        &self,
        project: &Project,
        known: &Known,
    ) -> Result<(Vec<Tag>, BTreeMap<Tag, String>), Refusal> {
        let rcs: Vec<&Rc> = project.candidates.values().flat_map(|candidate| &candidate.rcs).collect();
        let rcs: Vec<&Rc> = rcs.into_iter().filter(|rc| !known.tags.contains(&tag_key(rc))).collect();
        let ids: Vec<CommitId> = rcs.iter().map(|rc| rc.object.clone()).collect();
        let texts = self.repo.objects(&ids)?;
        let is_entry = |id: Option<&str>| id.is_some_and(|id| project.tag_entries.contains(id));
        let (mut sound, mut odd) = (Vec::new(), BTreeMap::new());
        for (rc, text) in rcs.into_iter().zip(texts) {
            match tag(&text, &rc.tag, &rc.commit, is_entry) {
                Truth::Holds => sound.push(tag_key(rc)),
                Truth::CannotBeChecked(_) => {}
                Truth::DoesNotHold(why) => drop(odd.insert(tag_key(rc), why)),
            }
        }
        Ok((sound, odd))
    }
}

/// Says where the names of a candidate do not follow from its version and its policy.
fn misnamed(version: Version, candidate: &Candidate) -> Option<String> {
    let cut = &candidate.cut;
    let by_history = ["v", ""].map(TagFormat::with_prefix);
    let tags = cut.policy.tags.as_ref().map_or(&by_history[..], std::slice::from_ref);
    if cut.branch != cut.policy.branches.candidate.branch(version) {
        Some(format!("{} is not the branch of a candidate {version}", plain(cut.branch.as_str())))
    } else if !tags.contains(&cut.tags) && !candidate.adopted {
        Some(format!("its tags are not named as the policy says: {}", plain(&cut.tags.release(version))))
    } else if candidate.rcs.is_empty() {
        Some("no rc came with its cut".into())
    } else if let Some(first) = candidate.rcs.iter().find(|rc| rc.n == 1 && rc.commit != cut.head) {
        Some(format!("its first rc is {}, and {} was cut", first.commit.short(), cut.head.short()))
    } else {
        let odd = candidate.rcs.iter().find(|rc| rc.tag != cut.tags.candidate(version, rc.n))?;
        Some(format!("{} is not the tag of rc.{}", plain(&odd.tag), odd.n))
    }
}

fn tag_key(rc: &Rc) -> Tag {
    (rc.object.clone(), rc.tag.clone(), rc.commit.clone())
}

fn head_key(cut: &Cut) -> Head {
    (cut.head.clone(), cut.from.clone(), may_change(cut))
}

/// Lists the files that the commit of a cut may change: those that carry the version by the policy, or that are known
/// to, with what follows them; and the changelog.
fn may_change(cut: &Cut) -> BTreeSet<String> {
    let carries = |file: &&VersionFile| match &cut.policy.version.files {
        Some(files) => files.contains(file),
        None => version_file::manifests().any(|name| name == file.path),
    };
    let files: Vec<&VersionFile> = cut.version_files.iter().filter(carries).collect();
    let companions = files.iter().flat_map(|file| version_file::companions(file));
    let paths = files.iter().map(|file| file.path.clone()).chain(companions);
    paths.chain(cut.policy.changelog_file.clone()).collect()
}
