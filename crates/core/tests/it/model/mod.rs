//! Every interleaving of ticks, pushes, crashes and people that a promotion can meet, within bounds.
//!
//! The planners run the real [`standing`] and [`next`]. A tick looks and decides in one instant: what
//! it decided then travels as a [`Push`] for as long as it likes, so that a push in the network *is* a
//! tick caught between looking and the server's answer, a dropped one is a tick that was killed, and
//! several at once are rival machines. The answer is never used, as in the engine, where the refs decide.
//!
//! Assumed: nobody removes a dead server's locks while git is at work there; people do not rewind
//! branches or touch a tag that exists; the server keeps what it acknowledged.

mod world;

use allclear_core::decide::promotion::{DevelopTodo, Standing, Step, Todo, next, standing};
use allclear_core::project::Phase;
use stateright::{Checker, HasDiscoveries, Model, Property};
use world::{Branch, Change, Deed, Entry, Flight, Op, Part, Push, Stable, Tag, Transaction, World, Wrong};

/// How the server keeps refs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    /// One transaction, all or nothing (`reftable`).
    Atomic,
    /// Locks for all, then one rename after another; may stop or die half way (`files`).
    Files {
        /// Whether the ledger is the first ref in order, as git sorts it, or any may be.
        ledger_first: bool,
    },
}

/// A mistake built in on purpose, to see the checker find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    DeleteWithoutLease,
    MoveWithoutLedgerLease,
    AbortWithoutLedgerLease,
    AbortSharesNoRefWithTheMove,
    MoveWithoutObjects,
    ForceDevelop,
    ForceStable,
    ForceTag,
    ConfirmUnseen,
    AbortWhatLanded,
    MoveUnclear,
    NeverFinish,
    WithdrawWhatLanded,
    WithdrawSharesNoRefWithTheMove,
}

#[derive(Debug, Clone)]
struct Promotion {
    server: Server,
    mistake: Mistake,
    /// How much people do.
    deeds: u8,
    /// How often the server dies.
    deaths: u8,
    /// How many pushes travel at once.
    network: usize,
    /// How many operations may be planned.
    plans: u8,
    /// Whether somebody may withdraw the candidate.
    withdraws: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Act {
    /// Somebody's tick looks, decides and sends.
    Tick,
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
    /// A person does something.
    Human(Deed),
}

const DEEDS: [Deed; 8] = [
    Deed::LateFix,
    Deed::PushDevelop,
    Deed::PushStable,
    Deed::MakeTag,
    Deed::DeleteCandidate,
    Deed::Hold,
    Deed::Lift,
    Deed::TagRc,
];
const PARTS: [Part; 5] = [Part::Ledger, Part::Stable, Part::Develop, Part::Tag, Part::Deletions];

/// What a tick decides.
enum Decision {
    /// Nothing is due, or a person is needed.
    Rest,
    Send(Push),
}

impl Promotion {
    /// The engine's `attempt` and `settle`, without their IO.
    fn decide(&self, world: &World) -> Decision {
        let (ledger, head) = (&world.ledger, world.ledger.head);
        let Some(flight) = ledger.flight else {
            if ledger.released != 0 || ledger.withdrawn || ledger.planned >= self.plans || !world.is_clear() {
                return Decision::Rest;
            }
            let op = ledger.planned + 1;
            let plan = Entry::Planned { rc: ledger.rc, develop: world.refs.develop };
            let waiting = Change { old: Some(world.refs.waiting), new: op };
            return Decision::Send(Push { waiting: Some(waiting), ..Push::entry(op, head, plan) });
        };
        if self.mistake == Mistake::NeverFinish {
            return Decision::Rest;
        }
        let op = flight.op;
        let mut standing = standing(world.sight(&flight));
        if self.mistake == Mistake::AbortWhatLanded && matches!(standing, Standing::Committed { .. }) {
            standing = Standing::NotApplied;
        }
        if self.mistake == Mistake::ConfirmUnseen
            && flight.phase == Phase::Moving
            && standing == Standing::NotApplied
        {
            standing = Standing::Done { kept: false };
        }
        let clear = match standing {
            Standing::Committed { .. } => world.evidence_is_clear(),
            Standing::Done { .. } | Standing::Stuck(_) | Standing::NotApplied | Standing::Overtaken(_) => {
                world.is_clear()
            }
        } || self.mistake == Mistake::MoveUnclear;
        Decision::Send(match next(flight.phase, standing, clear) {
            Step::Stop(_) => return Decision::Rest,
            // The objects are missing where the server died while the plan was recorded. A move
            // without them would share no ref with an abort.
            Step::Move if world.refs.waiting != op && self.mistake != Mistake::MoveWithoutObjects => Push {
                waiting: Some(Change { old: Some(world.refs.waiting), new: op }),
                ..Push::entry(op, head, Entry::Fenced)
            },
            Step::Move => self.whole(world, &flight),
            Step::Fence => Push::entry(op, head, Entry::Fenced),
            Step::Abort(_) => Push {
                lease: (self.mistake != Mistake::AbortWithoutLedgerLease).then_some(head),
                waiting: self.clean_up(world, op),
                ..Push::entry(op, head, Entry::Aborted)
            },
            Step::Confirm { .. } => {
                Push { waiting: self.clean_up(world, op), ..Push::entry(op, head, Entry::Confirmed) }
            }
            Step::Continue(todo) => missing(world, &flight, todo),
        })
    }

