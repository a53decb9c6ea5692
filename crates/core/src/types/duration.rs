//! Elapsed time, as people write it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A length of elapsed time in whole seconds; a day is 86,400 of them, whatever the calendar does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u64);

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a length of time; write it as `7d`, `36h`, `30m`, `1s` or `1w 2d`", crate::types::text::plain(.0))]
pub struct NotADuration(pub String);

impl Seconds {
    /// One minute.
    pub const MINUTE: Self = Self(60);
    /// One hour.
    pub const HOUR: Self = Self(3600);
    /// One day of elapsed time.
    pub const DAY: Self = Self(86_400);

    /// Parses `7d`, `2 weeks`, `1h 30m`, `72 hours`, `1s`; at most ten years.
    pub fn parse(text: &str) -> Result<Self, NotADuration> {
        let wrong = || NotADuration(text.chars().take(80).collect());
        let mut rest = text.trim();
        let mut total: u64 = 0;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = rest[digits..].trim_start();
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let unit = match &rest[..letters] {
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                "m" | "min" | "mins" | "minute" | "minutes" => 60,
                "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
                "d" | "day" | "days" => 86_400,
                "w" | "week" | "weeks" => 604_800,
                _ => return Err(wrong()),
            };
            rest = rest[letters..].trim_start_matches([' ', ',']);
            total = number.checked_mul(unit).and_then(|n| total.checked_add(n)).ok_or_else(wrong)?;
        }
        if total > 10 * 366 * 86_400 { Err(wrong()) } else { Ok(Self(total)) }
    }

    /// Adds to an instant, staying at the end of time rather than overflowing.
    pub fn after(self, start: jiff::Timestamp) -> jiff::Timestamp {
        start.checked_add(jiff::SignedDuration::from_secs(self.0 as i64)).unwrap_or(jiff::Timestamp::MAX)
    }

    /// Takes from an instant, staying at the beginning of time rather than overflowing.
    pub fn before(self, end: jiff::Timestamp) -> jiff::Timestamp {
        end.checked_sub(jiff::SignedDuration::from_secs(self.0 as i64)).unwrap_or(jiff::Timestamp::MIN)
    }

    /// Measures from `start` to `end`; zero where `end` is earlier.
    pub fn between(start: jiff::Timestamp, end: jiff::Timestamp) -> Self {
        Self(u64::try_from(end.as_second() - start.as_second()).unwrap_or(0))
    }
}

/// Writes the two largest units that are not zero: `6 d 4 h`, `30 min`, `1 s`.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours, minutes, seconds) =
            (self.0 / 86_400, self.0 / 3600 % 24, self.0 / 60 % 60, self.0 % 60);
        match (days, hours, minutes, seconds) {
            (0, 0, 0, _) => write!(f, "{seconds} s"),
            (0, 0, _, 0) => write!(f, "{minutes} min"),
            (0, 0, _, _) => write!(f, "{minutes} min {seconds} s"),
            (0, _, 0, _) => write!(f, "{hours} h"),
            (0, _, _, _) => write!(f, "{hours} h {minutes} min"),
            (_, 0, _, _) => write!(f, "{days} d"),
            (_, _, _, _) => write!(f, "{days} d {hours} h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_as_people_write_them() {
        for (text, secs) in [
            ("7d", 604_800),
            ("30m", 1800),
            ("1s", 1),
            ("72 hours", 259_200),
            ("2 weeks", 1_209_600),
            ("1w 2d", 777_600),
            ("1h30m", 5400),
            ("0s", 0),
        ] {
            assert_eq!(Seconds::parse(text), Ok(Seconds(secs)), "{text}");
        }
        for bad in ["", "7", "d", "7 parsecs", "-1d", "99999999999999999999d", "11000d", "1.5h"] {
            assert!(Seconds::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Seconds(86_400 * 6 + 4 * 3600).to_string(), "6 d 4 h");
    }
}
