//! The part of the ledger's fold that a promotion looks at, and what people do.

use super::Mistake;
use super::world::{Base, Branch, Deed, Develop, Event, FORGED, Number, OLD, Part, Tag, World};
use allclear_core::decide::promotion::{Standing, standing};

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Entry {
    Promoted {
        number: Number,
        rc: u8,
        base: Base,
        old_develop: Develop,
        tag: Tag,
        landed: bool,
    },
    Continued {
        number: Number,
        stable: bool,
        merged: bool,
    },
    Turned,
    LandingSeen(Base),
    /// Whether whoever withdrew it saw it on stable.
    Withdrawn {
        landed: bool,
    },
    /// The next cut, or a step of the release: made only by who saw the promotion done.
    NextCut,
}

/// A `Promoted` entry on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Promoted {
    pub(super) number: Number,
    pub(super) rc: u8,
    /// The new stable.
    pub(super) base: Base,
    pub(super) old_develop: Develop,
    pub(super) tag: Tag,
    /// Whether it is found to hold, recomputed.
    pub(super) holds: bool,
    pub(super) landed: bool,
    /// Whether a continuation says that stable had moved already.
    pub(super) moved: bool,
    /// Whether a later entry saw it done.
    pub(super) closed: bool,
    /// Whether somebody's continuation names a merge-back that is none, and is believed.
    pub(super) misled: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Record {
    /// The `Promoted` entries that are not struck. The first one counts.
    promoted: Vec<Promoted>,
    pub(super) held: bool,
    pub(super) bad: bool,
    pub(super) rc: u8,
    /// What was found on stable without being clear.
    pub(super) noted: Option<Base>,
    withdrawn: bool,
}

impl Record {
    pub(super) fn promoted(&self) -> Option<&Promoted> {
        self.promoted.first()
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn && self.promoted.is_empty()
    }

    /// What the fold makes of an entry.
    pub(super) fn append(&mut self, entry: Entry) {
        match entry {
            // Of a candidate that is not open it tells nothing.
            Entry::Promoted { .. } if self.is_withdrawn() => {}
            Entry::Promoted { number, rc, base, old_develop, tag, landed } => {
                let (holds, moved, closed, misled) = (number != FORGED, false, false, false);
                self.promoted.push(Promoted {
                    number,
                    rc,
                    base,
                    old_develop,
                    tag,
                    holds,
                    landed,
                    moved,
                    closed,
                    misled,
                });
            }
            Entry::Continued { number, stable, .. } => {
                if let Some(promoted) = self.promoted.first_mut().filter(|p| p.number == number) {
                    promoted.moved |= !stable;
                }
            }
            Entry::LandingSeen(base) => self.noted = Some(base),
            Entry::Withdrawn { .. } => self.withdrawn |= self.promoted.is_empty(),
            Entry::NextCut => {
                if let Some(promoted) = self.promoted.first_mut() {
                    promoted.closed = true;
                }
            }
            Entry::Turned => {}
        }
    }
}

impl World {
    pub(super) fn can(&self, deed: Deed) -> bool {
        let locked = |part: Part| self.transaction.as_ref().is_some_and(|t| t.rest.has(part));
        let branch = matches!(self.refs.candidate, Branch::At(_)) && !locked(Part::Candidate);
        let (ledger, stable) = (!locked(Part::Ledger), !locked(Part::Stable));
        let promoted = self.record.promoted();
        match deed {
            Deed::LateFix => branch && self.refs.candidate < Branch::At(1),
            Deed::DeleteCandidate => branch,
            Deed::TagRc => {
                let more = matches!(self.refs.candidate, Branch::At(n) if n > self.record.rc);
                ledger && more && promoted.is_none()
            }
            Deed::PushDevelop => self.refs.develop.human < 2 && !locked(Part::Develop),
            Deed::PushStable => stable && !self.refs.stable.more,
            Deed::MakeTag => self.refs.tag == Tag::Absent && !locked(Part::Tag),
            Deed::LandByHand => stable && self.refs.stable == OLD,
            Deed::PutBack => stable && self.refs.stable.base != Base::Old,
            Deed::Hold => ledger && !self.record.held,
            Deed::Lift => ledger && self.record.held,
            Deed::ReportGood => ledger,
            Deed::ReportBad => ledger && !self.record.bad,
            Deed::Time => true,
            Deed::Strike => ledger && promoted.is_some(),
            Deed::ForgePromoted => {
                ledger && !self.record.is_withdrawn() && promoted.is_none_or(|p| p.number != FORGED)
            }
            Deed::ForgeContinued => ledger && promoted.is_some_and(|p| p.holds && !p.closed),
            Deed::ForgeCut => ledger && promoted.is_some_and(|p| !p.closed),
        }
    }

