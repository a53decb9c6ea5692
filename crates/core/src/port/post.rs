//! Delivering notices.

use crate::policy::Way;

/// A machine that can deliver a notice.
pub trait Post {
    /// Delivers a notice once. `id` is the same whenever the same notice is delivered again.
    ///
    /// # Errors
    ///
    /// Says why it did not arrive, without any secret.
    fn deliver(&self, way: &Way, id: &str, body: &str) -> Result<(), String>;
}
