//! What `--json` prints, where more than one command prints it or it fills a screen.

pub(crate) mod doctor;
pub(crate) mod experiment;
pub(crate) mod release;
pub(crate) mod status;
pub(crate) mod todo;
