//! Asks who descends from whom, each time in one walk, however many branches and tags there are.

use crate::process::Git;
use crate::store::{FETCH_LIMIT, broken};
use allclear_core::CommitId;
use allclear_core::history::lineage::Lineage;
use allclear_core::port::RepoError;
use std::collections::BTreeSet;
use std::path::Path;

/// Finds the commits whose ids begin with some hex digits.
pub(crate) fn begins_with(git: &Git, prefix: &str) -> Result<Vec<CommitId>, RepoError> {
    let hex = prefix.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !hex || !(4..=64).contains(&prefix.len()) {
        return Ok(Vec::new());
    }
    let found = if CommitId::parse(prefix).is_ok() {
        prefix.to_owned()
    } else {
        git.line(&["rev-parse", &format!("--disambiguate={prefix}")], b"").map_err(broken)?
    };
    let ask: String = found.lines().map(|id| format!("{id}^{{commit}}\n")).collect();
    let out = git.ok(&["cat-file", "--batch-check=%(objectname) %(objecttype)"], ask.as_bytes());
    let out = String::from_utf8_lossy(&out.map_err(broken)?).into_owned();
    let commits = out.lines().filter_map(|line| CommitId::parse(line.strip_suffix(" commit")?).ok());
    Ok(commits.collect::<BTreeSet<_>>().into_iter().collect())
}

/// Reads the commits of `tips` above the parents of `commit`, parents before children.
pub(crate) fn lineage(git: &Git, commit: &CommitId, tips: &BTreeSet<CommitId>) -> Result<Lineage, RepoError> {
    let mut input: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
    input.push_str(&format!("^{commit}^@\n"));
    let mut lineage = Lineage::default();
    let mut each = |out: &mut dyn std::io::BufRead| -> std::io::Result<()> {
        let mut line = String::new();
        while out.read_line(&mut line)? > 0 {
            let mut ids = line.split_ascii_whitespace().filter_map(|id| CommitId::parse(id).ok());
            if let Some(id) = ids.next() {
                lineage.add(id, &ids.collect::<Vec<_>>());
            }
            line.clear();
        }
        Ok(())
    };
    let args = ["rev-list", "--stdin", "--date-order", "--reverse", "--parents"];
    git.stream(&args, input.as_bytes(), FETCH_LIMIT, &mut each).map_err(broken)?;
    Ok(lineage)
}

/// Writes down the links of all that was fetched, as far as it is not yet. Git reads them ten times as fast as
/// commits.
pub(crate) fn index(git: &Git) -> Result<(), RepoError> {
    let args = ["commit-graph", "write", "--reachable", "--split", "--no-progress"];
    git.ok(&args, b"").map(drop).map_err(broken)
}

/// Drops what was written down: it may name commits that went away with a lender.
pub(crate) fn forget(store: &Path) {
    let info = store.join("objects/info");
    drop(std::fs::remove_file(info.join("commit-graph")));
    drop(std::fs::remove_dir_all(info.join("commit-graphs")));
}
