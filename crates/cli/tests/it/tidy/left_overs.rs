//! Nothing is left half done.

use super::workspace::sources;

#[test]
fn nothing_is_left_half_done() {
    // Put together here, so that this file passes its own test.
    let words =
        [["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore"], ["dbg", "!("]].map(|w| w.concat());
    for (path, text) in sources() {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{path} has `{word}`");
        }
    }
}