    /// The one move.
    fn whole(&self, world: &World, flight: &Flight) -> Push {
        let op = flight.op;
        let leased = |mistake| self.mistake != mistake;
        Push {
            lease: leased(Mistake::MoveWithoutLedgerLease).then_some(world.ledger.head),
            stable: Some(Change {
                old: leased(Mistake::ForceStable).then_some(OLD_STABLE),
                new: Stable { op, human: false },
            }),
            develop: Some(Change {
                old: leased(Mistake::ForceDevelop).then_some(flight.old_develop),
                new: flight.new_develop,
            }),
            tag: Some(Change { old: leased(Mistake::ForceTag).then_some(Tag::Absent), new: Tag::Ours(op) }),
            candidate: Some(Change {
                old: leased(Mistake::DeleteWithoutLease).then_some(Branch::At(flight.rc)),
                new: Branch::Gone,
            }),
            // Move and abort delete the same ref, each under a lease, so that git lets only one of
            // them through even where a transaction takes its time.
            waiting: self.clean_up(world, op),
            ..Push::entry(op, world.ledger.head, Entry::Moving)
        }
    }

    /// The engine's `withdraw`, without its IO: refuses what has moved, and fences a move first.
    fn withdraw(&self, world: &World) -> Decision {
        let (ledger, head) = (&world.ledger, world.ledger.head);
        if ledger.withdrawn || ledger.released != 0 {
            return Decision::Rest;
        }
        let candidate = match world.refs.candidate {
            Branch::At(n) => Some(Change { old: Some(Branch::At(n)), new: Branch::Gone }),
            Branch::Gone => None,
        };
        let (op, waiting) = match ledger.flight {
            None => (0, None),
            Some(flight) => {
                let landed =
                    !matches!(standing(world.sight(&flight)), Standing::NotApplied | Standing::Overtaken(_));
                if landed && self.mistake != Mistake::WithdrawWhatLanded {
                    return Decision::Rest;
                }
                if !landed && flight.phase == Phase::Moving {
                    return Decision::Send(Push::entry(flight.op, head, Entry::Fenced));
                }
                let shared = self.mistake != Mistake::WithdrawSharesNoRefWithTheMove;
                (flight.op, self.clean_up(world, flight.op).filter(|_| shared))
            }
        };
        // Without the ref of the plan, the branch that both end would still stand between the two.
        let candidate = candidate.filter(|_| self.mistake != Mistake::WithdrawSharesNoRefWithTheMove);
        Decision::Send(Push {
            candidate,
            waiting,
            withdraws: true,
            ..Push::entry(op, head, Entry::Withdrawn)
        })
    }

    fn clean_up(&self, world: &World, op: Op) -> Option<Change<Op>> {
        let shared =
            !matches!(self.mistake, Mistake::AbortSharesNoRefWithTheMove | Mistake::AbortWithoutLedgerLease);
        (shared && world.refs.waiting == op).then_some(Change { old: Some(op), new: 0 })
    }

