//! One screen about any clone: what went wrong with the last releases, what would stop allclear.

use super::ui::{self, BAD, BOLD, DIM, GOOD, WAIT, paint};
use crate::json::doctor::open;
use allclear_adopt::doctor::{Evidence, Finding, Part, Weight};
use allclear_adopt::to_do::Todo;
use allclear_core::types::text::{count, short};
use allclear_engine::{Examination, Probe, ProbeAnswer, Repair};
use anstyle::Style;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The screen: so many columns, and at most so many lines.
const COLUMNS: usize = 100;
const LINES: usize = 40;
/// How far the summaries are from the left: a sign, and the longest name.
const INDENT: usize = 22;

/// A line, and how readily it goes where there is no room.
struct Row {
    text: String,
    spare: u8,
}

pub(crate) fn show(name: &str, seen: &Examination, todo: &[Todo]) {
    screen(name, seen, todo).iter().for_each(ui::out);
}

/// Draws the screen. Where it is too long, what allclear does goes first, and what was found stays.
fn screen(name: &str, seen: &Examination, todo: &[Todo]) -> Vec<String> {
    let mut rows = vec![row(headline(name, seen), 0)];
    for (part, title) in [(Part::Past, "Recent releases"), (Part::Prerequisites, "Prerequisites")] {
        rows.push(row("", 0));
        rows.push(row(paint(BOLD, title), 0));
        section(seen, part, &mut rows);
    }
    let left: Vec<&Todo> = todo.iter().filter(|item| !item.done).collect();
    if !left.is_empty() {
        rows.push(row("", 1));
        let title = format!("Until a train runs, {} to do", count(left.len(), "thing"));
        rows.push(row(format!("{}  {}", paint(BOLD, title), paint(DIM, "allclear init shows how")), 0));
        for item in left {
            let key = INDENT - 4;
            let text = short(&item.title, COLUMNS - INDENT.max(item.key.len() + 6));
            let gap = if item.key.len() < key { "" } else { "  " };
            rows.push(row(format!("  {} {:key$}{gap}{text}", paint(WAIT, "…"), item.key), 1));
        }
    }
    rows.push(row("", 1));
    rows.push(row(verdict(seen), 0));
    while rows.len() > LINES {
        let most = rows.iter().map(|r| r.spare).max().unwrap_or(0);
        match rows.iter().rposition(|r| r.spare == most) {
            Some(at) if most > 0 => drop(rows.remove(at)),
            Some(_) | None => break,
        }
    }
    rows.into_iter().map(|row| row.text).collect()
}

fn row(text: impl Into<String>, spare: u8) -> Row {
    Row { text: text.into(), spare }
}

fn headline(name: &str, seen: &Examination) -> String {
    let past = &seen.past;
    let last = past.tags.last();
    let mut parts = Vec::new();
    let tags = past.refs.iter().filter(|r| r.name.as_str().starts_with("refs/tags/")).count();
    match (last.first(), last.last()) {
        (Some(newest), Some(oldest)) if last.len() > 1 => parts.push(format!(
            "{} releases {} … {}, {} to {}",
            last.len(),
            short(&oldest.tag, 24),
            short(&newest.tag, 24),
            day(oldest.at),
            day(newest.at)
        )),
        (Some(only), _) => parts.push(format!("1 release {}, {}", short(&only.tag, 24), day(only.at))),
        _ if tags == 0 => parts.push("no release tag".into()),
        _ => parts.push("no tag is a release X.Y.Z".into()),
    }
    if past.commits.all().is_empty() {
        parts.push("no commit".into());
    } else {
        parts.push(counted(past.commits.all().len(), "commit"));
    }
    if tags > 0 {
        parts.push(counted(tags, "tag"));
    }
    let rest = short(&parts.join(" · "), COLUMNS.saturating_sub(name.chars().count() + 3));
    format!("{} · {rest}", paint(BOLD, name))
}

