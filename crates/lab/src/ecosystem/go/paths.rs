//! Which names the go command accepts, and how they are escaped in addresses: the rules of
//! `golang.org/x/mod/module`.

use unicode_general_category::{GeneralCategory, get_general_category};

const FILE_PUNCTUATION: &str = "!#$%&()+,-.=@[]^_{}~ ";
/// Names reserved by Windows, with any extension.
const WINDOWS_NAMES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
    "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// `module.CheckFilePath`; says what is wrong with the path.
pub(crate) fn check_file(path: &str) -> Result<(), String> {
    path.split('/').try_for_each(|part| {
        check_part(part)?;
        match part.chars().find(|c| !is_file_char(*c)) {
            Some(c) => Err(format!("has the character {c:?}")),
            None => Ok(()),
        }
    })
}

/// `module.CheckPath`; says what is wrong with the path.
pub(crate) fn check_module(path: &str) -> Result<(), String> {
    let first = path.split('/').next().unwrap_or_default();
    if path.starts_with('-') {
        return Err("begins with a dash".into());
    }
    path.split('/').try_for_each(|part| {
        check_part(part)?;
        if part.starts_with('.') {
            return Err("has a part that begins with a dot".into());
        }
        if let Some(c) = part.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~".contains(*c)) {
            return Err(format!("has the character {c:?}"));
        }
        // Short names of Windows end like this.
        let short = part.split('.').next().unwrap_or_default();
        match short.rsplit_once('~') {
            Some((_, n)) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => {
                Err("has a part that ends with a tilde and digits".into())
            }
            Some(_) | None => Ok(()),
        }
    })?;
    if !first.contains('.') {
        return Err("has no dot in its first part".into());
    }
    if first.bytes().any(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'~')) {
        return Err("has more than lower case, digits, dots and dashes in its first part".into());
    }
    major(path).map(|_| ())
}

/// The rules for every part of a path.
fn check_part(part: &str) -> Result<(), String> {
    if part.is_empty() {
        return Err("has an empty part".into());
    }
    if part.ends_with('.') {
        return Err("has a part that ends with a dot".into());
    }
    let short = part.split('.').next().unwrap_or_default();
    match WINDOWS_NAMES.iter().find(|bad| bad.eq_ignore_ascii_case(short)) {
        Some(bad) => Err(format!("has the name {bad}, which Windows does not allow")),
        None => Ok(()),
    }
}

fn is_file_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || FILE_PUNCTUATION.contains(c) } else { is_letter(c) }
}

/// As Go's `unicode.IsLetter`. Rust's `is_alphabetic` also has marks and numbers.
fn is_letter(c: char) -> bool {
    use GeneralCategory::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    matches!(
        get_general_category(c),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    )
}

/// The major version at the end of a module path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Major<'a> {
    /// v0 and v1.
    Unnamed,
    /// `/vN`, from 2.
    Slash(&'a str, u64),
    /// `.vN` of gopkg.in, and what follows it.
    Dot(&'a str, u64, &'a str),
}

/// `module.SplitPathVersion`.
pub(crate) fn major(path: &str) -> Result<Major<'_>, String> {
    let bad = || Err("does not end as a module path of its major version does".to_owned());
    let number =
        |digits: &str| digits.parse::<u64>().ok().filter(|_| !digits.starts_with('0') || digits == "0");
    if path.starts_with("gopkg.in/") {
        let (stem, after) = match path.strip_suffix("-unstable") {
            Some(stem) => (stem, "-unstable"),
            None => (path, ""),
        };
        let split = stem.rsplit_once(".v");
        return match split.and_then(|(base, digits)| Some((base, number(digits)?))) {
            Some((base, n)) => Ok(Major::Dot(base, n, after)),
            None => bad(),
        };
    }
    let Some((base, last)) = path.rsplit_once('/') else { return Ok(Major::Unnamed) };
    let Some(digits) = last.strip_prefix('v') else { return Ok(Major::Unnamed) };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Ok(Major::Unnamed);
    }
    match number(digits) {
        Some(n) if n >= 2 => Ok(Major::Slash(base, n)),
        Some(_) | None => bad(),
    }
}

/// Gives the module path that a major version needs, if `path` is for another one (`module.CheckPathMajor`).
pub(crate) fn other_major(path: &str, major: u64) -> Option<String> {
    let slash = |base: &str| if major < 2 { base.to_owned() } else { format!("{base}/v{major}") };
    match self::major(path).ok()? {
        Major::Unnamed => (major >= 2).then(|| slash(path)),
        Major::Slash(base, n) => (n != major).then(|| slash(base)),
        Major::Dot(base, n, after) => (n != major).then(|| format!("{base}.v{major}{after}")),
    }
}

