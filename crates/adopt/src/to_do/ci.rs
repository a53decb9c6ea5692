//! The CI files of a repository: for which branches they run, and what to change.

use super::pattern::{Language, between_slashes, examples, expression};
use super::yaml::{Edit, Id, Yaml, apply};
use allclear_core::policy::Branches;
use allclear_core::types::text::{list, short};

/// One place that names stable and not all that allclear makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) what: String,
    /// Whether it looks like a job that publishes what stable has, which is right to name stable alone.
    pub(super) publishes: bool,
    edits: Vec<Edit>,
}

#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) gaps: Vec<Gap>,
    /// The file without those gaps that can be closed by machine.
    pub(super) patched: Option<String>,
}

type Mine = fn(&str) -> bool;
type Reader = fn(&File) -> Vec<Gap>;

const READERS: [(Mine, Reader); 5] = [
    (is_workflow, github),
    (|path| path == ".gitlab-ci.yml", gitlab),
    (|path| path == ".circleci/config.yml", circle),
    (|path| matches!(path, "azure-pipelines.yml" | "azure-pipelines.yaml" | ".azure-pipelines.yml"), azure),
    (|path| path == ".travis.yml", travis),
];

const PUBLISHING: [&str; 11] = [
    "deploy",
    "deploys",
    "deployment",
    "publish",
    "publishing",
    "release",
    "releases",
    "pages",
    "cd",
    "delivery",
    "production",
];

struct File<'a> {
    path: &'a str,
    text: &'a str,
    yaml: Yaml<'a>,
    root: Id,
    names: &'a Branches,
    default: Option<&'a str>,
}

pub(super) fn is_workflow(path: &str) -> bool {
    let name = path.strip_prefix(".github/workflows/").unwrap_or_default();
    !name.contains('/') && is_yaml(name)
}

/// Tells whether a file is YAML by its name; CIs are exact about the case.
pub(super) fn is_yaml(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "yml" | "yaml")))
}

pub(super) fn is_gitlab_part(path: &str) -> bool {
    path.strip_prefix(".gitlab/").is_some_and(|name| !name.contains('/') && is_yaml(name))
}

pub(super) fn is_ci(path: &str) -> bool {
    path == JENKINSFILE || READERS.iter().any(|(mine, _)| mine(path))
}

const JENKINSFILE: &str = "Jenkinsfile";

/// Reads one CI file, or says why it cannot be read. `default` is the server's default branch.
pub(super) fn read(
    path: &str,
    text: &str,
    names: &Branches,
    default: Option<&str>,
) -> Result<Reading, String> {
    if path == JENKINSFILE {
        return Ok(Reading { gaps: jenkins(text, names), patched: None });
    }
    let Some((_, reader)) = READERS.iter().find(|(mine, _)| mine(path)) else {
        return Ok(Reading::default());
    };
    let gaps = |text: &str| -> Result<Vec<Gap>, String> {
        let yaml = Yaml::parse(text)?;
        let Some(root) = yaml.root() else { return Ok(Vec::new()) };
        let file = File { path, text, yaml, root, names, default };
        let gaps = reader(&file);
        if file.yaml.is_tangled() { Err("its aliases are too tangled".into()) } else { Ok(gaps) }
    };
    let found = gaps(text)?;
    let (mine, rest): (Vec<&Gap>, Vec<&Gap>) =
        found.iter().partition(|gap| !gap.publishes && !gap.edits.is_empty());
    let edits: Vec<Edit> = mine.iter().flat_map(|gap| gap.edits.clone()).collect();
    // A patch is believed only when reading its result shows that it closed what it should, and no more.
    let patched = apply(text, edits)
        .filter(|patched| !mine.is_empty() && gaps(patched).is_ok_and(|left| left.len() == rest.len()));
    Ok(Reading { gaps: found, patched })
}

