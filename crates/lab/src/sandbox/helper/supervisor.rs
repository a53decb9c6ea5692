//! Runs a task and its services, and enforces the limits that the kernel does not.

use super::output::{Source, forward};
use crate::sandbox::cgroup::OWN;
use crate::sandbox::disk_usage::is_full;
use crate::sandbox::process_tree;
use crate::sandbox::protocol::{Request, Response};
use crate::sandbox::ready::Probe;
use crate::sandbox::spec::{Ended, How};
use allclear_core::experiment::{Must, Service};
use allclear_core::types::text::short;
use allclear_host::process::{Group, Program};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus, kill_process_group, set_child_subreaper,
    setpriority_process, setrlimit,
};
use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long a service may take to become ready.
const SERVICE_LIMIT: Duration = Duration::from_secs(30);
/// How often the limits are checked that the kernel does not enforce.
const TICK: Duration = Duration::from_millis(200);
/// How often processes are counted if the kernel does not. At every tick would be too rarely: a fork bomb
/// doubles faster.
const COUNT_INTERVAL: Duration = Duration::from_millis(10);
/// The task has a lower priority than the thread that counts its processes.
const NICE: i32 = 10;
const PROBE_INTERVAL: Duration = Duration::from_millis(10);
/// How long killing what is left and reading its output may take.
const CLEANUP_LIMIT: Duration = Duration::from_secs(2);

enum Event {
    /// A process has ended.
    Ended(Pid, WaitStatus),
    /// All probes have succeeded.
    Ready,
    /// The text that shows readiness was printed.
    Printed,
    /// A stream of output has ended.
    OutputEnded,
}

#[derive(Default)]
struct State {
    ended: BTreeMap<i32, WaitStatus>,
    ready: bool,
    printed: bool,
    /// How many streams of output are still open.
    streams: usize,
    /// Whether a file system of the sandbox's own was full.
    full: bool,
    /// The limit that was exceeded: nothing else matters then.
    exceeded: Option<How>,
    /// The peak memory, in bytes.
    memory: u64,
}

impl State {
    fn end_of(&self, pid: Pid) -> Option<How> {
        let status = self.ended.get(&pid.as_raw_nonzero().get())?;
        Some(match (status.exit_status(), status.terminating_signal()) {
            (Some(0), _) => How::Done,
            (Some(code), _) => How::Exited(code),
            (None, signal) => How::Signalled(signal.unwrap_or(0)),
        })
    }
}

pub(super) struct Supervisor {
    request: Request,
    state: State,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// Wakes the thread that reaps children.
    spawned: Sender<()>,
}

impl Supervisor {
    pub(super) fn new(request: Request) -> Self {
        let (sender, events) = mpsc::channel();
        let (spawned, spawns) = mpsc::channel();
        let ends = sender.clone();
        thread::spawn(move || reap(&spawns, &ends));
        Self { request, state: State::default(), sender, events, spawned }
    }

    /// Fails only if the lab itself fails.
    pub(super) fn run(&mut self) -> Result<Ended, String> {
        self.set_limits();
        let failed = self.start_services()?;
        let since = Instant::now();
        let how = match failed {
            None => self.run_task(since)?,
            Some(failed) => failed,
        };
        let millis = since.elapsed().as_millis() as u64;
        self.check_limits();
        process_tree::kill_all(CLEANUP_LIMIT);
        self.until(Instant::now() + CLEANUP_LIMIT, |state| state.streams == 0);
        let how = if how != How::Done && self.state.full { How::NoSpace } else { how };
        Ok(Ended { how, millis, memory: self.state.memory >> 20, printed: 0 })
    }

    /// Sets the limits that every process inherits.
    fn set_limits(&self) {
        let set = |what, most| setrlimit(what, Rlimit { current: Some(most), maximum: Some(most) });
        let _ = set(Resource::Core, 0);
        if !self.request.own_namespace {
            let _ = set_child_subreaper(Some(rustix::process::getpid()));
        } else if self.request.enforces_limits {
            // Since Linux 5.14 the kernel counts per user and namespace. Outside of a namespace it would count
            // everything that the user runs, and for root it does not count at all.
            let _ = set(Resource::Nproc, self.request.limits.processes + OWN);
            let most = self.request.limits.processes;
            thread::spawn(move || end_when_too_many(most));
        }
    }

