//! What finds secrets, whatever they are known by.

use std::ops::Range;

/// A part of a text, in bytes, and what it is: `GitHub token`.
pub(super) type Found<'a> = (Range<usize>, &'a str);

/// Tells a token from a word: people write words in lower case, without digits.
pub(super) fn is_random(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// The end of the longest run, from a position on, of bytes that are all `is`.
pub(super) fn run(text: &str, from: usize, is: impl Fn(u8) -> bool) -> usize {
    from + text.as_bytes()[from..].iter().take_while(|b| is(**b)).count()
}