impl File<'_> {
    /// Judges a list of patterns that lets branches in.
    fn only(&self, what: &str, at: Id, language: Language) -> Option<Gap> {
        let patterns = self.yaml.texts(at);
        if !language.means(&patterns, self.names.stable.as_str()) {
            return None;
        }
        let lacking = language.lacking(&patterns, self.names);
        let edits = self.yaml.extend(at, &lacking).unwrap_or_default();
        self.gap(what, at, &lacking, edits)
    }

    /// Judges a list of patterns that keeps branches out. What to take away is for a person to say.
    fn except(&self, what: &str, at: Id, language: Language) -> Option<Gap> {
        let patterns = self.yaml.texts(at);
        if language.means(&patterns, self.names.stable.as_str()) {
            return None;
        }
        let mut kept_out = Vec::new();
        if language.means(&patterns, self.names.develop.as_str()) {
            kept_out.push(self.names.develop.as_str().to_owned());
        }
        if examples(self.names).iter().any(|branch| language.means(&patterns, branch)) {
            kept_out.push(language.candidates(self.names));
        }
        let what = format!("{what} keeps out {}", list(&kept_out));
        (!kept_out.is_empty()).then(|| Gap {
            line: self.yaml.line(at),
            what,
            publishes: false,
            edits: Vec::new(),
        })
    }

    fn gap(&self, what: &str, at: Id, lacking: &[String], edits: Vec<Edit>) -> Option<Gap> {
        let what = format!("{what} has {} and lacks {}", self.names.stable, list(lacking));
        let line = self.yaml.items(at).first().map_or(self.yaml.line(at), |item| self.yaml.line(*item));
        (!lacking.is_empty()).then_some(Gap { line, what, publishes: false, edits })
    }
}

fn publishes(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|w| PUBLISHING.iter().any(|p| w.eq_ignore_ascii_case(p)))
}

fn publishing(gaps: impl IntoIterator<Item = Gap>, publishes: bool) -> Vec<Gap> {
    gaps.into_iter().map(|gap| Gap { publishes, ..gap }).collect()
}

/// GitHub Actions: `on.EVENT.branches` and `branches-ignore`. Without either an event is for all branches.
fn github(file: &File) -> Vec<Gap> {
    const EVENTS: [&str; 3] = ["push", "pull_request", "pull_request_target"];
    let yaml = &file.yaml;
    let name = yaml.get(file.root, "name").and_then(|n| yaml.text(n)).unwrap_or_default();
    let stem = file.path.rsplit('/').next().and_then(|f| f.split('.').next()).unwrap_or_default();
    let gaps = EVENTS.iter().filter_map(|event| {
        let only = yaml.path(file.root, &["on", event, "branches"]);
        let except = yaml.path(file.root, &["on", event, "branches-ignore"]);
        match (only, except) {
            (Some(at), _) => file.only(&format!("on.{event}.branches"), at, Language::GitHub),
            (None, Some(at)) => file.except(&format!("on.{event}.branches-ignore"), at, Language::GitHub),
            (None, None) => None,
        }
    });
    let push = yaml.path(file.root, &["on", "push", "tags"]).is_some();
    let reviews = EVENTS[1..].iter().any(|event| yaml.path(file.root, &["on", event]).is_some());
    let also = push || file.text.lines().any(is_act_of_publishing);
    // What never runs for pull requests, but for tags or to publish, is not a test.
    let publishes = publishes(stem) || publishes(name) || (also && !reviews);
    let warning = if also && !publishes { " (it publishes too)" } else { "" };
    publishing(gaps.map(|gap| Gap { what: gap.what + warning, ..gap }), publishes)
}

fn is_act_of_publishing(line: &str) -> bool {
    const COMMANDS: [&str; 7] = [
        "docker push",
        "npm publish",
        "cargo publish",
        "twine upload",
        "gh release",
        "goreleaser",
        "git push",
    ];
    const ACTIONS: [&str; 5] = ["publish", "deploy", "release", "build-push", "gh-pages"];
    let line = line.trim_start().trim_start_matches("- ").to_ascii_lowercase();
    match line.strip_prefix("uses:") {
        Some(action) => ACTIONS.iter().any(|word| action.contains(word)),
        None => !line.starts_with('#') && COMMANDS.iter().any(|command| line.contains(command)),
    }
}

