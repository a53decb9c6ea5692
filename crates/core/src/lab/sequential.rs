//! When enough was tried: the sequential rule over pairs of attempts.
//!
//! A first failure can be chance, so both arms are tried in turns, and after each pair the *Bayes factor* says how
//! much more likely the attempts are if the arms fail at different rates than if they fail at the same one. Both
//! rates are unknown, with Jeffreys priors (Beta(½, ½); other priors are too sure of themselves). Where every
//! attempt with the candidate fails and none with the baseline does, the factor after `m` pairs is `C(2m, m)`:
//! 2, 6, 20, 70, 252, 924.

/// How often one arm was tried, and how often it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was tried.
    pub tries: u32,
    /// How often it failed; never more than `tries`.
    pub failures: u32,
}

impl Tally {
    /// Counts one more attempt.
    pub fn add(&mut self, failed: bool) {
        self.tries += 1;
        self.failures += u32::from(failed);
    }

    /// Compares how often the arms fail: `true` where this one fails more often.
    fn fails_more_often_than(self, other: Self) -> bool {
        u64::from(self.failures) * u64::from(other.tries) > u64::from(other.failures) * u64::from(self.tries)
    }

    /// Gives the logarithm of how likely this very sequence is under a Jeffreys prior.
    fn evidence(self) -> f64 {
        let failures = self.failures.min(self.tries);
        let half = |n: u32| (0..n).map(|i| (f64::from(i) + 0.5).ln()).sum::<f64>();
        let whole = (1..=self.tries).map(|i| f64::from(i).ln()).sum::<f64>();
        half(failures) + half(self.tries - failures) - whole
    }
}

/// Says how much the attempts speak for a candidate that fails more often than the baseline: above 1 for it, below
/// against it. It is one-sided: where the candidate does not fail more often, a difference speaks against it.
pub fn factor(candidate: Tally, baseline: Tally) -> f64 {
    let together = Tally {
        tries: candidate.tries.saturating_add(baseline.tries),
        failures: candidate.failures.saturating_add(baseline.failures),
    };
    let differ = candidate.evidence() + baseline.evidence() - together.evidence();
    if candidate.fails_more_often_than(baseline) { differ.exp() } else { (-differ.abs()).exp() }
}

/// What the attempts so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet: another pair is needed.
    More,
    /// The candidate fails more often, beyond reasonable doubt.
    Regressed,
    /// The arms are alike: it fails now and then.
    Flaky,
    /// The candidate seems to fail more often, and the pairs are used up.
    Suspect,
}

/// The rule that says when enough was tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sequential {
    /// From which factor on the candidate is convicted.
    pub convict: f64,
    /// Up to which factor it is acquitted before the pairs are used up.
    pub acquit: f64,
    /// How many pairs there are at most.
    pub pairs: u32,
}

/// Three failures of three against none of three are a factor of exactly 20: rounding must not cost a pair.
const ROUNDING: f64 = 1e-9;

impl Sequential {
    /// Gives the rule for an experiment of that size: where many are looked at, chance has many chances.
    pub fn for_downstreams(n: usize) -> Self {
        Self { convict: if n >= 500 { 100.0 } else { 20.0 }, acquit: 1.0 / 3.0, pairs: 6 }
    }

    /// Says what the attempts so far mean. When the pairs are used up, the side to which the evidence leans decides
    /// between flaky and suspect: one failure of six against none leans to chance (0.66), two to the candidate (1.5).
    pub fn answer(&self, candidate: Tally, baseline: Tally) -> Answer {
        let factor = factor(candidate, baseline);
        let used_up = candidate.tries.min(baseline.tries) >= self.pairs;
        match factor {
            f if f >= self.convict * (1.0 - ROUNDING) => Answer::Regressed,
            f if f <= self.acquit => Answer::Flaky,
            _ if !used_up => Answer::More,
            f if f < 1.0 => Answer::Flaky,
            _ => Answer::Suspect,
        }
    }
}

impl Default for Sequential {
    fn default() -> Self {
        Self::for_downstreams(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(failures: u32, tries: u32) -> Tally {
        Tally { tries, failures }
    }

    #[test]
    fn a_clean_break_is_worth_what_the_central_binomials_say() {
        for (pairs, expected) in (1..).zip([2.0, 6.0, 20.0, 70.0, 252.0, 924.0]) {
            let found = factor(of(pairs, pairs), of(0, pairs));
            assert!((found / expected - 1.0).abs() < 1e-9, "{pairs}: {found}");
        }
    }

    #[test]
    fn answers() {
        use Answer::{Flaky, More, Regressed, Suspect};
        let few = Sequential::for_downstreams(499);
        let many = Sequential::for_downstreams(500);
        let table = [
            // candidate, baseline, of fewer than 500, of 500 or more
            ((1, 1), (0, 1), More, More),
            ((2, 2), (0, 2), More, More),
            ((3, 3), (0, 3), Regressed, More),
            ((4, 4), (0, 4), Regressed, More),
            ((5, 5), (0, 5), Regressed, Regressed),
            ((2, 3), (0, 3), More, More),
            ((4, 5), (0, 5), Regressed, More),
            ((1, 6), (0, 6), Flaky, Flaky),
            ((2, 6), (0, 6), Suspect, Suspect),
            ((4, 6), (0, 6), Suspect, Suspect),
            ((5, 6), (0, 6), Regressed, Suspect),
            ((3, 6), (3, 6), Flaky, Flaky),
            // The baseline is the bad one: no amount of that convicts, and a clear case ends early.
            ((1, 4), (4, 4), Flaky, Flaky),
            ((0, 6), (6, 6), Flaky, Flaky),
            ((0, 0), (0, 0), More, More),
        ];
        for ((c, cn), (b, bn), small, large) in table {
            let case = format!("{c}/{cn} against {b}/{bn}: {}", factor(of(c, cn), of(b, bn)));
            assert_eq!(few.answer(of(c, cn), of(b, bn)), small, "{case}");
            assert_eq!(many.answer(of(c, cn), of(b, bn)), large, "{case}");
        }
    }

    proptest! {
        #[test]
        fn a_failure_less_of_the_candidate_never_speaks_more_against_it(
            cn in 1u32..12, bn in 1u32..12, c in 0u32..12, b in 0u32..12,
        ) {
            let (c, b) = (c.min(cn), b.min(bn));
            prop_assume!(c > 0);
            prop_assert!(factor(of(c - 1, cn), of(b, bn)) <= factor(of(c, cn), of(b, bn)) * (1.0 + 1e-9)
                // Both on the acquitted side: there the factor says how sure that is.
                || factor(of(c, cn), of(b, bn)) <= 1.0);
        }

        #[test]
        fn only_a_candidate_that_fails_more_often_is_convicted(
            cn in 0u32..40, bn in 0u32..40, c in 0u32..40, b in 0u32..40,
        ) {
            let (c, b) = (of(c.min(cn), cn), of(b.min(bn), bn));
            let rule = Sequential::default();
            if rule.answer(c, b) == Answer::Regressed {
                prop_assert!(c.fails_more_often_than(b));
                prop_assert!(rule.answer(b, c) != Answer::Regressed);
            }
            prop_assert!(factor(c, b).is_finite() && factor(c, b) >= 0.0);
        }
    }
}
