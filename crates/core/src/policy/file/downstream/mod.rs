//! `[[downstream]]` and `[[check]]`: what the lab looks at, and how.

pub(super) mod keys;
mod text;
mod weaker;

pub(in crate::policy) use text::{check_text, text};
pub(in crate::policy) use weaker::is_weaker;

use super::forms::{glob, script};
use super::mistake::Mistake;
use super::value::{Given, Layer, Parsed, field};
use super::words::{Moment, length_text};
use crate::experiment::{
    At, Declared, Ecosystem, ExpectFailure, Limits, Mode, Must, Recipe, Run, Service, Tier,
};
use crate::policy::model::LabCheck;
use crate::types::duration::Seconds;
use crate::types::object_id::CommitId;
use crate::types::ref_name::Branch;
use crate::types::text::short;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// How many bytes all of it may take: each cut writes the policy into an entry of at most 64 KiB.
const LARGEST: usize = 32 * 1024;
/// How long a program is watched where the policy does not say.
const STAYS: Seconds = Seconds(10);
/// How long becoming ready may take where the policy does not say.
const WITHIN: Seconds = Seconds(30);
const GIB: u64 = 1024;

pub(in crate::policy) fn downstreams(given: &Given<'_>, zone: &TimeZone) -> Parsed<Vec<Declared>> {
    tables(given, "[[downstream]]")?;
    let found: Vec<(Declared, Given<'_>)> = given.list_by(
        |item| Ok((item.item(|layer| downstream(layer, zone))?, item.clone())),
        |(declared, _)| Some(declared.name.clone()),
    )?;
    let mut wrong: Vec<Mistake> = Vec::new();
    for (declared, item) in &found {
        // The downstreams of an `each` are named after it.
        let of =
            |many: &Declared| declared.name.starts_with(&format!("{}/", many.name)) && many.each.is_some();
        if let Some((many, _)) = found.iter().find(|(many, _)| of(many)) {
            let what = format!("`{}` is what a folder of `{}` is called", declared.name, many.name);
            wrong.push(item.mistake(what).help("give it another name"));
        }
    }
    let all: Vec<Declared> = found.into_iter().map(|(declared, _)| declared).collect();
    let bytes = serde_json::to_vec(&all).map_or(usize::MAX, |json| json.len());
    if bytes > LARGEST {
        let what = format!(
            "all together have {bytes} bytes, and each cut records them; at most {LARGEST} are allowed"
        );
        wrong.push(given.mistake(what).help("use each and override, and put scripts into files"));
    }
    if wrong.is_empty() { Ok(all) } else { Err(wrong) }
}

pub(in crate::policy) fn lab_checks(given: &Given<'_>) -> Parsed<Vec<LabCheck>> {
    tables(given, "[[check]]")?;
    given.list_by(|item| item.item(lab_check), |check| Some(check.name.clone()))
}

fn lab_check(layer: &Layer<'_>) -> Parsed<LabCheck> {
    let mut wrong = Vec::new();
    let name = field(layer, "name", &mut wrong, |given| given.line(100));
    let run = field(layer, "run", &mut wrong, |given| given.form(script));
    let limits = field(layer, "limits", &mut wrong, |given| limits(given, None));
    match (name, run) {
        (Some(name), Some(run)) if wrong.is_empty() => Ok(LabCheck { name, run, limits }),
        (_, _) => Err(wrong),
    }
}

fn tables(given: &Given<'_>, header: &str) -> Parsed<()> {
    if given.value.get_ref().is_table() {
        let mistake = given.mistake("expected a list of tables, found a table");
        return Err(vec![mistake.help(format!("write {header}, with two brackets on each side"))]);
    }
    Ok(())
}

