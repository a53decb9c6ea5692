//! Whose word counts: forged, replayed, back-dated and misplaced signatures, under `trust = "signed"`.

use crate::make::{
    self, DAY, HOUR, Scene, VERSION, at, check, commit, depends, entry_id, experiment, finding, held, link,
    policy, rc, tried,
};
use allclear_core::experiment::{Comparison, Tier};
use allclear_core::ledger::actor::{Actor, Proof};
use allclear_core::ledger::entry::{Body, Link};
use allclear_core::ledger::event::{Event, ReportOutcome};
use allclear_core::ledger::signature::{ARMOR_LIMIT, Fingerprint, GIT, Signed, read_key, verify};
use allclear_core::ledger::signer::{Change, Role, Signer};
use allclear_core::ledger::statement::{NAMESPACE, Statement, text};
use allclear_core::policy::{Policy, RequiredCheck, Stops, Trust};
use allclear_core::project::roster::Founding;
use allclear_core::project::statements::REACH;
use allclear_core::project::trust::Level;
use allclear_core::types::gate::Gate;
use allclear_core::{CommitId, Project, Verdict};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

pub(crate) const MIRA: u8 = 1;
pub(crate) const BEN: u8 = 2;
pub(crate) const EVE: u8 = 66;

pub(crate) fn key(n: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[n; 32]))
}

pub(crate) fn public(n: u8) -> String {
    key(n).public_key().to_openssh().unwrap()
}

pub(crate) fn fingerprint(n: u8) -> Fingerprint {
    read_key(&public(n)).unwrap().0
}

pub(crate) fn armor(n: u8, namespace: &str, payload: &[u8]) -> String {
    key(n).sign(namespace, HashAlg::Sha512, payload).unwrap().to_pem(LineEnding::LF).unwrap()
}

pub(crate) fn signer(name: &str, n: u8, roles: &[Role]) -> Signer {
    Signer { name: name.into(), key: public(n), roles: roles.to_vec() }
}

pub(crate) fn mira() -> Signer {
    signer("Mira <mira@example.org>", MIRA, &[Role::Admin, Role::Captain])
}

pub(crate) fn ben() -> Signer {
    signer("Ben <ben@example.org>", BEN, &[Role::Approver])
}

pub(crate) fn signed(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = policy();
    policy.trust = Trust::Signed;
    policy.gates.approvals.count = 1;
    change(&mut policy);
    policy
}

/// A candidate in a ledger whose root names signers.
pub(crate) fn scene(signers: Vec<Signer>, threshold: Option<u32>, policy: Policy) -> Scene {
    let mut scene = Scene::new(policy);
    entry(&mut scene.links[0]).events[0] =
        Event::LedgerStarted { project: "lib".into(), develop: None, signers, threshold };
    scene
}

pub(crate) fn entry(link: &mut Link) -> &mut allclear_core::Entry {
    match &mut link.body {
        Body::Entry(entry) => entry,
        Body::Void(why) => panic!("{why}"),
    }
}

pub(crate) fn statement(n: u8, root: &CommitId, head: &CommitId, events: &[Event]) -> Statement {
    let text = text(root, head, events).unwrap();
    Statement::new(head.clone(), armor(n, NAMESPACE, text.as_bytes())).unwrap()
}

pub(crate) trait Say {
    fn with(self, seconds: i64, event: Event, change: impl FnOnce(&mut Link)) -> Self;
    fn stated(self, n: u8, seconds: i64, event: Event) -> Self;
    fn recorded(self, n: u8, seconds: i64, event: Event) -> Self;
    fn approvals(&self) -> Verdict;
    fn whys(&self) -> Vec<String>;
}

impl Say for Scene {
    fn with(mut self, seconds: i64, event: Event, change: impl FnOnce(&mut Link)) -> Self {
        let mut next = link(self.links.len(), at(seconds), vec![event]);
        change(&mut next);
        self.links.push(next);
        self
    }

