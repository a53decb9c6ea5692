//! Adoption: one list of what is left to do until the train runs. Read from texts and refs alone, at any time
//! and any number of times; an item is done when it is seen to be so, and never because somebody said so.

mod bots;
mod ci;
mod home;
mod pattern;
pub mod scheduler;
mod yaml;

#[cfg(test)]
mod tests;

pub use home::Home;

use crate::Branch;
use crate::policy::{Branches, Mode};
use crate::port::Refs;
use crate::text::{count, plain, short};
use crate::version::CandidateFormat;
use serde::Serialize;
use similar::TextDiff;

/// The largest file of these that is read, in bytes.
pub const FILE_LIMIT: u64 = yaml::LIMIT as u64;

/// What `git ls-tree` is asked for: everything that an item is read from.
pub const PLACES: &[&str] = &[
    ".github/",
    ".github/workflows/",
    ".gitlab/",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".azure-pipelines.yml",
    ".travis.yml",
    "Jenkinsfile",
    "renovate.json",
    "renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
];

/// The key of the item that is about what runs `allclear tick`.
pub const SCHEDULER: &str = "scheduler";

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// A word that stays the same: `policy`, `ci-branches`.
    pub key: &'static str,
    /// Whether it is seen to be done.
    pub done: bool,
    /// How it is, in half a sentence.
    pub title: String,
    /// Where, `file:line` first.
    pub detail: Vec<String>,
    /// What to do: commands where there are any.
    pub remedy: Vec<String>,
}

/// One file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path from the top.
    pub path: String,
    /// What is in it, or why that cannot be read.
    pub text: Result<String, &'static str>,
}

/// The policy on develop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState<'a> {
    /// There is none.
    Absent,
    /// It has so many mistakes.
    Wrong(usize),
    /// It reads well.
    Read {
        /// Its preset.
        preset: &'a str,
        /// Its mode.
        mode: Mode,
    },
}

/// How the two long-lived branches stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no stable.
    NoStable,
    /// There is no develop.
    NoDevelop,
    /// Develop lacks commits of stable.
    Behind,
    /// Develop contains stable.
    Contains,
}

/// What the record tells of who may push, and of what runs allclear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Whether there is a record.
    pub begun: bool,
    /// Whether a release is on it.
    pub released: bool,
    /// What a rule of the server said when it refused the last promotion.
    pub refused: Option<String>,
    /// Whether a scheduled job wrote an entry of late.
    pub machine: bool,
}

/// Everything that the list is made from.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// The branches.
    pub names: &'a Branches,
    /// The server.
    pub home: Home,
    /// The policy on develop.
    pub policy: PolicyState<'a>,
    /// How develop and stable stand.
    pub standing: Standing,
    /// The server's default branch; `None` where it names none.
    pub default: Option<&'a str>,
    /// The files of develop, or of stable where there is no develop.
    pub files: &'a [File],
    /// What the record tells.
    pub traces: Traces,
}

/// A file as it is and as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The file's path from the top.
    pub path: String,
    /// Its text on the server.
    pub before: String,
    /// Its text with the patch.
    pub after: String,
}

/// Tells whether an item is read from this file.
pub fn wants(path: &str) -> bool {
    ci::is_ci(path) || bots::is_dependabot(path) || bots::is_renovate(path) || is_gitlab_part(path)
}

fn is_gitlab_part(path: &str) -> bool {
    path.strip_prefix(".gitlab/").is_some_and(|name| !name.contains('/') && name.ends_with(".yml"))
}

/// Finds out the branches of a repository that has no policy yet, by their usual names.
pub fn names(refs: &Refs) -> Branches {
    let find = |names: [&str; 4]| {
        let branches = names.into_iter().filter_map(|name| Branch::parse(name).ok());
        branches.into_iter().find(|branch| refs.get(&branch.to_ref()).is_some())
    };
    let or = |found: Option<Branch>, name: &str| {
        found.unwrap_or_else(|| Branch::parse(name).expect("this is a name of a branch"))
    };
    Branches {
        stable: or(find(["master", "main", "trunk", "stable"]), "master"),
        develop: or(find(["develop", "dev", "development", "next"]), "develop"),
        candidate: CandidateFormat { prefix: "release-".into() },
    }
}

/// Makes the list, in the order in which the items are best done.
pub fn todo(seen: &Seen) -> Vec<Todo> {
    const ITEMS: [fn(&Seen) -> Option<Todo>; 9] = [
        policy,
        develop_contains_stable,
        default_branch,
        ci_branches,
        dependabot,
        renovate,
        push_rights,
        a_scheduler,
        observe,
    ];
    ITEMS.iter().filter_map(|item| item(seen)).collect()
}

