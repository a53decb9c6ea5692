//! The flags that every verb takes.

use std::path::PathBuf;

/// What every verb can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// The clone to work on; the current directory by default.
    #[arg(short = 'C', global = true, value_name = "CLONE")]
    pub(crate) clone: Option<PathBuf>,
    /// The server: a remote's name, an address or a path.
    #[arg(long, global = true, value_name = "REMOTE")]
    pub(crate) remote: Option<String>,
    /// Print JSON for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show the last look at the server, with its age, and do not ask it again.
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Who acts, as it goes on record; git's user by default.
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub(crate) who: Option<String>,
}
