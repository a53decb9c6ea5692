//! Promotion: plan on record, one atomic push, read back, confirm. DESIGN §6, step by step; what to do
//! at each sight of the refs is decided by [`allclear_core::promotion`], never here.

use crate::append::{Landing, Tip};
use crate::merge_back::{self, Trial};
use crate::operation::{at_a_glance, clean_up, four_refs, landed, objects, recorded, spent, stale};
use crate::{Draft, Engine, Fault, FaultKind, Note, Snapshot};
use allclear_core::event::{Event, Operation};
use allclear_core::ledger::TRAILER;
use allclear_core::policy::MergeMode;
use allclear_core::port::{NewCommit, PushAnswer, RefUpdate, Refs};
use allclear_core::project::{Flight, Phase, Release};
use allclear_core::promotion::{DevelopTodo, Obstacle, Standing, Step, Todo, next, standing};
use allclear_core::text::short;
use allclear_core::{CandidateAssessment, CommitId, OperationId, RefName, Seconds, Version};
use std::time::Duration;

/// For how long observations leave a plan alone, so as not to fence it.
const PLAN_LIFE: Seconds = Seconds(120);
/// How often a promotion is planned anew because develop moved.
const REPLANS: u32 = 5;
/// How many steps one run takes before it leaves the rest to the next.
const STEPS: u32 = 12;

/// What a promotion is going to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionPlan {
    /// Every object and every expected value.
    pub operation: Operation,
    /// The refs that change, in the one push.
    pub refs: Vec<RefUpdate>,
}

/// A release that is on the server and on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// What was released.
    pub version: Version,
    /// Its tag.
    pub tag: String,
    /// What stable is.
    pub stable: CommitId,
    /// The operation that made it.
    pub operation: OperationId,
    /// Whether it was released before this command.
    pub before: bool,
}

impl Released {
    fn on_record(version: Version, release: &Release, before: bool) -> Self {
        let Release { tag, stable, operation, .. } = release.clone();
        Self { version, tag, stable, operation, before }
    }
}

/// How an attempt ended that did not release.
enum Miss {
    /// Plan anew: only develop moved.
    Replan,
    /// Give up, and say why.
    Fault(Fault),
}

impl From<Fault> for Miss {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<allclear_core::port::RepoError> for Miss {
    fn from(error: allclear_core::port::RepoError) -> Self {
        Self::Fault(error.into())
    }
}

impl Engine<'_> {
    /// Promotes a candidate that is clear. `only_if` refuses any other commit.
    pub fn promote(&self, version: Option<Version>, only_if: Option<&str>) -> Result<Released, Fault> {
        let mut wanted = version;
        let mut healed = false;
        for attempt in 1..=REPLANS {
            match self.attempt(&mut wanted, only_if) {
                Ok(released) => return Ok(released),
                Err(Miss::Fault(fault)) if fault.kind == FaultKind::Broken && !healed => healed = true,
                Err(Miss::Fault(fault)) => return Err(fault),
                Err(Miss::Replan) => {
                    self.note(Note::Replanning { attempt: attempt + 1 });
                    self.clock.wait(Duration::from_millis(100 << attempt));
                }
            }
        }
        Err(Fault::new(FaultKind::Conflict, format!("develop moved {REPLANS} times while promoting"))
            .hint("run allclear promote again when fewer people are pushing"))
    }

    /// Says what a promotion would be. Writes objects into the private store alone.
    pub fn promote_dry(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
    ) -> Result<(PromotionPlan, Result<(), Fault>), Fault> {
        let snapshot = self.observe()?;
        snapshot.may_decide(self.clock.now())?;
        let (version, _) = snapshot.pick(version)?;
        let judged = self.judge(&snapshot, version, only_if);
        let (plan, _) = self.build(&snapshot, version)?;
        Ok((plan, judged.map(drop)))
    }

