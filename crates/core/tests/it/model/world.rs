//! A git server, its network and its people, as small as a promotion can tell them apart.

use allclear_core::facts::{BranchSight, Seen, Sight, TagSight};
use allclear_core::project::Phase;
use std::collections::BTreeSet;

/// An operation by number; 0 is none.
pub(super) type Op = u8;

/// The stable branch: which operation's merge it contains, and whether a person's commit is on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stable {
    pub(super) op: Op,
    pub(super) human: bool,
}

/// The develop branch: how many commits of people it has, and the merge-back that it contains, by
/// operation and by the number of commits that it was made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Develop {
    pub(super) human: u8,
    pub(super) merge: Option<(Op, u8)>,
}

impl Develop {
    pub(super) fn with_merge(self, op: Op) -> Self {
        Self { merge: Some((op, self.human)), ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Tag {
    Absent,
    Ours(Op),
    Foreign,
}

/// The candidate's branch: how many fixes it has, or that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Branch {
    At(u8),
    Gone,
}

/// The refs of the server. `waiting` is the operation whose objects wait under `refs/allclear/op/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Refs {
    pub(super) stable: Stable,
    pub(super) develop: Develop,
    pub(super) tag: Tag,
    pub(super) candidate: Branch,
    pub(super) waiting: Op,
}

/// The part of the ledger's fold that a promotion looks at. `head` numbers the entries, so that a
/// lease on the ledger is a lease on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ledger {
    pub(super) head: u8,
    pub(super) flight: Option<Flight>,
    pub(super) held: bool,
    pub(super) rc: u8,
    pub(super) planned: u8,
    pub(super) released: Op,
    pub(super) withdrawn: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Flight {
    pub(super) op: Op,
    pub(super) phase: Phase,
    pub(super) rc: u8,
    pub(super) old_develop: Develop,
    pub(super) new_develop: Develop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Entry {
    Planned { rc: u8, develop: Develop },
    Moving,
    Continued { develop: Option<Develop> },
    Fenced,
    Aborted,
    Confirmed,
    Withdrawn,
}

/// A change of one ref: what must be there, and what shall be. Without `old` it is forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Change<T> {
    pub(super) old: Option<T>,
    pub(super) new: T,
}

/// One atomic push on its way to the server. It is also a planner between its decision and the
/// server's answer: one that never lands is a planner that was killed, one that lands late a zombie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Push {
    pub(super) op: Op,
    pub(super) lease: Option<u8>,
    pub(super) entry: Option<Entry>,
    pub(super) stable: Option<Change<Stable>>,
    pub(super) develop: Option<Change<Develop>>,
    pub(super) tag: Option<Change<Tag>>,
    pub(super) candidate: Option<Change<Branch>>,
    pub(super) waiting: Option<Change<Op>>,
    /// Whether it ends the branch without a release, and keeps its commits elsewhere.
    pub(super) withdraws: bool,
}

impl Push {
    pub(super) fn entry(op: Op, lease: u8, entry: Entry) -> Self {
        Self { op, lease: Some(lease), entry: Some(entry), ..Self::nothing(op) }
    }

    pub(super) fn nothing(op: Op) -> Self {
        Self {
            op,
            lease: None,
            entry: None,
            stable: None,
            develop: None,
            tag: None,
            candidate: None,
            waiting: None,
            withdraws: false,
        }
    }

    fn has_refs(&self) -> bool {
        self.stable.is_some()
            || self.develop.is_some()
            || self.tag.is_some()
            || self.candidate.is_some()
            || self.waiting.is_some()
    }
}

/// A transaction that a server on `files` refs is in the middle of. It holds the lock of every ref
/// that is still in `rest`; if its process died, the locks stay until somebody removes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Transaction {
    pub(super) rest: Push,
    pub(super) dead: bool,
    /// Whether its sender, on finding the entry without its refs, pushes those once more under their
    /// own leases alone. The engine does so with every push but the move itself.
    pub(super) completed: bool,
}

