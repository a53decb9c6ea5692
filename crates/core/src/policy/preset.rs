//! Presets: the values of absent keys, under a name that never changes its meaning.

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
