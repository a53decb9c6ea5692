//! Appending a check: to a short and a long ledger, and thirty at once.

use crate::record::{ENTRIES, world};
use crate::table::{Samples, Table, ms};
use crate::world::Lab;
use std::time::Instant;

const RIVALS: usize = 30;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let (_, short, short_rc) = world(lab, "short", 8);
    let (_, long, long_rc) = world(lab, "long", ENTRIES);
    let (mut ten, mut many) = (Samples::default(), Samples::default());
    for clone in [&short, &long] {
        lab.allclear(clone, &["status"]);
    }
    for _ in 0..rounds {
        for (samples, clone, rc) in [(&mut many, &long, &long_rc), (&mut ten, &short, &short_rc)] {
            let ran = lab.allclear(clone, &["check", "ci", "passed", "--commit", rc.as_str()]);
            if ran.ok {
                samples.add(&ran);
            } else {
                println!("  the check was not recorded: {}", ran.err);
            }
        }
    }
    table.at_most("check, 100,000 entries", &many, ("10 entries", &ten), 1.5);
    let start = Instant::now();
    let mut ends: Vec<_> = std::thread::scope(|scope| {
        let rivals: Vec<_> = (0..RIVALS)
            .map(|n| {
                let (clone, rc) = (&short, &short_rc);
                scope.spawn(move || {
                    let ran = lab
                        .allclear(clone, &["check", &format!("ci-{n}"), "passed", "--commit", rc.as_str()]);
                    (ran.wall, ran.ok, ran.err)
                })
            })
            .collect();
        rivals.into_iter().filter_map(|r| r.join().ok()).collect()
    });
    let total = start.elapsed();
    ends.sort_unstable();
    let landed = ends.iter().filter(|(_, ok, _)| *ok).count();
    if let Some((.., why)) = ends.iter().find(|(_, ok, _)| !ok) {
        println!("  one was lost: {why}");
    }
    let (middle, slowest) = (ends[ends.len() / 2].0, ends.last().map(|e| e.0).unwrap_or_default());
    let text = format!("median {}, slowest {}", ms(middle), ms(slowest));
    table.row(
        "30 processes, a check each, at once",
        format!("all: {}", ms(total)),
        text,
        format!("{landed} of {RIVALS} landed"),
        "all land, < 60 s",
        Some(landed == RIVALS && slowest.as_secs() < 60),
    );
}
