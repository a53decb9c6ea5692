//! Whose repositories and directories are used: nothing runs, leaks or goes astray because of somebody else's.

use crate::world::{QUICK, Run, World};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_cache_that_others_may_write_is_not_used_and_a_new_one_is_for_its_owner_alone() {
    let world = World::new(QUICK);
    let cache = world.path("cache/allclear");
    let set = |mode| std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(mode)).unwrap();
    let mode = || cache.metadata().unwrap().permissions().mode() & 0o777;
    world.allclear(&["status"]).code(0);
    assert_eq!(mode(), 0o700);
    set(0o755);
    world.allclear(&["status"]).code(0);
    assert_eq!(mode(), 0o700);
    set(0o777);
    let run =
        world.allclear(&["status"]).code(2).talks("other users may write to it").talks("XDG_CACHE_HOME");
    let remedy = run.err.lines().find_map(|line| line.split_once("again: ")).unwrap().1;
    assert!(world.command("sh", ".").args(["-c", remedy]).status().unwrap().success());
    world.allclear(&["status"]).code(0);
    assert_eq!(mode(), 0o700);
}

#[test]
fn without_a_home_it_is_said_which_variable_is_missing() {
    let world = World::new(QUICK);
    let run = |vars: &[(&str, &str)]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_allclear"), "clone");
        command.env_remove("HOME").env_remove("XDG_CACHE_HOME").envs(vars.iter().copied()).arg("status");
        Run::of(&command.output().unwrap())
    };
    let tmp = || std::fs::read_dir(world.path("tmp")).unwrap().count();
    for vars in [&[][..], &[("HOME", "")], &[("XDG_CACHE_HOME", "cache"), ("HOME", "home")]] {
        run(vars).code(2).talks("neither XDG_CACHE_HOME nor HOME").talks("hint: set HOME").plainly();
    }
    assert_eq!(tmp(), 0);
    let cache = world.path("cache").display().to_string();
    run(&[("XDG_CACHE_HOME", &cache)]).code(0);
}
