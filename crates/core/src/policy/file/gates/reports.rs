//! `[gates.reports]`.

use super::{Setting, Settings};
use crate::policy::file::key::{Kind, key};
use crate::policy::file::value::{Given, Values};
use crate::policy::file::words::length_text;
use crate::policy::model::ReportsGate;

impl Settings for ReportsGate {
    const KEYS: &'static [Setting] = &[
        Setting {
            key: key(
                "gates.reports.min-good",
                Kind::Number,
                "2",
                "How many people, authors apart, must have said that this very rc works for them.",
            ),
            show: |gates| gates.reports.min_good.to_string(),
            is_weaker: |old, new| new.reports.min_good < old.reports.min_good,
        },
        Setting {
            key: key(
                "gates.reports.triage",
                Kind::Length,
                r#""48h""#,
                "How long a bad report waits for somebody to look at it before it blocks.",
            ),
            show: |gates| length_text(gates.reports.triage),
            is_weaker: |old, new| new.reports.triage > old.reports.triage,
        },
    ];

    fn read(values: &mut Values<'_>, enforce: bool) -> Option<Self> {
        Some(Self {
            enforce,
            min_good: values.take("gates.reports.min-good", Given::number)?,
            triage: values.take("gates.reports.triage", Given::length)?,
        })
    }
}
