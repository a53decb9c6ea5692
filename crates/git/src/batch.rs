//! A git process that answers one request after the other.

use crate::process::{Failure, Git, memory, verb};
use allclear_host::process::kill_group;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

const ANSWER_LIMIT: Duration = Duration::from_mins(1);
/// How long git may take to exit.
const EXIT_LIMIT: Duration = Duration::from_secs(5);
const ERRORS_CAP: usize = 64 * 1024;

/// A git process that stays, and answers each request.
#[derive(Debug)]
pub(crate) struct Batch {
    git: Git,
    args: &'static [&'static str],
    began: Instant,
    child: Child,
    input: Option<ChildStdin>,
    answers: BufReader<Answers>,
    /// Its standard error.
    errors: File,
    ended: bool,
}

impl Batch {
    pub(crate) fn start(git: &Git, args: &'static [&'static str]) -> Result<Self, Failure> {
        let began = Instant::now();
        let not_started = |e: io::Error| Failure::Start(e.to_string());
        // Nobody has to read a file meanwhile.
        let errors = memory("errors").map_err(not_started)?;
        let mut child = git.start(args, errors.try_clone().map_err(not_started)?.into())?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let answers = BufReader::new(Answers { output, limit: ANSWER_LIMIT });
        Ok(Self { git: git.clone(), args, began, child, input, answers, errors, ended: false })
    }

    /// Makes a request, and hands its answer to `read`. After a failure there are no more answers.
    ///
    /// Git must read all of a request that is longer than a pipe holds before it answers, or both wait for ever.
    pub(crate) fn ask<T>(
        &mut self,
        request: &[u8],
        read: impl FnOnce(&mut dyn BufRead) -> io::Result<T>,
    ) -> Result<T, Failure> {
        self.send(request)?;
        self.read(read)
    }

    /// Makes a request whose answer is read later.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(), Failure> {
        let written = self.input.as_mut().map(|input| input.write_all(request).and_then(|()| input.flush()));
        if matches!(written, Some(Ok(()))) { Ok(()) } else { Err(self.failure()) }
    }

    /// Hands the answers to what was sent to `read`.
    pub(crate) fn read<T>(
        &mut self,
        read: impl FnOnce(&mut dyn BufRead) -> io::Result<T>,
    ) -> Result<T, Failure> {
        match read(&mut self.answers) {
            Ok(answer) if self.answers.get_ref().output.is_some() => Ok(answer),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                self.kill();
                Err(Failure::TimedOut { verb: verb(self.args), after: ANSWER_LIMIT })
            }
            Ok(_) | Err(_) => Err(self.failure()),
        }
    }

    /// Lets it exit, without waiting for that.
    pub(crate) fn close(&mut self) {
        self.input = None;
    }

    /// Ends the process, and gives what it said.
    fn failure(&mut self) -> Failure {
        self.end();
        let mut bytes = vec![0; ERRORS_CAP];
        let length = self.errors.read_at(&mut bytes, 0).unwrap_or(0);
        Failure::Failed { verb: verb(self.args), said: self.git.said(&bytes[..length]) }
    }

    fn end(&mut self) {
        self.close();
        // It closes its output when it exits.
        self.answers.get_mut().limit = EXIT_LIMIT;
        if io::copy(self.answers.get_mut(), &mut io::sink()).is_err() {
            self.kill();
        }
        if let (Ok(status), false) = (self.child.wait(), std::mem::replace(&mut self.ended, true)) {
            self.git.trace(self.args, self.began, status.code());
        }
    }

    fn kill(&self) {
        kill_group(&self.child);
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.end();
    }
}

/// What git answers, for whoever waits only so long.
#[derive(Debug)]
struct Answers {
    /// `None` after its end.
    output: Option<ChildStdout>,
    limit: Duration,
}

impl Read for Answers {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let Some(output) = self.output.as_mut() else { return Ok(0) };
        let limit = Timespec { tv_sec: self.limit.as_secs() as i64, tv_nsec: 0 };
        if poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&limit))? == 0 {
            return Err(ErrorKind::TimedOut.into());
        }
        let n = output.read(bytes)?;
        if n == 0 {
            self.output = None;
        }
        Ok(n)
    }
}
