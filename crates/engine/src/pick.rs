//! Picks fixes from develop onto a candidate: built in the private store, pushed only onto the head that
//! was judged.

use crate::append::unknown;
use crate::merge_back::{self, Trial};
use crate::named::{brief, subject_of};
use crate::picked::{Clash, ClashFile, Idle, Idleness, OnePick, PickWish, Picked, Picking};
use crate::{Engine, Fault, FaultKind, Snapshot};
use allclear_core::facts::MergeBack;
use allclear_core::fixes::{Class, ClassedCommit, revert_of};
use allclear_core::pick::{self, Train, conflict, hunks, in_order, is_welcome, picked_from};
use allclear_core::policy::VersionFile;
use allclear_core::port::{Author, Graph, Merged, NewCommit, RefUpdate, RepoError};
use allclear_core::project::Candidate;
use allclear_core::text::{count, plain, short};
use allclear_core::{Branch, CommitId, Version, version_files};
use std::collections::BTreeMap;

/// How often a pick is made anew because somebody moved the branch.
const TRIES: u32 = 5;
/// How many lines of a file's conflicts are shown.
const LINES: usize = 40;
/// How many files in conflict are shown with their lines.
const FILES: usize = 10;
/// How many commits of a merge are named.
const NAMED: usize = 20;

/// What one merge gave.
enum Outcome {
    Clean { tree: CommitId, kept: Vec<String> },
    Conflict(Merged),
}

/// The candidate that is picked onto, and all that is known of it.
pub(crate) struct Onto<'a> {
    version: Version,
    pub(crate) candidate: &'a Candidate,
    head: CommitId,
    develop: CommitId,
    graph: Graph,
}

