//! A git server, its network and its people, as small as a promotion can tell them apart.

use super::Mistake;
use super::record::{Entry, Record};
use allclear_core::facts::{BranchSight, EntrySight, Seen, Sight, TagSight};
use std::collections::BTreeSet;

/// A promotion by the number under which it was built, from 1.
pub(super) type Number = u8;
/// A promotion that nobody built: an entry of somebody's own making.
pub(super) const FORGED: Number = 9;

/// What stable stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Base {
    /// What it was before.
    Old,
    /// A merge of an rc that allclear built.
    Built { number: Number, rc: u8 },
    /// A merge of an rc that a person made.
    ByHand { rc: u8 },
}

impl Base {
    /// The rc that it brought.
    pub(super) fn rc(self) -> Option<u8> {
        match self {
            Self::Old => None,
            Self::Built { rc, .. } | Self::ByHand { rc } => Some(rc),
        }
    }
}

/// The stable branch: what it stands on, and whether a person's commit is on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stable {
    pub(super) base: Base,
    pub(super) more: bool,
}

pub(super) const OLD: Stable = Stable { base: Base::Old, more: false };

/// The develop branch: how many commits of people it has, and which stable was merged into it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Develop {
    pub(super) human: u8,
    pub(super) has: Base,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Tag {
    Absent,
    Ours(Number),
    Foreign,
}

/// The candidate's branch: how many fixes it has, or that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Branch {
    At(u8),
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Refs {
    pub(super) stable: Stable,
    pub(super) develop: Develop,
    pub(super) tag: Tag,
    pub(super) candidate: Branch,
}

/// A change of one ref: what must be there, and what shall be. Without `old` it is forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Change<T> {
    pub(super) old: Option<T>,
    pub(super) new: T,
}

/// One atomic push on its way to the server. It is also a tick between its look and the server's answer: one that
/// never lands is a tick that was killed, one that lands late a zombie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Push {
    /// The promotion that it is about.
    pub(super) number: Number,
    /// Whether it has a lease on the ledger. The entry that it goes on top of is the newest, or it is hopeless.
    pub(super) leased: bool,
    pub(super) entry: Option<Entry>,
    pub(super) stable: Option<Change<Stable>>,
    pub(super) develop: Option<Change<Develop>>,
    pub(super) tag: Option<Change<Tag>>,
    pub(super) candidate: Option<Change<Branch>>,
    /// Whether a captain wants it by name, whatever the gates say.
    pub(super) captain: bool,
    /// Whether its candidate was clear when it was sent.
    pub(super) judged: bool,
    /// Whether an entry was appended since.
    pub(super) late: bool,
    /// Whether a tick looked since, found that it had turned, and said nothing.
    pub(super) passed_over: bool,
}

impl Push {
    pub(super) fn nothing(number: Number) -> Self {
        Self {
            number,
            leased: true,
            entry: None,
            stable: None,
            develop: None,
            tag: None,
            candidate: None,
            captain: false,
            judged: false,
            late: false,
            passed_over: false,
        }
    }

    pub(super) fn entry(number: Number, entry: Entry) -> Self {
        Self { entry: Some(entry), ..Self::nothing(number) }
    }

    pub(super) fn is_of_several_refs(&self) -> bool {
        PARTS.iter().filter(|part| self.has(**part)).count() > 1
    }

    pub(super) fn has(&self, part: Part) -> bool {
        match part {
            Part::Ledger => self.entry.is_some(),
            Part::Stable => self.stable.is_some(),
            Part::Develop => self.develop.is_some(),
            Part::Tag => self.tag.is_some(),
            Part::Candidate => self.candidate.is_some(),
        }
    }
}

/// The refs, as parts of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Ledger,
    Develop,
    Stable,
    Tag,
    Candidate,
}

pub(super) const PARTS: [Part; 5] = [Part::Ledger, Part::Develop, Part::Stable, Part::Tag, Part::Candidate];

