//! What changed between two policies, and which change makes a gate weaker.

use super::file::items::are_more;
use super::file::{downstream, gates};
use super::model::{Hours, Policy, Stops, Trust, Unclassified};
use super::show::{values, zone_of};
use jiff::Timestamp;
use serde::Serialize;

/// One key with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The dotted key.
    pub key: &'static str,
    /// The old value, as `policy show` writes it.
    pub old: String,
    /// The new value.
    pub new: String,
    /// Whether something can now pass that could not before. Times are compared as they are written: a
    /// freeze that is long over counts like any other.
    pub relaxed: bool,
}

/// Gives the keys whose values differ, in the order of the file.
pub fn differences(old: &Policy, new: &Policy) -> Vec<Difference> {
    let zone = zone_of(new);
    let differing = values(old, &zone).into_iter().zip(values(new, &zone)).filter(|(old, new)| old != new);
    differing
        .map(|((key, before), (_, after))| {
            let of_gates = gates::settings().find(|setting| setting.key.path == key);
            let rule = WEAKER.iter().find(|(known, _)| *known == key);
            let relaxed = of_gates.is_some_and(|setting| (setting.is_weaker)(&old.gates, &new.gates))
                || rule.is_some_and(|(_, is_weaker)| is_weaker(old, new));
            Difference { key, old: before, new: after, relaxed }
        })
        .collect()
}

type Rule = fn(&Policy, &Policy) -> bool;

/// When another key than a gate's own makes a gate weaker.
const WEAKER: &[(&str, Rule)] = &[
    ("fixes.types", |old, new| has_more(&old.fixes.types, &new.fixes.types)),
    ("fixes.paths", |old, new| has_more(&old.fixes.paths, &new.fixes.paths)),
    ("fixes.unclassified", |old, new| {
        old.fixes.unclassified == Unclassified::Block && new.fixes.unclassified == Unclassified::Allow
    }),
    ("candidate.settle", |old, new| new.settle < old.settle),
    ("downstream", |old, new| downstream::is_weaker(&old.downstreams, &new.downstreams)),
    ("waivers.second-person", |old, new| has_more(&new.waivers.second_person, &old.waivers.second_person)),
    ("waivers.from", |old, new| are_more(&old.waivers.from, &new.waivers.from)),
    ("waivers.longest", |old, new| new.waivers.longest > old.waivers.longest),
    ("trust", |old, new| old.trust == Trust::Signed && new.trust == Trust::Claimed),
    ("freeze", |old, new| {
        is_less_frozen(&frozen(old, Stops::cuts), &frozen(new, Stops::cuts))
            || is_less_frozen(&frozen(old, Stops::promotions), &frozen(new, Stops::promotions))
    }),
    ("promotion.automatic", |old, new| was_turned_off(!old.promotion.automatic, !new.promotion.automatic)),
    ("promotion.hours", |old, new| are_wider(old.promotion.hours, new.promotion.hours)),
];

fn was_turned_off(old: bool, new: bool) -> bool {
    old && !new
}

fn has_more(old: &[String], new: &[String]) -> bool {
    new.iter().any(|item| !old.contains(item))
}

/// A span of time, its end excluded.
type Span = (Timestamp, Timestamp);

/// Gives the frozen times in order, those that touch made one.
fn frozen(policy: &Policy, stops: fn(Stops) -> bool) -> Vec<Span> {
    let freezes = policy.freezes.iter().filter(|freeze| stops(freeze.stops));
    let mut spans: Vec<Span> = freezes.map(|freeze| (freeze.from, freeze.until)).collect();
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, until) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = until.max(*end),
            Some(_) | None => joined.push((from, until)),
        }
    }
    joined
}

fn is_less_frozen(old: &[Span], new: &[Span]) -> bool {
    !old.iter().all(|(from, until)| new.iter().any(|(begin, end)| begin <= from && until <= end))
}

