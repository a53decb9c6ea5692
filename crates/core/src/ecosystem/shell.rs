//! Words for a POSIX shell.

/// Quotes where it is needed.
pub(crate) fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./~@:+=%#".contains(c);
    if text.chars().all(safe) && !text.starts_with(['#', '~', '-']) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shell_reads_one_word(text in ".{0,20}") {
            let word = quoted(&text);
            let bare = word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')).map(|w| w.replace(r"'\''", "'"));
            match bare {
                Some(bare) => prop_assert_eq!(bare, text),
                None => {
                    let means_more = |c: char| c.is_whitespace() || "$`\"'\\;&|<>(){}*?[]!".contains(c);
                    prop_assert!(!text.contains(means_more), "{text}");
                }
            }
        }
    }
}
