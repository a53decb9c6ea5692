//! The lists of the policy file: version files, checks, freezes, kinds of fixes.

use super::value::{Given, Layer, Parsed, field};
use super::words::Moment;
use crate::ecosystem::version_file::{VersionFile, manifests};
use crate::policy::model::{Freeze, Stops};
use crate::types::gate::Gate;
use crate::types::text::short;
use jiff::tz::TimeZone;

pub(super) fn version_files(given: &Given<'_>) -> Parsed<Vec<VersionFile>> {
    given.list_by(
        |item| item.item(version_file),
        |file| {
            Some(
                [Some(file.path.as_str()), file.pattern.as_deref()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(": "),
            )
        },
    )
}

fn version_file(layer: &Layer<'_>) -> Parsed<VersionFile> {
    let mut wrong = Vec::new();
    let path = field(layer, "path", &mut wrong, |given| given.form(repository_path));
    let pattern = field(layer, "pattern", &mut wrong, |given| given.form(version_pattern));
    match (path, layer.contains_key("pattern"), wrong.is_empty()) {
        (Some(path), true, true) => Ok(VersionFile { path, pattern }),
        (Some(path), false, true) => {
            let name = path.rsplit('/').next().unwrap_or_default();
            if manifests().any(|known| known == name) {
                return Ok(VersionFile { path, pattern });
            }
            let path = short(&path, 60);
            let mistake = layer.get("path").map(|given| {
                given.mistake(format!("allclear does not know where `{path}` has its version")).help(format!(
                    "write {{ path = \"{path}\", pattern = 'const Version = \"{{version}}\"' }}; only {} need no pattern",
                    crate::types::text::list(&manifests().collect::<Vec<_>>())
                ))
            });
            Err(mistake.into_iter().collect())
        }
        (Some(_), _, false) | (None, _, _) => Err(wrong),
    }
}

pub(super) fn repository_path(text: &str) -> Result<String, String> {
    let shown = short(text, 60);
    if text.is_empty() || text.len() > 400 || crate::types::text::plain(text) != text {
        Err(format!("`{shown}` is not the path of a file"))
    } else if text.contains('\\') {
        Err(format!("`{shown}`: write paths with / between folders"))
    } else if text.starts_with('/') || text.contains(':') {
        Err(format!("`{shown}`: paths begin at the root of the repository, without / before them"))
    } else if text.split('/').any(|part| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git"))
    {
        Err(format!("`{shown}`: no part of a path may be empty, `.`, `..` or `.git`"))
    } else {
        Ok(text.to_owned())
    }
}

/// Reads a line with the version in it.
fn version_pattern(text: &str) -> Result<String, String> {
    if text.matches("{version}").count() != 1 {
        Err(format!("`{}` must have {{version}} in it exactly once", short(text, 60)))
    } else if text.contains(['\n', '\r']) || text.len() > 400 {
        Err("a pattern is one line of at most 400 bytes".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn people(given: &Given<'_>) -> Parsed<Vec<String>> {
    given.list_by(|item| item.line(200), |who| Some(who.to_lowercase()))
}

/// Tells whether more people are meant; an empty list is everybody.
pub(in crate::policy) fn are_more(old: &[String], new: &[String]) -> bool {
    !old.is_empty() && (new.is_empty() || new.iter().any(|who| !old.contains(who)))
}

pub(super) fn waivable(given: &Given<'_>) -> Parsed<String> {
    let text = given.text()?;
    if Gate::find(text).is_some_and(Gate::is_waivable) {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = Gate::waivable().collect();
    let mistake = given.mistake(format!("`{}` is not a gate that can be waived", short(text, 60)));
    Err(vec![mistake.help(format!("it is one of {}", crate::types::text::list(&names)))])
}

pub(super) fn freezes(given: &Given<'_>, zone: &TimeZone) -> Parsed<Vec<Freeze>> {
    if given.value.get_ref().is_table() {
        let mistake = given.mistake("expected a list of tables, found a table");
        return Err(vec![mistake.help("write [[freeze]], with two brackets on each side")]);
    }
    given.list(|item| item.item(|layer| freeze(layer, zone)))
}

fn freeze(layer: &Layer<'_>, zone: &TimeZone) -> Parsed<Freeze> {
    let mut wrong = Vec::new();
    let reason = field(layer, "reason", &mut wrong, |given| given.line(200));
    let instant = |given: &Given<'_>, side: fn(Moment, &TimeZone) -> Result<jiff::Timestamp, String>| {
        let moment = Moment::read(&given.date()?);
        moment.and_then(|moment| side(moment, zone)).or_else(|why| given.refuse(why))
    };
    let from = field(layer, "from", &mut wrong, |given| instant(given, Moment::begin));
    let until = field(layer, "until", &mut wrong, |given| instant(given, Moment::end));
    let stops = match layer.get("stops").map(Given::word::<Stops>) {
        None => Stops::Both,
        Some(Ok(stops)) => stops,
        Some(Err(mistakes)) => {
            wrong.extend(mistakes);
            Stops::Both
        }
    };
    if let (Some(from), Some(until), Some(given)) = (from, until, layer.get("until"))
        && from >= until
    {
        wrong.push(given.mistake("the freeze ends before it begins").help("let `until` come after `from`"));
    }
    match (reason, from, until) {
        (Some(reason), Some(from), Some(until)) if wrong.is_empty() => {
            Ok(Freeze { reason, from, until, stops })
        }
        (_, _, _) => Err(wrong),
    }
}

/// Reads one of `fixes.types`; Conventional Commits does not tell capitals apart.
pub(super) fn fix_type(given: &Given<'_>) -> Parsed<String> {
    let text = given.text()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || text.len() > 40 || !text.chars().all(plain) {
        return given.refuse(format!(
            "`{}` is not a commit type; write the word before the colon, such as fix",
            short(text, 40)
        ));
    }
    Ok(text.to_ascii_lowercase())
}
