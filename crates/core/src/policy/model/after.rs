//! `[[after]]`: what is done once a release is out.

use crate::ecosystem::recipe::Recipe;
use crate::types::duration::Seconds;
use serde::{Deserialize, Serialize};

/// One after-step: what is done, and how it is known to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AfterStep {
    /// Its name, on record and for people.
    pub name: String,
    /// A recipe that allclear brings along; it stands in where `run` or `done` is absent.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// What does it, for `sh -c`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What finds out whether it is done, for `sh -c`: 0 it is, 1 it is not, anything else it cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// The steps that must be done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// How long `run` may take.
    pub limit: Seconds,
}

impl AfterStep {
    /// Gives the script that does it; `None` where somebody else does, and allclear only finds out.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref().or(self.recipe.and_then(Recipe::run))
    }

    /// Gives the script that finds out whether it is done.
    pub fn done(&self) -> Option<&str> {
        self.done.as_deref().or(self.recipe.map(Recipe::done))
    }
}
