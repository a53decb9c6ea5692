//! What must hold for every ledger, every look and every instant.

use crate::make::{
    DAY, HOUR, MINUTE, Scene, VERSION, at, check, commit, cut, depends, entry_id, experiment, finding, held,
    link, policy, promoted, rc, tried,
};
use allclear_core::decide::assess::{Assessment, State};
use allclear_core::decide::plan::plan as due;
use allclear_core::experiment::{Comparison, Tier};
use allclear_core::facts::{
    BranchSight, CandidateFacts, EntrySight, MergeBack, Seen, Sight, TagSeen, TagSight,
};
use allclear_core::gate::MARGIN;
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::ledger::entry::{Body, Link, RawEntry, read};
use allclear_core::ledger::event::Event;
use allclear_core::ledger::promotion::Shape;
use allclear_core::policy::{AfterFix, Beat, Freeze, Policy, RequiredCheck, Stops};
use allclear_core::project::{Fold, Strike, fold};
use allclear_core::types::gate::Gate;
use allclear_core::{CommitId, Project, Seconds, Verdict, Version, assess};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// Instants around the cut, close enough together to meet.
fn instant() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => (0..12 * DAY / HOUR).prop_map(|hours| hours * HOUR),
        2 => 0..12 * DAY,
        1 => (0..12 * DAY / HOUR, -MINUTE * 5..MINUTE * 5).prop_map(|(hours, near)| (hours * HOUR + near).max(0)),
    ]
}

fn head() -> impl Strategy<Value = u64> {
    select(vec![2_u64, 2, 2, 4, 5])
}

fn stops() -> impl Strategy<Value = Stops> {
    select(vec![Stops::Cuts, Stops::Promotions, Stops::Both])
}

/// Anything that a ledger can say, about few things, so that it hits.
fn event() -> impl Strategy<Value = Event> {
    let name = select(vec!["ci", "staging"]);
    prop_oneof![
        Just(Event::LedgerStarted {
            project: "other".into(),
            develop: None,
            signers: Vec::new(),
            threshold: None
        }),
        Just(Event::LedgerMoved { to: "refs/heads/allclear/ledger".into() }),
        policies().prop_map(|policy| Event::CandidateCut(Box::new(cut(policy)))),
        head().prop_map(|n| Event::HeadSeen { version: VERSION, commit: commit(n) }),
        (1_u32..4, head()).prop_map(|(n, head)| rc(n, head)),
        instant().prop_map(|slot| Event::SlotSkipped {
            slot: at(slot),
            reason: allclear_core::policy::schedule::SkipReason::Empty
        }),
        (name, any::<bool>(), head()).prop_map(|(name, passed, head)| check(name, passed, head)),
        trials(),
        proptest::option::of(instant()).prop_map(|until| held(until.map(at))),
        Just(Event::HoldLifted { version: VERSION, reason: None }),
        (instant(), stops()).prop_map(|(until, stops)| Event::Frozen {
            reason: "no".into(),
            until: at(until),
            stops
        }),
        Just(Event::FreezeLifted { reason: None }),
        head().prop_map(|n| Event::PromotionRequested { version: VERSION, commit: commit(n) }),
        policies().prop_map(|policy| Event::PolicyAdopted {
            version: VERSION,
            digest: String::new(),
            policy: Box::new(policy),
            from: commit(1),
            relaxed: Vec::new(),
        }),
        promotion_event(),
        head().prop_map(|n| Event::Withdrawn {
            version: VERSION,
            reason: "no".into(),
            head: Some(commit(n)),
            archive: "refs/allclear/archive/release-2.9.0".into(),
            fixes: vec![commit(n)],
        }),
        head().prop_map(|n| Event::StableCarried {
            version: VERSION,
            stable: commit(3),
            commit: commit(n),
            resolved: Vec::new(),
        }),
        Just(Event::Unknown),
    ]
}

