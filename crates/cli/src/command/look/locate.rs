//! `where`: on develop, in which rc, in which release; or what brings it there.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui::{self, BOLD, DIM, paint};
use allclear_core::decide::pick::Train;
use allclear_core::types::text::list;
use allclear_engine::{CommitLocation, Fault, MatchedBy, Route, Snapshot, Twin};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// In which rc and release a commit is, or what would bring it there.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// An id, the beginning of one, or a branch or tag of the server.
    #[arg(value_name = "COMMIT")]
    commit: String,
}

impl Command for Where {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let seen = context.engine().observe()?;
        let found = context.engine().locate(&seen, &self.commit)?;
        if flags.json {
            ui::json(&value(&found));
        } else {
            show(&found, &seen, &zone_of(&seen), context.now());
        }
        context.store.index();
        Ok(Exit::Done)
    }
}

fn show(found: &CommitLocation, seen: &Snapshot, zone: &TimeZone, now: Timestamp) {
    let at = |at: Timestamp| instant::show(at, zone, now);
    let line = |what: &str, text: String| ui::out(format!("  {what:<9} {text}"));
    let develop = seen.policy.get().map_or("develop", |p| p.branches.develop.as_str());
    ui::out(format!("{} \"{}\"", paint(BOLD, found.commit.short()), found.subject));
    match &found.develop {
        Some(on) => {
            let since = on.since.map(|since| format!(", since {}", at(since))).unwrap_or_default();
            let whose = on.twin.as_ref().map_or(&found.commit, |twin| &twin.commit);
            let brought = || format!(", by {} \"{}\"", on.by.short(), on.subject);
            let by = if on.by == *whose { String::new() } else { brought() };
            line("develop", format!("on {develop}{}{since}{by}", likeness(on.twin.as_ref())));
        }
        None => line("develop", format!("not on {develop}")),
    }
    if let Some(rc) = &found.rc {
        let ended = if rc.ended { ", which ended without a release" } else { "" };
        line(
            "rc",
            format!("first in {} at {}{}{ended}", rc.tag, rc.commit.short(), likeness(rc.twin.as_ref())),
        );
    }
    for on in &found.candidates {
        if let Some(n) = on.next_rc {
            line(
                "candidate",
                format!("on {}{}; it will be in rc.{n}", on.version, likeness(on.twin.as_ref())),
            );
        }
    }
    match &found.release {
        Some(release) => {
            let of = release.at.map(|of| format!(" of {}", at(of))).unwrap_or_default();
            let twin = likeness(release.twin.as_ref());
            line("release", format!("first in {} at {}{twin}{of}", release.tag, release.commit.short()));
        }
        None => line("release", "not released yet".into()),
    }
    let next = || {
        let version = found.next_version.map(|v| format!("; it will be in {v}")).unwrap_or_default();
        match found.next_cut {
            Some(cut) => format!("the next cut is {} ({}){version}", at(cut), instant::distance(cut, now)),
            None => format!("it goes into the next cut{version}"),
        }
    };
    match &found.way {
        Route::NothingToDo => {}
        Route::ByDevelop if found.branches.is_empty() => {
            ui::out("No branch of the server has it: it was never pushed, or it was rewritten or withdrawn.");
        }
        Route::ByDevelop => {
            ui::out(format!(
                "It is on {}. Merge it into {develop}, and it goes into the next cut.",
                list(&found.branches)
            ));
        }
        Route::ByCut { why } => {
            if let Some(why) = why {
                ui::out(format!("No candidate takes it: {why}."));
            }
            ui::out(sentence(&next()));
        }
        Route::ByPick { command, version, train } => {
            ui::out(format!(
                "{command}  {}",
                paint(DIM, format!("brings it to {version}{}", delay(*train, &at)))
            ));
            ui::out(format!("Otherwise {}.", next()));
        }
    }
}

fn delay(train: Train, at: &dyn Fn(Timestamp) -> String) -> String {
    match train {
        Train::Free => String::new(),
        Train::InTime { by } => format!("; without delay as an rc before {}", at(by)),
        Train::OnlyNow { by } => {
            format!("; without delay only if allclear rc makes it an rc before {}", at(by))
        }
        Train::Delayed { until } => format!(", and delays it to {}", at(until)),
    }
}

fn likeness(twin: Option<&Twin>) -> String {
    let how = |twin: &Twin| match twin.how {
        MatchedBy::SamePatch => "the same patch",
        MatchedBy::PickedFromIt => "which says that it was picked from it",
        MatchedBy::ItsOrigin => "which it was picked from",
    };
    twin.map(|twin| format!(", as {}, {}", twin.commit.short(), how(twin))).unwrap_or_default()
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn value(found: &CommitLocation) -> Value {
    let id = |twin: &Option<Twin>| twin.as_ref().map(|twin| twin.commit.clone());
    let how = |twin: &Option<Twin>| {
        twin.as_ref().map(|twin| match twin.how {
            MatchedBy::SamePatch => "same-patch",
            MatchedBy::PickedFromIt => "picked-from-it",
            MatchedBy::ItsOrigin => "its-origin",
        })
    };
    let pick = match &found.way {
        Route::ByPick { command, version, train } => {
            let (by, until) = match *train {
                Train::InTime { by } | Train::OnlyNow { by } => (Some(by), None),
                Train::Delayed { until } => (None, Some(until)),
                Train::Free => (None, None),
            };
            json!({"command": command, "version": version, "by": by, "delays_until": until})
        }
        Route::NothingToDo | Route::ByDevelop | Route::ByCut { .. } => Value::Null,
    };
    let why = match &found.way {
        Route::ByCut { why } => why.clone(),
        Route::NothingToDo | Route::ByDevelop | Route::ByPick { .. } => None,
    };
    json!({
        "schema": "allclear.where/1",
        "commit": found.commit,
        "subject": found.subject,
        "develop": found.develop.as_ref().map(|d| {
            let direct = d.by == *d.twin.as_ref().map_or(&found.commit, |twin| &twin.commit);
            json!({"since": d.since, "merge": (!direct).then_some(&d.by), "as": id(&d.twin), "how": how(&d.twin)})
        }),
        "candidates": found.candidates.iter().map(|c| {
            json!({"version": c.version, "next_rc": c.next_rc, "as": id(&c.twin), "how": how(&c.twin)})
        }).collect::<Vec<_>>(),
        "rc": found.rc.as_ref().map(|rc| {
            json!({"version": rc.version, "n": rc.n, "tag": rc.tag, "commit": rc.commit, "as": id(&rc.twin), "how": how(&rc.twin), "ended": rc.ended})
        }),
        "release": found.release.as_ref().map(|r| {
            json!({"version": r.version, "tag": r.tag, "at": r.at, "commit": r.commit, "as": id(&r.twin), "how": how(&r.twin)})
        }),
        "branches": found.branches,
        "pick": pick,
        "no_pick": why,
        "next_cut": found.next_cut,
        "next_version": found.next_version,
    })
}