    /// Somebody's key says it, on the newest head.
    fn stated(self, n: u8, seconds: i64, event: Event) -> Self {
        let said = statement(n, &entry_id(0), &entry_id(self.links.len() - 1), std::slice::from_ref(&event));
        self.with(seconds, event, |link| entry(link).statement = Some(said))
    }

    /// Somebody's key signs the entry's commit.
    fn recorded(self, n: u8, seconds: i64, event: Event) -> Self {
        let payload = format!("tree {}\n\nwhat git signs", commit(7)).into_bytes();
        let armor = armor(n, GIT, &payload);
        self.with(seconds, event, |link| link.signed = Some(Signed { armor, payload }))
    }

    fn approvals(&self) -> Verdict {
        self.gate(Gate::Approvals, 2 * HOUR).verdict
    }

    fn whys(&self) -> Vec<String> {
        self.project().ignored.into_iter().map(|ignored| ignored.why).collect()
    }
}

fn approved() -> Event {
    Event::Approved { version: VERSION, commit: commit(2) }
}

fn of(signers: Vec<Signer>) -> Scene {
    scene(signers, None, signed(|_| ()))
}

#[test]
fn an_approval_counts_from_an_approvers_own_key() {
    let fresh = || of(vec![mira(), ben()]);
    assert_eq!(fresh().stated(BEN, 60, approved()).approvals(), Verdict::Passed);
    assert_eq!(fresh().stated(MIRA, 60, approved()).approvals(), Verdict::Passed, "a captain may too");
    let claimed = |link: &mut Link| {
        entry(link).by = Actor { who: "Ben <ben@example.org>".into(), proof: Proof::Signed };
    };
    for (name, scene) in [
        ("a claim", fresh().then(60, approved())),
        ("a claim that says it is signed", fresh().with(60, approved(), claimed)),
        ("who wrote it down did not say it", fresh().recorded(BEN, 60, approved())),
        ("an unknown key", fresh().stated(EVE, 60, approved())),
        (
            "a signer of another role",
            of(vec![mira(), signer("CI", BEN, &[Role::Recorder])]).stated(BEN, 60, approved()),
        ),
        ("another commit", fresh().stated(BEN, 60, Event::Approved { version: VERSION, commit: commit(5) })),
    ] {
        assert_eq!(scene.approvals(), Verdict::Missing, "{name}");
    }
    let trusting = scene(Vec::new(), None, {
        let mut p = signed(|_| ());
        p.trust = Trust::Claimed;
        p
    });
    assert_eq!(trusting.then(60, approved()).approvals(), Verdict::Passed);
}

#[test]
fn a_statement_of_another_place_or_time_is_none() {
    let forged = |said: Statement| {
        let scene = of(vec![mira(), ben()]).then(30, rc(1, 2));
        let scene = scene.with(60, approved(), |link| entry(link).statement = Some(said));
        assert_eq!(scene.approvals(), Verdict::Missing);
        scene.whys().pop().unwrap()
    };
    let events = [approved()];
    let good = || statement(BEN, &entry_id(0), &entry_id(1), &events);
    for (name, said, why) in [
        ("a fork: another root", statement(BEN, &commit(0xf0), &entry_id(1), &events), "not valid"),
        ("a head of another chain", statement(BEN, &entry_id(0), &commit(0xf1), &events), "another record"),
        (
            "the head it stands in itself",
            statement(BEN, &entry_id(0), &entry_id(2), &events),
            "another record",
        ),
        (
            "another commit's approval",
            statement(
                BEN,
                &entry_id(0),
                &entry_id(1),
                &[Event::Approved { version: VERSION, commit: commit(5) }],
            ),
            "not valid",
        ),
        (
            "another version's approval",
            statement(
                BEN,
                &entry_id(0),
                &entry_id(1),
                &[Event::Approved { version: allclear_core::Version::new(2, 9, 1), commit: commit(2) }],
            ),
            "not valid",
        ),
        ("another head than it says", Statement { head: entry_id(0), ..good() }, "not valid"),
        ("another key's name on it", Statement { key: public(MIRA), ..good() }, "not valid"),
        (
            "git's namespace",
            Statement {
                signature: armor(BEN, GIT, text(&entry_id(0), &entry_id(1), &events).unwrap().as_bytes()),
                ..good()
            },
            "not valid",
        ),
        (
            "rubbish",
            Statement { signature: "-----BEGIN SSH SIGNATURE-----\n\u{1b}[2J".into(), ..good() },
            "not valid",
        ),
        (
            "ten mebibytes",
            Statement { signature: good().signature + &"A".repeat(10 << 20), ..good() },
            "not valid",
        ),
    ] {
        let heard = forged(said);
        assert!(heard.contains(why), "{name}: {heard}");
    }
}

