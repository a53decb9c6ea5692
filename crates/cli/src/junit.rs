//! The table as JUnit XML: what Surefire writes and CI systems read, with its elements for flaky tests.

use crate::json::experiment::seconds;
use allclear_core::experiment::{Attempt, Comparison, Experiment, Outcome, Row};
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::types::text::{plain, short};
use allclear_engine::CheckRun;
use std::fmt::Write;

/// What one line of the table is to a CI system.
enum Status {
    /// It passed; what failed on the way is shown.
    Passed(Vec<String>),
    /// It failed, or could not be looked at; with the element that says so.
    Not(&'static str, String),
}

/// One test case.
struct Case {
    name: String,
    class: String,
    seconds: f64,
    status: Status,
    out: String,
}

pub(crate) fn write(experiment: &Experiment, checks: &[CheckRun]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"allclear\">\n".to_owned();
    let cases: Vec<Case> = experiment.downstreams.iter().map(of_row).collect();
    suite(&mut text, &format!("downstreams of {}", experiment.candidate.version), &cases);
    if !checks.is_empty() {
        suite(&mut text, "checks", &checks.iter().map(of_check).collect::<Vec<_>>());
    }
    text + "</testsuites>\n"
}

fn suite(text: &mut String, name: &str, cases: &[Case]) {
    let count = |wanted: &str| {
        cases.iter().filter(|c| matches!(&c.status, Status::Not(element, _) if *element == wanted)).count()
    };
    let total: f64 = cases.iter().map(|case| case.seconds).sum();
    // Writing to a text cannot fail.
    let _written = writeln!(
        text,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{total:.3}\">",
        safe(name),
        cases.len(),
        count("failure"),
        count("error"),
        count("skipped"),
    );
    for case in cases {
        let _written = writeln!(
            text,
            "    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3}\">",
            safe(&case.name),
            safe(&case.class),
            case.seconds
        );
        match &case.status {
            Status::Passed(failures) => failures.iter().for_each(|why| {
                let _written = writeln!(text, "      <flakyFailure message=\"{}\"/>", safe(why));
            }),
            Status::Not(element, why) => {
                let _written = writeln!(text, "      <{element} message=\"{}\"/>", safe(why));
            }
        }
        if !case.out.is_empty() {
            let _written = writeln!(text, "      <system-out>{}</system-out>", safe(&case.out));
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n");
}

fn of_row(row: &Row) -> Case {
    let status = match row.comparison {
        Comparison::Regressed | Comparison::UnexpectedPass => Status::Not("failure", said(row)),
        Comparison::Suspect | Comparison::Unchecked => Status::Not("error", said(row)),
        Comparison::FailingDifferently
        | Comparison::StillFailing
        | Comparison::ExpectedFailure
        | Comparison::NotApplicable => Status::Not("skipped", said(row)),
        Comparison::Flaky => {
            let failed = row.attempts.iter().filter(|a| a.outcome != Outcome::Passed);
            Status::Passed(failed.map(flake).collect())
        }
        Comparison::Fixed | Comparison::Ok => Status::Passed(Vec::new()),
    };
    Case {
        name: row.name.clone(),
        class: row.project.clone(),
        seconds: seconds(row.attempts.iter().map(|a| a.millis).sum()),
        status,
        out: if row.comparison.is_good() { String::new() } else { row.repro.clone() },
    }
}

fn said(row: &Row) -> String {
    let why = row.error.as_deref().or(row.note.as_deref()).unwrap_or_default();
    format!("{} ({}): {}", row.comparison.name(), row.outcome.name(), short(why, 300))
}

fn flake(attempt: &Attempt) -> String {
    let why = attempt.error.as_deref().or(attempt.note.as_deref()).unwrap_or_default();
    format!("{}: {}", attempt.outcome.name(), short(why, 300))
}

fn of_check(run: &CheckRun) -> Case {
    let why = || flake(&run.attempt);
    Case {
        name: run.name.clone(),
        class: "check".into(),
        seconds: seconds(run.attempt.millis),
        status: match run.outcome {
            Some(CheckOutcome::Passed) => Status::Passed(Vec::new()),
            Some(CheckOutcome::Failed) => Status::Not("failure", why()),
            None => Status::Not("error", why()),
        },
        out: String::new(),
    }
}

/// Writes text of strangers so that it is text (XML 1.0 §2.4, and no control characters: §2.2).
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if ('\u{fffe}'..='\u{ffff}').contains(&c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_strangers_stay_words() {
        assert_eq!(
            safe("<a href=\"x\">&'\u{1b}[31m\u{ffff}"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&apos;\u{fffd}[31m\u{fffd}"
        );
    }

    #[test]
    fn a_suite_counts_what_is_in_it() {
        let case =
            |status| Case { name: "a<b".into(), class: "c".into(), seconds: 1.5, status, out: String::new() };
        let mut text = String::new();
        let cases = [
            case(Status::Not("failure", "regressed".into())),
            case(Status::Passed(vec!["failed-test: x".into()])),
        ];
        suite(&mut text, "downstreams", &cases);
        assert_eq!(
            text,
            "  <testsuite name=\"downstreams\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"3.000\">\n    \
             <testcase name=\"a&lt;b\" classname=\"c\" time=\"1.500\">\n      <failure message=\"regressed\"/>\n    </testcase>\n    \
             <testcase name=\"a&lt;b\" classname=\"c\" time=\"1.500\">\n      <flakyFailure message=\"failed-test: x\"/>\n    </testcase>\n  \
             </testsuite>\n"
        );
    }
}
