//! A policy as people read it, key by key.

use super::file::forms::{candidate_branch_text, candidate_tag_text, release_tag_text};
use super::file::keys::KEYS;
use super::file::words::{hours_text, length_text, period_text, zone};
use super::file::{Effective, Origin};
use super::file::{after, downstream, notify};
use super::model::{AfterFix, Freeze, HotfixPolicy, Policy, RequiredCheck, Train};
use crate::ecosystem::version_file::VersionFile;
use jiff::tz::TimeZone;
use serde::Serialize;

/// One line of `policy show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The dotted key; the freezes are `freeze[0]`, `freeze[1]` and so on.
    pub key: String,
    /// The value for people; in parentheses what an absent one means.
    pub value: String,
    /// Where the value is from.
    pub origin: Origin,
}

/// Gives one row for each key, in the order of the file, and one for each item of a list of tables.
pub fn rows(effective: &Effective) -> Vec<Row> {
    let policy = &effective.policy;
    let zone = zone_of(policy);
    let row = |key: String, value| {
        let origin = effective.origins.get(&key).or_else(|| effective.origins.get("preset")).copied();
        Row { key, value, origin: origin.unwrap_or(Origin::Preset("library@1")) }
    };
    let mut rows = Vec::with_capacity(FACES.len());
    for face in FACES {
        let items: Vec<String> = match face.key {
            "freeze" => policy.freezes.iter().map(|freeze| freeze_text(freeze, &zone)).collect(),
            "downstream" => policy.downstreams.iter().map(downstream::text).collect(),
            "check" => policy.lab_checks.iter().map(downstream::check_text).collect(),
            "after" => policy.after.iter().map(after::text).collect(),
            "notify" => policy.notify.iter().map(notify::text).collect(),
            _ => Vec::new(),
        };
        if items.is_empty() {
            rows.push(row(face.key.to_owned(), (face.show)(policy, &zone)));
        }
        let items = items.into_iter().enumerate();
        rows.extend(items.map(|(i, item)| row(format!("{}[{i}]", face.key), item)));
    }
    rows
}

/// How one key of a policy is written.
pub(super) struct Face {
    pub(super) key: &'static str,
    /// Writes the value, so that two different values never look the same.
    pub(super) show: fn(&Policy, &TimeZone) -> String,
}

const fn face(key: &'static str, show: fn(&Policy, &TimeZone) -> String) -> Face {
    Face { key, show }
}

