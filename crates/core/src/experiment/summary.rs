//! What the record keeps of an experiment: the counts, and what did not pass. The whole table is an attachment.

use super::{Comparison, Coverage, Declared, Experiment, Outcome, Pinned, Row, Step, Tier};
use crate::types::object_id::CommitId;
use crate::types::text::{hex, short};
use crate::types::version::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many findings an entry has at most.
const FINDINGS: usize = 150;
/// How many bytes they may take: an entry has at most 64 KiB.
const BYTES: usize = 40 * 1024;

/// An experiment that ended, as an entry has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The experiment's id.
    pub experiment: String,
    /// The candidate.
    pub version: Version,
    /// The commit that was looked at. It counts for this one alone.
    pub commit: CommitId,
    /// The content that was served; `None` where nothing was packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// What it was compared with; `None` before the first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Pinned>,
    /// The digest of what was to be tried, as [`declared`] gives it.
    pub declared: String,
    /// How those in tier `must` compare.
    pub must: Tallies,
    /// How those in tier `should` compare.
    pub should: Tallies,
    /// What did not pass, worst first.
    pub findings: Vec<FindingLine>,
    /// How many more did not pass.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// The SHA-256 of the attachment `results.json`, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<String>,
    /// How foreign code was contained, in words.
    pub sandbox: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// One downstream that did not pass, or that passes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingLine {
    /// The downstream's name.
    pub name: String,
    /// How much it counts.
    pub tier: Tier,
    /// How the arms compare.
    pub comparison: Comparison,
    /// How the candidate's deciding attempt ended.
    pub outcome: Outcome,
    /// In which step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// The digest of the normalised error: 12 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The line that says what is wrong, or why nothing could be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How many downstreams have each comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tallies(BTreeMap<Comparison, u64>);

impl Tallies {
    /// Counts comparisons.
    pub fn of(comparisons: impl IntoIterator<Item = Comparison>) -> Self {
        let mut tallies = Self::default();
        for comparison in comparisons {
            *tallies.0.entry(comparison).or_default() += 1;
        }
        tallies
    }

    /// Tells how many there are of one.
    pub fn get(&self, comparison: Comparison) -> u64 {
        self.0.get(&comparison).copied().unwrap_or(0)
    }

    /// Tells how many there are in all.
    pub fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Adds two tallies.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (comparison, n) in &other.0 {
            let sum = both.0.entry(*comparison).or_default();
            *sum = sum.saturating_add(*n);
        }
        both
    }

    /// Gives their coverage.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        for (comparison, n) in &self.0 {
            let sum = |part: &mut u64| *part = part.saturating_add(*n);
            match comparison.is_conclusive() {
                Some(conclusive) => {
                    sum(&mut coverage.of);
                    if conclusive {
                        sum(&mut coverage.conclusive);
                    }
                }
                None => sum(&mut coverage.left_out),
            }
        }
        coverage
    }
}

impl Summary {
    /// Counts both tiers.
    pub fn all(&self) -> Tallies {
        self.must.with(&self.should)
    }

    /// Tells whether a downstream that blocks has regressed.
    pub fn is_bad(&self) -> bool {
        let bad = |f: &FindingLine| f.tier == Tier::Must && f.comparison == Comparison::Regressed;
        self.must.get(Comparison::Regressed) > 0 || self.findings.iter().any(bad)
    }

    /// Tells whether an answer is missing: something in tier `must` has none, or fewer
    /// than `floor` percent of all have.
    pub fn is_inconclusive(&self, floor: u64) -> bool {
        let open = |f: &FindingLine| f.tier == Tier::Must && f.comparison.is_conclusive() == Some(false);
        let without = self.must.coverage();
        without.conclusive < without.of || self.findings.iter().any(open) || self.says_too_little(floor)
    }

    /// Tells whether fewer than `floor` percent gave an answer, or none did.
    pub fn says_too_little(&self, floor: u64) -> bool {
        let all = self.all();
        let coverage = all.coverage();
        let silent = coverage.of == 0 && all.get(Comparison::NotApplicable) < all.total();
        all.total() == 0 || silent || !coverage.reaches(floor)
    }

    /// Says it in a few words: the subject of its commit.
    pub fn sentence(&self) -> String {
        let head = format!("test {} at {}", self.version, self.commit.short());
        format!("{head}: {}", counts(&self.all()))
    }
}

/// Makes the summary for the record. `declared` is what the candidate's policy declares. The table's digest is
/// left to whoever attaches it.
pub fn summary(experiment: &Experiment, declared: &[Declared]) -> Summary {
    let of = |tier: Tier| {
        let rows = experiment.downstreams.iter().filter(move |row| row.tier == tier);
        Tallies::of(rows.map(|row| row.comparison))
    };
    let is_told = |row: &&Row| {
        !matches!(row.comparison, Comparison::Ok | Comparison::NotApplicable | Comparison::ExpectedFailure)
    };
    let mut told: Vec<&Row> = experiment.downstreams.iter().filter(is_told).collect();
    told.sort_by_key(|row| (row.comparison, row.tier, Reverse(row.outcome), row.name.as_str()));
    let mut findings = Vec::new();
    let mut bytes = 0;
    for row in &told {
        let line = line(row);
        bytes += serde_json::to_vec(&line).map_or(BYTES, |json| json.len() + 1);
        if findings.len() == FINDINGS || bytes > BYTES {
            break;
        }
        findings.push(line);
    }
    let candidate = &experiment.candidate;
    Summary {
        experiment: experiment.experiment.clone(),
        version: candidate.version,
        commit: candidate.commit.clone(),
        hash: candidate.hash.clone(),
        baseline: experiment.baseline.clone(),
        declared: self::declared(declared),
        must: of(Tier::Must),
        should: of(Tier::Should),
        more: (told.len() - findings.len()) as u64,
        findings,
        results: None,
        sandbox: short(&experiment.contained, 80),
        millis: experiment.millis,
    }
}