    /// Records the wish to promote exactly this commit as soon as it is clear; any tick fulfils it.
    pub fn promote_when_clear(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
    ) -> Result<(Version, CommitId), Fault> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, _) = snapshot.pick(version)?;
            let head = snapshot.facts.candidates.get(&version).and_then(|s| s.head.clone());
            let Some(commit) = head else {
                return Err(Fault::new(
                    FaultKind::Blocked,
                    format!("the branch of {version} is gone from the server"),
                ));
            };
            only_this(&commit, only_if)?;
            Ok((
                self.draft(vec![Event::PromotionRequested { version, commit: commit.clone() }]),
                (version, commit),
            ))
        })
    }

    /// Tries once. `wanted` is filled in where it was left out, so that another try is about the same.
    fn attempt(&self, wanted: &mut Option<Version>, only_if: Option<&str>) -> Result<Released, Miss> {
        let snapshot = self.observe()?;
        if let Some((version, release)) = wanted.and_then(|v| Some((v, snapshot.project.releases.get(&v)?))) {
            return Ok(Released::on_record(version, release, true));
        }
        snapshot.may_decide(self.clock.now())?;
        let (version, candidate) = snapshot.pick(*wanted)?;
        *wanted = Some(version);
        if candidate.operation.is_none() {
            snapshot.may_act()?;
        }
        if let Some(flight) = &candidate.operation {
            only_this(&flight.plan.commit, only_if)?;
            return self.settle(version, None);
        }
        self.judge(&snapshot, version, only_if)?;
        self.note(Note::Judged(candidate.commit().clone()));
        let (plan, mut draft) = self.build(&snapshot, version)?;
        self.note(Note::Built);
        draft.facts = recorded(&snapshot, version, self.clock.now());
        let operation = plan.operation;
        match self.land(&snapshot.tip(), &draft)? {
            Landing::Landed(head) => {
                self.note(Note::Planned(operation.id.clone()));
                let by = self.by.who.clone();
                let flight =
                    Flight { planned_at: self.clock.now(), by, phase: Phase::Planned, plan: operation };
                self.run(&snapshot, head, &flight)
            }
            Landing::Raced => Err(Miss::Replan),
        }
    }

    /// The straight way: move, read back, confirm. Anything unexpected goes on in [`Self::settle`].
    fn run(&self, snapshot: &Snapshot, head: CommitId, flight: &Flight) -> Result<Released, Miss> {
        let op = &flight.plan;
        let tip = Tip { head: Some(head), entries: snapshot.project.entries + 1, ..snapshot.tip() };
        // Building and planning took their time; what was clear then may not be now.
        if self.judge(snapshot, op.version, Some(op.commit.as_str())).is_err() {
            return self.settle(op.version, None);
        }
        let (answer, moving) = self.push_move(&tip, op)?;
        let refs = self.repo.refs().map_err(|e| lost(op, e))?;
        self.note(Note::ReadBack);
        if at_a_glance(&refs, op) == Some(Standing::Done { kept: false }) {
            let draft = self.confirmation(op, false, &refs);
            if let Ok(Landing::Landed(_)) = self.land(&Tip { head: Some(moving), ..tip }, &draft) {
                self.note(Note::Confirmed(op.version));
                return Ok(released(op));
            }
        }
        self.settle(op.version, Some(answer))
    }

    /// Brings a promotion in flight to its end, from whatever the refs show.
    pub(crate) fn finish(&self, version: Version) -> Result<Option<Released>, Fault> {
        match self.settle(version, None) {
            Ok(released) => Ok(Some(released)),
            Err(Miss::Replan) => Ok(None),
            Err(Miss::Fault(fault)) => Err(fault),
        }
    }

    fn settle(&self, version: Version, mut answer: Option<PushAnswer>) -> Result<Released, Miss> {
        let mut moves = u32::from(answer.is_some());
        for _ in 0..STEPS {
            let snapshot =
                self.observe().map_err(|fault| if moves > 0 { unanswered(version, fault) } else { fault })?;
            if answer.is_none() {
                self.note(Note::ReadBack);
            }
            if let Some(release) = snapshot.project.releases.get(&version) {
                return Ok(Released::on_record(version, release, moves == 0));
            }
            snapshot.may_decide(self.clock.now())?;
            let Some(flight) = snapshot.project.candidates.get(&version).and_then(|c| c.operation.clone())
            else {
                return Err(Miss::Replan);
            };
            let op = &flight.plan;
            let Some(sight) = snapshot.facts.flights.get(&op.id).copied() else {
                return Err(unanswered(
                    version,
                    Fault::new(FaultKind::Unknown, "the refs could not be read"),
                )
                .into());
            };
            let standing = standing(sight);
            let clear = match standing {
                Standing::Committed { .. } => self.evidence_is_clear(&snapshot, version),
                Standing::Done { .. }
                | Standing::Stuck(_)
                | Standing::NotApplied
                | Standing::Overtaken(_) => self.judge(&snapshot, version, Some(op.commit.as_str())).is_ok(),
            };
            match next(flight.phase, standing, clear) {
                Step::Confirm { kept } => {
                    if let Landing::Landed(_) =
                        self.land(&snapshot.tip(), &self.confirmation(op, kept, &snapshot.refs))?
                    {
                        self.note(Note::Confirmed(version));
                        return Ok(released(op));
                    }
                }
                Step::Continue(todo) => {
                    moves += 1;
                    self.carry_on(&snapshot, op, todo, moves)?;
                }
                Step::Move => {
                    if moves >= 2 {
                        return Err(self.give_up(&snapshot, op, answer.as_ref()).into());
                    }
                    if !self.is_armed(&snapshot, op)? {
                        continue;
                    }
                    moves += 1;
                    answer = Some(self.push_move(&snapshot.tip(), op)?.0);
                }
                Step::Fence => {
                    self.land(
                        &snapshot.tip(),
                        &self.draft(vec![Event::Fenced { operation: op.id.clone() }]),
                    )?;
                }
                Step::Abort(obstacle) => return Err(self.abort(&snapshot, op, obstacle)?),
                Step::Stop(obstacle) => {
                    let what =
                        format!("the promotion of {version} landed in part, and {}", obstacle.sentence());
                    return Err(Fault::new(FaultKind::Blocked, what)
                        .truth(format!("{} of {} are as planned; nothing more was changed", landed(sight), op.id))
                        .hint("a maintainer decides; allclear why shows the refs, and allclear tick goes on once the way is free")
                        .into());
                }
            }
        }
        Err(Fault::new(FaultKind::TryLater, format!("the promotion of {version} is not at its end yet"))
            .truth("it is on record, and any tick goes on with it")
            .hint("allclear tick")
            .into())
    }

    fn evidence_is_clear(&self, snapshot: &Snapshot, version: Version) -> bool {
        let found = snapshot.assess(self.clock.now()).candidates;
        found.into_iter().find(|c| c.version == version).is_some_and(|c| c.evidence_is_clear())
    }

    /// Tells whether the plan's own refs are on the server, without which a move shares no ref with an
    /// abort. A server that died half-way through the plan's push may have kept the entry alone: then the
    /// refs are made again where this machine has the objects, and the plan given up where it has not.
    fn is_armed(&self, snapshot: &Snapshot, op: &Operation) -> Result<bool, Miss> {
        let missing: Vec<RefUpdate> = objects(op)
            .into_iter()
            .filter(|(name, _)| snapshot.refs.get(name).is_none())
            .map(|(name, id)| RefUpdate { name, old: None, new: Some(id) })
            .collect();
        if missing.is_empty() {
            return Ok(true);
        }
        let texts = self.repo.objects(&objects(op).map(|(_, id)| id))?;
        if texts.iter().any(String::is_empty) {
            let reason = "its objects did not reach the server with the plan".into();
            self.land(&snapshot.tip(), &self.abortion(snapshot, op, reason, false))?;
            return Err(Miss::Replan);
        }
        let fence = self.draft(vec![Event::Fenced { operation: op.id.clone() }]);
        self.land(&snapshot.tip(), &Draft { refs: missing, ..fence })?;
        Ok(false)
    }

    /// Deletes the refs of operations that are over, where a push that should have done it was cut short.
    pub(crate) fn sweep(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        if stale(snapshot).is_empty() {
            return Ok(());
        }
        // A plan's entry and refs may be listed in two halves; what is stale twice is stale.
        let updates = stale(&self.observe()?);
        if !updates.is_empty() {
            self.repo.push(&updates)?;
        }
        Ok(())
    }

    /// Refuses what is not clear: every enforced gate, for exactly the rc's commit, now.
    fn judge(
        &self,
        snapshot: &Snapshot,
        version: Version,
        only_if: Option<&str>,
    ) -> Result<CandidateAssessment, Fault> {
        let now = self.clock.now();
        let Some(found) = snapshot.assess(now).candidates.into_iter().find(|c| c.version == version) else {
            return Err(Fault::new(FaultKind::Usage, format!("there is no open candidate {version}")));
        };
        only_this(&found.commit, only_if)?;
        let blockers: Vec<_> = found.blockers().collect();
        if let Some(first) = blockers.first() {
            let person = blockers.iter().any(|b| b.finding.kind == allclear_core::gate::Kind::Person);
            let kind = if person { FaultKind::Blocked } else { FaultKind::Waiting };
            let lines: Vec<String> =
                blockers.iter().map(|b| format!("  {}: {}", b.gate.name(), b.finding.summary)).collect();
            let mut fault = Fault::new(kind, format!("{version} is not clear:\n{}", lines.join("\n")));
            let alone = blockers.iter().all(|b| b.finding.kind == allclear_core::gate::Kind::Time);
            let ends = blockers.iter().filter_map(|b| b.finding.clears_at).max();
            if !person {
                let when = ends
                    .filter(|_| alone)
                    .map(|at| format!("it clears by itself at {at}; "))
                    .unwrap_or_default();
                fault =
                    fault.hint(format!("{when}allclear promote {version} --when-clear --yes waits for it"));
            }
            return Err(fault.hint(format!("allclear why {version} {}", first.gate.name())));
        }
        Ok(found)
    }

    /// Builds every object of a promotion, and the draft that puts the plan on record.
    fn build(&self, snapshot: &Snapshot, version: Version) -> Result<(PromotionPlan, Draft), Fault> {
        let candidate = &snapshot.project.candidates[&version];
        let (cut, commit) = (&candidate.cut, candidate.commit().clone());
        let seen = &snapshot.facts.candidates[&version];
        let branches = &cut.policy.branches;
        let absent = || Fault::new(FaultKind::Blocked, "stable or develop is gone from the server");
        let stable = snapshot.facts.stable.clone().ok_or_else(absent)?;
        let develop = snapshot.facts.develop.clone().ok_or_else(absent)?;
        let Some(back) = merge_back::tree(&seen.merge_back).cloned() else {
            return Err(Fault::new(
                FaultKind::Blocked,
                format!("{version} does not merge into {}", branches.develop),
            )
            .hint(format!("allclear why {version} merge-back")));
        };
        let now = self.clock.now();
        let mut draft = self.draft(Vec::new());
        let id = OperationId::parse(&self.clock.fresh_id()[..16])
            .map_err(|e| Fault::new(FaultKind::TryLater, e.to_string()))?;
        let tag = cut.tags.release(version);
        let trailer = format!("Allclear-Operation: {id}");
        let new_stable = match cut.policy.promotion.merge {
            MergeMode::Ff => commit.clone(),
            MergeMode::Merge => {
                let tree =
                    self.repo.trees(std::slice::from_ref(&commit))?.into_iter().next().ok_or_else(absent)?;
                let message = format!("Merge branch '{}'\n\n{trailer}", cut.branch);
                self.repo.write_commit(&NewCommit {
                    tree,
                    parents: vec![stable.clone(), commit.clone()],
                    by: self.signature(now),
                    author: None,
                    message,
                })?
            }
        };
        let message = format!(
            "{tag}\n\n{}\n\n{TRAILER}: {}\n{trailer}",
            self.release_notes(snapshot, version, now)?,
            draft.id
        );
        let new_tag = self.repo.write_tag(&tag, &new_stable, &self.signature(now), &message)?;
        let message = format!("Merge tag '{tag}' into {}\n\n{trailer}", branches.develop);
        let merge = NewCommit {
            tree: back,
            parents: vec![develop.clone(), new_stable.clone()],
            by: self.signature(now),
            author: None,
            message,
        };
        let new_develop = self.repo.write_commit(&merge)?;
        let resolved = match &seen.merge_back {
            allclear_core::facts::MergeBack::Resolved { files, .. } => files.clone(),
            allclear_core::facts::MergeBack::Clean { .. }
            | allclear_core::facts::MergeBack::Conflict { .. }
            | allclear_core::facts::MergeBack::Impossible { .. } => Vec::new(),
        };
        let operation = Operation {
            id: id.clone(),
            version,
            commit,
            branch: cut.branch.clone(),
            stable_branch: branches.stable.clone(),
            develop_branch: branches.develop.clone(),
            tag,
            old_stable: stable,
            old_develop: develop,
            new_stable,
            new_develop,
            new_tag,
            expires: PLAN_LIFE.after(now),
            resolved,
        };
        draft.events.push(Event::PromotionPlanned(Box::new(operation.clone())));
        draft.refs =
            objects(&operation).map(|(name, id)| RefUpdate { name, old: None, new: Some(id) }).into();
        Ok((PromotionPlan { refs: four_refs(&operation), operation }, draft))
    }

    /// The one push: all four refs and the ledger, each only if it is what the plan expects.
    fn push_move(&self, tip: &Tip, op: &Operation) -> Result<(PushAnswer, CommitId), Fault> {
        let draft = self.draft(vec![Event::PromotionMoving { operation: op.id.clone() }]);
        let entry = self.write_entry(tip, &draft)?;
        let place = tip.place.clone().ok_or_else(|| Fault::new(FaultKind::Blocked, "the ledger is gone"))?;
        let mut updates = four_refs(op);
        updates.push(spent(op));
        updates.push(RefUpdate { name: place, old: tip.head.clone(), new: Some(entry.clone()) });
        self.note(Note::Moving(op.id.clone()));
        // Whatever the push says, the refs are read next; its words are for people.
        let answer = self
            .repo
            .push(&updates)
            .unwrap_or_else(|e| PushAnswer { said: vec![e.to_string()], ..PushAnswer::default() });
        self.note(Note::Moved(op.id.clone()));
        Ok((answer, entry))
    }

    /// Pushes what is missing of a half-applied promotion. Forward is the only way.
    fn carry_on(&self, snapshot: &Snapshot, op: &Operation, todo: Todo, tries: u32) -> Result<(), Fault> {
        let mut updates: Vec<RefUpdate> = four_refs(op);
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
                    return Err(Fault::new(
                        FaultKind::Blocked,
                        format!(
                            "{} is released, but {} moved on and no longer merges with it",
                            op.version, op.develop_branch
                        ),
                    )
                    .truth(format!(
                        "{} and {} are as planned; {} lacks the release",
                        op.stable_branch, op.tag, op.develop_branch
                    ))
                    .hint(format!(
                        "merge {} into {} yourself and push it; then allclear tick confirms the release",
                        op.tag, op.develop_branch
                    )));
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
            Err(fault) => Err(fault.truth(format!(
                "the promotion of {} landed in part and is on record; any tick carries it on",
                op.version
            ))),
        }
    }

    fn merge_anew(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        develop: &CommitId,
    ) -> Result<Option<CommitId>, Fault> {
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
        let back = merge_back::outcome(self.repo, merged.first().and_then(Option::as_ref), &trial)?;
        let Some(tree) = merge_back::tree(&back).cloned() else { return Ok(None) };
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

    fn confirmation(&self, op: &Operation, kept: bool, refs: &Refs) -> Draft {
        let kept = kept.then(|| refs.get(&op.branch.to_ref()).cloned()).flatten();
        let event = Event::ReleaseConfirmed { operation: op.id.clone(), version: op.version, kept };
        Draft { refs: clean_up(op, refs), ..self.draft(vec![event]) }
    }

    /// Puts on record that nothing was changed. The entry is itself the fence: it moves the ledger and
    /// deletes the plan's refs, so that any push of this operation still in flight is refused. The ledger
    /// alone would not do: see [`spent`].
    fn abort(&self, snapshot: &Snapshot, op: &Operation, obstacle: Option<Obstacle>) -> Result<Miss, Fault> {
        let reason = obstacle.map_or("it is no longer clear", Obstacle::sentence);
        let draft = self.abortion(snapshot, op, reason.into(), false);
        Ok(match self.land(&snapshot.tip(), &draft)? {
            Landing::Raced => Miss::Replan,
            Landing::Landed(_) => match obstacle {
                Some(Obstacle::Develop) => Miss::Replan,
                Some(other) => Miss::Fault(
                    Fault::new(
                        FaultKind::Conflict,
                        format!("the promotion of {} was given up: {}", op.version, other.sentence()),
                    )
                    .hint(format!("allclear why {} shows what is true now; then promote again", op.version)),
                ),
                None => Miss::Fault(
                    self.judge(snapshot, op.version, Some(op.commit.as_str()))
                        .err()
                        .unwrap_or_else(crate::append::busy),
                ),
            },
        })
    }

    pub(crate) fn abortion(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        reason: String,
        refused: bool,
    ) -> Draft {
        let operation = op.id.clone();
        let events = vec![
            Event::Fenced { operation: operation.clone() },
            Event::PromotionAborted { operation, reason, refused },
        ];
        Draft { refs: clean_up(op, &snapshot.refs), ..self.draft(events) }
    }

    /// Two moves changed nothing: says why, as far as the server said it.
    fn give_up(&self, snapshot: &Snapshot, op: &Operation, answer: Option<&PushAnswer>) -> Fault {
        let version = op.version;
        match answer {
            Some(answer) if answer.ok => Fault::new(
                FaultKind::Unknown,
                format!("the server said twice that {version} was released, and its refs did not move"),
            )
            .truth("the refs are unchanged as far as the server shows them; the plan is on record")
            .hint("ask the server's administrator; allclear tick looks again"),
            Some(answer) => {
                let fault = Fault::refused(answer, &format!("the promotion of {version}"));
                if fault.kind == FaultKind::Refused {
                    let reason = short(&answer.said.join(" "), 300);
                    // If this cannot be recorded either, the next tick finds the plan and comes here again.
                    drop(self.land(&snapshot.tip(), &self.abortion(snapshot, op, reason, true)));
                }
                fault
            }
            None => crate::append::busy(),
        }
    }
}

pub(crate) fn only_this(commit: &CommitId, only_if: Option<&str>) -> Result<(), Fault> {
    match only_if {
        Some(wanted) if wanted.len() < 7 || !commit.as_str().starts_with(wanted) => Err(Fault::new(
            FaultKind::Conflict,
            format!("the candidate is at {} now, not at {}", commit.short(), short(wanted, 40)),
        )
        .hint("look at allclear status, then give --commit again")),
        Some(_) | None => Ok(()),
    }
}

fn released(op: &Operation) -> Released {
    Released {
        version: op.version,
        tag: op.tag.clone(),
        stable: op.new_stable.clone(),
        operation: op.id.clone(),
        before: false,
    }
}

fn lost(op: &Operation, error: allclear_core::port::RepoError) -> Fault {
    unanswered(op.version, Fault::from(error))
}

fn unanswered(version: Version, fault: Fault) -> Fault {
    Fault {
        kind: FaultKind::Unknown,
        what: format!("the outcome of promoting {version} is not known: {}", fault.what),
        hints: Vec::new(),
        ..fault
    }
    .truth("the push was sent; it may or may not have been applied. Do not push by hand")
    .hint(
        "run allclear tick when the server answers again: it reads the refs and goes on from what they show",
    )
}
