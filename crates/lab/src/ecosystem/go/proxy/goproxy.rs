//! Parses a GOPROXY.

use crate::overlay::upstream::{At, Mirror};

/// Parses a GOPROXY as the go command does. `direct` and `off` end it, since what follows is never asked.
pub(super) fn mirrors(goproxy: &str) -> Vec<Mirror> {
    let mut found = Vec::new();
    for entry in goproxy.split_inclusive([',', '|']) {
        let lenient = entry.ends_with('|');
        let name = entry.trim_end_matches([',', '|']).trim().trim_end_matches('/');
        let at = match name {
            "" => None,
            "direct" | "off" => break,
            url if url.contains(":/") => At::read(url),
            host if host.contains(['.', ':', '/']) && !host.starts_with('/') => {
                At::read(&format!("https://{host}"))
            }
            _ => None,
        };
        found.extend(at.map(|at| Mirror { at, lenient }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goproxy_is_read_as_go_reads_it() {
        let web = |url: &str, lenient| Mirror { at: At::Web(url.into()), lenient };
        let folder = |path: &str, lenient| Mirror { at: At::Folder(path.into()), lenient };
        let table = [
            ("https://a.b/c/,direct", vec![web("https://a.b/c", false)]),
            (
                "https://a.b|http://127.0.0.1:1,off,https://never.b",
                vec![web("https://a.b", true), web("http://127.0.0.1:1", false)],
            ),
            (" file:///a%20b , , c.d/e", vec![folder("/a b", false), web("https://c.d/e", false)]),
            ("direct,https://never.b", vec![]),
            ("off", vec![]),
            ("", vec![]),
            ("ftp://a.b,/abs,word", vec![]),
            ("https://a.b/\nurl = x", vec![]),
        ];
        for (goproxy, expected) in table {
            assert_eq!(mirrors(goproxy), expected, "{goproxy}");
        }
    }
}
