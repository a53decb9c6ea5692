//! Where the bots that update dependencies send their pull requests.

use super::yaml::{Edit, LIMIT, Yaml, apply};
use allclear_core::types::text::{plain, short};
use serde_json::Value;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Line (counted from 1) and branch of each target that is not develop.
    pub(super) wrong: Vec<(usize, String)>,
    /// The file with develop as its target, where a machine can write that.
    pub(super) patched: Option<String>,
}

pub(super) fn is_dependabot(path: &str) -> bool {
    matches!(path, ".github/dependabot.yml" | ".github/dependabot.yaml")
}

pub(super) fn is_renovate(path: &str) -> bool {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    match dir {
        "" => matches!(
            name,
            "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json" | ".renovaterc.json5"
        ),
        ".github" | ".gitlab" => matches!(name, "renovate.json" | "renovate.json5"),
        _ => false,
    }
}

/// Reads Dependabot's file: each update's `target-branch`, which is the default branch where absent.
pub(super) fn dependabot(text: &str, develop: &str, default: Option<&str>) -> Result<Reading, String> {
    let mut edits: Vec<Option<Edit>> = Vec::new();
    let wrong = targets(text, develop, default, &mut edits)?;
    let count = edits.len();
    let edits: Vec<Edit> = edits.into_iter().flatten().collect();
    let whole = count > 0 && edits.len() == count;
    let patched = apply(text, edits).filter(|patched| {
        whole && targets(patched, develop, default, &mut Vec::new()).is_ok_and(|left| left.is_empty())
    });
    Ok(Reading { wrong, patched })
}

fn targets(
    text: &str,
    develop: &str,
    default: Option<&str>,
    edits: &mut Vec<Option<Edit>>,
) -> Result<Vec<(usize, String)>, String> {
    let yaml = Yaml::parse(text)?;
    let updates = yaml.root().and_then(|root| yaml.get(root, "updates"));
    let mut wrong = Vec::new();
    for update in updates.map(|at| yaml.items(at)).unwrap_or_default() {
        let target = yaml.get(update, "target-branch");
        let named = match target {
            Some(at) => yaml.text(at),
            None => default,
        };
        if named == Some(develop) {
            continue;
        }
        wrong.push((
            yaml.line(target.unwrap_or(update)),
            named.map_or_else(|| "the default branch".into(), |n| short(n, 60)),
        ));
        edits.push(match target {
            Some(at) => yaml.replace(at, develop),
            None => yaml.add_key(update, "target-branch", develop),
        });
    }
    if yaml.is_tangled() { Err("its aliases are too tangled".into()) } else { Ok(wrong) }
}

/// Reads Renovate's file: `baseBranchPatterns`, once `baseBranches`; the default branch where absent.
pub(super) fn renovate(text: &str, develop: &str, default: Option<&str>) -> Result<Reading, String> {
    const KEYS: [&str; 2] = ["baseBranchPatterns", "baseBranches"];
    if text.len() > LIMIT {
        return Err(format!("it is larger than {} KiB", LIMIT / 1024));
    }
    let key = KEYS.iter().find_map(|key| Some((*key, text.find(key)?)));
    let line = key.map_or(1, |(_, at)| text[..at].matches('\n').count() + 1);
    let named = match serde_json::from_str::<Value>(text) {
        Ok(value) => KEYS.iter().find_map(|key| strings(value.get(key)?)),
        // JSON with comments and the like is read as words alone.
        Err(_) => key.map(|(key, at)| quoted(&text[at + key.len()..])),
    };
    let means = |pattern: &str| super::pattern::Language::GitLab.matches(pattern, develop);
    let wrong = match named.filter(|names| !names.is_empty()) {
        Some(names) if names.iter().any(|n| means(n)) => None,
        Some(names) => Some(names.iter().map(|n| short(n, 60)).collect::<Vec<_>>().join(", ")),
        None if default == Some(develop) => None,
        None => Some(default.map_or_else(|| "the default branch".into(), plain)),
    };
    Ok(Reading { wrong: wrong.map(|branch| (line, branch)).into_iter().collect(), patched: None })
}

fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => Some(items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect()),
        Value::String(one) => Some(vec![one.clone()]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Lists what stands in quotes in the list that comes next.
fn quoted(text: &str) -> Vec<String> {
    let inner = text.split_once('[').and_then(|(_, rest)| rest.split(']').next()).unwrap_or_default();
    let quote = |c: char| matches!(c, '"' | '\'');
    inner.split(quote).skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependabot_targets_are_read_and_set() {
        let text = "version: 2\nupdates:\n  - package-ecosystem: gomod\n    directory: /\n  - package-ecosystem: \"npm\"\n    target-branch: master # hm\n";
        let read = dependabot(text, "develop", Some("master")).unwrap();
        assert_eq!(read.wrong, [(3, "master".into()), (6, "master".into())]);
        assert_eq!(
            read.patched.unwrap(),
            "version: 2\nupdates:\n  - package-ecosystem: gomod\n    target-branch: \"develop\"\n    directory: /\n  - package-ecosystem: \"npm\"\n    target-branch: develop # hm\n"
        );
        let half = dependabot(text, "develop", Some("develop")).unwrap();
        assert_eq!(half.wrong.len(), 1);
        assert!(dependabot("updates: nothing", "develop", None).unwrap().wrong.len() <= 1);
        assert!(dependabot("a: [", "develop", None).is_err());
    }

    #[test]
    fn renovate_is_read_as_json_and_as_words() {
        let table = [
            (r#"{"extends": ["config:base"]}"#, Some("master"), 1),
            (r#"{"extends": ["config:base"]}"#, Some("develop"), 0),
            (r#"{"baseBranches": ["master"]}"#, Some("develop"), 1),
            (r#"{"baseBranchPatterns": ["/^dev.*/"]}"#, Some("master"), 0),
            ("// five\n{baseBranches: ['develop', 'next'],}", Some("master"), 0),
            ("// five\n{baseBranches: ['master'],}", Some("develop"), 1),
            ("{", None, 1),
        ];
        for (text, default, wrong) in table {
            assert_eq!(renovate(text, "develop", default).unwrap().wrong.len(), wrong, "{text}");
        }
        let found = renovate("{\n \"baseBranches\": [\"master\"]\n}", "develop", None).unwrap();
        assert_eq!(found.wrong, [(2, "master".into())]);
    }
}
