//! A server with 100,000 refs: the first look, and a promotion.

use crate::promote::{SMALL, Way, by_allclear, by_floor, in_turn, released, template};
use crate::table::Table;
use crate::world::{Lab, Ran};
use std::fmt::Write;
use std::path::Path;

const BRANCHES: usize = 10_000;
const TAGS: usize = 90_000;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let rounds = rounds.min(3);
    let template = template(lab, "refs", SMALL);
    add_refs(lab, &template);
    let ways: [Way<'_>; 2] = [("allclear", &first_look), ("git clone --mirror", &mirror)];
    let looks = in_turn(lab, &template, rounds, &ways, &|_, _| true);
    table.at_most("first look at 100,000 refs", &looks[0], ("git clone --mirror", &looks[1]), 3.0);
    let ways: [Way<'_>; 2] = [("allclear", &by_allclear), ("floor", &by_floor)];
    let promotions = in_turn(lab, &template, rounds, &ways, &released);
    let other = ("bare git commands, one push", &promotions[1]);
    table.at_most("promote there", &promotions[0], other, 2.0);
}

/// Adds refs to the one file in which git keeps those that are old: to make them one by one takes minutes.
fn add_refs(lab: &Lab, server: &Path) {
    lab.git(server, &["pack-refs", "--all"]);
    let commits = lab.git(server, &["rev-list", "refs/heads/master"]);
    let commits: Vec<&str> = commits.lines().collect();
    let names = (0..BRANCHES).map(|n| format!("refs/heads/topic/{n}"));
    let names = names.chain((0..TAGS).map(|n| format!("refs/tags/build/{n}")));
    let mut lines: Vec<String> =
        names.enumerate().map(|(n, name)| format!("{} {name}", commits[n % commits.len()])).collect();
    let there = lab.git(server, &["for-each-ref", "--format=%(objectname) %(refname)"]);
    lines.extend(there.lines().map(str::to_owned));
    lines.sort_by(|a, b| a.split(' ').nth(1).cmp(&b.split(' ').nth(1)));
    let mut file = String::from("# pack-refs with: sorted \n");
    for line in lines {
        writeln!(file, "{line}").expect("a string takes everything");
    }
    std::fs::write(server.join("packed-refs"), file).expect("the directory is ours");
    lab.git(server, &["pack-refs", "--all"]);
}

fn first_look(lab: &Lab, server: &Path) -> Ran {
    // The clone lends its objects, and here it has none.
    let clone = lab.at("clone");
    lab.git(&lab.at(""), &["init", "-q", &clone.display().to_string()]);
    lab.git(&clone, &["remote", "add", "origin", &server.display().to_string()]);
    lab.allclear(&clone, &["status"])
}

fn mirror(lab: &Lab, server: &Path) -> Ran {
    let url = format!("file://{}", server.display());
    lab.run("git", &["clone", "-q", "--mirror", &url, &lab.at("clone").display().to_string()], Path::new("/"))
}