/// A transaction that a server on `files` refs is in the middle of. It holds the lock of every ref that is still in
/// `rest`; if its process died, the locks stay until somebody removes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Transaction {
    pub(super) rest: Push,
    pub(super) dead: bool,
}

/// What may never happen, noted at the moment at which it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Wrong {
    MovedUnclear,
    MovedHeld,
    MovedPassedOver,
    MovedAgain,
    MovedStruck,
    MovedWithdrawn,
    PushedUnverified,
    PromotedTwice,
    CompletedUnclear,
    WithdrawnOnStable,
    LostFix,
    LostOnDevelop,
    LostOnStable,
    TagReplaced,
}

/// What people, time, and whoever writes entries of their own can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Deed {
    LateFix,
    TagRc,
    DeleteCandidate,
    PushDevelop,
    PushStable,
    MakeTag,
    LandByHand,
    PutBack,
    Hold,
    Lift,
    ReportGood,
    ReportBad,
    Time,
    Strike,
    ForgePromoted,
    ForgeContinued,
    ForgeCut,
}

/// What is worth to be seen at least once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Event {
    LandedByTimeAlone,
    Turned,
    Continued,
    MergedAnew,
    CompletedByCaptain,
    StruckInPart,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) mistake: Mistake,
    pub(super) refs: Refs,
    pub(super) record: Record,
    pub(super) network: BTreeSet<Push>,
    pub(super) transaction: Option<Transaction>,
    /// Whether a freeze is in force, which no entry says.
    pub(super) frozen: bool,
    /// Whether there was none at some instant since the last entry.
    pub(super) thawed: bool,
    /// How many promotions were begun to be applied.
    pub(super) built: u8,
    /// How many deeds are left.
    pub(super) deeds: u8,
    /// How often the server may still die.
    pub(super) deaths: u8,
    /// Whether all refs of a promotion were seen new once.
    pub(super) whole: bool,
    /// Whether a person put stable back where the refs or the record show that it had moved.
    pub(super) put_back: bool,
    /// The promotions that were struck before they moved stable.
    pub(super) given_up: BTreeSet<Number>,
    /// What the last act showed.
    pub(super) seen: BTreeSet<Event>,
    pub(super) wrong: BTreeSet<Wrong>,
}

impl World {
    pub(super) fn new(mistake: Mistake, deeds: u8, deaths: u8) -> Self {
        let develop = Develop { human: 0, has: Base::Old };
        Self {
            mistake,
            refs: Refs { stable: OLD, develop, tag: Tag::Absent, candidate: Branch::At(0) },
            record: Record::default(),
            network: BTreeSet::new(),
            transaction: None,
            frozen: false,
            thawed: true,
            built: 0,
            deeds,
            deaths,
            whole: false,
            put_back: false,
            given_up: BTreeSet::new(),
            seen: BTreeSet::new(),
            wrong: BTreeSet::new(),
        }
    }

    /// What the refs show of the promotion on record; of none, what they show beside the record.
    pub(super) fn sight(&self) -> Sight {
        let Refs { stable, develop, tag, candidate } = self.refs;
        let at = |rc: u8| match candidate {
            Branch::At(n) if n == rc => BranchSight::AtRc,
            Branch::At(_) => BranchSight::Moved,
            Branch::Gone => BranchSight::Gone,
        };
        let seen = |base: Option<Base>| match stable {
            Stable { base: Base::Old, more: false } => Seen::Old,
            Stable { base: Base::Old, more: true } => Seen::Other,
            stable if base.is_none_or(|base| base == stable.base) => Seen::New,
            Stable { .. } => Seen::Other,
        };
        let Some(promoted) = self.record.promoted() else {
            return Sight {
                entry: EntrySight::Absent,
                moved: false,
                stable: seen(None),
                // A new one is built on develop as it is.
                develop: Seen::Old,
                tag: match tag {
                    Tag::Absent => TagSight::Absent,
                    Tag::Ours(_) | Tag::Foreign => TagSight::Foreign,
                },
                candidate: at(self.record.rc),
            };
        };
        Sight {
            entry: if promoted.holds { EntrySight::Holds } else { EntrySight::DoesNotHold },
            moved: (promoted.landed || promoted.moved) && self.mistake != Mistake::TakePutBackForOld,
            stable: seen(Some(promoted.base)),
            develop: if develop.has == promoted.base || promoted.misled {
                Seen::New
            } else if develop == promoted.old_develop {
                Seen::Old
            } else {
                Seen::Other
            },
            tag: match tag {
                Tag::Absent => TagSight::Absent,
                tag if tag == promoted.tag => TagSight::New,
                Tag::Ours(_) | Tag::Foreign => TagSight::Foreign,
            },
            candidate: at(promoted.rc),
        }
    }

