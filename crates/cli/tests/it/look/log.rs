//! What `ALLCLEAR_LOG` shows on standard error.

use crate::server::bridge;
use crate::world::{QUICK, World};

#[test]
fn processes_of_git_are_shown_without_secrets_and_standard_output_stays_as_it_is() {
    let world = World::new(QUICK);
    let bridge = bridge(&world);
    let with_password = bridge.url().replace("http://", "http://mira:hunter22@");
    world.git("clone", &["remote", "set-url", "origin", &with_password]);
    let quiet = world.allclear(&["status"]).code(0);
    assert_eq!(quiet.err, "");
    let world = world.with_env("ALLCLEAR_LOG", "debug");
    let loud =
        world.allclear(&["status"]).code(0).talks("git subcommand=\"ls-remote\" options=-q exit=0").plainly();
    assert_eq!(loud.out, quiet.out);
    assert!(!loud.err.contains("hunter22"), "{}", loud.err);
    for line in loud.err.lines() {
        assert!(line.contains(" DEBUG ") || line.contains(" INFO "), "{line}");
    }
    assert!(loud.err.contains(" look:list{"), "{}", loud.err);
    let world = world.with_env("ALLCLEAR_LOG", "info");
    world
        .allclear(&["cut", "--yes"])
        .code(0)
        .talks("pushed ok=true")
        .talks(" append{place=refs/allclear/ledger");
    let world = world.with_env("ALLCLEAR_LOG", "loud\u{1b}[31m");
    world.allclear(&["status"]).code(2).talks("it can be error, warn, info, debug or trace").plainly();
}
