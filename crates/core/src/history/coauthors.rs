//! Who else wrote a commit, as its message says.

/// The trailer of git and of all forges, which compare its name without case.
const TRAILER: &str = "co-authored-by";

/// Lists whom the message of a commit names as its co-authors. A squash commit of a forge keeps those of the commits that
/// it squashed in the middle of its text, so that every line counts, and not only the last paragraph.
pub fn coauthors(message: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = message.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(value) = value_of(line) else { continue };
        let mut value = value.to_owned();
        // A long trailer goes on in lines that begin with a space.
        while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t']) && value_of(next).is_none())
        {
            value = format!("{value} {}", more.trim());
        }
        found.extend(value.split_inclusive('>').map(named).filter(|who| !who.is_empty()).map(str::to_owned));
    }
    found
}

fn value_of(line: &str) -> Option<&str> {
    // In a list, or quoted.
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '-' | '>' | '+'));
    let (name, value) = line.split_once(':')?;
    name.trim_end().eq_ignore_ascii_case(TRAILER).then(|| value.trim())
}

/// Some write several people into one trailer.
fn named(part: &str) -> &str {
    part.trim().trim_start_matches([',', ';', '&']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_names_a_co_author_counts() {
        let message = "feat: squashed (#12)\n\n* feat: one\n\nco-authored-BY : Mira <mira@example.com>\r\n\n\
            * fix: two\n\n  Co-Authored-By: Ben Li <ben@example.com>, Zoe <zoe@example.com>\n\
            * Co-authored-by: Ada\n  Lovelace\n\t<ada@example.com>\n---------\n\n\
            Signed-off-by: Sid <sid@example.com>\nCo-authored-by:kim@example.com\nCo-authored-by:\n";
        assert_eq!(
            coauthors(message),
            [
                "Mira <mira@example.com>",
                "Ben Li <ben@example.com>",
                "Zoe <zoe@example.com>",
                "Ada Lovelace <ada@example.com>",
                "kim@example.com",
            ]
        );
        for none in ["", "fix: read Co-authored-by trailers", "not-co-authored-by: x", "Co-authored-by"] {
            assert!(coauthors(none).is_empty(), "{none}");
        }
    }
}
