//! The JSON Schema of the policy file, for editors.

use super::file::key::{Key, Kind};
use super::file::keys::KEYS;
use serde_json::{Map, Value, json};

/// Gives the JSON Schema (draft 2020-12) of `allclear.toml`. It knows keys, kinds and words; forms such as
/// time zones and globs are left to the reader.
pub fn json_schema() -> Value {
    let mut schema = object(&KEYS);
    if let Value::Object(fields) = &mut schema {
        fields.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        fields.insert("title".into(), json!("allclear.toml"));
        fields.insert("description".into(), json!("How one project releases."));
    }
    schema
}

/// Describes a table whose keys have dotted paths.
fn object(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut at = &mut properties;
        let mut words = key.path.split('.').peekable();
        while let Some(word) = words.next() {
            if words.peek().is_none() {
                at.insert(word.to_owned(), described(key));
                break;
            }
            let table = at.entry(word).or_insert_with(|| table(Map::new()));
            let Some(inner) = table.get_mut("properties").and_then(Value::as_object_mut) else { break };
            at = inner;
        }
    }
    table(properties)
}

fn table(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Describes an item of a list, which must have the keys that nothing stands in for.
fn item(keys: &[Key]) -> Value {
    let mut schema = object(keys);
    let required: Vec<&str> = keys.iter().filter(|key| key.absent.is_none()).map(|key| key.path).collect();
    if let Value::Object(fields) = &mut schema {
        fields.insert("required".into(), json!(required));
    }
    schema
}

fn described(key: &Key) -> Value {
    let mut schema = kind(key.kind);
    let about = match key.absent {
        Some(absent) => format!("{} Left out: {absent}.", key.about),
        None => key.about.to_owned(),
    };
    if let Value::Object(fields) = &mut schema {
        fields.insert("description".into(), json!(about));
        fields.insert("examples".into(), json!([example(key)]));
    }
    schema
}

fn kind(kind: Kind) -> Value {
    const LENGTH: &str = "^ *([0-9]+ *[a-z]+[ ,]*)+$";
    match kind {
        Kind::Text | Kind::Moment => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0, "maximum": 1000 }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Length => json!({ "type": "string", "pattern": LENGTH }),
        Kind::LengthOr(word) => {
            json!({ "type": "string", "anyOf": [{ "const": word }, { "pattern": LENGTH }] })
        }
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Items(keys) => {
            json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, item(keys)] } })
        }
        Kind::Tables(keys) => json!({ "type": "array", "items": item(keys) }),
        Kind::Table(keys) => item(keys),
        Kind::Item(keys) => json!({ "anyOf": [{ "type": "string" }, { "const": false }, item(keys)] }),
        Kind::Script => json!({ "anyOf": [{ "type": "string" }, { "const": false }] }),
        Kind::OneOrMore => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Kind::Env => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Size => json!({ "type": "string", "pattern": "^ *[0-9]+ *(MiB|GiB) *$" }),
        Kind::Within(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
    }
}

fn example(key: &Key) -> Value {
    let parsed: Result<Map<String, Value>, _> = toml::from_str(&format!("value = {}", key.example));
    parsed.ok().and_then(|mut table| table.remove("value")).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::super::{Preset, read};
    use super::*;
    use crate::types::gate::Gate;
    use std::collections::BTreeSet;

    /// The dotted paths of all values in a schema.
    fn leaves(schema: &Value, at: &str, into: &mut BTreeSet<String>) {
        match schema.get("properties").and_then(Value::as_object) {
            Some(properties) => {
                for (word, inner) in properties {
                    leaves(inner, format!("{at}.{word}").trim_start_matches('.'), into);
                }
            }
            None => {
                into.insert(at.to_owned());
            }
        }
    }

    /// The dotted paths of a preset, those in comments too.
    fn spoken(text: &str) -> BTreeSet<String> {
        let mut table = String::new();
        let mut paths = BTreeSet::new();
        for line in text.lines() {
            let line = line.strip_prefix("# ").unwrap_or(line);
            if let Some(list) = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
                table = list.to_owned();
                paths.insert(table.clone());
            } else if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                table = header.to_owned();
            } else if let Some((word, _)) = line.split_once(" = ")
                && !matches!(table.as_str(), "freeze" | "downstream" | "check" | "after" | "notify")
                && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            {
                paths.insert(format!("{table}.{word}").trim_start_matches('.').to_owned());
            }
        }
        paths
    }

    /// The keys whose value is the same in all presets, which leave them out.
    fn enforce() -> BTreeSet<String> {
        Gate::ALL.into_iter().map(|gate| format!("gates.{}.enforce", gate.name())).collect()
    }

    #[test]
    fn schema_and_presets_have_the_same_keys() {
        let mut schema = BTreeSet::new();
        leaves(&json_schema(), "", &mut schema);
        for preset in Preset::ALL {
            let stated = spoken(preset.text()).into_iter().chain(enforce());
            assert_eq!(stated.collect::<BTreeSet<_>>(), schema, "{}", preset.name());
        }
        let table: BTreeSet<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
        assert_eq!(schema, table);
    }

    #[test]
    fn presets_without_comments_are_complete() {
        for preset in Preset::ALL {
            let value: Value = toml::from_str(preset.text()).unwrap();
            for key in KEYS.iter().filter(|key| key.absent.is_none() && !enforce().contains(key.path)) {
                let pointer = format!("/{}", key.path.replace('.', "/"));
                assert!(value.pointer(&pointer).is_some(), "{} has no {}", preset.name(), key.path);
            }
        }
    }

    #[test]
    fn every_example_can_be_read() {
        for key in KEYS.iter() {
            let text = format!("{} = {}", key.path, key.example);
            assert!(read(&text).is_ok(), "{text}: {:?}", read(&text));
            assert!(!example(key).is_null() && !key.about.is_empty(), "{}", key.path);
            if let Kind::Items(fields) | Kind::Tables(fields) = key.kind {
                assert!(fields.iter().all(|field| !example(field).is_null()), "{}", key.path);
            }
        }
    }

    #[test]
    fn every_word_can_be_read() {
        for key in KEYS.iter() {
            if let Kind::Word(words) = key.kind {
                for word in words {
                    let text = format!("{} = \"{word}\"", key.path);
                    assert!(read(&text).is_ok(), "{text}");
                }
            }
        }
    }

    #[test]
    fn what_an_editor_sees() {
        let schema = json_schema();
        let stops = &schema["properties"]["freeze"]["items"]["properties"]["stops"];
        assert_eq!(stops["enum"], json!(["cuts", "promotions", "both"]));
        assert_eq!(schema["properties"]["freeze"]["items"]["required"], json!(["reason", "from", "until"]));
        let soak = &schema["properties"]["gates"]["properties"]["soak"];
        assert_eq!(soak["additionalProperties"], json!(false));
        assert_eq!(soak["properties"]["for"]["examples"], json!(["7d"]));
        let check = &schema["properties"]["gates"]["properties"]["checks"]["properties"]["required"]["items"];
        assert_eq!(check["anyOf"][1]["required"], json!(["name"]));
    }
}
