use super::generic::Generic;
use super::go::Go;
use super::{Ecosystem, Files};
use allclear_core::experiment::Ecosystem as Name;
use std::ffi::OsString;
use std::process::ExitCode;

/// In the order in which they are asked whether a tree belongs to them.
pub(crate) struct Table(Vec<(Name, Box<dyn Ecosystem>)>);

impl Default for Table {
    fn default() -> Self {
        Self(vec![(Name::Go, Box::<Go>::default()), (Name::Generic, Box::new(Generic))])
    }
}

impl Table {
    pub(crate) fn of(&self, name: Name) -> &dyn Ecosystem {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.expect("every ecosystem of a policy has its line in the table").1.as_ref()
    }

    pub(crate) fn recognise(&self, files: &Files) -> Name {
        let takes = |ecosystem: &dyn Ecosystem| {
            let names = ecosystem.manifests();
            names.is_empty() || names.iter().any(|name| files.has(name))
        };
        self.0.iter().find(|(_, one)| takes(one.as_ref())).map_or(Name::Generic, |(name, _)| *name)
    }

    /// Tells whether a pattern selects manifests.
    pub(crate) fn chooses_manifests(&self, pattern: &str) -> bool {
        self.0.iter().any(|(_, one)| one.manifests().iter().any(|name| pattern.ends_with(name)))
    }

    pub(crate) fn helper(&self, words: &[OsString]) -> Option<ExitCode> {
        self.0.iter().find_map(|(_, one)| one.helper(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ecosystem_is_in_the_table_once() {
        let table = Table::default();
        // A new name breaks this match, and needs a line here and above.
        let all = [Name::Go, Name::Generic];
        for name in all {
            match name {
                Name::Go | Name::Generic => drop(table.of(name).manifests()),
            }
        }
        assert_eq!(table.0.len(), all.len());
    }
}
