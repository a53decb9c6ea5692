//! Writes a calendar as RFC 5545 has it. (The library for it brings `chrono`, which this project keeps out.)

use jiff::Timestamp;
use std::fmt::Write;

/// The longest line, in octets, without its end (RFC 5545 §3.1).
const LINE: usize = 75;

/// One thing that is to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    /// Its identity: the same in every file, also when it moves.
    pub(crate) uid: String,
    /// When, UTC.
    pub(crate) at: Timestamp,
    /// When it is over; `None` for an instant.
    pub(crate) until: Option<Timestamp>,
    /// Its title.
    pub(crate) summary: String,
    /// Whether the date is fixed; else it is a forecast.
    pub(crate) fixed: bool,
}

/// Writes a calendar. `now` is the instant of writing.
pub(crate) fn calendar(name: &str, happenings: &[Happening], now: Timestamp) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| fold(&mut out, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//allclear//calendar//EN");
    line("CALSCALE", "GREGORIAN");
    line("NAME", &escaped(name));
    line("X-WR-CALNAME", &escaped(name));
    line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    for happening in happenings {
        line("BEGIN", "VEVENT");
        line("UID", &escaped(&happening.uid));
        line("DTSTAMP", &instant(now));
        line("DTSTART", &instant(happening.at));
        if let Some(until) = happening.until.filter(|until| *until > happening.at) {
            line("DTEND", &instant(until));
        }
        line("SUMMARY", &escaped(&happening.summary));
        line("STATUS", if happening.fixed { "CONFIRMED" } else { "TENTATIVE" });
        // It takes nobody's time.
        line("TRANSP", "TRANSPARENT");
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    out
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Writes a text value (RFC 5545 §3.3.11): no control character stays, and a line break is `\n`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Writes a content line, folded between characters.
fn fold(out: &mut String, line: &str) {
    let mut room = LINE;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= c.len_utf8();
        // Writing to a text cannot fail.
        let _ = out.write_char(c);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn happening(summary: &str) -> Happening {
        let at = Timestamp::from_second(1_793_700_000).unwrap();
        let until = Some(allclear_core::Seconds(3600).after(at));
        Happening { uid: "cut-1@x".into(), at, until, summary: summary.into(), fixed: true }
    }

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "")
    }

    #[test]
    fn an_event_as_the_standard_has_it() {
        let text = calendar("lib", &[happening("freeze: Mon, Tue; a\\b")], Timestamp::UNIX_EPOCH);
        let event = text.split("BEGIN:VEVENT").nth(1).unwrap();
        assert_eq!(
            event,
            "\r\nUID:cut-1@x\r\nDTSTAMP:19700101T000000Z\r\nDTSTART:20261103T100000Z\r\nDTEND:20261103T110000Z\r\n\
             SUMMARY:freeze: Mon\\, Tue\\; a\\\\b\r\nSTATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_one_value(summary in ".{0,200}", name in "(.|\n|\r){0,200}") {
            let text = calendar(&name, &[happening(&summary)], Timestamp::UNIX_EPOCH);
            prop_assert!(text.split_terminator("\r\n").all(|line| line.len() <= LINE), "{text}");
            prop_assert!(!text.replace("\r\n", "").contains(char::is_control));
            let lines: Vec<String> = unfolded(&text).split_terminator("\r\n").map(str::to_owned).collect();
            prop_assert_eq!(lines.len(), 17);
            prop_assert!(lines.iter().all(|line| line.contains(':')));
        }
    }
}
