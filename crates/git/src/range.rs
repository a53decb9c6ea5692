//! Reads of the store beside the graph of all tips: one range of commits, and what is at one path.

use crate::parse;
use crate::process::{Failure, Git};
use allclear_core::CommitId;
use allclear_core::port::Graph;

/// How commits are read, as [`parse::graph`] takes them; the revisions come on standard input.
pub(crate) const LOG: &[&str] = &[
    "log",
    "--stdin",
    "-z",
    "--topo-order",
    "--no-show-signature",
    "--no-decorate",
    "--no-notes",
    "--no-color",
    "--no-mailmap",
    "--format=tformat:%H%x00%P%x00%an <%ae>%x00%B",
];

/// Reads what `tip` has and none of `without` has. All must be commits of the store.
pub(crate) fn since<'a>(
    git: &Git,
    tip: &CommitId,
    without: impl Iterator<Item = &'a CommitId>,
) -> Result<Graph, Failure> {
    let hidden: String = without.map(|id| format!("^{id}\n")).collect();
    git.ok(LOG, format!("{tip}\n{hidden}").as_bytes()).map(|out| parse::graph(&out))
}

/// What stands at a path, by its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Nothing, and nothing but folders above it.
    Free,
    /// A file.
    File,
    /// A folder, a link or a submodule; or one above it.
    Taken,
}

/// Looks what stands at a path of a tree.
pub(crate) fn slot(git: &Git, tree: &CommitId, path: &str) -> Result<Slot, Failure> {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    let args: Vec<&str> =
        ["ls-tree", "-z", tree.as_str(), "--"].into_iter().chain(above).chain([path]).collect();
    let out = git.ok(&args, b"")?;
    let out = String::from_utf8_lossy(&out);
    let mut slot = Slot::Free;
    for (mode, name) in out.split('\0').filter_map(|line| Some((line.get(..6)?, line.split_once('\t')?.1))) {
        slot = match (name == path, mode) {
            (true, "100644" | "100755") => return Ok(Slot::File),
            (false, "040000") => slot,
            (true | false, _) => Slot::Taken,
        };
    }
    Ok(slot)
}