/// What a promotion can leave on a ledger.
fn promotion_event() -> impl Strategy<Value = Event> {
    let open = || vec!["freeze".to_owned()];
    prop_oneof![
        4 => (1_u64..3, head()).prop_map(|(n, head)| promoted(n, head)),
        2 => (0_usize..24, any::<bool>()).prop_map(|(n, stable)| Event::PromotionContinued {
            version: VERSION,
            entry: entry_id(n),
            stable,
            reason: None,
        }),
        1 => head().prop_map(|n| Event::PromotionRefused { version: VERSION, commit: commit(n), said: "no".into() }),
        1 => instant().prop_map(|until| Event::RacesLost { version: VERSION, until: at(until) }),
        1 => head().prop_map(move |n| Event::Turned { version: VERSION, commit: commit(n), gates: open() }),
        1 => head().prop_map(move |n| Event::LandingSeen {
            version: VERSION,
            stable: commit(0x105),
            commit: commit(n),
            shape: Shape::Merged,
            by: "mira".into(),
            open: open(),
        }),
        1 => Just(Event::StepRetried { version: VERSION, step: "crates".into() }),
    ]
}

/// An experiment with any end, now and then with downstreams that no policy has.
fn trials() -> impl Strategy<Value = Event> {
    let kinds = select(vec![
        Comparison::Ok,
        Comparison::Ok,
        Comparison::Regressed,
        Comparison::Suspect,
        Comparison::Unchecked,
        Comparison::Flaky,
        Comparison::StillFailing,
    ]);
    let line = (kinds, any::<bool>(), select(vec!["a", "b"])).prop_map(|(comparison, must, name)| {
        finding(name, if must { Tier::Must } else { Tier::Should }, comparison, 'c')
    });
    (proptest::collection::vec(line, 0..4), 0_usize..3, head(), prop::bool::weighted(0.8)).prop_map(
        |(findings, ok, head, known)| {
            let declared = if known { vec![depends("a")] } else { Vec::new() };
            tried(experiment(&declared, ok, findings, head))
        },
    )
}

fn policies() -> impl Strategy<Value = Policy> {
    let beat = proptest::option::of((1_i64..8, 1_i64..5).prop_map(|(length, every)| Beat {
        length: Seconds((length * HOUR) as u64),
        at_least_every: Seconds((every * HOUR) as u64),
    }));
    let checks = proptest::option::of(beat.prop_map(|beat| RequiredCheck { name: "ci".into(), beat }));
    let freezes = proptest::collection::vec((instant(), instant(), stops()), 0..3);
    let after_fix =
        prop_oneof![Just(AfterFix::Restart), (0_u64..4).prop_map(|d| AfterFix::Serve(Seconds(d * 86_400)))];
    let downstreams = prop::bool::weighted(0.3);
    let enforce = proptest::collection::vec(prop::bool::weighted(0.9), 10);
    (checks, freezes, 0_u64..8, after_fix, enforce, downstreams).prop_map(
        |(checks, freezes, soak, after_fix, enforce, downstreams)| {
            let mut policy = policy();
            policy.downstreams = downstreams.then(|| depends("a")).into_iter().collect();
            policy.gates.downstream.enforce = enforce[9];
            let gates = &mut policy.gates;
            gates.soak.length = Seconds(soak * 86_400);
            gates.soak.after_fix = after_fix;
            gates.checks.required = checks.into_iter().collect();
            (gates.soak.enforce, gates.checks.enforce) = (enforce[0], enforce[1]);
            for (gate, enforce) in [
                &mut gates.fixes,
                &mut gates.merge_back,
                &mut gates.contains_stable,
                &mut gates.version,
                &mut gates.hold,
                &mut gates.freeze,
                &mut gates.clock,
            ]
            .into_iter()
            .zip(&enforce[2..])
            {
                gate.enforce = *enforce;
            }
            policy.freezes = freezes
                .into_iter()
                .map(|(a, b, stops)| Freeze {
                    reason: "no".into(),
                    from: at(a.min(b)),
                    until: at(a.max(b)),
                    stops,
                })
                .collect();
            policy
        },
    )
}

