//! What a tick, a captain and a withdrawal decide by one look: the engine's loop without its IO.

use super::Mistake;
use super::record::{Entry, Promoted};
use super::world::{Base, Branch, Change, Develop, FORGED, OLD, Push, Stable, Tag, World};
use allclear_core::decide::promotion::{Obstacle, Standing, Step, Todo, next, standing};
use allclear_core::facts::{BranchSight, EntrySight, Sight};

/// Whose look it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Tick,
    /// A captain who completes by name what is begun.
    Captain,
}

impl World {
    /// Gives the step that is due, of the promotion on record or of what stands on stable.
    pub(super) fn step(&self) -> Step {
        let standing = self.standing();
        next(standing, self.is_permitted(standing))
    }

    pub(super) fn standing(&self) -> Standing {
        let mut sight = self.sight();
        if self.mistake == Mistake::BelieveAnyEntry && sight.entry == EntrySight::DoesNotHold {
            sight.entry = EntrySight::Holds;
        }
        if self.mistake == Mistake::PromoteAgain && sight.entry == EntrySight::Holds {
            sight = Sight { entry: EntrySight::Absent, ..sight };
        }
        let standing = standing(sight);
        if standing == Standing::PutBack && self.mistake == Mistake::MoveWhatWasPutBack {
            return Standing::Committed(Todo { stable: true, develop: false, candidate: false });
        }
        standing
    }

    fn is_permitted(&self, standing: Standing) -> bool {
        let evidence = self.has_good_news() && !self.frozen;
        match standing {
            Standing::Committed(_) if self.mistake == Mistake::ContinueUnclear => true,
            Standing::Committed(_) => {
                let rc = self.record.promoted().map(|p| p.rc);
                self.is_clear() && rc == Some(self.record.rc)
            }
            Standing::Landed => {
                let Stable { base, more } = self.refs.stable;
                let first = self.record.noted != Some(base) || self.mistake == Mistake::ForgetFirstSight;
                let head = match self.refs.candidate {
                    Branch::At(n) => Some(n),
                    Branch::Gone => base.rc(),
                };
                let is_rc = head == base.rc() && base.rc() == Some(self.record.rc);
                evidence && first && !more && self.tag_of_landing().is_some() && is_rc
            }
            Standing::NotApplied => {
                let unheld = self.mistake == Mistake::HoldIsNoGate && !self.record.bad && !self.frozen;
                self.is_clear() || unheld || self.mistake == Mistake::PromoteUnclear
            }
            Standing::Done(_)
            | Standing::PutBack
            | Standing::Unfounded
            | Standing::Overtaken(_)
            | Standing::Stuck(_) => false,
        }
    }

    /// The tag that leads to what landed, or none yet; `None` where another tag has its name.
    fn tag_of_landing(&self) -> Option<Tag> {
        match (self.refs.tag, self.refs.stable.base) {
            (Tag::Absent, _) => Some(Tag::Absent),
            (Tag::Ours(tag), Base::Built { number, .. }) if tag == number => Some(Tag::Ours(tag)),
            (Tag::Ours(_) | Tag::Foreign, _) => None,
        }
    }

    /// Tells whether a push that was judged clear since the last entry could still be on its way.
    fn has_turned(&self) -> bool {
        self.mistake != Mistake::SayNothingWhenItTurns
            && self.frozen
            && self.thawed
            && self.is_clear_but_for_time()
    }

