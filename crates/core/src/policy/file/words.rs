//! Schedules, hours and dates, read and written as people do.

use crate::policy::model::{Hours, Period};
use crate::types::duration::Seconds;
use crate::types::text::short;
use jiff::civil;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use serde::Serialize;

const DAY: u64 = Seconds::DAY.0;

/// Finds a time zone by its IANA name. The rules come with allclear, so that every machine agrees.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown())
}

pub(in crate::policy) fn zones() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
}

/// Reads the distance between slots; `never` is `None`.
pub(in crate::policy) fn period(text: &str) -> Result<Option<Period>, String> {
    let text = text.trim();
    if text == "never" {
        return Ok(None);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let months = match text[digits..].trim_start() {
        "month" | "months" => text[..digits].parse::<u32>().ok(),
        "year" | "years" => text[..digits].parse::<u32>().ok().and_then(|n| n.checked_mul(12)),
        _ => None,
    };
    let period = match (months, Seconds::parse(text)) {
        (Some(months), _) => Period::Months(months),
        (None, Ok(Seconds(seconds))) if seconds % DAY == 0 => {
            Period::Days(u32::try_from(seconds / DAY).unwrap_or(u32::MAX))
        }
        (None, Ok(Seconds(seconds))) => Period::Seconds(seconds),
        (None, Err(_)) => {
            return Err(format!(
                "`{}` is not an interval between cuts; write it as \"2 weeks\", \"14d\", \"1 month\" or \"never\"",
                short(text, 60)
            ));
        }
    };
    match period {
        Period::Days(0) | Period::Months(0) | Period::Seconds(0) => {
            Err("a train cannot leave all the time; \"never\" cuts by hand only".to_owned())
        }
        Period::Months(121..) => Err("that is longer than ten years".to_owned()),
        Period::Days(_) | Period::Months(_) | Period::Seconds(_) => Ok(Some(period)),
    }
}

/// Writes a distance between slots, so that [`period`] reads it back.
pub(in crate::policy) fn period_text(period: Period) -> String {
    let count = |n: u32, noun| crate::types::text::count(n as usize, noun);
    match period {
        Period::Days(days) if days % 7 == 0 => count(days / 7, "week"),
        Period::Days(days) => count(days, "day"),
        Period::Months(months) => count(months, "month"),
        Period::Seconds(seconds) => length_text(Seconds(seconds)),
    }
}

/// Writes a length of time exactly, such as `7d` or `1h 30m`.
pub(in crate::policy) fn length_text(length: Seconds) -> String {
    let parts = [(DAY, u64::MAX, "d"), (3600, 24, "h"), (60, 60, "m"), (1, 60, "s")];
    let parts = parts.map(|(unit, wrap, letter)| (length.0 / unit % wrap, letter));
    let words: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, letter)| format!("{n}{letter}")).collect();
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}

const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const SHORT: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Reads weekdays and hours, such as `Mon-Thu 9-16` or `Sat,Sun 10:00-12:30`; `always` is `None`.
pub(in crate::policy) fn hours(text: &str) -> Result<Option<Hours>, String> {
    let text = text.trim().replace(['–', '—'], "-");
    if text == "always" {
        return Ok(None);
    }
    let form = || format!("`{}` is not of the form \"Mon-Thu 9-16\" or \"always\"", short(&text, 60));
    let (day_words, times) = text.rsplit_once(char::is_whitespace).ok_or_else(form)?;
    let (from, until) = times.split_once('-').ok_or_else(form)?;
    let mut days = [false; 7];
    for span in day_words.split(',') {
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let (first, last) = (weekday(first)?, weekday(last)?);
        for step in 0..=(last + 7 - first) % 7 {
            days[(first + step) % 7] = true;
        }
    }
    let (from_minute, until_minute) = (minute(from)?, minute(until)?);
    if from_minute >= until_minute {
        return Err(format!("`{}` ends before it begins; hours cannot run past midnight", short(times, 60)));
    }
    Ok(Some(Hours { days, from_minute, until_minute }))
}

fn weekday(word: &str) -> Result<usize, String> {
    let word = word.trim().to_lowercase();
    let day = WEEK.iter().position(|day| word.len() >= 3 && day.starts_with(&word));
    day.ok_or_else(|| {
        format!("`{}` is not a day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun", short(&word, 20))
    })
}

