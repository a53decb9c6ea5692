//! Secrets that are known by what stands around them.

use super::scan::{Ends, Found, is_no_word, is_random, run};

/// How far a private key reaches, in bytes.
const LONGEST_KEY: usize = 16 << 10;
/// The shortest line in the middle of a private key, in bytes.
const KEY_LINE: usize = 16;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// What may stand between the beginning of a key and its first line (RFC 1421, 4.6).
const HEADERS_OF_KEYS: [&str; 2] = ["Proc-Type:", "DEK-Info:"];

/// Finds private keys in PEM (RFC 7468), also where the beginning or the end was cut away.
pub(super) fn private_keys(text: &str) -> Vec<Found<'static>> {
    let begins = text.match_indices(BEGIN);
    let mut marks: Vec<(usize, &str)> = begins.chain(text.match_indices(END)).collect();
    marks.sort_unstable();
    let mut found: Vec<Found<'static>> = Vec::new();
    let mut covered = 0;
    for (at, mark) in marks {
        let Some(label) = label_end(text, at + mark.len()).filter(|_| at >= covered) else { continue };
        let key = if mark == BEGIN {
            let rest = &text[label..text.floor_char_boundary(label + LONGEST_KEY)];
            let closed = rest.find(END).filter(|end| !rest[..*end].contains(BEGIN));
            let closed = closed.and_then(|end| label_end(text, label + end + END.len()));
            closed.or_else(|| Some(label + unclosed(rest)?)).map(|end| at..end)
        } else {
            unopened(&text[covered..at]).map(|start| covered + start..label)
        };
        covered = key.as_ref().map_or(label, |key| key.end);
        found.extend(key.map(|key| (key, "private key")));
    }
    found
}