/// Tells whether there are minutes now that were not there before; `None` is always.
fn are_wider(old: Option<Hours>, new: Option<Hours>) -> bool {
    let always = Hours { days: [true; 7], from_minute: 0, until_minute: 1440 };
    let (old, new) = (old.unwrap_or(always), new.unwrap_or(always));
    let more_days = old.days.iter().zip(new.days).any(|(old, new)| new && !old);
    more_days || new.from_minute < old.from_minute || new.until_minute > old.until_minute
}

#[cfg(test)]
mod tests {
    use super::super::file::keys::KEYS;
    use super::super::read;
    use super::*;
    use crate::types::gate::Gate;

    fn changes(old: &str, new: &str) -> Vec<(&'static str, bool)> {
        let policy = |text: &str| read(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).policy;
        differences(&policy(old), &policy(new)).into_iter().map(|d| (d.key, d.relaxed)).collect()
    }

    const SUMMER: &str = "freeze = [{ reason = 'r', from = 2026-07-01, until = 2026-07-31 }]";

    /// The first text is the stricter: from it to the second is a relaxation, and never the other way.
    #[test]
    fn weaker_one_way() {
        for gate in Gate::ALL {
            one_way("", &format!("gates.{}.enforce = false", gate.name()));
        }
        for (strict, weak) in [
            ("gates.soak.for = '7d'", "gates.soak.for = '6d 23h 59m 59s'"),
            ("gates.soak.after-fix = '3d'", "gates.soak.after-fix = '2d'"),
            ("gates.soak.after-fix = 'restart'", "gates.soak.after-fix = '3d'"),
            ("gates.checks.required = ['ci', 'b']", "gates.checks.required = ['b']"),
            (
                "gates.checks.required = [{ name = 'a', for = '3d', at-least-every = '2h' }]",
                "gates.checks.required = ['a']",
            ),
            (
                "gates.checks.required = [{ name = 'a', for = '3d', at-least-every = '2h' }]",
                "gates.checks.required = [{ name = 'a', for = '2d', at-least-every = '2h' }]",
            ),
            (
                "gates.checks.required = [{ name = 'a', for = '3d', at-least-every = '2h' }]",
                "gates.checks.required = [{ name = 'a', for = '3d', at-least-every = '3h' }]",
            ),
            ("", "fixes.types = ['fix', 'revert', 'docs', 'test', 'chore']"),
            ("gates.downstream.coverage = 95", "gates.downstream.coverage = 94"),
            ("", "gates.downstream.sandbox = 'none'"),
            ("downstream = [{ name = 'a', repo = 'x', tier = 'must' }]", ""),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x' }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', expect-failure = { reason = 'r', until = 2027-01-01 } }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', test = false }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', run = false }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', mode = 'locked' }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', limits = { time = '11m' } }]",
            ),
            (
                "downstream = [{ name = 'a', repo = ['x', 'y'], tier = 'must' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must' }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', each = '**/go.mod' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', each = '**/go.mod', override = [{ match = 'b', tier = 'should' }] }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', each = '**/go.mod' }]",
                "downstream = [{ name = 'a', repo = 'x', tier = 'must', each = '**/go.mod', override = [{ match = 'b', build = '' }] }]",
            ),
            (
                "downstream = [{ name = 'a', repo = 'x', each = '*/go.mod', override = [{ match = 'b', tier = 'must' }] }]",
                "downstream = [{ name = 'a', repo = 'x', each = '*/go.mod' }]",
            ),
            ("gates.reports.min-good = 2", "gates.reports.min-good = 1"),
            ("", "gates.reports.triage = '3d'"),
            ("gates.approvals.count = 2", "gates.approvals.count = 1"),
            ("gates.approvals.from = ['ada', 'mira']", "gates.approvals.from = ['ada', 'mira', 'ben']"),
            ("gates.approvals.from = ['ada']", ""),
            ("", "gates.approvals.not = 'nobody'"),
            ("waivers.second-person = ['soak']", ""),
            ("waivers.from = ['ada']", ""),
            ("", "waivers.longest = '15d'"),
            ("trust = 'signed'", ""),
            ("", "fixes.paths = ['docs/**']"),
            ("", "fixes.unclassified = 'allow'"),
            ("", "candidate.settle = '29m'"),
            (SUMMER, ""),
            (SUMMER, "freeze = [{ reason = 'r', from = 2026-07-01, until = 2026-07-30 }]"),
            (SUMMER, "freeze = [{ reason = 'r', from = '2026-07-01 00:01', until = 2026-07-31 }]"),
            (SUMMER, "freeze = [{ reason = 'r', from = 2026-07-01, until = 2026-07-31, stops = 'cuts' }]"),
            (
                SUMMER,
                "freeze = [{ reason = 'r', from = 2026-07-01, until = 2026-07-31, stops = 'promotions' }]",
            ),
            ("promotion.automatic = false", ""),
            ("", "promotion.hours = 'always'"),
            ("", "promotion.hours = 'Mon-Fri 9-16'"),
            ("", "promotion.hours = 'Mon-Thu 8:59-16'"),
            ("", "promotion.hours = 'Mon-Thu 9-16:01'"),
        ] {
            one_way(strict, weak);
        }
    }

    fn one_way(strict: &str, weak: &str) {
        assert!(
            matches!(changes(strict, weak)[..], [(_, true)]),
            "{strict} -> {weak}: {:?}",
            changes(strict, weak)
        );
        assert!(
            matches!(changes(weak, strict)[..], [(_, false)]),
            "{weak} -> {strict}: {:?}",
            changes(weak, strict)
        );
    }

    #[test]
    fn other_changes_are_no_relaxation() {
        for (old, new, keys) in [
            ("", "", &[][..]),
            ("", "gates.soak.for = '7 days'", &[]),
            ("", "mode = 'observe'", &["mode"]),
            ("", "branches.stable = 'main'", &["branches.stable"]),
            ("", "tags.release = 'v{version}'", &["tags.release", "tags.candidate"]),
            ("", "train.anchor = 2026-11-03", &["train.every", "train.anchor", "train.when-busy"]),
            ("", "version.files = []", &["version.files"]),
            ("", "changelog.file = 'CHANGELOG.md'", &["changelog.file"]),
            ("", "promotion.merge = 'ff'", &["promotion.merge"]),
            ("", "promotion.push = 'sequential'", &["promotion.push"]),
            (SUMMER, "freeze = [{ reason = 'other', from = 2026-07-01, until = 2026-07-31 }]", &["freeze"]),
            ("promotion.hours = 'always'", "promotion.hours = 'Mon-Sun 0-24'", &["promotion.hours"]),
            (
                SUMMER,
                "freeze = [{ reason = 'a', from = 2026-07-01, until = 2026-07-15 }, { reason = 'b', from = 2026-07-16, until = 2026-08-01 }]",
                &["freeze"],
            ),
            (
                SUMMER,
                &format!(
                    "project.time-zone = 'Asia/Tokyo'\n{}",
                    SUMMER.replace("07-01", "07-01T00:00Z").replace("07-31", "08-01T00:00Z")
                ),
                &["project.time-zone"],
            ),
        ] {
            let expected: Vec<(&str, bool)> = keys.iter().map(|key| (*key, false)).collect();
            assert_eq!(changes(old, new), expected, "{old} -> {new}");
        }
        // Serving longer than the whole soak is stricter than beginning the soak again.
        assert_eq!(
            changes("gates.soak.after-fix = '9d'", "gates.soak.after-fix = 'restart'"),
            [("gates.soak.after-fix", true)]
        );
    }

    #[test]
    fn every_rule_has_a_key() {
        for (key, _) in WEAKER {
            assert!(KEYS.iter().any(|known| known.path == *key), "{key}");
        }
    }
}
