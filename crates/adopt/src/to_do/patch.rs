//! Patches for files that name stable and not all that allclear makes.

use super::model::{File, Seen};
use super::{bots, ci};
use allclear_core::types::text::plain;
use similar::TextDiff;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    pub path: String,
    /// Its text on the server.
    pub before: String,
    pub after: String,
}

/// Gives the patches for the files that name stable and not all that allclear makes.
pub fn patches(seen: &Seen) -> Vec<Patch> {
    let develop = seen.names.develop.as_str();
    let patch = |file: &File| {
        let before = file.text.as_ref().ok().filter(|text| is_plain(text))?;
        let after = if bots::is_dependabot(&file.path) {
            bots::dependabot(before, develop, seen.default).ok()?.patched
        } else {
            ci::read(&file.path, before, seen.names, seen.default).ok()?.patched
        };
        Some(Patch { path: file.path.clone(), before: before.clone(), after: after? })
    };
    seen.files.iter().filter(|file| is_simple(&file.path)).filter_map(patch).collect()
}

/// Tells whether `git apply` reads a path as it stands.
fn is_simple(path: &str) -> bool {
    path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'))
}

/// Writes the difference between two texts as `git apply` reads it; `None` before stands for no file.
pub fn diff(path: &str, before: Option<&str>, after: &str) -> String {
    let old = before.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{path}"));
    let new = format!("b/{path}");
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after);
    let mode = if before.is_none() { "new file mode 100644\n" } else { "" };
    format!("diff --git a/{path} {new}\n{mode}{}", diff.unified_diff().header(&old, &new))
}

/// Tells whether a text can be shown as it is: it steers no terminal and hides nothing.
fn is_plain(text: &str) -> bool {
    let lines = text.split_inclusive('\n').map(|line| {
        line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line).replace('\t', " ")
    });
    let mut buffer = [0; 4];
    lines.into_iter().all(|line| {
        line.chars().all(|c| {
            let one: &str = c.encode_utf8(&mut buffer);
            c == ' ' || c.is_ascii_graphic() || plain(one) == one
        })
    })
}