#[test]
fn a_statement_counts_once_and_not_for_ever() {
    let said = |n: usize| statement(BEN, &entry_id(0), &entry_id(n), &[approved()]);
    let say = |scene: Scene, said: Statement| {
        let seconds = scene.links.len() as i64;
        scene.with(seconds, approved(), |link| entry(link).statement = Some(said))
    };
    let twice = say(say(of(vec![mira(), ben()]), said(0)), said(0));
    assert_eq!(twice.project().candidates[&VERSION].approvals.len(), 2);
    assert_eq!(twice.project().candidates[&VERSION].approvals[1].by.level, Level::Claimed);
    assert!(twice.whys()[0].contains("counts once"));
    for (more, verdict) in [(REACH - 1, Verdict::Passed), (REACH, Verdict::Missing)] {
        let later =
            (0..more).fold(of(vec![mira(), ben()]), |scene, n| scene.then(n as i64, check("ci", true, 4)));
        assert_eq!(say(later, said(0)).approvals(), verdict, "after {more} entries");
    }
    // A fold that goes on from a cache knows what was said before.
    let links = twice.links;
    let mut first = allclear_core::project::Fold::default();
    first.add(&links[0]);
    first.add(&links[1]);
    let kept = serde_json::to_vec(&first.finish().unwrap()).unwrap();
    let mut onto = allclear_core::project::Fold::onto(serde_json::from_slice(&kept).unwrap());
    onto.add(&links[2]);
    assert_eq!(onto.finish().unwrap(), allclear_core::project::fold(&links));
}

#[test]
fn a_waiver_is_for_its_gate_and_its_subject() {
    let waived = |gate: &str, subject: Option<&str>| make::waived(gate, subject, Verdict::Failed, 1);
    let mut for_another_reason = waived("soak", None);
    if let Event::Waived { reason, .. } = &mut for_another_reason {
        *reason = "other".into();
    }
    let soak = |scene: &Scene| scene.gate(Gate::Soak, HOUR).verdict;
    let fresh = || of(vec![mira(), ben()]);
    assert_eq!(soak(&fresh().stated(MIRA, 60, waived("soak", None))), Verdict::Waived);
    assert_eq!(soak(&fresh().stated(BEN, 60, waived("soak", None))), Verdict::Pending, "no captain");
    assert_eq!(soak(&fresh().then(60, waived("soak", None))), Verdict::Pending);
    let others = [
        waived("fixes", None),
        waived("soak", Some("x")),
        // Values that would be other lines, were they not quoted.
        waived("soak\nsubject \"x\"", None),
        for_another_reason,
        make::waived("soak", None, Verdict::Errored, 1),
        make::waived("soak", None, Verdict::Failed, 2),
    ];
    for other in others {
        let said = statement(MIRA, &entry_id(0), &entry_id(0), std::slice::from_ref(&other));
        let scene = fresh().with(60, waived("soak", None), |link| entry(link).statement = Some(said));
        assert_eq!(soak(&scene), Verdict::Pending, "{other:?}");
    }
}

