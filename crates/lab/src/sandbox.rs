use crate::{Cell, Ended, Task};
use std::ffi::OsString;
#[derive(Debug)]
pub struct Sandbox;
impl Sandbox {
    pub fn find(_helper: Vec<OsString>) -> Result<Sandbox, String> { Ok(Sandbox) }
    pub fn none(_helper: Vec<OsString>) -> Sandbox { Sandbox }
    pub fn describe(&self) -> String { String::new() }
    pub fn is_none(&self) -> bool { false }
    pub fn run(&self, _cell: &Cell, _task: &Task) -> Result<Ended, String> { Err(String::new()) }
    pub fn shell(&self, _cell: &Cell) -> Result<i32, String> { Err(String::new()) }
}
