//! What finds secrets, whatever they are known by.

use std::ops::Range;

/// A part of a text, in bytes, and what it is: `GitHub token`.
pub(super) type Found<'a> = (Range<usize>, &'a str);

/// Tells a token from a word: people write words in lower case, without digits.
pub(super) fn is_random(text: &str) -> bool {
    text.bytes().any(is_no_word)
}

/// Tells whether a byte is none that words have.
pub(super) fn is_no_word(b: u8) -> bool {
    b.is_ascii_digit() || b.is_ascii_uppercase()
}

/// Ends of what is found in a text, each looked for once however often something begins inside it: hostile text is
/// read in a time that grows with its length alone.
pub(super) struct Ends<F> {
    end: F,
    last: Range<usize>,
}

impl<F: Fn(usize) -> usize> Ends<F> {
    /// Takes what gives the end for a beginning: the same one for all beginnings before it.
    pub(super) fn of(end: F) -> Self {
        Self { end, last: 0..0 }
    }

    pub(super) fn from(&mut self, start: usize) -> usize {
        if !self.last.contains(&start) {
            self.last = start..(self.end)(start);
        }
        self.last.end
    }
}

/// The end of the longest run, from a position on, of bytes that are all `is`.
pub(super) fn run(text: &str, from: usize, is: impl Fn(u8) -> bool) -> usize {
    from + text.as_bytes()[from..].iter().take_while(|b| is(**b)).count()
}
