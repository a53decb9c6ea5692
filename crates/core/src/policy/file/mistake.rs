//! What is wrong in a policy file, and where.

use serde::Serialize;
use std::ops::Range;

/// A mistake in the policy file, with its place and a way to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
    /// The bytes of the file that it is about.
    pub span: Range<usize>,
}

impl Mistake {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, span }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Gives the line and the column of a byte, both counted from 1, the column in characters. An offset behind
/// the end or inside a character counts as the place before it.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Finds the word that was probably meant: at most a third of it wrong.
pub(super) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&word, &other.to_lowercase());
    let allowed = |other: &str| (word.chars().count().max(other.chars().count()) / 3).max(1);
    let near =
        words.into_iter().map(|other| (distance(other), other)).filter(|(d, other)| *d <= allowed(other));
    near.min_by_key(|(d, _)| *d).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        let text = "a\nbé x\n";
        for (offset, place) in [(0, (1, 1)), (2, (2, 1)), (4, (2, 2)), (5, (2, 3)), (6, (2, 4)), (99, (3, 1))]
        {
            assert_eq!(line_column(text, offset), place, "{offset}");
        }
        assert_eq!(line_column("", 0), (1, 1));
    }

    #[test]
    fn the_nearest_word() {
        let words = ["observe", "run", "time-zone"];
        assert_eq!(nearest("obsreve", words), Some("observe"));
        assert_eq!(nearest("RUN", words), Some("run"));
        assert_eq!(nearest("time_zone", words), Some("time-zone"));
        assert_eq!(nearest("banana", words), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), words), None);
    }
}
