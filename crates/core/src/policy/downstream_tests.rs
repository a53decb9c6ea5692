//! What people write under `[[downstream]]` and `[[check]]`, and what they are told.
