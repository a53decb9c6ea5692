//! The digest of a module in go.sum: `h1:`, Hash1 of `golang.org/x/mod/sumdb/dirhash`.

use base16ct::lower::encode_string as hex;
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The files of a module with their SHA-256.
#[derive(Debug, Default)]
pub(super) struct Listing(Vec<(String, [u8; 32])>);

impl Listing {
    pub(super) fn add(&mut self, name: String, sha256: [u8; 32]) {
        self.0.push((name, sha256));
    }

    pub(super) fn h1(mut self) -> String {
        self.0.sort();
        let mut lines = String::new();
        for (name, digest) in &self.0 {
            let hex = hex(digest);
            let _ = writeln!(lines, "{hex}  {name}");
        }
        format!("h1:{}", Base64::encode_string(&Sha256::digest(lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // As `sha256sum` of nothing.
        assert_eq!(Listing::default().h1(), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
