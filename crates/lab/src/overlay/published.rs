//! What registries had published at the cut-off.

use super::server::Reply;
use super::snapshot::{Answer, Snapshot};
use super::upstream::{Unreachable, Upstream};
use jiff::Timestamp;

/// What registries had published at the cut-off. Their first answer to a question holds from then on.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) snapshot: Snapshot,
    pub(crate) upstream: Upstream,
    /// The cut-off.
    pub(crate) until: Timestamp,
}

impl Published {
    /// Answers from the snapshot; `ask` is called for what is not in it yet.
    pub(crate) fn answer(
        &self,
        path: &str,
        ask: impl Fn(&Upstream) -> Result<Answer, Unreachable>,
    ) -> Result<Answer, Reply> {
        if let Some(answer) = self.known(path)? {
            return Ok(answer);
        }
        self.snapshot.keep(path, ask(&self.upstream)?).map_err(|_| Reply::Failed)
    }

    pub(crate) fn known(&self, path: &str) -> Result<Option<Answer>, Reply> {
        self.snapshot.find(path).map_err(|_| Reply::Failed)
    }
}
