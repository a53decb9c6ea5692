//! Runs a program to its end, or ends it: the one watch over processes.
//!
//! Everything is done by the thread that reads the output. Between two pieces of it, it writes the input, keeps
//! what comes on standard error, and looks at the clock; so there is nothing to be joined and nothing that waits
//! for ever.

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

/// For how long somebody who left the group and holds the output open is waited for when all others are gone.
const STRAGGLERS: Duration = Duration::from_secs(1);
/// How often it is asked whether everything is to be stopped.
const PULSE: Duration = Duration::from_millis(100);
/// How much of the output is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// How a program is run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// What it reads on standard input. It is free not to.
    pub input: &'a [u8],
    /// How long it may take.
    pub limit: Duration,
    /// Set by somebody else to end it before.
    pub stopped: Option<&'a AtomicBool>,
    /// What becomes of its standard error.
    pub errors: Errors,
    /// What becomes of what it started and left behind.
    pub leftovers: Leftovers,
}

/// What becomes of standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// So many bytes of its beginning are kept.
    Kept(usize),
    /// It is part of the output, in the order in which both are written.
    WithOutput,
}

/// What becomes of processes that a program started and that are there when it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    /// They are killed.
    Killed,
    /// They are left alone, and waited for while they hold the output open, until the deadline.
    Awaited,
}

/// How a program ended.
#[derive(Debug)]
pub enum End {
    /// By itself, with this code.
    Exit(i32),
    /// By this signal, which was not ours.
    Signal(i32),
    /// By its deadline.
    TimedOut,
    /// By [`Run::stopped`].
    Stopped,
    /// By this error of who read its output.
    Refused(io::Error),
}

/// What a program left behind.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// What was kept of its standard error.
    pub errors: Vec<u8>,
}

impl Run<'_> {
    /// Gives a run without input that keeps nothing of standard error.
    pub fn within(limit: Duration) -> Self {
        Self { input: b"", limit, stopped: None, errors: Errors::Kept(0), leftovers: Leftovers::Killed }
    }
}

impl Program {
    /// Runs it to its end, and hands its output to `read` as it comes. What `read` leaves is thrown away; where it
    /// fails, the program is ended, since nobody wants the rest.
    ///
    /// # Errors
    ///
    /// It could not be started or watched. Then nothing of it runs.
    pub fn run(
        &self,
        how: &Run<'_>,
        read: &mut dyn FnMut(&mut dyn BufRead) -> io::Result<()>,
    ) -> io::Result<Ended> {
        let mut output = BufReader::with_capacity(PIECE, Watch::start(self, how)?);
        let answer = read(&mut output);
        let mut watch = output.into_inner();
        if let Err(error) = answer {
            watch.end(End::Refused(error));
        }
        watch.finish()
    }

    /// Runs it to its end; gives at most so many bytes of its output.
    ///
    /// # Errors
    ///
    /// As [`Program::run`].
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
    /// What is still to be written.
    left: &'a [u8],
    output: Option<File>,
    errors: Option<File>,
    kept: Vec<u8>,
    /// `None` where it lies beyond what a clock can say.
    deadline: Option<Instant>,
    /// Why it was ended.
    cause: Option<End>,
    /// Whether the process itself has ended. Until it is reaped, nobody else gets its number.
    ended: bool,
    reaped: bool,
    /// When nobody is waited for any more.
    patience: Option<Instant>,
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
            left: how.input,
            output: Some(File::from(OwnedFd::from(ours))),
            errors,
            kept: Vec::new(),
            deadline: Instant::now().checked_add(how.limit),
            cause: None,
            ended: false,
            reaped: false,
            patience: None,
        })
    }

    /// Ends it with all that it started, and remembers why; the first cause holds.
    fn end(&mut self, cause: End) {
        self.cause.get_or_insert(cause);
        self.clear();
    }

    /// Kills the group. Who left it is not waited for much longer.
    fn clear(&mut self) {
        let _gone_already = kill_process_group(self.group, Signal::KILL);
        self.patience.get_or_insert_with(|| Instant::now() + STRAGGLERS);
    }

    /// Looks at the clock and at who may stop it; tells how long nothing else has to be looked at, or `None` where
    /// nobody is waited for any more.
    fn check(&mut self) -> Option<Duration> {
        let now = Instant::now();
        if let Some(patience) = self.patience {
            return (now < patience).then(|| patience - now);
        }
        if self.how.stopped.is_some_and(|stopped| stopped.load(Ordering::Relaxed)) {
            self.end(End::Stopped);
        } else if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.end(End::TimedOut);
        }
        let left = self.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now));
        let longest = if self.how.stopped.is_some() { PULSE } else { Duration::from_hours(1) };
        Some(if self.patience.is_some() { STRAGGLERS } else { left.min(longest) })
    }

    /// Waits until something happens, and sees to everything but the output; tells whether that can be read.
    fn turn(&mut self, pause: Duration) -> io::Result<bool> {
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
            self.keep();
        }
        if happened[PROCESS] {
            self.ended = true;
            self.input = None;
            if self.how.leftovers == Leftovers::Killed {
                self.clear();
            }
        }
        Ok(happened[OUTPUT])
    }

    /// Writes what it takes; a program that does not read its input is free to do so.
    fn write(&mut self) {
        let Some(input) = self.input.as_mut() else { return };
        match input.write(self.left) {
            Ok(n) => self.left = &self.left[n..],
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return,
            Err(_) => self.left = b"",
        }
        if self.left.is_empty() {
            self.input = None;
        }
    }

    /// Keeps what comes on standard error, as far as it is wanted.
    fn keep(&mut self) {
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

    /// Throws the rest of the output away, waits for the end, and says what happened.
    fn finish(mut self) -> io::Result<Ended> {
        io::copy(&mut self, &mut io::sink())?;
        while !(self.ended && self.errors.is_none()) {
            let Some(pause) = self.check() else { break };
            self.turn(pause)?;
        }
        let status = self.reap()?;
        let end = self.cause.take().unwrap_or_else(|| by_itself(status));
        Ok(Ended { end, errors: std::mem::take(&mut self.kept) })
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.reaped = true;
        Ok(status)
    }
}

/// The output, until there is no more of it or nobody is waited for any more.
impl Read for Watch<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.output.is_some() {
            let Some(pause) = self.check() else { break };
            if self.turn(pause)?
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

fn by_itself(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::Signal(signal.unwrap_or(0)),
    }
}
