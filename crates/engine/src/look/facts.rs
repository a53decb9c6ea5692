//! Everything that the gates want to know of the server, gathered in a fixed number of git processes.

use crate::look::promotion::sight::leftover;
use crate::look::ref_warnings::{drift, strangers, traps};
use crate::look::trial_merges;
use crate::{Engine, Refusal};
use allclear_core::decide::promotion::settle;
use allclear_core::facts::{CandidateFacts, Facts, MergeBack, RecordFacts, TagSeen};
use allclear_core::history::coauthors::coauthors;
use allclear_core::history::graph::Graph;
use allclear_core::policy::{self, Policy};
use allclear_core::port::{Merged, Refs};
use allclear_core::project::{Candidate, Project};
use allclear_core::types::mailmap::Mailmap;
use allclear_core::types::person::address_of;
use allclear_core::types::text::plain;
use allclear_core::verify::Shown;
use allclear_core::{CommitId, RefName, TagFormat, Version};
use std::collections::{BTreeMap, BTreeSet};

/// Who is who, on develop.
const MAILMAP: &str = ".mailmap";

impl Engine<'_> {
    pub(crate) fn facts(
        &self,
        refs: &Refs,
        project: &Project,
        policy: Option<&Policy>,
        record: RecordFacts,
    ) -> Result<Facts, Refusal> {
        let fallback = policy::defaults(policy::Preset::Library1);
        // While a candidate is open, the branches are those of its cut; and of several, first of one that goes by
        // the branches that develop names, since anybody could have written another into the record.
        let mut open = project.candidates.values().rev().map(|c| &c.cut.policy);
        let like =
            open.clone().find(|frozen| policy.is_some_and(|policy| policy.branches == frozen.branches));
        let frozen = like.or(open.next());
        let branches = &frozen.or(policy).unwrap_or(&fallback).branches;
        let (stable, develop) =
            (refs.get(&branches.stable.to_ref()).cloned(), refs.get(&branches.develop.to_ref()).cloned());
        let tags = tag_format(refs, policy);
        let released: BTreeMap<Version, CommitId> = refs
            .objects
            .keys()
            .filter_map(|name| {
                Some((
                    tags.parse_release(name.as_str().strip_prefix("refs/tags/")?)?,
                    refs.commit(name)?.clone(),
                ))
            })
            .collect();
        let last_release = released.last_key_value().map(|(_, commit)| commit.clone());
        let own_release = project.releases.values().max_by_key(|r| r.at);
        let mut tips: BTreeSet<CommitId> = BTreeSet::new();
        tips.extend(stable.iter().chain(&develop).chain(&project.last_cut).chain(&last_release).cloned());
        tips.extend(own_release.map(|r| r.stable.clone()));
        for candidate in project.candidates.values() {
            tips.extend(refs.get(&candidate.cut.branch.to_ref()).cloned());
            tips.extend([candidate.cut.head.clone(), candidate.commit().clone()]);
            tips.extend(candidate.rcs.iter().map(|rc| rc.commit.clone()));
            let cut = &candidate.cut;
            tips.extend([&cut.stable, &cut.from, &candidate.policy_from].map(Clone::clone));
        }
        let recomputed = self.recomputed(project);
        tips.extend(self.promotion_tips(refs, project, &recomputed)?);
        let tips: Vec<CommitId> = tips.into_iter().collect();
        let graph = self.repo.graph(&tips)?;
        let promotions = self.promotions(refs, &graph, project, recomputed)?;
        // What the refs show is released counts as released from here on.
        let mut closed = project.clone();
        settle(&mut closed, &promotions);
        let project = &closed;
        let changes = develop.as_ref().map_or(0, |develop| {
            let known: Vec<&CommitId> =
                [&project.last_cut, &stable, &last_release].into_iter().flatten().collect();
            // A merge brings commits of its own; alone it is nothing new, as the merge-back is not.
            graph.only(develop, &known).iter().filter(|id| graph.commits[*id].parents.len() < 2).count()
        });
        let candidates = self.candidates(refs, project, &graph, stable.as_ref(), develop.as_ref())?;
        let offers = self.offers(refs, project, develop.as_ref())?;
        // Where a promotion has begun, its own end brings the long-lived branches together.
        let begun = candidates.values().any(|seen| seen.landing.is_some())
            || project.candidates.values().any(|candidate| candidate.promoted.is_some());
        let long_lived = stable.as_ref().zip(develop.as_ref()).filter(|_| !begun);
        let drift = drift(refs, project, &graph, long_lived, branches);
        let leftover = leftover(refs, project, &promotions);
        Ok(Facts {
            observed_at: self.clock.now(),
            stable,
            develop,
            tags,
            released,
            candidates,
            changes,
            drift,
            strangers: strangers(refs, project, branches),
            traps: traps(refs, branches),
            offers,
            leftover,
            promotions,
            record,
        })
    }

    pub(crate) fn mailmap(&self, develop: Option<&CommitId>) -> Result<Mailmap, Refusal> {
        let text = match develop {
            Some(develop) => self.repo.files(develop, &[MAILMAP.to_owned()])?.remove(MAILMAP),
            None => None,
        };
        Ok(text.map(|text| Mailmap::read(&text)).unwrap_or_default())
    }

    fn candidates(
        &self,
        refs: &Refs,
        project: &Project,
        graph: &Graph,
        stable: Option<&CommitId>,
        develop: Option<&CommitId>,
    ) -> Result<BTreeMap<Version, CandidateFacts>, Refusal> {
        let landings = self.landings(refs, project, graph, stable)?;
        let branch = |(version, c): (&Version, &Candidate)| {
            Some((*version, refs.get(&c.cut.branch.to_ref())?.clone()))
        };
        let mut heads: BTreeMap<Version, CommitId> = project.candidates.iter().filter_map(branch).collect();
        // What landed is judged as it landed; a forge may have ended its branch.
        heads.extend(landings.iter().map(|(version, landing)| (*version, landing.rc.clone())));
        // A gone branch is judged by its rc, so that its merge-back is known when it comes back.
        let of = |version: &Version, c: &Candidate| heads.get(version).unwrap_or_else(|| c.commit()).clone();
        // The record may name something that is no commit.
        let mergeable = project.candidates.iter().map(|(version, c)| (*version, of(version, c)));
        let mergeable = mergeable.filter(|(_, head)| graph.knows(head));
        let (versions, pairs): (Vec<Version>, Vec<_>) = develop
            .map(|d| mergeable.map(|(version, head)| (version, (d.clone(), head))).unzip())
            .unwrap_or_default();
        let merges = if pairs.is_empty() { Vec::new() } else { self.repo.merge(&pairs)? };
        let merges: BTreeMap<Version, Option<Merged>> = versions.into_iter().zip(merges).collect();
        let known = self.mailmap(develop.filter(|_| !heads.is_empty()))?;
        let mut unfounded = self.unfounded(graph, project, stable, develop)?;
        let mut ahead = self.carries(project, graph, &of, stable)?;
        let mut out = BTreeMap::new();
        for (version, candidate) in &project.candidates {
            let head = of(version, candidate);
            let before = landings.get(version).map(|landing| &landing.base).or(stable);
            let at = CandidateAt { record: project, candidate, head: &head, stable: before, develop };
            let merged = merges.get(version).and_then(Option::as_ref);
            let Shown { commits, authors, lacks_stable, descends, merge_back } =
                self.shown(graph, &at, merged, &known)?;
            let rc_tag =
                candidate.rcs.last().map_or(TagSeen::Intact, |rc| match refs.get(&RefName::tag(&rc.tag)) {
                    Some(object) if *object == rc.object => TagSeen::Intact,
                    Some(object) => TagSeen::Moved { to: object.clone() },
                    None => TagSeen::Gone,
                });
            let (catch_up, carry) = ahead.remove(version).unwrap_or_default();
            out.insert(
                *version,
                CandidateFacts {
                    head: heads.get(version).cloned(),
                    commits,
                    authors,
                    descends,
                    lacks_stable,
                    merge_back,
                    catch_up,
                    carry,
                    rc_tag,
                    release_tag: refs.commit(&RefName::tag(&candidate.cut.tags.release(*version))).cloned(),
                    unfounded: unfounded.remove(version),
                    landing: landings.get(version).cloned(),
                },
            );
        }
        Ok(out)
    }

    /// Reads off the objects what the gates want to know of a candidate. `merged` is the merge of its head into
    /// develop, `None` where the two have no common history.
    pub(crate) fn shown(
        &self,
        graph: &Graph,
        at: &CandidateAt<'_>,
        merged: Option<&Merged>,
        known: &Mailmap,
    ) -> Result<Shown, Refusal> {
        let (head, stable, cut) = (at.head, at.stable, &at.candidate.cut);
        let without: Vec<&CommitId> = std::iter::once(&cut.head).chain(stable).collect();
        let ids = graph.only(head, &without);
        let merge_back = match at.develop {
            Some(develop) => trial_merges::into_develop(self.repo, merged, cut, develop, head)?,
            None => MergeBack::Impossible { why: "there is no develop branch on the server".into() },
        };
        Ok(Shown {
            commits: self.classify_commits(&ids, graph, at.record, at.candidate, (stable, at.develop))?,
            authors: authors(graph, head, stable, known),
            lacks_stable: stable.map_or(0, |stable| graph.only(stable, &[head]).len()),
            descends: graph.contains(head, at.candidate.commit()),
            merge_back,
        })
    }
}