/// What may never happen, noted at the moment at which it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Wrong {
    MovedUnclear,
    MovedUnplanned,
    LostFix,
    LostOnDevelop,
    LostOnStable,
    TagReplaced,
    ConfirmedEarly,
    ConfirmedTwice,
    PlannedTwice,
}

/// What a person can do at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Deed {
    LateFix,
    PushDevelop,
    PushStable,
    MakeTag,
    DeleteCandidate,
    Hold,
    Lift,
    TagRc,
}

/// The parts of a transaction on a server with `files` refs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Ledger,
    Stable,
    Develop,
    Tag,
    /// Deletions come last, and their locks are held to the very end.
    Deletions,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) refs: Refs,
    pub(super) ledger: Ledger,
    pub(super) network: BTreeSet<Push>,
    pub(super) transaction: Option<Transaction>,
    /// How many deeds people have left.
    pub(super) deeds: u8,
    /// How often the server may still die.
    pub(super) deaths: u8,
    /// Operations that were clear when their move entry was let in.
    pub(super) fit: BTreeSet<Op>,
    /// Operations of which a ref was moved.
    pub(super) moved: BTreeSet<Op>,
    pub(super) aborted: BTreeSet<Op>,
    pub(super) wrong: BTreeSet<Wrong>,
}

impl World {
    pub(super) fn new(deeds: u8, deaths: u8) -> Self {
        let develop = Develop { human: 0, merge: None };
        Self {
            refs: Refs {
                stable: Stable { op: 0, human: false },
                develop,
                tag: Tag::Absent,
                candidate: Branch::At(0),
                waiting: 0,
            },
            ledger: Ledger {
                head: 0,
                flight: None,
                held: false,
                rc: 0,
                planned: 0,
                released: 0,
                withdrawn: false,
            },
            network: BTreeSet::new(),
            transaction: None,
            deeds,
            deaths,
            fit: BTreeSet::new(),
            moved: BTreeSet::new(),
            aborted: BTreeSet::new(),
            wrong: BTreeSet::new(),
        }
    }

    /// The assessment, as far as the promotion can be told from the refs and the record.
    pub(super) fn is_clear(&self) -> bool {
        !self.ledger.held
            && self.refs.candidate == Branch::At(self.ledger.rc)
            && self.refs.tag == Tag::Absent
            && self.refs.stable == Stable { op: 0, human: false }
    }

    /// The assessment without what a half-applied promotion itself disturbs.
    pub(super) fn evidence_is_clear(&self) -> bool {
        !self.ledger.held
    }

    pub(super) fn sight(&self, flight: &Flight) -> Sight {
        let Refs { stable, develop, tag, candidate, waiting: _ } = self.refs;
        Sight {
            stable: match stable {
                Stable { op, .. } if op == flight.op => Seen::New,
                Stable { op: 0, human: false } => Seen::Old,
                Stable { .. } => Seen::Other,
            },
            develop: match develop {
                d if d.merge == flight.new_develop.merge && d.human >= flight.new_develop.human => Seen::New,
                d if d == flight.old_develop => Seen::Old,
                _ => Seen::Other,
            },
            tag: match tag {
                Tag::Absent => TagSight::Absent,
                Tag::Ours(op) if op == flight.op => TagSight::New,
                Tag::Ours(_) | Tag::Foreign => TagSight::Foreign,
            },
            candidate: match candidate {
                Branch::At(n) if n == flight.rc => BranchSight::AtRc,
                Branch::At(_) => BranchSight::Moved,
                Branch::Gone => BranchSight::Gone,
            },
        }
    }

