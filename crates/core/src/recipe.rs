//! What allclear brings along for the registries of four ecosystems: how to publish, and how to find out
//! whether it is published.
//!
//! Each probe asks through the ecosystem's own client, so that mirrors, proxies and logins are the ones that
//! are set up already. It answers 0 for yes and 1 for no; 2 is "cannot tell", and everything that is not
//! clearly a yes or a no: a registry that is down has not said that it lacks the version. Where a client uses
//! one exit code for both, its words decide, and words that are not known mean "cannot tell".
//!
//! The scripts know the package as `$ALLCLEAR_NAME`, from the manifest at the root of the tag. A project
//! that publishes more than one package writes its own `run` and `done`.

use serde::{Deserialize, Serialize};

/// A recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// `cargo publish`.
    Crates,
    /// `npm publish`.
    Npm,
    /// A wheel and an sdist, uploaded by `uv` or `twine`.
    Pypi,
    /// The Go module proxy: nothing is pushed, asking is what makes it fetch.
    Go,
    /// Both ways in which people install a Go program: the tag and the stable branch.
    GoInstall,
}

struct Script {
    recipe: Recipe,
    word: &'static str,
    manifest: &'static str,
    done: &'static str,
    run: Option<&'static str>,
}

const RECIPES: [Script; 5] = [
    Script {
        recipe: Recipe::Crates,
        word: "crates",
        manifest: "Cargo.toml",
        done: include_str!("recipe/crates-done.sh"),
        run: Some(include_str!("recipe/crates-run.sh")),
    },
    Script {
        recipe: Recipe::Npm,
        word: "npm",
        manifest: "package.json",
        done: include_str!("recipe/npm-done.sh"),
        run: Some("npm publish"),
    },
    Script {
        recipe: Recipe::Pypi,
        word: "pypi",
        manifest: "pyproject.toml",
        done: include_str!("recipe/pypi-done.sh"),
        run: Some(include_str!("recipe/pypi-run.sh")),
    },
    Script {
        recipe: Recipe::Go,
        word: "go",
        manifest: "go.mod",
        done: include_str!("recipe/go-done.sh"),
        run: None,
    },
    Script {
        recipe: Recipe::GoInstall,
        word: "go-install",
        manifest: "go.mod",
        done: include_str!("recipe/go-install-done.sh"),
        run: None,
    },
];

impl Recipe {
    fn script(self) -> &'static Script {
        RECIPES.iter().find(|s| s.recipe == self).unwrap_or(&RECIPES[0])
    }

    /// Gives its word in the policy.
    pub fn word(self) -> &'static str {
        self.script().word
    }

    /// Gives the file that names the package.
    pub fn manifest(self) -> &'static str {
        self.script().manifest
    }

    /// Gives the probe.
    pub fn done(self) -> &'static str {
        self.script().done
    }

    /// Gives what publishes; `None` where the probe is all there is to do.
    pub fn run(self) -> Option<&'static str> {
        self.script().run
    }

    /// Finds the package's name in its manifest. The name becomes an argument of a client: one that begins
    /// like an option, or has more in it than names have, is refused.
    ///
    /// # Errors
    ///
    /// Says why there is no usable name.
    pub fn name_in(self, manifest: &str) -> Result<String, String> {
        let file = self.manifest();
        let name = match self {
            Self::Crates => in_toml(manifest, &[&["package", "name"]]),
            Self::Pypi => in_toml(manifest, &[&["project", "name"], &["tool", "poetry", "name"]]),
            Self::Npm => serde_json::from_str::<serde_json::Value>(manifest.trim_start_matches('\u{feff}'))
                .ok()
                .and_then(|value| Some(value.get("name")?.as_str()?.to_owned())),
            Self::Go | Self::GoInstall => in_go_mod(manifest),
        };
        let name = name.ok_or_else(|| format!("{file} at the tag names no package"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@' | '~');
        let good = name.len() <= 200 && name.chars().all(plain) && !name.starts_with('-');
        if good && !name.is_empty() {
            Ok(name)
        } else {
            Err(format!(
                "the name in {file}, `{}`, is none that a registry takes",
                crate::types::text::short(&name, 60)
            ))
        }
    }
}

fn in_toml(text: &str, paths: &[&[&str]]) -> Option<String> {
    let root: toml::Table = toml::from_str(text).ok()?;
    paths.iter().find_map(|path| {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(&root, |table, key| table.get(*key)?.as_table())?;
        Some(table.get(*last)?.as_str()?.to_owned())
    })
}

/// Finds the module's path (Go Modules Reference, "go.mod files").
fn in_go_mod(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    let path =
        lines.filter_map(|line| line.strip_prefix("module")).find(|rest| rest.starts_with([' ', '\t']))?;
    let path = path.trim();
    let quoted = path.strip_prefix('"').and_then(|p| p.strip_suffix('"'));
    let raw = path.strip_prefix('`').and_then(|p| p.strip_suffix('`'));
    Some(quoted.or(raw).unwrap_or(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_manifests() {
        for (recipe, manifest, name) in [
            (Recipe::Crates, "[package]\nname = \"anyhow\"\n", Ok("anyhow")),
            (Recipe::Crates, "[workspace]\nmembers = []\n", Err("names no package")),
            (Recipe::Npm, "\u{feff}{\"name\": \"@scope/thing\"}", Ok("@scope/thing")),
            (Recipe::Npm, "{\"name\": \"--registry=http://evil\"}", Err("none that a registry takes")),
            (Recipe::Npm, "{\"name\": \"a b\"}", Err("none that a registry takes")),
            (Recipe::Pypi, "[project]\nname = \"demo\"\n", Ok("demo")),
            (Recipe::Pypi, "[tool.poetry]\nname = \"demo\"\n", Ok("demo")),
            (
                Recipe::Go,
                "// hello\nmodule example.org/demo/v2 // why\n\ngo 1.22\n",
                Ok("example.org/demo/v2"),
            ),
            (Recipe::GoInstall, "module \"example.org/demo\"\n", Ok("example.org/demo")),
            (Recipe::Go, "modules x\n", Err("names no package")),
            (Recipe::Crates, "not toml", Err("names no package")),
        ] {
            match (recipe.name_in(manifest), name) {
                (Ok(found), Ok(name)) => assert_eq!(found, name),
                (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
                (found, name) => panic!("{manifest}: {found:?}, not {name:?}"),
            }
        }
    }

    #[test]
    fn every_recipe_has_its_word() {
        for script in &RECIPES {
            let word = serde_json::to_value(script.recipe).unwrap();
            assert_eq!(word, script.word);
            assert!(script.done.contains("ALLCLEAR_NAME") && script.recipe.word() == script.word);
        }
    }
}
