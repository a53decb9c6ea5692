use allclear_core::types::text::{plain, short};
use std::path::Path;

/// Why a module cannot be packed: the go command refuses it too.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("reading `{}` failed: {why}", plain(.file))]
    Read { file: String, why: std::io::Error },
    #[error("writing the packed module failed: {0}")]
    Write(std::io::Error),
    #[error("there is no go.mod in `{}` that names a module", if .0.is_empty() { ".".into() } else { plain(.0) })]
    NoModule(String),
    #[error("the go.mod says `{}`, not `{}`", plain(.said), plain(.path))]
    OtherModule { said: String, path: String },
    #[error("the module path `{}` {}", plain(.path), plain(.why))]
    BadPath { path: String, why: String },
    #[error("`{version}` needs the module path `{}`", plain(.needed))]
    Major { version: String, needed: String },
    #[error("`{version}` needs a go.mod, and `{}` has none", plain(.path))]
    NeedsGoMod { version: String, path: String },
    /// Each file with what is wrong with it.
    #[error("{}", refusals(.0))]
    Refused(Vec<(String, String)>),
    #[error("the module has more than 500 MiB, and the go command takes no more")]
    TooLarge,
}

impl PackError {
    pub(super) fn read(file: &Path, why: std::io::Error) -> Self {
        Self::Read { file: file.to_string_lossy().into_owned(), why }
    }
}

fn refusals(refused: &[(String, String)]) -> String {
    const SHOWN: usize = 3;
    let each = refused.iter().take(SHOWN).map(|(name, why)| format!("`{}` {}", short(name, 120), plain(why)));
    let shown = each.collect::<Vec<_>>().join("; ");
    match refused.len().saturating_sub(SHOWN) {
        0 => format!("no Go module can have this: {shown}"),
        more => format!("no Go module can have this: {shown}; and {more} more"),
    }
}