impl Engine<'_> {
    /// Brings fixes from develop onto a candidate, all or none.
    pub fn pick(&self, wish: &PickWish) -> Result<Picked, Fault> {
        self.healed(|| self.pick_until_landed(wish))
    }

    fn pick_until_landed(&self, wish: &PickWish) -> Result<Picked, Fault> {
        for _ in 0..TRIES {
            let snapshot = self.observe()?;
            snapshot.may_decide(self.clock.now())?;
            let picked = self.plan_pick(&snapshot, wish)?;
            match &picked {
                Picked::Aboard(p) if !wish.dry_run && p.new != p.old => {
                    if self.moved(&p.branch, &p.old, &p.new)? {
                        return Ok(picked);
                    }
                }
                Picked::Aboard(_) | Picked::Clash(_) => return Ok(picked),
            }
            self.pause();
        }
        Err(Fault::new(FaultKind::Conflict, "others kept pushing to the candidate's branch")
            .hint("try again"))
    }

    fn plan_pick(&self, snapshot: &Snapshot, wish: &PickWish) -> Result<Picked, Fault> {
        let onto = self.onto(snapshot, wish.version)?;
        let mut wanted = Vec::new();
        for text in &wish.commits {
            let commit = self.named(snapshot, text)?;
            if !wanted.contains(&commit) {
                wanted.push(commit);
            }
        }
        let mut idle = Vec::new();
        let mut open = Vec::new();
        for commit in wanted {
            if self.is_within(&onto.graph, &onto.head, &commit)? {
                let subject = self.subject(&onto.graph, &commit)?;
                idle.push(Idle { commit, subject, why: Idleness::Aboard });
            } else if self.is_within(&onto.graph, &onto.develop, &commit)? {
                open.push(commit);
            } else {
                return Err(self.not_on_develop(&onto, &commit)?);
            }
        }
        let open = in_order(&open, &onto.graph.order);
        let twins = self.aboard(&onto, &open)?;
        let fresh: Vec<CommitId> = open.iter().filter(|id| !twins.contains_key(*id)).cloned().collect();
        self.only_welcome(snapshot, &onto, &fresh)?;
        let mut head = onto.head.clone();
        let mut picks = Vec::new();
        for commit in open {
            let info = &onto.graph.commits[&commit];
            let subject = short(info.message.lines().next().unwrap_or_default(), 120);
            if let Some(why) = twins.get(&commit) {
                idle.push(Idle { commit, subject, why: why.clone() });
                continue;
            }
            let base = match info.parents.first() {
                Some(parent) => parent.clone(),
                None => self.repo.write_tree(None, &BTreeMap::new())?,
            };
            let trees = self.repo.trees(&[base.clone(), head.clone(), commit.clone()])?;
            if trees[0] == trees[2] {
                idle.push(Idle { commit, subject, why: Idleness::Empty });
                continue;
            }
            match self.brought(&onto, [&base, &head, &commit])? {
                Outcome::Conflict(merged) => {
                    return Ok(Picked::Clash(self.clash(&onto, head, commit, subject, &merged)?));
                }
                Outcome::Clean { tree, .. } if tree == trees[1] => {
                    idle.push(Idle { commit, subject, why: Idleness::NothingLeft });
                }
                Outcome::Clean { tree, kept } => {
                    let made = self.write_pick(&onto.graph, &commit, tree, &head)?;
                    head.clone_from(&made);
                    picks.push(OnePick { commit, subject, made, kept });
                }
            }
        }
        let Onto { version, candidate, .. } = onto;
        let now = self.clock.now();
        let found = snapshot.assess(now).candidates.into_iter().find(|c| c.version == version);
        let policy = &candidate.cut.policy;
        let train = found.map_or(Train::Free, |found| pick::train(policy, &found, now));
        Ok(Picked::Aboard(Box::new(Picking {
            version,
            branch: candidate.cut.branch.clone(),
            old: onto.head,
            new: head,
            picks,
            idle,
            rc: candidate.rc_number() + 1,
            settle: policy.settle,
            train,
        })))
    }

    /// Looks at the candidate, and refuses where nothing may come on board.
    pub(crate) fn onto<'a>(
        &self,
        snapshot: &'a Snapshot,
        version: Option<Version>,
    ) -> Result<Onto<'a>, Fault> {
        snapshot.may_act()?;
        let (version, candidate) = snapshot.pick(version)?;
        let branch = &candidate.cut.branch;
        if candidate.operation.is_some() {
            return Err(Fault::new(FaultKind::TryLater, format!("a promotion of {version} is in flight"))
                .hint("allclear tick brings it to its end; what comes too late for it rides with the next train"));
        }
        let seen = snapshot.facts.candidates.get(&version);
        let Some(head) = seen.and_then(|s| s.head.clone()) else {
            return Err(Fault::new(
                FaultKind::Blocked,
                format!("the branch {branch} is gone from the server"),
            )
            .hint(format!("push it again: git push origin {}:refs/heads/{branch}", candidate.commit())));
        };
        if !seen.is_some_and(|s| s.descends) {
            let n = candidate.rc_number();
            return Err(Fault::new(
                FaultKind::Blocked,
                format!("{branch} was rewound: {} does not contain rc.{n}", head.short()),
            )
            .hint(format!("allclear why {version} says how to put it back, or on record")));
        }
        let Some(develop) = snapshot.facts.develop.clone() else {
            let develop = &candidate.cut.policy.branches.develop;
            return Err(Fault::new(FaultKind::Usage, format!("there is no branch {develop} on the server")));
        };
        let mut tips = vec![develop.clone(), head.clone(), candidate.cut.head.clone()];
        tips.extend(snapshot.facts.stable.clone());
        let graph = self.repo.graph(&tips)?;
        Ok(Onto { version, candidate, head, develop, graph })
    }

    /// Tells whether `tip`, one of those that the graph was read for, contains `commit`.
    fn is_within(&self, graph: &Graph, tip: &CommitId, commit: &CommitId) -> Result<bool, Fault> {
        if graph.commits.contains_key(commit) {
            return Ok(graph.contains(tip, commit));
        }
        Ok(self.repo.is_ancestor(commit, tip)?)
    }

    fn subject(&self, graph: &Graph, commit: &CommitId) -> Result<String, Fault> {
        if let Some(info) = graph.commits.get(commit) {
            return Ok(short(info.message.lines().next().unwrap_or_default(), 120));
        }
        Ok(self
            .repo
            .objects(std::slice::from_ref(commit))?
            .first()
            .map(|raw| subject_of(raw))
            .unwrap_or_default())
    }

    fn not_on_develop(&self, onto: &Onto<'_>, commit: &CommitId) -> Result<Fault, Fault> {
        let develop = &onto.candidate.cut.policy.branches.develop;
        let subject = short(&self.subject(&onto.graph, commit)?, 60);
        let what = format!("{} \"{subject}\" is not on {develop}", commit.short());
        Ok(Fault::new(FaultKind::Blocked, what).hint(format!(
            "merge it into {develop} first, then pick it: the next release would lose it otherwise"
        )))
    }

    /// Refuses merges, and what the gate `fixes` would refuse.
    fn only_welcome(&self, snapshot: &Snapshot, onto: &Onto<'_>, open: &[CommitId]) -> Result<(), Fault> {
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

    pub(crate) fn class_picks(
        &self,
        snapshot: &Snapshot,
        onto: &Onto<'_>,
        ids: &[CommitId],
    ) -> Result<Vec<ClassedCommit>, Fault> {
        let newest_first: Vec<CommitId> = ids.iter().rev().cloned().collect();
        let branches = (snapshot.facts.stable.as_ref(), Some(&onto.develop));
        let mut classes =
            self.classed(&newest_first, &onto.graph, &snapshot.project, onto.candidate, branches)?;
        for commit in &mut classes {
            if let Some(acceptance) = snapshot.project.acceptance(&onto.candidate.cut.policy, &commit.id) {
                commit.class = Class::Fix;
                commit.why = format!("accepted: {}", short(&acceptance.reason, 80));
            }
        }
        Ok(classes)
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

    /// Finds what came on board since the cut that is the same change as one of `open`.
    fn aboard(&self, onto: &Onto<'_>, open: &[CommitId]) -> Result<BTreeMap<CommitId, Idleness>, Fault> {
        let graph = &onto.graph;
        let since = graph.only(&onto.head, &[&onto.candidate.cut.head]);
        let mut gone = Vec::new();
        // Newest first: a revert that was itself taken back takes nothing back.
        for id in &since {
            if let Some(of) = revert_of(&graph.commits[id].message).filter(|_| !gone.contains(id)) {
                gone.push(of);
            }
        }
        let there: Vec<CommitId> = since.into_iter().filter(|id| !gone.contains(id)).collect();
        let mut found = BTreeMap::new();
        if there.is_empty() || open.is_empty() {
            return Ok(found);
        }
        for id in &there {
            for of in picked_from(&graph.commits[id].message).filter(|of| open.contains(of)) {
                found.insert(of, Idleness::PickedAs(id.clone()));
            }
        }
        let patches = self.repo.patch_ids(open, false)?;
        let known: BTreeMap<String, CommitId> =
            self.repo.patch_ids(&there, false)?.into_iter().map(|(id, patch)| (patch, id)).collect();
        for (id, patch) in patches {
            if let Some(same) = known.get(&patch) {
                found.insert(id, Idleness::SamePatch(same.clone()));
            }
        }
        Ok(found)
    }

    /// Merges one commit onto the head. In declared version lines the candidate's version stays.
    fn brought(&self, onto: &Onto<'_>, sides: [&CommitId; 3]) -> Result<Outcome, Fault> {
        let [base, head, commit] = sides;
        let merged = self.repo.merge_over(base, head, commit)?;
        let files = &onto.candidate.cut.version_files;
        let trial = Trial { base, ours: head, theirs: commit, files, changelog: None, version: onto.version };
        let (tree, mut kept) = match merge_back::outcome(self.repo, Some(&merged), &trial)? {
            MergeBack::Clean { tree } => (tree, Vec::new()),
            MergeBack::Resolved { tree, files } => (tree, files),
            MergeBack::Conflict { .. } | MergeBack::Impossible { .. } => {
                return Ok(Outcome::Conflict(merged));
            }
        };
        let own = self.own_version(files, onto.version, head, &tree)?;
        if own.is_empty() {
            return Ok(Outcome::Clean { tree, kept });
        }
        let tree = self.repo.write_tree(Some(&tree), &own)?;
        kept.extend(own.into_keys().filter(|path| !kept.contains(path)).collect::<Vec<_>>());
        Ok(Outcome::Clean { tree, kept })
    }

    /// Gives the version files that would carry another version than the candidate's, set right.
    fn own_version(
        &self,
        files: &[VersionFile],
        version: Version,
        head: &CommitId,
        tree: &CommitId,
    ) -> Result<BTreeMap<String, String>, Fault> {
        if files.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut paths: Vec<String> = files.iter().map(|f| f.path.clone()).collect();
        paths.extend(files.iter().flat_map(version_files::companions));
        let (before, after) = (self.repo.files(head, &paths)?, self.repo.files(tree, &paths)?);
        if before == after {
            return Ok(BTreeMap::new());
        }
        // Where the candidate's own files do not read, nothing is set: the pick changes what it changes.
        Ok(version_files::set(files, &after, version).unwrap_or_default())
    }

    fn write_pick(
        &self,
        graph: &Graph,
        commit: &CommitId,
        tree: CommitId,
        head: &CommitId,
    ) -> Result<CommitId, Fault> {
        let info = &graph.commits[commit];
        let raw = self.repo.objects(std::slice::from_ref(commit))?.pop().unwrap_or_default();
        let author =
            pick::date(&raw, "author").map(|date| Author { who: info.author.clone(), date: date.to_owned() });
        Ok(self.repo.write_commit(&NewCommit {
            tree,
            parents: vec![head.clone()],
            by: self.signature(self.clock.now()),
            author,
            message: pick::message(&info.message, commit),
        })?)
    }

    fn clash(
        &self,
        onto: &Onto<'_>,
        head: CommitId,
        commit: CommitId,
        subject: String,
        merged: &Merged,
    ) -> Result<Clash, Fault> {
        let branch = onto.candidate.cut.branch.clone();
        let paths: Vec<String> = merged.conflicts.keys().take(FILES).cloned().collect();
        let texts = self.repo.files(&merged.tree, &paths)?;
        let (ours, theirs) = (branch.to_string(), format!("{} {}", commit.short(), short(&subject, 60)));
        let files = merged.conflicts.iter().map(|(path, stages)| ClashFile {
            path: plain(path),
            how: conflict(stages),
            lines: texts.get(path).map(|text| hunks(text, &ours, &theirs, LINES)).unwrap_or_default(),
        });
        let files = files.collect();
        Ok(Clash { commit, subject, version: onto.version, branch, head, files })
    }

    /// Moves a branch from `old` to `new`; `false` where somebody else moved it first. The refs decide.
    fn moved(&self, branch: &Branch, old: &CommitId, new: &CommitId) -> Result<bool, Fault> {
        let name = branch.to_ref();
        let update = [RefUpdate { name: name.clone(), old: Some(old.clone()), new: Some(new.clone()) }];
        let mut answer = self.repo.push(&update);
        for attempt in 0.. {
            let sent = !matches!(answer, Err(RepoError::Unavailable(_) | RepoError::NotFound(_)));
            let refs = self.repo.refs().map_err(|e| unknown(e, sent))?;
            match (refs.get(&name), &answer) {
                (Some(now), _) if now == new => return Ok(true),
                (Some(now), _) if now == old && attempt == 0 => answer = self.repo.push(&update),
                (Some(now), Ok(answer)) if now == old => {
                    return Err(Fault::refused(answer, &format!("the branch {branch}")));
                }
                (Some(now), Err(_)) if now == old => break,
                (Some(_) | None, _) => {
                    // Somebody may have gone on from ours already.
                    let refs = self.repo.observe()?;
                    let head = refs.get(&name);
                    return Ok(head
                        .map(|head| self.repo.is_ancestor(new, head))
                        .transpose()?
                        .unwrap_or(false));
                }
            }
        }
        Err(answer.err().map_or_else(crate::append::busy, Fault::from))
    }
}
