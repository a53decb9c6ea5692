//! Parses the requests of the module proxy protocol.

use crate::ecosystem::go::paths;
use crate::overlay::upstream::decoded;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModuleRequest {
    /// Escaped.
    pub(super) module: String,
    pub(super) what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    List,
    Latest,
    /// A file of a version, or of another name for a commit.
    File {
        version: String,
        kind: Kind,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Info,
    Mod,
    Zip,
}

impl Kind {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Info => "application/json",
            Self::Mod => "text/plain; charset=utf-8",
            Self::Zip => "application/zip",
        }
    }
}

impl ModuleRequest {
    /// Parses the path of an address; `None` if it does not belong to the protocol.
    pub(super) fn read(path: &str) -> Option<Self> {
        // The go command encodes `!`; nobody needs to encode the separator of a path.
        if path.to_ascii_lowercase().contains("%2f") {
            return None;
        }
        let path = decoded(path)?;
        let (module, what) = match path.strip_suffix("/@latest") {
            Some(module) => (module, What::Latest),
            None => {
                let (module, file) = path.split_once("/@v/")?;
                (module, if file == "list" { What::List } else { What::file(file)? })
            }
        };
        paths::check_module(&paths::unescaped(module)?).ok()?;
        Some(Self { module: module.to_owned(), what })
    }
}

impl What {
    fn file(name: &str) -> Option<Self> {
        let (version, extension) = name.rsplit_once('.')?;
        let kind =
            [Kind::Info, Kind::Mod, Kind::Zip].into_iter().find(|kind| kind.extension() == extension)?;
        let version = paths::unescaped(version)?;
        let one_name = !version.contains(['/', '!']) && paths::check_file(&version).is_ok();
        one_name.then_some(Self::File { version, kind })
    }
}
