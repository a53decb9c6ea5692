//! A promotion, against git-flow's `release finish -p` and against the least that git can do it with.

use crate::table::{Samples, Table};
use crate::world::{Lab, Ran, Size, project, push};
use std::path::Path;

const SIZE: Size = Size { files: 12_000, commits: 22_000, ahead: 300, tags: 0 };

/// The same release made of bare git commands, with nothing checked, planned, recorded or read back.
const FLOOR: &str = r#"set -e
master=$(git rev-parse refs/heads/master); develop=$(git rev-parse refs/heads/develop); rc=$(git rev-parse refs/heads/release-1.1.0)
tree=$(git merge-tree --write-tree $master $rc)
stable=$(git commit-tree $tree -p $master -p $rc -m "Merge branch 'release-1.1.0'")
tag=$(printf 'object %s\ntype commit\ntag v1.1.0\ntagger Mira <mira@example.org> 1700000000 +0000\n\nv1.1.0\n' $stable | git mktag)
tree=$(git merge-tree --write-tree $develop $stable)
back=$(git commit-tree $tree -p $develop -p $stable -m "Merge tag 'v1.1.0' into develop")
git push -q --atomic --force-with-lease=refs/heads/master:$master --force-with-lease=refs/heads/develop:$develop --force-with-lease=refs/heads/release-1.1.0:$rc --force-with-lease=refs/tags/v1.1.0: \
  origin $stable:refs/heads/master $back:refs/heads/develop $tag:refs/tags/v1.1.0 :refs/heads/release-1.1.0
"#;

type Way = fn(&Lab, &Path, usize) -> Ran;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let template = lab.server("template.git");
    project(lab, &template, SIZE);
    let clone = lab.clone(&template, "template", &["-n"]);
    lab.allclear(&clone, &["cut", "--version", "1.1.0", "--yes"]).expect("the cut");
    push(lab, &template, "release-1.1.0", "fix", &[4001, 4002, 4003]);
    push(lab, &template, "develop", "feat", &[4011, 4012]);
    lab.allclear(&clone, &["rc", "1.1.0"]).expect("the rc");
    lab.until_clear(&clone);
    let gitflow = lab.run("git", &["flow", "version"], &template).ok;
    let ways: [(&str, Way); 3] = [("allclear", by_allclear), ("git-flow", by_git_flow), ("floor", by_floor)];
    let mut samples: [Samples; 3] = Default::default();
    if !gitflow {
        println!("  git-flow is not installed (Debian: apt-get install git-flow): its ratio is skipped");
    }
    for round in 0..rounds {
        for turn in 0..ways.len() {
            let which = (round + turn) % ways.len();
            let (name, way) = ways[which];
            if name == "git-flow" && !gitflow {
                continue;
            }
            let server = lab.at("server.git");
            lab.run(
                "cp",
                &["-r", &template.display().to_string(), &server.display().to_string()],
                Path::new("/"),
            )
            .expect("copying the server");
            let ran = way(lab, &server, round);
            if ran.ok && released(lab, &server) {
                samples[which].add(&ran);
            } else {
                println!("  {name} did not release in round {round}:\n{}{}", ran.out, ran.err);
            }
            for left in ["server.git", "clone", "cache"] {
                drop(std::fs::remove_dir_all(lab.at(left)));
            }
        }
    }
    let [ours, theirs, floor] = samples;
    if !theirs.is_empty() {
        let ratio = theirs.over(&ours);
        let text = format!("git-flow finish -p: {theirs}");
        table.row(
            "promote: 12,000 files, 22,000 commits",
            ours.to_string(),
            text,
            format!("{ratio:.1}× faster"),
            "≥ 4× faster",
            Some(ratio >= 4.0),
        );
    }
    table.at_most("the same promotion", &ours, ("bare git commands, one push", &floor), 2.5);
}

/// Tells whether the server shows the whole release, whoever made it.
fn released(lab: &Lab, server: &Path) -> bool {
    let tag = lab.run("git", &["rev-parse", "-q", "--verify", "refs/tags/v1.1.0"], server).ok;
    let gone = !lab.run("git", &["rev-parse", "-q", "--verify", "refs/heads/release-1.1.0"], server).ok;
    tag && gone
        && lab.git(server, &["log", "--oneline", "develop..master"]).is_empty()
        && lab.git(server, &["log", "--oneline", "master..v1.1.0"]).is_empty()
}

fn by_allclear(lab: &Lab, server: &Path, _round: usize) -> Ran {
    let clone = lab.clone(server, "clone", &["-n"]);
    lab.until_clear(&clone);
    lab.allclear(&clone, &["promote", "1.1.0", "--yes"])
}

fn by_git_flow(lab: &Lab, server: &Path, _round: usize) -> Ran {
    let clone = lab.clone(server, "clone", &[]);
    for branch in ["release-1.1.0", "develop"] {
        lab.git(&clone, &["checkout", "-q", "-b", branch, "--track", &format!("origin/{branch}")]);
    }
    for (key, value) in [
        ("branch.master", "master"),
        ("branch.develop", "develop"),
        ("prefix.release", "release-"),
        ("prefix.versiontag", "v"),
    ] {
        lab.git(&clone, &["config", &format!("gitflow.{key}"), value]);
    }
    for kind in ["feature", "bugfix", "hotfix", "support"] {
        lab.git(&clone, &["config", &format!("gitflow.prefix.{kind}"), &format!("{kind}/")]);
    }
    lab.run("git", &["flow", "release", "finish", "-p", "-m", "v1.1.0", "1.1.0"], &clone)
}

fn by_floor(lab: &Lab, server: &Path, _round: usize) -> Ran {
    let clone = lab.clone(server, "clone", &["--bare"]);
    lab.run("sh", &["-c", FLOOR], &clone)
}
