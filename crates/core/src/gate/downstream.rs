//! `downstream`: what depends on the project, built and run with exactly this commit. Only a confirmed regression
//! of one in tier `must` blocks; what could not be looked at holds, first for machines, then for a person.

use super::case::{Case, Finding, Kind, Subject};
use super::waiver;
use crate::experiment::{
    Comparison, FindingLine, Outcome, Step, Summary, Tier, counts, declared, is_signature,
};
use crate::project::experiments::Trial;
use crate::types::duration::Seconds;
use crate::types::gate::Gate;
use crate::types::shell::quoted;
use crate::types::text::{count, plain, short};
use crate::types::verdict::Verdict;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// How long machines try to answer what an experiment left open, before a person is asked.
const RETRIED: Seconds = Seconds::DAY;

/// The subject for all downstreams without a line of their own.
const OTHERS: &str = "others";
/// The subject for the share of downstreams that answered.
const COVERAGE: &str = "coverage";

/// For how many causes commands are given.
const CAUSES: usize = 5;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let downstreams = &case.policy.downstreams;
    if downstreams.is_empty() {
        return Finding::not_applicable("none declared");
    }
    let commit = case.commit().short();
    let known = case.project.experiments.of(case.commit(), case.policy.trust);
    let Some(trial) = known.and_then(|known| known.trial) else {
        return missing(
            case,
            match known {
                Some(_) => format!("no experiment that a checker signed for {commit}"),
                None => format!("no experiment for {commit}"),
            },
        );
    };
    if trial.summary.version != case.version {
        // What is resolved depends on the version's number, and on the release before it.
        return missing(case, format!("the experiment for {commit} tested it as {}", trial.summary.version));
    }
    if trial.summary.declared != declared(downstreams) {
        return missing(
            case,
            format!("the experiment for {commit} tested other downstreams than the policy declares"),
        );
    }
    let since = known.and_then(|known| known.inconclusive_since).unwrap_or(trial.at);
    of(case, &trial.summary, trial, since)
}

fn missing(case: &Case<'_>, summary: String) -> Finding {
    Finding {
        verdict: Verdict::Missing,
        kind: Kind::Machine,
        actors: vec!["the lab".into()],
        remedy: vec![format!("allclear test {}", case.version)],
        ..Finding::passed(summary)
    }
}

struct Line<'a> {
    subject: Subject,
    found: Option<&'a FindingLine>,
}

fn of(case: &Case<'_>, summary: &Summary, trial: &Trial, since: Timestamp) -> Finding {
    let lines = lines(case, summary);
    let open = waiver::open(case, Gate::Downstream, lines.iter().map(|line| (line, &line.subject)));
    let worst = open.iter().map(|line| line.subject.verdict).max().unwrap_or(Verdict::Passed);
    let mut finding = match worst {
        Verdict::Failed => failed(case, summary, &open),
        Verdict::Inconclusive => inconclusive(case, summary, &open, since),
        Verdict::NotApplicable
        | Verdict::Passed
        | Verdict::Waived
        | Verdict::Pending
        | Verdict::Running
        | Verdict::Missing
        | Verdict::Errored => Finding::passed(advised(summary)),
    };
    finding.subjects = lines.into_iter().map(|line| line.subject).collect();
    if finding.subjects.is_empty() {
        let detail = format!("tested by {}, {}", plain(&trial.by), plain(&summary.sandbox));
        finding.subjects.push(Subject {
            name: plain(&summary.experiment),
            also: None,
            verdict: Verdict::Passed,
            detail,
        });
    }
    finding
}