fn downstream(layer: &Layer<'_>, zone: &TimeZone) -> Parsed<Declared> {
    let mut wrong = Vec::new();
    let name = field(layer, "name", &mut wrong, |given| given.form(named));
    let repo = field(layer, "repo", &mut wrong, repos);
    let at = field(layer, "at", &mut wrong, |given| given.form(at));
    let each = field(layer, "each", &mut wrong, glob);
    let ecosystem: Option<Ecosystem> = field(layer, "ecosystem", &mut wrong, Given::word);
    let recipe = recipe(layer, None, zone, &mut wrong);
    let one = |given: &Given<'_>| given.item(|layer| overriding(layer, &recipe, zone));
    let overrides = field(layer, "override", &mut wrong, |given| given.list(one));
    if let (Some(given), false) = (layer.get("override"), layer.contains_key("each")) {
        let mistake = given.mistake("a single downstream cannot have overrides");
        wrong.push(mistake.help("add each, such as each = \"**/main.go\""));
    }
    match (name, repo) {
        (Some(name), Some(repo)) if wrong.is_empty() => Ok(Declared {
            name,
            repo,
            at: at.unwrap_or(At::LatestRelease),
            each,
            overrides: overrides.unwrap_or_default(),
            ecosystem,
            recipe,
        }),
        (_, _) => Err(wrong),
    }
}

fn overriding(layer: &Layer<'_>, base: &Recipe, zone: &TimeZone) -> Parsed<(String, Recipe)> {
    let mut wrong = Vec::new();
    let pattern = field(layer, "match", &mut wrong, glob);
    let recipe = recipe(layer, base.limits, zone, &mut wrong);
    match pattern {
        Some(pattern) if wrong.is_empty() => Ok((pattern, recipe)),
        Some(_) | None => Err(wrong),
    }
}

/// Reads what an override may say too. A limit that is not named is what `base` has.
fn recipe(layer: &Layer<'_>, base: Option<Limits>, zone: &TimeZone, wrong: &mut Vec<Mistake>) -> Recipe {
    Recipe {
        build: field(layer, "build", wrong, step),
        test: field(layer, "test", wrong, step),
        run: field(layer, "run", wrong, run),
        services: field(layer, "services", wrong, |given| given.list(|item| item.item(service)))
            .unwrap_or_default(),
        mode: field(layer, "mode", wrong, Given::word::<Mode>),
        tier: field(layer, "tier", wrong, Given::word::<Tier>),
        limits: field(layer, "limits", wrong, |given| limits(given, base)),
        env: field(layer, "env", wrong, env).unwrap_or_default(),
        expect_failure: field(layer, "expect-failure", wrong, |given| {
            given.item(|layer| expect_failure(layer, zone))
        }),
    }
}

/// Reads a name that can be typed and cannot be mistaken for a failure's signature.
fn named(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let parts = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if text.len() > 60 || text.starts_with('-') || !text.chars().all(plain) || !parts {
        let shown = short(text, 60);
        Err(format!("`{shown}` is not a name; write letters, digits, -, _, . and /, at most 60"))
    } else if crate::experiment::is_signature(text) {
        Err(format!("`{text}` looks like the signature of a failure, by which many are waived at once"))
    } else {
        Ok(text.to_owned())
    }
}

fn repos(given: &Given<'_>) -> Parsed<Vec<String>> {
    let one = |item: &Given<'_>| item.form(repo);
    if given.value.get_ref().is_array() {
        let repos = given.list_by(one, |repo| Some(repo.clone()))?;
        return if repos.is_empty() { given.refuse("it is empty") } else { Ok(repos) };
    }
    Ok(vec![one(given)?])
}

