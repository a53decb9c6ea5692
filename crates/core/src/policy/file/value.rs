//! The values of a policy file by key, and its unknown keys.

use super::key::{COMMON_MISTAKES, Key, Kind};
use super::mistake::{Mistake, nearest};
use crate::types::duration::Seconds;
use crate::types::text::{list, short};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value or everything that is wrong with it.
pub(in crate::policy) type Parsed<T> = Result<T, Vec<Mistake>>;

/// One value, with the key that it stands under.
#[derive(Clone)]
pub(in crate::policy) struct Given<'a> {
    pub(in crate::policy) key: &'static Key,
    /// The key as messages say it.
    pub(in crate::policy) name: String,
    pub(in crate::policy) value: &'a Spanned<DeValue<'a>>,
}

/// Values by the path of their key.
pub(in crate::policy) type Layer<'a> = BTreeMap<&'static str, Given<'a>>;

/// The values of a file, and those of the preset for what the file leaves out.
pub(in crate::policy) struct Values<'a> {
    pub(in crate::policy) file: Layer<'a>,
    pub(in crate::policy) preset: Layer<'a>,
    pub(in crate::policy) mistakes: Vec<Mistake>,
    pub(in crate::policy) warnings: Vec<Mistake>,
}

impl<'a> Values<'a> {
    pub(in crate::policy) fn take<T>(
        &mut self,
        path: &str,
        read: impl Fn(&Given<'a>) -> Parsed<T>,
    ) -> Option<T> {
        match self.file.get(path).map(&read) {
            Some(Ok(value)) => return Some(value),
            Some(Err(mistakes)) => self.mistakes.extend(mistakes),
            None => {}
        }
        self.preset.get(path).and_then(|given| read(given).ok())
    }

    /// Adds a warning about the first of `paths` that the file has.
    pub(in crate::policy) fn warn(&mut self, paths: &[&str], what: &str, help: &str) {
        if let Some(given) = paths.iter().find_map(|path| self.file.get(path)) {
            self.warnings.push(given.mistake(what).help(help));
        }
    }
}

/// After this many mistakes no help is searched for, since that takes time.
const HELPED: usize = 1000;

/// Gathers the values of `table` by `keys`. `at` is the dotted path of the table, empty at the top.
pub(in crate::policy) fn gather<'a>(
    table: &'a DeTable<'a>,
    keys: &'static [Key],
    at: &str,
    mistakes: &mut Vec<Mistake>,
) -> Layer<'a> {
    let mut layer = Layer::new();
    walk(table, keys, at, "", &mut layer, mistakes);
    layer
}

fn walk<'a>(
    table: &'a DeTable<'a>,
    keys: &'static [Key],
    at: &str,
    within: &str,
    layer: &mut Layer<'a>,
    mistakes: &mut Vec<Mistake>,
) {
    for (word, value) in table {
        let path = join(within, word.get_ref());
        let name = join(at, &path);
        if let Some(key) = keys.iter().find(|key| key.path == path) {
            layer.insert(key.path, Given { key, name, value });
        } else if keys.iter().any(|key| below(key.path, &path).is_some()) {
            match value.get_ref().as_table() {
                Some(inner) => walk(inner, keys, at, &path, layer, mistakes),
                None => mistakes.push(
                    Mistake::new(
                        value.span(),
                        format!("`{name}` must be a table; this is {}", kind_of(value)),
                    )
                    .help(format!("write [{name}] on a line of its own, and its keys below")),
                ),
            }
        } else if mistakes.len() > HELPED {
            mistakes.push(Mistake::new(word.span(), "unknown key"));
        } else {
            mistakes.push(unknown(keys, at, within, word));
        }
    }
}

fn join(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

/// Gives the rest of `path` below the table `within`.
fn below<'p>(path: &'p str, within: &str) -> Option<&'p str> {
    if within.is_empty() { Some(path) } else { path.strip_prefix(within)?.strip_prefix('.') }
}

