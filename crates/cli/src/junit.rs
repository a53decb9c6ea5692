//! The table as JUnit XML, as CI systems read it.

use allclear_core::event::CheckOutcome;
use allclear_core::lab::{Attempt, Comparison, Experiment, Outcome, Row};
use allclear_core::text::{plain, short};
use allclear_engine::CheckRun;
use quick_junit::{FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use std::time::Duration;

/// Writes it.
pub(crate) fn write(experiment: &Experiment, checks: &[CheckRun]) -> Result<String, String> {
    let mut report = Report::new("allclear");
    report.set_time(Duration::from_millis(experiment.millis));
    let mut suite = TestSuite::new(format!("downstreams of {}", experiment.candidate.version));
    suite.add_property(("experiment", experiment.experiment.as_str()));
    suite.add_property(("candidate", experiment.candidate.commit.as_str()));
    suite.add_test_cases(experiment.downstreams.iter().map(case));
    report.add_test_suite(suite);
    if !checks.is_empty() {
        let mut suite = TestSuite::new("checks");
        suite.add_test_cases(checks.iter().map(check));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|e| e.to_string())
}

fn case(row: &Row) -> TestCase {
    let status = match row.comparison {
        Comparison::Regressed | Comparison::UnexpectedPass => failed(row, NonSuccessKind::Failure),
        Comparison::Suspect | Comparison::Unchecked => failed(row, NonSuccessKind::Error),
        Comparison::Flaky => {
            let mut status = TestCaseStatus::success();
            status.set_rerun_kind(FlakyOrRerun::Flaky);
            status.add_reruns(row.attempts.iter().filter(|a| a.outcome != Outcome::Passed).map(rerun));
            status
        }
        Comparison::FailingDifferently
        | Comparison::StillFailing
        | Comparison::ExpectedFailure
        | Comparison::NotApplicable => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(said(row));
            status
        }
        Comparison::Fixed | Comparison::Ok => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(plain(&row.name), status);
    case.set_classname(plain(&row.project));
    case.set_time(Duration::from_millis(row.attempts.iter().map(|a| a.millis).sum()));
    case.add_property(("comparison", row.comparison.name()));
    case.set_system_out(format!("{}\n", row.repro));
    case
}

fn failed(row: &Row, kind: NonSuccessKind) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(row.comparison.name()).set_message(said(row));
    status
}

fn rerun(attempt: &Attempt) -> TestRerun {
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    rerun.set_type(attempt.outcome.name()).set_time(Duration::from_millis(attempt.millis));
    rerun.set_message(plain(attempt.error.as_deref().unwrap_or_default()));
    rerun
}

fn said(row: &Row) -> String {
    let why = row.error.as_deref().or(row.note.as_deref()).unwrap_or_default();
    format!("{} ({}): {}", row.comparison.name(), row.outcome.name(), short(why, 300))
}

fn check(run: &CheckRun) -> TestCase {
    let status = match run.outcome {
        Some(CheckOutcome::Passed) => TestCaseStatus::success(),
        Some(CheckOutcome::Failed) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        None => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let mut case = TestCase::new(plain(&run.name), status);
    case.set_classname("check").set_time(Duration::from_millis(run.attempt.millis));
    if let Some(error) = &run.attempt.error {
        case.set_system_err(plain(error));
    }
    case
}