    /// Lets people rest and the server work: ticks alone must bring the promotion to its end, or to a
    /// person, in few steps.
    fn settles(&self, world: &World) -> bool {
        [true, false].into_iter().all(|lands| self.settles_after(world.clone(), lands))
    }

    /// What was on its way arrives first, or never.
    fn settles_after(&self, mut world: World, lands: bool) -> bool {
        if let Some(Transaction { mut rest, dead, .. }) = world.transaction.take()
            && !dead
            && lands
        {
            for part in PARTS {
                world.apply_part(&mut rest, part);
            }
        }
        for push in std::mem::take(&mut world.network) {
            if lands && world.admits(&push) {
                world.apply(push);
            }
        }
        for _ in 0..12 {
            match self.decide(&world) {
                Decision::Send(push) if world.admits(&push) => world.apply(push),
                Decision::Send(_) => return false,
                Decision::Rest => {
                    let stuck = world.ledger.flight.is_some_and(|f| match standing(world.sight(&f)) {
                        Standing::Stuck(_) => true,
                        // Held between a move that landed in part and its entry: a person lifts the hold.
                        Standing::Committed { todo } => {
                            f.phase == Phase::Planned && todo.stable && world.ledger.held
                        }
                        Standing::Done { .. } | Standing::NotApplied | Standing::Overtaken(_) => false,
                    });
                    return (world.ledger.flight.is_none() || stuck) && world.wrong.is_empty();
                }
            }
        }
        false
    }
}

/// What is missing of a half-applied promotion.
fn missing(world: &World, flight: &Flight, todo: Todo) -> Push {
    let (op, refs) = (flight.op, &world.refs);
    let (develop, anew) = match todo.develop {
        None => (None, None),
        Some(DevelopTodo::AsPlanned) => {
            (Some(Change { old: Some(flight.old_develop), new: flight.new_develop }), None)
        }
        Some(DevelopTodo::Anew) => {
            let new = refs.develop.with_merge(op);
            (Some(Change { old: Some(refs.develop), new }), Some(new))
        }
    };
    Push {
        stable: todo.stable.then_some(Change { old: Some(OLD_STABLE), new: Stable { op, human: false } }),
        develop,
        tag: todo.tag.then_some(Change { old: Some(Tag::Absent), new: Tag::Ours(op) }),
        candidate: todo.candidate.then_some(Change { old: Some(Branch::At(flight.rc)), new: Branch::Gone }),
        ..Push::entry(op, world.ledger.head, Entry::Continued { develop: anew })
    }
}

const OLD_STABLE: Stable = Stable { op: 0, human: false };

impl Model for Promotion {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.deeds, self.deaths)]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        if world.network.len() < self.network {
            acts.push(Act::Tick);
            if self.withdraws {
                acts.push(Act::Withdraw);
            }
        }
        for push in &world.network {
            acts.push(Act::Land(*push));
            acts.push(Act::Lose(*push));
            if self.server != Server::Atomic && world.transaction.is_none() {
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
            acts.extend(DEEDS.into_iter().filter(|deed| world.can(*deed)).map(Act::Human));
        }
    }

    fn next_state(&self, last: &World, act: Act) -> Option<World> {
        let mut world = last.clone();
        match act {
            Act::Tick | Act::Withdraw => {
                let decision = if act == Act::Tick { self.decide(last) } else { self.withdraw(last) };
                match decision {
                    Decision::Send(push) => drop(world.network.insert(push)),
                    Decision::Rest => return None,
                }
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
                let completed = push.entry.is_some_and(|entry| entry != Entry::Moving);
                world.apply_slowly(push, self.server == Server::Files { ledger_first: true }, completed);
            }
            Act::Apply(part) => {
                let Transaction { mut rest, dead, completed } = world.transaction.take()?;
                let before = rest;
                // Deletions come after everything else.
                if part == Part::Deletions
                    && (rest.entry.is_some()
                        || rest.stable.is_some()
                        || rest.develop.is_some()
                        || rest.tag.is_some())
                {
                    return None;
                }
                world.apply_part(&mut rest, part);
                if rest == before {
                    return None;
                }
                let done = Push { lease: rest.lease, ..Push::nothing(rest.op) };
                world.transaction = (rest != done).then_some(Transaction { rest, dead, completed });
            }
            Act::Die => {
                let transaction = world.transaction.as_mut()?;
                transaction.dead = true;
                world.deaths -= 1;
                let rest = Push { entry: None, lease: None, ..transaction.rest };
                if transaction.rest.entry.is_none() && transaction.completed {
                    world.network.insert(rest);
                }
            }
            // Nobody removes locks while git is at work in the repository: what was under way is over.
            Act::Unlock => {
                world.transaction = None;
                world.network.clear();
            }
            Act::Human(deed) => {
                world.act(deed);
                world.deeds -= 1;
            }
        }
        world.forget_the_hopeless();
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::always("nothing moves that is not clear", |_, w: &World| {
                !w.wrong.contains(&Wrong::MovedUnclear)
            }),
            Property::always(
                "stable moves only for an operation whose move entry was let in clear",
                |_, w: &World| !w.wrong.contains(&Wrong::MovedUnplanned),
            ),
            Property::always("a tag never changes", |_, w: &World| !w.wrong.contains(&Wrong::TagReplaced)),
            Property::always("no late fix is lost", |_, w: &World| !w.wrong.contains(&Wrong::LostFix)),
            Property::always("no commit of develop is lost", |_, w: &World| {
                !w.wrong.contains(&Wrong::LostOnDevelop)
            }),
            Property::always("no commit of stable is lost", |_, w: &World| {
                !w.wrong.contains(&Wrong::LostOnStable)
            }),
            Property::always("one operation at a time", |_, w: &World| {
                !w.wrong.contains(&Wrong::PlannedTwice)
            }),
            Property::always("a version is released once", |_, w: &World| {
                !w.wrong.contains(&Wrong::ConfirmedTwice)
            }),
            Property::always("confirmed means whole", |_, w: &World| {
                !w.wrong.contains(&Wrong::ConfirmedEarly)
            }),
            Property::always("whole once, whole for ever", |_, w: &World| {
                let op = w.ledger.released;
                let merged = w.refs.develop.merge.is_some_and(|(merged, _)| merged == op);
                op == 0 || (w.refs.stable.op == op && w.refs.tag == Tag::Ours(op) && merged)
            }),
            Property::always("aborted means that nothing moved, ever", |_, w: &World| {
                w.aborted.is_disjoint(&w.moved)
            }),
            Property::always("what is withdrawn is never released", |_, w: &World| {
                !w.ledger.withdrawn || (w.ledger.released == 0 && w.refs.stable.op == 0)
            }),
            Property::always("ticks alone bring it to an end", |model: &Self, w| model.settles(w)),
        ];
        if self.mistake == Mistake::None {
            all.extend([
                Property::sometimes("a release", |_, w: &World| w.ledger.released == 1),
                Property::sometimes("a release at the second try", |_, w: &World| w.ledger.released == 2),
                Property::sometimes("a release with develop moved on", |_, w: &World| {
                    w.ledger.released != 0 && w.refs.develop.human > 0
                }),
                Property::sometimes("an abort", |_, w: &World| !w.aborted.is_empty()),
            ]);
        }
        if self.mistake == Mistake::None && self.withdraws {
            all.extend([
                Property::sometimes("a withdrawal", |_, w: &World| {
                    w.ledger.withdrawn && w.ledger.planned == 0
                }),
                Property::sometimes("a withdrawal of an open plan", |_, w: &World| {
                    w.ledger.withdrawn && !w.aborted.is_empty() && w.refs.candidate == Branch::Gone
                }),
            ]);
        }
        if self.mistake == Mistake::None && self.server != Server::Atomic {
            all.extend([
                Property::sometimes("a release with a late fix kept", |_, w: &World| {
                    w.ledger.released != 0 && matches!(w.refs.candidate, Branch::At(_))
                }),
                Property::sometimes("a fence", |_, w: &World| {
                    w.ledger.flight.is_some_and(|f| f.phase == Phase::Fenced)
                }),
                Property::sometimes("a merge-back made anew", |_, w: &World| {
                    w.ledger.flight.is_some_and(|f| f.new_develop.human > f.old_develop.human)
                }),
                Property::sometimes("a person is called", |_, w: &World| {
                    w.ledger.flight.is_some_and(|f| matches!(standing(w.sight(&f)), Standing::Stuck(_)))
                }),
            ]);
        }
        all
    }
}

