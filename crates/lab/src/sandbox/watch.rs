//! Watches a run from outside of its sandbox, and decides how it ended.

use super::capture::Capture;
use super::cgroup::Group;
use super::disk_usage::{is_full, usage};
use super::enter::entering;
use super::protocol::{Request, Response};
use super::spec::{Ended, How};
use allclear_core::experiment::Limits;
use allclear_core::types::text::short;
use allclear_host::process;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Between two measurements of the disk, at least: measuring must stay a small part of the machine's work.
const TICK: Duration = Duration::from_millis(200);
/// How long the helper may take to end once its response is not needed any more.
const EXIT_LIMIT: Duration = Duration::from_secs(3);

pub(super) struct Watch<'a> {
    pub(super) stopped: &'a AtomicBool,
    pub(super) group: Option<&'a Group>,
    /// The filter of system calls.
    pub(super) filter: PathBuf,
    /// The directories that count against the disk limit.
    pub(super) disk: Vec<&'a Path>,
    pub(super) limits: Limits,
    pub(super) until: Instant,
}

enum Event {
    /// `None` if there will be no response.
    Responded(Option<Response>),
    /// The first process has exited.
    Exited,
    TooMuchOutput,
}

impl Watch<'_> {
    pub(super) fn run(&self, argv: &[OsString], request: &Request, mut log: File) -> Result<Ended, String> {
        let disk_before = usage(self.disk.iter().copied()).unwrap_or(0);
        let entries = self.group.map(Group::entries).unwrap_or_default();
        let program = entering(entries.iter().map(PathBuf::as_path), &self.filter, argv);
        let mut child = program
            .spawn(process::Group::Ours, Stdio::piped(), Stdio::piped(), Stdio::piped())
            .map_err(|e| format!("starting the sandbox: {e}"))?;
        let pid = Pid::from_raw(child.id() as i32).ok_or("the sandbox has no number")?;
        let handle =
            pidfd_open(pid, PidfdFlags::empty()).map_err(|e| format!("watching the sandbox: {e}"))?;
        let (Some(mut input), Some(output), Some(printed)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the sandbox has no pipes".to_owned());
        };
        let mut line = serde_json::to_vec(request).map_err(|e| format!("writing the order: {e}"))?;
        line.push(b'\n');
        let (sender, events) = mpsc::channel();
        let most = self.limits.output << 20;
        thread::scope(|scope| {
            let to = sender.clone();
            let capture = scope.spawn(move || capture(printed, most, &to));
            let to = sender.clone();
            scope.spawn(move || to.send(Event::Responded(response(output))));
            scope.spawn(move || {
                let _ = child.wait();
                sender.send(Event::Exited)
            });
            // If the request cannot be sent, there will be no response. The input stays open, since its end
            // means that nobody waits.
            let _ = input.write_all(&line).and_then(|()| input.flush());
            let (stop, mut progress) = self.wait(&events, disk_before);
            drop(input);
            progress.wait(&events, EXIT_LIMIT);
            if !progress.is_over() {
                let _ = pidfd_send_signal(&handle, Signal::KILL);
                self.group.inspect(|group| group.kill_all());
                progress.wait(&events, EXIT_LIMIT);
            }
            self.group.inspect(|group| group.kill_all());
            let capture = capture.join().map_err(|_| "keeping the log failed".to_owned())?;
            capture.write(&mut log).map_err(|e| format!("writing the log: {e}"))?;
            self.judge(stop, progress, &capture, disk_before)
        })
    }

    /// Waits until there is a response, or no point in waiting for one; gives the reason in that case.
    fn wait(&self, events: &Receiver<Event>, disk_before: u64) -> (Option<How>, Progress) {
        let mut progress = Progress::new();
        let mut tick = TICK;
        let mut next = Instant::now() + tick;
        loop {
            match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Event::TooMuchOutput) => return (Some(How::TooMuchOutput), progress),
                Ok(event) => {
                    progress.take(event);
                    return (None, progress);
                }
                Err(_) => {
                    let since = Instant::now();
                    if since > self.until || self.stopped.load(Ordering::Relaxed) {
                        return (Some(How::TimedOut), progress);
                    }
                    if self.group.is_some_and(Group::is_out_of_memory) {
                        return (Some(How::OutOfMemory), progress);
                    }
                    if self.is_over_disk_limit(disk_before) {
                        return (Some(How::NoSpace), progress);
                    }
                    tick = TICK.max(since.elapsed() * 20);
                    next = Instant::now() + tick;
                }
            }
        }
    }

    /// Tells whether too much was written, or the disk is full.
    fn is_over_disk_limit(&self, before: u64) -> bool {
        let most = self.limits.disk << 20;
        let now = usage(self.disk.iter().copied());
        now.is_none_or(|now| now.saturating_sub(before) > most) || self.disk.iter().any(|dir| is_full(dir))
    }

    /// Limits come first: a program that exceeds one fails in ways of its own.
    fn judge(
        &self,
        stop: Option<How>,
        progress: Progress,
        capture: &Capture,
        disk_before: u64,
    ) -> Result<Ended, String> {
        let peak = self.group.map_or(0, Group::peak_memory);
        let failed = matches!(&progress.response, Some(Response::Ended(ended)) if ended.how != How::Done);
        let exceeded = if self.group.is_some_and(Group::is_out_of_memory) {
            Some(How::OutOfMemory)
        } else if capture.printed > self.limits.output << 20 {
            Some(How::TooMuchOutput)
        } else if failed && self.is_over_disk_limit(disk_before) {
            Some(How::NoSpace)
        } else {
            stop
        };
        match (exceeded, progress.response) {
            (Some(how), response) => {
                let millis = match response {
                    Some(Response::Ended(ended)) => ended.millis,
                    Some(Response::LabFailed(_)) | None => progress.since.elapsed().as_millis() as u64,
                };
                Ok(Ended { how, millis, memory: peak, printed: capture.printed })
            }
            (None, Some(Response::Ended(ended))) => {
                Ok(Ended { memory: peak.max(ended.memory), printed: capture.printed, ..ended })
            }
            (None, Some(Response::LabFailed(why))) => Err(why),
            (None, None) => {
                let said = capture.first_line().unwrap_or_else(|| "it said nothing".to_owned());
                Err(format!("the sandbox ended without an answer: {}", short(&said, 300)))
            }
        }
    }
}

struct Progress {
    since: Instant,
    /// There will be no response any more.
    silent: bool,
    response: Option<Response>,
    exited: bool,
}

impl Progress {
    fn new() -> Self {
        Self { since: Instant::now(), silent: false, response: None, exited: false }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Responded(response) => (self.silent, self.response) = (true, response),
            Event::Exited => self.exited = true,
            Event::TooMuchOutput => {}
        }
    }

    fn is_over(&self) -> bool {
        self.silent && self.exited
    }

    /// Waits until both have happened.
    fn wait(&mut self, events: &Receiver<Event>, patience: Duration) {
        let until = Instant::now() + patience;
        while !self.is_over() {
            match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(event) => self.take(event),
                Err(_) => return,
            }
        }
    }
}

fn response(output: impl Read) -> Option<Response> {
    let mut line = String::new();
    BufReader::new(output.take(1 << 20)).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

fn capture(mut printed: impl Read, most: u64, sender: &Sender<Event>) -> Capture {
    let mut capture = Capture::default();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = printed.read(&mut buffer) {
        let before = capture.printed;
        capture.take(&buffer[..n]);
        if before <= most && capture.printed > most {
            let _ = sender.send(Event::TooMuchOutput);
        }
    }
    capture
}