#[test]
fn one_person_is_one_under_any_name() {
    let two = || {
        scene(
            vec![mira(), ben(), signer("BEN", 3, &[Role::Approver])],
            None,
            signed(|p| p.gates.approvals.count = 2),
        )
    };
    let named = |scene: Scene, n: u8, who: &str| {
        let head = entry_id(scene.links.len() - 1);
        let said = statement(n, &entry_id(0), &head, &[approved()]);
        scene.with(60, approved(), |link| {
            entry(link).statement = Some(said);
            entry(link).by.who = who.into();
        })
    };
    let same_key = named(named(two(), BEN, "Ben"), BEN, "Somebody Else");
    let same_name = named(named(two(), BEN, "x"), 3, "y");
    let both = named(named(two(), BEN, "x"), MIRA, "y");
    assert_eq!((same_key.approvals(), same_name.approvals()), (Verdict::Missing, Verdict::Missing));
    assert_eq!(both.approvals(), Verdict::Passed);
    // An author is one under another name too.
    let author = both.seen(|seen| seen.authors = vec!["b. <ben@example.org>".into()]);
    assert_eq!(author.approvals(), Verdict::Missing);
}

fn change(add: Vec<Signer>, revoke: &[u8]) -> Event {
    let revoke = revoke.iter().map(|n| fingerprint(*n)).collect();
    Event::SignersProposed(Box::new(Change { add, revoke, threshold: None, reason: "so".into() }))
}

fn names(project: &Project) -> Vec<&str> {
    project.roster.signers.values().map(|s| s.name.split(' ').next().unwrap_or_default()).collect()
}

#[test]
fn a_key_is_revoked_at_a_position() {
    let revoked =
        of(vec![mira(), ben()]).stated(BEN, 60, approved()).stated(MIRA, HOUR, change(Vec::new(), &[BEN]));
    assert_eq!(revoked.approvals(), Verdict::Passed, "what came before counts");
    let later = of(vec![mira(), ben()]).stated(MIRA, HOUR, change(Vec::new(), &[BEN]));
    assert_eq!(names(&later.project()), ["Mira"]);
    // Claimed an hour before the revocation, and after it in the chain.
    assert_eq!(later.stated(BEN, 30, approved()).approvals(), Verdict::Missing);
}

#[test]
fn nobody_makes_himself_a_signer() {
    let eve = || signer("Eve", EVE, &[Role::Admin, Role::Captain]);
    for scene in [
        of(vec![mira(), ben()]).stated(EVE, 60, change(vec![eve()], &[])),
        of(vec![mira(), ben()]).then(60, change(vec![eve()], &[])),
        of(vec![mira(), ben()]).recorded(MIRA, 60, change(vec![eve()], &[])),
        of(vec![mira(), ben()]).stated(BEN, 60, change(vec![signer("Ben", BEN, &[Role::Admin])], &[])),
        // A second root is no root.
        of(vec![mira(), ben()]).then(
            60,
            Event::LedgerStarted {
                project: "mine".into(),
                develop: None,
                signers: vec![eve()],
                threshold: None,
            },
        ),
    ] {
        assert_eq!(scene.project().roster.signers.len(), 2);
        assert_eq!(scene.project().roster.signers[&fingerprint(BEN)].roles, [Role::Approver]);
    }
    let scene = of(vec![mira(), ben()]).stated(EVE, 60, change(vec![eve()], &[]));
    assert!(scene.whys()[0].contains("its key is not an admin's"), "{:?}", scene.whys());
    // What he proposed, an admin may still second.
    let proposal = entry_id(1);
    let scene = scene.stated(MIRA, 90, Event::SignersSeconded { proposal });
    assert!(scene.project().roster.signers.contains_key(&fingerprint(EVE)));
}

