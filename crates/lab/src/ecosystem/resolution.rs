//! What a resolver chose, and the proof that it is the project's version.

use allclear_core::experiment::Proof;
use allclear_core::types::text::short;
use base16ct::lower::encode_string as hex;
use sha2::{Digest, Sha256};

#[derive(Debug)]
pub(crate) struct Resolution {
    /// What it is built with; `None` if only its steps can tell.
    pub(crate) proof: Option<Proof>,
    /// The digest of everything that was resolved.
    pub(crate) closure: String,
    /// Whether it asked for the newest version of something.
    pub(crate) floating: bool,
    /// For people.
    pub(crate) note: Option<String>,
}

/// What a resolver says it chose for the project.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) version: String,
    pub(crate) hash: String,
    /// What the downstream uses in place of the project.
    pub(crate) replaced_by: Option<String>,
}

/// Proves that the resolver chose the wanted version with its content; else says what it chose.
pub(crate) fn prove(name: &str, wanted: &Proof, taken: Taken) -> Result<Proof, String> {
    let Proof { version, hash } = wanted;
    if let Some(other) = taken.replaced_by {
        return Err(format!("{name} is replaced by {}", short(&other, 100)));
    }
    if taken.version != *version {
        return Err(format!("{name} is at {}, not at {version}", short(&taken.version, 60)));
    }
    if taken.hash != *hash {
        return Err(format!("{name}@{version} has other content than was packed"));
    }
    Ok(Proof { version: taken.version, hash: taken.hash })
}

/// The digest of what was resolved: toolchain, lock files, and the number of packages built.
pub(crate) fn closure(toolchain: &str, files: &[Vec<u8>], packages: usize) -> String {
    let mut digest = Sha256::new();
    digest.update(toolchain);
    for file in files {
        digest.update(file);
        digest.update([0]);
    }
    digest.update((packages as u64).to_le_bytes());
    hex(&digest.finalize()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_content_is_proof() {
        let wanted = Proof { version: "v1.2.0".into(), hash: "h1:x".into() };
        let of = |version: &str, hash: &str, replaced: Option<&str>| {
            let replaced_by = replaced.map(str::to_owned);
            prove("a.b/c", &wanted, Taken { version: version.into(), hash: hash.into(), replaced_by })
        };
        assert_eq!(of("v1.2.0", "h1:x", None), Ok(wanted.clone()));
        assert_eq!(of("v1.2.0", "h1:x", Some("../c")), Err("a.b/c is replaced by ../c".into()));
        assert_eq!(of("v1.1.0", "h1:x", None), Err("a.b/c is at v1.1.0, not at v1.2.0".into()));
        assert_eq!(of("v1.2.0", "", None), Err("a.b/c@v1.2.0 has other content than was packed".into()));
    }
}
