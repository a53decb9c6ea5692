//! Runs the project's commands in a checkout. It has no `.git`, and git is kept from finding one further up.

use crate::Store;
use crate::checkout::{cannot, check_out};
use crate::command::{Script, temporary};
use allclear_core::CommitId;
use allclear_core::port::RepoError;
use allclear_core::port::steps::{Command, Ended, Steps, Workspace};
use allclear_host::TempDir;
use std::ffi::OsString;
use std::time::Duration;

impl Steps for Store {
    fn workspace(&self, commit: &CommitId, notes: &str) -> Result<Box<dyn Workspace + '_>, RepoError> {
        let dir = temporary(self.cache()).map_err(|e| cannot("making a directory", &e))?;
        for name in ["tag", "temp"] {
            std::fs::create_dir(dir.path().join(name)).map_err(|e| cannot("making a directory", &e))?;
        }
        check_out(self.git(), commit, &dir.path().join("tag"))?;
        let file = dir.path().join("notes");
        std::fs::write(&file, notes).map_err(|e| cannot("writing the notes", &e))?;
        Ok(Box::new(Checkout { store: self, dir }))
    }
}

struct Checkout<'a> {
    store: &'a Store,
    dir: TempDir,
}

impl Workspace for Checkout<'_> {
    fn run(&self, command: &Command<'_>) -> Ended {
        let path = |name: &str| self.dir.path().join(name).into_os_string();
        let mut vars: Vec<(&'static str, OsString)> =
            command.vars.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
        vars.extend([("ALLCLEAR_NOTES", path("notes")), ("ALLCLEAR_TEMP", path("temp"))]);
        vars.push(("GIT_CEILING_DIRECTORIES", self.dir.path().into()));
        Script {
            text: command.script,
            dir: &self.dir.path().join("tag"),
            env: self.store.caller(),
            vars: &vars,
            stdin: b"",
            limit: Duration::from_secs(command.limit.0),
        }
        .run()
    }
}
