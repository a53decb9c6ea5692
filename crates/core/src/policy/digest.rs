//! The digest of a policy.

use super::model::Policy;
use crate::types::text::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Gives the SHA-256, in hex, of the policy's canonical JSON (RFC 8785: sorted keys, no blanks).
/// Two policies have the same digest when they say the same.
pub fn digest(policy: &Policy) -> String {
    let value =
        serde_json::to_value(policy).expect("a policy has text keys alone, so it always has a JSON form");
    let mut canonical = String::new();
    write(&value, &mut canonical);
    hex(&Sha256::digest(canonical.as_bytes()))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, value)) in fields.into_iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Preset, defaults, read};
    use super::*;

    #[test]
    fn canonical_json() {
        let mut out = String::new();
        write(&serde_json::json!({"b": [1, null, {"z": true, "a": "é\n"}], "a": "\""}), &mut out);
        assert_eq!(out, r#"{"a":"\"","b":[1,null,{"a":"é\n","z":true}]}"#);
    }

    #[test]
    fn what_is_said_has_a_name() {
        let policy = defaults(Preset::Library1);
        assert_eq!(digest(&policy).len(), 64);
        assert_eq!(digest(&policy), digest(&read("# nothing\n").unwrap().policy));
        assert_ne!(digest(&policy), digest(&defaults(Preset::Service1)));
        // A key that was added later and is left out changes no digest on record.
        assert!(!serde_json::to_string(&policy).unwrap().contains("changelog"));
    }
}