/// All keys, in the order of the file.
pub(super) const FACES: &[Face] = &[
    face("preset", |p, _| p.preset.clone()),
    face("mode", |p, _| word(&p.mode)),
    face("project.name", |p, _| p.name.clone().unwrap_or_else(|| absent("project.name"))),
    face("project.time-zone", |p, _| p.time_zone.clone()),
    face("branches.stable", |p, _| p.branches.stable.to_string()),
    face("branches.develop", |p, _| p.branches.develop.to_string()),
    face("branches.candidate", |p, _| candidate_branch_text(&p.branches.candidate)),
    face("tags.release", |p, _| p.tags.as_ref().map_or_else(|| absent("tags.release"), release_tag_text)),
    face("tags.candidate", |p, _| {
        p.tags.as_ref().map_or_else(|| absent("tags.candidate"), candidate_tag_text)
    }),
    face("train.every", |p, _| train(p, |train| period_text(train.every))),
    face("train.anchor", |p, _| train(p, |train| train.anchor.strftime("%F %T").to_string())),
    face("train.when-busy", |p, _| train(p, |train| word(&train.when_busy))),
    face("version.files", |p, _| {
        p.version
            .files
            .as_ref()
            .map_or_else(|| absent("version.files"), |files| listed(files, version_file_text))
    }),
    face("version.default-bump", |p, _| word(&p.version.default_bump)),
    face("changelog.file", |p, _| p.changelog_file.clone().unwrap_or_else(|| absent("changelog.file"))),
    face("fixes.types", |p, _| listed(&p.fixes.types, String::clone)),
    face("fixes.paths", |p, _| listed(&p.fixes.paths, |text| format!("{text:?}"))),
    face("fixes.unclassified", |p, _| word(&p.fixes.unclassified)),
    face("candidate.settle", |p, _| length_text(p.settle)),
    face("gates.soak.enforce", |p, _| p.gates.soak.enforce.to_string()),
    face("gates.soak.for", |p, _| length_text(p.gates.soak.length)),
    face("gates.soak.after-fix", |p, _| after_fix_text(p.gates.soak.after_fix)),
    face("gates.fixes.enforce", |p, _| p.gates.fixes.enforce.to_string()),
    face("gates.merge-back.enforce", |p, _| p.gates.merge_back.enforce.to_string()),
    face("gates.contains-stable.enforce", |p, _| p.gates.contains_stable.enforce.to_string()),
    face("gates.version.enforce", |p, _| p.gates.version.enforce.to_string()),
    face("gates.checks.enforce", |p, _| p.gates.checks.enforce.to_string()),
    face("gates.checks.required", |p, _| listed(&p.gates.checks.required, check_text)),
    face("gates.downstream.enforce", |p, _| p.gates.downstream.enforce.to_string()),
    face("gates.downstream.coverage", |p, _| p.gates.downstream.coverage.to_string()),
    face("gates.downstream.sandbox", |p, _| word(&p.gates.downstream.sandbox)),
    face("gates.reports.enforce", |p, _| p.gates.reports.enforce.to_string()),
    face("gates.reports.min-good", |p, _| p.gates.reports.min_good.to_string()),
    face("gates.reports.triage", |p, _| length_text(p.gates.reports.triage)),
    face("gates.approvals.enforce", |p, _| p.gates.approvals.enforce.to_string()),
    face("gates.approvals.count", |p, _| p.gates.approvals.count.to_string()),
    face("gates.approvals.from", |p, _| listed(&p.gates.approvals.from, |who| format!("{who:?}"))),
    face("gates.approvals.not", |p, _| word(&p.gates.approvals.not)),
    face("gates.hold.enforce", |p, _| p.gates.hold.enforce.to_string()),
    face("gates.freeze.enforce", |p, _| p.gates.freeze.enforce.to_string()),
    face("gates.clock.enforce", |p, _| p.gates.clock.enforce.to_string()),
    face("waivers.second-person", |p, _| listed(&p.waivers.second_person, String::clone)),
    face("waivers.from", |p, _| listed(&p.waivers.from, |who| format!("{who:?}"))),
    face("waivers.longest", |p, _| length_text(p.waivers.longest)),
    face("trust", |p, _| word(&p.trust)),
    face("freeze", |p, zone| listed(&p.freezes, |freeze| freeze_text(freeze, zone))),
    face("promotion.automatic", |p, _| p.promotion.automatic.to_string()),
    face("promotion.hours", |p, _| p.promotion.hours.map_or_else(|| "always".to_owned(), hours_text)),
    face("promotion.merge", |p, _| word(&p.promotion.merge)),
    face("hotfix.settle", |p, _| hotfix(p, |h| length_text(h.settle))),
    face("hotfix.automatic", |p, _| {
        hotfix(p, |h| h.automatic.map_or_else(|| absent("hotfix.automatic"), |flag| flag.to_string()))
    }),
    face("hotfix.hours", |p, _| hotfix(p, |h| h.hours.map_or_else(|| "always".to_owned(), hours_text))),
    face("hotfix.required", |p, _| {
        hotfix(p, |h| {
            h.required
                .as_ref()
                .map_or_else(|| absent("hotfix.required"), |required| listed(required, check_text))
        })
    }),
    face("hotfix.soak.for", |p, _| hotfix(p, |h| length_text(h.length))),
    face("hotfix.soak.after-fix", |p, _| hotfix(p, |h| after_fix_text(h.after_fix))),
    face("downstream", |p, _| listed(&p.downstreams, downstream::text)),
    face("check", |p, _| listed(&p.lab_checks, downstream::check_text)),
    face("after", |p, _| listed(&p.after, after::text)),
    face("notify", |p, _| listed(&p.notify, notify::text)),
];

fn hotfix(policy: &Policy, show: impl Fn(&HotfixPolicy) -> String) -> String {
    policy.hotfix.as_ref().map_or_else(|| "(as any candidate)".to_owned(), show)
}