    /// Starts the services one after the other; gives the first failure.
    fn start_services(&mut self) -> Result<Option<How>, String> {
        for (n, Service { run, port }) in self.request.task.services.clone().into_iter().enumerate() {
            let name = short(&run, 60);
            let pid = self.spawn(&shell(&run), Source::Beside(format!("service {}", n + 1)))?;
            let Some(port) = port else { continue };
            self.probe(vec![Probe::Port(port)]);
            let patience = SERVICE_LIMIT.min(Duration::from_secs(self.request.limits.time.0));
            self.until(Instant::now() + patience, |state| state.ready || state.end_of(pid).is_some());
            let failed = match (self.state.exceeded.take(), self.state.ready, self.state.end_of(pid)) {
                (Some(exceeded), _, _) => exceeded,
                (None, true, _) => {
                    self.state.ready = false;
                    continue;
                }
                (None, false, Some(end)) => How::ServiceFailed(format!(
                    "service `{name}` {} before port {port} was open",
                    describe(&end)
                )),
                (None, false, None) => How::ServiceFailed(format!(
                    "service `{name}` did not open port {port} within {} s",
                    patience.as_secs()
                )),
            };
            return Ok(Some(failed));
        }
        Ok(None)
    }

    fn run_task(&mut self, since: Instant) -> Result<How, String> {
        let most = Duration::from_secs(self.request.limits.time.0);
        let must = self.request.task.must.clone();
        let mut probes = Vec::new();
        if let Must::Serves { port, url, .. } = &must {
            probes.extend(port.map(Probe::Port));
            match url.as_deref().map(Probe::url).transpose() {
                Ok(url) => probes.extend(url),
                Err(wrong) => return Ok(How::NotReady(wrong)),
            }
        }
        let pid = self.spawn(&self.request.task.command.clone(), Source::Task)?;
        let how = match must {
            Must::Exits(within) => {
                self.until(since + most.min(Duration::from_secs(within.0)), |state| {
                    state.end_of(pid).is_some()
                });
                self.state.end_of(pid).unwrap_or(How::TimedOut)
            }
            Must::Stays(time) => {
                self.until(since + Duration::from_secs(time.0), |state| state.end_of(pid).is_some());
                self.terminate(pid)
            }
            Must::Serves { prints, call, within, .. } => {
                let failures: Vec<String> = probes.iter().map(Probe::failure).collect();
                self.probe(probes);
                let by = since + most.min(Duration::from_secs(within.0));
                let silent = prints.is_some();
                let ready = move |state: &State| state.ready && (!silent || state.printed);
                self.until(by, |state| ready(state) || state.end_of(pid).is_some());
                if ready(&self.state) {
                    match call.map(|call| self.call(&call, since + most)).transpose()?.flatten() {
                        Some(failed) => How::NotReady(failed),
                        None => self.terminate(pid),
                    }
                } else {
                    match self.state.end_of(pid) {
                        Some(How::Done) => How::NotReady("it ended before it was ready".to_owned()),
                        Some(end) => end,
                        None => {
                            let text = prints.filter(|_| !self.state.printed);
                            let text = text.map(|text| format!("it did not print `{}`", short(&text, 60)));
                            let failures = failures.into_iter().filter(|_| !self.state.ready).chain(text);
                            let failures: Vec<String> = failures.collect();
                            How::NotReady(format!("after {} s: {}", within.0, failures.join("; ")))
                        }
                    }
                }
            }
        };
        Ok(self.state.exceeded.take().unwrap_or(how))
    }

    /// Calls a server; gives what failed.
    fn call(&mut self, call: &str, by: Instant) -> Result<Option<String>, String> {
        let pid = self.spawn(&shell(call), Source::Beside("call".to_owned()))?;
        self.until(by, |state| state.end_of(pid).is_some());
        Ok(match self.state.end_of(pid) {
            Some(How::Done) => None,
            Some(end) => Some(format!("its call {}", describe(&end))),
            None => Some("its call did not end in time".to_owned()),
        })
    }

    /// Ends a command that has succeeded, or tells how it had ended before.
    fn terminate(&mut self, pid: Pid) -> How {
        if let Some(end) = self.state.end_of(pid) {
            return end;
        }
        let _ = kill_process_group(pid, Signal::TERM);
        self.until(Instant::now() + GRACE, |state| state.end_of(pid).is_some());
        if self.state.end_of(pid).is_some() { How::Done } else { How::IgnoredSigterm }
    }

