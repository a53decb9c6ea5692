//! The items of the list, one function each.

use super::ci::is_gitlab_part;
use super::model::{File, PolicyState, Seen, Standing, Todo};
use super::patch::patches;
use super::server::Server;
use super::{bots, ci, scheduler};
use allclear_core::policy::{Branches, Mode};
use allclear_core::types::text::{count, plain, short};

/// The key of the item that is about what runs `allclear tick`.
pub const SCHEDULER: &str = "scheduler";

fn item(key: &'static str, done: bool, title: impl Into<String>) -> Todo {
    Todo { key, done, title: title.into(), detail: Vec::new(), remedy: Vec::new() }
}

impl Todo {
    fn at(mut self, detail: impl IntoIterator<Item = String>) -> Self {
        self.detail.extend(detail);
        self
    }

    fn by<S: Into<String>>(mut self, remedy: impl IntoIterator<Item = S>) -> Self {
        self.remedy.extend(remedy.into_iter().map(Into::into));
        self
    }
}

pub(super) fn policy(seen: &Seen) -> Todo {
    const KEY: &str = "policy";
    let develop = &seen.names.develop;
    match seen.policy {
        PolicyState::Read { preset, .. } => {
            item(KEY, true, format!("allclear.toml is on {develop}, {}", plain(preset)))
        }
        PolicyState::Wrong(n) => {
            item(KEY, false, format!("allclear.toml on {develop} has {}", count(n, "mistake")))
                .by(["allclear policy check"])
        }
        PolicyState::Absent => item(KEY, false, format!("allclear.toml is not on {develop}"))
            .by([format!("read allclear.toml as allclear init wrote it, commit it to {develop} and push")]),
    }
}

pub(super) fn develop_contains_stable(seen: &Seen) -> Todo {
    const KEY: &str = "develop-contains-stable";
    let Branches { stable, develop, .. } = seen.names;
    match seen.standing {
        Standing::Contains => item(KEY, true, format!("{develop} contains {stable}")),
        Standing::NoStable => item(KEY, false, format!("there is no {stable} on the server"))
            .by(["name the branch that is stable: branches.stable in allclear.toml"]),
        Standing::NoDevelop => item(KEY, false, format!("there is no {develop} on the server"))
            .by(["allclear init --create-develop --yes"]),
        Standing::Behind => item(KEY, false, format!("{develop} lacks commits of {stable}")).by([
            "git fetch origin".to_owned(),
            format!(
                "git checkout {develop} && git merge --ff-only origin/{develop} && git merge origin/{stable}"
            ),
            format!("git push origin {develop}"),
        ]),
    }
}

pub(super) fn default_branch(seen: &Seen) -> Todo {
    const KEY: &str = "default-branch";
    let develop = seen.names.develop.as_str();
    let title = match seen.default {
        Some(name) if name == develop => {
            return item(KEY, true, format!("pull requests go to {develop}, the default branch"));
        }
        Some(name) => {
            format!("pull requests go to {}, the default branch; it should be {develop}", short(name, 60))
        }
        None => "the server names no default branch".into(),
    };
    item(KEY, false, title).by([seen.server.set_default(develop)])
}

const PATCH: &str = "allclear init --patch-ci shows the patch, and with --yes applies it";

fn is_patched(seen: &Seen, mine: fn(&str) -> bool) -> bool {
    patches(seen).iter().any(|patch| mine(&patch.path))
}

