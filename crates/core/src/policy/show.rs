//! A policy as people read it, key by key.

use super::file::forms::{candidate_branch_text, candidate_tag_text, release_tag_text};
use super::file::gates::{self, after_fix_text, check_text};
use super::file::keys::KEYS;
use super::file::words::{hours_text, length_text, listed, period_text, word, zone};
use super::file::{Effective, Origin, after, downstream, notify};
use super::model::{Freeze, HotfixPolicy, Policy, Train};
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
    let mut rows = Vec::new();
    for (key, value) in values(policy, &zone) {
        let items: Vec<String> = match key {
            "freeze" => policy.freezes.iter().map(|freeze| freeze_text(freeze, &zone)).collect(),
            "downstream" => policy.downstreams.iter().map(downstream::text).collect(),
            "check" => policy.lab_checks.iter().map(downstream::check_text).collect(),
            "after" => policy.after.iter().map(after::text).collect(),
            "notify" => policy.notify.iter().map(notify::text).collect(),
            _ => Vec::new(),
        };
        if items.is_empty() {
            rows.push(row(key.to_owned(), value));
        }
        let items = items.into_iter().enumerate();
        rows.extend(items.map(|(i, item)| row(format!("{key}[{i}]"), item)));
    }
    rows
}

/// Gives the value of each key, in the order of the file.
pub(super) fn values(policy: &Policy, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let shown = |(key, show): &(&'static str, Show)| (*key, show(policy, zone));
    let gates = gates::settings().map(|setting| (setting.key.path, (setting.show)(&policy.gates)));
    BEFORE_GATES.iter().map(shown).chain(gates).chain(AFTER_GATES.iter().map(shown)).collect()
}

/// Writes a value, so that two different values never look the same.
type Show = fn(&Policy, &TimeZone) -> String;

const BEFORE_GATES: &[(&str, Show)] = &[
    ("preset", |p, _| p.preset.clone()),
    ("mode", |p, _| word(&p.mode)),
    ("project.name", |p, _| p.name.clone().unwrap_or_else(|| absent("project.name"))),
    ("project.time-zone", |p, _| p.time_zone.clone()),
    ("branches.stable", |p, _| p.branches.stable.to_string()),
    ("branches.develop", |p, _| p.branches.develop.to_string()),
    ("branches.candidate", |p, _| candidate_branch_text(&p.branches.candidate)),
    ("tags.release", |p, _| p.tags.as_ref().map_or_else(|| absent("tags.release"), release_tag_text)),
    ("tags.candidate", |p, _| p.tags.as_ref().map_or_else(|| absent("tags.candidate"), candidate_tag_text)),
    ("train.every", |p, _| train(p, |train| period_text(train.every))),
    ("train.anchor", |p, _| train(p, |train| train.anchor.strftime("%F %T").to_string())),
    ("train.when-busy", |p, _| train(p, |train| word(&train.when_busy))),
    ("version.files", |p, _| {
        p.version
            .files
            .as_ref()
            .map_or_else(|| absent("version.files"), |files| listed(files, version_file_text))
    }),
    ("version.default-bump", |p, _| word(&p.version.default_bump)),
    ("changelog.file", |p, _| p.changelog_file.clone().unwrap_or_else(|| absent("changelog.file"))),
    ("fixes.types", |p, _| listed(&p.fixes.types, String::clone)),
    ("fixes.paths", |p, _| listed(&p.fixes.paths, |text| format!("{text:?}"))),
    ("fixes.unclassified", |p, _| word(&p.fixes.unclassified)),
    ("candidate.settle", |p, _| length_text(p.settle)),
];

const AFTER_GATES: &[(&str, Show)] = &[
    ("waivers.second-person", |p, _| listed(&p.waivers.second_person, String::clone)),
    ("waivers.from", |p, _| listed(&p.waivers.from, |who| format!("{who:?}"))),
    ("waivers.longest", |p, _| length_text(p.waivers.longest)),
    ("trust", |p, _| word(&p.trust)),
    ("freeze", |p, zone| listed(&p.freezes, |freeze| freeze_text(freeze, zone))),
    ("promotion.automatic", |p, _| p.promotion.automatic.to_string()),
    ("promotion.hours", |p, _| p.promotion.hours.map_or_else(|| "always".to_owned(), hours_text)),
    ("promotion.merge", |p, _| word(&p.promotion.merge)),
    ("promotion.push", |p, _| word(&p.promotion.push)),
    ("hotfix.settle", |p, _| hotfix(p, |h| length_text(h.settle))),
    ("hotfix.automatic", |p, _| {
        hotfix(p, |h| h.automatic.map_or_else(|| absent("hotfix.automatic"), |flag| flag.to_string()))
    }),
    ("hotfix.hours", |p, _| hotfix(p, |h| h.hours.map_or_else(|| "always".to_owned(), hours_text))),
    ("hotfix.required", |p, _| {
        hotfix(p, |h| {
            h.required
                .as_ref()
                .map_or_else(|| absent("hotfix.required"), |required| listed(required, check_text))
        })
    }),
    ("hotfix.soak.for", |p, _| hotfix(p, |h| length_text(h.length))),
    ("hotfix.soak.after-fix", |p, _| hotfix(p, |h| after_fix_text(h.after_fix))),
    ("downstream", |p, _| listed(&p.downstreams, downstream::text)),
    ("check", |p, _| listed(&p.lab_checks, downstream::check_text)),
    ("after", |p, _| listed(&p.after, after::text)),
    ("notify", |p, _| listed(&p.notify, notify::text)),
];

fn hotfix(policy: &Policy, show: impl Fn(&HotfixPolicy) -> String) -> String {
    policy.hotfix.as_ref().map_or_else(|| "(as any candidate)".to_owned(), show)
}

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

fn version_file_text(file: &VersionFile) -> String {
    match &file.pattern {
        None => format!("{:?}", file.path),
        Some(pattern) => format!("{:?} at {pattern:?}", file.path),
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
    fn each_key_is_shown() {
        let policy = read("").unwrap().policy;
        let shown: Vec<&str> = values(&policy, &TimeZone::UTC).into_iter().map(|(key, _)| key).collect();
        let keys: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        assert_eq!(shown, keys);
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