fn minute(word: &str) -> Result<u16, String> {
    let number = |part: &str, most: u16| {
        let plain = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten().filter(|n| *n <= most)
    };
    let (hour, minutes) = word.split_once(':').unwrap_or((word, "00"));
    let exact = (minutes.len() == 2).then(|| number(hour, 24).zip(number(minutes, 59))).flatten();
    let total = exact.map(|(hour, minutes)| hour * 60 + minutes).filter(|total| *total <= 1440);
    total.ok_or_else(|| format!("`{}` is not a time of day; write 9, 09:30 or 24", short(word, 20)))
}

/// Writes hours, so that [`hours`] reads them back.
pub(in crate::policy) fn hours_text(hours: Hours) -> String {
    let mut spans = Vec::new();
    let mut day = 0;
    while day < 7 {
        let run = hours.days[day..].iter().take_while(|on| **on).count();
        match run {
            0 => {}
            1 => spans.push(SHORT[day].to_owned()),
            _ => spans.push(format!("{}-{}", SHORT[day], SHORT[day + run - 1])),
        }
        day += run.max(1);
    }
    let time = |m: u16| {
        if m.is_multiple_of(60) { (m / 60).to_string() } else { format!("{}:{:02}", m / 60, m % 60) }
    };
    format!("{} {}-{}", spans.join(","), time(hours.from_minute), time(hours.until_minute))
}

/// A date as a person wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Moment {
    date: civil::Date,
    time: Option<civil::Time>,
    offset: Option<Offset>,
}

