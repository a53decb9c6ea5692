//! Runs a program to its end, or kills it at its deadline.
//!
//! The thread that reads the output does everything else in between: it writes the input, keeps standard error,
//! and checks the clock. So there is no thread to join, and nothing waits for ever.

use super::program::{Group, Program};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long to wait for processes that left the group and hold the output open, once all others are gone.
const ORPHAN_LIMIT: Duration = Duration::from_secs(1);
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(100);
const BUFFER_SIZE: usize = 64 * 1024;

#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// What it may read on standard input.
    pub input: &'a [u8],
    pub limit: Duration,
    /// Another thread sets it to end the process.
    pub stopped: Option<&'a AtomicBool>,
    pub errors: Errors,
    pub leftovers: Leftovers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// The first so many bytes are kept.
    Kept(usize),
    /// It is merged into the output.
    WithOutput,
}

/// What happens to processes that a program started and that are still there when it exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    Killed,
    /// They are left alone, and while they hold the output open, waited for until the deadline.
    Awaited,
}

#[derive(Debug)]
pub enum End {
    Exit(i32),
    /// A signal that was not ours.
    Signal(i32),
    TimedOut,
    Stopped,
    /// The reader of its output failed.
    Refused(io::Error),
}

#[derive(Debug)]
pub struct Ended {
    pub end: End,
    /// What was kept of standard error.
    pub errors: Vec<u8>,
}

impl Run<'_> {
    /// Without input, and without keeping standard error.
    pub fn within(limit: Duration) -> Self {
        Self { input: b"", limit, stopped: None, errors: Errors::Kept(0), leftovers: Leftovers::Killed }
    }
}

impl Program {
    /// Runs it to its end, and hands its output to `read` as it comes. What `read` leaves is dropped; if it
    /// fails, the program is killed. After an error nothing of it runs.
    pub fn run(
        &self,
        how: &Run<'_>,
        read: &mut dyn FnMut(&mut dyn BufRead) -> io::Result<()>,
    ) -> io::Result<Ended> {
        let mut output = BufReader::with_capacity(BUFFER_SIZE, Watch::start(self, how)?);
        let answer = read(&mut output);
        let mut watch = output.into_inner();
        if let Err(error) = answer {
            watch.end(End::Refused(error));
        }
        watch.finish()
    }

    /// Runs it to its end; gives at most `most` bytes of its output.
    pub fn output(&self, how: &Run<'_>, most: u64) -> io::Result<(Ended, Vec<u8>)> {
        let mut bytes = Vec::new();
        let ended = self.run(how, &mut |out| out.take(most).read_to_end(&mut bytes).map(drop))?;
        Ok((ended, bytes))
    }
}