#[test]
fn two_admins_change_what_takes_two() {
    let ann = || signer("Ann", 4, &[Role::Admin]);
    let start = || scene(vec![mira(), ann(), ben()], Some(2), signed(|_| ()));
    let one = start().stated(MIRA, 60, change(Vec::new(), &[BEN]));
    let proposal = entry_id(1);
    let second = || Event::SignersSeconded { proposal: proposal.clone() };
    assert_eq!(one.project().roster.signers.len(), 3);
    assert_eq!(
        one.clone().stated(MIRA, 90, second()).project().roster.signers.len(),
        3,
        "the same one twice"
    );
    assert_eq!(one.clone().stated(BEN, 90, second()).project().roster.signers.len(), 3, "no admin");
    assert_eq!(one.clone().then(90, second()).project().roster.signers.len(), 3, "a claim");
    assert_eq!(one.clone().stated(4, 90, second()).project().roster.signers.len(), 2);
    // Two keys of one admin are one admin.
    let twin = signer("mira <m@example.org>", 5, &[Role::Admin]);
    let twins = scene(vec![mira(), ann(), twin, ben()], Some(2), signed(|_| ()));
    let twins = twins.stated(MIRA, 60, change(Vec::new(), &[BEN])).stated(5, 90, second());
    assert_eq!(twins.project().roster.signers.len(), 4);
    // Nobody is left without admins, by mistake or otherwise.
    let lost = start().stated(MIRA, 60, change(Vec::new(), &[4])).stated(4, 90, second());
    assert_eq!(lost.project().roster.signers.len(), 3);
    assert!(lost.whys()[0].contains("fewer admins"));
}

#[test]
fn a_roster_is_founded_by_the_root_or_by_a_claim() {
    assert_eq!(of(vec![mira()]).project().roster.founded, Some(Founding::Root));
    let claimed = of(Vec::new()).then(60, change(vec![mira(), ben()], &[]));
    assert_eq!(claimed.project().roster.founded, Some(Founding::Claim(entry_id(1))));
    assert_eq!(claimed.stated(BEN, 90, approved()).approvals(), Verdict::Passed);
    let headless = of(Vec::new()).then(60, change(vec![ben()], &[]));
    assert_eq!(headless.project().roster.founded, None, "no admin, no roster");
    let weak = Signer {
        key: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAIQCqGKukO1De7zhZj6+H0qtjTkVxwTCpvKe4eCZ0FPqri0==".into(),
        ..mira()
    };
    assert_eq!(of(vec![weak]).project().roster.founded, None);
}

#[test]
fn a_check_counts_from_its_checker() {
    let required = RequiredCheck { name: "ci".into(), beat: None };
    let policy = || signed(|p| p.gates.checks.required = vec![required.clone()]);
    let ci = |roles: &[Role]| scene(vec![mira(), signer("CI", BEN, roles)], None, policy());
    let checker = || ci(&[Role::Checker("ci".into())]);
    let checks = |scene: &Scene| scene.gate(Gate::Checks, 2 * HOUR).verdict;
    for (name, scene, verdict) in [
        ("its checker", checker().recorded(BEN, 60, check("ci", true, 2)), Verdict::Passed),
        ("a recorder", ci(&[Role::Recorder]).recorded(BEN, 60, check("ci", true, 2)), Verdict::Passed),
        (
            "another check's",
            ci(&[Role::Checker("lint".into())]).recorded(BEN, 60, check("ci", true, 2)),
            Verdict::Missing,
        ),
        ("a claim", checker().then(60, check("ci", true, 2)), Verdict::Missing),
        ("an unknown key", checker().recorded(EVE, 60, check("ci", true, 2)), Verdict::Missing),
        (
            "bad news by anybody",
            checker().recorded(BEN, 60, check("ci", true, 2)).then(90, check("ci", false, 2)),
            Verdict::Failed,
        ),
        (
            "good news over bad by anybody",
            checker().recorded(BEN, 60, check("ci", false, 2)).then(90, check("ci", true, 2)),
            Verdict::Failed,
        ),
    ] {
        assert_eq!(checks(&scene), verdict, "{name}");
    }
    let tampered = checker().recorded(BEN, 60, check("ci", true, 2)).with(90, check("ci", true, 2), |link| {
        let payload = b"what git signs".to_vec();
        link.signed = Some(Signed { armor: armor(BEN, GIT, &payload), payload: b"what it became".to_vec() });
    });
    let line = &tampered.project().checks[&commit(2)]["ci"];
    assert_eq!(line.beats.iter().map(|told| told.vouched).collect::<Vec<_>>(), [true, false]);
    let kept = serde_json::to_vec(line).unwrap();
    assert_eq!(*line, serde_json::from_slice(&kept).unwrap());
}