    pub(super) fn act(&mut self, deed: Deed) {
        let mut entry = true;
        match deed {
            Deed::Hold | Deed::Lift => self.record.held = deed == Deed::Hold,
            Deed::ReportGood => {}
            Deed::ReportBad => self.record.bad = true,
            Deed::TagRc => {
                if let Branch::At(n) = self.refs.candidate {
                    self.record.rc = n;
                }
            }
            Deed::Strike => self.strike(),
            Deed::ForgePromoted => {
                let (number, rc) = (FORGED, self.record.rc);
                let (base, old_develop) = (Base::Built { number, rc }, self.refs.develop);
                let tag = Tag::Ours(number);
                self.record.append(Entry::Promoted { number, rc, base, old_develop, tag, landed: false });
            }
            Deed::ForgeContinued => {
                if let Some(promoted) = self.record.promoted.first_mut() {
                    promoted.moved = true;
                    promoted.misled = self.mistake == Mistake::BelieveAContinuation;
                }
            }
            Deed::ForgeCut => self.record.append(Entry::NextCut),
            Deed::LateFix
            | Deed::DeleteCandidate
            | Deed::PushDevelop
            | Deed::PushStable
            | Deed::MakeTag
            | Deed::LandByHand
            | Deed::PutBack
            | Deed::Time => {
                entry = false;
                self.act_on_refs(deed);
            }
        }
        if entry {
            self.entry_landed();
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are entries")]
    fn act_on_refs(&mut self, deed: Deed) {
        match deed {
            Deed::LateFix => {
                if let Branch::At(n) = &mut self.refs.candidate {
                    *n += 1;
                }
            }
            Deed::DeleteCandidate => self.refs.candidate = Branch::Gone,
            Deed::PushDevelop => self.refs.develop.human += 1,
            Deed::PushStable => self.refs.stable.more = true,
            Deed::MakeTag => self.refs.tag = Tag::Foreign,
            Deed::LandByHand => self.refs.stable.base = Base::ByHand { rc: self.record.rc },
            Deed::PutBack => {
                let shown = self.record.promoted().is_some_and(|p| {
                    p.moved
                        || p.landed
                        || matches!(standing(self.sight()), Standing::Done(_) | Standing::PutBack)
                });
                self.refs.stable = OLD;
                self.put_back |= shown;
            }
            Deed::Time => {
                self.frozen = !self.frozen;
                self.thawed |= !self.frozen;
            }
            _ => {}
        }
    }

    /// Strikes the promotion on record: the fold never heard of it.
    fn strike(&mut self) {
        let struck = self.record.promoted.remove(0);
        let on_stable = self.refs.stable.base == struck.base;
        // A server that has the entry already and is at work goes on.
        let at_work = self.transaction.as_ref().is_some_and(|t| t.rest.number == struck.number && !t.dead);
        if !on_stable && !at_work {
            self.given_up.insert(struck.number);
        }
        if struck.holds && !self.whole {
            self.seen.insert(Event::StruckInPart);
        }
        self.put_back = false;
    }
}
