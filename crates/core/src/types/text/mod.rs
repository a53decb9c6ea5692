//! Untrusted text made safe to show, and the forms of names, numbers and digests.

pub mod secrets;

/// Tells whether a character can steer a terminal, reorder a line or hide in it: a control character, a bidirectional
/// one, or one that is not seen (Unicode TR 36, and its general category Cf).
pub fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Replaces what can steer a terminal, reorder a line or hide in it. At most 400 characters stay.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(400));
    for c in text.chars().take(400) {
        out.push(match c {
            '\t' => ' ',
            c if is_steering(c) => '\u{fffd}',
            c => c,
        });
    }
    out
}

/// Cuts to `width` characters, with an ellipsis where something was cut.
pub fn short(text: &str, width: usize) -> String {
    let text = plain(text);
    if text.chars().count() <= width {
        return text;
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Gives bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Gives the name out of `Mira <mira@example.org>`, or the whole where there is none.
pub fn name_of(who: &str) -> String {
    let name = who.split('<').next().unwrap_or_default().trim();
    short(if name.is_empty() { who } else { name }, 40)
}

/// Counts a thing in English: `1 commit`, `3 commits`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Joins as people do: `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mred\u{202e}x\r\n"), "a\u{fffd}[31mred\u{fffd}x\u{fffd}\u{fffd}");
        assert_eq!(plain(&"x".repeat(10_000)).len(), 400);
        assert_eq!(short("release train", 8), "release…");
    }
}
