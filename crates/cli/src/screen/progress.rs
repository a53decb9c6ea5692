//! What is seen of an experiment while it runs, on standard error: a line for each downstream that is being tried
//! on a terminal, plain lines elsewhere.

use super::instant::took;
use super::ui::{self, DIM, paint};
use allclear_core::Seconds;
use allclear_core::experiment::{Arm, Mode, Row};
use allclear_core::types::text::{count, short};
use allclear_engine::{CheckRun, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How wide names are shown.
const NAME: usize = 40;

/// Hears an experiment, and shows it.
pub(crate) struct Show(Mutex<Look>);

/// The way it is shown.
enum Look {
    Bars(Box<Bars>),
    Lines(Lines),
    Nothing,
}

impl Show {
    /// Shows it as standard error can take it; nothing where `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let look = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Look::Nothing,
            (false, true) => Look::Bars(Box::default()),
            (false, false) => Look::Lines(Lines::default()),
        };
        Self(Mutex::new(look))
    }

    pub(crate) fn hear(&self, step: &Progress<'_>) {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Look::Bars(bars) => bars.hear(step),
            Look::Lines(lines) => lines.hear(step),
            Look::Nothing => {}
        }
    }

    /// Takes what moves off the screen.
    pub(crate) fn end(&self) {
        if let Look::Bars(bars) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            bars.clear();
        }
    }
}

/// How much is left, by how long each took the last time.
#[derive(Default)]
struct Left {
    /// What is still to be done, in milliseconds where it is known.
    of_each: BTreeMap<String, Option<u64>>,
    at_once: u64,
    all: usize,
    /// What was done here: how many, and how long they took.
    done: (u64, u64),
}

impl Left {
    fn plan(&mut self, downstreams: &[(String, Option<u64>)], at_once: usize) {
        self.of_each = downstreams.iter().cloned().collect();
        (self.at_once, self.all) = (at_once.max(1) as u64, downstreams.len());
    }

    fn take(&mut self, row: &Row) -> usize {
        self.of_each.remove(&row.name);
        if !row.known {
            self.done.0 += 1;
            self.done.1 += row.attempts.iter().map(|a| a.millis).sum::<u64>();
        }
        self.all - self.of_each.len()
    }

    /// Says about how long it will take; `None` where nobody can know.
    fn guess(&self) -> Option<Seconds> {
        let known: Vec<u64> = self.of_each.values().flatten().copied().collect();
        let (n, sum) = (known.len() as u64 + self.done.0, known.iter().sum::<u64>() + self.done.1);
        let usual = sum.checked_div(n)?;
        let millis: u64 = self.of_each.values().map(|millis| millis.unwrap_or(usual)).sum();
        Some(Seconds((millis / self.at_once).div_ceil(1000))).filter(|left| left.0 > 0)
    }
}

/// Lines that stay.
#[derive(Default)]
struct Lines(Left);

impl Lines {
    fn hear(&mut self, step: &Progress<'_>) {
        match step {
            Progress::Planned { downstreams, at_once } => {
                self.0.plan(downstreams, *at_once);
                ui::say(format!("{}, {at_once} at once", count(downstreams.len(), "downstream")));
            }
            Progress::Judged(row) => {
                let done = self.0.take(row);
                let width = self.0.all.to_string().len();
                ui::say(format!("[{done:>width$}/{}] {}", self.0.all, line(row)));
            }
            Progress::Checked(run) => ui::say(checked(run)),
            Progress::Located { .. }
            | Progress::Started { .. }
            | Progress::Trying { .. }
            | Progress::Attempted { .. }
            | Progress::Finished(_) => {}
        }
    }
}

fn line(row: &Row) -> String {
    let why = row.error.as_deref().or(row.note.as_deref()).filter(|_| !row.comparison.is_good());
    let why = why.map(|why| format!(": {}", short(why, 100))).unwrap_or_default();
    let took = match (row.known, row.attempts.iter().map(|a| a.millis).sum()) {
        (true, _) => "known".to_owned(),
        (false, 0) => String::new(),
        (false, millis) => took(millis),
    };
    format!("{} {}{why}  {}", row.comparison.name(), short(&row.name, NAME), paint(DIM, took))
}

fn checked(run: &CheckRun) -> String {
    format!(
        "check {} {}  {}",
        short(&run.name, NAME),
        run.attempt.outcome.name(),
        paint(DIM, took(run.attempt.millis))
    )
}

/// Bars that move.
struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
    left: Left,
}

impl Default for Bars {
    fn default() -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(0));
        Self { all, total, running: BTreeMap::new(), left: Left::default() }
    }
}

impl Bars {
    fn hear(&mut self, step: &Progress<'_>) {
        match step {
            Progress::Located { done, of } => {
                self.total.set_style(style("  {spinner} finding downstreams {pos}/{len}"));
                self.total.set_length(*of as u64);
                self.total.set_position(*done as u64);
            }
            Progress::Planned { downstreams, at_once } => {
                self.left.plan(downstreams, *at_once);
                self.total.set_style(style("  {bar:30} {pos}/{len}  {elapsed}{msg}"));
                self.total.set_length(downstreams.len() as u64);
                self.total.set_position(0);
                self.total.enable_steady_tick(Duration::from_secs(1));
                self.guess();
            }
            Progress::Started { name } => {
                let bar = self.all.insert_before(&self.total, ProgressBar::new_spinner());
                bar.set_style(style("  {spinner} {msg}  {elapsed}"));
                bar.set_message(short(name, NAME));
                bar.enable_steady_tick(Duration::from_millis(120));
                self.running.insert((*name).to_owned(), bar);
            }
            Progress::Trying { name, arm, mode, number } => {
                if let Some(bar) = self.running.get(*name) {
                    bar.set_message(format!("{}  {}", short(name, NAME), which(*arm, *mode, *number)));
                }
            }
            Progress::Attempted { .. } => {}
            Progress::Judged(row) => {
                if let Some(bar) = self.running.remove(&row.name) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
                // What is well needs no line of its own.
                if !row.comparison.is_good() {
                    self.all.suspend(|| ui::say(line(row)));
                }
                let done = self.left.take(row);
                self.total.set_position(done as u64);
                self.guess();
            }
            Progress::Checked(run) => self.all.suspend(|| ui::say(checked(run))),
            Progress::Finished(_) => self.clear(),
        }
    }

    fn guess(&self) {
        let left = self.left.guess().map(|left| format!("  about {left} left")).unwrap_or_default();
        self.total.set_message(left);
    }

    fn clear(&self) {
        self.running.values().for_each(ProgressBar::finish_and_clear);
        self.total.finish_and_clear();
    }
}

/// Says which try it is.
fn which(arm: Arm, mode: Mode, number: u32) -> String {
    let arm = match (arm, mode) {
        (_, Mode::Locked) => "its own versions",
        (Arm::Candidate, Mode::Fresh) => "candidate",
        (Arm::Baseline, Mode::Fresh) => "baseline",
    };
    if number > 1 { format!("{arm}, try {number}") } else { arm.to_owned() }
}

fn style(template: &str) -> ProgressStyle {
    // A template that is wrong shows the default one.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_guessed_by_what_is_known() {
        let mut left = Left::default();
        assert_eq!(left.guess(), None);
        left.plan(&[("a".into(), Some(60_000)), ("b".into(), Some(30_000)), ("c".into(), None)], 2);
        assert_eq!(left.guess(), Some(Seconds(68)), "what is new takes as long as the others do");
    }
}
