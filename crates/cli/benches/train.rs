//! What a release costs: against git-flow, against git's own floor, and as a project grows.
//!
//! `cargo bench -p allclear` runs all of it, `-- promote` or another part's name that part alone, `-- --rounds 9`
//! more rounds. Compared things take turns in the same run, and what counts is the ratio of their
//! medians: a busy machine slows both. Nothing here fails; the table says what is short of its target.

#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "train/append.rs"]
mod append;
#[path = "train/cut.rs"]
mod cut;
#[path = "train/history.rs"]
mod history;
#[path = "train/http.rs"]
mod http;
#[path = "train/lab.rs"]
mod lab;
#[path = "train/looks.rs"]
mod looks;
#[path = "train/promote.rs"]
mod promote;
#[path = "train/record.rs"]
mod record;
#[path = "train/refs.rs"]
mod refs;
#[path = "train/table.rs"]
mod table;
#[path = "train/verify.rs"]
mod verify;
#[path = "train/world.rs"]
mod world;

use table::Table;
use world::Lab;

type Part = fn(&Lab, usize, &mut Table);

const PARTS: [(&str, Part); 10] = [
    ("promote", promote::run),
    ("cut", cut::run),
    ("http", http::run),
    ("refs", refs::run),
    ("looks", looks::run),
    ("record", record::run),
    ("append", append::run),
    ("verify", verify::run),
    ("history", history::run),
    ("lab", lab::run),
];

fn main() {
    // Cargo adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let after = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1));
    let rounds = after("--rounds").and_then(|n| n.parse().ok()).unwrap_or(7);
    let wanted = |name: &str| {
        !PARTS.iter().any(|(part, _)| args.iter().any(|a| a == part)) || args.iter().any(|a| a == name)
    };
    let lab = Lab::new();
    let mut table = Table::default();
    for (name, part) in PARTS {
        if wanted(name) {
            println!("{name} …");
            part(&lab, rounds, &mut table);
        }
    }
    println!("\n{table}");
}
