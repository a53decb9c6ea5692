//! What can be wrong with a file that is to carry the version.

use crate::types::text::{list, plain, short};

/// Tells what is wrong with a file that is to carry the version, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The commit has no such file.
    #[error("`{}` is not there; add it, or correct `version.files` in the policy", plain(.path))]
    Missing {
        /// The file.
        path: String,
    },
    /// No pattern, and no manifest known by its name.
    #[error(
        "`{}` is not a manifest that allclear knows; write it as `{{ path, pattern }}` in `version.files`",
        plain(.path)
    )]
    Unknown {
        /// The file.
        path: String,
    },
    /// The file cannot be parsed.
    #[error("`{}` is not valid {format}: {}; correct the file first", plain(.path), short(.said, 200))]
    Syntax {
        /// The file.
        path: String,
        /// TOML or JSON.
        format: &'static str,
        /// What the parser said, on one line.
        said: String,
    },
    /// The manifest has no version.
    #[error("`{}` has no {sought}; add it, or leave the file out of `version.files`", plain(.path))]
    NoVersion {
        /// The file.
        path: String,
        /// The keys that were looked for.
        sought: &'static str,
    },
    /// The version is a number, a table or something else.
    #[error("{sought} in `{}` is not a text; put the version in quotes", plain(.path))]
    NotText {
        /// The file.
        path: String,
        /// The key.
        sought: &'static str,
    },
    /// A member of a Cargo workspace with `version.workspace = true`.
    #[error(
        "`{}` takes its version from its workspace; name the workspace's Cargo.toml instead",
        plain(.path)
    )]
    Inherited {
        /// The file.
        path: String,
    },
    /// A Python project whose version is computed at build time.
    #[error(
        "`{}` computes its version (`dynamic`); name the file that holds it as `{{ path, pattern }}` in `version.files`",
        plain(.path)
    )]
    Dynamic {
        /// The file.
        path: String,
    },
    /// The pattern cannot be used.
    #[error("the pattern `{}` for `{}` {wrong}", short(.pattern, 80), plain(.path))]
    BadPattern {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it, and what to do.
        wrong: &'static str,
    },
    /// The pattern matches nowhere.
    #[error("no line of `{}` matches `{}`; correct the pattern or the file", plain(.path), short(.pattern, 80))]
    NoMatch {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
    },
    /// The pattern matches more than once.
    #[error(
        "`{}` matches `{}` in lines {}; make the pattern so long that it matches once",
        short(.pattern, 80), plain(.path), list(&.lines.iter().map(ToString::to_string).collect::<Vec<_>>())
    )]
    ManyMatches {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
        /// The lines of the first matches, counted from 1.
        lines: Vec<usize>,
    },
    /// The edited text does not read back.
    #[error("`{}` cannot be edited safely: the new version does not read back; set it by hand", plain(.path))]
    Unsafe {
        /// The file.
        path: String,
    },
}
