//! `[[after]]`: what is done once a release is out.

use super::mistake::{Mistake, nearest};
use super::value::{Given, Layer, Parsed, field};
use crate::policy::file::forms::{script, word};
use crate::policy::model::AfterStep;
use crate::types::duration::Seconds;
use crate::types::text::short;
use std::collections::{BTreeMap, BTreeSet};

/// How long a step may run where the policy does not say.
const LIMIT: Seconds = Seconds(15 * 60);

/// Reads the steps, and refuses circular needs.
pub(in crate::policy) fn steps(given: &Given<'_>) -> Parsed<Vec<AfterStep>> {
    if given.value.get_ref().is_table() {
        let mistake = given.mistake("expected a list of tables, found a table");
        return Err(vec![mistake.help("write [[after]], with two brackets on each side")]);
    }
    let found = given.list_by(|item| item.item(step), |(step, _)| Some(step.name.clone()))?;
    let names: Vec<&str> = found.iter().map(|(step, _)| step.name.as_str()).collect();
    let mut wrong = Vec::new();
    for (step, needs) in &found {
        let Some(needs) = needs else { continue };
        for need in step.needs.iter().filter(|need| !names.contains(&need.as_str())) {
            let mistake = needs.mistake(format!("there is no step `{}`", short(need, 60)));
            wrong.push(match nearest(need, names.iter().copied()) {
                Some(near) => mistake.help(format!("did you mean \"{near}\"?")),
                None => mistake.help(format!("the steps are {}", crate::types::text::list(&names))),
            });
        }
    }
    let stuck = in_circles(found.iter().map(|(step, _)| step));
    let circle = found.iter().filter(|(step, _)| stuck.contains(step.name.as_str()));
    let first = circle.filter(|_| wrong.is_empty()).find_map(|(_, needs)| needs.as_ref());
    wrong.extend(first.map(|needs| -> Mistake {
        let names: Vec<String> = stuck.iter().map(|name| short(name, 60)).collect();
        needs
            .mistake(format!("{} wait for each other", crate::types::text::list(&names)))
            .help("take one of the needs away")
    }));
    if wrong.is_empty() { Ok(found.into_iter().map(|(step, _)| step).collect()) } else { Err(wrong) }
}

/// Finds the steps that wait for themselves, by way of others or not.
fn in_circles<'a>(steps: impl Iterator<Item = &'a AfterStep>) -> BTreeSet<&'a str> {
    let needs: BTreeMap<&str, &[String]> = steps.map(|s| (s.name.as_str(), s.needs.as_slice())).collect();
    let reaches = |from: &str| {
        let (mut seen, mut stack) = (BTreeSet::new(), vec![from]);
        while let Some(at) = stack.pop() {
            for next in needs.get(at).copied().unwrap_or_default() {
                if seen.insert(next.as_str()) {
                    stack.push(next);
                }
            }
        }
        seen.contains(from)
    };
    needs.keys().copied().filter(|name| reaches(name)).collect()
}

fn step<'a>(layer: &Layer<'a>) -> Parsed<(AfterStep, Option<Given<'a>>)> {
    let mut wrong = Vec::new();
    let name = field(layer, "name", &mut wrong, |given| given.form(word));
    let recipe = field(layer, "use", &mut wrong, Given::word);
    let run = field(layer, "run", &mut wrong, |given| given.form(script));
    let done = field(layer, "done", &mut wrong, |given| given.form(script));
    let needs = field(layer, "needs", &mut wrong, |given| given.list(|item| item.form(word)));
    let limit = field(layer, "limit", &mut wrong, |given| match given.length()? {
        Seconds(0) => given.refuse("it must be longer than nothing"),
        length if length > Seconds::DAY => given.refuse("a step runs for a day at most"),
        length => Ok(length),
    });
    if let Some(given) = layer.get("name")
        && !["use", "run", "done"].iter().any(|key| layer.contains_key(key))
    {
        let mistake = given.mistake("it says nothing of what is to be done");
        wrong.push(mistake.help("add use, run or done, such as use = \"crates\""));
    }
    match name {
        Some(name) if wrong.is_empty() => {
            let (needs, limit) = (needs.unwrap_or_default(), limit.unwrap_or(LIMIT));
            Ok((AfterStep { name, recipe, run, done, needs, limit }, layer.get("needs").cloned()))
        }
        Some(_) | None => Err(wrong),
    }
}

pub(in crate::policy) fn text(step: &AfterStep) -> String {
    let part = |word: &str, value: Option<String>| value.map(|value| format!("{word} {value}"));
    let recipe = step.recipe.map(|recipe| recipe.word().to_owned());
    let needs = Some(step.needs.join(" ")).filter(|needs| !needs.is_empty());
    let parts = [
        part("use", recipe),
        part("run", step.run.as_ref().map(|script| format!("{script:?}"))),
        part("done", step.done.as_ref().map(|script| format!("{script:?}"))),
        part("needs", needs),
        part("limit", Some(super::words::length_text(step.limit))),
    ];
    format!("{:?}: {}", step.name, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
