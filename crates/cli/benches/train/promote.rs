//! A promotion, against git-flow's `release finish -p` and against the least that git can do it with.

use crate::looks::Counter;
use crate::table::{Samples, Table};
use crate::world::{Lab, Ran, Size, project, push};
use std::path::{Path, PathBuf};

pub(crate) const LARGE: Size = Size { files: 12_000, commits: 22_000, ahead: 300, tags: 0 };
pub(crate) const SMALL: Size = Size { files: 300, commits: 500, ahead: 50, tags: 0 };

/// The same release made of bare git commands, with nothing checked, planned, recorded or read back.
pub(crate) const FLOOR: &str = r#"set -e
master=$(git rev-parse refs/heads/master); develop=$(git rev-parse refs/heads/develop); rc=$(git rev-parse refs/heads/release-1.1.0)
tree=$(git merge-tree --write-tree $master $rc)
stable=$(git commit-tree $tree -p $master -p $rc -m "Merge branch 'release-1.1.0'")
tag=$(printf 'object %s\ntype commit\ntag v1.1.0\ntagger Mira <mira@example.org> 1700000000 +0000\n\nv1.1.0\n' $stable | git mktag)
tree=$(git merge-tree --write-tree $develop $stable)
back=$(git commit-tree $tree -p $develop -p $stable -m "Merge tag 'v1.1.0' into develop")
git push -q --atomic --force-with-lease=refs/heads/master:$master --force-with-lease=refs/heads/develop:$develop --force-with-lease=refs/heads/release-1.1.0:$rc --force-with-lease=refs/tags/v1.1.0: \
  origin $stable:refs/heads/master $back:refs/heads/develop $tag:refs/tags/v1.1.0 :refs/heads/release-1.1.0
"#;

pub(crate) type Way<'a> = (&'a str, &'a dyn Fn(&Lab, &Path) -> Ran);

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let gitflow = lab.run("git", &["flow", "version"], &lab.at("")).ok;
    if !gitflow {
        println!("  git-flow is not installed (Debian: apt-get install git-flow): its ratio is skipped");
    }
    for (name, size) in [("12,000 files, 22,000 commits", LARGE), ("300 files, 500 commits", SMALL)] {
        let template = template(lab, &format!("promote-{}", size.files), size);
        let mut ways: Vec<Way<'_>> = vec![("allclear", &by_allclear), ("floor", &by_floor)];
        if gitflow {
            ways.push(("git-flow", &by_git_flow));
        }
        let samples = in_turn(lab, &template, rounds, &ways, &released);
        let [ours, floor] = [&samples[0], &samples[1]];
        if let Some(theirs) = samples.get(2) {
            let ratio = theirs.over(ours);
            let text = format!("git-flow finish -p: {theirs}");
            let result = format!("{ratio:.1}× faster");
            let what = format!("promote: {name}");
            table.row(&what, ours.to_string(), text, result, "≥ 5× faster", Some(ratio >= 5.0));
        }
        let what = format!("promote against the floor: {name}");
        table.at_most(&what, ours, ("bare git commands, one push", floor), 1.5);
        if size.files == SMALL.files {
            processes(lab, &template, table);
        }
    }
}

/// Lets several ways take turns, each with a copy of the server; gives the samples of each.
pub(crate) fn in_turn(
    lab: &Lab,
    template: &Path,
    rounds: usize,
    ways: &[Way<'_>],
    done: &dyn Fn(&Lab, &Path) -> bool,
) -> Vec<Samples> {
    let mut samples: Vec<Samples> = ways.iter().map(|_| Samples::default()).collect();
    for round in 0..rounds {
        for turn in 0..ways.len() {
            let which = (round + turn) % ways.len();
            let (name, way) = ways[which];
            let server = copy(lab, template);
            let ran = way(lab, &server);
            if ran.ok && done(lab, &server) {
                samples[which].add(&ran);
            } else {
                println!("  {name} did not succeed in round {round}:\n{}{}", ran.out, ran.err);
            }
            clear_up(lab);
        }
    }
    samples
}

/// Copies the server to the place where it is used.
fn copy(lab: &Lab, template: &Path) -> PathBuf {
    let server = lab.at("server.git");
    let (from, to) = (template.display().to_string(), server.display().to_string());
    lab.run("cp", &["-r", &from, &to], Path::new("/")).expect("copying the server");
    server
}

fn clear_up(lab: &Lab) {
    for left in ["server.git", "clone", "cache"] {
        drop(std::fs::remove_dir_all(lab.at(left)));
    }
}

/// Makes a server with a candidate that is clear.
pub(crate) fn template(lab: &Lab, name: &str, size: Size) -> PathBuf {
    let template = lab.server(&format!("{name}.git"));
    project(lab, &template, size);
    let clone = lab.clone(&template, name, &["-n"]);
    lab.allclear(&clone, &["cut", "--version", "1.1.0", "--yes"]).expect("the cut");
    push(lab, &template, "release-1.1.0", "fix", &[41, 42, 43]);
    push(lab, &template, "develop", "feat", &[141, 142]);
    lab.allclear(&clone, &["rc", "1.1.0"]).expect("the rc");
    lab.until_clear(&clone);
    template
}

/// Counts the processes of git that one promotion starts, those of the server on this machine among them.
fn processes(lab: &Lab, template: &Path, table: &mut Table) {
    let counter = Counter::new(lab, "promotion");
    let server = copy(lab, template);
    let clone = lab.clone(&server, "clone", &["-n"]);
    lab.until_clear(&clone);
    let ours = counter.count(|path| lab.allclear_by(path, &clone, &["promote", "1.1.0", "--yes"]));
    clear_up(lab);
    let server = copy(lab, template);
    let clone = lab.clone(&server, "clone", &["--bare"]);
    let floor = counter.count(|path| {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", path.display());
        lab.run_with("sh", &["-c", FLOOR], &clone, &[("PATH", &path)])
    });
    clear_up(lab);
    let text = format!("bare git commands, one push: {floor}");
    table.row("git processes of a promotion", ours.to_string(), text, String::new(), "", None);
}

/// Tells whether the server shows the whole release, whoever made it.
pub(crate) fn released(lab: &Lab, server: &Path) -> bool {
    let tag = lab.run("git", &["rev-parse", "-q", "--verify", "refs/tags/v1.1.0"], server).ok;
    let gone = !lab.run("git", &["rev-parse", "-q", "--verify", "refs/heads/release-1.1.0"], server).ok;
    tag && gone
        && lab.git(server, &["log", "--oneline", "develop..master"]).is_empty()
        && lab.git(server, &["log", "--oneline", "master..v1.1.0"]).is_empty()
}

pub(crate) fn by_allclear(lab: &Lab, server: &Path) -> Ran {
    let clone = lab.clone(server, "clone", &["-n"]);
    lab.until_clear(&clone);
    lab.allclear(&clone, &["promote", "1.1.0", "--yes"])
}

fn by_git_flow(lab: &Lab, server: &Path) -> Ran {
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

pub(crate) fn by_floor(lab: &Lab, server: &Path) -> Ran {
    let clone = lab.clone(server, "clone", &["--bare"]);
    lab.run("sh", &["-c", FLOOR], &clone)
}
