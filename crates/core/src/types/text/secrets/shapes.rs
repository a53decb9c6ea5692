//! Tokens that are known by their shape.

use super::scan::{Ends, Found, is_no_word, run};
use std::ops::RangeInclusive;

struct Shape {
    what: &'static str,
    prefix: &'static str,
    /// How long it is after the prefix, in bytes.
    length: RangeInclusive<usize>,
    /// What it consists of after the prefix.
    of: fn(u8) -> bool,
}

const fn shape(what: &'static str, prefix: &'static str, least: usize, of: fn(u8) -> bool) -> Shape {
    Shape { what, prefix, length: least..=usize::MAX, of }
}

const fn exactly(what: &'static str, prefix: &'static str, length: usize, of: fn(u8) -> bool) -> Shape {
    Shape { what, prefix, length: length..=length, of }
}

/// GitHub's and GitLab's grow and change: neither their length nor their letters can be relied on.
const SHAPES: [Shape; 36] = [
    shape("GitHub token", "ghp_", 16, dotted),
    shape("GitHub token", "gho_", 16, dotted),
    shape("GitHub token", "ghu_", 16, dotted),
    shape("GitHub token", "ghs_", 16, dotted),
    shape("GitHub token", "ghr_", 16, dotted),
    shape("GitHub token", "github_pat_", 16, dotted),
    shape("GitLab token", "glpat-", 16, dotted),
    shape("GitLab token", "gldt-", 16, dotted),
    shape("GitLab token", "glrt-", 16, dotted),
    shape("GitLab token", "glptt-", 16, dotted),
    shape("GitLab token", "glcbt-", 16, dotted),
    shape("GitLab token", "glsoat-", 16, dotted),
    shape("GitLab token", "glagent-", 16, dotted),
    shape("GitLab token", "gloas-", 16, dotted),
    shape("npm token", "npm_", 30, alphanumeric),
    shape("PyPI token", "pypi-Ag", 16, word),
    exactly("crates.io token", "cio", 32, alphanumeric),
    shape("RubyGems token", "rubygems_", 32, alphanumeric),
    shape("Docker token", "dckr_pat_", 16, word),
    exactly("AWS key", "AKIA", 16, upper),
    exactly("AWS key", "ASIA", 16, upper),
    exactly("Google key", "AIza", 35, word),
    shape("Google token", "ya29.", 20, word),
    shape("Google secret", "GOCSPX-", 20, word),
    shape("Slack token", "xoxa-", 10, word),
    shape("Slack token", "xoxb-", 10, word),
    shape("Slack token", "xoxe-", 10, word),
    shape("Slack token", "xoxe.", 10, dotted),
    shape("Slack token", "xoxp-", 10, word),
    shape("Slack token", "xoxr-", 10, word),
    shape("Slack token", "xoxs-", 10, word),
    shape("Slack token", "xapp-", 10, word),
    shape("Slack webhook", "hooks.slack.com/services/", 16, path),
    shape("Stripe key", "sk_live_", 16, alphanumeric),
    shape("Vault token", "hvs.", 20, word),
    shape("age key", "AGE-SECRET-KEY-1", 16, upper),
];

fn alphanumeric(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

fn dotted(b: u8) -> bool {
    word(b) || b == b'.'
}

fn path(b: u8) -> bool {
    word(b) || b == b'/'
}

/// What a token of the web (RFC 7519) begins with: `{"`, in base64.
const JWT: &str = "eyJ";
/// How long its header and its claims are at least, in bytes.
const JWT_PART: usize = 8;

pub(super) fn tokens(text: &str) -> Vec<Found<'static>> {
    let mut found = Vec::new();
    let end_of =
        |from, of: fn(u8) -> bool| from + text[from..run(text, from, of)].trim_end_matches('.').len();
    let mut words = Ends::of(|from| run(text, from, |b| !is_no_word(b)));
    for shape in &SHAPES {
        let mut ends = Ends::of(|from| end_of(from, shape.of));
        for (start, _) in text.match_indices(shape.prefix) {
            let body = start + shape.prefix.len();
            let end = ends.from(body);
            let is_exact = shape.length.end() < &usize::MAX;
            let longer = is_exact && text.as_bytes().get(end).is_some_and(|b| word(*b));
            if shape.length.contains(&(end - body))
                && !longer
                && words.from(body) < end
                && begins_word(text, start, shape.prefix)
            {
                found.push((start..end, shape.what));
            }
        }
    }
    let mut ends = Ends::of(|from| end_of(from, dotted));
    for (start, _) in text.match_indices(JWT).filter(|(start, _)| begins_word(text, *start, JWT)) {
        let end = ends.from(start);
        let mut parts = text[start..end].split('.');
        let long = |part: Option<&str>| part.is_some_and(|part| part.len() >= JWT_PART);
        if long(parts.next()) && long(parts.next()) {
            found.push((start..end, "JSON web token"));
        }
    }
    found
}

/// Tells whether a token may begin here. Letters alone also stand within longer words and within base64, which a
/// prefix with a dash in it does not.
fn begins_word(text: &str, at: usize, prefix: &str) -> bool {
    let before = &text[..at];
    !prefix.bytes().all(alphanumeric)
        || !before.ends_with(|c: char| c.is_alphanumeric() || "+/_-".contains(c))
        || is_escape(before)
}

/// Tells whether a text ends with what stands for one character: `\n`, `%3D`, or a colour of a terminal.
fn is_escape(before: &str) -> bool {
    let bytes = before.as_bytes();
    let percent = bytes.len().checked_sub(3).map(|at| &bytes[at..]);
    let colour =
        before.strip_suffix('m').map(|rest| rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == ';'));
    ["\\n", "\\r", "\\t"].iter().any(|escape| before.ends_with(escape))
        || percent.is_some_and(|three| three[0] == b'%' && three[1..].iter().all(u8::is_ascii_hexdigit))
        || colour.is_some_and(|rest| rest.ends_with("\u{1b}["))
}
