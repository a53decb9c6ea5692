//! `pick`: fixes come from develop onto the candidate.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui::{self, BOLD, DIM, paint};
use allclear_core::Version;
use allclear_core::decide::pick::Train;
use allclear_core::types::text::count;
use allclear_engine::{Clash, Fault, Note, PickWish, Picked, Picking, SkipReason, SkippedPick};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Bring fixes from develop to the candidate.
#[derive(Debug, clap::Args)]
pub(crate) struct Pick {
    /// Ids, beginnings of ids, or branches and tags of the server.
    #[arg(required = true, value_name = "COMMIT")]
    commits: Vec<String>,
    /// The candidate; the open one where absent.
    #[arg(long, value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Show what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Command for Pick {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let wish = PickWish { commits: self.commits.clone(), version: self.version, dry_run: self.dry_run };
        let context = Context::open(flags)?.watched(|note| {
            if matches!(note, Note::Overtaken { .. } | Note::Raced) {
                ui::say(paint(DIM, "somebody else pushed first; looking again"));
            }
        });
        let picked = context.engine().pick(&wish)?;
        match &picked {
            Picked::Aboard(picking) if flags.json => ui::json(&value(picking, wish.dry_run)),
            Picked::Clash(clash) if flags.json => ui::json(&clash_value(clash, wish.dry_run)),
            Picked::Aboard(picking) => {
                let zone = context.engine().recall().map_or(TimeZone::UTC, |seen| zone_of(&seen));
                show(picking, wish.dry_run, &zone, context.now());
            }
            Picked::Clash(clash) => show_clash(clash),
        }
        Ok(match picked {
            Picked::Aboard(_) => Exit::Done,
            Picked::Clash(_) => Exit::Conflict,
        })
    }
}

fn show(picking: &Picking, dry: bool, zone: &TimeZone, now: Timestamp) {
    let Picking { branch, picks, idle, .. } = picking;
    for one in idle {
        ui::out(format!("{} \"{}\" {}", one.commit.short(), one.subject, words(one, picking)));
    }
    if picks.is_empty() {
        ui::out(format!("nothing to pick; {branch} stays at {}", picking.old.short()));
        return;
    }
    let order = if picks.len() > 1 { ", oldest first" } else { "" };
    let word = if dry { "would pick" } else { "picked" };
    let onto = paint(BOLD, branch.to_string());
    ui::out(format!("{word} {} onto {onto}{order}", count(picks.len(), "commit")));
    for one in picks {
        ui::out(format!("  {} → {}  {}", one.commit.short(), one.made.short(), one.subject));
        for path in &one.kept {
            ui::out(format!(
                "    in {} the version stays {}",
                allclear_core::types::text::plain(path),
                picking.version
            ));
        }
    }
    ui::out(format!("  {branch} {} → {}", picking.old.short(), picking.new.short()));
    let rc = format!("rc.{}", picking.rc);
    ui::out(format!(
        "allclear tick tags {rc} once the branch has been unchanged for {}; allclear rc does it now.",
        picking.settle
    ));
    let at = |at| format!("{} ({})", instant::show(at, zone, now), instant::distance(at, now));
    let words = match picking.train {
        Train::Free => return,
        Train::InTime { by } => format!("is not delayed by an {rc} before {}", at(by)),
        Train::OnlyNow { by } => format!("is delayed, unless allclear rc makes it {rc} before {}", at(by)),
        Train::Delayed { until } => {
            format!("is delayed: {} is released no earlier than {}", picking.version, at(until))
        }
    };
    ui::out(format!("The train {words}."));
}

fn words(idle: &SkippedPick, picking: &Picking) -> String {
    let branch = &picking.branch;
    match &idle.why {
        SkipReason::AlreadyThere => format!("is on {branch} already"),
        SkipReason::SamePatch(as_id) => {
            format!("is on {branch} already, as {}, the same patch", as_id.short())
        }
        SkipReason::PickedAs(as_id) => {
            format!("is on {branch} already, as {}, which says that it was picked from it", as_id.short())
        }
        SkipReason::Empty => "changes nothing".into(),
        SkipReason::NothingLeft => format!("would change nothing: {branch} has all of it already"),
    }
}

fn show_clash(clash: &Clash) {
    ui::out(format!(
        "{} \"{}\" conflicts with {} in {}",
        clash.commit.short(),
        clash.subject,
        clash.branch,
        count(clash.files.len(), "file")
    ));
    for file in &clash.files {
        ui::out(format!("  {}: {}", paint(BOLD, &file.path), file.how));
        for line in &file.lines {
            ui::out(format!("    {line}"));
        }
    }
    ui::fault(&by_hand(clash), false);
}

fn by_hand(clash: &Clash) -> Fault {
    let Clash { branch, commit, .. } = clash;
    Fault::new(allclear_engine::FaultKind::Conflict, format!("{} does not apply to {branch}", commit.short()))
        .hint("a person resolves it, in a clone:")
        .hint(format!("git fetch && git switch {branch} && git merge --ff-only origin/{branch}"))
        .hint(format!("git cherry-pick -x {commit}"))
        .hint(format!("git push origin {branch}"))
}

fn value(picking: &Picking, dry: bool) -> Value {
    let (train, at) = match picking.train {
        Train::Free => ("free", None),
        Train::InTime { by } => ("in-time", Some(by)),
        Train::OnlyNow { by } => ("only-now", Some(by)),
        Train::Delayed { until } => ("delayed", Some(until)),
    };
    let why = |idle: &SkippedPick| match &idle.why {
        SkipReason::AlreadyThere => ("aboard", Some(idle.commit.clone())),
        SkipReason::SamePatch(id) => ("same-patch", Some(id.clone())),
        SkipReason::PickedAs(id) => ("picked", Some(id.clone())),
        SkipReason::Empty => ("empty", None),
        SkipReason::NothingLeft => ("nothing-left", None),
    };
    json!({
        "schema": "allclear.pick/1", "dry_run": dry, "version": picking.version, "branch": picking.branch,
        "old": picking.old, "new": picking.new, "rc": picking.rc, "settle": picking.settle,
        "picked": picking.picks.iter().map(|p| json!({"commit": p.commit, "subject": p.subject, "as": p.made, "version_kept_in": p.kept})).collect::<Vec<_>>(),
        "idle": picking.idle.iter().map(|i| json!({"commit": i.commit, "subject": i.subject, "why": why(i).0, "as": why(i).1})).collect::<Vec<_>>(),
        "train": {"state": train, "at": at},
        "conflict": null,
    })
}

fn clash_value(clash: &Clash, dry: bool) -> Value {
    let files = clash.files.iter().map(|f| json!({"path": f.path, "how": f.how, "lines": f.lines}));
    json!({
        "schema": "allclear.pick/1", "dry_run": dry, "version": clash.version, "branch": clash.branch,
        "old": clash.head, "new": clash.head, "picked": [], "idle": [],
        "conflict": {
            "commit": clash.commit, "subject": clash.subject,
            "files": files.collect::<Vec<_>>(), "by_hand": by_hand(clash).hints[1..],
        },
    })
}
