//! The results of checks, on record.

use crate::policy::Trust;
use crate::types::duration::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The results of one check on one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// Every result, in order.
    #[serde(with = "beats")]
    pub beats: Vec<CheckResult>,
    /// Who recorded the last one.
    pub by: String,
    /// Where to read more of the last one.
    pub url: Option<String>,
}

/// One result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckResult {
    /// The second it was recorded.
    pub at: i64,
    /// Whether it passed.
    pub passed: bool,
    /// Whether a checker's or a recorder's signature is on it.
    pub vouched: bool,
}

/// Encodes results compactly, since a ledger is mostly these: the seconds since the one before, four
/// times, one more where it passed, and two where it is vouched for.
mod beats {
    use super::CheckResult;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(beats: &[CheckResult], s: S) -> Result<S::Ok, S::Error> {
        let before = std::iter::once(0).chain(beats.iter().map(|told| told.at));
        s.collect_seq(beats.iter().zip(before).map(|(told, before)| {
            (told.at - before) * 4 + i64::from(told.passed) + 2 * i64::from(told.vouched)
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<CheckResult>, D::Error> {
        let mut beats: Vec<CheckResult> = Vec::new();
        for step in Vec::<i64>::deserialize(d)? {
            let before = beats.last().map_or(0, |told| told.at);
            let (passed, vouched) = (step & 1 == 1, step & 2 == 2);
            beats.push(CheckResult { at: before.saturating_add(step.div_euclid(4)), passed, vouched });
        }
        Ok(beats)
    }
}

impl CheckLine {
    /// Gives the results that count, in order. A failure counts, whoever recorded it.
    fn counted(&self, trust: Trust) -> impl DoubleEndedIterator<Item = &CheckResult> {
        self.beats.iter().filter(move |told| trust == Trust::Claimed || told.vouched || !told.passed)
    }

    /// Tells whether the last result that counts was a pass; `None` where there is none.
    pub fn passed(&self, trust: Trust) -> Option<bool> {
        self.counted(trust).next_back().map(|told| told.passed)
    }

    /// Gives the start and the end of the unbroken run of passes up to the last result that counts;
    /// `None` where that is a failure. A silence longer than `every` breaks the run.
    pub fn streak(&self, every: Seconds, trust: Trust) -> Option<(Timestamp, Timestamp)> {
        let last = self.counted(trust).next_back().filter(|told| told.passed)?.at;
        let mut start = last;
        for told in self.counted(trust).rev() {
            if !told.passed || start - told.at > every.0 as i64 {
                break;
            }
            start = told.at;
        }
        Some((Timestamp::from_second(start).ok()?, Timestamp::from_second(last).ok()?))
    }
}