#[test]
fn an_experiment_counts_from_its_checker() {
    let declared = [depends("a")];
    let policy = || signed(|p| p.downstreams = declared.to_vec());
    let lab =
        |role: &str| scene(vec![mira(), signer("Lab", BEN, &[Role::Checker(role.into())])], None, policy());
    let good = || tried(experiment(&declared, 1, Vec::new(), 2));
    let bad =
        || tried(experiment(&declared, 1, vec![finding("b", Tier::Must, Comparison::Regressed, 'c')], 2));
    for (name, scene, verdict) in [
        ("the lab", lab("downstream").recorded(BEN, 60, good()), Verdict::Passed),
        ("another check's", lab("ci").recorded(BEN, 60, good()), Verdict::Missing),
        ("a claim", lab("downstream").then(60, good()), Verdict::Missing),
        ("bad news by anybody", lab("downstream").recorded(BEN, 60, good()).then(90, bad()), Verdict::Failed),
        (
            "good news over bad by anybody",
            lab("downstream").recorded(BEN, 60, bad()).then(90, good()).then(91, good()),
            Verdict::Failed,
        ),
        (
            "good news by the lab",
            lab("downstream").then(60, bad()).recorded(BEN, 90, good()),
            Verdict::Passed,
        ),
        ("a claim after it", lab("downstream").recorded(BEN, 60, good()).then(90, good()), Verdict::Passed),
    ] {
        assert_eq!(scene.gate(Gate::Downstream, 2 * HOUR).verdict, verdict, "{name}");
    }
}

#[test]
fn anybody_stops_and_a_captain_lifts() {
    let hold = |scene: &Scene| scene.gate(Gate::Hold, 2 * HOUR).verdict;
    let stopped = || of(vec![mira(), ben()]).then(60, held(None));
    let lifted = || Event::HoldLifted { version: VERSION, reason: None };
    assert_eq!(hold(&stopped()), Verdict::Failed);
    assert_eq!(hold(&stopped().then(90, lifted())), Verdict::Failed);
    assert_eq!(hold(&stopped().stated(BEN, 90, lifted())), Verdict::Failed);
    assert_eq!(hold(&stopped().stated(MIRA, 90, lifted())), Verdict::Passed);
    let weaker = Event::PolicyAdopted {
        version: VERSION,
        policy: Box::new(policy()),
        digest: allclear_core::policy::digest(&policy()),
        from: commit(1),
        relaxed: Vec::new(),
    };
    let trust = |scene: Scene| scene.project().candidates[&VERSION].cut.policy.trust;
    assert_eq!(trust(stopped().then(90, weaker.clone())), Trust::Signed);
    assert_eq!(trust(stopped().stated(MIRA, 90, weaker)), Trust::Claimed);
    let accepted =
        |reason: &str| Event::CommitAccepted { version: VERSION, commit: commit(6), reason: reason.into() };
    let both = stopped().then(90, accepted("no matter")).stated(MIRA, 95, accepted("I looked"));
    assert_eq!(both.project().accepted[&commit(6)].reason, "I looked", "a claim does not keep a captain out");
}

