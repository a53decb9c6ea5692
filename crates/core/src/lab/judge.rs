//! What to try next, and how the arms compare in the end.
