//! What changed between two policies, and which change makes a gate weaker.

use super::file::downstream;
use super::model::{AfterFix, Hours, NotThese, Policy, Sandbox, Stops, Trust, Unclassified};
use super::show::{FACES, zone_of};
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
    let differing = FACES.iter().filter_map(|face| {
        let (before, after) = ((face.show)(old, &zone), (face.show)(new, &zone));
        let weaker = WEAKER.iter().find(|(key, _)| *key == face.key);
        let relaxed = weaker.is_some_and(|(_, weaker)| weaker(old, new));
        (before != after).then_some(Difference { key: face.key, old: before, new: after, relaxed })
    });
    differing.collect()
}

type Rule = fn(&Policy, &Policy) -> bool;

/// For each key that can make a gate weaker, when it does.
const WEAKER: &[(&str, Rule)] = &[
    ("fixes.types", |old, new| gained(&old.fixes.types, &new.fixes.types)),
    ("fixes.paths", |old, new| gained(&old.fixes.paths, &new.fixes.paths)),
    ("fixes.unclassified", |old, new| {
        old.fixes.unclassified == Unclassified::Block && new.fixes.unclassified == Unclassified::Allow
    }),
    ("candidate.settle", |old, new| new.settle < old.settle),
    ("gates.soak.enforce", |old, new| lifted(old.gates.soak.enforce, new.gates.soak.enforce)),
    ("gates.soak.for", |old, new| new.gates.soak.length < old.gates.soak.length),
    ("gates.soak.after-fix", shorter_after_fix),
    ("gates.fixes.enforce", |old, new| lifted(old.gates.fixes.enforce, new.gates.fixes.enforce)),
    ("gates.merge-back.enforce", |old, new| {
        lifted(old.gates.merge_back.enforce, new.gates.merge_back.enforce)
    }),
    ("gates.contains-stable.enforce", |old, new| {
        lifted(old.gates.contains_stable.enforce, new.gates.contains_stable.enforce)
    }),
    ("gates.version.enforce", |old, new| lifted(old.gates.version.enforce, new.gates.version.enforce)),
    ("gates.checks.enforce", |old, new| lifted(old.gates.checks.enforce, new.gates.checks.enforce)),
    ("gates.checks.required", fewer_checks),
    ("gates.downstream.enforce", |old, new| {
        lifted(old.gates.downstream.enforce, new.gates.downstream.enforce)
    }),
    ("gates.downstream.coverage", |old, new| new.gates.downstream.coverage < old.gates.downstream.coverage),
    ("gates.downstream.sandbox", |old, new| {
        old.gates.downstream.sandbox == Sandbox::Required && new.gates.downstream.sandbox == Sandbox::None
    }),
    ("downstream", |old, new| downstream::is_weaker(&old.downstreams, &new.downstreams)),
    ("gates.reports.enforce", |old, new| lifted(old.gates.reports.enforce, new.gates.reports.enforce)),
    ("gates.reports.min-good", |old, new| new.gates.reports.min_good < old.gates.reports.min_good),
    ("gates.reports.triage", |old, new| new.gates.reports.triage > old.gates.reports.triage),
    ("gates.approvals.enforce", |old, new| lifted(old.gates.approvals.enforce, new.gates.approvals.enforce)),
    ("gates.approvals.count", |old, new| new.gates.approvals.count < old.gates.approvals.count),
    ("gates.approvals.from", |old, new| more(&old.gates.approvals.from, &new.gates.approvals.from)),
    ("gates.approvals.not", |old, new| {
        old.gates.approvals.not == NotThese::Authors && new.gates.approvals.not == NotThese::Nobody
    }),
    ("waivers.second-person", |old, new| gained(&new.waivers.second_person, &old.waivers.second_person)),
    ("waivers.from", |old, new| more(&old.waivers.from, &new.waivers.from)),
    ("waivers.longest", |old, new| new.waivers.longest > old.waivers.longest),
    ("trust", |old, new| old.trust == Trust::Signed && new.trust == Trust::Claimed),
    ("gates.hold.enforce", |old, new| lifted(old.gates.hold.enforce, new.gates.hold.enforce)),
    ("gates.freeze.enforce", |old, new| lifted(old.gates.freeze.enforce, new.gates.freeze.enforce)),
    ("gates.clock.enforce", |old, new| lifted(old.gates.clock.enforce, new.gates.clock.enforce)),
    ("freeze", |old, new| {
        thawed(&frozen(old, Stops::cuts), &frozen(new, Stops::cuts))
            || thawed(&frozen(old, Stops::promotions), &frozen(new, Stops::promotions))
    }),
    ("promotion.automatic", |old, new| lifted(!old.promotion.automatic, !new.promotion.automatic)),
    ("promotion.hours", |old, new| wider(old.promotion.hours, new.promotion.hours)),
];