fn unknown(
    keys: &'static [Key],
    at: &str,
    within: &str,
    word: &Spanned<std::borrow::Cow<'_, str>>,
) -> Mistake {
    let table = join(at, within);
    let table = table.trim_end_matches('.');
    let name = short(&join(table, word.get_ref()), 80);
    let mistake = Mistake::new(word.span(), format!("unknown key `{name}`"));
    let siblings: BTreeSet<&'static str> = keys
        .iter()
        .filter_map(|key| below(key.path, within))
        .map(|rest| rest.split_once('.').map_or(rest, |(first, _)| first))
        .collect();
    let meant = COMMON_MISTAKES.iter().find(|(tried, _)| **tried == name).map(|(_, meant)| *meant);
    if let Some(near) = meant.or_else(|| nearest(word.get_ref(), siblings.iter().copied())) {
        return mistake.help(format!("did you mean `{near}`?"));
    }
    let elsewhere = keys.iter().filter(|_| at.is_empty() && !word.get_ref().is_empty()).find(|key| {
        let tail = key.path.rsplit_once('.').map_or(key.path, |(_, last)| last);
        tail == word.get_ref() || key.path == format!("gates.{}.enforce", word.get_ref())
    });
    match elsewhere {
        Some(key) if key.path.ends_with(".enforce") && word.get_ref() != "enforce" => {
            mistake.help(format!("did you mean the gate `gates.{}`?", word.get_ref()))
        }
        Some(key) if word.get_ref() != "enforce" => mistake.help(format!("did you mean `{}`?", key.path)),
        Some(_) | None => {
            let siblings: Vec<String> = siblings.iter().map(|word| format!("`{word}`")).collect();
            let place =
                if table.is_empty() { "at the top of the file".to_owned() } else { format!("in `{table}`") };
            mistake.help(format!("{place} stand {}", list(&siblings)))
        }
    }
}

