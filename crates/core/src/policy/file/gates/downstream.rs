//! `[gates.downstream]`.

use super::{Setting, Settings};
use crate::policy::file::key::{Kind, key};
use crate::policy::file::value::{Given, Values};
use crate::policy::file::words::word;
use crate::policy::model::{DownstreamGate, Sandbox};

impl Settings for DownstreamGate {
    const KEYS: &'static [Setting] = &[
        Setting {
            key: key(
                "gates.downstream.coverage",
                Kind::Within(0, 100),
                "95",
                "How many of the downstreams must have a conclusive result, in percent.",
            ),
            show: |gates| gates.downstream.coverage.to_string(),
            is_weaker: |old, new| new.downstream.coverage < old.downstream.coverage,
        },
        Setting {
            key: key(
                "gates.downstream.sandbox",
                Kind::Word(&["required", "none"]),
                r#""required""#,
                "Whether foreign code runs only in a sandbox, or also without one.",
            ),
            show: |gates| word(&gates.downstream.sandbox),
            is_weaker: |old, new| {
                (old.downstream.sandbox, new.downstream.sandbox) == (Sandbox::Required, Sandbox::None)
            },
        },
    ];

    fn read(values: &mut Values<'_>, enforce: bool) -> Option<Self> {
        Some(Self {
            enforce,
            coverage: values.take("gates.downstream.coverage", Given::within)?,
            sandbox: values.take("gates.downstream.sandbox", Given::word)?,
        })
    }
}
