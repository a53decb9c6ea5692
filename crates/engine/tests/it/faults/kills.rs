//! Commands that are killed at any of their git processes, by a git that counts: the next command succeeds.

use super::killed::started;
use super::rounds;
use super::store::{Chance, Life};
use crate::v;
use allclear_testkit::{World, environment, write_script};
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// Where chance begins; another number kills at other places.
const SEED: u64 = 20_261_127;
/// No command below starts more processes of git than this, once there is something to do.
const MOST: usize = 24;

/// What becomes of the git that is about to run when its command is killed.
const GITS: [&str; 3] =
    ["kill -9 $PPID; exit 1", "kill -9 $PPID; exec GIT \"$@\"", "GIT \"$@\"; kill -9 $PPID"];

fn real_git() -> PathBuf {
    let path = environment("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file()).unwrap()
}

/// Puts a git on the path that kills whoever starts the `n`th of them, and gives a file that each git has locked for
/// as long as it lives.
fn killer(bin: &Path, n: usize, how: &str) -> File {
    std::fs::create_dir_all(bin).unwrap();
    std::fs::write(bin.join("count"), "").unwrap();
    let how = how.replace("GIT", real_git().to_str().unwrap());
    let script = format!(
        "#!/bin/sh\nexec 9>>{0}/alive\nflock -s 9\necho >> {0}/count\nif [ \"$(wc -l < {0}/count)\" -eq {n} ]; \
         then {how}; exit; fi\nexec {1} \"$@\"\n",
        bin.display(),
        real_git().display()
    );
    write_script(&bin.join("git"), &script);
    File::create(bin.join("alive")).unwrap()
}

#[test]
fn wherever_a_command_is_killed_the_next_one_succeeds() {
    println!("seed {SEED}");
    let mut chance = Chance(SEED);
    let mut life = Life::new();
    life.machine().engine().observe().unwrap();
    let (mut kills, mut tries, wanted) = (0, 0, rounds(30));
    while kills < wanted {
        tries += 1;
        assert!(tries < 10 * wanted, "too few are killed: {kills} of {tries}");
        let step = life.next();
        let (n, how) = (1 + chance.below(MOST), GITS[chance.below(GITS.len())]);
        println!("{kills}: {step} killed at git {n}: {how}");
        let alive = killer(&life.world.path().join("bin"), n, how);
        let output = started(&life.world, step, "git", 0).output().unwrap();
        let killed = output.status.signal() == Some(9);
        kills += usize::from(killed);
        // What the killed one has started may still be at work, also on the server.
        alive.lock().unwrap();
        std::fs::remove_file(life.world.path().join("bin/git")).unwrap();
        if killed {
            life.take_again(step);
        } else {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    life.end();
}

/// A hook of the server that kills the server's own process when a transaction of refs is at `state` for the `n`th time.
fn killing_hook(world: &World, state: &str, n: usize) {
    let count = world.path().join("transactions");
    std::fs::write(&count, "").unwrap();
    let count = count.display();
    let script = format!(
        "[ \"$1\" = {state} ] || exit 0\necho >> {count}\n[ \"$(wc -l < {count})\" -eq {n} ] || exit 0\nkill -9 $PPID"
    );
    world.hook("reference-transaction", &script);
}

#[test]
fn p2_promotions_killed_with_all_that_they_started_end_in_one_release() {
    println!("seed {SEED}");
    let mut chance = Chance(SEED);
    let (mut kills, rounds) = (0, rounds(50));
    for round in 0..rounds {
        let world = World::soaked();
        let bin = world.path().join("bin");
        // The group of the git that is killed includes what that has started, such as the server's side of a push.
        let ways =
            ["kill -9 $PPID; kill -9 0", "GIT \"$@\"; kill -9 $PPID", "server prepared", "server committed"];
        let (way, n) = (ways[chance.below(ways.len())], 1 + chance.below(14));
        let mut alive = None;
        match way.strip_prefix("server ") {
            Some(state) => killing_hook(&world, state, 1 + n % 2),
            None => alive = Some(killer(&bin, n, way)),
        }
        let output = started(&world, "promote", "git", 0).output().unwrap();
        kills += usize::from(output.status.signal() == Some(9));
        match alive {
            Some(alive) => {
                alive.lock().unwrap();
                std::fs::remove_file(bin.join("git")).unwrap();
            }
            None => world.unhook("reference-transaction"),
        }
        let locks = world.unlock().len();
        // The next one has the same cache, or a clone and a cache of its own.
        let shared = chance.below(2) == 0;
        println!("{round}: {way} at {n}: {locks} locks, shared cache {shared}, {kills} killed");
        let next = if shared { world.machine("killed") } else { world.lone_machine("b") };
        let (done, last) = world.until_quiet(&next);
        assert_eq!(world.released(), [v("1.1.0")], "done: {done:?}, faults: {:?}", last.faults);
        world.check_promises();
    }
    assert!(kills > rounds / 5, "{kills}");
}
