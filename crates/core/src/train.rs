//! The schedule: which slots there are and which is due.