fn line(row: &Row) -> FindingLine {
    FindingLine {
        name: short(&row.name, 120),
        tier: row.tier,
        comparison: row.comparison,
        outcome: row.outcome,
        step: row.step,
        signature: row.signature.clone().filter(|signature| is_signature(signature)),
        error: row.error.as_ref().or(row.note.as_ref()).map(|text| short(text, 160)),
    }
}

/// Gives the digest of what a policy declares, 12 hex digits: an experiment counts where it looked at that.
pub fn declared(declared: &[Declared]) -> String {
    let json = serde_json::to_vec(declared).unwrap_or_default();
    hex(&Sha256::digest(json)[..6])
}

/// Tells whether a text is the signature of a failure: 12 hex digits.
pub fn is_signature(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Counts those that pass, and names what the others are: `80 of 81 ok · 1 regressed`.
pub fn counts(all: &Tallies) -> String {
    let of = all.total().saturating_sub(all.get(Comparison::NotApplicable));
    let ok = all.get(Comparison::Ok).saturating_add(all.get(Comparison::Fixed));
    let others = [
        (Comparison::Regressed, "regressed"),
        (Comparison::Suspect, "suspect"),
        (Comparison::Unchecked, "unchecked"),
        (Comparison::Flaky, "flaky"),
        (Comparison::FailingDifferently, "failing differently"),
        (Comparison::StillFailing, "still failing"),
        (Comparison::ExpectedFailure, "expected to fail"),
        (Comparison::UnexpectedPass, "passing unexpectedly"),
    ];
    let others = others.iter().filter(|(comparison, _)| all.get(*comparison) > 0);
    let parts = others.map(|(comparison, word)| format!("{} {word}", all.get(*comparison)));
    std::iter::once(format!("{ok} of {of} ok")).chain(parts).collect::<Vec<_>>().join(" · ")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, SCHEMA, Verdict};
    use super::*;
    use jiff::Timestamp;

    fn row(n: usize, comparison: Comparison, text: &str) -> Row {
        Row {
            name: format!("examples/{n}{text}"),
            project: "x".into(),
            commit: CommitId::parse(&format!("{n:040x}")).unwrap(),
            tag: None,
            mode: Mode::Fresh,
            tier: if n.is_multiple_of(2) { Tier::Must } else { Tier::Should },
            comparison,
            outcome: Outcome::FailedRun,
            step: Some(Step::Run),
            proof: None,
            attempts: Vec::new(),
            signature: Some(format!("{n:012x}")),
            error: Some(format!("panic: {text}")),
            note: None,
            repro: String::new(),
            known: false,
        }
    }

    fn experiment(rows: Vec<Row>) -> Experiment {
        let pinned = |version| Pinned {
            version,
            commit: CommitId::parse(&"a".repeat(40)).unwrap(),
            hash: Some("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into()),
        };
        Experiment {
            schema: SCHEMA.into(),
            experiment: "0123456789ab".into(),
            began: Timestamp::UNIX_EPOCH,
            millis: 1,
            candidate: pinned(Version::new(2, 9, 0)),
            baseline: Some(pinned(Version::new(2, 8, 0))),
            coverage: Coverage::of(rows.iter().map(|row| row.comparison)),
            downstreams: rows,
            verdict: Verdict::Regressed,
            contained: "bubblewrap, cgroup v2".into(),
        }
    }

    #[test]
    fn ten_thousand_fit_into_an_entry() {
        let nasty = "\"\\\u{1b}\u{1f600}".repeat(200);
        for text in ["", nasty.as_str()] {
            let kinds = [Comparison::Ok, Comparison::Flaky, Comparison::Regressed, Comparison::Unchecked];
            let rows = (0..10_000).map(|n| row(n, kinds[n / 2 % 4], text)).collect();
            let summary = summary(&experiment(rows), &[]);
            let bytes = serde_json::to_vec(&summary).unwrap().len();
            assert!(bytes < 48 * 1024, "{bytes} bytes");
            assert!(summary.findings.len() <= FINDINGS && !summary.findings.is_empty());
            assert_eq!(summary.findings.len() as u64 + summary.more, 7500);
            // The worst are never those that are left out.
            let first = |f: &FindingLine| f.tier == Tier::Must && f.comparison == Comparison::Regressed;
            assert!(summary.findings.iter().all(first));
            assert_eq!(summary.must.get(Comparison::Regressed), 1250);
            assert_eq!(summary.all().total(), 10_000);
            assert_eq!(
                serde_json::from_value::<Summary>(serde_json::to_value(&summary).unwrap()).unwrap(),
                summary
            );
        }
    }

    #[test]
    fn what_is_well_takes_no_room() {
        let well = [Comparison::Ok, Comparison::NotApplicable, Comparison::ExpectedFailure];
        let rows = (0..9).map(|n| row(n, well[n % 3], "")).collect();
        let summary = summary(&experiment(rows), &[]);
        assert_eq!((summary.findings.len(), summary.more), (0, 0));
        assert_eq!(summary.sentence(), "test 2.9.0 at aaaaaaa: 3 of 6 ok · 3 expected to fail");
    }

    #[test]
    fn the_counts_cover_what_rows_do() {
        let kinds = [Comparison::Ok, Comparison::Suspect, Comparison::StillFailing, Comparison::Regressed];
        let rows: Vec<Row> = (0..11).map(|n| row(n, kinds[n % 4], "")).collect();
        let tallies = Tallies::of(rows.iter().map(|row| row.comparison));
        assert_eq!(tallies.coverage(), Coverage::of(rows.iter().map(|row| row.comparison)));
    }
}