fn lifted(old: bool, new: bool) -> bool {
    old && !new
}

fn gained(old: &[String], new: &[String]) -> bool {
    new.iter().any(|item| !old.contains(item))
}

/// Tells whether more people count; an empty list is everybody.
fn more(old: &[String], new: &[String]) -> bool {
    !old.is_empty() && (new.is_empty() || gained(old, new))
}

fn shorter_after_fix(old: &Policy, new: &Policy) -> bool {
    match (old.gates.soak.after_fix, new.gates.soak.after_fix) {
        (AfterFix::Serve(old), AfterFix::Serve(new)) => new < old,
        (AfterFix::Restart, AfterFix::Serve(_)) => true,
        (AfterFix::Serve(old), AfterFix::Restart) => new.gates.soak.length < old,
        (AfterFix::Restart, AfterFix::Restart) => false,
    }
}

/// Tells whether a required check is gone, or need not be as steady as before.
fn fewer_checks(old: &Policy, new: &Policy) -> bool {
    let now = |name: &str| new.gates.checks.required.iter().find(|check| check.name == name);
    old.gates.checks.required.iter().any(|old| match (old.beat, now(&old.name)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => {
            new.beat.is_none_or(|new| new.length < old.length || new.at_least_every > old.at_least_every)
        }
    })
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

/// Tells whether an instant was frozen and no longer is.
fn thawed(old: &[Span], new: &[Span]) -> bool {
    !old.iter().all(|(from, until)| new.iter().any(|(begin, end)| begin <= from && until <= end))
}

/// Tells whether there are minutes now that were not there before; `None` is always.
fn wider(old: Option<Hours>, new: Option<Hours>) -> bool {
    let always = Hours { days: [true; 7], from_minute: 0, until_minute: 1440 };
    let (old, new) = (old.unwrap_or(always), new.unwrap_or(always));
    let more_days = old.days.iter().zip(new.days).any(|(old, new)| new && !old);
    more_days || new.from_minute < old.from_minute || new.until_minute > old.until_minute
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn changes(old: &str, new: &str) -> Vec<(&'static str, bool)> {
        let policy = |text: &str| read(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).policy;
        differences(&policy(old), &policy(new)).into_iter().map(|d| (d.key, d.relaxed)).collect()
    }

    const SUMMER: &str = "freeze = [{ reason = 'r', from = 2026-07-01, until = 2026-07-31 }]";

    /// The first text is the stricter: from it to the second is a relaxation, and never the other way.
    #[test]
    fn weaker_one_way() {
        let enforce = [
            "soak",
            "fixes",
            "merge-back",
            "contains-stable",
            "version",
            "checks",
            "downstream",
            "reports",
            "approvals",
            "hold",
            "freeze",
            "clock",
        ];
        for gate in enforce {
            one_way("", &format!("gates.{gate}.enforce = false"));
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
            assert!(FACES.iter().any(|face| face.key == *key), "{key}");
        }
    }
}
