//! The home of a task, its temporary files, and the environment of every sandbox.

use super::bubblewrap::{HOME, TEMPORARY};
use super::spec::SandboxSpec;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The home of a task, with its temporary files.
pub(super) enum Home {
    InMemory,
    /// Beside the log, if there is no sandbox; removed when dropped.
    OnDisk(PathBuf),
}

impl Home {
    pub(super) fn beside(log: &Path) -> Result<Self, String> {
        let mut dir = log.to_path_buf().into_os_string();
        dir.push(".home");
        let home = Self::OnDisk(dir.into());
        for path in home.dirs() {
            fs::create_dir_all(&path).map_err(|e| format!("making {}: {e}", path.display()))?;
        }
        Ok(home)
    }

    /// The home, and the directory of temporary files.
    pub(super) fn dirs(&self) -> [PathBuf; 2] {
        match self {
            Self::InMemory => [HOME.into(), TEMPORARY.into()],
            Self::OnDisk(dir) => [dir.clone(), dir.join("tmp")],
        }
    }

    pub(super) fn on_disk(&self) -> Option<&Path> {
        match self {
            Self::InMemory => None,
            Self::OnDisk(dir) => Some(dir),
        }
    }

    /// The whole environment: what every sandbox has, and what this one adds.
    pub(super) fn env(&self, spec: &SandboxSpec) -> BTreeMap<String, String> {
        let [home, temporary] = self.dirs().map(|dir| dir.to_string_lossy().into_owned());
        let fixed = [
            ("CI", "1"),
            ("HOME", &home),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"),
            // The oldest time that a zip file can have.
            ("SOURCE_DATE_EPOCH", "315532800"),
            ("TMPDIR", &temporary),
            ("TZ", "UTC"),
            ("USER", "lab"),
        ];
        let mut env: BTreeMap<String, String> = fixed.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        env.extend(spec.env.clone());
        env
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::OnDisk(dir) = self {
            let _ = fs::remove_dir_all(dir);
        }
    }
}