    /// Tells whether the server would begin to apply a push: every lease holds and no lock is in the way.
    pub(super) fn admits(&self, push: &Push) -> bool {
        fn holds<T: PartialEq>(change: Option<Change<T>>, now: &T) -> bool {
            change.is_none_or(|c| c.old.is_none_or(|old| old == *now))
        }
        let refs = &self.refs;
        let free = self.transaction.as_ref().is_none_or(|t| {
            let rest = &t.rest;
            !((rest.entry.is_some() && push.entry.is_some())
                || (rest.stable.is_some() && push.stable.is_some())
                || (rest.develop.is_some() && push.develop.is_some())
                || (rest.tag.is_some() && push.tag.is_some())
                || (rest.candidate.is_some() && push.candidate.is_some())
                || (rest.waiting.is_some() && push.waiting.is_some()))
        });
        free && push.lease.is_none_or(|lease| lease == self.ledger.head)
            && holds(push.stable, &refs.stable)
            && holds(push.develop, &refs.develop)
            && holds(push.tag, &refs.tag)
            && holds(push.candidate, &refs.candidate)
            && holds(push.waiting, &refs.waiting)
    }

    /// Applies a push whole.
    pub(super) fn apply(&mut self, push: Push) {
        let mut rest = push;
        self.begin(&rest);
        for part in [Part::Ledger, Part::Stable, Part::Develop, Part::Tag, Part::Deletions] {
            self.apply_part(&mut rest, part);
        }
    }

    /// Applies a push up to and with its entry, and leaves the rest locked: what a server on `files`
    /// refs looks like half way. With `ledger_first` off, not even the entry is there yet.
    pub(super) fn apply_slowly(&mut self, push: Push, ledger_first: bool, completed: bool) {
        let mut rest = push;
        self.begin(&rest);
        if ledger_first || !rest.has_refs() {
            self.apply_part(&mut rest, Part::Ledger);
        }
        if rest.has_refs() {
            self.transaction = Some(Transaction { rest, dead: false, completed });
        }
    }

    fn begin(&mut self, push: &Push) {
        if push.entry == Some(Entry::Moving) {
            if self.is_clear() {
                self.fit.insert(push.op);
            } else {
                self.wrong.insert(Wrong::MovedUnclear);
            }
        }
    }

    pub(super) fn apply_part(&mut self, rest: &mut Push, part: Part) {
        match part {
            Part::Ledger => {
                if let Some(entry) = rest.entry.take() {
                    self.append(rest.op, entry);
                }
            }
            Part::Stable => {
                if let Some(change) = rest.stable.take() {
                    if self.refs.stable.human && !change.new.human {
                        self.wrong.insert(Wrong::LostOnStable);
                    }
                    if !self.fit.contains(&rest.op) {
                        self.wrong.insert(Wrong::MovedUnplanned);
                    }
                    self.refs.stable = change.new;
                    self.moved.insert(rest.op);
                }
            }
            Part::Develop => {
                if let Some(change) = rest.develop.take() {
                    if change.new.human < self.refs.develop.human {
                        self.wrong.insert(Wrong::LostOnDevelop);
                    }
                    self.refs.develop = change.new;
                    self.moved.insert(rest.op);
                }
            }
            Part::Tag => {
                if let Some(change) = rest.tag.take() {
                    if self.refs.tag != Tag::Absent {
                        self.wrong.insert(Wrong::TagReplaced);
                    }
                    self.refs.tag = change.new;
                    self.moved.insert(rest.op);
                }
            }
            Part::Deletions => {
                if let Some(change) = rest.candidate.take_if(|_| rest.withdraws) {
                    if change.old != Some(self.refs.candidate) {
                        self.wrong.insert(Wrong::LostFix);
                    }
                    self.refs.candidate = Branch::Gone;
                } else if rest.candidate.take().is_some() {
                    if self
                        .ledger
                        .flight
                        .is_some_and(|f| matches!(self.refs.candidate, Branch::At(n) if n != f.rc))
                    {
                        self.wrong.insert(Wrong::LostFix);
                    }
                    self.refs.candidate = Branch::Gone;
                    self.moved.insert(rest.op);
                }
                if let Some(change) = rest.waiting.take() {
                    self.refs.waiting = change.new;
                }
            }
        }
    }

