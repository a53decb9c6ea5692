//! Reads from a go.mod what it says of its own module (Go Modules Reference, "go.mod files"), as the go command reads that
//! of a dependency (`modfile.ParseLax`): unknown lines are skipped.

/// What a go.mod says of its own module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoMod {
    /// Its module path; `None` where it names none.
    pub module: Option<String>,
    /// Its go line, such as `1.24.0`; `None` where it has none.
    pub go: Option<String>,
}

impl GoMod {
    /// Reads one. What is not UTF-8 is replaced.
    pub fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut found = Self::default();
        let mut block = "";
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default().trim();
            let (verb, rest) = match line.split_once([' ', '\t']) {
                _ if line == ")" => {
                    block = "";
                    continue;
                }
                _ if !block.is_empty() => (block, line),
                Some((verb, rest)) => (verb, rest.trim()),
                None => (line.strip_suffix('(').unwrap_or(line), if line.ends_with('(') { "(" } else { "" }),
            };
            match (verb, rest) {
                (_, "") => {}
                (verb, "(") if block.is_empty() => block = verb,
                ("module", path) if found.module.is_none() => found.module = unquoted(path),
                ("go", version) if block.is_empty() && found.go.is_none() => {
                    found.go = Some(version.to_owned());
                }
                _ => {}
            }
        }
        found
    }
}

/// Tells whether a go line is that of Go 1.`minor` or newer; a line that is missing or cannot be read is not.
pub fn at_least(go: Option<&str>, minor: u64) -> bool {
    let Some((major, rest)) = go.and_then(|go| go.strip_prefix('v').unwrap_or(go).split_once('.')) else {
        return false;
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (Ok(major), Ok(said)) = (major.parse::<u64>(), rest[..digits].parse::<u64>()) else { return false };
    (major, said) >= (1, minor)
}

fn unquoted(text: &str) -> Option<String> {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let path = inner('"').or_else(|| inner('`')).unwrap_or(text);
    // No module path has a character that needs a quote.
    (!path.is_empty() && !path.contains(['"', '`', '\'', '\\', ' ', '\t'])).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_in_many_ways() {
        let table = [
            ("module a.b/c\n\ngo 1.24.0\n", Some("a.b/c"), Some("1.24.0")),
            ("// x\nmodule \"a.b/c\" // why\r\ngo\t1.9", Some("a.b/c"), Some("1.9")),
            ("module `a.b/c`", Some("a.b/c"), None),
            ("module (\n\ta.b/c\n)\nrequire (\n\tx.y/z v1.0.0\n)\ngo 1.21\n", Some("a.b/c"), Some("1.21")),
            ("module(\n\ta.b/c\n)\n", Some("a.b/c"), None),
            ("require (\n\tmodule v1\n\tgo v2\n)\n", None, None),
            ("modules a.b/c\ngopher 1.2\n", None, None),
            ("", None, None),
        ];
        for (text, module, go) in table {
            let read = GoMod::read(text.as_bytes());
            assert_eq!((read.module.as_deref(), read.go.as_deref()), (module, go), "{text}");
        }
    }

    #[test]
    fn go_lines_compare_by_number() {
        for (go, is) in [
            ("1.24", true),
            ("1.24.0", true),
            ("1.24rc1", true),
            ("1.100", true),
            ("2.0", true),
            ("1.23.9", false),
            ("1.9", false),
            ("1", false),
            ("x", false),
        ] {
            assert_eq!(at_least(Some(go), 24), is, "{go}");
        }
        assert!(!at_least(None, 24));
    }
}
