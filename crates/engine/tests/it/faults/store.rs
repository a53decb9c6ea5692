//! The private store is a cache: whatever becomes of it, the next command succeeds.

use super::killed::{check, started};
use super::rounds;
use allclear_core::Version;
use allclear_engine::CutWish;
use allclear_testkit::{Machine, World};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where chance begins; another number tries other damages.
const SEED: u64 = 20_261_126;

/// Chance that can be repeated (Knuth's MMIX generator).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// What is done to a file or a folder.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Gone,
    Empty,
    Half,
    /// A lock is left beside it.
    Locked,
    /// A file with nothing in it is left beside it.
    EmptyBeside,
}

use Damage::{Empty, EmptyBeside, Gone, Half, Locked};

/// What happens to a store first; then chance decides. A name that begins with `*` stands for the first file that
/// ends so.
const DAMAGES: &[(&str, Damage)] = &[
    ("HEAD", Gone),
    ("HEAD", Empty),
    ("HEAD", Locked),
    ("config", Gone),
    ("config", Empty),
    ("config", Half),
    ("packed-refs", Gone),
    ("packed-refs", Empty),
    ("packed-refs", Half),
    ("packed-refs", Locked),
    ("refs/heads/develop", Empty),
    ("refs/heads/develop", Half),
    ("refs/heads/develop", Locked),
    ("refs/heads/develop", EmptyBeside),
    ("refs", Gone),
    ("objects", Gone),
    ("objects/info", Gone),
    ("objects/info/alternates", Gone),
    ("objects/info/alternates", Half),
    ("objects/pack", Gone),
    ("*.pack", Gone),
    ("*.pack", Half),
    ("*.idx", Gone),
    ("*.idx", Empty),
    ("*.idx", Half),
    ("objects/info/commit-graph", Half),
    ("allclear", Gone),
    ("allclear/fetched", Empty),
    ("allclear/fold", Half),
    ("allclear/look", Half),
    ("", Gone),
];

/// Lists the files below a directory, sorted.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { dirs.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn damage(store: &Path, name: &str, how: Damage) {
    let path = match name.strip_prefix('*') {
        Some(end) => files(store).into_iter().find(|f| f.to_string_lossy().ends_with(end)).unwrap(),
        None => store.join(name),
    };
    let part = |keep: fn(usize) -> usize| {
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bytes[..keep(bytes.len())]).unwrap();
    };
    match how {
        Gone if path.is_dir() => std::fs::remove_dir_all(&path).unwrap(),
        Gone => std::fs::remove_file(&path).unwrap(),
        Empty => part(|_| 0),
        Half => part(|length| length / 2),
        Locked => {
            let mut lock = path.into_os_string();
            lock.push(".lock");
            let file = std::fs::File::create(lock).unwrap();
            let left = std::fs::metadata(store).unwrap().modified().unwrap() - Duration::from_mins(1);
            file.set_modified(left).unwrap();
        }
        EmptyBeside => std::fs::write(path.with_file_name("left"), "").unwrap(),
    }
}

/// A project whose life goes on, a step at a time: cut, check, tick, promote.
pub(super) struct Life {
    pub(super) world: World,
    steps: usize,
}

impl Life {
    pub(super) fn new() -> Self {
        Self { world: World::new(), steps: 0 }
    }

    pub(super) fn machine(&self) -> Machine {
        self.world.machine("killed")
    }

