//! What can come before, into and after the one push of a promotion.

mod after_push;
mod before_push;
mod half_done;

use allclear_testkit::World;

const FIX: &[(&str, &str)] = &[("app.txt", "1\ntwo\nthree\n")];

/// Puts a freeze of a day into the policy, which begins in so many seconds.
fn freeze_in(world: &World, seconds: u64) {
    let from = allclear_core::Seconds(seconds).after(world.now());
    let until = allclear_core::Seconds::DAY.after(from);
    let freeze = format!("[[freeze]]\nreason = \"holidays\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n");
    world.policy(&format!("preset = \"library@1\"\n{freeze}"));
}
