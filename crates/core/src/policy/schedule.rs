//! The schedule: which slots there are and which is due.
//!
//! Slot n is `anchor + n × period` on the wall clock of the project's time zone, computed from the
//! anchor each time. Chaining (`previous + period`) would carry the shift of one daylight-saving gap
//! into every later slot. Wall-clock times that a change of the clock skips or repeats are resolved
//! as RFC 5545 §3.3.5 has it (jiff calls it "compatible"): a skipped time moves forward by the
//! length of the gap, a repeated one is its first occurrence. So each slot is one instant, and that
//! instant names it in the ledger.

use crate::policy::model::{AfterFix, Hours, Policy};
use crate::policy::{Period, Train, WhenBusy};
use crate::types::duration::Seconds;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Gives the instant of slot `n`, counted from 0 at the anchor. `None` outside the range of time,
/// and where the zone skips a whole calendar day so that the slot falls together with the next.
pub fn slot(train: &Train, zone: &TimeZone, n: i64) -> Option<Timestamp> {
    let at = instant(train, zone, n)?;
    let next = n.checked_add(1).and_then(|n| instant(train, zone, n));
    (next != Some(at)).then_some(at)
}

/// Finds the latest slot at or before `now`; `None` before the anchor.
pub fn last_slot(train: &Train, zone: &TimeZone, now: Timestamp) -> Option<(i64, Timestamp)> {
    let past = |n| instant(train, zone, n).is_some_and(|at| at <= now);
    if !past(0) {
        return None;
    }
    let (mut low, mut high) = (0, 1_i64);
    while past(high) {
        low = high;
        high = high.checked_mul(2)?;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if past(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some((low, instant(train, zone, low)?))
}

/// Finds the first slot after `now`; `None` where time ends before it.
pub fn next_slot(train: &Train, zone: &TimeZone, now: Timestamp) -> Option<(i64, Timestamp)> {
    let n = last_slot(train, zone, now).map_or(0, |(n, _)| n + 1);
    // At most one slot falls together with its successor.
    [n, n + 1].into_iter().find_map(|n| Some((n, slot(train, zone, n)?)))
}

/// Gives the instant half a period after slot `n`: half-way to the next slot, and the last at which
/// slot `n` may still cut. `None` where there is no such slot.
pub fn half_period(train: &Train, zone: &TimeZone, n: i64) -> Option<Timestamp> {
    let start = slot(train, zone, n)?;
    let (_, end) = next_slot(train, zone, start).unwrap_or((0, Timestamp::MAX));
    start.checked_add(start.duration_until(end) / 2).ok()
}

/// Computes slot `n`; never earlier than slot `n - 1`, and equal to it only across a skipped day.
fn instant(train: &Train, zone: &TimeZone, n: i64) -> Option<Timestamp> {
    let on_clock = |span: Span| {
        let local = train.anchor.checked_add(span).ok()?;
        zone.to_ambiguous_timestamp(local).compatible().ok()
    };
    match train.every {
        Period::Days(0) | Period::Months(0) | Period::Seconds(0) => None,
        Period::Days(days) => on_clock(Span::new().try_days(n.checked_mul(i64::from(days))?).ok()?),
        Period::Months(months) => on_clock(Span::new().try_months(n.checked_mul(i64::from(months))?).ok()?),
        Period::Seconds(seconds) => {
            let elapsed =
                SignedDuration::from_secs(n.checked_mul(i64::try_from(seconds).unwrap_or(i64::MAX))?);
            on_clock(Span::new())?.checked_add(elapsed).ok()
        }
    }
}

/// What the ledger and the branches say about the train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrainFacts {
    /// The latest slot on the ledger, cut or skipped.
    pub handled: Option<Timestamp>,
    /// When the last candidate ended.
    pub last_ended: Option<Timestamp>,
    /// Whether a candidate is open.
    pub busy: bool,
    /// Whether `develop` has something new.
    pub changes: bool,
    /// The end of the freeze that stops cuts now.
    pub frozen_until: Option<Timestamp>,
}

/// What the train is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// No slot is open.
    Nothing,
    /// Cut a candidate for the slot.
    Cut {
        /// The slot's instant.
        slot: Timestamp,
    },
    /// Leave the slot open for now.
    Wait {
        /// The slot's instant.
        slot: Timestamp,
        /// When the answer changes at the latest.
        until: Timestamp,
        /// What it waits for.
        why: WaitReason,
    },
    /// Put on record that the slot cuts nothing.
    Skip {
        /// The slot's instant.
        slot: Timestamp,
        /// Why it cuts nothing.
        why: SkipReason,
    },
}

