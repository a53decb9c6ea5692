//! Rivals, attackers, crashes, and servers that refuse.

mod absent;
mod crowd;
mod forged;
mod hostile;
mod killed;
mod kills;
mod races;
mod remembered;
mod server;
mod store;

use allclear_testkit::environment;

/// How often chance is tried: `few` times in the tests, and ten times as often with `ALLCLEAR_FAULTS=10`.
fn rounds(few: usize) -> usize {
    let times = environment("ALLCLEAR_FAULTS").and_then(|times| times.into_string().ok()?.parse().ok());
    few * times.unwrap_or(1)
}
