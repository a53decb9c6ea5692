//! `demo`.
use crate::exit::Exit;
use allclear_engine::Fault;
pub(crate) fn run(_fast: bool, _dir: Option<&std::path::Path>) -> Result<Exit, Fault> {
    Ok(Exit::Done)
}