/// A link of a chain: an entry of any events at any time, or something that is none.
fn links() -> impl Strategy<Value = Vec<Link>> {
    let claimed =
        prop_oneof![20 => instant().prop_map(at), 1 => Just(Timestamp::MAX), 1 => Just(Timestamp::MIN)];
    let strike = (0_usize..40).prop_map(Some);
    let one = prop_oneof![
        8 => (claimed, proptest::collection::vec(event(), 0..4), prop_oneof![6 => Just(None), 1 => strike]).prop_map(Some),
        1 => Just(None),
    ];
    proptest::collection::vec(one, 0..24).prop_map(|all| {
        let each = all.into_iter().enumerate().map(|(n, one)| match one {
            Some((claimed, mut events, strike)) => {
                // Nobody can name an entry that is not there yet: its id is a hash.
                if let Some(target) = strike.filter(|_| n > 0) {
                    events.push(Event::Struck { entry: entry_id(target % n), reason: "no".into() });
                }
                link(n, claimed, events)
            }
            None => read(RawEntry {
                commit: entry_id(n),
                parents: Vec::new(),
                json: Ok(b"{}".to_vec()),
                signed: None,
            }),
        });
        each.collect()
    })
}

/// A candidate with any evidence, and a server that shows anything.
fn scene() -> impl Strategy<Value = Scene> {
    let entries = proptest::collection::vec((instant(), quiet_event()), 0..8);
    (policies(), entries, facts(), any::<bool>()).prop_map(|(policy, mut entries, facts, calm)| {
        entries.sort_by_key(|(at, _)| *at);
        let scene = entries.into_iter().fold(Scene::new(policy), |scene, (at, event)| scene.then(at, event));
        if calm { scene } else { scene.seen(|seen| *seen = facts) }
    })
}

/// What happens to a candidate that is not being promoted.
fn quiet_event() -> impl Strategy<Value = Event> {
    let check = (prop::bool::weighted(0.8), head()).prop_map(|(passed, head)| check("ci", passed, head));
    prop_oneof![
        6 => check,
        3 => trials(),
        1 => event().prop_filter("the candidate stays open", |e| !matches!(e, Event::Promoted(_) | Event::Withdrawn { .. } | Event::Unknown)),
    ]
}

