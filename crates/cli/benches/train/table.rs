//! Medians, and the table they end in.

use crate::world::Ran;
use std::fmt;
use std::time::Duration;

/// Samples of one thing that took its turns.
#[derive(Default)]
pub(crate) struct Samples {
    wall: Vec<Duration>,
    cpu: Duration,
}

impl Samples {
    pub(crate) fn add(&mut self, ran: &Ran) {
        self.wall.push(ran.wall);
        self.cpu += ran.cpu;
    }

    pub(crate) fn median(&self) -> Duration {
        let mut sorted = self.wall.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    /// Gives the ratio of two medians.
    pub(crate) fn over(&self, other: &Self) -> f64 {
        self.median().as_secs_f64() / other.median().as_secs_f64()
    }
}

/// Median wall time, range, and mean CPU time of the process and its children.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (
            self.wall.iter().min().copied().unwrap_or_default(),
            self.wall.iter().max().copied().unwrap_or_default(),
        );
        let cpu = self.cpu.checked_div(self.wall.len() as u32).unwrap_or_default();
        write!(f, "{} ({}–{}), CPU {}", ms(self.median()), ms(min), ms(max), ms(cpu))
    }
}

pub(crate) fn ms(time: Duration) -> String {
    match time.as_secs_f64() * 1000.0 {
        t if t < 10.0 => format!("{t:.1} ms"),
        t if t < 10_000.0 => format!("{t:.0} ms"),
        t => format!("{:.1} s", t / 1000.0),
    }
}

/// One line: what was measured, against what, and how it should be.
struct Row {
    what: String,
    ours: String,
    other: String,
    result: String,
    target: String,
    ok: Option<bool>,
}

/// All that was measured.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn row(
        &mut self,
        what: &str,
        ours: String,
        other: String,
        result: String,
        target: &str,
        ok: Option<bool>,
    ) {
        let row = Row { what: what.into(), ours, other, result, target: target.into(), ok };
        println!("  {row}");
        self.0.push(row);
    }

    /// Adds a comparison that should cost at most `limit` times the other.
    pub(crate) fn at_most(
        &mut self,
        what: &str,
        ours: &Samples,
        (name, other): (&str, &Samples),
        limit: f64,
    ) {
        let ratio = ours.over(other);
        self.row(
            what,
            ours.to_string(),
            format!("{name}: {other}"),
            format!("{ratio:.2}×"),
            &format!("≤ {limit}×"),
            Some(ratio <= limit),
        );
    }

    /// Adds a time that should stay below a limit.
    pub(crate) fn below(&mut self, what: &str, ours: &Samples, limit: Duration) {
        self.row(
            what,
            ours.to_string(),
            String::new(),
            ms(ours.median()),
            &format!("< {}", ms(limit)),
            Some(ours.median() < limit),
        );
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, ours, other, result, target, ok } = self;
        let ok = ok.map_or("", |ok| if ok { "ok" } else { "short" });
        write!(f, "| {what} | {ours} | {other} | {result} | {target} | {ok} |")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | allclear | against | result | target | |\n|---|---|---|---|---|---|")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
