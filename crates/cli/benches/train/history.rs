//! `doctor` and `where` on a long history: against git's own walk of it.

use crate::table::{Samples, Table};
use crate::world::{Lab, Size, project};
use std::time::Duration;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let server = lab.server("history.git");
    project(lab, &server, Size { files: 500, commits: 50_000, ahead: 200, tags: 10_000 });
    let clone = lab.clone(&server, "history", &["-n"]);
    let middle = lab.git(&server, &["rev-list", "-1", "--skip=20000", "refs/heads/master"]);
    lab.allclear(&clone, &["where", &middle]).expect("where");
    let (mut doctor, mut walk, mut place) = <(Samples, Samples, Samples)>::default();
    for _ in 0..rounds {
        // It exits with 1 where something needs a person, as no train runs here.
        doctor.add(&lab.allclear(&clone, &["doctor"]));
        walk.add(&lab.run("sh", &["-c", "git log --all --format=%H | wc -l"], &clone));
        place.add(&lab.allclear(&clone, &["where", &middle]));
    }
    table.at_most(
        "doctor, 50,000 commits and 10,000 tags",
        &doctor,
        ("git log --all --format=%H | wc -l", &walk),
        5.0,
    );
    table.below("where, in the same clone", &place, Duration::from_secs(1));
}