/// Draws the findings of one part: what needs words first in the order of the table, then the quiet ones.
fn section(seen: &Examination, part: Part, rows: &mut Vec<Row>) {
    let findings: Vec<&Finding> = seen.findings.iter().filter(|f| f.part == part).collect();
    let width = COLUMNS - INDENT;
    for finding in findings.iter().filter(|f| f.weight >= Weight::Past) {
        let (style, sign) = sign(finding.weight);
        let summary = short(&finding.summary, width);
        rows.push(row(format!("  {} {:18}{summary}", paint(style, sign), finding.name), 0));
        let items: Vec<&str> = finding.evidence.iter().map(|e: &Evidence| e.text.as_str()).collect();
        if !items.is_empty() {
            rows.push(row(format!("{:INDENT$}{}", "", fit(&items, width)), 1));
        }
        if let Some(act) = &finding.act {
            rows.push(row(format!("{:INDENT$}{}  {}", "", paint(BOLD, "you"), short(act, width - 5)), 1));
        }
        if finding.part == Part::Past && finding.weight != Weight::Unknown {
            let text = format!("allclear {}", finding.allclear);
            rows.push(row(format!("{:INDENT$}{}", "", paint(DIM, short(&text, width))), 3));
        }
    }
    let quiet = |weight: Weight| findings.iter().filter(move |f| f.weight == weight);
    let clear: Vec<&str> = quiet(Weight::Clear).map(|f| f.summary.as_str()).collect();
    if !clear.is_empty() {
        for line in wrapped(&clear, COLUMNS - 4) {
            rows.push(row(format!("  {} {line}", paint(GOOD, "✔")), 2));
        }
    }
    let nothing: Vec<&str> = quiet(Weight::NotApplicable).map(|f| f.name).collect();
    if part == Part::Past && !nothing.is_empty() {
        let text = format!("nothing to judge: {}", fit(&nothing, COLUMNS - 22));
        rows.push(row(paint(DIM, format!("  · {text}")), 2));
    }
}

fn sign(weight: Weight) -> (Style, &'static str) {
    match weight {
        Weight::NotApplicable => (DIM, "·"),
        Weight::Clear => (GOOD, "✔"),
        Weight::Past => (WAIT, "!"),
        Weight::Unknown => (WAIT, "?"),
        Weight::Open => (BAD, "✖"),
    }
}

fn verdict(seen: &Examination) -> String {
    let rest = "! is a fact that nobody has to act on.";
    match open(&seen.findings) {
        0 => format!("Nothing needs a person; {rest}"),
        1 => format!("1 thing needs a person (✖); {rest}"),
        n => format!("{n} things need a person (✖); {rest}"),
    }
}

/// Joins as many items as fit, and counts the rest; the first one is cut where it must be.
fn fit(items: &[&str], width: usize) -> String {
    let length = |text: &str| text.chars().count();
    let whole = items.join(", ");
    if length(&whole) <= width {
        return whole;
    }
    let mut line = short(items[0], width);
    for (n, item) in items.iter().enumerate().skip(1) {
        let rest = items.len() - n - 1;
        let more = if rest > 0 { length(&format!(" and {rest} more")) } else { 0 };
        if length(&line) + 2 + length(item) + more > width {
            let more = format!(" and {} more", items.len() - n);
            return short(&line, width.saturating_sub(length(&more))) + &more;
        }
        line = format!("{line}, {item}");
    }
    line
}

/// Joins items into as many lines as they need.
fn wrapped(items: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let item = short(item, width);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + item.chars().count() <= width => {
                line.push_str(" · ");
                line.push_str(&item);
            }
            Some(_) | None => lines.push(item),
        }
    }
    lines
}

/// Counts with thousands set apart: `10,751 tags`.
fn counted(n: usize, noun: &str) -> String {
    count(n, noun).replacen(&n.to_string(), &grouped(n), 1)
}

fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let head = digits.len() % 3;
    let mut out = digits[..head].to_owned();
    for (n, chunk) in digits.as_bytes()[head..].chunks(3).enumerate() {
        if head > 0 || n > 0 {
            out.push(',');
        }
        out.extend(chunk.iter().map(|&b| char::from(b)));
    }
    out
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string()
}

pub(crate) fn show_probe(name: &str, probe: &Probe) {
    let sign = |answer: ProbeAnswer| match answer {
        ProbeAnswer::Good => paint(GOOD, "✔"),
        ProbeAnswer::Weak => paint(WAIT, "!"),
        ProbeAnswer::Bad => paint(BAD, "✖"),
        ProbeAnswer::Unknown => paint(WAIT, "?"),
    };
    ui::out(format!("{} · what the server allows, tried with probe {}", paint(BOLD, name), probe.id));
    ui::out("");
    for outcome in &probe.outcomes {
        ui::out(format!(
            "  {} {:23}{}",
            sign(outcome.answer),
            outcome.name,
            short(&outcome.meaning, COLUMNS - 27)
        ));
        if let Some(line) = outcome.said.first().filter(|_| outcome.answer != ProbeAnswer::Good) {
            ui::out(format!("{:27}{}", "", paint(DIM, format!("the server: {}", short(line, 60)))));
        }
    }
    if probe.stopped {
        ui::out("\nStopped before the end.");
    }
    if let Some(delete) = &probe.delete {
        let left: Vec<String> = probe.left.iter().map(|n| short(n.as_str(), 80)).collect();
        let title = if probe.counted { "✖ left on the server:" } else { "✖ may still be on the server:" };
        ui::out(format!("\n{}", paint(BAD, title)));
        left.iter().for_each(|name| ui::out(format!("  {name}")));
        ui::out(format!("  {}  {delete}", paint(BOLD, "you")));
    } else {
        ui::out("\nNothing is left on the server.");
    }
}

