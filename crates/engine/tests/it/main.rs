//! The whole engine over real git, under every hand that the design names.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "tests say where they are, and look for one event among many"
)]

mod after;
mod candidate;
mod experiment;
mod faults;
mod notices;
mod people;
mod promotion;
mod story;

use allclear_core::{CommitId, Version};
use allclear_testkit::World;

fn v(text: &str) -> Version {
    Version::parse(text).unwrap()
}

/// Lets another machine tick until it is quiet: 1.1.0 must be released then, once, and properly.
fn released_in_the_end(world: &World) {
    let (done, last) = world.until_quiet(&world.machine("b"));
    assert_eq!(world.released(), [v("1.1.0")], "done: {done:?}, faults: {:?}", last.faults);
    world.check_promises();
}

/// Asserts that nothing but the record changed.
fn untouched(world: &World, before: &[(String, CommitId)]) {
    assert_eq!(world.branches_and_tags(), before, "nothing was to be changed");
    assert!(world.released().is_empty());
    world.check_promises();
}
