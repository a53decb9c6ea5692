//! The explorations, and the mistakes that they find.

use super::world::Deed;
use super::{Mistake, Promotion, Server};
use stateright::{Checker, HasDiscoveries, Model};

const ALL: &[Deed] = &[
    Deed::LateFix,
    Deed::TagRc,
    Deed::DeleteCandidate,
    Deed::PushDevelop,
    Deed::PushStable,
    Deed::MakeTag,
    Deed::LandByHand,
    Deed::PutBack,
    Deed::Hold,
    Deed::Lift,
    Deed::ReportGood,
    Deed::ReportBad,
    Deed::Time,
    Deed::Strike,
    Deed::ForgePromoted,
    Deed::ForgeContinued,
    Deed::ForgeCut,
];

/// What meets a promotion in part.
const FEW: &[Deed] = &[
    Deed::PushDevelop,
    Deed::LandByHand,
    Deed::PutBack,
    Deed::Hold,
    Deed::Lift,
    Deed::Time,
    Deed::Strike,
    Deed::ForgePromoted,
    Deed::ForgeContinued,
];

const FILES: Server = Server::Files { ledger_first: true };
const ANY_ORDER: Server = Server::Files { ledger_first: false };

fn model(server: Server, deeds: u8) -> Promotion {
    Promotion {
        server,
        mistake: Mistake::None,
        may: ALL,
        deeds,
        deaths: u8::from(server != Server::Atomic),
        network: 2,
        builds: 2,
        captain: false,
        withdraws: false,
        sights: &[],
    }
}

fn explore(model: Promotion) {
    let told = format!(
        "{:?}, {} deeds of {} kinds, {} deaths, {} pushes at once, {} builds",
        model.server,
        model.deeds,
        model.may.len(),
        model.deaths,
        model.network,
        model.builds
    );
    let checker = model.checker().threads(2).spawn_bfs().join();
    println!("{told}: {} states, {} steps deep", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

#[test]
fn a_promotion_on_an_atomic_server() {
    explore(Promotion {
        captain: true,
        network: 3,
        sights: &[
            "a release",
            "a release with develop moved on",
            "a release of what a person landed",
            "a landing that was not clear",
            "a captain's completion",
            "a push that lands after time alone turned it",
            "a turn that is told",
            "a release that a hand put back",
        ],
        ..model(Server::Atomic, 5)
    });
}

#[test]
fn a_promotion_on_a_server_that_dies_half_way() {
    explore(Promotion {
        captain: true,
        sights: &[
            "a release with a late fix kept",
            "a continuation",
            "a merge-back made anew",
            "a strike of a promotion in part",
            "a release at the second try",
        ],
        ..model(FILES, 2)
    });
}

#[test]
fn more_of_what_meets_a_promotion_in_part() {
    explore(Promotion {
        may: FEW,
        captain: true,
        sights: &["a push that lands after time alone turned it"],
        ..model(FILES, 3)
    });
    explore(Promotion { may: FEW, builds: 1, sights: &["a continuation"], ..model(ANY_ORDER, 2) });
}

#[test]
fn a_promotion_on_a_server_that_applies_refs_in_any_order() {
    explore(Promotion { builds: 1, sights: &["a release", "a continuation"], ..model(ANY_ORDER, 2) });
}

#[test]
fn a_promotion_and_a_withdrawal() {
    for server in [Server::Atomic, FILES, ANY_ORDER] {
        let deeds = if server == Server::Atomic { 3 } else { 1 };
        explore(Promotion {
            withdraws: true,
            sights: &["a release", "a withdrawal"],
            ..model(server, deeds)
        });
    }
}

#[test]
fn every_mistake_is_found() {
    const P1: &str = "P1 stable moves only for what is clear, or for a captain";
    const STRIKE: &str = "a strike before stable moved prevents it";
    const AGAIN: &str = "a stable that a person put back is never moved again";
    const END: &str = "ticks alone bring it to an end, or to a person";
    const MIXED: &str = "P2 no mixed state survives a tick, except where a person is called";
    const WITHDRAWN: &str = "what is withdrawn is never released";
    let atomic = Server::Atomic;
    for (mistake, server, broken) in [
        (Mistake::PushWithoutLedgerLease, atomic, P1),
        (Mistake::PromoteUnclear, atomic, P1),
        (Mistake::ContinueUnclear, FILES, P1),
        (Mistake::HoldIsNoGate, atomic, "P1 a hold that was on record before the entry prevents it"),
        (Mistake::SayNothingWhenItTurns, atomic, "P1 a tick that finds it turned leaves no push behind"),
        (Mistake::ForgetFirstSight, atomic, "P1 what landed unclear is completed by a captain alone"),
        (Mistake::NeverFinish, FILES, MIXED),
        (Mistake::NeverFinish, FILES, END),
        (
            Mistake::BelieveAContinuation,
            FILES,
            "P3 after every promotion that is done develop contains stable",
        ),
        (Mistake::ForceTag, atomic, "P8 a tag never changes"),
        (Mistake::DeleteWithoutLease, atomic, "P8 no late fix is lost"),
        (Mistake::ForceDevelop, atomic, "P8 no commit of develop is lost"),
        (Mistake::ForceStable, atomic, "P8 no commit of stable is lost"),
        (Mistake::MoveWhatWasPutBack, atomic, AGAIN),
        (Mistake::TakePutBackForOld, FILES, AGAIN),
        (Mistake::ContinueWithoutLedgerLease, FILES, STRIKE),
        (Mistake::BelieveAnyEntry, atomic, "nothing is pushed that does not verify"),
        (Mistake::PromoteAgain, FILES, "a version is released once"),
        (Mistake::ReleaseTheWithdrawn, FILES, WITHDRAWN),
        (Mistake::WithdrawWhatLanded, atomic, WITHDRAWN),
    ] {
        let model = Promotion { mistake, captain: true, withdraws: true, ..model(server, 3) };
        let wanted = HasDiscoveries::AllOf([broken].into());
        let checker = model.checker().finish_when(wanted).spawn_bfs().join();
        assert!(checker.discovery(broken).is_some(), "{mistake:?} must break: {broken}");
    }
}