    /// What is sent after one look; `None` where nothing is due, or a person is needed.
    pub(super) fn decide(&self, who: Who) -> Option<Push> {
        let withdrawn = self.record.is_withdrawn() && self.mistake != Mistake::ReleaseTheWithdrawn;
        if withdrawn || self.mistake == Mistake::NeverFinish && self.record.promoted().is_some() {
            return None;
        }
        let standing = self.standing();
        if let Some(promoted) = self.record.promoted() {
            let closed = matches!(standing, Standing::Done(_) | Standing::PutBack);
            if promoted.closed || (closed && self.mistake != Mistake::PromoteAgain) {
                return self.after(promoted);
            }
        }
        let promoted = self.record.promoted();
        match (self.step(), who) {
            (Step::Push, Who::Tick) => Some(self.whole()),
            (Step::Continue(todo), _) => Some(self.missing(promoted?, todo, who)),
            (Step::Stop(Obstacle::NotClear), Who::Captain) if promoted.is_some() => {
                let Step::Continue(todo) = next(standing, true) else { return None };
                Some(self.missing(promoted?, todo, who))
            }
            (Step::Complete, _) | (Step::Stop(Obstacle::LandedUnclear), Who::Captain) => self.completion(who),
            (Step::Stop(Obstacle::LandedUnclear), Who::Tick) => {
                let base = self.refs.stable.base;
                let fresh = self.record.noted != Some(base);
                fresh.then(|| Push::entry(0, Entry::LandingSeen(base)))
            }
            (Step::Stop(Obstacle::NotClear), Who::Tick) if self.has_turned() => {
                Some(Push::entry(0, Entry::Turned))
            }
            (Step::Stop(_) | Step::Close | Step::EndBranch | Step::Push, _) => None,
        }
    }

    /// The one push.
    fn whole(&self) -> Push {
        let (number, rc, refs) = (self.built + 1, self.record.rc, self.refs);
        let leased = |mistake| self.mistake != mistake;
        let base = Base::Built { number, rc };
        let tag = Tag::Ours(number);
        Push {
            leased: leased(Mistake::PushWithoutLedgerLease),
            stable: Some(Change {
                old: leased(Mistake::ForceStable).then_some(OLD),
                new: Stable { base, more: false },
            }),
            develop: Some(Change {
                old: leased(Mistake::ForceDevelop).then_some(refs.develop),
                new: Develop { has: base, ..refs.develop },
            }),
            tag: Some(Change { old: leased(Mistake::ForceTag).then_some(Tag::Absent), new: tag }),
            candidate: Some(Change {
                old: leased(Mistake::DeleteWithoutLease).then_some(Branch::At(rc)),
                new: Branch::Gone,
            }),
            judged: self.is_clear(),
            ..Push::entry(
                number,
                Entry::Promoted { number, rc, base, old_develop: refs.develop, tag, landed: false },
            )
        }
    }

    /// What is missing of a promotion whose entry landed.
    fn missing(&self, promoted: &Promoted, todo: Todo, who: Who) -> Push {
        let Promoted { number, base, tag, rc, old_develop, .. } = *promoted;
        let develop = self.refs.develop;
        let merged = todo.develop && develop != old_develop;
        Push {
            leased: self.mistake != Mistake::ContinueWithoutLedgerLease,
            stable: todo.stable.then_some(Change { old: Some(OLD), new: Stable { base, more: false } }),
            develop: todo
                .develop
                .then_some(Change { old: Some(develop), new: Develop { has: base, ..develop } }),
            tag: (self.refs.tag == Tag::Absent).then_some(Change { old: Some(Tag::Absent), new: tag }),
            candidate: todo.candidate.then_some(Change { old: Some(Branch::At(rc)), new: Branch::Gone }),
            captain: who == Who::Captain,
            judged: self.is_clear(),
            ..Push::entry(number, Entry::Continued { number, stable: todo.stable, merged })
        }
    }

    /// Everything but stable of what another hand brought there.
    fn completion(&self, who: Who) -> Option<Push> {
        let (Base::ByHand { rc } | Base::Built { rc, .. }) = self.refs.stable.base else { return None };
        let (base, number, develop) = (self.refs.stable.base, self.built + 1, self.refs.develop);
        let there = self.tag_of_landing()?;
        let tag = if there == Tag::Absent { Tag::Ours(number) } else { there };
        Some(Push {
            develop: (develop.has != base)
                .then_some(Change { old: Some(develop), new: Develop { has: base, ..develop } }),
            tag: (there == Tag::Absent).then_some(Change { old: Some(Tag::Absent), new: tag }),
            candidate: (self.refs.candidate == Branch::At(rc))
                .then_some(Change { old: Some(Branch::At(rc)), new: Branch::Gone }),
            captain: who == Who::Captain,
            ..Push::entry(
                number,
                Entry::Promoted { number, rc, base, old_develop: develop, tag, landed: true },
            )
        })
    }

