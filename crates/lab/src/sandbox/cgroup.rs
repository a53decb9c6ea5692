//! Control groups, by which the kernel limits a tree of processes: version 2 if it can be used, else version 1.

use allclear_core::experiment::Limits;
use rustix::process::{Pid, Signal, getpid, kill_process};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Names of the lab's groups begin with it: `allclear-PID-N`, with the process that made the group.
const NAME: &str = "allclear-";
/// The most processes and threads of the sandbox itself.
pub(super) const OWN: u64 = 16;
/// How long killing and removing a group may take.
const CLEANUP_LIMIT: Duration = Duration::from_secs(2);

/// The controllers, and whether a hierarchy is useless without each.
const CONTROLLERS: [(&str, bool); 3] = [("memory", true), ("pids", true), ("cpu", false)];

/// A hierarchy in which groups can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hierarchy {
    version: u8,
    /// The controllers and their directories, which are the same in version 2.
    controllers: Vec<(&'static str, PathBuf)>,
}

struct Mounted<'a> {
    root: &'a str,
    at: &'a str,
    version: u8,
    options: &'a str,
}

/// Parses a line of `/proc/self/mountinfo`; `None` if it is not a control group.
fn mounted(line: &str) -> Option<Mounted<'_>> {
    let (mount, system) = line.split_once(" - ")?;
    let mut system = system.split(' ');
    let version = match system.next()? {
        "cgroup" => 1,
        "cgroup2" => 2,
        _ => return None,
    };
    let mut mount = mount.split(' ').skip(3);
    Some(Mounted { root: mount.next()?, at: mount.next()?, version, options: system.nth(1)? })
}

/// Finds the directory of this process in a hierarchy, by `/proc/self/cgroup`.
fn own(mounted: &Mounted<'_>, groups: &str, controller: &str) -> PathBuf {
    let path = groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (names, path) = (fields.next()?, fields.next()?);
        (names.split(',').any(|name| name == controller)).then_some(path)
    });
    let path = path.unwrap_or("/");
    let below = Path::new(path).strip_prefix(mounted.root).unwrap_or(Path::new(""));
    let dir = Path::new(mounted.at).join(below.strip_prefix("/").unwrap_or(below));
    if dir.is_dir() { dir } else { PathBuf::from(mounted.at) }
}

impl Hierarchy {
    /// Lists the hierarchies that may work on this machine, the best first. Only making a group proves that one
    /// does.
    pub(super) fn candidates() -> Vec<Self> {
        let read = |name: &str| fs::read_to_string(name).unwrap_or_default();
        Self::of(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"))
    }

    fn of(mounts: &str, groups: &str) -> Vec<Self> {
        let mounts: Vec<Mounted<'_>> = mounts.lines().filter_map(mounted).collect();
        let mut found = Vec::new();
        for mounted in mounts.iter().filter(|mounted| mounted.version == 2) {
            // A group with processes cannot delegate controllers, so usually one above it has to.
            let own = own(mounted, groups, "");
            for dir in own.ancestors().take_while(|dir| dir.starts_with(mounted.at)) {
                let all = CONTROLLERS.iter().map(|(name, _)| (*name, dir.to_path_buf())).collect();
                found.push(Self { version: 2, controllers: all });
            }
        }
        let in_one = |name: &'static str| {
            let holds =
                |m: &&Mounted<'_>| m.version == 1 && m.options.split(',').any(|option| option == name);
            mounts.iter().find(holds).map(|mounted| (name, own(mounted, groups, name)))
        };
        let controllers: Vec<(&str, PathBuf)> =
            CONTROLLERS.iter().filter_map(|(name, _)| in_one(name)).collect();
        if CONTROLLERS.iter().all(|(name, needed)| !needed || controllers.iter().any(|(has, _)| has == name))
        {
            found.push(Self { version: 1, controllers });
        }
        found
    }

    /// `cgroup v1 (memory, pids, cpu)`.
    pub(super) fn describe(&self) -> String {
        let names: Vec<&str> = self.controllers.iter().map(|(name, _)| *name).collect();
        format!("cgroup v{} ({})", self.version, names.join(", "))
    }

    /// Removes the groups of labs that are gone. Groups with processes stay: they may belong to a lab in
    /// another container.
    pub(super) fn sweep(&self) {
        for (_, dir) in &self.controllers {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let owner = name.to_str().and_then(|name| name.strip_prefix(NAME)?.split('-').next());
                if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                    let _ = fs::remove_dir(entry.path());
                }
            }
        }
    }

    /// Makes an empty group with limits.
    pub(super) fn make_group(&self, limits: &Limits) -> io::Result<Group> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("{NAME}{}-{}", getpid().as_raw_nonzero(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut group = Group { version: self.version, dirs: Vec::new() };
        for (controller, dir) in &self.controllers {
            let dir = dir.join(&name);
            if !group.dirs.iter().any(|(_, made)| *made == dir) {
                if self.version == 2 {
                    enable_controllers(dir.parent().unwrap_or(&dir));
                }
                fs::create_dir(&dir)?;
            }
            group.dirs.push((*controller, dir));
        }
        group.set(limits)?;
        Ok(group)
    }
}

