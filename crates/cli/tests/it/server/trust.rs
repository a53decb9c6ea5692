//! Whose repositories and directories are used: nothing runs, leaks or goes astray because of somebody else's.

use crate::world::{QUICK, Run, World};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where there is a git on this machine that takes every repository for somebody else's, unless `sudo` is said to have
/// been started by user 7.
const FOREIGN: &str = "foreign";

fn world() -> World {
    let world = World::new(QUICK);
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file()).unwrap();
    let script = format!(
        "[ \"$SUDO_UID\" = 7 ] || export GIT_TEST_ASSUME_DIFFERENT_OWNER=1\nexec {} \"$@\"",
        git.display()
    );
    world.script(&format!("{FOREIGN}/git"), &script);
    world
}

/// Runs allclear with the git that trusts nobody, and more variables.
fn status(world: &World, dir: &str, vars: &[(&str, &str)]) -> Run {
    let path = std::env::var_os("PATH").unwrap();
    let dirs: Vec<PathBuf> = [world.path(FOREIGN)].into_iter().chain(std::env::split_paths(&path)).collect();
    let mut command = world.command(env!("CARGO_BIN_EXE_allclear"), dir);
    command.env("PATH", std::env::join_paths(dirs).unwrap()).envs(vars.iter().copied()).arg("status");
    Run::of(&command.output().unwrap())
}

fn trust(world: &World, dir: &Path) {
    world.git(".", &["config", "--global", "--add", "safe.directory", dir.to_str().unwrap()]);
}

#[test]
fn nothing_that_the_clone_of_another_user_names_is_run() {
    let world = world();
    let ran = world.path("ran");
    world.git("clone", &["worktree", "add", "-q", "--detach", "../linked", "master"]);
    world.git(".", &["clone", "-q", "--bare", "server.git", "bare.git"]);
    world.git(".", &["init", "-q", "above"]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../server.git", "module"];
    world.git("above", &add);
    std::fs::create_dir_all(world.path("clone/deep/down")).unwrap();
    let trap = format!("touch {}; exit 1; true", ran.display());
    for dir in ["clone", "clone/deep/down", "linked", "bare.git", "above/module"] {
        world.git(dir, &["remote", "set-url", "origin", "ssh://host.invalid/lib.git"]);
        world.git(dir, &["config", "core.sshCommand", &trap]);
        world.run(dir, &["status"]).code(75);
        assert!(ran.exists(), "the trap goes off in an own clone: {dir}");
        std::fs::remove_file(&ran).unwrap();

        let shown = if dir == "bare.git" { "--absolute-git-dir" } else { "--show-toplevel" };
        let top = world.git(dir, &["rev-parse", shown]);
        let command =
            format!("hint: if you trust whoever owns it: git config --global --add safe.directory {top}");
        status(&world, dir, &[]).code(2).talks("detected dubious ownership").talks(&command).plainly();
        assert!(!ran.exists(), "{dir}");

        // Whom the person trusts, git trusts; what the repository says of itself does not count.
        world.git(dir, &["config", "safe.directory", "*"]);
        status(&world, dir, &[]).code(2);
        let by_variable =
            [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", &top)];
        for trusted in [&by_variable[..], &[("SUDO_UID", "7")]] {
            status(&world, dir, trusted).code(75);
            assert!(ran.exists(), "{dir}: {trusted:?}");
            std::fs::remove_file(&ran).unwrap();
        }
        world.git(dir, &["config", "--unset", "core.sshCommand"]);
    }
}

#[test]
fn a_server_of_another_user_on_this_machine_is_used_where_git_uses_it() {
    let world = world();
    let clone = world.path("clone");
    trust(&world, &clone);
    status(&world, "clone", &[]).code(75).talks("dubious ownership");
    trust(&world, &world.server());
    status(&world, "clone", &[]).code(0).says("lib");
}

#[test]
fn where_git_pushes_to_is_where_the_release_goes() {
    let world = World::new(QUICK);
    world.git(".", &["clone", "-q", "--bare", "server.git", "gate.git"]);
    let (server, gate) = (world.server().display().to_string(), world.path("gate.git").display().to_string());
    let releases = |dir: &str| world.git(dir, &["for-each-ref", "refs/heads/release-*", "refs/allclear"]);
    let redirect = format!("url.{gate}.pushInsteadOf");
    world.git("clone", &["config", &redirect, &server]);
    world.allclear(&["doctor"]).says(&format!("fetches from elsewhere: {server}"));
    world.allclear(&["cut", "--yes"]).code(0);
    assert!(releases("server.git").is_empty() && !releases("gate.git").is_empty());
    world.allclear(&["status"]).says("1.1.0");
    // The same where the address itself is given, as with git push.
    world.run("clone", &["--remote", &server, "status"]).says("1.1.0");

    world.git("clone", &["config", "--unset", &redirect]);
    world.git("clone", &["config", "--add", "remote.origin.pushurl", &gate]);
    world.allclear(&["status"]).says("1.1.0");
    world.git("clone", &["config", "--add", "remote.origin.pushurl", &server]);
    world.allclear(&["status"]).code(2).talks("several addresses").talks(&gate).talks("--remote ADDRESS");
    assert!(releases("server.git").is_empty());
}

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
    let remedy = run.err.lines().find_map(|line| line.split_once("needed: ")).unwrap().1;
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
