//! `[gates.checks]`.

use super::{Setting, Settings};
use crate::policy::file::key::{Key, Kind, key, optional};
use crate::policy::file::value::{Given, Layer, Parsed, Values, field};
use crate::policy::file::words::{length_text, listed};
use crate::policy::model::{Beat, ChecksGate, RequiredCheck};
use crate::types::duration::Seconds;

impl Settings for ChecksGate {
    const KEYS: &'static [Setting] = &[Setting {
        key: key(
            "gates.checks.required",
            Kind::Items(CHECK),
            r#"["ci", { name = "staging", for = "72h", at-least-every = "2h" }]"#,
            "The checks that must have passed for the rc's commit.",
        ),
        show: |gates| listed(&gates.checks.required, check_text),
        is_weaker: |old, new| are_weaker(&old.checks.required, &new.checks.required),
    }];

    fn read(values: &mut Values<'_>, enforce: bool) -> Option<Self> {
        Some(Self { enforce, required: values.take("gates.checks.required", checks)? })
    }
}

pub(in crate::policy) const CHECK: &[Key] = &[
    key("name", Kind::Text, r#""ci""#, "The name the check is recorded under."),
    optional("for", Kind::Length, r#""72h""#, "How long it must keep passing.", "it must have passed once"),
    optional(
        "at-least-every",
        Kind::Length,
        r#""2h""#,
        "The longest silence between two passes.",
        "it must have passed once",
    ),
];

pub(in crate::policy) fn checks(given: &Given<'_>) -> Parsed<Vec<RequiredCheck>> {
    given.list_by(|item| item.item(check), |check| Some(check.name.clone()))
}

fn check(layer: &Layer<'_>) -> Parsed<RequiredCheck> {
    let mut wrong = Vec::new();
    let name = field(layer, "name", &mut wrong, |given| given.line(100));
    let positive = |given: &Given<'_>| match given.length()? {
        Seconds(0) => given.refuse("it must be longer than nothing"),
        length => Ok(length),
    };
    let length = field(layer, "for", &mut wrong, positive);
    let at_least_every = field(layer, "at-least-every", &mut wrong, positive);
    let beat = match (layer.get("for"), layer.get("at-least-every")) {
        (Some(alone), None) => {
            let mistake = alone.mistake("a check that must keep passing says how often");
            wrong.push(mistake.help("add at-least-every, such as at-least-every = \"2h\""));
            None
        }
        (None, Some(alone)) => {
            let mistake = alone.mistake("a check that must keep passing says for how long");
            wrong.push(mistake.help("add for, such as for = \"72h\""));
            None
        }
        (_, Some(every)) => {
            let beat =
                length.zip(at_least_every).map(|(length, at_least_every)| Beat { length, at_least_every });
            if beat.is_some_and(|beat| beat.at_least_every > beat.length) {
                wrong.push(every.mistake("it must not be longer than `for`"));
            }
            beat
        }
        (None, None) => None,
    };
    match name {
        Some(name) if wrong.is_empty() => Ok(RequiredCheck { name, beat }),
        Some(_) | None => Err(wrong),
    }
}

/// Tells whether a required check is gone, or need not be as steady as before.
fn are_weaker(old: &[RequiredCheck], new: &[RequiredCheck]) -> bool {
    let now = |name: &str| new.iter().find(|check| check.name == name);
    old.iter().any(|old| match (old.beat, now(&old.name)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => {
            new.beat.is_none_or(|new| new.length < old.length || new.at_least_every > old.at_least_every)
        }
    })
}

pub(in crate::policy) fn check_text(check: &RequiredCheck) -> String {
    let name = &check.name;
    match check.beat {
        None => format!("{name:?}"),
        Some(beat) => {
            let (length, every) = (length_text(beat.length), length_text(beat.at_least_every));
            format!("{name:?} for {length}, at least every {every}")
        }
    }
}
