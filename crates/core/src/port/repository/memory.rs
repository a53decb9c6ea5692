//! What this machine remembers of a repository.

/// Remembers things by their keys.
pub trait Memory: Send + Sync {
    /// Reads something remembered on this machine; anything may be forgotten at any time.
    fn recall(&self, key: &str) -> Option<Vec<u8>>;

    /// Remembers something on this machine, if it can.
    fn remember(&self, key: &str, bytes: &[u8]);
}