fn after_fix_text(after_fix: AfterFix) -> String {
    match after_fix {
        AfterFix::Serve(length) => length_text(length),
        AfterFix::Restart => "restart".to_owned(),
    }
}

/// Gives the project's time zone.
pub(super) fn zone_of(policy: &Policy) -> TimeZone {
    zone(&policy.time_zone).unwrap_or(TimeZone::UTC)
}

/// Says what leaving a key out means.
fn absent(path: &str) -> String {
    let meaning = KEYS.iter().find(|key| key.path == path).and_then(|key| key.absent);
    format!("({})", meaning.unwrap_or("none"))
}

fn train(policy: &Policy, show: impl Fn(&Train) -> String) -> String {
    policy.train.as_ref().map_or_else(|| absent("train.anchor"), show)
}

/// Writes a value that the file knows as one of some words.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn listed<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    if items.is_empty() { "none".to_owned() } else { items.iter().map(show).collect::<Vec<_>>().join(", ") }
}

fn version_file_text(file: &VersionFile) -> String {
    match &file.pattern {
        None => format!("{:?}", file.path),
        Some(pattern) => format!("{:?} at {pattern:?}", file.path),
    }
}

fn check_text(check: &RequiredCheck) -> String {
    let name = &check.name;
    match check.beat {
        None => format!("{name:?}"),
        Some(beat) => {
            let (length, every) = (length_text(beat.length), length_text(beat.at_least_every));
            format!("{name:?} for {length}, at least every {every}")
        }
    }
}

fn freeze_text(freeze: &Freeze, zone: &TimeZone) -> String {
    let at = |instant: jiff::Timestamp| {
        let local = instant.to_zoned(zone.clone());
        let form = if local.second() == 0 { "%F %R %:z" } else { "%F %T %:z" };
        local.strftime(form).to_string()
    };
    format!(
        "{} until {}, stops {}: {:?}",
        at(freeze.from),
        at(freeze.until),
        word(&freeze.stops),
        freeze.reason
    )
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn one_face_for_each_key() {
        let faces: Vec<&str> = FACES.iter().map(|face| face.key).collect();
        let keys: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        assert_eq!(faces, keys);
    }

    #[test]
    fn each_value_with_its_origin() {
        let effective = read(
            "preset = \"service@1\"\n[project]\ntime-zone = \"Europe/London\"\n\
             [tags]\ncandidate = \"{version}rc{n}\"\n\
             [gates.checks]\nrequired = [\"ci\", { name = \"staging\", for = \"72h\", at-least-every = \"90m\" }]\n\
             [[freeze]]\nreason = \"summer\"\nfrom = 2026-07-01\nuntil = 2026-07-31\nstops = \"cuts\"\n",
        )
        .unwrap();
        let rows = rows(&effective);
        let row = |key: &str| {
            let row = rows.iter().find(|row| row.key == key).unwrap();
            (row.value.as_str(), row.origin)
        };
        let preset = Origin::Preset("service@1");
        assert_eq!(row("preset"), ("service@1", Origin::File { line: 1 }));
        assert_eq!(row("gates.soak.for"), ("3d", preset));
        assert_eq!(row("tags.release"), ("{version}", Origin::File { line: 5 }));
        assert_eq!(row("tags.candidate"), ("{version}rc{n}", Origin::File { line: 5 }));
        assert_eq!(row("train.every"), ("(no train; cut by hand)", preset));
        assert_eq!(row("version.files"), ("(the manifests found at the cut)", preset));
        assert_eq!(row("fixes.types"), ("fix, revert, docs, test", preset));
        assert_eq!(row("promotion.hours"), ("Mon-Thu 9-16", preset));
        assert_eq!(
            row("gates.checks.required"),
            (r#""ci", "staging" for 3d, at least every 1h 30m"#, Origin::File { line: 7 })
        );
        assert_eq!(
            row("freeze[0]"),
            (
                r#"2026-07-01 00:00 +01:00 until 2026-08-01 00:00 +01:00, stops cuts: "summer""#,
                Origin::File { line: 8 }
            )
        );
        assert!(rows.iter().all(|row| row.key != "freeze"));
    }
}
