//! Takes out of a line what differs between machines, folders and attempts.

use regex_lite::{Captures, Regex};
use std::sync::LazyLock;

/// How much of a line is looked at, in characters.
pub(super) const WIDTH: usize = 1000;

/// The endings of files that tools name with a line: `client.go:12:3`. Without this list `example.org:443` would be one.
const SOURCES: &str = "go|rs|py|pyx|mjs|cjs|jsx?|tsx?|vue|svelte|java|kt|scala|c|cc|cpp|cxx|h|hh|hpp|m|mm|rb|php|cs|\
    fs|swift|dart|ex|exs|erl|hs|ml|zig|nim|lua|sh|s|S|proto|toml|json|ya?ml|mod|sum|work|gradle|sql|html|css";

#[derive(Debug, Clone, Copy)]
enum Replacement {
    /// A text, which may name groups.
    Text(&'static str),
    /// `#` where a digit is among the match: `3f2c9aa` is an id, `defaced` a word.
    Id,
}

static DIFFERENCES: LazyLock<Vec<(Regex, Replacement)>> = LazyLock::new(|| {
    let location = format!(r"[^\s:\x22'`()\[\]]*\.(?:{SOURCES})");
    [
        // 2026-07-31T10:00:00.123Z, 2026/07/31 10:00:00, 10:00:00.
        (
            r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?".to_owned(),
            Replacement::Text(""),
        ),
        (r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b".to_owned(), Replacement::Text("")),
        // main.go:12:3, C:\x\main.go:12, src/a.ts(12,3).
        (format!(r"(?:[A-Za-z]:)?{location}(?::\d+(?::\d+)?\b:?|\(\d+,\d+\):?)"), Replacement::Text("")),
        // An absolute path keeps its last part.
        (
            r"(^|[\s\x22'`(=\[<,])(?:[A-Za-z]:)?(?:[/\\][\w.@+~%$-]+)*[/\\]([\w.@+~%$-]+)".to_owned(),
            Replacement::Text("$1…/$2"),
        ),
        // Addresses, and what Go adds to a frame.
        (r"\+?\b0[xX][0-9a-fA-F]+\b".to_owned(), Replacement::Text("#")),
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b".to_owned(), Replacement::Text("#")),
        (r"\b(?:v|go)\d+\.\d+(?:\.\d+)?(?:[-+][\w.+-]*\w)?".to_owned(), Replacement::Text("v#")),
        (r"\b(?:\d+(?:\.\d+)?(?:ns|µs|μs|us|ms|s|m|h))+\b".to_owned(), Replacement::Text("#")),
        (r"\b(tmp|temp|go-build)[._-]?\w*\d\w*\b".to_owned(), Replacement::Text("$1#")),
        (r"\b[0-9a-fA-F]{7,}\b".to_owned(), Replacement::Id),
        (r"\b\d[\d.,_]*\b".to_owned(), Replacement::Text("#")),
        (r"\s*\[recovered(?:, repanicked)?\]".to_owned(), Replacement::Text("")),
        (r"\s+".to_owned(), Replacement::Text(" ")),
    ]
    .into_iter()
    .map(|(pattern, by)| (Regex::new(&pattern).expect("the pattern is constant"), by))
    .collect()
});

static COLOUR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
        .expect("the pattern is constant")
});

static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"^\s*[^\s:]*\.(?:{SOURCES})(?::\d+(?::\d+)?|\(\d+,\d+\)):\s*"))
        .expect("the pattern is constant")
});

/// Takes from a line what differs between machines, folders and tries: times and dates, the places of sources, all of
/// a path but its end, addresses, ids, versions, temporary names and numbers. Names keep their digits.
pub fn normalised(line: &str) -> String {
    let cut: String = uncoloured(line).chars().take(WIDTH).collect();
    let normal = DIFFERENCES.iter().fold(cut, |line, (pattern, by)| match by {
        Replacement::Text(by) => pattern.replace_all(&line, *by).into_owned(),
        Replacement::Id => pattern.replace_all(&line, |found: &Captures<'_>| id(&found[0])).into_owned(),
    });
    normal.trim().to_owned()
}

fn id(text: &str) -> String {
    if text.contains(|c: char| c.is_ascii_digit()) { "#".to_owned() } else { text.to_owned() }
}

/// Takes the place from the beginning of a line: `main.go:12:3: undefined: x` is `undefined: x`.
pub fn bare(line: &str) -> &str {
    match PLACE.find(line) {
        Some(place) if place.end() < line.len() => &line[place.end()..],
        _ => line,
    }
}

pub(super) fn uncoloured(line: &str) -> String {
    COLOUR.replace_all(line, "").into_owned()
}
