//! Parses what git prints.

use allclear_core::history::graph::{CommitInfo, Graph};
use allclear_core::port::{Merged, Refs};
use allclear_core::{CommitId, RefName};
use std::collections::BTreeMap;

/// Writes ids as git reads them from standard input, a line each.
pub(crate) fn id_lines<'a>(ids: impl IntoIterator<Item = &'a CommitId>) -> String {
    ids.into_iter().map(|id| format!("{id}\n")).collect()
}

/// An entry of a tree: its mode, its name, and the bytes of its id.
pub(crate) type TreeEntry<'a> = (&'a str, &'a [u8], &'a [u8]);

/// Reads a raw tree whose ids have `width` bytes; `None` where it is none.
pub(crate) fn tree(mut raw: &[u8], width: usize) -> Option<Vec<TreeEntry<'_>>> {
    let mut entries = Vec::new();
    while !raw.is_empty() {
        let end = raw.iter().position(|&b| b == 0)?;
        let space = raw[..end].iter().position(|&b| b == b' ')?;
        let id = raw.get(end + 1..end + 1 + width)?;
        entries.push((std::str::from_utf8(&raw[..space]).ok()?, &raw[space + 1..end], id));
        raw = &raw[end + 1 + width..];
    }
    Some(entries)
}

/// Reads `diff-tree --stdin -z --raw`: the id of a commit, and for each path that it changes a field that begins with a
/// colon and the path itself, whatever that looks like.
pub(crate) fn paths(text: &[u8]) -> BTreeMap<CommitId, Vec<String>> {
    let mut paths: BTreeMap<CommitId, Vec<String>> = BTreeMap::new();
    let mut current = None;
    let mut fields = text.split(|&b| b == 0);
    while let Some(field) = fields.next() {
        if field.starts_with(b":") {
            let path = fields.next().map(|path| String::from_utf8_lossy(path).into_owned());
            let list = current.as_ref().and_then(|id| paths.get_mut(id));
            if let (Some(list), Some(path)) = (list, path) {
                list.push(path);
            }
        } else {
            current = CommitId::parse(&String::from_utf8_lossy(field)).ok();
            paths.extend(current.clone().map(|id| (id, Vec::new())));
        }
    }
    paths
}

/// Spells NULs out: `patch-id` reads a line up to the first, and so would give two changes one id that differ behind it.
pub(crate) fn without_nul(patches: Vec<u8>) -> Vec<u8> {
    const ESCAPE: u8 = 0xff;
    if !patches.iter().any(|&b| matches!(b, 0 | ESCAPE)) {
        return patches;
    }
    let spelled = |b: u8| match b {
        0 => [Some(ESCAPE), Some(1)],
        ESCAPE => [Some(ESCAPE), Some(ESCAPE)],
        b => [Some(b), None],
    };
    patches.into_iter().flat_map(spelled).flatten().collect()
}

/// Reads the output of `patch-id`: a patch id and its commit a line.
pub(crate) fn patch_ids(text: &[u8]) -> BTreeMap<CommitId, String> {
    let text = String::from_utf8_lossy(text);
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.filter_map(|(patch, id)| Some((CommitId::parse(id).ok()?, patch.to_owned()))).collect()
}

/// Reads `ls-remote`. Names that are not full ref names, such as `HEAD`, are left out.
pub(crate) fn refs(text: &[u8]) -> Refs {
    let mut refs = Refs::default();
    for line in text.split(|&b| b == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let Some((id, name)) = line.split_once('\t') else { continue };
        let Ok(id) = CommitId::parse(id) else { continue };
        if let Some(name) = name.strip_suffix("^{}") {
            if let Some(name) = RefName::from_git(name) {
                refs.peeled.insert(name, id);
            }
        } else if let Some(name) = RefName::from_git(name) {
            refs.objects.insert(name, id);
        }
    }
    refs
}

/// Reads `log -z --format=%H%x00%P%x00%an <%ae>%x00%B`.
pub(crate) fn graph(text: &[u8]) -> Graph {
    let mut graph = Graph::default();
    let mut fields = text.split(|&b| b == 0);
    while let (Some(id), Some(parents), Some(author), Some(message)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    {
        let Ok(id) = CommitId::parse(String::from_utf8_lossy(id).trim()) else { continue };
        let parents = String::from_utf8_lossy(parents)
            .split_ascii_whitespace()
            .filter_map(|p| CommitId::parse(p).ok())
            .collect();
        let info = CommitInfo {
            parents,
            author: String::from_utf8_lossy(author).into_owned(),
            message: String::from_utf8_lossy(message).into_owned(),
        };
        graph.order.push(id.clone());
        graph.commits.insert(id, info);
    }
    graph
}

/// Reads the complete records of `merge-tree --stdin -z --no-messages`.
pub(crate) fn merges(text: &[u8]) -> Vec<Merged> {
    let mut out = Vec::new();
    let mut fields = text.split(|&b| b == 0);
    while let Some(status) = fields.next() {
        if !matches!(status, b"0" | b"1") {
            break;
        }
        let Some(tree) = fields.next().and_then(|t| CommitId::parse(&String::from_utf8_lossy(t)).ok()) else {
            break;
        };
        let mut conflicts: BTreeMap<String, BTreeMap<u8, CommitId>> = BTreeMap::new();
        for field in fields.by_ref() {
            // An empty field ends the record.
            if field.is_empty() {
                break;
            }
            let field = String::from_utf8_lossy(field);
            let Some((head, path)) = field.split_once('\t') else { break };
            let mut head = head.split(' ');
            let (_mode, id, stage) = (head.next(), head.next(), head.next());
            let id = id.and_then(|id| CommitId::parse(id).ok());
            let stage = stage.and_then(|s| s.parse().ok());
            if let (Some(id), Some(stage)) = (id, stage) {
                conflicts.entry(path.to_owned()).or_default().insert(stage, id);
            }
        }
        // 1 is clean and 0 is not, unlike the exit codes.
        if status == b"0" && conflicts.is_empty() {
            conflicts.insert("(unnamed)".into(), BTreeMap::new());
        }
        out.push(Merged { tree, conflicts });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        let id = "1111111111111111111111111111111111111111";
        let text = format!(
            "{id}\tHEAD\n{id}\trefs/heads/master\n{id}\trefs/tags/refs/heads/master\n{id}\trefs/tags/v1\n{id}\trefs/tags/v1^{{}}\nrubbish\n"
        );
        let refs = refs(text.as_bytes());
        assert_eq!(refs.objects.len(), 3);
        assert_eq!(refs.peeled.len(), 1);
    }

    #[test]
    fn nothing_git_prints_panics() {
        for text in [&b""[..], b"\0\0\0", b"1\0zz\0", b"0\n", b"\xff\xfe\0\xff"] {
            let _ = (refs(text), graph(text), merges(text));
        }
    }
}
