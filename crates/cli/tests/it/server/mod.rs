//! Real servers over every transport, and clones of every kind; what they and strangers can do wrong.

mod clones;
mod faults;
mod hostile;
mod http;
mod ssh;
mod trust;

use crate::world::World;
use allclear_testkit::Bridge;
use std::time::Duration;

/// Serves the repositories of a world over http.
pub(crate) fn bridge(world: &World) -> Bridge {
    world.git("server.git", &["config", "http.receivepack", "true"]);
    Bridge::open(&world.path("."), Duration::ZERO)
}
