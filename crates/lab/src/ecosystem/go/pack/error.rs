//! Why a module cannot be packed.

use allclear_core::types::text::{plain, short};
use std::path::Path;

/// Why a module cannot be packed. Where the go command refuses, so does this.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or a folder cannot be read.
    #[error("reading `{}` failed: {why}", plain(.file))]
    Read {
        /// Its name.
        file: String,
        /// Why.
        why: std::io::Error,
    },
    /// The packed module cannot be written.
    #[error("writing the packed module failed: {0}")]
    Write(std::io::Error),
    /// There is no go.mod, and nothing else says what the module is.
    #[error("there is no go.mod in `{}` that names a module", if .0.is_empty() { ".".into() } else { plain(.0) })]
    NoModule(String),
    /// The go.mod is that of another module.
    #[error("the go.mod says `{}`, not `{}`", plain(.said), plain(.path))]
    OtherModule {
        /// The module path that it says.
        said: String,
        /// The module path that is packed.
        path: String,
    },
    /// The module path is none.
    #[error("the module path `{}` {}", plain(.path), plain(.why))]
    BadPath {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The version belongs to another module path: that of its major version.
    #[error("`{version}` needs the module path `{}`", plain(.needed))]
    Major {
        /// The version.
        version: String,
        /// The path that it needs.
        needed: String,
    },
    /// A module of this version needs a go.mod.
    #[error("`{version}` needs a go.mod, and `{}` has none", plain(.path))]
    NeedsGoMod {
        /// The version.
        version: String,
        /// The module path.
        path: String,
    },
    /// Files that no Go module can have, each with what is wrong with it.
    #[error("{}", refusals(.0))]
    Refused(Vec<(String, String)>),
    /// The module is too large.
    #[error("the module has more than 500 MiB, and the go command takes no more")]
    TooLarge,
}

impl PackError {
    /// Says that a file or a folder cannot be read.
    pub(super) fn read(file: &Path, why: std::io::Error) -> Self {
        Self::Read { file: file.to_string_lossy().into_owned(), why }
    }
}

/// Says what is refused, in one line.
fn refusals(refused: &[(String, String)]) -> String {
    const SHOWN: usize = 3;
    let each = refused.iter().take(SHOWN).map(|(name, why)| format!("`{}` {}", short(name, 120), plain(why)));
    let shown = each.collect::<Vec<_>>().join("; ");
    match refused.len().saturating_sub(SHOWN) {
        0 => format!("no Go module can have this: {shown}"),
        more => format!("no Go module can have this: {shown}; and {more} more"),
    }
}