/// What a slot waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitReason {
    /// The end of the open candidate.
    Busy,
    /// The end of a freeze.
    Frozen,
}

/// Why a slot cuts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// A candidate was open.
    Busy,
    /// `develop` has nothing new.
    Empty,
    /// A freeze covers the first half of the period.
    Frozen,
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "The train waits for the open candidate to end.",
            Self::Frozen => "The train waits for the freeze to end.",
        })
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "Another candidate was still open.",
            Self::Empty => "There is nothing new to release.",
            Self::Frozen => "A freeze lasts beyond half the period.",
        })
    }
}

/// Decides what the train is to do now. Only the latest slot counts, so slots that were missed run
/// late once and never as a burst; a slot on the ledger is never due again.
pub fn due(train: &Train, zone: &TimeZone, now: Timestamp, facts: TrainFacts) -> Due {
    let Some((n, slot)) = last_slot(train, zone, now) else { return Due::Nothing };
    let Some(half) = half_period(train, zone, n) else { return Due::Nothing };
    if facts.handled.is_some_and(|handled| handled >= slot) {
        return Due::Nothing;
    }
    // The answer depends on when the candidate ended, not on when somebody looked.
    let ended_after = |instant| facts.last_ended.is_some_and(|ended| ended > instant);
    let missed_by_busy = match train.when_busy {
        WhenBusy::Overlap => false,
        WhenBusy::Skip => facts.busy || ended_after(slot),
        WhenBusy::Wait => (facts.busy && now >= half) || ended_after(half),
    };
    let waits = facts.busy && train.when_busy == WhenBusy::Wait;
    let frozen = facts.frozen_until.filter(|&until| until > now);
    let skip = |why| Due::Skip { slot, why };
    match frozen {
        _ if missed_by_busy => skip(SkipReason::Busy),
        _ if !facts.changes => skip(SkipReason::Empty),
        Some(until) if until >= half => skip(SkipReason::Frozen),
        _ if waits => Due::Wait { slot, until: half, why: WaitReason::Busy },
        Some(until) => Due::Wait { slot, until, why: WaitReason::Frozen },
        None => Due::Cut { slot },
    }
}

/// Gives the project's time zone; UTC where its name is not known here.
pub fn zone(policy: &Policy) -> TimeZone {
    crate::policy::zone(&policy.time_zone).unwrap_or(TimeZone::UTC)
}

pub(crate) fn after_fix(policy: &Policy) -> Seconds {
    match policy.gates.soak.after_fix {
        AfterFix::Serve(length) => length,
        AfterFix::Restart => policy.gates.soak.length,
    }
}

/// Tells whether automatic promotion may happen at `now`.
pub fn is_open(hours: &Hours, zone: &TimeZone, now: Timestamp) -> bool {
    let local = now.to_zoned(zone.clone());
    let day = local.weekday().to_monday_zero_offset() as usize;
    let minute = local.hour() as u16 * 60 + local.minute() as u16;
    hours.days[day] && (hours.from_minute..hours.until_minute).contains(&minute)
}

