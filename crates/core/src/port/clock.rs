//! Time and chance.

use jiff::Timestamp;

/// Time and chance.
pub trait Clock: Send + Sync {
    /// Gives the present instant, UTC.
    fn now(&self) -> Timestamp;

    /// Waits. A virtual clock only moves on.
    fn wait(&self, length: std::time::Duration);

    /// Gives 32 fresh hex digits.
    fn fresh_id(&self) -> String;
}
