//! Signatures: those on commits, and those that a person makes.

use crate::types::object_id::CommitId;

/// Reads and makes signatures.
pub trait Signing: Send + Sync {
    /// Gives the fingerprint of the SSH key that signed a commit; `None` where no good signature is on it.
    fn signer(&self, commit: &CommitId) -> Option<String>;

    /// Signs a text with the person's SSH key and gives the armored signature; `None` where there is no key.
    fn sign(&self, _text: &[u8], _namespace: &str) -> Option<String> {
        None
    }
}
