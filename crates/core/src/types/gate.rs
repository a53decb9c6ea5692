//! The one table of the gates.

use serde::Serialize;

/// Hands the table of the gates to the macro `$apply`.
///
/// One entry is a gate, in the order of the policy file and of policies on record:
///
/// - its doc comment, and its name as a variant of [`Gate`];
/// - its name in Rust: of its file in `core/src/gate/`, and of its field in `policy::Gates`;
/// - the name that people type;
/// - `place`: where it stands on the screen, from 1;
/// - `waivable`: whether a person can set it aside. Not what says that a promotion can be made at all, and not
///   what a person can lift or strike;
/// - the type of its settings in `policy/model/gates.rs`: `PlainGate` where it has none but `enforce`;
/// - `or default` where the first policies on record did not have the gate. Each new gate needs it.
macro_rules! for_each_gate {
    ($apply:ident) => {
        $apply! {
            /// The candidate soaked for long enough.
            Soak, soak, "soak", place 2, waivable true, SoakGate;
            /// Only fixes came after the cut.
            Fixes, fixes, "fixes", place 1, waivable true, PlainGate;
            /// The candidate merges into develop without a conflict.
            MergeBack, merge_back, "merge-back", place 5, waivable false, PlainGate;
            /// The candidate contains stable.
            ContainsStable, contains_stable, "contains-stable", place 6, waivable false, PlainGate;
            /// The version, its branch and its tags are as recorded.
            Version, version, "version", place 7, waivable false, PlainGate;
            /// The checks that others run and record passed.
            Checks, checks, "checks", place 3, waivable true, ChecksGate;
            /// What depends on the project builds and runs.
            Downstream, downstream, "downstream", place 4, waivable true, DownstreamGate or default;
            /// What users reported of the candidate.
            Reports, reports, "reports", place 8, waivable true, ReportsGate or default;
            /// The people who have to approve did.
            Approvals, approvals, "approvals", place 9, waivable true, ApprovalsGate or default;
            /// No person holds the candidate.
            Hold, hold, "hold", place 10, waivable false, PlainGate;
            /// No freeze stops promotions.
            Freeze, freeze, "freeze", place 11, waivable true, PlainGate;
            /// The record's clock can be believed.
            Clock, clock, "clock", place 12, waivable false, PlainGate;
        }
    };
}
pub(crate) use for_each_gate;

macro_rules! gate {
    ($(
        $(#[$doc:meta])*
        $gate:ident, $field:ident, $name:literal, place $place:literal, waivable $waivable:literal,
        $settings:ident $(or $default:ident)?;
    )*) => {
        /// A gate's name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Gate {
            $($(#[$doc])* $gate = $place,)*
        }

        impl Gate {
            /// All gates, in the order in which people read them.
            pub const ALL: [Self; [$($name),*].len()] = in_order([$((Self::$gate, Self::$gate)),*]);

            /// Gives the name that people type.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$gate => $name,)*
                }
            }

            /// Tells whether a person can set it aside.
            pub fn is_waivable(self) -> bool {
                match self {
                    $(Self::$gate => $waivable,)*
                }
            }
        }
    };
}
for_each_gate!(gate);

/// Puts what each gate has into the order in which people read the gates. It does not compile where a place is
/// missing.
pub(crate) const fn in_order<T: Copy, const N: usize>(of: [(Gate, T); N]) -> [T; N] {
    let mut ordered = [of[0].1; N];
    let mut next = 0;
    while next < N {
        let (gate, value) = of[next];
        ordered[gate as usize - 1] = value;
        next += 1;
    }
    ordered
}

impl Gate {
    /// Finds a gate by the name that people type.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.name() == name)
    }

    /// Names the gates that a person can set aside.
    pub fn waivable() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(|gate| gate.is_waivable()).map(Self::name)
    }
}