    /// What the fold makes of an entry.
    fn append(&mut self, op: Op, entry: Entry) {
        let ledger = &mut self.ledger;
        ledger.head += 1;
        let current = ledger.flight.as_mut().filter(|f| f.op == op);
        match (entry, current) {
            (Entry::Planned { rc, develop }, _) => {
                if ledger.flight.is_some() || ledger.released != 0 {
                    self.wrong.insert(Wrong::PlannedTwice);
                }
                ledger.planned += 1;
                let new_develop = develop.with_merge(op);
                ledger.flight =
                    Some(Flight { op, phase: Phase::Planned, rc, old_develop: develop, new_develop });
            }
            (Entry::Moving, Some(flight)) => flight.phase = Phase::Moving,
            (Entry::Fenced, Some(flight)) => flight.phase = Phase::Fenced,
            (Entry::Continued { develop: Some(develop) }, Some(flight)) => flight.new_develop = develop,
            (Entry::Withdrawn, flight) => {
                if flight.is_some() {
                    self.aborted.insert(op);
                }
                ledger.flight = None;
                ledger.withdrawn = true;
            }
            (Entry::Aborted, _) => {
                self.aborted.insert(op);
                ledger.flight = ledger.flight.filter(|f| f.op != op);
            }
            (Entry::Confirmed, flight) => {
                let whole = flight.is_some_and(|f| {
                    let refs = &self.refs;
                    refs.stable.op == f.op
                        && refs.develop.merge == f.new_develop.merge
                        && refs.tag == Tag::Ours(f.op)
                        && refs.candidate != Branch::At(f.rc)
                });
                if ledger.released != 0 {
                    self.wrong.insert(Wrong::ConfirmedTwice);
                } else if !whole {
                    self.wrong.insert(Wrong::ConfirmedEarly);
                }
                ledger.released = op;
                ledger.flight = None;
            }
            (Entry::Moving | Entry::Fenced | Entry::Continued { .. }, _) => {}
        }
    }

    pub(super) fn can(&self, deed: Deed) -> bool {
        let locked = |part: fn(&Push) -> bool| self.transaction.as_ref().is_some_and(|t| part(&t.rest));
        let branch = matches!(self.refs.candidate, Branch::At(_)) && !locked(|p| p.candidate.is_some());
        let ledger = !locked(|p| p.entry.is_some());
        match deed {
            Deed::LateFix => branch && self.refs.candidate < Branch::At(2),
            Deed::DeleteCandidate => branch,
            Deed::PushDevelop => !locked(|p| p.develop.is_some()),
            Deed::PushStable => !self.refs.stable.human && !locked(|p| p.stable.is_some()),
            Deed::MakeTag => self.refs.tag == Tag::Absent && !locked(|p| p.tag.is_some()),
            Deed::Hold => ledger && !self.ledger.held,
            Deed::Lift => ledger && self.ledger.held,
            Deed::TagRc => ledger && matches!(self.refs.candidate, Branch::At(n) if n > self.ledger.rc),
        }
    }

    pub(super) fn act(&mut self, deed: Deed) {
        match deed {
            Deed::LateFix => {
                if let Branch::At(n) = &mut self.refs.candidate {
                    *n += 1;
                }
            }
            Deed::DeleteCandidate => self.refs.candidate = Branch::Gone,
            Deed::PushDevelop => self.refs.develop.human += 1,
            Deed::PushStable => self.refs.stable.human = true,
            Deed::MakeTag => self.refs.tag = Tag::Foreign,
            Deed::Hold | Deed::Lift => {
                self.ledger.held = deed == Deed::Hold;
                self.ledger.head += 1;
            }
            Deed::TagRc => {
                if let Branch::At(n) = self.refs.candidate {
                    self.ledger.rc = n;
                    self.ledger.head += 1;
                }
            }
        }
    }

    /// Forgets pushes that no server will ever take: the ledger's head never comes back.
    pub(super) fn forget_the_hopeless(&mut self) {
        let head = self.ledger.head;
        self.network.retain(|push| push.lease.is_none_or(|lease| lease >= head));
    }
}
