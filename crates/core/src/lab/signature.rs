//! What is the same failure.
