//! Every interleaving of ticks, pushes, crashes and people that a promotion can meet, within bounds.
//!
//! The ticks run the real [`standing`] and [`next`]. A tick looks and decides in one instant: what it decided then
//! travels as a [`Push`] for as long as it likes, so that a push in the network *is* a tick caught between looking
//! and the server's answer, a dropped one is a tick that was killed, and several at once are rival machines. The
//! answer is never used, as in the engine, where the refs decide.
//!
//! Entries have no numbers here: a lease on the ledger is lost with the next entry of anybody's.
//!
//! Assumed: nobody removes a dead server's locks while git is at work there; people touch no tag that exists, and
//! rewind stable alone; the server keeps what it acknowledged.
//!
//! [`standing`]: allclear_core::decide::promotion::standing
//! [`next`]: allclear_core::decide::promotion::next

mod explore;
mod record;
mod ticks;
mod world;

use stateright::{Model, Property};
use std::collections::BTreeSet;
use ticks::Who;
use world::{Base, Branch, Deed, Event, FORGED, PARTS, Part, Push, Tag, Transaction, World, Wrong};

/// How the server keeps refs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    /// One transaction, all or nothing (`reftable`).
    Atomic,
    /// Locks for all, then one rename after another; may stop or die half way (`files`).
    Files {
        /// Whether it renames as git does, the ledger first, or in any order.
        ledger_first: bool,
    },
}

/// A mistake built in on purpose, to see the checker find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Mistake {
    None,
    PushWithoutLedgerLease,
    ContinueWithoutLedgerLease,
    DeleteWithoutLease,
    ForceDevelop,
    ForceStable,
    ForceTag,
    PromoteUnclear,
    ContinueUnclear,
    HoldIsNoGate,
    SayNothingWhenItTurns,
    PromoteAgain,
    BelieveAnyEntry,
    BelieveAContinuation,
    TakePutBackForOld,
    MoveWhatWasPutBack,
    ForgetFirstSight,
    ReleaseTheWithdrawn,
    WithdrawWhatLanded,
    NeverFinish,
}

