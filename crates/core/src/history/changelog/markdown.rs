//! Writes a changelog as Markdown (CommonMark and GitHub's extensions). Untrusted text never becomes a link, an
//! image, a heading or HTML.

use super::{Changelog, Entry, Style};
use crate::types::text::count;

impl Changelog {
    /// Writes all of it, with its heading.
    pub fn markdown(&self) -> String {
        format!("{}\n\n{}", self.heading(Style::default()), self.body(usize::MAX))
    }

    /// Writes its heading, `## 2.9.0 - 2026-11-03`.
    pub fn heading(&self, style: Style) -> String {
        let name = match self.version {
            Some(version) if style.v => format!("v{version}"),
            Some(version) => version.to_string(),
            None => "Unreleased".to_owned(),
        };
        let name = if style.brackets { format!("[{name}]") } else { name };
        let date = self.date.map(|date| format!(" - {date}")).unwrap_or_default();
        format!("## {name}{date}")
    }

    /// Writes its sections in at most about `limit` bytes; what does not fit is counted.
    pub fn body(&self, limit: usize) -> String {
        let mut out = String::new();
        let mut left = self.entries().count();
        if left == 0 {
            return "No notable changes.\n".to_owned();
        }
        for section in &self.sections {
            for (n, entry) in section.entries.iter().enumerate() {
                let gap = if out.is_empty() { "" } else { "\n" };
                let head =
                    if n == 0 { format!("{gap}### {}\n\n", section.kind.name()) } else { String::new() };
                let lines = line(entry);
                if out.len() + head.len() + lines.len() > limit {
                    out.push_str(&format!("{gap}… and {left} more\n"));
                    return out;
                }
                out.push_str(&head);
                out.push_str(&lines);
                left -= 1;
            }
        }
        out
    }

    /// Says what was left out, for people; `None` where nothing was.
    pub fn left_out_text(&self) -> Option<String> {
        (self.left_out > 0).then(|| {
            let verb = if self.left_out == 1 { "changes" } else { "change" };
            let commits = count(self.left_out, "commit");
            format!("{commits} {verb} nothing for users (chore, ci, docs, refactor, test and the like)")
        })
    }
}

/// Writes one entry: a line, and one more below it for what breaks.
fn line(entry: &Entry) -> String {
    let breaking = if entry.breaking { "**Breaking:** " } else { "" };
    let scope = entry.scope.as_ref().map(|scope| format!("**{}:** ", escaped(scope))).unwrap_or_default();
    let request = entry.request.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
    let note = entry.note.as_ref().map(|note| format!("  - {}\n", escaped(note))).unwrap_or_default();
    format!("- {breaking}{scope}{}{request}\n{note}", escaped(&entry.text))
}

/// Escapes what Markdown would read as markup. Code between single backticks stays code.
fn escaped(text: &str) -> String {
    let text = text.trim();
    let ticks = text.matches('`').count();
    let code = ticks.is_multiple_of(2) && !text.contains("``");
    let mut out = String::with_capacity(text.len() + 8);
    let mut within = false;
    let mut before = None;
    let mut rest = text.chars().peekable();
    // What begins a block does so at the beginning of a line alone: `1.`, `-`, `+`, `#`, `>`, `=`.
    let number = text
        .find(|c: char| !c.is_ascii_digit())
        .filter(|&end| end > 0 && text[end..].starts_with(['.', ')']));
    let mut at = 0;
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let escape = match c {
            '`' => !code,
            _ if within => false,
            '-' | '+' | '=' | '#' | '>' => at == 0,
            '.' | ')' => number == Some(at),
            '_' => !(before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)),
            '&' => next.is_some_and(|n| n == '#' || n.is_ascii_alphanumeric()),
            '\\' | '*' | '[' | ']' | '<' | '~' | '|' | '$' => true,
            _ => false,
        };
        if c == '`' && code {
            within = !within;
        }
        if escape {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
        at += c.len_utf8();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_of_strangers_is_text() {
        for (text, expected) in [
            ("plain words, client_test.go (see x)", "plain words, client_test.go (see x)"),
            ("](http://evil)", "\\](http://evil)"),
            ("![x](y)", "!\\[x\\](y)"),
            ("<img src=x onerror=y>", "\\<img src=x onerror=y>"),
            ("use `a[0]` and `<b>`", "use `a[0]` and `<b>`"),
            ("one ` tick <b>", "one \\` tick \\<b>"),
            ("``x`` y", "\\`\\`x\\`\\` y"),
            ("> HTTP->RPC", "\\> HTTP->RPC"),
            ("# head", "\\# head"),
            ("12. twelve", "12\\. twelve"),
            ("- item", "\\- item"),
            ("a - b #12", "a - b #12"),
            ("_a_ *b* a_b", "\\_a\\_ \\*b\\* a_b"),
            ("a &lt; b & c", "a \\&lt; b & c"),
            ("back\\`slash`", "back\\\\`slash`"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
