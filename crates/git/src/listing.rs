//! What lies in a tree, and which branch a server shows first.

use crate::process::{Failure, Git};
use allclear_core::CommitId;
use allclear_core::port::Listed;
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(1);

/// Lists the files of a tree at some paths.
pub(crate) fn files(git: &Git, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, Failure> {
    let mut args = vec!["ls-tree", "-z", "-l", "--full-tree", tree.as_str(), "--"];
    args.extend(paths);
    let out = git.ok(&args, b"")?;
    Ok(out.split(|&b| b == 0).filter_map(|line| listed(std::str::from_utf8(line).ok()?)).collect())
}

/// Reads `100644 blob <id> <size>\t<path>`.
fn listed(line: &str) -> Option<Listed> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let (mode, kind) = (words.next()?, words.next()?);
    let size = words.nth(1)?.parse().unwrap_or(0);
    let regular = matches!(mode, "100644" | "100755" | "100664");
    (kind != "tree").then(|| Listed { path: path.to_owned(), regular, size })
}

/// Asks the server for its `HEAD`.
pub(crate) fn default_branch(network: &Git, url: &str) -> Result<Option<String>, Failure> {
    let args = ["ls-remote", "-q", "--symref", "--", url, "HEAD"];
    let output = network.run(&args, b"", LIMIT)?;
    if output.code != Some(0) {
        return Err(Failure::Failed { verb: "ls-remote".into(), said: output.said });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let name = text.lines().find_map(|l| l.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
    Ok(name.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_tree() {
        let id = "1111111111111111111111111111111111111111";
        let file = listed(&format!("100644 blob {id}      12\t.github/a b.yml")).unwrap();
        assert_eq!(file, Listed { path: ".github/a b.yml".into(), regular: true, size: 12 });
        assert!(!listed(&format!("120000 blob {id}       4\tlink")).unwrap().regular);
        assert_eq!(listed(&format!("040000 tree {id}       -\t.github/workflows")), None);
        assert!(!listed(&format!("160000 commit {id}       -\tother")).unwrap().regular);
        assert_eq!(listed("rubbish"), None);
    }
}
