//! What allclear brings along for the registries of the ecosystems: how to publish, and how to find out
//! whether it is published.
//!
//! Each probe asks through the ecosystem's own client, so that mirrors, proxies and logins are the ones that
//! are set up already. It answers 0 for yes and 1 for no; 2 is "cannot tell", and everything that is not
//! clearly a yes or a no: a registry that is down has not said that it lacks the version. Where a client uses
//! one exit code for both, its words decide, and words that are not known mean "cannot tell".
//!
//! The scripts know the package as `$ALLCLEAR_NAME`, from the manifest at the root of the tag. A project
//! that publishes more than one package writes its own `run` and `done`.

use super::ECOSYSTEMS;
use super::definition::{Ecosystem, Script};
use super::name::is_name;
use crate::types::text::short;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// The words of all recipes, in the order in which people read of them.
pub const WORDS: [&str; 5] = ["crates", "npm", "pypi", "go", "go-install"];

/// A recipe; its word stands for it in the policy and on record.
#[derive(Clone, Copy)]
pub struct Recipe {
    ecosystem: &'static Ecosystem,
    script: &'static Script,
}

impl Recipe {
    /// Finds a recipe by its word.
    pub fn find(word: &str) -> Option<Self> {
        ECOSYSTEMS.iter().find_map(|ecosystem| {
            let script = ecosystem.recipes.iter().find(|script| script.word == word)?;
            Some(Self { ecosystem, script })
        })
    }

    /// Gives its word in the policy.
    pub fn word(self) -> &'static str {
        self.script.word
    }

    /// Gives the file that names the package.
    pub fn manifest(self) -> &'static str {
        self.ecosystem.manifest
    }

    /// Gives the probe.
    pub fn done(self) -> &'static str {
        self.script.done
    }

    /// Gives what publishes; `None` where the probe is all there is to do.
    pub fn run(self) -> Option<&'static str> {
        self.script.run
    }

    /// Finds the package's name in its manifest. The name becomes an argument of a client: one that begins
    /// like an option, or has more in it than names have, is refused.
    ///
    /// # Errors
    ///
    /// Says why there is no usable name.
    pub fn name_in(self, manifest: &str) -> Result<String, String> {
        let file = self.manifest();
        match (self.ecosystem.package)(manifest) {
            Some(name) if is_name(&name) => Ok(name),
            Some(name) => {
                Err(format!("the name in {file}, `{}`, is not one that a registry accepts", short(&name, 60)))
            }
            None => Err(format!("{file} at the tag names no package")),
        }
    }
}

impl PartialEq for Recipe {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

impl Eq for Recipe {}

impl std::fmt::Debug for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Recipe").field(&self.word()).finish()
    }
}

impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        Self::find(&word).ok_or_else(|| de::Error::unknown_variant(&word, &WORDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_manifests() {
        for (word, manifest, name) in [
            ("crates", "[package]\nname = \"anyhow\"\n", Ok("anyhow")),
            ("crates", "[workspace]\nmembers = []\n", Err("names no package")),
            ("npm", "\u{feff}{\"name\": \"@scope/thing\"}", Ok("@scope/thing")),
            ("npm", "{\"name\": \"--registry=http://evil\"}", Err("not one that a registry accepts")),
            ("npm", "{\"name\": \"a b\"}", Err("not one that a registry accepts")),
            ("pypi", "[project]\nname = \"demo\"\n", Ok("demo")),
            ("pypi", "[tool.poetry]\nname = \"demo\"\n", Ok("demo")),
            ("go", "// hello\nmodule example.org/demo/v2 // why\n\ngo 1.22\n", Ok("example.org/demo/v2")),
            ("go-install", "module \"example.org/demo\"\n", Ok("example.org/demo")),
            ("go", "modules x\n", Err("names no package")),
            ("crates", "not toml", Err("names no package")),
        ] {
            match (Recipe::find(word).unwrap().name_in(manifest), name) {
                (Ok(found), Ok(name)) => assert_eq!(found, name),
                (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
                (found, name) => panic!("{manifest}: {found:?}, not {name:?}"),
            }
        }
    }

    #[test]
    fn every_recipe_has_its_word() {
        let scripts = ECOSYSTEMS.iter().flat_map(|ecosystem| ecosystem.recipes);
        let mut words: Vec<&str> = scripts.map(|script| script.word).collect();
        for word in &words {
            let recipe: Recipe = serde_json::from_value((*word).into()).unwrap();
            assert_eq!(serde_json::to_value(recipe).unwrap(), *word);
            assert!(recipe.done().contains("ALLCLEAR_NAME") && recipe.word() == *word);
        }
        let mut known = WORDS;
        words.sort_unstable();
        known.sort_unstable();
        assert_eq!(words, known);
        let unknown = serde_json::from_str::<Recipe>("\"crate\"").unwrap_err().to_string();
        assert!(unknown.contains("expected one of `crates`, `npm`"), "{unknown}");
    }
}