/// Gives one line for each downstream that is not well, the worst first, and one for whatever has none.
fn lines<'a>(case: &Case<'_>, summary: &'a Summary) -> Vec<Line<'a>> {
    // A name that two downstreams share would waive both, and so would a name that is another's signature.
    let mut taken: BTreeSet<String> = [OTHERS.to_owned(), COVERAGE.to_owned()].into();
    let names: BTreeSet<&str> = summary.findings.iter().map(|found| found.name.as_str()).collect();
    let mut lines: Vec<Line<'a>> = Vec::new();
    for found in &summary.findings {
        let name = plain(&found.name);
        let mut unique = name.clone();
        let mut nth = 2;
        while !taken.insert(unique.clone()) {
            unique = format!("{name}#{nth}");
            nth += 1;
        }
        let also = found.signature.clone().filter(|s| is_signature(s) && !names.contains(s.as_str()));
        let (verdict, detail) = (verdict(found), detail(case, summary, found));
        lines.push(Line { subject: Subject { name: unique, also, verdict, detail }, found: Some(found) });
    }
    lines.extend(others_line(summary));
    lines.extend(coverage_line(case, summary));
    let many = |line: &Line<'_>| {
        let same = |other: &&FindingLine| other.signature == line.subject.also;
        line.subject.also.as_ref().map_or(0, |_| summary.findings.iter().filter(same).count())
    };
    let mut keyed: Vec<_> = lines.into_iter().map(|line| (many(&line), line)).collect();
    keyed.sort_by(|(one, a), (two, b)| {
        let key = |n: &usize, line: &Line<'_>| {
            (Reverse(line.subject.verdict), Reverse(*n), line.subject.also.clone())
        };
        key(one, a).cmp(&key(two, b))
    });
    keyed.into_iter().map(|(_, line)| line).collect()
}

/// Below tier `must` everything is advice.
fn verdict(found: &FindingLine) -> Verdict {
    match (found.tier, found.comparison) {
        (Tier::Must, Comparison::Regressed) => Verdict::Failed,
        (Tier::Must, Comparison::Suspect | Comparison::Unchecked) => Verdict::Inconclusive,
        (Tier::Must | Tier::Should, _) => Verdict::Passed,
    }
}

/// The line for those that block or are open, but have no line of their own.
fn others_line(summary: &Summary) -> Option<Line<'static>> {
    let unseen = |comparison: Comparison| {
        let seen = |f: &&FindingLine| f.tier == Tier::Must && f.comparison == comparison;
        summary.must.get(comparison).saturating_sub(summary.findings.iter().filter(seen).count() as u64)
    };
    let kinds = [Comparison::Regressed, Comparison::Suspect, Comparison::Unchecked];
    let rest = kinds.map(|kind| (kind, unseen(kind)));
    let verdict = match rest.map(|(_, n)| n > 0) {
        [true, ..] => Verdict::Failed,
        [false, false, false] => return None,
        [false, ..] => Verdict::Inconclusive,
    };
    let words = rest.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| format!("{n} {}", kind.name()));
    let words = crate::types::text::list(&words.collect::<Vec<_>>());
    let detail = format!("{words} more; the results table on record names them");
    Some(Line { subject: Subject { name: OTHERS.into(), also: None, verdict, detail }, found: None })
}