pub(super) fn ci_branches(seen: &Seen) -> Todo {
    const KEY: &str = "ci-branches";
    let (mut places, mut left_alone, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let mut files = 0;
    for file in seen.files.iter().filter(|f| ci::is_ci(&f.path)) {
        files += 1;
        let path = plain(&file.path);
        let text = match &file.text {
            Ok(text) => text,
            Err(why) => {
                unreadable.push(format!("{path} cannot be read: {why}"));
                continue;
            }
        };
        match ci::read(&file.path, text, seen.names, seen.default) {
            Ok(read) => {
                for gap in read.gaps {
                    let place = format!("{path}:{} {}", gap.line, gap.what);
                    if gap.publishes {
                        left_alone.push(format!("{place}; right for a job that publishes"));
                    } else {
                        places.push(place);
                    }
                }
            }
            Err(why) => unreadable.push(format!("{path} cannot be read: {why}")),
        }
    }
    let Branches { stable, develop, candidate } = seen.names;
    let done = places.is_empty() && unreadable.is_empty();
    let title = match (files, done) {
        (0, _) => "there is no CI file that allclear reads".to_owned(),
        (_, true) => {
            format!("CI tests {develop} and {}* as it tests {stable}", candidate.prefix)
        }
        (_, false) if places.is_empty() => {
            format!("{} of CI cannot be read", count(unreadable.len(), "file"))
        }
        (_, false) => {
            format!("CI lacks {develop} or {}* in {}", candidate.prefix, count(places.len(), "place"))
        }
    };
    let mut todo = item(KEY, done, title);
    if !places.is_empty() {
        todo = todo.by(if is_patched(seen, ci::is_ci) {
            [PATCH.to_owned()]
        } else {
            [format!("name {develop} and {}* beside {stable} by hand", candidate.prefix)]
        });
    }
    if !unreadable.is_empty() {
        todo = todo.by(["see by hand for which branches the files that cannot be read run"]);
    }
    todo.at(places).at(unreadable).at(left_alone)
}

pub(super) fn dependabot(seen: &Seen) -> Option<Todo> {
    let read = |text: &str| bots::dependabot(text, seen.names.develop.as_str(), seen.default);
    bot(seen, "dependabot", "Dependabot", bots::is_dependabot, read, || {
        if is_patched(seen, bots::is_dependabot) {
            PATCH.to_owned()
        } else {
            format!("set target-branch: \"{}\" in each of its updates", seen.names.develop)
        }
    })
}

pub(super) fn renovate(seen: &Seen) -> Option<Todo> {
    let read = |text: &str| bots::renovate(text, seen.names.develop.as_str(), seen.default);
    bot(seen, "renovate", "Renovate", bots::is_renovate, read, || {
        format!("set \"baseBranchPatterns\": [\"{}\"]", seen.names.develop)
    })
}

fn bot(
    seen: &Seen,
    key: &'static str,
    name: &str,
    mine: fn(&str) -> bool,
    read: impl Fn(&str) -> Result<bots::Reading, String>,
    remedy: impl Fn() -> String,
) -> Option<Todo> {
    let develop = &seen.names.develop;
    // A bot reads one file, the first that it finds.
    let file = seen.files.iter().find(|f| mine(&f.path))?;
    let path = plain(&file.path);
    let unreadable = |why: &str| {
        item(key, false, format!("{name}'s file cannot be read"))
            .at([format!("{path} cannot be read: {why}")])
            .by([remedy()])
    };
    let text = match &file.text {
        Ok(text) => text,
        Err(why) => return Some(unreadable(why)),
    };
    Some(match read(text) {
        Err(why) => unreadable(&why),
        Ok(found) if found.wrong.is_empty() => {
            item(key, true, format!("{name} sends its pull requests to {develop}"))
        }
        Ok(found) => item(key, false, format!("{name} sends pull requests elsewhere than to {develop}"))
            .at(found.wrong.iter().map(|(line, branch)| format!("{path}:{line} to {branch}")))
            .by([remedy()]),
    })
}

pub(super) fn push_rights(seen: &Seen) -> Todo {
    const KEY: &str = "push-rights";
    let Branches { stable, develop, candidate } = seen.names;
    let recorded = &seen.recorded;
    let remedy = seen.server.push_rights(stable.as_str());
    if let Some(said) = &recorded.refused {
        item(KEY, false, "a rule of the server refused the last promotion").at([short(said, 200)]).by(remedy)
    } else if recorded.released {
        item(KEY, true, "allclear may push: a release is on record")
    } else if recorded.begun && !seen.server.has_rules() {
        item(KEY, true, "allclear may push: the record was written, and a plain server has one right for all")
    } else {
        let title = if recorded.begun {
            format!("whether allclear may push to {stable} will show at the first release")
        } else {
            "whether allclear may push will show when the record starts".into()
        };
        item(KEY, false, title)
            .at([format!(
                "the one that runs it pushes {stable}, {develop}, {}*, tags and refs/allclear/*",
                candidate.prefix
            )])
            .by(remedy)
    }
}

pub(super) fn a_scheduler(seen: &Seen) -> Todo {
    const KEY: &str = SCHEDULER;
    let main = seen.files.iter().find(|f| f.path == ".gitlab-ci.yml").and_then(|f| f.text.as_deref().ok());
    let included = |path: &str| is_gitlab_part(path) && main.is_some_and(|text| text.contains(path));
    let ticks = |file: &&File| file.text.as_ref().is_ok_and(|text| scheduler::ticks(text));
    let file = seen.files.iter().filter(|f| ci::is_ci(&f.path) || included(&f.path)).find(ticks);
    match file {
        Some(file) => item(KEY, true, format!("{} runs allclear tick", plain(&file.path))),
        None if seen.recorded.machine => item(KEY, true, "a scheduled job wrote to the record recently"),
        None => item(KEY, false, "nothing seems to run allclear tick").by(match seen.server {
            Server::GitHub(_) => vec!["allclear init --ci github"],
            Server::GitLab(_) => vec!["allclear init --ci gitlab"],
            Server::Path(_) | Server::Other => {
                vec!["allclear init --ci cron", "allclear init --ci github", "allclear init --ci gitlab"]
            }
        }),
    }
}

pub(super) fn observe(seen: &Seen) -> Todo {
    const KEY: &str = "observe";
    let develop = &seen.names.develop;
    match seen.policy {
        PolicyState::Read { mode: Mode::Run, .. } if seen.recorded.begun => item(KEY, true, "the train runs"),
        PolicyState::Read { mode: Mode::Run, .. } => {
            item(KEY, false, "the train may run, but its record is not started")
                .by(["allclear init --yes", "allclear cut"])
        }
        PolicyState::Read { mode: Mode::Observe, .. } => {
            item(KEY, false, "allclear only observes").by([format!(
                "set mode = \"run\" in allclear.toml on {develop} when the team trusts what allclear status says"
            )])
        }
        PolicyState::Absent | PolicyState::Wrong(_) => {
            item(KEY, false, "allclear begins as an observer, and changes nothing")
                .by([format!("once all else is done, set mode = \"run\" in allclear.toml on {develop}")])
        }
    }
}