fn explore(model: Promotion) {
    let told = format!(
        "{:?}, {} deeds of people, {} deaths, {} pushes at once, {} plans",
        model.server, model.deeds, model.deaths, model.network, model.plans
    );
    let checker = model.checker().threads(2).spawn_bfs().join();
    println!("{told}: {} states, {} steps deep", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

#[test]
fn a_promotion_on_an_atomic_server() {
    explore(Promotion {
        server: Server::Atomic,
        mistake: Mistake::None,
        deeds: 4,
        deaths: 0,
        network: 3,
        plans: 3,
        withdraws: false,
    });
}

#[test]
fn a_promotion_on_a_server_that_dies_half_way() {
    explore(Promotion {
        server: Server::Files { ledger_first: true },
        mistake: Mistake::None,
        deeds: 2,
        deaths: 1,
        network: 2,
        plans: 2,
        withdraws: false,
    });
}

#[test]
fn a_promotion_on_a_server_that_applies_refs_in_any_order() {
    explore(Promotion {
        server: Server::Files { ledger_first: false },
        mistake: Mistake::None,
        deeds: 2,
        deaths: 1,
        network: 2,
        plans: 2,
        withdraws: false,
    });
}

#[test]
fn a_promotion_and_a_withdrawal_on_an_atomic_server() {
    explore(Promotion {
        server: Server::Atomic,
        mistake: Mistake::None,
        deeds: 2,
        deaths: 0,
        network: 2,
        plans: 2,
        withdraws: true,
    });
}

#[test]
fn a_promotion_and_a_withdrawal_on_a_server_that_dies_half_way() {
    for ledger_first in [true, false] {
        explore(Promotion {
            server: Server::Files { ledger_first },
            mistake: Mistake::None,
            deeds: 2,
            deaths: 1,
            network: 2,
            plans: 2,
            withdraws: true,
        });
    }
}

#[test]
fn every_mistake_is_found() {
    let files = Server::Files { ledger_first: true };
    for (mistake, server, broken) in [
        (Mistake::DeleteWithoutLease, Server::Atomic, "no late fix is lost"),
        (Mistake::MoveWithoutLedgerLease, Server::Atomic, "nothing moves that is not clear"),
        (Mistake::AbortWithoutLedgerLease, Server::Atomic, "aborted means that nothing moved, ever"),
        (Mistake::AbortSharesNoRefWithTheMove, files, "aborted means that nothing moved, ever"),
        (Mistake::MoveWithoutObjects, files, "aborted means that nothing moved, ever"),
        (Mistake::ForceDevelop, Server::Atomic, "no commit of develop is lost"),
        (Mistake::ForceStable, Server::Atomic, "no commit of stable is lost"),
        (Mistake::ForceTag, Server::Atomic, "a tag never changes"),
        (Mistake::ConfirmUnseen, files, "confirmed means whole"),
        (Mistake::AbortWhatLanded, files, "aborted means that nothing moved, ever"),
        (Mistake::MoveUnclear, Server::Atomic, "nothing moves that is not clear"),
        (Mistake::NeverFinish, Server::Atomic, "ticks alone bring it to an end"),
        (Mistake::WithdrawWhatLanded, files, "what is withdrawn is never released"),
        (Mistake::WithdrawSharesNoRefWithTheMove, files, "what is withdrawn is never released"),
    ] {
        let withdraws =
            matches!(mistake, Mistake::WithdrawWhatLanded | Mistake::WithdrawSharesNoRefWithTheMove);
        let model = Promotion { server, mistake, deeds: 2, deaths: 1, network: 2, plans: 2, withdraws };
        let wanted = HasDiscoveries::AllOf([broken].into());
        let checker = model.checker().finish_when(wanted).spawn_bfs().join();
        assert!(checker.discovery(broken).is_some(), "{mistake:?} must break: {broken}");
    }
}
