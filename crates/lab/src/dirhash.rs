//! The digest by which go.sum knows a module: `h1:`, Hash1 of `golang.org/x/mod/sumdb/dirhash`.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The files of a module, by name, with the SHA-256 of each.
#[derive(Debug, Default)]
pub(crate) struct Listing(Vec<(String, [u8; 32])>);

impl Listing {
    /// Adds a file.
    pub(crate) fn add(&mut self, name: String, sha256: [u8; 32]) {
        self.0.push((name, sha256));
    }

    /// Gives the digest of them all, whatever their order.
    pub(crate) fn h1(mut self) -> String {
        self.0.sort();
        let mut lines = String::new();
        for (name, digest) in &self.0 {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(lines, "{hex}  {name}");
        }
        format!("h1:{}", base64(&Sha256::digest(lines)))
    }
}

/// Writes bytes in base64 with its padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let word =
            three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = BASE64[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (text, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }

    #[test]
    fn the_order_in_which_files_come_does_not_matter() {
        let digest = |text: &str| <[u8; 32]>::from(Sha256::digest(text));
        let mut one = Listing::default();
        one.add("b".into(), digest("2"));
        one.add("a".into(), digest("1"));
        let mut other = Listing::default();
        other.add("a".into(), digest("1"));
        other.add("b".into(), digest("2"));
        assert_eq!(one.h1(), other.h1());
        // The same as `sha256sum` of nothing at all.
        assert_eq!(Listing::default().h1(), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
