//! `verify`: whether the record is true, release by release.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui::{self, BAD, BOLD, DIM, GOOD, WAIT, paint};
use allclear_core::CommitId;
use allclear_core::project::trust::Level;
use allclear_core::types::text::{count, name_of, plain};
use allclear_core::verify::{Claim, Truth};
use allclear_engine::{Fault, FaultKind, ReleaseTruth, Verification};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// How many releases that cannot be checked for the same reason are named one by one.
const NAMED: usize = 3;

/// Whether the record is true.
///
/// Every release, its facts, its gates and its signatures.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The full id of the ledger's first entry, as somebody you trust told you.
    #[arg(long, value_name = "ID")]
    root: Option<String>,
}

impl Command for Verify {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let root = self.root.as_deref();
        let root = root
            .map(|id| {
                CommitId::parse(id).map_err(|e| {
                    Fault::new(FaultKind::Usage, e.to_string())
                        .hint("--root is the full id of the ledger's first entry, as you were told it")
                })
            })
            .transpose()?;
        let context = Context::open(flags)?;
        let found = context.engine().verify(root.as_ref())?;
        let zone = context.engine().recall().map_or(TimeZone::UTC, |seen| zone_of(&seen));
        let count = |wanted: fn(&Truth) -> bool| found.all().filter(|truth| wanted(truth)).count();
        let broken = count(|truth| matches!(truth, Truth::DoesNotHold(_)));
        let unsure = count(|truth| matches!(truth, Truth::CannotBeChecked(_)));
        if flags.json {
            ui::json(&value(&found, broken, unsure));
        } else {
            show(&found, &zone, context.now());
            ui::out("");
            ui::out(conclusion(&found, broken, unsure));
        }
        Ok(if broken == 0 { Exit::Done } else { Exit::Blocked })
    }
}

fn show(found: &Verification, zone: &TimeZone, now: jiff::Timestamp) {
    let pinned = if found.pinned { "as you were told" } else { "trusted on first use" };
    ui::out(format!("{} {} · {pinned}", paint(BOLD, "root"), found.root));
    let claimed = found.entries.saturating_sub(found.recorded.max(found.stated));
    ui::out(format!(
        "{} · {} recorded by signature, {} stated, {claimed} claimed · {} checked now",
        entries(found.entries),
        found.recorded,
        found.stated,
        found.new
    ));
    for claim in found.claims.iter().filter(|claim| claim.truth != Truth::Holds) {
        ui::out(line(claim));
    }
    let (told, before): (Vec<_>, Vec<_>) = found.releases.iter().partition(|r| r.at.is_some() || broken(r));
    for release in told {
        release_lines(release, zone, now);
    }
    for release in before.iter().take(NAMED) {
        release_lines(release, zone, now);
    }
    if let Some(rest) = before.len().checked_sub(NAMED).filter(|rest| *rest > 0) {
        ui::out(paint(DIM, format!("? and {rest} more that cannot be checked; --json has them all")));
    }
    for note in &found.notes {
        ui::say(format!("{} {note}", paint(DIM, "note:")));
    }
}

fn broken(release: &ReleaseTruth) -> bool {
    matches!(release.truth(), Truth::DoesNotHold(_))
}

fn release_lines(release: &ReleaseTruth, zone: &TimeZone, now: jiff::Timestamp) {
    let truth = release.truth();
    let by = release.by.as_ref().map(|(by, level)| format!(" · by {} ({})", name_of(&by.who), proven(level)));
    let at = release.at.map(|at| format!(" · {}", instant::show(at, zone, now)));
    let sum = match truth {
        Truth::Holds => {
            let clear = release.gates.iter().filter(|gate| gate.enforced && gate.verdict.is_clear()).count();
            format!(" · {} clear, {} true", count(clear, "gate"), count(release.claims.len(), "claim"))
        }
        Truth::CannotBeChecked(_) | Truth::DoesNotHold(_) => String::new(),
    };
    ui::out(format!(
        "{} {:<9} {}{sum}{}{}",
        sign(truth),
        release.version.to_string(),
        truth.word(),
        at.unwrap_or_default(),
        by.unwrap_or_default()
    ));
    if let Some(how) = &release.completed {
        ui::out(format!("  {how}"));
    }
    for (what, voice) in &release.voices {
        ui::out(paint(DIM, format!("  {what} by {} ({})", voice.shown(), proven(&voice.level))));
    }
    for claim in release.claims.iter().filter(|claim| claim.truth != Truth::Holds) {
        ui::out(format!("  {}", line(claim)));
    }
}

fn line(claim: &Claim) -> String {
    let why = claim.truth.why().map(|why| format!(": {}", plain(why))).unwrap_or_default();
    format!("{} {} {}{why}", sign(&claim.truth), claim.about, claim.truth.word())
}

fn sign(truth: &Truth) -> String {
    match truth {
        Truth::Holds => paint(GOOD, "✔"),
        Truth::CannotBeChecked(_) => paint(WAIT, "?"),
        Truth::DoesNotHold(_) => paint(BAD, "✖"),
    }
}

/// Says how far a word is proven, and by whom.
fn proven(level: &Level) -> String {
    match level.key() {
        None => level.word().into(),
        Some(key) => match &key.name {
            Some(name) => format!("{} by {}'s key", level.word(), name_of(name)),
            None => format!("{} by {}", level.word(), key.fingerprint),
        },
    }
}

fn entries(n: u64) -> String {
    if n == 1 { "1 entry".into() } else { format!("{n} entries") }
}

fn conclusion(found: &Verification, broken: usize, unsure: usize) -> String {
    let unsure = match unsure {
        0 => String::new(),
        n => format!(", {n} cannot be checked"),
    };
    match broken {
        0 => paint(GOOD, format!("The record holds: {}{unsure}.", count(told(found), "release"))),
        n => paint(BAD, format!("The record does not hold: {}{unsure}.", count(n, "claim"))),
    }
}

fn told(found: &Verification) -> usize {
    found.releases.iter().filter(|release| release.at.is_some()).count()
}

fn value(found: &Verification, broken: usize, unsure: usize) -> Value {
    let level = |level: &Level| json!({"level": level.word(), "key": level.key()});
    let releases: Vec<Value> = found
        .releases
        .iter()
        .map(|r| {
            let voices: Vec<Value> = r
                .voices
                .iter()
                .map(|(what, voice)| json!({"what": what, "who": voice.who, "recorded_by": voice.recorded_by, "proof": level(&voice.level)}))
                .collect();
            json!({
                "version": r.version, "tag": r.tag, "at": r.at, "truth": r.truth().word(), "why": r.truth().why(),
                "by": r.by.as_ref().map(|(by, l)| json!({"who": by.who, "proof": level(l)})),
                "completed": r.completed, "gates": r.gates, "voices": voices, "claims": r.claims,
            })
        })
        .collect();
    json!({
        "schema": "allclear.verify/1", "holds": broken == 0, "does-not-hold": broken, "cannot-be-checked": unsure,
        "root": found.root, "root-pinned": found.pinned, "head": found.head,
        "entries": found.entries, "new": found.new, "recorded": found.recorded, "stated": found.stated,
        "claims": found.claims, "releases": releases, "notes": found.notes,
    })
}