#[test]
fn the_text_is_what_the_module_says() {
    let waived = Event::Waived {
        version: VERSION,
        gate: "soak".into(),
        subject: Some("a\nb".into()),
        commit: commit(2),
        verdict: Verdict::Failed,
        reason: "known".into(),
        until: at(0),
    };
    let lines = format!(
        "allclear.statement/1\nledger {}\nhead {}\nevent Waived\nversion 2.9.0\ngate \"soak\"\nsubject \"a\\nb\"\n\
         commit {}\nverdict failed\ntext 7117fff2d0fd294462b3c802b7cb8753579f23f3946b99cf55f38e873f013f10\nuntil {}\n",
        entry_id(0),
        entry_id(3),
        commit(2),
        at(0)
    );
    assert_eq!(text(&entry_id(0), &entry_id(3), &[waived]).unwrap(), lines);
    assert_eq!(text(&entry_id(0), &entry_id(3), &[approved(), rc(1, 2)]), None, "no one states an rc");
    assert_eq!(text(&entry_id(0), &entry_id(3), &[]), None);
    assert!(verify(&"A".repeat(ARMOR_LIMIT + 1), NAMESPACE, b"").is_none());
}

#[test]
fn p5_what_a_signer_reported_only_that_signer_takes_back() {
    let report = |outcome, who: &str, id: &str| make::report(1, outcome, who, id);
    let ben_says = "Ben <ben@example.org>";
    let fresh = || scene(vec![mira(), ben()], None, signed(|policy| policy.gates.reports.min_good = 1));
    let bad = || fresh().stated(BEN, 1, report(ReportOutcome::Bad, ben_says, "bad"));
    let good = || report(ReportOutcome::Good, ben_says, "good");
    let standing = |scene: &Scene| scene.project().candidates[&VERSION].standing_reports().count();
    assert_eq!(standing(&bad()), 1);
    assert_eq!(standing(&bad().then(2, good())), 1, "a claim in his name");
    assert_eq!(standing(&bad().then(2, report(ReportOutcome::Bad, ben_says, "b")).then(3, good())), 2);
    assert_eq!(standing(&bad().stated(EVE, 2, good())), 1, "a stranger's key");
    assert_eq!(standing(&bad().stated(MIRA, 2, good())), 1, "another signer");
    assert_eq!(standing(&bad().stated(BEN, 2, good())), 0);
    // What was only claimed, a signer of that name takes back.
    let claimed = fresh().then(1, report(ReportOutcome::Bad, ben_says, "bad"));
    assert_eq!(standing(&claimed.clone().then(2, good())), 1);
    assert_eq!(standing(&claimed.clone().stated(BEN, 2, good())), 0);
    assert_eq!(standing(&claimed.stated(MIRA, 2, good())), 1, "a signer in somebody else's name");
    let enough = |scene: Scene| scene.gate(Gate::Reports, HOUR).verdict;
    assert_eq!(enough(fresh().then(1, good())), Verdict::Missing, "a claim is no good word");
    assert_eq!(enough(fresh().stated(EVE, 1, good())), Verdict::Missing);
    assert_eq!(enough(fresh().stated(BEN, 1, good())), Verdict::Passed);
    let twice = scene(vec![mira(), ben()], None, signed(|policy| policy.gates.reports.min_good = 2));
    let twice =
        twice.stated(BEN, 1, good()).stated(BEN, 2, report(ReportOutcome::Good, "Somebody Else", "more"));
    assert_eq!(enough(twice), Verdict::Missing, "one key is one person");
}

#[test]
fn a_freeze_is_lifted_by_a_claim_only_where_claims_count() {
    let freeze = Event::Frozen { reason: "holidays".into(), until: at(9 * DAY), stops: Stops::Both };
    let withdrawn = Event::Withdrawn {
        version: VERSION,
        reason: "no".into(),
        head: None,
        archive: "refs/allclear/archive/release-2.9.0".into(),
        fixes: Vec::new(),
    };
    let frozen =
        || scene(vec![mira()], None, signed(|_| ())).then(1, withdrawn.clone()).then(2, freeze.clone());
    let lift = || Event::FreezeLifted { reason: None };
    let left = |scene: &Scene, trust| scene.project().freezes_from(at(HOUR), trust).count();
    let claimed = frozen().then(3, lift());
    assert_eq!((left(&claimed, Trust::Claimed), left(&claimed, Trust::Signed)), (0, 1));
    assert_eq!(left(&frozen().stated(MIRA, 3, lift()), Trust::Signed), 0);
}
