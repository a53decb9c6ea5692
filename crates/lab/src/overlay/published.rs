//! What the registries behind an overlay had published at the cut-off.

use super::server::Reply;
use super::snapshot::{Answer, Snapshot};
use super::upstream::{Unreachable, Upstream};
use jiff::Timestamp;

/// What the registries behind an overlay had published at the cut-off. What one of them said once holds from then on.
#[derive(Debug)]
pub(crate) struct Published {
    /// What was said before.
    pub(crate) snapshot: Snapshot,
    /// The registries that are asked for the rest; `None` where there is no network.
    pub(crate) upstream: Option<Upstream>,
    /// The cut-off: what was published later is not seen.
    pub(crate) until: Timestamp,
}

impl Published {
    /// Answers from the snapshot; what is not in it is asked for once, and put there.
    pub(crate) fn answer(
        &self,
        path: &str,
        ask: impl Fn(&Upstream) -> Result<Answer, Unreachable>,
    ) -> Result<Answer, Reply> {
        if let Some(answer) = self.known(path)? {
            return Ok(answer);
        }
        match &self.upstream {
            None => Ok(Answer::Missing),
            Some(upstream) => self.snapshot.keep(path, ask(upstream)?).map_err(|_| Reply::Failed),
        }
    }

    /// Finds what is in the snapshot.
    pub(crate) fn known(&self, path: &str) -> Result<Option<Answer>, Reply> {
        self.snapshot.find(path).map_err(|_| Reply::Failed)
    }
}
