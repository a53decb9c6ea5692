//! `reports`: what users said. A good report counts for its rc alone, a bad one until it is answered
//! (promise P5).

use super::case::{Case, Finding, Kind, Subject, earliest};
use super::waiver;
use crate::ledger::event::Answer;
use crate::project::people::{Report, pseudonyms};
use crate::types::duration::Seconds;
use crate::types::gate::Gate;
use crate::types::person::is_same;
use crate::types::text::{count, plain, short};
use crate::types::verdict::Verdict;
use jiff::Timestamp;

/// How many answered reports are shown one by one. Of those that are open none is left out, or waiving all
/// that are shown would set aside what nobody saw.
const SHOWN: usize = 50;

/// The subject for missing good reports.
const GOOD: &str = "good";

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let bad: Vec<(&Report, Line)> =
        case.candidate.standing_reports().map(|report| (report, line(case, report))).collect();
    let (open, answered): (Vec<_>, Vec<_>) = bad.iter().partition(|(_, line)| !line.verdict.is_clear());
    let n = good_ones(case);
    let missing = missing(case, n);
    let subject = |(report, line): &(&Report, Line)| Subject {
        name: plain(&report.id),
        also: None,
        verdict: line.verdict,
        detail: format!("bad for rc.{}: {}", report.rc, line.detail),
    };
    let shown = open.iter().chain(answered.iter().take(SHOWN));
    let mut subjects: Vec<Subject> = shown.map(|bad| subject(bad)).collect();
    // A waiver of one bad report does not waive missing good reports, and the other way round.
    subjects.extend(missing.iter().map(|detail| Subject {
        name: GOOD.into(),
        also: None,
        verdict: Verdict::Missing,
        detail: detail.clone(),
    }));
    let looked_at = open.iter().map(Some).chain(answered.iter().take(SHOWN).map(Some)).chain([None]);
    let about = waiver::open(case, Gate::Reports, looked_at.zip(&subjects));
    let bad_news: Vec<&(&Report, Line)> = about.iter().flatten().map(|bad| **bad).collect();
    let finding = match &missing {
        _ if !bad_news.is_empty() => blocked(&bad_news, n),
        Some(text) => wanting(case, text),
        None if n == 0 && case.candidate.reports.is_empty() => Finding::not_applicable("none"),
        None => Finding::passed(format!("{n} good, 0 bad")),
    };
    Finding { subjects, turns_at: earliest(bad.iter().map(|(_, line)| line.turns_at)), ..finding }
}

struct Line {
    verdict: Verdict,
    detail: String,
    turns_at: Option<Timestamp>,
    remedy: Option<String>,
}

fn line(case: &Case<'_>, report: &Report) -> Line {
    let id = &report.id;
    let of = |verdict, detail: String| Line { verdict, detail, turns_at: None, remedy: None };
    match &report.answer {
        Some(Answer::NotOurs(reason)) => of(Verdict::Passed, format!("not ours: {}", short(reason, 80))),
        Some(Answer::FixedBy(fix)) => {
            let aboard =
                |c: &crate::history::fixes::ClassedCommit| c.id == *fix || c.picked.as_ref() == Some(fix);
            if case.seen.commits.iter().any(aboard) {
                of(Verdict::Passed, format!("fixed by {}", fix.short()))
            } else {
                Line {
                    remedy: Some(format!("allclear pick {fix} --version {}", case.version)),
                    ..of(Verdict::Failed, format!("fixed by {}, which the candidate lacks", fix.short()))
                }
            }
        }
        None => {
            let remedy = Some(format!(
                "allclear report resolve {id} --fixed-by COMMIT | --not-ours TEXT; or the reporter reports good"
            ));
            let due = case.policy.gates.reports.triage.after(report.at);
            if report.confirmed {
                Line { remedy, ..of(Verdict::Failed, "confirmed, not fixed".into()) }
            } else if due <= case.now {
                let waited = Seconds::between(report.at, case.now);
                Line { remedy, ..of(Verdict::Failed, format!("nobody has triaged it for {waited}")) }
            } else {
                let left = Seconds::between(case.now, due);
                let remedy = Some(format!(
                    "look at it: allclear why reports:{id}; then allclear report confirm {id}, or resolve it"
                ));
                let detail = format!("to be triaged, {left} left");
                Line { remedy, turns_at: Some(due), ..of(Verdict::Pending, detail) }
            }
        }
    }
}

fn blocked(open: &[&(&Report, Line)], good: usize) -> Finding {
    let worst = open.iter().map(|(_, l)| l.verdict).max().unwrap_or(Verdict::Failed);
    let text = match open {
        [(report, line)] => format!("{} is bad for rc.{}: {}", report.id, report.rc, line.detail),
        many => {
            format!(
                "{} are open, first {}: {}",
                count(many.len(), "bad report"),
                many[0].0.id,
                many[0].1.detail
            )
        }
    };
    let tally = if good == 0 { String::new() } else { format!(" · {good} good") };
    let remedy = open.iter().take(5).filter_map(|(_, l)| l.remedy.clone()).collect();
    Finding {
        verdict: worst,
        kind: Kind::Person,
        ..Finding::failed(format!("{text}{tally}"), vec!["a captain".into()], remedy)
    }
}

fn good_ones(case: &Case<'_>) -> usize {
    let root = case.project.root.as_ref();
    let authors: Vec<String> = root
        .map(|root| case.seen.authors.iter().flat_map(|author| pseudonyms(root, author)).collect())
        .unwrap_or_default();
    let by_author = |report: &&&Report| {
        let name = report.level.stated().and_then(|key| key.name.as_deref());
        name.is_some_and(|name| case.seen.authors.iter().any(|author| is_same(name, author)))
    };
    let good = case.candidate.good_reports(case.commit(), &authors);
    good.iter().filter(|report| !by_author(report)).count()
}

fn missing(case: &Case<'_>, good: usize) -> Option<String> {
    let wanted = case.policy.gates.reports.min_good as usize;
    let rc = case.candidate.rc_number();
    (good < wanted).then(|| format!("{good} of {} for rc.{rc}", count(wanted, "good report")))
}

fn wanting(case: &Case<'_>, text: &str) -> Finding {
    let rc = case.candidate.rc_number();
    Finding {
        verdict: Verdict::Missing,
        kind: Kind::Person,
        actors: vec![format!("users who try rc.{rc}")],
        remedy: vec![format!("allclear report good --rc {}-rc.{rc} --as NAME", case.version)],
        ..Finding::passed(text)
    }
}
