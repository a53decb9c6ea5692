//! A short policy file, fitted to the repository.

use crate::context::Context;
use allclear_adopt::to_do;
use allclear_core::history::bump;
use allclear_core::policy::{self, Branches, Preset};
use allclear_core::port::{Objects, Refs, Remote};
use allclear_core::{Branch, CommitId, TagFormat};
use allclear_engine::{Fault, FaultKind};
use jiff::{ToSpan, civil};
use std::io::Write;
use std::path::Path;

/// How many commits are read to learn how the team writes messages.
const SAMPLE: usize = 200;

/// What the repository is like.
pub(super) struct Traits {
    name: String,
    pub(super) stable: Branch,
    pub(super) develop: Branch,
    pub(super) has_develop: bool,
    /// `v`, nothing, or `None` without any release tag.
    prefix: Option<&'static str>,
    language: Option<&'static str>,
    conventional: (usize, usize),
    zone: String,
    anchor: civil::DateTime,
}

/// Writes the file, where there is none.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut f| f.write_all(text.as_bytes()));
    made.map_err(|e| {
        Fault::new(FaultKind::Usage, format!("{} cannot be written: {e}", path.display()))
            .truth("nothing was changed")
    })
}

/// Looks at the repository.
pub(super) fn look(context: &Context) -> Result<Traits, Fault> {
    let refs = context.store.observe()?;
    let Branches { stable, develop, .. } = to_do::names(&refs);
    let tip = [&develop, &stable].into_iter().find_map(|branch| refs.get(&branch.to_ref()).cloned());
    let now = context.now();
    let zone = jiff::tz::TimeZone::try_system()
        .ok()
        .and_then(|z| z.iana_name().map(str::to_owned))
        .filter(|z| policy::zone(z).is_some());
    let zone = zone.unwrap_or_else(|| "UTC".into());
    let local = now.to_zoned(policy::zone(&zone).unwrap_or(jiff::tz::TimeZone::UTC));
    // The first Tuesday from tomorrow on, at ten: a whole working week lies around the cut.
    let days = (1..=7)
        .find(|d| local.date().checked_add((*d).days()).is_ok_and(|d| d.weekday() == civil::Weekday::Tuesday))
        .unwrap_or(1);
    let anchor = local.date().checked_add(days.days()).unwrap_or(local.date()).at(10, 0, 0, 0);
    Ok(Traits {
        name: context.clone.name(),
        has_develop: refs.get(&develop.to_ref()).is_some(),
        stable,
        develop,
        prefix: prefix(&refs),
        language: language(context, tip.as_ref())?,
        conventional: conventional(context, tip.as_ref())?,
        zone,
        anchor,
    })
}

fn prefix(refs: &Refs) -> Option<&'static str> {
    let count = |v: &str| {
        let format = TagFormat::with_prefix(v);
        refs.objects
            .keys()
            .filter(|n| {
                n.as_str().strip_prefix("refs/tags/").is_some_and(|t| format.parse_release(t).is_some())
            })
            .count()
    };
    match (count("v"), count("")) {
        (0, 0) => None,
        (with, without) if without > with => Some(""),
        _ => Some("v"),
    }
}

fn language(context: &Context, tip: Option<&CommitId>) -> Result<Option<&'static str>, Fault> {
    const SIGNS: [(&str, &str); 6] = [
        ("Cargo.toml", "Rust"),
        ("go.mod", "Go"),
        ("package.json", "JavaScript"),
        ("pyproject.toml", "Python"),
        ("setup.py", "Python"),
        ("pom.xml", "Java"),
    ];
    let Some(tip) = tip else { return Ok(None) };
    let found = context.store.files(tip, &SIGNS.map(|(file, _)| file.to_owned()))?;
    Ok(SIGNS.iter().find(|(file, _)| found.contains_key(*file)).map(|(_, language)| *language))
}

fn conventional(context: &Context, tip: Option<&CommitId>) -> Result<(usize, usize), Fault> {
    let Some(tip) = tip else { return Ok((0, 0)) };
    let messages = context.store.messages(tip, SAMPLE)?;
    Ok(bump::conventional_share(messages.iter().map(String::as_str)))
}

/// Gives its text: only what this project needs to see, each line with its meaning.
pub(super) fn text(preset: Preset, traits: &Traits) -> String {
    let Traits { name, stable, develop, zone, anchor, .. } = traits;
    let (conventional, total) = traits.conventional;
    let mut text = format!(
        "# How {name} is released. `allclear policy show` prints every value, `allclear policy check` finds mistakes.\n\
         preset = \"{}\"       # fills every key that is not here\n\
         mode = \"observe\"         # look and report only; \"run\" lets allclear cut, tag and promote\n\n\
         [project]\n\
         name = {}\n\
         time-zone = \"{zone}\"\n",
        preset.name(),
        toml_text(name),
    );
    if stable.as_str() != "master" || develop.as_str() != "develop" {
        text.push_str(&format!("\n[branches]\nstable = \"{stable}\"         # production ready\ndevelop = \"{develop}\"        # the latest work\n"));
    }
    if let Some(v) = traits.prefix {
        text.push_str(&format!("\n[tags]                     # as the history has them\nrelease = \"{v}{{version}}\"\ncandidate = \"{v}{{version}}-rc.{{n}}\"\n"));
    }
    text.push_str(&format!(
        "\n[train]\n\
         every = \"2 weeks\"\n\
         anchor = \"{}\"   # the first cut, local time; then every two weeks\n",
        anchor.strftime("%Y-%m-%d %H:%M")
    ));
    text.push_str("\n[fixes]                    # what may be added after the cut\n");
    if total > 0 && conventional * 2 >= total {
        text.push_str(&format!("# {conventional} of the last {total} commits are Conventional, so their types tell fixes from the rest.\ntypes = [\"fix\", \"revert\", \"docs\", \"test\"]\n"));
    } else {
        text.push_str(&format!("# {conventional} of the last {total} commits are Conventional: begin the subject of a fix with `fix: `.\n# Commits that touch only these paths count as fixes too.\npaths = [\"docs/**\", \"*.md\"]\n"));
    }
    if let Some(language) = traits.language {
        text.push_str(&format!("\n# {language}: "));
        text.push_str(match language {
            "Go" => "the tag is the version; no file carries it.\n",
            "Rust" => "the cut sets the version in Cargo.toml and Cargo.lock.\n",
            "JavaScript" => "the cut sets the version in package.json and its lock file.\n",
            "Python" => "the cut sets the version in pyproject.toml, where it stands there.\n",
            _ => "name the files that carry the version in version.files.\n",
        });
    }
    text.push_str("\n[gates.checks]\nrequired = []              # the checks that must pass for the very commit, such as [\"ci\"]\n");
    text
}

fn toml_text(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}
