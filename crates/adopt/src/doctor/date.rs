//! Dates as findings show them.

use jiff::Timestamp;

pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b %Y").to_string()
}

/// Shows a commit's time, in seconds of the epoch, as a day.
pub(super) fn day_of(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "an impossible date".into(), day)
}
