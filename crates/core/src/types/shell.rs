//! Words for a POSIX shell.

use std::borrow::Cow;

/// Quotes a word for a shell, where it needs that. What is left bare is more than `shlex` dares, so that
/// addresses stay readable.
pub fn quoted(word: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_./~@:+=%#".contains(c);
    if !word.is_empty() && word.chars().all(is_bare) && !word.starts_with(['#', '~', '-']) {
        return word.to_owned();
    }
    // It fails for a NUL alone, and is told to allow it.
    shlex::Quoter::new().allow_nul(true).quote(word).map_or_else(|_| word.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shell_reads_one_word(text in "[^\0]{0,20}") {
            let word = quoted(&text);
            if word == text {
                // A `]` means something after a `[` alone.
                let means_more = |c: char| c.is_whitespace() || "$`\"'\\;&|<>(){}*?[!".contains(c);
                prop_assert!(!text.contains(means_more), "{text}");
            }
            prop_assert_eq!(shlex::split(&word), Some(vec![text]));
        }
    }
}