fn repo(text: &str) -> Result<String, String> {
    let shown = short(text, 80);
    let login = || text.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    let helper =
        |(name, _): (&str, &str)| name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if text.trim().is_empty() || text.len() > 400 || crate::types::text::plain(text) != text {
        Err(format!("`{shown}` is not the address of a repository"))
    } else if text.starts_with('-') {
        Err(format!("`{shown}`: git would read it as an option"))
    } else if text.split_once("::").is_some_and(helper) {
        Err(format!("`{shown}`: git would run a command of that name; write an https, ssh or file address"))
    } else if login().is_some_and(|(login, _)| login.contains(':')) {
        // Not shown: it is a secret.
        Err("an address with a password in it is a secret, and this file is public".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn at(text: &str) -> Result<At, String> {
    if text == "latest-release" {
        return Ok(At::LatestRelease);
    }
    let name = text.strip_prefix("branch:");
    if let (None, Ok(commit)) = (name, CommitId::parse(text)) {
        return Ok(At::Commit(commit));
    }
    match Branch::parse(name.unwrap_or(text)) {
        Ok(branch) => Ok(At::Branch(branch.as_str().to_owned())),
        Err(bad) => Err(format!("{bad}; write \"latest-release\", a branch, or a full commit id")),
    }
}

/// Reads a script, or that the step is skipped.
fn step(given: &Given<'_>) -> Parsed<String> {
    match (given.value.get_ref().as_bool(), given.value.get_ref().as_str()) {
        (Some(false), _) => Ok(String::new()),
        (_, Some(text)) if text.trim().is_empty() => Ok(String::new()),
        (Some(true), _) => {
            Err(vec![given.mistake("`true` is the default").help("leave it out, or write false")])
        }
        (None, _) => given.form(script),
    }
}

fn run(given: &Given<'_>) -> Parsed<Run> {
    if !given.value.get_ref().is_table() {
        return Ok(Run { command: Some(step(given)?), must: Must::Stays(STAYS) });
    }
    given.item(|layer| {
        let mut wrong = Vec::new();
        let command = field(layer, "command", &mut wrong, step);
        let stays = field(layer, "stays", &mut wrong, |given| length(given, Seconds::DAY)).map(Must::Stays);
        let exits = field(layer, "exits", &mut wrong, |given| length(given, Seconds::DAY)).map(Must::Exits);
        let serves = field(layer, "serves", &mut wrong, serves);
        let mut ways = ["stays", "exits", "serves"].iter().filter_map(|key| layer.get(key));
        if let (Some(_), Some(second)) = (ways.next(), ways.next()) {
            let mistake = second.mistake("a program runs in one way");
            wrong.push(mistake.help("keep one of stays, exits and serves"));
        }
        let must = stays.or(exits).or(serves).unwrap_or(Must::Stays(STAYS));
        if wrong.is_empty() { Ok(Run { command, must }) } else { Err(wrong) }
    })
}

fn serves(given: &Given<'_>) -> Parsed<Must> {
    let must = given.item(|layer| {
        let mut wrong = Vec::new();
        let must = Must::Serves {
            port: field(layer, "port", &mut wrong, port),
            url: field(layer, "url", &mut wrong, |given| given.form(local)),
            prints: field(layer, "prints", &mut wrong, |given| given.line(200)),
            call: field(layer, "call", &mut wrong, |given| given.form(script)),
            within: field(layer, "within", &mut wrong, |given| length(given, Seconds::DAY)).unwrap_or(WITHIN),
        };
        if wrong.is_empty() { Ok(must) } else { Err(wrong) }
    })?;
    if matches!(must, Must::Serves { port: None, url: None, prints: None, .. }) {
        let mistake = given.mistake("it does not say when it is ready");
        return Err(vec![mistake.help("add port, url or prints, such as port = 8080")]);
    }
    Ok(must)
}

/// Reads an address on this machine: foreign code has no other network.
fn local(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let plain = text.chars().all(|c| c.is_ascii_graphic()) && !host.contains('@');
    if plain && text.len() <= 400 && matches!(name, "127.0.0.1" | "localhost") {
        Ok(text.to_owned())
    } else {
        Err(format!("`{}` is not an address like http://127.0.0.1:8080/", short(text, 80)))
    }
}

fn port(given: &Given<'_>) -> Parsed<u16> {
    given.within().map(|port| port as u16)
}

fn service(layer: &Layer<'_>) -> Parsed<Service> {
    let mut wrong = Vec::new();
    let run = field(layer, "run", &mut wrong, |given| given.form(script));
    let port = field(layer, "port", &mut wrong, port);
    match run {
        Some(run) if wrong.is_empty() => Ok(Service { run, port }),
        Some(_) | None => Err(wrong),
    }
}

fn limits(given: &Given<'_>, base: Option<Limits>) -> Parsed<Limits> {
    let base = base.unwrap_or_default();
    given.item(|layer| {
        let mut wrong = Vec::new();
        let limits = Limits {
            time: field(layer, "time", &mut wrong, |given| length(given, Seconds::DAY)).unwrap_or(base.time),
            memory: field(layer, "memory", &mut wrong, size).unwrap_or(base.memory),
            processes: field(layer, "processes", &mut wrong, Given::within).map_or(base.processes, u64::from),
            disk: field(layer, "disk", &mut wrong, size).unwrap_or(base.disk),
            output: field(layer, "output", &mut wrong, size).unwrap_or(base.output),
            cpus: field(layer, "cpus", &mut wrong, Given::within).unwrap_or(base.cpus),
        };
        if wrong.is_empty() { Ok(limits) } else { Err(wrong) }
    })
}

/// Reads a length of time that is longer than nothing.
fn length(given: &Given<'_>, most: Seconds) -> Parsed<Seconds> {
    match given.length()? {
        Seconds(0) => given.refuse("it must be longer than nothing"),
        length if length > most => given.refuse(format!("it is longer than {}", length_text(most))),
        length => Ok(length),
    }
}

/// Reads a size, in MiB.
fn size(given: &Given<'_>) -> Parsed<u64> {
    given.form(|text| {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = match text[digits..].trim_start() {
            "MiB" => 1,
            "GiB" => GIB,
            _ => 0,
        };
        let size = text[..digits].parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
        match size {
            Some(mib @ 1..) if mib <= 1024 * GIB => Ok(mib),
            Some(_) | None => {
                let shown = short(text, 40);
                Err(format!(
                    "`{shown}` is not a size; write it as \"512 MiB\" or \"4 GiB\", at most 1024 GiB"
                ))
            }
        }
    })
}

fn env(given: &Given<'_>) -> Parsed<BTreeMap<String, String>> {
    let mut wrong = Vec::new();
    let mut found = BTreeMap::new();
    for (name, value) in given.pairs()? {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_name = !name.is_empty() && name.len() <= 60 && name.chars().all(plain);
        if !is_name || name.starts_with(|c: char| c.is_ascii_digit()) {
            wrong.push(value.mistake(format!("`{}` is not the name of a variable", short(name, 60))));
        } else if name.starts_with("ALLCLEAR_") {
            wrong.push(value.mistake(format!("`{name}` is set by allclear itself")));
        } else {
            match value.form(variable) {
                Ok(text) => drop(found.insert(name.to_owned(), text)),
                Err(mistakes) => wrong.extend(mistakes),
            }
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn variable(text: &str) -> Result<String, String> {
    if text.len() > 2000 || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Err("it is longer than 2000 bytes, or has control characters in it".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn expect_failure(layer: &Layer<'_>, zone: &TimeZone) -> Parsed<ExpectFailure> {
    let mut wrong = Vec::new();
    let reason = field(layer, "reason", &mut wrong, |given| given.line(200));
    let until = field(layer, "until", &mut wrong, |given| {
        let moment = Moment::read(&given.date()?);
        moment.and_then(|moment| moment.end(zone)).or_else(|why| given.refuse(why))
    });
    let issue = field(layer, "issue", &mut wrong, |given| given.line(200));
    match (reason, until) {
        (Some(reason), Some(until)) if wrong.is_empty() => Ok(ExpectFailure { reason, until, issue }),
        (_, _) => Err(wrong),
    }
}