fn kind_of(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'a> Given<'a> {
    pub(in crate::policy) fn mistake(&self, what: impl AsRef<str>) -> Mistake {
        Mistake::new(self.value.span(), format!("`{}`: {}", self.name, what.as_ref()))
    }

    pub(in crate::policy) fn refuse<T>(&self, what: impl AsRef<str>) -> Parsed<T> {
        Err(vec![self.mistake(what)])
    }

    fn wrong_kind<T>(&self, expected: &str) -> Parsed<T> {
        let word = self.key.path.rsplit_once('.').map_or(self.key.path, |(_, last)| last);
        let what = format!("expected {expected}, found {}", kind_of(self.value));
        Err(vec![self.mistake(what).help(format!("such as {word} = {}", self.key.example))])
    }

    pub(in crate::policy) fn text(&self) -> Parsed<&'a str> {
        self.value.get_ref().as_str().map_or_else(|| self.wrong_kind("text in quotes"), Ok)
    }

    /// Takes a text of the form that `read` knows.
    pub(in crate::policy) fn form<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Parsed<T> {
        read(self.text()?).or_else(|wrong| self.refuse(wrong))
    }

    /// Takes a text of one line that can be shown to people: 1 to `most` characters, none of them invisible.
    pub(in crate::policy) fn line(&self, most: usize) -> Parsed<String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.refuse("it is empty")
        } else if text.chars().count() > most {
            self.refuse(format!("it is longer than {most} characters"))
        } else if crate::types::text::plain(text) != text {
            self.refuse("it has invisible characters in it, such as a line break")
        } else {
            Ok(text.to_owned())
        }
    }

    pub(in crate::policy) fn flag(&self) -> Parsed<bool> {
        self.value.get_ref().as_bool().map_or_else(|| self.wrong_kind("true or false, without quotes"), Ok)
    }

    /// Takes a whole number from 0 to 1000.
    pub(in crate::policy) fn number(&self) -> Parsed<u32> {
        self.between(0, 1000)
    }

    pub(in crate::policy) fn within(&self) -> Parsed<u32> {
        let Kind::Within(least, most) = self.key.kind else {
            return self.refuse("no numbers are known for it");
        };
        self.between(least, most)
    }

    fn between(&self, least: u32, most: u32) -> Parsed<u32> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => return self.wrong_kind("a whole number, without quotes"),
        };
        let number = number.and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(number),
            None => self.refuse(format!("it must be a whole number from {least} to {most}")),
        }
    }

    pub(in crate::policy) fn pairs(&self) -> Parsed<Vec<(&'a str, Self)>> {
        let Some(table) = self.value.get_ref().as_table() else { return self.wrong_kind("a table") };
        let value = |value| Self { key: self.key, name: self.name.clone(), value };
        Ok(table.iter().map(|(name, of)| (name.get_ref().as_ref(), value(of))).collect())
    }

    pub(in crate::policy) fn word<T: DeserializeOwned>(&self) -> Parsed<T> {
        let Kind::Word(words) = self.key.kind else { return self.refuse("no words are known for this key") };
        let Some(text) = self.value.get_ref().as_str() else {
            return self.wrong_kind(&quoted(words));
        };
        if words.contains(&text)
            && let Ok(value) = serde_json::from_value(serde_json::Value::String(text.to_owned()))
        {
            return Ok(value);
        }
        let mistake = self.mistake(format!("expected {}, found \"{}\"", quoted(words), short(text, 60)));
        Err(vec![match nearest(text, words.iter().copied()) {
            Some(near) => mistake.help(format!("did you mean \"{near}\"?")),
            None => mistake,
        }])
    }

    pub(in crate::policy) fn length(&self) -> Parsed<Seconds> {
        let Some(text) = self.value.get_ref().as_str() else {
            return self.wrong_kind("a length of time in quotes");
        };
        Seconds::parse(text).or_else(|wrong| self.refuse(wrong.to_string()))
    }

    /// Takes a date, written in quotes or as TOML's own.
    pub(in crate::policy) fn date(&self) -> Parsed<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text.trim().to_owned()),
            DeValue::Datetime(date) => Ok(date.to_string()),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => self.wrong_kind("a date"),
        }
    }

    /// Takes a list, reading each element by `read`.
    pub(in crate::policy) fn list<T>(&self, read: impl Fn(&Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.list_by(read, |_| None)
    }

    /// Takes a list as [`Given::list`] does, and refuses an element whose name stood there before.
    pub(in crate::policy) fn list_by<T>(
        &self,
        read: impl Fn(&Self) -> Parsed<T>,
        name: impl Fn(&T) -> Option<String>,
    ) -> Parsed<Vec<T>> {
        let Some(array) = self.value.get_ref().as_array() else { return self.wrong_kind("a list") };
        let (mut good, mut wrong, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for value in array {
            let element = Self { key: self.key, name: self.name.clone(), value };
            match read(&element) {
                Ok(item) => {
                    match name(&item) {
                        Some(name) if !seen.insert(name.clone()) => {
                            wrong.push(element.mistake(format!("`{}` is listed twice", short(&name, 60))));
                        }
                        Some(_) | None => {}
                    }
                    good.push(item);
                }
                Err(mistakes) => wrong.extend(mistakes),
            }
        }
        if wrong.is_empty() { Ok(good) } else { Err(wrong) }
    }

    /// Takes a table as an item with keys of its own; a text is short for its first key.
    pub(in crate::policy) fn item<T>(&self, read: impl Fn(&Layer<'a>) -> Parsed<T>) -> Parsed<T> {
        let (fields, short_form) = match self.key.kind {
            Kind::Items(fields) | Kind::Item(fields) => (fields, true),
            Kind::Tables(fields) | Kind::Table(fields) => (fields, false),
            Kind::Text
            | Kind::Flag
            | Kind::Word(_)
            | Kind::Length
            | Kind::LengthOr(_)
            | Kind::Moment
            | Kind::Number
            | Kind::Texts
            | Kind::Script
            | Kind::OneOrMore
            | Kind::Env
            | Kind::Size
            | Kind::Within(..) => {
                return self.refuse("no items are known for this key");
            }
        };
        if let Some(table) = self.value.get_ref().as_table() {
            let mut wrong = Vec::new();
            let layer = gather(table, fields, &self.name, &mut wrong);
            for field in
                fields.iter().filter(|field| field.absent.is_none() && !layer.contains_key(field.path))
            {
                wrong.push(
                    self.mistake(format!("`{}` is missing", field.path))
                        .help(format!("such as {} = {}", field.path, field.example)),
                );
            }
            return match read(&layer) {
                Ok(item) if wrong.is_empty() => Ok(item),
                Ok(_) => Err(wrong),
                Err(more) => Err(wrong.into_iter().chain(more).collect()),
            };
        }
        match fields {
            [first, ..] if short_form && self.value.get_ref().is_str() => {
                let given = Given { key: first, name: self.name.clone(), value: self.value };
                read(&Layer::from([(first.path, given)]))
            }
            [..] if short_form => self.wrong_kind("a list of texts and tables"),
            [..] => self.refuse(format!("expected a table, found {}", kind_of(self.value))),
        }
    }
}

/// Names the words of a choice: `"a", "b" or "c"`.
fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((last, head)) if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        Some(_) | None => words.concat(),
    }
}

/// Reads one field of an item, noting what is wrong; an absent or wrong one is `None`.
pub(in crate::policy) fn field<'a, T>(
    layer: &Layer<'a>,
    path: &str,
    wrong: &mut Vec<Mistake>,
    read: impl Fn(&Given<'a>) -> Parsed<T>,
) -> Option<T> {
    match layer.get(path).map(read)? {
        Ok(value) => Some(value),
        Err(mistakes) => {
            wrong.extend(mistakes);
            None
        }
    }
}
