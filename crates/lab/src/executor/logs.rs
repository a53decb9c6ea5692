//! The logs of failures.

use base16ct::lower::encode_string as hex;
use sha2::{Digest, Sha256};
use std::path::Path;

/// How many logs are kept.
const MAX_LOGS: usize = 500;

/// Keeps a log, and removes the oldest ones; gives its path.
pub(super) fn keep(dir: &Path, log: &str) -> Option<String> {
    std::fs::create_dir_all(dir).ok()?;
    let digest = hex(&Sha256::digest(log.as_bytes())[..8]);
    let file = dir.join(format!("{digest}.log"));
    std::fs::write(&file, log).ok()?;
    let mut all: Vec<_> = std::fs::read_dir(dir)
        .ok()?
        .flatten()
        .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
        .collect();
    all.sort();
    for (_, old) in all.iter().rev().skip(MAX_LOGS) {
        drop(std::fs::remove_file(old));
    }
    Some(file.display().to_string())
}