pub(crate) fn show_repair(name: &str, repair: Option<&Repair>) {
    let Some(repair) = repair else {
        ui::out(format!("{} · develop contains stable; there is nothing to repair", paint(BOLD, name)));
        return;
    };
    let (stable, develop) = (short(&repair.stable.0, 40), short(&repair.develop.0, 40));
    ui::out(format!(
        "{} · {develop} lacks {} of {stable}",
        paint(BOLD, name),
        count(repair.missing, "commit")
    ));
    ui::out("");
    ui::out(format!(
        "  {} merge {}  {stable} {} into {develop} {}",
        paint(GOOD, "✔"),
        repair.commit.short(),
        repair.stable.1.short(),
        repair.develop.1.short()
    ));
    ui::out(format!(
        "    {} of the {} are on {develop} already, under other ids",
        repair.matched,
        count(repair.missing, "missing commit")
    ));
    ui::out(format!("    {}", how(repair)));
    ui::out(
        "\nNothing was pushed, and the clone is as it was. To look at it and to push it, in the clone:\n",
    );
    repair.commands.iter().for_each(|command| ui::out(format!("  {command}")));
    ui::out(format!(
        "\nThen {develop} contains {stable}: git log {develop}..{stable} prints nothing on the server."
    ));
}

fn how(repair: &Repair) -> String {
    use allclear_engine::RepairMethod;
    let develop = short(&repair.develop.0, 40);
    match (repair.how, repair.same_tree) {
        (RepairMethod::Merged, true) => {
            format!("git merges them without a conflict; no file of {develop} changes")
        }
        (RepairMethod::Merged, false) => {
            format!("git merges them without a conflict; files of {develop} change, so look at it")
        }
        (RepairMethod::Kept, _) => format!(
            "git finds conflicts, but every change is on {develop} already: no file of {develop} changes"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_adopt::doctor::{Past, Prerequisites};
    use allclear_core::port::history::Reach;

    fn seen(findings: Vec<Finding>) -> Examination {
        let ground = Prerequisites {
            git: String::new(),
            unreachable: None,
            reach: Reach::NotAsked,
            probed: None,
            traps: Vec::new(),
            newest: None,
            ledger: None,
            leftovers: Vec::new(),
            delete: None,
            shallow: false,
            partial: false,
            fetched_from: None,
            behind: 0,
            asked: false,
        };
        Examination { past: Past::default(), ground, findings }
    }

    #[test]
    fn the_worst_fits_one_screen_and_nothing_found_is_left_out() {
        let long = "evidence that goes on ".repeat(20);
        let evidence = || vec![Evidence { text: long.clone(), ..Evidence::default() }; 7];
        let finding = |n: usize| Finding {
            name: "duplicate rcs",
            part: if n < 10 { Part::Past } else { Part::Prerequisites },
            weight: Weight::Open,
            summary: format!("finding {n}: {long}"),
            evidence: evidence(),
            allclear: "does what it can",
            act: Some(long.clone()),
        };
        let screen = screen("name", &seen((0..18).map(finding).collect()), &[]);
        assert_eq!(screen.len(), LINES);
        let width = |line: &str| anstream::adapter::strip_str(line).to_string().chars().count();
        for line in &screen {
            assert!(width(line) <= COLUMNS, "{line}");
        }
        for n in 0..18 {
            assert!(screen.iter().any(|line| line.contains(&format!("finding {n}:"))), "{n}");
        }
    }

    #[test]
    fn items_that_fit() {
        assert_eq!(fit(&["one", "two", "three"], 40), "one, two, three");
        assert_eq!(fit(&["one", "two", "three"], 15), "one, two, three");
        assert_eq!(fit(&["one", "two", "three"], 14), "one and 2 more");
        assert_eq!(fit(&["a long item", "two"], 14), "a … and 1 more");
        assert_eq!(
            [grouped(7), grouped(751), grouped(10_751), grouped(118_528)],
            ["7", "751", "10,751", "118,528"]
        );
    }
}