/// The end of a label such as `RSA PRIVATE KEY-----`; `None` if it is another one.
fn label_end(text: &str, from: usize) -> Option<usize> {
    let end = run(text, from, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    (text[from..end].contains("PRIVATE KEY") && text[end..].starts_with(DASHES)).then_some(end + DASHES.len())
}

/// How much of a text, after the beginning of a key that has no end, is the key.
fn unclosed(text: &str) -> Option<usize> {
    let is_header =
        |line: &&str| line.trim().is_empty() || HEADERS_OF_KEYS.iter().any(|name| line.contains(name));
    let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let headers = lines.iter().take_while(|line| is_header(line)).count();
    let body = lines[headers..].iter().take_while(|line| is_key_line(line)).count();
    (body > 0).then(|| length(&lines[..headers + body]))
}

/// Where in a text, before the end of a key that has no beginning, the key begins.
fn unopened(text: &str) -> Option<usize> {
    let (whole, beside) = text.split_at(text.rfind('\n').map_or(0, |at| at + 1));
    let is_last = |n: usize, line: &str| n == 0 && !line.trim().is_empty() && is_base64(line.trim());
    let lines = whole.split_inclusive('\n').rev().enumerate();
    let lines = lines.take_while(|(n, line)| is_key_line(line) || is_last(*n, line));
    let key: usize = lines.map(|(_, line)| line.len()).sum();
    (key > 0 || is_key_line(beside)).then_some(whole.len() - key)
}

/// Tells whether a line of a log is one of a key; something may stand before it.
fn is_key_line(line: &str) -> bool {
    let words = line.split(|c: char| c.is_whitespace() || "\"'`\\".contains(c));
    words.into_iter().any(|word| word.len() >= KEY_LINE && is_base64(word) && is_random(word))
}

fn is_base64(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}

/// Names of headers and fields, in lower case, whose value is a secret.
const HEADERS: [&str; 5] = ["authorization", "private-token", "job-token", "x-api-key", "x-auth-token"];
/// What may stand between such a name and its value, as in `"Authorization":["Bearer` or `Authorization: Bearer`.
const BETWEEN: &[u8] = b"\"'`:=[\\ \t";
/// The first word of the value of such a header, in lower case, that is not a secret (RFC 9110, 11.1).
const SCHEMES: [&str; 6] = ["bearer", "basic", "token", "negotiate", "digest", "apikey"];
/// The shortest value of a header, and of what follows the word `Bearer` alone, in bytes.
const SHORTEST_VALUE: usize = 8;
const SHORTEST_BEARER: usize = 16;

/// How names of the second half of an AWS key are written, in lower case.
const AWS_NAMES: [&str; 4] = ["secret_access_key", "secretaccesskey", "secret-access-key", "aws_secret"];
/// How far behind its name, or the first half, the second half is looked for, and how long it is, in bytes.
const AWS_REACH: usize = 200;
const AWS_SECRET: usize = 40;

/// Finds the values of headers that log somebody in, and the second halves of AWS keys.
pub(super) fn credentials(text: &str) -> Vec<Found<'static>> {
    let mut found = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut ends = Ends::of(|from| run(text, from, |b| b.is_ascii_graphic() && !b"\"'`,;]}>\\".contains(&b)));
    let mut words = Ends::of(|from| run(text, from, |b| !is_no_word(b)));
    let mut letters = Ends::of(|from| run(text, from, |b| !b.is_ascii_digit()));
    let spaces = |from| run(text, from, |b| b == b' ');
    for header in HEADERS {
        for (at, _) in lower.match_indices(header) {
            let name = at + header.len();
            let mut from = run(text, name, |b| BETWEEN.contains(&b));
            let mut end = ends.from(from);
            let has_scheme = SCHEMES.contains(&&lower[from..end]);
            if has_scheme {
                from = spaces(end);
                end = ends.from(from);
            }
            // What follows a name alone may be a word about it: `Authorization: PermissionDenied`.
            let is_secret = if has_scheme { words.from(from) } else { letters.from(from) } < end;
            if from > name && end - from >= SHORTEST_VALUE && is_secret {
                found.push((from..end, "authorization"));
            }
        }
    }
    for (at, word) in lower.match_indices("bearer ") {
        let from = spaces(at + word.len());
        let end = ends.from(from);
        if end - from >= SHORTEST_BEARER && words.from(from) < end {
            found.push((from..end, "authorization"));
        }
    }
    let names = AWS_NAMES.iter().flat_map(|name| lower.match_indices(name));
    for (at, _) in names.chain(text.match_indices("AKIA")).chain(text.match_indices("ASIA")) {
        found.extend(aws_secret(text, at).map(|part| (part, "AWS secret")));
    }
    found
}

fn aws_secret(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let near = &text[from..text.floor_char_boundary(from + AWS_REACH)];
    let is = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '+';
    let secret = near.split(|c| !is(c)).find(|word| {
        let has = |class: fn(&u8) -> bool| word.bytes().any(|b| class(&b));
        // Not the id of a commit, which is as long.
        word.len() == AWS_SECRET && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
    })?;
    let at = from + near.find(secret)?;
    Some(at..at + secret.len())
}

/// How long a login without a password is that is a token, in bytes.
const TOKEN_LOGIN: usize = 20;

/// Finds the passwords in addresses, `scheme://user:password@host` (RFC 3986, 3.2.1), and tokens in their place.
pub(super) fn passwords(text: &str) -> Vec<Found<'static>> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let from = at + mark.len();
        let end = run(text, from, |b| !b.is_ascii_whitespace() && !b"/?#\"'`<>\\".contains(&b));
        let Some((login, _)) = text[from..end].rsplit_once('@') else { continue };
        let end = from + login.len();
        match login.split_once(':') {
            // Neither an empty one nor what will be replaced by one.
            Some((_, password)) if password.is_empty() || matches!(password, "%s" | "%v" | "%q") => {}
            Some((user, _)) => found.push((from + user.len() + 1..end, "password")),
            None if login.len() >= TOKEN_LOGIN && is_random(login) => found.push((from..end, "token")),
            None => {}
        }
    }
    found
}
