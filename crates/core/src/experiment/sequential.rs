//! When enough was tried: the sequential rule over pairs of attempts.
//!
//! A first failure can be chance, so both arms are tried in turns, and after each pair the *Bayes factor* says how
//! much more likely the attempts are if the candidate fails at a higher rate than if both fail at the same one. The
//! rates are unknown, with Jeffreys priors (Beta(½, ½); other priors are too sure of themselves), cut to the side
//! that matters as in Klugkist and Hoijtink, *The Bayes factor for inequality constrained models* (2007).

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

    /// Leaves the first attempt out, which failed.
    fn after_the_first(self) -> Self {
        Self { tries: self.tries.saturating_sub(1), failures: self.failures.saturating_sub(1) }
    }

    /// Gives how likely this very sequence is at each rate of the grid, up to a factor.
    fn likelihood(self) -> [f64; GRID] {
        let failures = f64::from(self.failures.min(self.tries));
        let passes = f64::from(self.tries) - failures;
        let logs: [f64; GRID] = std::array::from_fn(|i| {
            let angle = (i as f64 + 0.5) * std::f64::consts::FRAC_PI_2 / GRID as f64;
            2.0 * (failures * angle.sin().ln() + passes * angle.cos().ln())
        });
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logs.map(|log| (log - most).exp())
    }
}

/// How many rates stand for all. They are `sin²` of evenly spaced angles: so spaced, a Jeffreys prior gives each of
/// them the same weight, and sums over them are as good as integrals.
const GRID: usize = 128;

/// Says how much the attempts speak for a candidate that fails more often than the baseline: above 1 for it, below
/// against it.
pub fn factor(candidate: Tally, baseline: Tally) -> f64 {
    let (candidate, baseline) = (candidate.likelihood(), baseline.likelihood());
    let (mut higher, mut same, mut below) = (0.0, 0.0, 0.0);
    for (c, b) in candidate.into_iter().zip(baseline) {
        higher += c * (below + b / 2.0);
        same += c * b;
        below += b;
    }
    // Half of all pairs of rates have the candidate's above the baseline's.
    let evenly = GRID as f64 / 2.0;
    higher / (evenly * same).max(f64::MIN_POSITIVE)
}

/// What the attempts so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet: another pair is needed.
    More,
    /// The candidate fails more often, beyond reasonable doubt.
    Regressed,
    /// Both arms fail at similar rates: it is flaky.
    Flaky,
    /// The candidate seems to fail more often, and the pairs are used up.
    Suspect,
}

/// The rule that says when enough was tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sequential {
    /// From which factor on the candidate counts as regressed.
    pub convict: f64,
    /// Up to which factor it counts as flaky before the pairs are used up.
    pub acquit: f64,
    /// How many pairs there are at most.
    pub pairs: u32,
}

impl Sequential {
    /// Gives the rule for an experiment of that size: with more downstreams chance needs a higher bar.
    pub fn for_downstreams(n: usize) -> Self {
        Self { convict: if n >= 500 { 100.0 } else { 20.0 }, acquit: 1.0 / 3.0, pairs: 6 }
    }

    /// Says what the attempts so far mean. That the candidate's first attempt failed is why there are pairs at all,
    /// so when they are used up, the others decide between flaky and suspect: by which side is more likely.
    pub fn answer(&self, candidate: Tally, baseline: Tally) -> Answer {
        let used_up = candidate.tries.min(baseline.tries) >= self.pairs;
        match factor(candidate, baseline) {
            found if found >= self.convict => Answer::Regressed,
            found if found <= self.acquit => Answer::Flaky,
            _ if !used_up => Answer::More,
            _ if factor(candidate.after_the_first(), baseline) < 1.0 => Answer::Flaky,
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

    /// The closed form for different against same rates (for a clean break `C(2m, m)`: 2, 6, 20, 70), times twice the
    /// probability that the candidate's rate is the higher one, integrated elsewhere with 200,000 steps.
    #[test]
    fn factors() {
        let table = [
            ((0, 0), (0, 0), 1.0),
            ((1, 1), (0, 1), 3.621),
            ((2, 2), (0, 2), 11.764),
            ((3, 3), (0, 3), 39.828),
            ((4, 4), (0, 4), 139.865),
            ((1, 6), (0, 6), 1.098),
            ((2, 6), (0, 6), 2.903),
            ((4, 6), (0, 6), 28.304),
            ((4, 6), (1, 6), 4.146),
            ((2, 4), (2, 4), 0.514),
            ((1, 6), (3, 6), 0.204),
        ];
        for ((c, cn), (b, bn), expected) in table {
            let found = factor(of(c, cn), of(b, bn));
            assert!((found / expected - 1.0).abs() < 0.005, "{c}/{cn} against {b}/{bn}: {found}");
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
            ((4, 4), (0, 4), Regressed, Regressed),
            ((5, 5), (0, 5), Regressed, Regressed),
            ((2, 3), (0, 3), More, More),
            ((4, 5), (0, 5), Regressed, More),
            ((1, 6), (0, 6), Flaky, Flaky),
            ((2, 6), (0, 6), Suspect, Suspect),
            ((3, 6), (0, 6), Suspect, Suspect),
            ((4, 6), (0, 6), Regressed, Suspect),
            ((5, 6), (0, 6), Regressed, Regressed),
            ((3, 6), (3, 6), Flaky, Flaky),
            // Where the baseline fails, the candidate is never blamed, and a clear case ends early.
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
        fn a_failure_more_speaks_against_its_arm(cn in 1u32..12, bn in 1u32..12, c in 0u32..12, b in 0u32..12) {
            let (c, b) = (c.min(cn), b.min(bn));
            prop_assume!(c > b && c * bn > b * cn);
            prop_assert!(factor(of(c - 1, cn), of(b, bn)) < factor(of(c, cn), of(b, bn)));
            prop_assert!(factor(of(c, cn), of(b, bn)) < factor(of(c, cn), of(b, bn + 1)) || b == bn);
        }

        #[test]
        fn only_a_candidate_that_fails_more_often_is_convicted(
            cn in 0u32..40, bn in 0u32..40, c in 0u32..40, b in 0u32..40,
        ) {
            let (c, b) = (of(c.min(cn), cn), of(b.min(bn), bn));
            let rule = Sequential::default();
            if rule.answer(c, b) == Answer::Regressed {
                prop_assert!(c.failures * b.tries > b.failures * c.tries);
                prop_assert_eq!(rule.answer(b, c), Answer::Flaky);
            }
        }

        #[test]
        fn it_is_a_number_for_whatever_was_counted(cn: u32, bn: u32, c: u32, b: u32) {
            let found = factor(of(c, cn), of(b, bn));
            prop_assert!(found >= 0.0 && !found.is_nan(), "{found}");
        }
    }
}
