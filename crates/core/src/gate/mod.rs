//! What judges the gates: one file each, all of one shape. `types::gate` has the table of them.

mod approvals;
pub mod carry;
mod case;
mod checks;
mod clock;
mod contains_stable;
mod downstream;
mod fixes;
mod freeze;
mod hold;
mod merge_back;
mod reports;
mod soak;
pub mod stops;
mod version;
pub mod waiver;

pub(crate) use case::earliest;
pub use case::{Case, Finding, Kind, MARGIN, Subject};

use crate::policy::Gates;
use crate::types::gate::{Gate, for_each_gate, in_order};

type Judge = fn(&Case<'_>) -> Finding;
type Enforced = fn(&Gates) -> bool;

macro_rules! judges {
    ($(
        $(#[$doc:meta])*
        $gate:ident, $field:ident, $name:literal, place $place:literal, waivable $waivable:literal,
        $settings:ident $(or $default:ident)?;
    )*) => {
        /// Who judges each gate, and whether a policy enforces it, in the order in which people read the gates.
        pub const GATES: &[(Gate, Judge, Enforced)] = &in_order([$(
            (Gate::$gate, (Gate::$gate, $field::judge as Judge, (|gates| gates.$field.enforce) as Enforced)),
        )*]);
    };
}
for_each_gate!(judges);