#[derive(Debug, Clone)]
struct Promotion {
    server: Server,
    mistake: Mistake,
    /// What people, time and forgers may do.
    may: &'static [Deed],
    /// How much of it they do.
    deeds: u8,
    /// How often the server dies.
    deaths: u8,
    /// How many pushes travel at once.
    network: usize,
    /// How many promotions may be built.
    builds: u8,
    /// Whether a captain completes what is begun by name.
    captain: bool,
    /// Whether somebody may withdraw the candidate.
    withdraws: bool,
    /// What must be seen at least once.
    sights: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Act {
    /// Somebody's tick looks, decides and sends.
    Tick,
    /// A captain looks, and sends what completes it.
    Complete,
    /// Somebody looks, and sends what withdraws the candidate.
    Withdraw,
    /// A push arrives and is applied whole, or refused.
    Land(Push),
    /// A push arrives, and the server is slow.
    LandSlowly(Push),
    /// The slow server goes on.
    Apply(Part),
    /// The slow server dies; its locks stay.
    Die,
    /// An administrator removes the locks of a dead server.
    Unlock,
    /// A push is lost, or its sender was killed.
    Lose(Push),
    /// A person, time or a forger does something.
    Do(Deed),
}

impl Promotion {
    fn is_within(&self, push: &Push) -> bool {
        push.number <= self.builds || push.number == FORGED
    }
}

impl Model for Promotion {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.mistake, self.deeds, self.deaths)]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        if world.network.len() < self.network {
            acts.push(Act::Tick);
            acts.extend(self.captain.then_some(Act::Complete));
            acts.extend(self.withdraws.then_some(Act::Withdraw));
        }
        for push in &world.network {
            acts.push(Act::Land(*push));
            // As long as there is room for others, a push that is lost is one that lands never.
            if world.network.len() == self.network {
                acts.push(Act::Lose(*push));
            }
            if self.server != Server::Atomic && world.transaction.is_none() && push.is_of_several_refs() {
                acts.push(Act::LandSlowly(*push));
            }
        }
        match &world.transaction {
            Some(Transaction { dead: false, .. }) => {
                acts.extend(PARTS.map(Act::Apply));
                if world.deaths > 0 {
                    acts.push(Act::Die);
                }
            }
            Some(Transaction { dead: true, .. }) => acts.push(Act::Unlock),
            None => {}
        }
        if world.deeds > 0 {
            acts.extend(self.may.iter().filter(|deed| world.can(**deed)).map(|deed| Act::Do(*deed)));
        }
    }

    fn next_state(&self, last: &World, act: Act) -> Option<World> {
        let mut world = World { seen: BTreeSet::new(), ..last.clone() };
        match act {
            Act::Tick => match last.decide(Who::Tick).filter(|push| self.is_within(push)) {
                Some(push) => drop(world.network.insert(push)),
                None => world.pass_over(),
            },
            Act::Complete | Act::Withdraw => {
                let push = if act == Act::Complete { last.decide(Who::Captain) } else { last.withdraw() };
                world.network.insert(push.filter(|push| self.is_within(push))?);
            }
            Act::Lose(push) => drop(world.network.remove(&push)),
            Act::Land(push) => {
                world.network.remove(&push);
                if last.admits(&push) {
                    world.apply(push);
                }
            }
            Act::LandSlowly(push) => {
                if !last.admits(&push) {
                    return None;
                }
                world.network.remove(&push);
                world.apply_slowly(push);
            }
            Act::Apply(part) => world.go_on(part, self.server == Server::Files { ledger_first: true })?,
            Act::Die => {
                world.transaction.as_mut()?.dead = true;
                world.deaths -= 1;
            }
            // Nobody removes locks while git is at work in the repository: what was under way is over.
            Act::Unlock => {
                world.transaction = None;
                world.network.clear();
            }
            Act::Do(deed) => {
                world.act(deed);
                world.deeds -= 1;
            }
        }
        world.whole |= world.is_done();
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::always("P1 stable moves only for what is clear, or for a captain", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedUnclear)
            }),
            Property::always("P1 a hold that was on record before the entry prevents it", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedHeld)
            }),
            Property::always("P1 a tick that finds it turned leaves no push behind", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedPassedOver)
            }),
            Property::always("P1 what landed unclear is completed by a captain alone", |_, w: &World| {
                !w.wrong.contains(&Wrong::CompletedUnclear)
            }),
            Property::always(
                "P2 no mixed state survives a tick, except where a person is called",
                |_, w: &World| !w.survives_a_tick_in_part(),
            ),
            Property::always(
                "P3 after every promotion that is done develop contains stable",
                |_, w: &World| !w.lacks_merge_back(),
            ),
            Property::always("P8 a tag never changes", |_, w: &World| !w.wrong.contains(&Wrong::TagReplaced)),
            Property::always("P8 no late fix is lost", |_, w: &World| !w.wrong.contains(&Wrong::LostFix)),
            Property::always("P8 no commit of develop is lost", |_, w: &World| {
                !w.wrong.contains(&Wrong::LostOnDevelop)
            }),
            Property::always("P8 no commit of stable is lost", |_, w: &World| {
                !w.wrong.contains(&Wrong::LostOnStable)
            }),
            Property::always("a stable that a person put back is never moved again", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedAgain)
            }),
            Property::always("a strike before stable moved prevents it", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedStruck)
            }),
            Property::always("nothing is pushed that does not verify", |_, w: &World| {
                !w.wrong.contains(&Wrong::PushedUnverified)
            }),
            Property::always("a version is released once", |_, w: &World| {
                !w.wrong.contains(&Wrong::PromotedTwice)
            }),
            Property::always("what is withdrawn is never released", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedWithdrawn) && !w.wrong.contains(&Wrong::WithdrawnOnStable)
            }),
            Property::always("ticks alone bring it to an end, or to a person", |_, w: &World| w.settles()),
        ];
        all.extend(sights().into_iter().filter(|seen| self.sights.contains(&seen.name)));
        all
    }
}

/// States that must be reached, each where a model asks for it.
fn sights() -> Vec<Property<Promotion>> {
    vec![
        Property::sometimes("a release", |_, w: &World| w.is_done()),
        Property::sometimes("a release with develop moved on", |_, w: &World| {
            w.is_done() && w.refs.develop.human > 0
        }),
        Property::sometimes("a release with a late fix kept", |_, w: &World| {
            w.is_done() && matches!(w.refs.candidate, Branch::At(_))
        }),
        Property::sometimes("a release at the second try", |_, w: &World| {
            w.is_done() && w.refs.tag == Tag::Ours(2)
        }),
        Property::sometimes("a release of what a person landed", |_, w: &World| {
            w.is_done() && matches!(w.refs.stable.base, Base::ByHand { .. })
        }),
        Property::sometimes("a landing that was not clear", |_, w: &World| w.record.noted.is_some()),
        Property::sometimes("a captain's completion", |_, w: &World| {
            w.seen.contains(&Event::CompletedByCaptain)
        }),
        Property::sometimes("a push that lands after time alone turned it", |_, w: &World| {
            w.seen.contains(&Event::LandedByTimeAlone)
        }),
        Property::sometimes("a turn that is told", |_, w: &World| w.seen.contains(&Event::Turned)),
        Property::sometimes("a continuation", |_, w: &World| w.seen.contains(&Event::Continued)),
        Property::sometimes("a merge-back made anew", |_, w: &World| w.seen.contains(&Event::MergedAnew)),
        Property::sometimes("a strike of a promotion in part", |_, w: &World| {
            w.seen.contains(&Event::StruckInPart)
        }),
        Property::sometimes("a release that a hand put back", |_, w: &World| w.whole && w.drifted()),
        Property::sometimes("a withdrawal", |_, w: &World| w.record.is_withdrawn()),
    ]
}