    /// The evidence for one rc at its branch, as far as no freeze stops it.
    pub(super) fn is_clear_but_for_time(&self) -> bool {
        let Refs { stable, tag, candidate, .. } = self.refs;
        let at_rc = candidate == Branch::At(self.record.rc);
        self.has_good_news() && at_rc && tag == Tag::Absent && stable == OLD
    }

    pub(super) fn has_good_news(&self) -> bool {
        !self.record.held && !self.record.bad
    }

    pub(super) fn is_clear(&self) -> bool {
        self.is_clear_but_for_time() && !self.frozen
    }

    /// Tells whether the server would begin to apply a push: every lease holds and no lock is in the way.
    pub(super) fn admits(&self, push: &Push) -> bool {
        fn holds<T: PartialEq>(change: Option<Change<T>>, now: &T) -> bool {
            change.is_none_or(|c| c.old.is_none_or(|old| old == *now))
        }
        let refs = &self.refs;
        let free = |t: &Transaction| !PARTS.iter().any(|part| t.rest.has(*part) && push.has(*part));
        self.transaction.as_ref().is_none_or(free)
            && !(push.leased && push.late)
            && holds(push.stable, &refs.stable)
            && holds(push.develop, &refs.develop)
            && holds(push.tag, &refs.tag)
            && holds(push.candidate, &refs.candidate)
    }

    /// Applies a push whole.
    pub(super) fn apply(&mut self, push: Push) {
        let mut rest = push;
        self.begin(&rest);
        for part in PARTS {
            self.apply_part(&mut rest, part);
        }
    }

    /// Takes every lock of a push, and has applied nothing yet: a server on `files` refs that is slow.
    pub(super) fn apply_slowly(&mut self, push: Push) {
        self.begin(&push);
        self.transaction = Some(Transaction { rest: push, dead: false });
    }

    /// Applies one more part of the slow transaction; `None` where it has no such part left, or not yet.
    pub(super) fn go_on(&mut self, part: Part, ledger_first: bool) -> Option<()> {
        let Transaction { mut rest, dead } = self.transaction.take()?;
        let waits = |part: Part| match part {
            Part::Ledger => false,
            Part::Develop | Part::Stable => rest.has(Part::Ledger),
            Part::Tag => [Part::Ledger, Part::Develop, Part::Stable].iter().any(|p| rest.has(*p)),
            Part::Candidate => PARTS[..4].iter().any(|p| rest.has(*p)),
        };
        if !rest.has(part) || (ledger_first && waits(part)) {
            return None;
        }
        self.apply_part(&mut rest, part);
        let over = !PARTS.iter().any(|part| rest.has(*part));
        self.transaction = (!over).then_some(Transaction { rest, dead });
        Some(())
    }

    /// What is true at the moment at which the server has every lock.
    fn begin(&mut self, push: &Push) {
        if matches!(push.entry, Some(Entry::Promoted { .. })) {
            self.built = self.built.max(push.number);
        }
        if push.stable.is_some() && self.record.is_withdrawn() {
            self.wrong.insert(Wrong::MovedWithdrawn);
        }
        if push.stable.is_none() || push.captain {
            return;
        }
        if self.record.held {
            self.wrong.insert(Wrong::MovedHeld);
        }
        if !self.is_clear() {
            // The one edge: time alone turned it, and nobody has appended anything since it was judged.
            if self.is_clear_but_for_time() && push.judged && !push.late {
                self.seen.insert(Event::LandedByTimeAlone);
            } else {
                self.wrong.insert(Wrong::MovedUnclear);
            }
        }
        if push.passed_over {
            self.wrong.insert(Wrong::MovedPassedOver);
        }
    }