/// GitLab: `only` and `except` of a job, and `rules` that compare the branch.
fn gitlab(file: &File) -> Vec<Gap> {
    let yaml = &file.yaml;
    let mut gaps = Vec::new();
    for (key, job) in yaml.pairs(file.root) {
        let Some(name) = yaml.text(key) else { continue };
        let word = |key: &str| yaml.get(job, key).and_then(|id| yaml.text(id)).is_some_and(publishes);
        let publishes = publishes(name) || word("stage") || yaml.get(job, "environment").is_some();
        let name = short(name, 40);
        let refs = |key: &str| {
            let at = yaml.get(job, key)?;
            yaml.get(at, "refs").or((!yaml.items(at).is_empty()).then_some(at))
        };
        let all = |at: &Id| yaml.texts(*at).contains(&"branches");
        let only = refs("only").filter(|at| !all(at));
        let only = only.and_then(|at| file.only(&format!("{name}.only"), at, Language::GitLab));
        let except = refs("except");
        let except = except.and_then(|at| file.except(&format!("{name}.except"), at, Language::GitLab));
        gaps.extend(publishing(only.into_iter().chain(except), publishes));
        gaps.extend(publishing(rules(file, &name, job), publishes));
    }
    gaps
}

/// Judges `rules` by what they compare the branch with. A rule that does not ask for the branch lets all in,
/// and what is compared in another manner is not guessed at.
fn rules(file: &File, name: &str, job: Id) -> Option<Gap> {
    let yaml = &file.yaml;
    let rules = yaml.items(yaml.get(job, "rules")?);
    let conditions: Vec<Id> = rules.iter().filter_map(|rule| yaml.get(*rule, "if")).collect();
    let texts: Vec<&str> = conditions.iter().filter_map(|id| yaml.text(*id)).collect();
    let about_branches = |text: &&str| BRANCH_VARIABLES.iter().any(|v| text.contains(v));
    let open = rules.len() > conditions.len() || texts.iter().any(|t| t.contains("!=") || t.contains("!~"));
    let long = texts.iter().any(|text| text.len() > CONDITION);
    if open || long || texts.len() != conditions.len() || !texts.iter().any(about_branches) {
        return None;
    }
    let compared: Vec<String> = texts.iter().flat_map(|t| comparisons(t, file.default)).collect();
    let compared: Vec<&str> = compared.iter().map(String::as_str).collect();
    let stable = |text: &str| {
        let own = comparisons(text, file.default);
        own.iter().any(|p| Language::GitLab.matches(p, file.names.stable.as_str()))
    };
    let at = conditions.into_iter().find(|id| yaml.text(*id).is_some_and(stable))?;
    let lacking = Language::GitLab.lacking(&compared, file.names);
    let text = yaml.text(at).unwrap_or_default();
    let simple = !text.contains("&&") && !text.contains('(');
    let quote = if yaml.quote(at) == "\"" { '\'' } else { '"' };
    let more: String = lacking
        .iter()
        .map(|pattern| match between_slashes(pattern) {
            Some(_) => format!(" || $CI_COMMIT_BRANCH =~ /^{}/", expression(&file.names.candidate.prefix)),
            None => format!(" || $CI_COMMIT_BRANCH == {quote}{pattern}{quote}"),
        })
        .collect();
    // Between double quotes a backslash would mean something else.
    let fits = simple && !(yaml.quote(at) == "\"" && more.contains('\\'));
    let edits = yaml.append(at, &more).filter(|_| fits).into_iter().collect();
    file.gap(&format!("{name}.rules"), at, &lacking, edits)
}

/// The longest condition that is understood, in bytes.
const CONDITION: usize = 2000;
const BRANCH_VARIABLES: [&str; 2] = ["$CI_COMMIT_BRANCH", "$CI_COMMIT_REF_NAME"];