impl Moment {
    /// Reads `2026-11-03`, `2026-11-03 10:00` or `2026-11-03T10:00:00+01:00`.
    pub(in crate::policy) fn read(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{}` is not a date; write it as 2026-11-03 or \"2026-11-03 10:00\"", short(text, 60));
        let shape = b"dddd-dd-dd";
        let begins = text.len() >= shape.len()
            && text.bytes().zip(shape).all(|(b, s)| if *s == b'd' { b.is_ascii_digit() } else { b == *s });
        if !begins || text.len() > 60 {
            return Err(wrong());
        }
        let text = text.replacen(" +", "+", 1).replacen(" -", "-", 1);
        let pieces = jiff::fmt::temporal::Pieces::parse(&text).map_err(|_| wrong())?;
        if pieces.time_zone_annotation().is_some() {
            return Err(
                "write an offset such as +01:00, or leave it out for the project's time zone".to_owned()
            );
        }
        let time = pieces.time();
        if time.is_some_and(|time| time.subsec_nanosecond() != 0) {
            return Err("times are in whole seconds".to_owned());
        }
        if time.is_none() && pieces.to_numeric_offset().is_some() {
            return Err(wrong());
        }
        Ok(Self { date: pieces.date(), time, offset: pieces.to_numeric_offset() })
    }

    /// Gives the wall clock's reading in `zone`; a bare date is its midnight.
    pub(in crate::policy) fn local(self, zone: &TimeZone) -> Result<civil::DateTime, String> {
        match self.offset {
            None => Ok(self.date.to_datetime(self.time.unwrap_or_default())),
            Some(_) => self.begin(zone).map(|instant| zone.to_datetime(instant)),
        }
    }

    /// Gives its first instant; a bare date begins with its day in `zone`. A wall-clock time that daylight
    /// saving skips is as much later; of two it is the first.
    pub(in crate::policy) fn begin(self, zone: &TimeZone) -> Result<jiff::Timestamp, String> {
        let local = self.date.to_datetime(self.time.unwrap_or_default());
        let instant = match self.offset {
            Some(offset) => offset.to_timestamp(local),
            None => zone.to_timestamp(local),
        };
        instant.map_err(|_| format!("{local} lies outside the calendar"))
    }

    /// Gives the instant at which it is over; a bare date ends with its day in `zone`.
    pub(in crate::policy) fn end(self, zone: &TimeZone) -> Result<jiff::Timestamp, String> {
        match self.time {
            Some(_) => self.begin(zone),
            None => match self.date.tomorrow() {
                Ok(date) => Self { date, ..self }.begin(zone),
                Err(_) => Err(format!("{} lies outside the calendar", self.date)),
            },
        }
    }
}

/// Writes a value that the file knows as one of some words.
pub(in crate::policy) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

pub(in crate::policy) fn listed<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    if items.is_empty() { "none".to_owned() } else { items.iter().map(show).collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn periods() {
        for (text, expected) in [
            ("2 weeks", Some(Period::Days(14))),
            ("14d", Some(Period::Days(14))),
            ("24h", Some(Period::Days(1))),
            ("1 month", Some(Period::Months(1))),
            ("2 years", Some(Period::Months(24))),
            ("90m", Some(Period::Seconds(5400))),
            ("never", None),
        ] {
            assert_eq!(period(text), Ok(expected), "{text}");
        }
        for bad in
            ["", "0d", "0 months", "1 month 2 days", "fortnight", "121 months", "99999999999 months", "é"]
        {
            assert!(period(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn opening_hours() {
        let week = |text: &str| hours(text).unwrap().unwrap();
        assert_eq!(week("Mon-Thu 9-16").days, [true, true, true, true, false, false, false]);
        assert_eq!(week("Sat, Sun 10-12").days, [false, false, false, false, false, true, true]);
        assert_eq!(week("fri-mon 0-24").days, [true, false, false, false, true, true, true]);
        assert_eq!(week("Monday–Friday 09:00-17:30").until_minute, 17 * 60 + 30);
        assert_eq!(hours("always"), Ok(None));
        for bad in [
            "",
            "9-16",
            "Mon",
            "Mon 9",
            "Mon 16-9",
            "Mon 9-25",
            "Mon 9:5-10",
            "Mo 9-16",
            "Mon 24:30-24:40",
            "Mon  -9",
        ] {
            assert!(hours(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dates_in_a_zone() {
        let london = zone("Europe/London").unwrap();
        let begin = |text: &str| Moment::read(text).unwrap().begin(&london).unwrap().to_string();
        assert_eq!(begin("2026-07-03"), "2026-07-02T23:00:00Z");
        assert_eq!(begin("2026-11-03 10:00"), "2026-11-03T10:00:00Z");
        assert_eq!(begin("2026-11-03T10:00:30"), "2026-11-03T10:00:30Z");
        assert_eq!(begin("2026-11-03 10:00 +02:00"), "2026-11-03T08:00:00Z");
        assert_eq!(begin("2026-03-29 01:30"), "2026-03-29T01:30:00Z", "a skipped hour");
        assert_eq!(
            Moment::read("2026-07-03").unwrap().end(&london).unwrap().to_string(),
            "2026-07-03T23:00:00Z"
        );
        assert_eq!(
            Moment::read("2026-07-03T10:00Z").unwrap().local(&london).unwrap(),
            civil::date(2026, 7, 3).at(11, 0, 0, 0)
        );
        for bad in [
            "",
            "tomorrow",
            "03.11.2026",
            "2026-13-01",
            "2026-11-03Z",
            "10:00",
            "2026-11-03T10:00[Europe/Paris]",
        ] {
            assert!(Moment::read(bad).is_err(), "{bad}");
        }
        assert!(Moment::read("9999-12-31").unwrap().end(&london).is_err());
    }

    #[test]
    fn zones_come_along() {
        assert!(zone("UTC").is_some() && zone("America/Sao_Paulo").is_some());
        assert!(zone("Mars/Olympus").is_none() && zone("").is_none() && zone("Etc/Unknown").is_none());
        assert!(zones().iter().any(|name| name == "Europe/London"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(days in prop::array::uniform7(any::<bool>()), from in 0u16..1440, more in 1u16..1440, s in 0u64..9_999_999) {
            let hours_now = Hours { days, from_minute: from, until_minute: (from + more).min(1440) };
            if days.contains(&true) {
                prop_assert_eq!(hours(&hours_text(hours_now)), Ok(Some(hours_now)));
            }
            prop_assert_eq!(Seconds::parse(&length_text(Seconds(s))), Ok(Seconds(s)));
            if s > 0 {
                let every = period(&length_text(Seconds(s))).unwrap().unwrap();
                prop_assert_eq!(period(&period_text(every)), Ok(Some(every)));
            }
        }
    }
}
