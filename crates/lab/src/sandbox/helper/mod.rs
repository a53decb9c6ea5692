//! The lab's helper inside a sandbox: starts the task, watches it, and reports how it ended.
//!
//! It is the first process of the sandbox's namespace. So no process in there can kill, stop or trace it,
//! orphans become its children, and when it exits the kernel kills whatever is left.

mod output;
mod supervisor;

use self::supervisor::Supervisor;
use super::process_tree;
use super::protocol::{Request, Response};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::io::{self, BufRead};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// How long killing everything may take once nobody waits for the response.
const CLEANUP_LIMIT: Duration = Duration::from_secs(2);

/// Serves the request on standard input, and responds on standard output.
pub(crate) fn serve() -> ExitCode {
    // Only this process may use its descriptors, so that nobody else can respond.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let mut line = String::new();
    let request: Request = match io::stdin().lock().read_line(&mut line).map(|_| serde_json::from_str(&line))
    {
        Ok(Ok(request)) => request,
        Ok(Err(_)) | Err(_) => return ExitCode::from(2),
    };
    thread::spawn(|| {
        // When the input ends, nobody waits for the response any more.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        process_tree::kill_all(CLEANUP_LIMIT);
        std::process::exit(3);
    });
    let response = Supervisor::new(request).run().map_or_else(Response::LabFailed, Response::Ended);
    match response.send() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
