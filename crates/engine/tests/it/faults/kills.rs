//! Commands that are killed at any of their git processes, by a git that counts: the next command succeeds.

use super::killed::started;
use super::store::{Chance, Life};
use allclear_testkit::environment;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// Where chance begins; another number kills at other places.
const SEED: u64 = 20_261_127;
const KILLS: usize = 30;
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
    let git = bin.join("git");
    std::fs::write(&git, script).unwrap();
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    File::create(bin.join("alive")).unwrap()
}

#[test]
fn wherever_a_command_is_killed_the_next_one_succeeds() {
    println!("seed {SEED}");
    let mut chance = Chance(SEED);
    let mut life = Life::new();
    life.machine().engine().observe().unwrap();
    let (mut kills, mut tries) = (0, 0);
    while kills < KILLS {
        tries += 1;
        assert!(tries < 10 * KILLS, "too few are killed: {kills} of {tries}");
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
