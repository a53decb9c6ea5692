//! `checks`: results that CI, an environment or a person recorded for exactly this commit.

use super::case::{Case, Finding, Kind, MARGIN, Subject, earliest};
use super::waiver;
use crate::Seconds;
use crate::policy::{Beat, RequiredCheck, Trust};
use crate::project::CheckLine;
use crate::types::gate::Gate;
use crate::types::text::{list, plain};
use crate::types::verdict::Verdict;
use jiff::Timestamp;

struct Line {
    verdict: Verdict,
    detail: String,
    clears_at: Option<Timestamp>,
    turns_at: Option<Timestamp>,
}

impl Line {
    fn of(verdict: Verdict, detail: String) -> Self {
        Self { verdict, detail, clears_at: None, turns_at: None }
    }
}

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let required = &case.policy.gates.checks.required;
    if required.is_empty() {
        return Finding::not_applicable("none required");
    }
    let results = case.project.checks.get(case.commit());
    let lines: Vec<(&RequiredCheck, Line)> = required
        .iter()
        .map(|check| (check, line(case, check, results.and_then(|r| r.get(&check.name)))))
        .collect();
    let subjects: Vec<Subject> = lines
        .iter()
        .map(|(c, l)| Subject {
            name: plain(&c.name),
            also: None,
            verdict: l.verdict,
            detail: l.detail.clone(),
        })
        .collect();
    let open = waiver::open(case, Gate::Checks, lines.iter().zip(&subjects));
    let worst = open.iter().map(|(_, l)| l.verdict).max().unwrap_or(Verdict::Passed);
    let named = |verdict: Verdict| -> Vec<String> {
        open.iter().filter(|(_, l)| l.verdict == verdict).map(|(c, _)| plain(&c.name)).collect()
    };
    let mut finding = match worst {
        Verdict::Failed => Finding::failed(
            format!("{} failed for {}", list(&named(Verdict::Failed)), case.commit().short()),
            vec!["whoever owns the check".into()],
            named(Verdict::Failed)
                .iter()
                .map(|name| {
                    format!(
                        "fix it on {}, or record a new result: allclear check {name} passed --commit {}",
                        case.candidate.cut.branch,
                        case.commit()
                    )
                })
                .collect(),
        ),
        Verdict::Missing => Finding {
            verdict: Verdict::Missing,
            kind: Kind::Machine,
            actors: named(Verdict::Missing),
            remedy: named(Verdict::Missing)
                .iter()
                .map(|name| format!("allclear check {name} passed --commit {}", case.commit()))
                .collect(),
            ..Finding::passed(format!(
                "no result of {} for {}",
                list(&named(Verdict::Missing)),
                case.commit().short()
            ))
        },
        Verdict::Pending => {
            let until = open.iter().filter_map(|(_, l)| l.clears_at).max();
            let detail = open
                .iter()
                .find(|(_, l)| l.verdict == Verdict::Pending)
                .map(|(c, l)| format!("{} {}", plain(&c.name), l.detail));
            Finding::pending(detail.unwrap_or_default(), until)
        }
        Verdict::NotApplicable
        | Verdict::Passed
        | Verdict::Waived
        | Verdict::Running
        | Verdict::Inconclusive
        | Verdict::Errored => {
            let names: Vec<String> = required.iter().map(|c| plain(&c.name)).collect();
            Finding { verdict: worst, ..Finding::passed(names.join(", ")) }
        }
    };
    finding.turns_at = earliest(lines.iter().map(|(_, l)| l.turns_at));
    finding.subjects = subjects;
    finding
}

fn line(case: &Case<'_>, check: &RequiredCheck, results: Option<&CheckLine>) -> Line {
    let trust = case.policy.trust;
    let Some((results, passed)) = results.and_then(|r| Some((r, r.passed(trust)?))) else {
        let unsigned = results.is_some_and(|r| !r.beats.is_empty());
        let text = if unsigned { "no result that a checker signed" } else { "no result for this commit" };
        return Line::of(Verdict::Missing, text.into());
    };
    let by = plain(&results.by);
    let place = results.url.as_deref().map(|u| format!(" · {}", plain(u))).unwrap_or_default();
    match &check.beat {
        _ if !passed => Line::of(Verdict::Failed, format!("failed, recorded by {by}{place}")),
        None => Line::of(Verdict::Passed, format!("passed, recorded by {by}{place}")),
        Some(beat) => beating(beat, results, trust, case.now),
    }
}

/// Judges a check that must keep passing: a silence longer than `at-least-every` breaks the run.
fn beating(beat: &Beat, results: &CheckLine, trust: Trust, now: Timestamp) -> Line {
    let Some((start, last)) = results.streak(beat.at_least_every, trust) else {
        return Line::of(Verdict::Failed, "failed".into());
    };
    let silent_at = beat.at_least_every.after(last);
    // A pass that may become too old during the promotion is not clear; half a period for frequent checks.
    let margin = Seconds(MARGIN.0.min(beat.at_least_every.0 / 2));
    if silent_at <= margin.after(now) {
        return Line::of(
            Verdict::Missing,
            format!("no result since {last}; one is required every {}", beat.at_least_every),
        );
    }
    let ends = beat.length.after(start);
    let turns_at = Some(margin.before(silent_at));
    if ends <= now {
        Line {
            turns_at,
            ..Line::of(Verdict::Passed, format!("has kept passing for {}", Seconds::between(start, now)))
        }
    } else {
        let detail = format!("has kept passing for {} of {}", Seconds::between(start, now), beat.length);
        Line {
            verdict: Verdict::Pending,
            detail,
            clears_at: Some(ends),
            turns_at: earliest([Some(ends), turns_at]),
        }
    }
}
