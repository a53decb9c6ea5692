//! Masks what looks like a key or a token in text that others printed, before it goes on record or is shown.
//!
//! A secret is known by its value, where a variable of this machine has it, by its shape, or by what stands before
//! it. In doubt nothing is masked: what is printed has to stay readable, digests and versions above all. The same
//! text with another secret in it becomes the same text.

mod context;
mod scan;
mod shapes;

use self::scan::Found;
use std::borrow::Cow;
use std::ffi::OsString;

/// Shorter values are not masked: they are hardly secrets, and would mask half of every text.
const SHORTEST: usize = 6;
/// Parts of the names of variables whose values are secrets.
const NAMES: [&str; 7] = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL", "HOOK"];

/// The secrets that are known by their values. Without any, all others are found all the same.
#[derive(Clone, Default)]
pub struct Secrets {
    /// What each is called, and its value.
    values: Vec<(String, String)>,
}

impl Secrets {
    /// Takes the values of variables whose names say that they are secrets, line by line, and the passwords in
    /// addresses.
    pub fn of(variables: &[(OsString, OsString)]) -> Self {
        let mut values = Vec::new();
        for (name, value) in variables {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let upper = name.to_uppercase();
            if NAMES.iter().any(|word| upper.contains(word)) {
                values.extend(value.lines().map(|line| (name.to_string(), line.trim().to_owned())));
            }
            let passwords = context::passwords(&value).into_iter();
            values.extend(passwords.map(|(part, what)| (what.to_owned(), value[part].to_owned())));
        }
        values.retain(|(_, value)| value.len() >= SHORTEST);
        Self { values }
    }

    /// Replaces each secret by `[masked: GitHub token]`, or what it is called.
    pub fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let of_value = self.values.iter().flat_map(|(name, value)| {
            text.match_indices(value.as_str()).map(|(at, _)| (at..at + value.len(), name.as_str()))
        });
        let mut found: Vec<Found<'_>> = of_value.collect();
        found.extend(context::private_keys(text));
        found.extend(shapes::tokens(text));
        found.extend(context::credentials(text));
        found.extend(context::passwords(text));
        replaced(text, found)
    }
}

/// Leaves out the values.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

/// Masks what is a secret by its shape or by what stands before it.
pub fn masked(text: &str) -> Cow<'_, str> {
    Secrets::default().masked(text)
}

/// What overlaps is replaced as one, under the name of what begins first.
fn replaced<'t>(text: &'t str, mut found: Vec<Found<'_>>) -> Cow<'t, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|(part, _)| (part.start, std::cmp::Reverse(part.end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (part, what) in found {
        if part.start >= at {
            out.push_str(&text[at..part.start]);
            out.push_str("[masked: ");
            out.push_str(what);
            out.push(']');
        }
        at = at.max(part.end);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
