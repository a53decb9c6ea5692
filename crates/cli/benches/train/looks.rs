//! Status: against git's own listing, and the number of git processes as a project grows.

use crate::table::{Samples, Table};
use crate::world::{Lab, Ran, Size, project, push};
use std::path::{Path, PathBuf};

const SMALL: Size = Size { files: 50, commits: 100, ahead: 10, tags: 10 };

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let small = World::new(lab, "small", SMALL, 1);
    let tags = World::new(lab, "tags", Size { tags: 10_000, ..SMALL }, 1);
    let candidates = World::new(lab, "candidates", SMALL, 20);
    let commits = World::new(lab, "commits", Size { commits: 20_000, ..SMALL }, 1);
    let (mut offline, mut listing, mut online, mut asking) =
        <(Samples, Samples, Samples, Samples)>::default();
    let server = tags.server.display().to_string();
    for _ in 0..rounds * 3 {
        offline.add(&lab.allclear(&tags.clone, &["status", "--offline"]));
        listing.add(&lab.run("git", &["for-each-ref"], &tags.server));
        online.add(&lab.allclear(&tags.clone, &["status"]));
        asking.add(&lab.run("git", &["ls-remote", "-q", "--", &server], &tags.clone));
    }
    table.at_most("status --offline, 10,000 tags", &offline, ("git for-each-ref", &listing), 3.0);
    let text = format!("git ls-remote: {asking}");
    table.row(
        "status, 10,000 tags",
        online.to_string(),
        text,
        format!("{:.2}×", online.over(&asking)),
        "",
        None,
    );
    let counter = Counter::new(lab, "counter");
    for how in [&["status"][..], &["status", "--offline"]] {
        // The first look after a change, and the next one.
        for fresh in [true, false] {
            let count = |world: &World| {
                if fresh {
                    push(lab, &world.server, "develop", "feat", &[49]);
                }
                counter.count(|path| lab.allclear_by(path, &world.clone, how))
            };
            if fresh && how.len() > 1 {
                continue;
            }
            let base = count(&small);
            let others = [
                ("10,000 tags", count(&tags)),
                ("20 candidates", count(&candidates)),
                ("20,000 commits", count(&commits)),
            ];
            let grows = others.iter().any(|(_, n)| *n > base);
            let text = others.map(|(name, n)| format!("{name}: {n}")).join(", ");
            let when = if fresh { " after a change" } else { "" };
            table.row(
                &format!("git processes of {}{when}", how.join(" ")),
                format!("{base}"),
                text,
                String::new(),
                "as many",
                Some(!grows),
            );
        }
    }
}

/// A server, and a clone that has looked at it.
struct World {
    server: PathBuf,
    clone: PathBuf,
}

impl World {
    fn new(lab: &Lab, name: &str, size: Size, candidates: usize) -> Self {
        let server = lab.server(&format!("{name}.git"));
        project(lab, &server, size);
        let clone = lab.clone(&server, name, &["-n"]);
        for n in 1..=candidates {
            let version = format!("1.{n}.0");
            lab.allclear(&clone, &["cut", "--version", &version, "--yes"]).expect("the cut");
            push(lab, &server, &format!("release-{version}"), "fix", &[n]);
            push(lab, &server, "develop", "feat", &[n + 20]);
        }
        lab.allclear(&clone, &["status"]);
        Self { server, clone }
    }
}

/// A `git` that counts how often it is started.
pub(crate) struct Counter {
    dir: PathBuf,
    list: PathBuf,
}

impl Counter {
    pub(crate) fn new(lab: &Lab, name: &str) -> Self {
        let dir = lab.at(name);
        let list = dir.join("started");
        std::fs::create_dir(&dir).expect("the directory is new");
        let real = lab.run("sh", &["-c", "command -v git"], &dir).expect("finding git");
        let script = format!("#!/bin/sh\necho \"$1\" >> '{}'\nexec {} \"$@\"\n", list.display(), real.trim());
        std::fs::write(dir.join("git"), script).expect("the directory is ours");
        lab.run("chmod", &["+x", "git"], &dir).expect("chmod");
        Self { dir, list }
    }

    /// Counts the processes of what is run with this directory first on the `PATH`.
    pub(crate) fn count(&self, run: impl FnOnce(&Path) -> Ran) -> usize {
        drop(std::fs::remove_file(&self.list));
        let ran = run(&self.dir);
        if !ran.ok {
            println!("  what is counted did not succeed:\n{}{}", ran.out, ran.err);
        }
        std::fs::read_to_string(&self.list).unwrap_or_default().lines().count()
    }
}
