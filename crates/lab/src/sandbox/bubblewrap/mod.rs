//! The command line of bubblewrap: which part of this machine a sandbox shows, as which user, and what is denied.

mod filter;
mod shown;

use self::shown::{DIRS_OR_LINKS, EMPTIED, SHOWN};
use super::enter::{EMPTY, FILES, FILTER};
use super::spec::SandboxSpec;
use allclear_host::process::{Program, Run};
use rustix::process::getpid;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Not on the `PATH`: what contains foreign code has to come from the system.
const DIRS: [&str; 4] = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];
const VERSION_LIMIT: Duration = Duration::from_mins(1);
/// The user's home, inside.
pub(super) const HOME: &str = "/home/lab";
pub(super) const TEMPORARY: &str = "/tmp";
/// The lab's helper, inside.
pub(super) const HELPER: &str = "/run/lab";

#[derive(Debug)]
pub(super) struct Bubblewrap {
    program: PathBuf,
    /// Whether it can forbid further user namespaces inside: 0.8 and newer.
    can_forbid_userns: bool,
    /// The filter of system calls. It has no name, so that none is left behind.
    filter: File,
}

/// The first process inside.
pub(super) enum Init<'a> {
    Helper(&'a [OsString]),
    /// For a person, on the terminal.
    Shell(&'a str),
}

impl Bubblewrap {
    pub(super) fn find() -> Result<Self, String> {
        let mut programs = DIRS.iter().map(|dir| Path::new(dir).join("bwrap"));
        let program = programs.find(|path| path.is_file()).ok_or("bubblewrap is not installed")?;
        let version = Program::new(&program).args(["--version"]).output(&Run::within(VERSION_LIMIT), 4096);
        let (_, said) = version.map_err(|e| format!("bubblewrap cannot be started: {e}"))?;
        let can_forbid_userns = is_since_0_8(&String::from_utf8_lossy(&said));
        let filter = tempfile::tempfile().and_then(|mut file| {
            file.write_all(&filter::program())?;
            Ok(file)
        });
        let filter = filter.map_err(|e| format!("writing a temporary file failed: {e}"))?;
        Ok(Self { program, can_forbid_userns, filter })
    }

    /// The path by which a program that this process starts finds the filter.
    pub(super) fn filter(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", getpid().as_raw_nonzero(), self.filter.as_raw_fd()).into()
    }

    /// The whole command line.
    pub(super) fn argv(&self, spec: &SandboxSpec, init: &Init<'_>) -> Vec<OsString> {
        let mut argv = Argv(vec![self.program.clone().into()]);
        argv.words(
            "--unshare-all --unshare-user --uid 1000 --gid 1000 --hostname lab --die-with-parent --clearenv",
        );
        argv.words(&format!("--cap-drop ALL --seccomp {FILTER}"));
        if self.can_forbid_userns {
            argv.words("--disable-userns");
        }
        argv.system();
        let scratch = (spec.limits.memory / 2).min(spec.limits.disk).max(1) << 20;
        for dir in [TEMPORARY, HOME] {
            argv.words(&format!("--size {scratch} --tmpfs {dir}"));
        }
        // Bubblewrap's own /dev/shm has no limit, and its memory would be counted by control groups alone.
        argv.words(&format!("--size {} --tmpfs /dev/shm --remount-ro /dev", spec.limits.memory.max(1) << 20));
        argv.words("--symlink /tmp /var/tmp");
        let readable = spec.readable.iter().map(|pair| ("--ro-bind", pair));
        let writable = spec.writable.iter().chain(&spec.caches).map(|pair| ("--bind", pair));
        let mut mounts: Vec<_> = readable.chain(writable).collect();
        // What lies inside another mount is mounted after it.
        mounts.sort_by_key(|(_, (_, inside))| inside.clone());
        for (how, (outside, inside)) in mounts {
            argv.mount(how, outside, inside);
        }
        match init {
            Init::Helper(helper) => {
                argv.words("--as-pid-1 --new-session");
                argv.mount("--ro-bind", Path::new(&helper[0]), Path::new(HELPER));
                argv.words("--remount-ro /");
                argv.0.push("--".into());
                argv.0.push(HELPER.into());
                argv.0.extend(helper[1..].iter().cloned());
            }
            // It stays in the session of the terminal, which job control needs. The filter keeps what runs in it
            // from typing there.
            Init::Shell(shell) => {
                for (name, value) in &spec.env {
                    argv.0.extend(["--setenv".into(), name.into(), value.into()]);
                }
                argv.0.extend(["--chdir".into(), spec.dir.clone().into_os_string()]);
                argv.words("--remount-ro /");
                argv.0.extend(["--".into(), (*shell).into()]);
            }
        }
        argv.0
    }
}

struct Argv(Vec<OsString>);

impl Argv {
    fn words(&mut self, words: &str) {
        self.0.extend(words.split(' ').map(OsString::from));
    }

    fn mount(&mut self, how: &str, outside: &Path, inside: &Path) {
        self.0.extend([how.into(), outside.as_os_str().to_owned(), inside.as_os_str().to_owned()]);
    }

    /// Shows the system read-only, without its users and configuration.
    fn system(&mut self) {
        for path in SHOWN {
            self.mount("--ro-bind-try", Path::new(path), Path::new(path));
        }
        for dir in DIRS_OR_LINKS {
            match std::fs::read_link(dir) {
                Ok(target) => self.mount("--symlink", &target, Path::new(dir)),
                Err(_) => self.mount("--ro-bind-try", Path::new(dir), Path::new(dir)),
            }
        }
        for dir in EMPTIED.into_iter().filter(|dir| Path::new(dir).is_dir()) {
            self.words(&format!("--tmpfs {dir} --remount-ro {dir}"));
        }
        for (descriptor, file) in FILES {
            self.words(&format!("--perms 0444 --file {descriptor} {file}"));
        }
        self.words("--proc /proc");
        for (descriptor, file) in EMPTY.into_iter().filter(|(_, file)| Path::new(file).exists()) {
            self.words(&format!("--perms 0444 --ro-bind-data {descriptor} {file}"));
        }
        // If the lab is root, so is foreign code, though without any capability, and root owns the kernel's
        // settings. So /proc is made read-only, which bubblewrap does not do by itself.
        self.words("--remount-ro /proc --dev /dev");
    }
}

/// Parses `bubblewrap 0.8.0`.
fn is_since_0_8(said: &str) -> bool {
    let mut numbers = said.trim().rsplit(' ').next().unwrap_or_default().split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (0, 8),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert!(
            is_since_0_8("bubblewrap 0.8.0\n")
                && is_since_0_8("bubblewrap 0.11.0")
                && is_since_0_8("bubblewrap 1.0")
        );
        assert!(!is_since_0_8("bubblewrap 0.4.1\n") && !is_since_0_8("") && !is_since_0_8("bubblewrap"));
    }
}