/// The line for too low a coverage.
fn coverage_line(case: &Case<'_>, summary: &Summary) -> Option<Line<'static>> {
    let floor = u64::from(case.policy.gates.downstream.coverage);
    let coverage = summary.all().coverage();
    let detail = match coverage.of {
        _ if !summary.says_too_little(floor) => return None,
        0 if coverage.left_out == 0 => "it tested nothing".to_owned(),
        0 => format!("none of {} says anything about the candidate", coverage.left_out),
        of => format!("{} of {of} gave an answer; {floor} % are required", coverage.conclusive),
    };
    let subject = Subject { name: COVERAGE.into(), also: None, verdict: Verdict::Inconclusive, detail };
    Some(Line { subject, found: None })
}

/// Says what is wrong, in a sentence without a subject.
fn sentence(summary: &Summary, found: &FindingLine) -> String {
    let panics = found.error.as_deref().is_some_and(|e| e.starts_with("panic") || e.contains("panicked at"));
    let step = found.step.map_or("start", Step::name);
    let what = match (found.comparison, found.outcome) {
        (Comparison::Unchecked, _) => "could not be tested".to_owned(),
        (Comparison::UnexpectedPass, _) => "works, but is expected to fail; remove expect-failure".to_owned(),
        (Comparison::Fixed, _) => "works again".to_owned(),
        (Comparison::Flaky, _) => "fails now and then".to_owned(),
        (_, Outcome::FailedRun) if panics => "panics at start".to_owned(),
        (_, Outcome::FailedBuild) => "does not compile".to_owned(),
        (_, Outcome::FailedTest) => "a test fails".to_owned(),
        (_, Outcome::FailedRun) => "does not run".to_owned(),
        (_, Outcome::TimedOut) => format!("takes too long in {step}"),
        (_, Outcome::OutOfMemory) => format!("takes too much memory in {step}"),
        (_, Outcome::NoSpace) => format!("fills its disk in {step}"),
        (_, Outcome::Network) => format!("tried to use the network in {step}"),
        (_, Outcome::Infra) => "the lab failed".to_owned(),
        (_, Outcome::Unprepared) => "could not be prepared".to_owned(),
        (_, Outcome::NotInjected) => "was built with another version".to_owned(),
        (_, Outcome::Skipped | Outcome::Passed) => "has no result".to_owned(),
    };
    let tail = match (found.comparison, &summary.baseline) {
        (Comparison::Regressed, Some(baseline)) => format!(" since {}", baseline.version),
        (Comparison::Suspect, _) => ", and chance is not ruled out".to_owned(),
        (Comparison::StillFailing, _) => ", as before".to_owned(),
        (Comparison::FailingDifferently, Some(baseline)) => {
            format!(", differently from {}", baseline.version)
        }
        (_, _) => String::new(),
    };
    let why = found.error.as_ref().map(|e| format!(": {}", short(e, 120))).unwrap_or_default();
    format!("{what}{tail}{why}")
}

fn detail(case: &Case<'_>, summary: &Summary, found: &FindingLine) -> String {
    let advice = match (found.tier, found.comparison) {
        (Tier::Should, Comparison::Regressed | Comparison::Suspect | Comparison::Unchecked) => {
            " (tier should)"
        }
        (_, _) => "",
    };
    let story = case.project.experiments.story(&found.name);
    let story = story.map(|story| format!(" · {story}")).unwrap_or_default();
    format!("{}{story}{advice}", sentence(summary, found))
}

/// Says how many are well; where all that is not is advice, that too.
fn advised(summary: &Summary) -> String {
    let regressed = summary.should.get(Comparison::Regressed);
    let advice = if regressed > 0 { ", in tier should" } else { "" };
    format!("{}{advice}", counts(&summary.all()))
}

fn failed(case: &Case<'_>, summary: &Summary, open: &[&Line<'_>]) -> Finding {
    let mut remedy = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let bad = open.iter().filter(|line| line.subject.verdict == Verdict::Failed);
    let mut causes = 0;
    for line in bad.clone() {
        let (name, also) = (&line.subject.name, line.subject.also.as_deref());
        if also.is_some_and(|also| !told.insert(also)) || causes == CAUSES {
            continue;
        }
        causes += 1;
        let Some(found) = line.found else {
            remedy.push(waive(case, name));
            continue;
        };
        let same =
            bad.clone().filter(|other| also.is_some() && other.subject.also.as_deref() == also).count();
        let what = sentence(summary, found);
        let typed = quoted(name);
        remedy.push(match same {
            2.. => format!("{}, such as {name}: {what} · allclear reproduce {typed}", count(same, "project")),
            _ => format!("{name}: {what} · allclear reproduce {typed}"),
        });
        remedy.push(format!("allclear why {}", quoted(&format!("downstream:{name}"))));
        remedy.push(waive(case, if same > 1 { also.unwrap_or(name) } else { name }));
    }
    let actors = vec!["a developer".into()];
    Finding { needs_commit: true, ..Finding::failed(counts(&summary.all()), actors, remedy) }
}

fn inconclusive(case: &Case<'_>, summary: &Summary, open: &[&Line<'_>], since: Timestamp) -> Finding {
    let due = RETRIED.after(since);
    let again = format!("allclear test {} --rerun failed", case.version);
    let mut finding = Finding {
        verdict: Verdict::Inconclusive,
        kind: Kind::Machine,
        actors: vec!["the lab".into()],
        turns_at: Some(due),
        remedy: vec![again],
        ..Finding::passed(counts(&summary.all()))
    };
    if due <= case.now {
        (finding.kind, finding.turns_at) = (Kind::Person, None);
        finding.actors = vec!["whoever runs the lab".into()];
        finding.remedy.extend(open.iter().take(CAUSES).map(|line| waive(case, &line.subject.name)));
    }
    finding
}

fn waive(case: &Case<'_>, subject: &str) -> String {
    let (version, commit) = (case.version, case.commit());
    let subject = quoted(&format!("downstream:{subject}"));
    format!("allclear waive {version} {subject} --commit {commit} --reason TEXT --for DURATION")
}