/// A candidate with its branch at some head, beside stable and develop: now, or as a promotion found them.
pub(crate) struct CandidateAt<'a> {
    pub(crate) record: &'a Project,
    pub(crate) candidate: &'a Candidate,
    pub(crate) head: &'a CommitId,
    pub(crate) stable: Option<&'a CommitId>,
    pub(crate) develop: Option<&'a CommitId>,
}

/// Lists the authors and co-authors of what a candidate brings to stable, each once, under all names that the project's
/// `.mailmap` knows. Who committed it is none: forges commit what they merge.
fn authors(graph: &Graph, head: &CommitId, stable: Option<&CommitId>, known: &Mailmap) -> Vec<String> {
    let without: Vec<&CommitId> = stable.into_iter().collect();
    let ids = graph.only(head, &without);
    let mut written: BTreeSet<String> = BTreeSet::new();
    for info in ids.iter().map(|id| &graph.commits[id]) {
        written.insert(info.author.clone());
        written.extend(coauthors(&info.message));
    }
    let addresses: BTreeSet<String> = written.iter().filter_map(|who| address_of(who)).collect();
    let others = addresses.iter().flat_map(|address| known.others(address));
    // A name that is too long to show whole hides no address behind it.
    let hidden = written.iter().filter(|who| plain(who) != **who).filter_map(|who| address_of(who));
    let all: BTreeSet<String> = others.chain(hidden).map(|address| format!("<{address}>")).collect();
    written.iter().chain(&all).map(|who| plain(who)).collect()
}

/// Gives the form of tags: the policy's, else the history's, else `v`.
pub(crate) fn tag_format(refs: &Refs, policy: Option<&Policy>) -> TagFormat {
    if let Some(format) = policy.and_then(|p| p.tags.clone()) {
        return format;
    }
    let (with, without) = (TagFormat::with_prefix("v"), TagFormat::with_prefix(""));
    let count = |format: &TagFormat| {
        refs.objects
            .keys()
            .filter(|n| {
                n.as_str().strip_prefix("refs/tags/").is_some_and(|t| format.parse_release(t).is_some())
            })
            .count()
    };
    if count(&without) > count(&with) { without } else { with }
}