/// Escapes a valid module path or version for addresses and caches (`module.EscapePath`): `!x` for `X`.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Reverses [`escaped`]; `None` for what it never returns.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '!' => out.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            c if c.is_ascii_uppercase() || !c.is_ascii() => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// Two names are equal after folding if Go's `strings.EqualFold` says so.
pub(crate) fn folded(name: &str) -> String {
    name.chars().map(fold).collect()
}

fn fold(c: char) -> char {
    // Only Turkish folding maps it to the ASCII letter.
    if c == 'ı' {
        return c;
    }
    let upper = single(c.to_uppercase()).unwrap_or(c);
    single(upper.to_lowercase()).unwrap_or(upper)
}

/// Simple folding is one to one, so longer forms do not count.
fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_by_go_s_rules() {
        for good in
            ["a", "a b/c.go", ".github/x", "é/世.go", "a@b", "_x/~y", "!x", "con-1", "...a", "x/com10"]
        {
            assert_eq!(check_file(good), Ok(()), "{good}");
        }
        for bad in
            ["", "a//b", "/a", "a/", "..", "a/.", "a.", "con", "x/NUL.txt", "Com1.go", "a:b", "a*b", "a\\b"]
        {
            assert!(check_file(bad).is_err(), "{bad}");
        }
        for bad in
            ["a\nb", "a'b", "a\"b", "a|b", "a<b", "a?b", "a`b", "a;b", "e\u{301}", "a\u{7f}", "🎉", "١"]
        {
            assert!(check_file(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn letters_are_no_marks_numbers_or_signs() {
        // As the go command up to 1.26, which refuses letters that it does not know.
        assert_eq!(unicode_general_category::UNICODE_VERSION, (15, 0, 0));
        for letter in ['é', 'ß', 'Ж', '世', 'ª', 'ก', '\u{323af}'] {
            assert!(is_letter(letter), "{letter}");
        }
        for other in ['\u{301}', 'Ⅷ', 'Ⓐ', '€', '\u{93e}', '١', '\u{a0}', '\u{323b0}', '\u{10ffff}'] {
            assert!(!is_letter(other), "{other}");
        }
    }

    #[test]
    fn modules_by_go_s_rules() {
        for good in
            ["a.b", "github.com/A/b", "a.b/_c/~d", "a.b/v2", "gopkg.in/yaml.v3", "gopkg.in/a.v0", "a.b/v2x"]
        {
            assert_eq!(check_module(good), Ok(()), "{good}");
        }
        for bad in
            ["", "a", "a/b.c", "-a.b", "a.b/", "/a.b", "a.b//c", "a.b/.c", "a.b/../c", "A.b/c", "a_.b/c"]
        {
            assert!(check_module(bad).is_err(), "{bad}");
        }
        for bad in [
            "a.b/v1",
            "a.b/v02",
            "a.b/v2.1",
            "gopkg.in/yaml",
            "gopkg.in/a.v01",
            "a.b/c~1",
            "a.b/aux",
            "a.b/é",
        ] {
            assert!(check_module(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_major_version_needs_its_path() {
        let table = [
            ("a.b/m", 1, None),
            ("a.b/m", 0, None),
            ("a.b/m", 2, Some("a.b/m/v2")),
            ("a.b/m/v2", 2, None),
            ("a.b/m/v2", 3, Some("a.b/m/v3")),
            ("a.b/m/v2", 1, Some("a.b/m")),
            ("gopkg.in/m.v2", 2, None),
            ("gopkg.in/m.v2", 3, Some("gopkg.in/m.v3")),
            ("gopkg.in/m.v1-unstable", 2, Some("gopkg.in/m.v2-unstable")),
        ];
        for (path, major, needed) in table {
            assert_eq!(other_major(path, major).as_deref(), needed, "{path} {major}");
        }
    }

    #[test]
    fn case_is_escaped_and_folded() {
        assert_eq!(escaped("github.com/BurntSushi/toml"), "github.com/!burnt!sushi/toml");
        assert_eq!(unescaped("github.com/!burnt!sushi/toml").as_deref(), Some("github.com/BurntSushi/toml"));
        for never in ["A", "a!", "!A", "!1", "!!a", "é"] {
            assert_eq!(unescaped(never), None, "{never}");
        }
        for (a, b) in [("README", "readme"), ("ſ", "S"), ("K", "k"), ("ς", "Σ"), ("ẞ", "ß"), ("ϴ", "ϑ")]
        {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        for (a, b) in [("ı", "i"), ("İ", "i"), ("ß", "ss"), ("é", "e")] {
            assert_ne!(folded(a), folded(b), "{a} {b}");
        }
    }
}
