//! allclear.
fn main() {}
