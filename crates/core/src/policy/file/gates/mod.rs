//! `[gates.NAME]`: what the policy file says of each gate. A gate that has more than `enforce` has a file here with
//! its keys, how they are read and shown, and which change of them makes the gate weaker.

mod approvals;
mod checks;
mod downstream;
mod reports;
mod soak;

pub(in crate::policy) use checks::{CHECK, check_text, checks};
pub(in crate::policy) use soak::{after_fix, after_fix_text};

use super::key::{Key, Kind, key};
use super::value::{Given, Values};
use crate::policy::model::{
    ApprovalsGate, ChecksGate, DownstreamGate, Gates, PlainGate, ReportsGate, SoakGate,
};
use crate::types::gate::for_each_gate;

pub(in crate::policy) struct Setting {
    pub(in crate::policy) key: Key,
    /// Writes the value, so that two different values never look the same.
    pub(in crate::policy) show: fn(&Gates) -> String,
    /// Tells whether something can pass with the second settings that could not pass with the first.
    pub(in crate::policy) is_weaker: fn(&Gates, &Gates) -> bool,
}

/// What a gate's settings are in the policy file.
trait Settings: Sized {
    /// All keys but `enforce`.
    const KEYS: &'static [Setting];

    fn read(values: &mut Values<'_>, enforce: bool) -> Option<Self>;
}

impl Settings for PlainGate {
    const KEYS: &'static [Setting] = &[];

    fn read(_: &mut Values<'_>, enforce: bool) -> Option<Self> {
        Some(Self { enforce })
    }
}

macro_rules! keys {
    ($(
        $(#[$doc:meta])*
        $gate:ident, $field:ident, $name:literal, place $place:literal, waivable $waivable:literal,
        $settings:ident $(or $default:ident)?;
    )*) => {
        const ENFORCE: &[Setting] = &[$(Setting {
            key: key(
                concat!("gates.", $name, ".enforce"),
                Kind::Flag,
                "true",
                "Whether the gate counts; otherwise it is shown as advice.",
            ),
            show: |gates| gates.$field.enforce.to_string(),
            is_weaker: |old, new| old.$field.enforce && !new.$field.enforce,
        }),*];

        const MORE: &[&[Setting]] = &[$(<$settings as Settings>::KEYS),*];

        /// Reads the settings of all gates. Every preset enforces every gate.
        pub(in crate::policy) fn read(values: &mut Values<'_>) -> Option<Gates> {
            Some(Gates {
                $($field: {
                    let enforce = values.take(concat!("gates.", $name, ".enforce"), Given::flag);
                    Settings::read(values, enforce.unwrap_or(true))?
                },)*
            })
        }
    };
}
for_each_gate!(keys);

/// Lists the keys of all gates, in the order of the file.
pub(in crate::policy) fn settings() -> impl Iterator<Item = &'static Setting> {
    ENFORCE.iter().zip(MORE).flat_map(|(enforce, more)| std::iter::once(enforce).chain(*more))
}
