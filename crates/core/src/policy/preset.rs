//! Presets: the values of absent keys, under a name that never changes its meaning.

use super::{Policy, build};

/// A complete set of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// For code that others build on; what a file without `preset` gets.
    Library1,
    /// For a program that people install.
    Product1,
    /// For a service that its own team runs.
    Service1,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Library1, Self::Product1, Self::Service1];

    /// Gives the name by which a policy file asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Library1 => "library@1",
            Self::Product1 => "product@1",
            Self::Service1 => "service@1",
        }
    }

    /// Gives its text, with a comment for each key.
    pub fn text(self) -> &'static str {
        match self {
            Self::Library1 => include_str!("presets/library@1.toml"),
            Self::Product1 => include_str!("presets/product@1.toml"),
            Self::Service1 => include_str!("presets/service@1.toml"),
        }
    }

    /// Finds a preset by its name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }
}

/// Gives the policy of a project that says nothing but the preset's name.
pub fn defaults(preset: Preset) -> Policy {
    build::preset(preset).expect("a test reads every preset")
}

#[cfg(test)]
mod tests {
    use super::super::keys::{KEYS, Kind};
    use super::super::{AfterFix, read};
    use super::*;
    use crate::duration::Seconds;

    #[test]
    fn every_preset_reads_clean() {
        for preset in Preset::ALL {
            let effective = read(preset.text()).unwrap();
            let warnings: Vec<&str> = effective.warnings.iter().map(|w| w.message.as_str()).collect();
            assert_eq!(warnings, ["`train.every`: no train runs without an anchor"], "{}", preset.name());
            assert_eq!(effective.policy, defaults(preset));
            assert_eq!(effective.policy.preset, preset.name());
            assert_eq!(effective.policy.train, None);
            assert_eq!(effective.policy.tags, None);
            assert!(effective.policy.promotion.automatic);
        }
    }

    #[test]
    fn the_key_names_every_preset() {
        let words = KEYS.iter().find(|key| key.path == "preset").map(|key| key.kind);
        let names = Preset::ALL.map(Preset::name);
        assert!(matches!(words, Some(Kind::Word(words)) if *words == names));
        assert!(Preset::ALL.iter().all(|preset| Preset::find(preset.name()) == Some(*preset)));
    }

    #[test]
    fn presets_differ_in_how_long_they_soak() {
        let soak = |preset| {
            let gates = defaults(preset).gates;
            (gates.soak.length, gates.soak.after_fix)
        };
        let days = |n: u64| Seconds(n * 86_400);
        assert_eq!(soak(Preset::Library1), (days(7), AfterFix::Serve(days(3))));
        assert_eq!(soak(Preset::Product1), (days(7), AfterFix::Serve(days(3))));
        assert_eq!(soak(Preset::Service1), (days(3), AfterFix::Serve(days(1))));
    }
}