    pub(super) fn apply_part(&mut self, rest: &mut Push, part: Part) {
        if rest.has(part) && rest.number == FORGED && part != Part::Ledger {
            self.wrong.insert(Wrong::PushedUnverified);
        }
        match part {
            Part::Ledger => {
                if let Some(entry) = rest.entry.take() {
                    self.append(entry, rest.captain);
                }
            }
            Part::Stable => {
                if let Some(change) = rest.stable.take() {
                    self.move_stable(change, rest.number);
                }
            }
            Part::Develop => {
                if let Some(change) = rest.develop.take() {
                    if change.new.human < self.refs.develop.human {
                        self.wrong.insert(Wrong::LostOnDevelop);
                    }
                    self.refs.develop = change.new;
                }
            }
            Part::Tag => {
                if let Some(change) = rest.tag.take() {
                    if self.refs.tag != Tag::Absent {
                        self.wrong.insert(Wrong::TagReplaced);
                    }
                    self.refs.tag = change.new;
                }
            }
            Part::Candidate => {
                if let Some(change) = rest.candidate.take() {
                    // Only what its sender saw is kept, by stable or by the archive.
                    if change.old != Some(self.refs.candidate) {
                        self.wrong.insert(Wrong::LostFix);
                    }
                    self.refs.candidate = Branch::Gone;
                }
            }
        }
    }

    fn move_stable(&mut self, change: Change<Stable>, number: Number) {
        if self.refs.stable.more {
            self.wrong.insert(Wrong::LostOnStable);
        }
        if self.whole || self.put_back {
            self.wrong.insert(Wrong::MovedAgain);
        }
        if self.given_up.contains(&number) {
            self.wrong.insert(Wrong::MovedStruck);
        }
        self.refs.stable = change.new;
    }

    /// Appends an entry: every push that has a lease on the ledger is hopeless from then on.
    pub(super) fn append(&mut self, entry: Entry, captain: bool) {
        match entry {
            Entry::Promoted { landed, base, .. } => {
                if self.record.promoted().is_some() {
                    self.wrong.insert(Wrong::PromotedTwice);
                }
                if landed && captain {
                    self.seen.insert(Event::CompletedByCaptain);
                } else if landed && self.record.noted == Some(base) {
                    self.wrong.insert(Wrong::CompletedUnclear);
                }
            }
            Entry::Continued { merged, .. } => {
                self.seen.insert(Event::Continued);
                if merged {
                    self.seen.insert(Event::MergedAnew);
                }
            }
            Entry::Withdrawn { landed: true } => {
                self.wrong.insert(Wrong::WithdrawnOnStable);
            }
            Entry::Turned => {
                self.seen.insert(Event::Turned);
            }
            Entry::Withdrawn { .. } | Entry::LandingSeen(_) | Entry::NextCut => {}
        }
        self.record.append(entry);
        self.entry_landed();
    }

    pub(super) fn entry_landed(&mut self) {
        self.thawed = !self.frozen;
        self.network = std::mem::take(&mut self.network)
            .into_iter()
            .filter(|push| !push.leased)
            .map(|push| Push { late: true, ..push })
            .collect();
    }

    /// Notes what a tick leaves behind that looked and sent nothing: pushes that could land as things are.
    pub(super) fn pass_over(&mut self) {
        let marked = |push: Push| {
            let passed = self.frozen && push.stable.is_some() && !push.captain && self.admits(&push);
            Push { passed_over: push.passed_over || passed, ..push }
        };
        self.network = self.network.iter().copied().map(marked).collect();
    }
}