    /// Starts a process in a group of its own.
    fn spawn(&mut self, argv: &[String], source: Source) -> Result<Pid, String> {
        let pipe = || io::pipe().map_err(|e| format!("making a pipe: {e}"));
        let (reader, writer) = pipe()?;
        let also = writer.try_clone().map_err(|e| format!("making a pipe: {e}"))?;
        // So the shell reports a missing program, in the usual words.
        let program = Program::new("/bin/sh").args(["-c", r#"exec "$@""#, "lab"]).args(argv);
        let program = program.envs(&self.request.env).dir(&self.request.dir);
        let child = program
            .spawn(Group::Own, Stdio::null(), writer.into(), also.into())
            .map_err(|e| format!("starting in {}: {e}", self.request.dir.display()))?;
        let _ = self.spawned.send(());
        let pid = Pid::from_raw(child.id() as i32).ok_or("a process without a number")?;
        if self.request.enforces_limits {
            let _ = setpriority_process(Some(pid), NICE);
        }
        let text = match (&source, &self.request.task.must) {
            (Source::Task, Must::Serves { prints: Some(text), .. }) => text.clone().into_bytes(),
            _ => Vec::new(),
        };
        let sender = self.sender.clone();
        self.state.streams += 1;
        thread::spawn(move || {
            forward(reader, &source, &text, || drop(sender.send(Event::Printed)));
            let _ = sender.send(Event::OutputEnded);
        });
        Ok(pid)
    }

    /// Probes until every probe has succeeded once.
    fn probe(&self, probes: Vec<Probe>) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            for probe in probes {
                while !probe.succeeds() {
                    thread::sleep(PROBE_INTERVAL);
                }
            }
            let _ = sender.send(Event::Ready);
        });
    }

    /// Waits until something is true, a limit is exceeded, or time is up.
    fn until(&mut self, by: Instant, done: impl Fn(&State) -> bool) {
        while self.state.exceeded.is_none() && !done(&self.state) {
            let left = by.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match self.events.recv_timeout(left.min(TICK)) {
                Ok(Event::Ended(pid, status)) => {
                    self.state.ended.insert(pid.as_raw_nonzero().get(), status);
                }
                Ok(Event::Ready) => self.state.ready = true,
                Ok(Event::Printed) => self.state.printed = true,
                Ok(Event::OutputEnded) => self.state.streams -= 1,
                Err(_) => self.check_limits(),
            }
        }
    }

    fn check_limits(&mut self) {
        self.state.full |= self.request.scratch.iter().any(|dir| is_full(dir));
        if !self.request.enforces_limits {
            return;
        }
        let (used, limits) = (process_tree::measure(), self.request.limits);
        self.state.memory = self.state.memory.max(used.memory);
        if used.memory >> 20 > limits.memory {
            self.state.exceeded = Some(How::OutOfMemory);
        } else if used.processes > limits.processes {
            self.state.exceeded = Some(How::Signalled(Signal::KILL.as_raw()));
        }
    }
}

fn shell(script: &str) -> [String; 3] {
    ["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()]
}

fn describe(end: &How) -> String {
    match end {
        How::Done => "exited with 0".to_owned(),
        How::Exited(code) => format!("exited with {code}"),
        How::Signalled(signal) => format!("was ended by signal {signal}"),
        How::TimedOut
        | How::OutOfMemory
        | How::NoSpace
        | How::TooMuchOutput
        | How::NotReady(_)
        | How::IgnoredSigterm
        | How::ServiceFailed(_) => "was ended".to_owned(),
    }
}

/// Counts the processes of the namespace, and exits if there are too many: then the kernel kills all of them at
/// once, which killing one after the other would not.
fn end_when_too_many(most: u64) {
    let since = Instant::now();
    while process_tree::count_all() <= most + OWN {
        thread::sleep(COUNT_INTERVAL);
    }
    let (how, millis) = (How::Signalled(Signal::KILL.as_raw()), since.elapsed().as_millis() as u64);
    let _ = Response::Ended(Ended { how, millis, memory: 0, printed: 0 }).send();
    std::process::exit(0);
}

/// Reaps every child that has ended, orphans included.
fn reap(spawns: &Receiver<()>, ends: &Sender<Event>) {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => {
                if ends.send(Event::Ended(pid, status)).is_err() {
                    return;
                }
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            // There is no child; wait for the next one.
            Err(_) => {
                if spawns.recv().is_err() {
                    return;
                }
            }
        }
    }
}
