//! Instants: read as people write them, shown in the project's time zone.

use allclear_core::Seconds;
use allclear_engine::{Fault, FaultKind};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use std::cmp::Ordering;

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