/// A process that runs, and its output.
struct Watch<'a> {
    how: Run<'a>,
    child: Child,
    group: Pid,
    /// Readable when the process has ended.
    handle: OwnedFd,
    input: Option<ChildStdin>,
    /// The input that is still to be written.
    unwritten: &'a [u8],
    output: Option<File>,
    errors: Option<File>,
    kept: Vec<u8>,
    /// `None` if it is too far away for a clock.
    deadline: Option<Instant>,
    /// Why it was killed.
    cause: Option<End>,
    /// Whether the process has exited. Its number is not reused until it is reaped.
    ended: bool,
    reaped: bool,
    /// When to stop waiting for anything.
    give_up_at: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn start(program: &Program, how: &Run<'a>) -> io::Result<Self> {
        let (ours, theirs) = io::pipe()?;
        let (errors, stderr) = match how.errors {
            Errors::WithOutput => (None, Stdio::from(theirs.try_clone()?)),
            Errors::Kept(_) => {
                let (ours, theirs) = io::pipe()?;
                (Some(File::from(OwnedFd::from(ours))), Stdio::from(theirs))
            }
        };
        let stdin = if how.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        let mut child = program.spawn(Group::Own, stdin, theirs.into(), stderr)?;
        let group = Pid::from_child(&child);
        let input = child.stdin.take();
        let handle = pidfd_open(group, PidfdFlags::empty()).and_then(|handle| {
            input.as_ref().map_or(Ok(()), |fd| fcntl_setfl(fd, OFlags::NONBLOCK)).map(|()| handle)
        });
        let handle = handle.inspect_err(|_| {
            let _gone_already = kill_process_group(group, Signal::KILL);
            drop(child.wait());
        })?;
        Ok(Self {
            how: *how,
            child,
            group,
            handle,
            input,
            unwritten: how.input,
            output: Some(File::from(OwnedFd::from(ours))),
            errors,
            kept: Vec::new(),
            deadline: Instant::now().checked_add(how.limit),
            cause: None,
            ended: false,
            reaped: false,
            give_up_at: None,
        })
    }

    /// Kills the group and remembers why; the first cause holds.
    fn end(&mut self, cause: End) {
        self.cause.get_or_insert(cause);
        self.kill_group();
    }

    /// Kills the group. Processes that left it are not waited for much longer.
    fn kill_group(&mut self) {
        let _gone_already = kill_process_group(self.group, Signal::KILL);
        self.give_up_at.get_or_insert_with(|| Instant::now() + ORPHAN_LIMIT);
    }

    /// Checks the deadline and the stop flag. Gives how long nothing has to be checked again, or `None` if
    /// there is nothing to wait for any more.
    fn check(&mut self) -> Option<Duration> {
        let now = Instant::now();
        if let Some(give_up_at) = self.give_up_at {
            return (now < give_up_at).then(|| give_up_at - now);
        }
        if self.how.stopped.is_some_and(|stopped| stopped.load(Ordering::Relaxed)) {
            self.end(End::Stopped);
        } else if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.end(End::TimedOut);
        }
        let until_deadline =
            self.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now));
        let longest = if self.how.stopped.is_some() { STOP_CHECK_INTERVAL } else { Duration::from_hours(1) };
        Some(if self.give_up_at.is_some() { ORPHAN_LIMIT } else { until_deadline.min(longest) })
    }

    /// Waits for an event, and handles all but the output; tells whether that can be read.
    fn wait_for_event(&mut self, pause: Duration) -> io::Result<bool> {
        const OUTPUT: usize = 0;
        const ERRORS: usize = 1;
        const INPUT: usize = 2;
        const PROCESS: usize = 3;
        let mut happened = [false; 4];
        {
            let process = (!self.ended).then_some(&self.handle);
            let watched = [
                self.output.as_ref().map(|fd| (OUTPUT, PollFd::new(fd, PollFlags::IN))),
                self.errors.as_ref().map(|fd| (ERRORS, PollFd::new(fd, PollFlags::IN))),
                self.input.as_ref().map(|fd| (INPUT, PollFd::new(fd, PollFlags::OUT))),
                process.map(|fd| (PROCESS, PollFd::new(fd, PollFlags::IN))),
            ];
            let (names, mut fds): (Vec<usize>, Vec<PollFd<'_>>) = watched.into_iter().flatten().unzip();
            let pause = Timespec { tv_sec: pause.as_secs() as i64, tv_nsec: pause.subsec_nanos().into() };
            match poll(&mut fds, Some(&pause)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for (name, fd) in names.into_iter().zip(&fds) {
                happened[name] = !fd.revents().is_empty();
            }
        }
        if happened[INPUT] {
            self.write();
        }
        if happened[ERRORS] {
            self.read_errors();
        }
        if happened[PROCESS] {
            self.ended = true;
            self.input = None;
            if self.how.leftovers == Leftovers::Killed {
                self.kill_group();
            }
        }
        Ok(happened[OUTPUT])
    }

    fn write(&mut self) {
        let Some(input) = self.input.as_mut() else { return };
        match input.write(self.unwritten) {
            Ok(n) => self.unwritten = &self.unwritten[n..],
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return,
            Err(_) => self.unwritten = b"",
        }
        if self.unwritten.is_empty() {
            self.input = None;
        }
    }

    /// Keeps standard error as far as it is wanted.
    fn read_errors(&mut self) {
        let Some(errors) = self.errors.as_mut() else { return };
        let mut piece = [0; 4096];
        match errors.read(&mut piece) {
            Ok(n @ 1..) => {
                let most = if let Errors::Kept(most) = self.how.errors { most } else { 0 };
                let room = most.saturating_sub(self.kept.len());
                self.kept.extend_from_slice(&piece[..n.min(room)]);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => self.errors = None,
        }
    }

    /// Drops the rest of the output, waits for the end, and says what happened.
    fn finish(mut self) -> io::Result<Ended> {
        io::copy(&mut self, &mut io::sink())?;
        while !(self.ended && self.errors.is_none()) {
            let Some(pause) = self.check() else { break };
            self.wait_for_event(pause)?;
        }
        let status = self.reap()?;
        let end = self.cause.take().unwrap_or_else(|| exit_of(status));
        Ok(Ended { end, errors: std::mem::take(&mut self.kept) })
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.reaped = true;
        Ok(status)
    }
}

/// The output, until it ends or nothing is waited for any more.
impl Read for Watch<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.output.is_some() {
            let Some(pause) = self.check() else { break };
            if self.wait_for_event(pause)?
                && let Some(output) = self.output.as_mut()
            {
                match output.read(bytes) {
                    Ok(n @ 1..) => return Ok(n),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                }
            }
        }
        self.output = None;
        Ok(0)
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.reaped {
            let _gone_already = kill_process_group(self.group, Signal::KILL);
            drop(self.child.wait());
        }
    }
}

fn exit_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::Signal(signal.unwrap_or(0)),
    }
}