fn facts() -> impl Strategy<Value = CandidateFacts> {
    let class = select(vec![Class::Fix, Class::Fix, Class::NotAFix, Class::Unclassified]);
    let back = select(vec![
        MergeBack::Clean { tree: commit(9) },
        MergeBack::Clean { tree: commit(9) },
        MergeBack::Conflict { files: vec!["a".into()] },
        MergeBack::Impossible { why: "gone".into() },
    ]);
    let tag = select(vec![TagSeen::Intact, TagSeen::Intact, TagSeen::Gone, TagSeen::Moved { to: commit(7) }]);
    let head = proptest::option::weighted(0.9, head());
    (class, back, tag, head, any::<bool>(), 0_usize..2).prop_map(
        |(class, back, tag, head, descends, lacks)| {
            let line = ClassedCommit {
                picked: None,
                merge: false,
                id: commit(40),
                subject: "x".into(),
                author: "y".into(),
                class,
                why: "z".into(),
            };
            CandidateFacts {
                authors: Vec::new(),
                head: head.map(commit),
                commits: vec![line],
                descends,
                lacks_stable: lacks,
                catch_up: (lacks > 0).then(|| back.clone()),
                carry: std::collections::BTreeMap::new(),
                merge_back: back,
                rc_tag: tag,
                release_tag: None,
                unfounded: None,
                landing: None,
            }
        },
    )
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        select(vec!["2.9.0", "CandidateCut", "Held", "allclear.entry/1", "2026-11-03T10:00:00Z"])
            .prop_map(Into::into),
    ];
    let key = select(vec![
        "kind", "schema", "version", "events", "claimed", "by", "who", "id", "needs", "via", "policy",
        "entry",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

/// Folds onto what was folded before, as a warm start does.
fn fold_onto(known: Project, rest: &[Link], all: &[Link]) -> Project {
    let mut fold = Fold::onto(known);
    for link in rest {
        fold.add(link);
    }
    loop {
        match fold.finish() {
            Ok(project) => return project,
            Err(again) => {
                fold = again;
                for link in all {
                    fold.add(link);
                }
            }
        }
    }
}

/// Folds the beginning of a chain, knowing of all its strikes.
fn fold_knowing(beginning: &[Link], all: &[Link]) -> Project {
    let mut fold = Fold::default();
    for link in all {
        fold.add(link);
    }
    let Err(mut again) = fold.finish() else { return allclear_core::project::fold(beginning) };
    for link in beginning {
        again.add(link);
    }
    again.finish().expect("it knows of all strikes")
}

fn states(assessment: &Assessment) -> Vec<(Version, State, Verdict, Vec<Verdict>)> {
    let gates = |c: &allclear_core::CandidateAssessment| c.gates.iter().map(|g| g.finding.verdict).collect();
    assessment.candidates.iter().map(|c| (c.version, c.state, c.verdict, gates(c))).collect()
}

fn entries() -> impl Strategy<Value = EntrySight> {
    select(vec![EntrySight::Holds, EntrySight::Unproven, EntrySight::DoesNotHold])
}

fn thing() -> impl Strategy<Value = Seen> {
    select(vec![Seen::Old, Seen::New, Seen::Other])
}

proptest! {
    #[test]
    fn nothing_that_can_be_pushed_breaks_the_fold(bytes in any::<Vec<u8>>(), json in any_json(), parents in 0_usize..3) {
        let made = [bytes, serde_json::to_vec(&json).unwrap()];
        let links: Vec<Link> = made
            .into_iter()
            .enumerate()
            .map(|(n, json)| read(RawEntry { commit: entry_id(n), parents: vec![entry_id(9); parents], json: Ok(json), signed: None }))
            .collect();
        let project = fold(&links);
        prop_assert_eq!(project.entries, 2);
        prop_assert!(!project.troubles.is_empty());
    }

    #[test]
    fn a_warm_start_gives_the_same(links in links(), part in 0.0..=1.0) {
        let whole = fold(&links);
        let n = (links.len() as f64 * part) as usize;
        let known = serde_json::to_string(&fold(&links[..n])).unwrap();
        let known: Project = serde_json::from_str(&known).unwrap();
        prop_assert_eq!(&known, &fold(&links[..n]));
        prop_assert_eq!(fold_onto(known, &links[n..], &links), whole);
    }

    #[test]
    fn only_what_may_be_struck_is_struck(links in links()) {
        let struck = fold(&links).struck;
        // Who is struck says what it strikes as of that.
        let least = |a: Strike, b: Strike| Strike { claimed: a.claimed.min(b.claimed), needs: a.needs.min(b.needs) };
        let mut strikes: BTreeMap<CommitId, Strike> = BTreeMap::new();
        for link in links.iter().rev() {
            let Body::Entry(by) = &link.body else { continue };
            let own = Strike { claimed: by.claimed, needs: by.needs };
            let own = strikes.get(&link.commit).map_or(own, |later| least(own, *later));
            for event in &by.events {
                if let Event::Struck { entry, .. } = event {
                    strikes.entry(entry.clone()).and_modify(|known| *known = least(*known, own)).or_insert(own);
                }
            }
        }
        for (n, link) in links.iter().enumerate() {
            // What is on record before it, with the strikes of what came before.
            let before = fold_knowing(&links[..n], &links);
            let allowed = strikes.get(&link.commit).is_some_and(|strike| match &link.body {
                Body::Entry(entry) => strike.hits(entry, &before),
                Body::Void(_) => true,
            });
            prop_assert_eq!(struck.contains_key(&link.commit), allowed);
        }
    }

    #[test]
    fn assessing_is_total_and_always_the_same(links in links(), facts in facts(), now in instant(), stable in thing(), develop in thing(), entry in entries(), moved in any::<bool>()) {
        let mut scene = Scene::new(policy()).seen(|seen| *seen = facts);
        let more = links.into_iter().enumerate().map(|(n, l)| Link { commit: entry_id(n + 1), ..l });
        scene.links.extend(more);
        let scene = scene.shows(Sight { entry, moved, stable, develop, tag: TagSight::Absent, candidate: BranchSight::AtRc });
        let project = scene.project();
        let policy = policy();
        for now in [at(now), Timestamp::MIN, Timestamp::MAX] {
            let first = assess(Some(&policy), &project, &scene.facts, now);
            prop_assert_eq!(&first, &assess(Some(&policy), &project, &scene.facts, now));
            let actions = due(Some(&policy), &first, &project, &scene.facts);
            prop_assert_eq!(actions, due(Some(&policy), &first, &project, &scene.facts));
        }
    }

    #[test]
    fn a_new_commit_alone_never_clears(scene in scene(), now in instant()) {
        let project = scene.project();
        let Some(policy) = project.candidates.get(&VERSION).map(|c| &c.cut.policy) else { return Ok(()) };
        let looked_at = policy.gates.downstream.enforce && !policy.downstreams.is_empty();
        prop_assume!(looked_at || policy.gates.soak.enforce || (policy.gates.checks.enforce && !policy.gates.checks.required.is_empty()));
        let fresh: CommitId = commit(0xf4e5);
        prop_assert!(!scene.seen(|seen| seen.head = Some(fresh)).is_clear(at(now)));
    }

    #[test]
    fn a_new_rc_has_its_own_soak_and_checks(scene in scene(), now in instant()) {
        let project = scene.project();
        let Some(policy) = project.candidates.get(&VERSION).map(|c| &c.cut.policy) else { return Ok(()) };
        let gates = &policy.gates;
        let fresh_soak = match gates.soak.after_fix {
            AfterFix::Serve(length) => length.0 > 0,
            AfterFix::Restart => gates.soak.length.0 > 0,
        };
        let looked_at = gates.downstream.enforce && !policy.downstreams.is_empty();
        prop_assume!(looked_at || (gates.soak.enforce && fresh_soak) || (gates.checks.enforce && !gates.checks.required.is_empty()));
        let later = now.max(12 * DAY);
        let scene = scene.then(later, rc(9, 0xf4e5)).head(0xf4e5);
        prop_assert!(!scene.is_clear(at(later)));
    }

    #[test]
    fn bad_news_never_clears(
        scene in scene(),
        news in prop_oneof![
            proptest::option::of(instant()).prop_map(|until| held(until.map(at))),
            Just(check("ci", false, 2)),
            Just(tried(experiment(&[depends("a")], 9, vec![finding("a", Tier::Must, Comparison::Regressed, 'c')], 2))),
            (instant(), stops()).prop_map(|(until, stops)| Event::Frozen { reason: "no".into(), until: at(until), stops }),
        ],
        later in instant(),
    ) {
        let told = scene.clone().then(12 * DAY, news);
        for now in [12 * DAY, 12 * DAY + later, 99 * DAY] {
            prop_assert!(scene.is_clear(at(now)) || !told.is_clear(at(now)));
        }
    }

    #[test]
    fn nothing_changes_before_it_is_said_to(scene in scene(), now in instant(), samples in proptest::collection::vec(0.0..1.0, 8)) {
        let project = scene.project();
        let look = |now: i64| assess(None, &project, &scene.facts, at(now));
        let first = look(now);
        let end = first.next_change_at.map_or(now + 40 * DAY, |t| t.as_second() - at(0).as_second());
        prop_assert!(end > now);
        let length = (end - 1 - now) as f64;
        for later in samples.into_iter().map(|s| now + (length * s) as i64).chain([end - 1]) {
            prop_assert_eq!(states(&first), states(&look(later)), "{} s later", later - now);
        }
    }
}

proptest! {
    #[test]
    fn what_was_withdrawn_never_comes_back(links in links(), more in links()) {
        let chain: Vec<Link> = links.iter().chain(&more).cloned().collect();
        let (before, after) = (fold(&links), fold(&chain));
        prop_assert!(after.withdrawn.keys().all(|v| !after.candidates.contains_key(v)));
        prop_assert!(after.withdrawn.keys().all(|v| !after.releases.contains_key(v)));
        // Unless the entry that said so was struck.
        if after.struck == before.struck {
            prop_assert!(before.withdrawn.keys().all(|v| after.withdrawn.contains_key(v)));
        }
    }

    #[test]
    fn what_is_promoted_is_cut_promoted_and_withdrawn_no_more(links in links(), more in links()) {
        let before = fold(&links);
        let chain: Vec<Link> = links.into_iter().chain(more).enumerate().map(|(n, l)| Link { commit: entry_id(n), ..l }).collect();
        let after = fold(&chain);
        // Unless the entry that said so was struck.
        if after.struck != before.struck {
            return Ok(());
        }
        let record = |project: &Project| {
            let open = project.candidates.get(&VERSION).and_then(|c| c.promoted.as_ref());
            let open = open.map(|p| (p.id.clone(), p.promotion.new_stable.clone()));
            open.or_else(|| project.releases.get(&VERSION).map(|r| (r.entry.clone(), r.stable.clone())))
        };
        prop_assert!(record(&before).is_none() || record(&before) == record(&after));
        prop_assert!(record(&after).is_none() || !after.withdrawn.contains_key(&VERSION));
    }

    #[test]
    fn closing_is_for_promotions_alone(links in links()) {
        let before = fold(&links);
        let mut after = before.clone();
        after.close(VERSION);
        let promoted = before.candidates.get(&VERSION).is_some_and(|c| c.promoted.is_some());
        if promoted {
            prop_assert!(after.releases.contains_key(&VERSION) && !after.candidates.contains_key(&VERSION));
        } else {
            prop_assert_eq!(after, before);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 50_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_clear_stays_so_while_a_promotion_lasts(scene in scene(), now in instant()) {
        prop_assume!(scene.is_clear(at(now)));
        let project = scene.project();
        let candidate = &project.candidates[&VERSION];
        let gates = &candidate.cut.policy.gates;
        for later in (0..=MARGIN.0 as i64).map(|s| at(now + s)) {
            if gates.freeze.enforce {
                let planned = candidate.cut.policy.freezes.iter().map(|f| (f.from, f.until, f.stops));
                let by_hand = project.freezes_from(at(now), candidate.cut.policy.trust).map(|f| (f.from, f.until, f.stops));
                for (from, until, stops) in planned.chain(by_hand) {
                    prop_assert!(!stops.promotions() || later < from || later >= until);
                }
            }
            if gates.checks.enforce {
                for (required, beat) in gates.checks.required.iter().filter_map(|r| Some((r, r.beat?))) {
                    let (_, last) = project.checks[candidate.commit()][&required.name].streak(beat.at_least_every, candidate.cut.policy.trust).unwrap();
                    prop_assert!(later < beat.at_least_every.after(last));
                }
            }
            if gates.hold.enforce {
                prop_assert!(candidate.hold.as_ref().is_none_or(|h| h.until.is_some_and(|until| until <= later)));
            }
            for report in scene.judge(later).gates.iter().filter(|g| g.enforced && !matches!(g.gate, Gate::Freeze | Gate::Checks)) {
                prop_assert!(report.finding.verdict.is_clear());
            }
        }
    }
}

#[test]
fn a_warm_start_honours_an_earlier_strike() {
    let strike = |n| Event::Struck { entry: entry_id(n), reason: "no".into() };
    let links = [
        link(0, at(0), Vec::new()),
        link(1, at(DAY), vec![check("ci", true, 2)]),
        link(2, at(0), vec![strike(1)]),
        link(3, at(DAY), vec![strike(1)]),
        read(RawEntry {
            commit: entry_id(4),
            parents: vec![entry_id(3)],
            json: Ok(Vec::new()),
            signed: None,
        }),
        link(5, at(0), vec![strike(4)]),
        // Bad news stands as of its earliest strike.
        link(6, at(DAY), vec![check("ci", false, 3), Event::Unknown]),
        link(7, at(DAY), vec![strike(6)]),
        link(8, at(HOUR), vec![strike(6)]),
    ];
    let whole = fold(&links);
    assert!(whole.struck.keys().eq(&[entry_id(1), entry_id(4), entry_id(6)]));
    for n in 0..links.len() {
        assert_eq!(fold_onto(fold(&links[..n]), &links[n..], &links), whole, "warm after {n}");
    }
}