/// Gives the first instant from `from` on at which automatic promotion may happen; `None` where no
/// day of the week has any hour.
pub fn next_open(hours: &Hours, zone: &TimeZone, from: Timestamp) -> Option<Timestamp> {
    if is_open(hours, zone, from) {
        return Some(from);
    }
    let start = from.to_zoned(zone.clone());
    (0..=8).find_map(|days| {
        let date = start.date().checked_add(days.days()).ok()?;
        let (hour, minute) = ((hours.from_minute / 60) as i8, (hours.from_minute % 60) as i8);
        let opens = date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
        (opens >= from && is_open(hours, zone, opens)).then_some(opens)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{DateTime, date};
    use proptest::prelude::*;

    fn train(every: Period, anchor: DateTime) -> Train {
        Train { every, anchor, when_busy: WhenBusy::Wait }
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn local(train: &Train, zone: &TimeZone, n: i64) -> String {
        slot(train, zone, n).unwrap().to_zoned(zone.clone()).strftime("%F %H:%M %:z").to_string()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn one_slot_in_the_gap_and_back_to_half_past_two() {
        let berlin = zone("Europe/Berlin");
        let t = train(Period::Days(14), date(2027, 3, 14).at(2, 30, 0, 0));
        assert_eq!(local(&t, &berlin, 0), "2027-03-14 02:30 +01:00");
        assert_eq!(local(&t, &berlin, 1), "2027-03-28 03:30 +02:00");
        assert_eq!(local(&t, &berlin, 2), "2027-04-11 02:30 +02:00");
    }

    #[test]
    fn one_slot_in_the_fold() {
        let berlin = zone("Europe/Berlin");
        let t = train(Period::Days(7), date(2026, 10, 18).at(2, 30, 0, 0));
        assert_eq!(local(&t, &berlin, 1), "2026-10-25 02:30 +02:00");
        assert_eq!(local(&t, &berlin, 2), "2026-11-01 02:30 +01:00");
        let second = at("2026-10-25T01:30:00Z");
        assert_eq!(last_slot(&t, &berlin, second), Some((1, at("2026-10-25T00:30:00Z"))));
        assert_eq!(next_slot(&t, &berlin, second), Some((2, at("2026-11-01T01:30:00Z"))));
    }

    #[test]
    fn half_an_hour_of_daylight_saving() {
        let howe = zone("Australia/Lord_Howe");
        let t = train(Period::Days(1), date(2026, 10, 3).at(2, 15, 0, 0));
        assert_eq!(local(&t, &howe, 1), "2026-10-04 02:45 +11:00");
        assert_eq!(local(&t, &howe, 2), "2026-10-05 02:15 +11:00");
    }

    #[test]
    fn the_day_that_apia_never_had() {
        let apia = zone("Pacific/Apia");
        let t = train(Period::Days(1), date(2011, 12, 29).at(2, 30, 0, 0));
        assert_eq!(slot(&t, &apia, 1), None);
        assert_eq!(local(&t, &apia, 2), "2011-12-31 02:30 +14:00");
        let day_before = slot(&t, &apia, 0).unwrap();
        let next = next_slot(&t, &apia, day_before).unwrap();
        assert_eq!(next, (2, slot(&t, &apia, 2).unwrap()));
        assert_eq!(last_slot(&t, &apia, next.1), Some(next));
        // With a longer period the slot moves to the next day rather than getting lost.
        let t = train(Period::Days(14), date(2011, 12, 16).at(2, 30, 0, 0));
        assert_eq!(local(&t, &apia, 1), "2011-12-31 02:30 +14:00");
    }

    #[test]
    fn months_from_the_31st() {
        let t = train(Period::Months(1), date(2027, 1, 31).at(9, 0, 0, 0));
        let days: Vec<String> = (0..5).map(|n| local(&t, &TimeZone::UTC, n)[..10].to_owned()).collect();
        assert_eq!(days, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]);
    }

    #[test]
    fn nonsense_gives_nothing() {
        let now = at("2026-11-01T00:00:00Z");
        for every in [Period::Days(0), Period::Months(0), Period::Seconds(0)] {
            let t = train(every, date(2020, 1, 1).at(0, 0, 0, 0));
            assert_eq!(
                (last_slot(&t, &TimeZone::UTC, now), next_slot(&t, &TimeZone::UTC, now)),
                (None, None)
            );
        }
        for every in [Period::Days(u32::MAX), Period::Months(u32::MAX), Period::Seconds(u64::MAX)] {
            let t = train(every, date(2020, 1, 1).at(0, 0, 0, 0));
            assert_eq!(last_slot(&t, &TimeZone::UTC, now).map(|(n, _)| n), Some(0));
            assert_eq!(next_slot(&t, &TimeZone::UTC, now), None);
            assert!(half_period(&t, &TimeZone::UTC, 0).is_some());
            assert_eq!(slot(&t, &TimeZone::UTC, i64::MAX), None);
        }
    }

    #[test]
    fn seconds_since_long_ago() {
        let t = train(Period::Seconds(1), date(1970, 1, 1).at(0, 0, 0, 0));
        let now = at("2026-11-01T00:00:00.5Z");
        let (n, last) = last_slot(&t, &TimeZone::UTC, now).unwrap();
        assert_eq!((n, last), (now.as_second(), at("2026-11-01T00:00:00Z")));
        assert_eq!(half_period(&t, &TimeZone::UTC, n), Some(now));
    }

    #[test]
    fn what_is_due() {
        // Slots each Monday at noon, so half the period is over at midnight before Friday.
        let mut t = train(Period::Days(7), date(2026, 11, 2).at(12, 0, 0, 0));
        let slot = at("2026-11-09T12:00:00Z");
        let half = at("2026-11-13T00:00:00Z");
        let (early, late) = (at("2026-11-10T00:00:00Z"), at("2026-11-13T00:00:01Z"));
        let free = TrainFacts { changes: true, ..TrainFacts::default() };
        let busy = TrainFacts { busy: true, ..free };
        let ended = |ended: &str| TrainFacts { last_ended: Some(at(ended)), ..free };
        let frozen = |until| TrainFacts { frozen_until: Some(until), ..free };
        let skip = |why| Due::Skip { slot, why };
        let cut = Due::Cut { slot };
        let wait = Due::Wait { slot, until: half, why: WaitReason::Busy };
        let thaw = at("2026-11-11T00:00:00Z");
        let table = [
            (WhenBusy::Wait, early, free, cut),
            (WhenBusy::Wait, slot, free, cut),
            (WhenBusy::Wait, half, free, cut),
            (WhenBusy::Wait, late, free, cut),
            (WhenBusy::Wait, early, TrainFacts::default(), skip(SkipReason::Empty)),
            (WhenBusy::Wait, early, busy, wait),
            (WhenBusy::Wait, half, busy, skip(SkipReason::Busy)),
            (WhenBusy::Wait, late, busy, skip(SkipReason::Busy)),
            (WhenBusy::Wait, early, ended("2026-11-09T18:00:00Z"), cut),
            (WhenBusy::Wait, late, ended("2026-11-13T00:00:01Z"), skip(SkipReason::Busy)),
            (WhenBusy::Wait, late, ended("2026-11-09T18:00:00Z"), cut),
            (WhenBusy::Skip, early, busy, skip(SkipReason::Busy)),
            (WhenBusy::Skip, early, ended("2026-11-09T18:00:00Z"), skip(SkipReason::Busy)),
            (WhenBusy::Skip, early, ended("2026-11-09T12:00:00Z"), cut),
            (WhenBusy::Overlap, early, busy, cut),
            (WhenBusy::Overlap, late, busy, cut),
            (WhenBusy::Wait, early, frozen(thaw), Due::Wait { slot, until: thaw, why: WaitReason::Frozen }),
            (WhenBusy::Wait, early, frozen(half), skip(SkipReason::Frozen)),
            (WhenBusy::Wait, early, frozen(slot), cut),
            (WhenBusy::Wait, early, TrainFacts { handled: Some(slot), ..free }, Due::Nothing),
            (WhenBusy::Wait, early, TrainFacts { handled: Some(late), ..free }, Due::Nothing),
            (WhenBusy::Wait, at("2026-11-01T00:00:00Z"), free, Due::Nothing),
        ];
        for (row, (when_busy, now, facts, expected)) in table.into_iter().enumerate() {
            t.when_busy = when_busy;
            assert_eq!(due(&t, &TimeZone::UTC, now, facts), expected, "row {row}");
        }
    }

    #[test]
    fn reasons_keep_their_names() {
        assert_eq!(serde_json::to_string(&SkipReason::Empty).unwrap(), "\"empty\"");
        assert!(SkipReason::Busy.to_string().ends_with('.'));
    }

    fn any_train() -> impl Strategy<Value = (Train, TimeZone)> {
        let every = prop_oneof![
            (1_u32..40).prop_map(Period::Days),
            (1_u32..5).prop_map(Period::Months),
            (1800_u64..200_000).prop_map(Period::Seconds),
        ];
        let anchor = (1990_i16..2030, 1_i8..=12, 1_i8..=28, 0_i8..24, 0_i8..60)
            .prop_map(|(y, m, d, hour, minute)| date(y, m, d).at(hour, minute, 0, 0));
        let zones = prop::sample::select(vec![
            "Europe/Berlin",
            "America/St_Johns",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Pacific/Kwajalein",
            "Africa/Casablanca",
            "UTC",
        ]);
        let busy = prop::sample::select(vec![WhenBusy::Wait, WhenBusy::Skip, WhenBusy::Overlap]);
        (every, anchor, zones, busy)
            .prop_map(|(every, anchor, name, when_busy)| (Train { every, anchor, when_busy }, zone(name)))
    }

    proptest! {
        #[test]
        fn slots_rise_and_enclose_now((t, zone) in any_train(), days in 0_i64..900, seconds in 0_i64..86_400) {
            let start = slot(&t, &zone, 0).or_else(|| slot(&t, &zone, 1)).unwrap();
            let now = start + SignedDuration::from_secs(days * 86_400 / 20 + seconds);
            let naive = (0..).map_while(|n| Some((n, instant(&t, &zone, n)?))).take_while(|s| s.1 <= now).last();
            let (last, next) = (last_slot(&t, &zone, now), next_slot(&t, &zone, now).unwrap());
            prop_assert_eq!(last, naive);
            let last = last.unwrap();
            prop_assert!(last.1 <= now && now < next.1);
            prop_assert_eq!(slot(&t, &zone, last.0), Some(last.1));
            let half = half_period(&t, &zone, last.0).unwrap();
            prop_assert!(last.1 < half && half < next.1);
            let all: Vec<_> = (0..200).filter_map(|n| slot(&t, &zone, n)).collect();
            prop_assert!(all.windows(2).all(|w| w[0] < w[1]));
        }

        #[test]
        fn a_slot_fires_at_most_once(
            (t, zone) in any_train(),
            ticks in prop::collection::vec((-3_000_i64..400_000, any::<bool>(), any::<bool>()), 1..60),
        ) {
            let mut now = slot(&t, &zone, 0).or_else(|| slot(&t, &zone, 1)).unwrap();
            let mut facts = TrainFacts::default();
            let mut fired = Vec::new();
            for (step, busy, changes) in ticks {
                // The clock may step back.
                now += SignedDuration::from_secs(step);
                facts = TrainFacts { busy, changes, ..facts };
                match due(&t, &zone, now, facts) {
                    Due::Nothing | Due::Wait { .. } => {}
                    Due::Cut { slot } | Due::Skip { slot, .. } => {
                        prop_assert!(slot <= now && fired.last().is_none_or(|&before| before < slot));
                        fired.push(slot);
                        facts.handled = Some(slot);
                    }
                }
            }
        }
    }
}