/// Gives the patches for the files that name stable and not all that allclear makes.
pub fn patches(seen: &Seen) -> Vec<Patch> {
    let develop = seen.names.develop.as_str();
    let patch = |file: &File| {
        let before = file.text.as_ref().ok().filter(|text| is_plain(text))?;
        let after = if bots::is_dependabot(&file.path) {
            bots::dependabot(before, develop, seen.default).ok()?.patched
        } else {
            ci::read(&file.path, before, seen.names, seen.default).ok()?.patched
        };
        Some(Patch { path: file.path.clone(), before: before.clone(), after: after? })
    };
    seen.files.iter().filter(|file| is_plain(&file.path)).filter_map(patch).collect()
}

/// Writes the difference between two texts as `git apply` reads it; `None` before stands for no file.
pub fn diff(path: &str, before: Option<&str>, after: &str) -> String {
    let old = before.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{path}"));
    let new = format!("b/{path}");
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after);
    let mode = if before.is_none() { "new file mode 100644\n" } else { "" };
    format!("diff --git a/{path} {new}\n{mode}{}", diff.unified_diff().header(&old, &new))
}

/// Tells whether a text can be shown as it is: it steers no terminal and hides nothing.
fn is_plain(text: &str) -> bool {
    let lines = text.split_inclusive('\n').map(|line| {
        line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line).replace('\t', " ")
    });
    let mut buffer = [0; 4];
    lines.into_iter().all(|line| {
        line.chars().all(|c| {
            let one: &str = c.encode_utf8(&mut buffer);
            c == ' ' || c.is_ascii_graphic() || plain(one) == one
        })
    })
}

/// Puts a path between quotes for a shell, where it needs them.
fn quoted(path: &str) -> String {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    if path.bytes().all(fine) { path.to_owned() } else { format!("'{}'", plain(path).replace('\'', "'\\''")) }
}

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

fn policy(seen: &Seen) -> Option<Todo> {
    const KEY: &str = "policy";
    let develop = &seen.names.develop;
    Some(match seen.policy {
        PolicyState::Read { preset, .. } => {
            item(KEY, true, format!("allclear.toml is on {develop}, {}", plain(preset)))
        }
        PolicyState::Wrong(n) => {
            item(KEY, false, format!("allclear.toml on {develop} has {}", count(n, "mistake")))
                .by(["allclear policy check"])
        }
        PolicyState::Absent => item(KEY, false, format!("allclear.toml is not on {develop}"))
            .by([format!("read allclear.toml as allclear init wrote it, commit it to {develop} and push")]),
    })
}

fn develop_contains_stable(seen: &Seen) -> Option<Todo> {
    const KEY: &str = "develop-contains-stable";
    let Branches { stable, develop, .. } = seen.names;
    Some(match seen.standing {
        Standing::Contains => item(KEY, true, format!("{develop} contains {stable}")),
        Standing::NoStable => item(KEY, false, format!("there is no {stable} on the server"))
            .by(["name the branch that is stable: branches.stable in allclear.toml"]),
        Standing::NoDevelop => item(KEY, false, format!("there is no {develop} on the server"))
            .by(["allclear init --create-develop --yes"]),
        Standing::Behind => item(KEY, false, format!("{develop} lacks commits of {stable}")).by([
            "git fetch origin".to_owned(),
            format!("git checkout {develop} && git merge origin/{develop} origin/{stable}"),
            format!("git push origin {develop}"),
        ]),
    })
}

fn default_branch(seen: &Seen) -> Option<Todo> {
    const KEY: &str = "default-branch";
    let develop = seen.names.develop.as_str();
    let title = match seen.default {
        Some(name) if name == develop => {
            return Some(item(KEY, true, format!("pull requests go to {develop}, the default branch")));
        }
        Some(name) => {
            format!("pull requests go to {}, the default branch; it should be {develop}", short(name, 60))
        }
        None => "the server names no default branch".into(),
    };
    Some(item(KEY, false, title).by([seen.home.set_default(develop)]))
}

fn ci_branches(seen: &Seen) -> Option<Todo> {
    const KEY: &str = "ci-branches";
    let (mut places, mut left_alone, mut odd) = (Vec::new(), Vec::new(), Vec::new());
    let (mut files, mut patch) = (0, false);
    for file in seen.files.iter().filter(|f| ci::is_ci(&f.path)) {
        files += 1;
        let path = plain(&file.path);
        let text = match &file.text {
            Ok(text) => text,
            Err(why) => {
                odd.push(format!("{path} cannot be read: {why}"));
                continue;
            }
        };
        match ci::read(&file.path, text, seen.names, seen.default) {
            Ok(read) => {
                patch |= read.patched.is_some() && is_plain(text);
                for gap in read.gaps {
                    let place = format!("{path}:{} {}", gap.line, gap.what);
                    if gap.publishes {
                        left_alone.push(format!("{place}; right for a job that publishes"));
                    } else {
                        places.push(place);
                    }
                }
            }
            Err(why) => odd.push(format!("{path} cannot be read: {why}")),
        }
    }
    let Branches { develop, candidate, .. } = seen.names;
    let done = places.is_empty() && odd.is_empty();
    let title = match (files, done) {
        (0, _) => "no CI file names branches".to_owned(),
        (_, true) => format!("CI runs on {develop} and {}*", candidate.prefix),
        (_, false) if places.is_empty() => format!("{} of CI cannot be read", count(odd.len(), "file")),
        (_, false) => {
            format!("CI lacks {develop} or {}* in {}", candidate.prefix, count(places.len(), "place"))
        }
    };
    let mut todo = item(KEY, done, title);
    if !places.is_empty() {
        todo = todo.by(if patch {
            vec!["allclear init --patch-ci | git apply".to_owned()]
        } else {
            vec![format!("name {develop} and {}* beside {} by hand", candidate.prefix, seen.names.stable)]
        });
    }
    if !odd.is_empty() {
        todo = todo.by(["see by hand for which branches the files that cannot be read run"]);
    }
    Some(todo.at(places).at(odd).at(left_alone))
}

