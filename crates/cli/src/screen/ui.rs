//! Everything that is printed: data to standard output, talk to standard error. Colour is never the
//! only sign, goes away when not on a terminal, and obeys `NO_COLOR`.

use crate::exit::{self, Exit};
use allclear_core::types::text::is_steering;
use allclear_core::types::verdict::Verdict;
use allclear_engine::{Fault, FaultKind};
use anstyle::{AnsiColor, Style};
use std::io::{BufRead, IsTerminal, Write};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WAIT: Style = AnsiColor::Yellow.on_default();

/// Prints a line of data.
#[allow(clippy::print_stdout, reason = "the one place that prints data")]
pub(crate) fn out(line: impl AsRef<str>) {
    let mut stdout = anstream::stdout().lock();
    // A reader that went away (`| head`) is no error.
    let _gone = writeln!(stdout, "{}", line.as_ref());
}

#[allow(clippy::print_stdout, reason = "the one place that prints data")]
pub(crate) fn file(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _gone = stdout.write_all(text.as_bytes());
}

/// Prints JSON. People read it too, so that what could steer a terminal stands there as escapes, and is the same to
/// whoever parses it.
pub(crate) fn json(value: &serde_json::Value) {
    out(escaped(&format!("{value:#}")));
}

/// Only in strings can a character be one that steers, but for the line breaks between the values.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_steering(c) {
            let units =
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            out.push_str(&units);
        } else {
            out.push(c);
        }
    }
    out
}

/// Prints what came of a command: a sentence for people, or JSON for programs.
pub(crate) fn done(as_json: bool, text: String, value: serde_json::Value) -> Exit {
    if as_json {
        json(&value);
    } else {
        out(text);
    }
    Exit::Done
}

/// Prints a line of talk.
pub(crate) fn say(line: impl AsRef<str>) {
    let mut stderr = anstream::stderr().lock();
    let _gone = writeln!(stderr, "{}", line.as_ref());
}

pub(crate) fn paint(style: Style, text: impl AsRef<str>) -> String {
    format!("{style}{}{style:#}", text.as_ref())
}

/// Prints what was not done: what happened, what is true now, what to do.
pub(crate) fn fault(fault: &Fault, as_json: bool) {
    if as_json {
        json(&serde_json::json!({
            "schema": "allclear.error/1",
            "kind": format!("{:?}", fault.kind).to_lowercase(),
            "what": fault.what, "truth": fault.truth, "hints": fault.hints,
            "exit": exit::of(fault) as u8,
        }));
        return;
    }
    say(format!("{} {}", paint(BAD, "error:"), fault.what));
    say(format!("  {}", fault.truth));
    for hint in &fault.hints {
        say(format!("{} {hint}", paint(DIM, "hint:")));
    }
}

/// Prints a mistake on the command line, or the help that was asked for.
pub(crate) fn mistake(wrong: &clap::Error, as_json: bool) -> Exit {
    if !wrong.use_stderr() || !as_json {
        let _gone = wrong.print();
        return if wrong.use_stderr() { Exit::Usage } else { Exit::Done };
    }
    let text = wrong.to_string();
    let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: ")).map(str::to_owned);
    let mistake = Fault::new(FaultKind::Usage, what);
    fault(&usage.into_iter().fold(mistake, Fault::hint), true);
    Exit::Usage
}

/// Gives the sign of a verdict: shape and colour.
pub(crate) fn sign(verdict: Verdict, enforced: bool) -> String {
    let (style, sign) = match verdict {
        Verdict::NotApplicable => (DIM, "·"),
        Verdict::Passed | Verdict::Waived => (GOOD, "✔"),
        Verdict::Pending | Verdict::Running | Verdict::Missing => (WAIT, "…"),
        Verdict::Inconclusive | Verdict::Errored => (WAIT, "?"),
        Verdict::Failed => (BAD, "✖"),
    };
    if enforced { paint(style, sign) } else { paint(DIM, sign) }
}

/// Asks for a yes. Without a terminal nothing is asked, and `--yes` is needed.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Fault> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Fault::new(
            FaultKind::Usage,
            "this needs a confirmation, and there is no terminal to ask on",
        )
        .hint("add --yes; it confirms, but never waives a gate"));
    }
    let mut stderr = anstream::stderr();
    let _gone = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let _end = std::io::stdin().lock().read_line(&mut answer);
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Fault::new(FaultKind::Usage, "not confirmed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_and_steers_nothing() {
        let odd: String = (0..=0x1f_ffff).filter_map(char::from_u32).filter(|c| is_steering(*c)).collect();
        let value = serde_json::json!({ odd.clone(): [odd, "a\\u202e \u{1f600} \"é\""], "n": 1.5 });
        let text = escaped(&format!("{value:#}"));
        assert!(!text.contains(|c| c != '\n' && is_steering(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
