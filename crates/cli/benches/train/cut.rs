//! A cut, against a script that makes the same commit, tag and push.

use crate::promote::{LARGE, SMALL, Way, in_turn};
use crate::table::Table;
use crate::world::{Lab, Ran, project, push};
use std::path::Path;

/// The entry, the tag and the branch, made of bare git commands and pushed at once; nothing is looked at or checked.
const FLOOR: &str = r#"set -e
develop=$(git rev-parse refs/heads/develop); ledger=$(git ls-remote -q origin refs/allclear/ledger | cut -f1)
entry=$(git hash-object -w allclear-entry.json)
tree=$(printf '100644 blob %s\tentry.json\n' $entry | git mktree)
entry=$(git commit-tree $tree -p $ledger -m "cut 1.2.0")
tag=$(printf 'object %s\ntype commit\ntag v1.2.0-rc.1\ntagger Mira <mira@example.org> 1700000000 +0000\n\nv1.2.0-rc.1\n' $develop | git mktag)
git push -q --atomic --force-with-lease=refs/allclear/ledger:$ledger --force-with-lease=refs/heads/release-1.2.0: --force-with-lease=refs/tags/v1.2.0-rc.1: \
  origin $entry:refs/allclear/ledger $develop:refs/heads/release-1.2.0 $tag:refs/tags/v1.2.0-rc.1
"#;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    for (name, size) in [("12,000 files, 22,000 commits", LARGE), ("300 files, 500 commits", SMALL)] {
        let what = format!("cut-{}", size.files);
        let template = lab.server(&format!("{what}.git"));
        project(lab, &template, size);
        let clone = lab.clone(&template, &what, &["-n"]);
        lab.allclear(&clone, &["cut", "--version", "1.1.0", "--yes"]).expect("the first cut");
        push(lab, &template, "develop", "feat", &[141, 142]);
        let ways: [Way<'_>; 2] = [("allclear", &by_allclear), ("floor", &by_floor)];
        let samples = in_turn(lab, &template, rounds, &ways, &is_cut);
        let other = ("bare git commands, one push", &samples[1]);
        table.at_most(&format!("cut: {name}"), &samples[0], other, 1.5);
    }
}

fn is_cut(lab: &Lab, server: &Path) -> bool {
    let there = |name: &str| lab.run("git", &["rev-parse", "-q", "--verify", name], server).ok;
    there("refs/heads/release-1.2.0") && there("refs/tags/v1.2.0-rc.1")
}

fn by_allclear(lab: &Lab, server: &Path) -> Ran {
    let clone = lab.clone(server, "clone", &["-n"]);
    lab.allclear(&clone, &["status"]);
    lab.allclear(&clone, &["cut", "--version", "1.2.0", "--yes"])
}

fn by_floor(lab: &Lab, server: &Path) -> Ran {
    let clone = lab.clone(server, "clone", &["--bare"]);
    lab.git(&clone, &["fetch", "-q", "origin", "refs/allclear/ledger"]);
    // As large as the entry of a cut.
    std::fs::write(clone.join("allclear-entry.json"), "x".repeat(4096)).expect("the directory is ours");
    lab.run("sh", &["-c", FLOOR], &clone)
}
