//! `init`: a short policy file, fitted to the repository; then the list of what is left to do until the train runs.

use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui;
use allclear_core::adoption;
use allclear_core::policy::{self, Branches, Preset};
use allclear_core::port::{Objects, Refs, Remote};
use allclear_core::text::short;
use allclear_core::{Branch, CommitId, TagFormat, bump};
use allclear_engine::{Fault, FaultKind, POLICY_FILE};
use jiff::{ToSpan, civil};
use serde_json::json;

/// How many commits are read to learn how the team writes messages.
const SAMPLE: usize = 200;

/// What the repository is like.
struct Traits {
    name: String,
    stable: Branch,
    develop: Branch,
    has_develop: bool,
    /// `v`, nothing, or `None` without any release tag.
    prefix: Option<&'static str>,
    language: Option<&'static str>,
    conventional: (usize, usize),
    zone: String,
    anchor: civil::DateTime,
}

pub(super) fn run(
    args: &Args,
    preset: &str,
    create_develop: bool,
    print: bool,
    yes: bool,
) -> Result<Exit, Fault> {
    let preset = Preset::find(preset).ok_or_else(|| {
        let names: Vec<&str> = Preset::ALL.iter().map(|p| p.name()).collect();
        Fault::new(FaultKind::Usage, format!("there is no preset `{}`", short(preset, 40)))
            .hint(format!("the presets are {}", names.join(", ")))
    })?;
    let place = Place::open(args)?;
    let traits = look(&place)?;
    let text = file(preset, &traits);
    if print {
        ui::out(text.trim_end());
        return Ok(Exit::Done);
    }
    let Some(top) = &place.clone.work_tree else {
        return Err(Fault::new(FaultKind::Usage, "a bare repository has no work tree to write into")
            .hint("allclear init --print prints the file"));
    };
    let path = top.join(POLICY_FILE);
    let exists = path.exists();
    let mut acts = Vec::new();
    if !exists {
        acts.push(format!("write {}", path.display()));
    }
    if create_develop && !traits.has_develop {
        acts.push(format!("create {} on the server from {}", traits.develop, traits.stable));
    }
    if !acts.is_empty() {
        ui::confirm(&format!("{}?", acts.join(", and ")), yes)?;
    }
    let mut done = Vec::new();
    if !exists {
        write(&path, &text)?;
        done.push(format!("wrote {} ({}, mode = \"observe\")", path.display(), preset.name()));
    }
    if create_develop && let Some(tip) = place.engine().create_branch(&traits.develop, &traits.stable)? {
        done.push(format!("created {} on the server at {}", traits.develop, tip.short()));
    }
    if yes && place.engine().found()? {
        done.push("started the record; ticks run the train from here on".into());
    }
    let todo = super::adopt::todo(&place)?.todo;
    if args.json {
        let todo = super::todo::view(&todo);
        ui::json(&json!({"schema": "allclear.init/1", "file": path, "done": done, "todo": todo}));
        return Ok(Exit::Done);
    }
    if done.is_empty() {
        ui::out(format!("{} exists already; nothing was changed", path.display()));
    }
    done.iter().for_each(ui::out);
    super::todo::show(&todo);
    Ok(Exit::Done)
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Fault> {
    use std::io::Write;
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

fn look(place: &Place) -> Result<Traits, Fault> {
    let refs = place.store.observe()?;
    let Branches { stable, develop, .. } = adoption::names(&refs);
    let tip = [&develop, &stable].into_iter().find_map(|branch| refs.get(&branch.to_ref()).cloned());
    let now = place.now();
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
        name: place.clone.name(),
        has_develop: refs.get(&develop.to_ref()).is_some(),
        stable,
        develop,
        prefix: prefix(&refs),
        language: language(place, tip.as_ref())?,
        conventional: conventional(place, tip.as_ref())?,
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

fn language(place: &Place, tip: Option<&CommitId>) -> Result<Option<&'static str>, Fault> {
    const SIGNS: [(&str, &str); 6] = [
        ("Cargo.toml", "Rust"),
        ("go.mod", "Go"),
        ("package.json", "JavaScript"),
        ("pyproject.toml", "Python"),
        ("setup.py", "Python"),
        ("pom.xml", "Java"),
    ];
    let Some(tip) = tip else { return Ok(None) };
    let found = place.store.files(tip, &SIGNS.map(|(file, _)| file.to_owned()))?;
    Ok(SIGNS.iter().find(|(file, _)| found.contains_key(*file)).map(|(_, language)| *language))
}

fn conventional(place: &Place, tip: Option<&CommitId>) -> Result<(usize, usize), Fault> {
    let Some(tip) = tip else { return Ok((0, 0)) };
    let messages = place.store.messages(tip, SAMPLE)?;
    Ok(bump::conventional_share(messages.iter().map(String::as_str)))
}

/// Writes the file: only what this project needs to see, each line with its meaning.
fn file(preset: Preset, traits: &Traits) -> String {
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
    text.push_str("\n[fixes]                    # what may come on board after the cut\n");
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
