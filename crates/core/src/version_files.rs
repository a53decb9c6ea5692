//! Files that carry the version.