/// Lists what a condition compares the branch with, as patterns.
fn comparisons(condition: &str, default: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    for variable in BRANCH_VARIABLES {
        for rest in condition.split(variable).skip(1) {
            let rest = rest.trim_start();
            if let Some(value) = rest.strip_prefix("==").map(str::trim_start) {
                let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
                match quoted.and_then(|q| value[1..].split(q).next()) {
                    Some(name) => found.push(name.to_owned()),
                    None if value.starts_with("$CI_DEFAULT_BRANCH") => {
                        found.extend(default.map(str::to_owned));
                    }
                    None => {}
                }
            } else if let Some(value) = rest.strip_prefix("=~").map(str::trim_start) {
                let end =
                    value.char_indices().skip(1).find(|(at, c)| *c == '/' && !value[..*at].ends_with('\\'));
                if let Some((end, _)) = end {
                    let flag = if value[end + 1..].starts_with('i') { "i" } else { "" };
                    found.push(format!("{}{flag}", &value[..=end]));
                }
            } else {
                // The branch alone: any branch will do.
                found.push("/.*/".into());
            }
        }
    }
    found
}

/// CircleCI: `workflows.NAME.jobs[].JOB.filters.branches`.
fn circle(file: &File) -> Vec<Gap> {
    let yaml = &file.yaml;
    let mut gaps = Vec::new();
    let Some(workflows) = yaml.get(file.root, "workflows") else { return gaps };
    for (_, workflow) in yaml.pairs(workflows) {
        let Some(jobs) = yaml.get(workflow, "jobs") else { continue };
        for (key, job) in yaml.items(jobs).into_iter().flat_map(|item| yaml.pairs(item)) {
            let name = yaml.text(key).unwrap_or_default();
            let Some(branches) = yaml.path(job, &["filters", "branches"]) else { continue };
            let only = yaml.get(branches, "only");
            let only =
                only.and_then(|at| file.only(&format!("{}.only", short(name, 40)), at, Language::Circle));
            let except = yaml.get(branches, "ignore");
            let except = except
                .and_then(|at| file.except(&format!("{}.ignore", short(name, 40)), at, Language::Circle));
            gaps.extend(publishing(only.into_iter().chain(except), publishes(name)));
        }
    }
    gaps
}

/// Azure Pipelines: `trigger` and `pr`, as a list or with `branches.include` and `exclude`.
fn azure(file: &File) -> Vec<Gap> {
    let yaml = &file.yaml;
    let each = ["trigger", "pr"].iter().flat_map(|key| {
        let Some(at) = yaml.get(file.root, key) else { return [None, None] };
        let include = yaml.path(at, &["branches", "include"]).or((!yaml.items(at).is_empty()).then_some(at));
        let include = include.and_then(|at| file.only(key, at, Language::Azure));
        let exclude = yaml.path(at, &["branches", "exclude"]);
        let exclude = exclude.and_then(|at| file.except(&format!("{key}.exclude"), at, Language::Azure));
        [include, exclude]
    });
    each.flatten().collect()
}

/// Travis CI: `branches.only` and `branches.except`; `only` wins.
fn travis(file: &File) -> Vec<Gap> {
    let only = file.yaml.path(file.root, &["branches", "only"]);
    let except = file.yaml.path(file.root, &["branches", "except"]);
    let gap = match (only, except) {
        (Some(at), _) => file.only("branches.only", at, Language::Travis),
        (None, Some(at)) => file.except("branches.except", at, Language::Travis),
        (None, None) => None,
    };
    gap.into_iter().collect()
}

/// Jenkins: a program, and so read as words alone. A file that says develop anywhere has thought of it.
fn jenkins(text: &str, names: &Branches) -> Vec<Gap> {
    let quoted =
        |line: &str, name: &str| line.contains(&format!("'{name}'")) || line.contains(&format!("\"{name}\""));
    if text.contains(names.develop.as_str()) {
        return Vec::new();
    }
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("branch") && quoted(line, names.stable.as_str()));
    lines
        .map(|(n, _)| Gap {
            line: n + 1,
            what: format!("branch names {} alone", names.stable),
            publishes: false,
            edits: Vec::new(),
        })
        .take(20)
        .collect()
}