fn dependabot(seen: &Seen) -> Option<Todo> {
    let read = |text: &str| bots::dependabot(text, seen.names.develop.as_str(), seen.default);
    bot(seen, "dependabot", "Dependabot", bots::is_dependabot, read, |patched| {
        if patched {
            "allclear init --patch-ci | git apply".to_owned()
        } else {
            format!("set target-branch: \"{}\" in each of its updates", seen.names.develop)
        }
    })
}

fn renovate(seen: &Seen) -> Option<Todo> {
    let read = |text: &str| bots::renovate(text, seen.names.develop.as_str(), seen.default);
    bot(seen, "renovate", "Renovate", bots::is_renovate, read, |_| {
        format!("set \"baseBranchPatterns\": [\"{}\"]", seen.names.develop)
    })
}

fn bot(
    seen: &Seen,
    key: &'static str,
    name: &str,
    mine: fn(&str) -> bool,
    read: impl Fn(&str) -> Result<bots::Reading, String>,
    remedy: impl Fn(bool) -> String,
) -> Option<Todo> {
    let develop = &seen.names.develop;
    // A bot reads one file, the first that it finds.
    let file = seen.files.iter().find(|f| mine(&f.path))?;
    let path = plain(&file.path);
    let unreadable = |why: &str| {
        item(key, false, format!("{name}'s file cannot be read"))
            .at([format!("{path} cannot be read: {why}")])
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
            .by([remedy(found.patched.is_some() && is_plain(text))]),
    })
}

fn push_rights(seen: &Seen) -> Option<Todo> {
    const KEY: &str = "push-rights";
    let Branches { stable, develop, candidate } = seen.names;
    let traces = &seen.traces;
    let remedy = seen.home.push_rights(stable.as_str());
    Some(if let Some(said) = &traces.refused {
        item(KEY, false, "a rule of the server refused the last promotion").at([short(said, 200)]).by(remedy)
    } else if traces.released {
        item(KEY, true, "allclear may push: a release is on record")
    } else if traces.begun && !seen.home.has_rules() {
        item(KEY, true, "allclear may push: the record was written, and a plain server has one right for all")
    } else {
        let title = if traces.begun {
            format!("whether allclear may push to {stable} shows at the first release")
        } else {
            "whether allclear may push is not known: it has not written anything yet".into()
        };
        item(KEY, false, title)
            .at([format!(
                "the one that runs it pushes {stable}, {develop}, {}*, tags and refs/allclear/*",
                candidate.prefix
            )])
            .by(remedy)
    })
}

fn a_scheduler(seen: &Seen) -> Option<Todo> {
    const KEY: &str = SCHEDULER;
    let main = seen.files.iter().find(|f| f.path == ".gitlab-ci.yml").and_then(|f| f.text.as_deref().ok());
    let included = |path: &str| is_gitlab_part(path) && main.is_some_and(|text| text.contains(path));
    let ticks = |file: &&File| file.text.as_ref().is_ok_and(|text| scheduler::ticks(text));
    let file = seen.files.iter().filter(|f| ci::is_ci(&f.path) || included(&f.path)).find(ticks);
    Some(match file {
        Some(file) => item(KEY, true, format!("{} runs allclear tick", plain(&file.path))),
        None if seen.traces.machine => item(KEY, true, "a scheduled job wrote to the record of late"),
        None => item(KEY, false, "nothing is seen to run allclear tick").by(match seen.home {
            Home::GitHub(_) => vec!["allclear init --ci github"],
            Home::GitLab(_) => vec!["allclear init --ci gitlab"],
            Home::Path(_) | Home::Other => {
                vec!["allclear init --ci cron", "allclear init --ci github", "allclear init --ci gitlab"]
            }
        }),
    })
}

fn observe(seen: &Seen) -> Option<Todo> {
    const KEY: &str = "observe";
    let develop = &seen.names.develop;
    Some(match seen.policy {
        PolicyState::Read { mode: Mode::Run, .. } if seen.traces.begun => item(KEY, true, "the train runs"),
        PolicyState::Read { mode: Mode::Run, .. } => {
            item(KEY, false, "the train may run, and its record is not begun")
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
    })
}