    /// What follows a release: the end of a branch that was left over, and the next cut.
    fn after(&self, promoted: &Promoted) -> Option<Push> {
        let published = self.refs.tag == promoted.tag && self.refs.stable.base == promoted.base;
        let at_rc = Branch::At(promoted.rc);
        if published && self.refs.candidate == at_rc {
            let candidate = Some(Change { old: Some(at_rc), new: Branch::Gone });
            return Some(Push { leased: false, candidate, ..Push::nothing(promoted.number) });
        }
        (!promoted.closed).then(|| Push::entry(promoted.number, Entry::NextCut))
    }

    /// The engine's `withdraw`, without its IO: refuses what is begun, and what stands on stable.
    pub(super) fn withdraw(&self) -> Option<Push> {
        let begun = self.record.promoted().is_some();
        let landed = self.standing() == Standing::Landed && self.mistake != Mistake::WithdrawWhatLanded;
        if begun || landed || self.record.is_withdrawn() {
            return None;
        }
        let candidate = match self.refs.candidate {
            Branch::At(n) => Some(Change { old: Some(Branch::At(n)), new: Branch::Gone }),
            Branch::Gone => None,
        };
        Some(Push {
            candidate,
            ..Push::entry(0, Entry::Withdrawn { landed: self.refs.stable.base != Base::Old })
        })
    }

    /// Lets people rest and the server work: ticks alone must bring it to an end, or to a person, in few steps.
    pub(super) fn settles(&self) -> bool {
        [true, false].into_iter().all(|lands| self.settles_after(lands))
    }

    /// What was on its way arrives first, or never.
    fn settles_after(&self, lands: bool) -> bool {
        let mut world = self.clone();
        world.calm(lands);
        for _ in 0..12 {
            match world.decide(Who::Tick) {
                Some(push) if world.admits(&push) => world.apply(push),
                Some(_) => return false,
                None => return world.wrong.is_empty() && !world.is_in_part(),
            }
        }
        false
    }

    /// Tells whether one tick leaves something half done of which no person is told.
    pub(super) fn survives_a_tick_in_part(&self) -> bool {
        let mut world = self.clone();
        world.calm(false);
        // What a tick does that finds a mixed state is to mend it, or to call a person.
        if let Some(push) = world.decide(Who::Tick).filter(|push| world.admits(push)) {
            world.apply(push);
        }
        world.is_in_part()
    }

    /// Tells whether refs of a promotion are missing, and no person is told.
    fn is_in_part(&self) -> bool {
        let over = self.record.promoted().is_some_and(|p| p.closed) || self.record.is_withdrawn();
        !over && matches!(self.step(), Step::Continue(_) | Step::Complete)
    }

    fn calm(&mut self, lands: bool) {
        if let Some(transaction) = self.transaction.take().filter(|t| !t.dead && lands) {
            let mut rest = transaction.rest;
            for part in super::world::PARTS {
                self.apply_part(&mut rest, part);
            }
        }
        while let Some(push) = self.network.pop_first() {
            if lands && self.admits(&push) {
                self.apply(push);
            }
        }
    }

    /// Tells whether develop lacks what a promotion that is done brought to stable.
    pub(super) fn lacks_merge_back(&self) -> bool {
        let done = matches!(self.standing(), Standing::Done(_) if self.record.promoted().is_some());
        done && self.refs.develop.has != self.refs.stable.base
    }

    /// Tells whether a person is told that a hand put something back.
    pub(super) fn drifted(&self) -> bool {
        self.record.promoted().is_some() && self.standing() == Standing::PutBack
    }

    pub(super) fn is_done(&self) -> bool {
        self.record.promoted().is_some_and(|p| p.number != FORGED)
            && matches!(self.standing(), Standing::Done(BranchSight::Gone | BranchSight::Moved))
    }
}
