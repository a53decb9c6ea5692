//! Instants: read as people write them, shown in the project's time zone.

use allclear_core::{Seconds, policy};
use allclear_engine::{Fault, FaultKind, Snapshot};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use std::cmp::Ordering;

/// Gives the time zone that instants are shown in.
pub(crate) fn zone_of(seen: &Snapshot) -> TimeZone {
    let from_candidate = seen.project.candidates.values().next_back().map(|c| &c.cut.policy);
    seen.policy.get().or(from_candidate).and_then(|p| policy::zone(&p.time_zone)).unwrap_or(TimeZone::UTC)
}

/// Reads an instant: `2026-11-10T10:00:00Z`, `2026-11-10 10:00` in `zone`, `2026-11-10` (the end of that
/// day), or a length of time from now such as `3d`.
pub(crate) fn read(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Fault> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if let Ok(length) = Seconds::parse(text) {
        return Ok(length.after(now));
    }
    let local = match text.parse::<civil::Date>() {
        Ok(date) if text.len() == 10 => date.tomorrow().map(|d| d.at(0, 0, 0, 0)),
        Ok(_) | Err(_) => text.parse::<civil::DateTime>(),
    };
    local.and_then(|local| local.to_zoned(zone.clone())).map(|z| z.timestamp()).map_err(|_| {
        Fault::new(
            FaultKind::Usage,
            format!("`{}` is not a date or a length of time", allclear_core::types::text::short(text, 40)),
        )
        .hint("write 2026-11-10, \"2026-11-10 10:00\", 2026-11-10T10:00:00Z or 3d")
    })
}

/// Shows an instant as `Tue 10 Nov 10:00`, with the year where it is not this one.
pub(crate) fn show(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if at.year() == now.year() { "%a %-d %b %H:%M" } else { "%a %-d %b %Y %H:%M" };
    at.strftime(form).to_string()
}

/// Shows how far away an instant is: `in 3 d 2 h`, `4 min ago`, `now`.
pub(crate) fn distance(at: Timestamp, now: Timestamp) -> String {
    match at.cmp(&now) {
        Ordering::Greater => format!("in {}", Seconds::between(now, at)),
        Ordering::Equal => "now".into(),
        Ordering::Less => format!("{} ago", Seconds::between(at, now)),
    }
}

/// Writes how long something took: `340 ms`, `12.3 s`, `4 min 12 s`.
pub(crate) fn took(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => Seconds(millis / 1000).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_at_a_glance() {
        assert_eq!([340, 12_345, 252_000].map(took), ["340 ms", "12.3 s", "4 min 12 s"]);
    }
}