    /// Gives the next step, with time and work gone on as far as it needs.
    pub(super) fn next(&mut self) -> &'static str {
        let step = ["cut", "check", "tick", "promote"][self.steps % 4];
        self.steps += 1;
        match step {
            "cut" | "tick" => {
                let text = format!("{}\n", self.steps);
                self.world.commit("develop", "feat: more", &[("more.txt", &text)]);
            }
            "promote" => self.world.days(8),
            _ => {}
        }
        step
    }

    /// Gives the candidate that is open.
    fn open(&self) -> Option<Version> {
        let seen = self.machine().engine().observe().unwrap();
        seen.project.candidates.keys().next().copied()
    }

    fn take(&self, step: &str) {
        let machine = self.machine();
        let engine = machine.engine();
        match step {
            "cut" => {
                let wish = CutWish { may_found: true, ..CutWish::default() };
                drop(engine.cut(&wish).unwrap());
            }
            "check" => check(&engine),
            "promote" => drop(engine.promote(None, None).unwrap()),
            _ => {
                let ticked = engine.tick(false).unwrap();
                assert!(ticked.faults.is_empty(), "{:?}", ticked.faults);
            }
        }
        self.world.look();
    }

    /// Takes a step again whose command was killed: what it has not done is done now.
    pub(super) fn take_again(&self, step: &str) {
        let released = self.world.released().len();
        self.take("tick");
        match step {
            "cut" if self.open().is_some() => {}
            "promote" if self.open().is_none() => assert!(self.world.released().len() >= released),
            step => self.take(step),
        }
    }

    /// Ends it well: what is open is released, and everything was as promised.
    pub(super) fn end(&self) {
        self.world.days(8);
        self.world.until_quiet(&self.machine());
        if self.open().is_some() {
            self.take("promote");
        }
        assert!(self.world.released().len() > self.steps / 8, "{:?}", self.world.released());
        self.world.check_promises();
    }
}

#[test]
fn whatever_is_damaged_the_next_command_succeeds() {
    println!("seed {SEED}");
    let mut chance = Chance(SEED);
    let mut life = Life::new();
    life.machine().engine().observe().unwrap();
    for n in 0..DAMAGES.len() + 15 {
        let step = life.next();
        let store = life.machine().store.dir().to_path_buf();
        let (name, how) = match DAMAGES.get(n) {
            Some((name, how)) => {
                // What the last command had no need of is found by one that fetches.
                life.world.commit("side", "feat: aside", &[("side.txt", &format!("{n}\n"))]);
                life.machine().engine().observe().unwrap();
                // So that there are packs, packed refs and a commit-graph; and one ref that is a file.
                life.world.git_in(&store, &["gc", "-q"]);
                let develop = life.world.git_in(&store, &["rev-parse", "refs/heads/develop"]);
                std::fs::create_dir_all(store.join("refs/heads")).unwrap();
                std::fs::write(store.join("refs/heads/develop"), format!("{develop}\n")).unwrap();
                ((*name).to_owned(), *how)
            }
            None => {
                let files = files(&store);
                let file = &files[chance.below(files.len())];
                let name = file.strip_prefix(&store).unwrap().to_str().unwrap().to_owned();
                (name, [Gone, Empty, Half][chance.below(3)])
            }
        };
        println!("{n}: {name} {how:?}, then {step}");
        damage(&store, &name, how);
        life.take(step);
    }
    life.end();
}

#[test]
fn however_many_files_are_damaged_at_once_one_tick_succeeds() {
    println!("seed {SEED}");
    let mut chance = Chance(SEED);
    let mut life = Life::new();
    let step = life.next();
    life.take(step);
    for n in 0..rounds(5) {
        let store = life.machine().store.dir().to_path_buf();
        life.world.commit("develop", "feat: more", &[("more.txt", &format!("{n}\n"))]);
        for _ in 0..=chance.below(4) {
            let files = files(&store);
            let file = files[chance.below(files.len())].strip_prefix(&store).unwrap().display().to_string();
            let how = [Gone, Empty, Half][chance.below(3)];
            println!("{n}: {file} {how:?}");
            damage(&store, &file, how);
        }
        life.take("tick");
    }
    life.end();
}

/// Starts a command on a disk where no file can be longer than some blocks. Unlike a disk that is full this needs nobody's
/// permission, and programs see the same: a write that fails.
#[allow(clippy::disallowed_methods, reason = "this test starts itself again")]
fn started_without_space(world: &World, step: &str, blocks: usize) -> Command {
    let command = started(world, step, "git", 0);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &blocks.to_string()]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited
}

#[test]
fn whatever_write_fails_on_a_full_disk_the_next_tick_succeeds() {
    let mut life = Life::new();
    let mut failed = 0;
    for blocks in [0, 1, 2, 4, 8] {
        // Each of the steps.
        for _ in 0..4 {
            let step = life.next();
            let output = started_without_space(&life.world, step, blocks).output().unwrap();
            println!("{step} with files of at most {blocks} blocks: {}", output.status);
            failed += usize::from(!output.status.success());
            life.world.unlock();
            life.take_again(step);
        }
    }
    assert!(failed > 3, "{failed}");
    life.end();
}