/// Enables the controllers for the groups below, if needed.
fn enable_controllers(dir: &Path) {
    let file = dir.join("cgroup.subtree_control");
    let has = fs::read_to_string(&file).unwrap_or_default();
    for (name, _) in CONTROLLERS {
        if !has.split_ascii_whitespace().any(|has| has == name) {
            let _ = fs::write(&file, format!("+{name}"));
        }
    }
}

/// A group of processes. Dropping it kills them and removes it.
#[derive(Debug)]
pub(super) struct Group {
    version: u8,
    dirs: Vec<(&'static str, PathBuf)>,
}

impl Group {
    fn set(&self, limits: &Limits) -> io::Result<()> {
        let memory = (limits.memory << 20).to_string();
        let processes = (limits.processes + OWN).to_string();
        let quota = u64::from(limits.cpus) * 100_000;
        // Not every kernel has the wanted ones.
        let (needed, wanted) = if self.version == 2 {
            (
                [("memory", "memory.max", memory), ("pids", "pids.max", processes.clone())],
                vec![
                    ("memory", "memory.swap.max", "0".to_owned()),
                    ("memory", "memory.oom.group", "1".to_owned()),
                    ("cpu", "cpu.max", format!("{quota} 100000")),
                ],
            )
        } else {
            (
                [("memory", "memory.limit_in_bytes", memory.clone()), ("pids", "pids.max", processes)],
                vec![
                    ("memory", "memory.memsw.limit_in_bytes", memory),
                    ("cpu", "cpu.cfs_period_us", "100000".to_owned()),
                    ("cpu", "cpu.cfs_quota_us", quota.to_string()),
                ],
            )
        };
        for (controller, file, value) in needed {
            self.write(controller, file, &value)?;
        }
        for (controller, file, value) in wanted {
            let _ = self.write(controller, file, &value);
        }
        Ok(())
    }

    fn dir(&self, controller: &str) -> Option<&Path> {
        self.dirs.iter().find(|(name, _)| *name == controller).map(|(_, dir)| dir.as_path())
    }

    fn write(&self, controller: &str, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.dir(controller).ok_or(io::ErrorKind::NotFound)?.join(file), value)
    }

    fn read(&self, controller: &str, file: &str) -> String {
        self.dir(controller).and_then(|dir| fs::read_to_string(dir.join(file)).ok()).unwrap_or_default()
    }

    /// The directories, each once.
    fn each(&self) -> impl Iterator<Item = &Path> {
        let mut dirs: Vec<&Path> = self.dirs.iter().map(|(_, dir)| dir.as_path()).collect();
        dirs.dedup();
        dirs.into_iter()
    }

    /// The files to which a process writes its number to enter.
    pub(super) fn entries(&self) -> Vec<PathBuf> {
        self.each().map(|dir| dir.join("cgroup.procs")).collect()
    }

    /// Tells whether the kernel killed one of its processes because memory ran out.
    pub(super) fn is_out_of_memory(&self) -> bool {
        let file = if self.version == 2 { "memory.events" } else { "memory.oom_control" };
        let text = self.read("memory", file);
        text.lines().filter_map(|line| line.strip_prefix("oom_kill ")).any(|count| count.trim() != "0")
    }

    /// The peak memory in MiB, with file caches; 0 if not known.
    pub(super) fn peak_memory(&self) -> u64 {
        let file = if self.version == 2 { "memory.peak" } else { "memory.max_usage_in_bytes" };
        self.read("memory", file).trim().parse::<u64>().unwrap_or(0) >> 20
    }

    /// Kills its processes until none is left.
    pub(super) fn kill_all(&self) {
        let since = Instant::now();
        while since.elapsed() < CLEANUP_LIMIT {
            let procs = self.read("pids", "cgroup.procs");
            if procs.trim().is_empty() {
                return;
            }
            if self.write("pids", "cgroup.kill", "1").is_err() {
                for pid in procs.lines().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill_all();
        let since = Instant::now();
        for dir in self.each() {
            // A process that has just ended still counts for a moment.
            while fs::remove_dir(dir).is_err_and(|e| e.kind() == io::ErrorKind::ResourceBusy)
                && since.elapsed() < CLEANUP_LIMIT
            {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_read_from_the_mounts() {
        let one = "30 25 0:26 / /cg/memory rw,relatime - cgroup cgroup rw,memory\n\
                   31 25 0:27 / /cg/pids rw - cgroup cgroup rw,pids\n\
                   32 25 0:28 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                   22 1 8:1 / / rw - ext4 /dev/sda rw";
        let found = Hierarchy::of(one, "4:memory:/x\n3:cpu,cpuacct:/");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].describe(), "cgroup v1 (memory, pids, cpu)");
        assert!(Hierarchy::of(&one.replace("pids", "rdma"), "").is_empty());

        let two = "30 25 0:26 / /cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
        let dirs: Vec<PathBuf> =
            Hierarchy::of(two, "0::/").into_iter().map(|found| found.controllers[0].1.clone()).collect();
        assert_eq!(dirs, [PathBuf::from("/cg")]);
    }
}
