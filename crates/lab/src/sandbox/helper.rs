//! The lab's helper inside a sandbox: starts what is to run, watches it, and says how it ended.
//!
//! In a sandbox it is the first process of its namespace. So nothing in there can kill, stop or trace it, orphans come
//! to it, and when it exits the kernel ends whatever is left.

use super::cgroup::OWN;
use super::disk_usage::is_full;
use super::process_tree as tree;
use super::protocol::{Answer, Order};
use super::ready::Sign;
use super::spec::{Ended, How};
use crate::ecosystem::go::build_cache as gocache;
use crate::process;
use allclear_core::lab::{Must, Service};
use allclear_core::text::short;
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus, kill_process_group,
    set_child_subreaper, set_dumpable_behavior, setpriority_process, setrlimit,
};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufRead, PipeReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program has to end when it is told to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a service has to become ready, at most.
const SERVICE: Duration = Duration::from_secs(30);
/// How often the limits are looked at that the kernel does not hold.
const TICK: Duration = Duration::from_millis(200);
/// How often processes are counted where the kernel does not: a bomb doubles in less.
const COUNT: Duration = Duration::from_millis(10);
/// How much what is counted stands back behind the one who counts.
const NICE: i32 = 10;
/// How often a program is asked whether it is ready.
const ASK: Duration = Duration::from_millis(10);
/// How long killing what is left, and reading what it printed, may take.
const CLEAR: Duration = Duration::from_secs(2);

/// Does what the order on standard input says, and answers on standard output; or, with `gocache DIR` among `words`, is the
/// go command's build cache.
pub fn main(words: &[OsString]) -> ExitCode {
    if let [word, shared] = words
        && word == gocache::WORD
    {
        return gocache::serve(shared.as_ref());
    }
    // The descriptors of this process are its own: nobody else may answer.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let mut line = String::new();
    let order: Order = match io::stdin().lock().read_line(&mut line).map(|_| serde_json::from_str(&line)) {
        Ok(Ok(order)) => order,
        Ok(Err(_)) | Err(_) => return ExitCode::from(2),
    };
    thread::spawn(|| {
        // Nobody wants the answer any more.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        tree::clear(CLEAR);
        std::process::exit(3);
    });
    let answer = Supervisor::new(order).run().map_or_else(Answer::Trouble, Answer::Ended);
    match say(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn say(answer: &Answer) -> io::Result<()> {
    let answer = serde_json::to_string(&answer).expect("an answer is plain data");
    writeln!(io::stdout().lock(), "{answer}")
}

/// What happens.
enum Event {
    /// A process has ended.
    Ended(Pid, WaitStatus),
    /// All signs of readiness are there that are asked for from outside.
    Answers,
    /// The text was printed.
    Printed,
    /// A stream of output is at its end.
    Silent,
}

/// What has happened.
#[derive(Default)]
struct Seen {
    ended: BTreeMap<i32, WaitStatus>,
    answers: bool,
    printed: bool,
    /// Streams that are still read.
    streams: usize,
    /// A file system of the sandbox's own was full.
    full: bool,
    /// A limit was passed: there is no point in waiting for anything else.
    over: Option<How>,
    /// The most memory at once, in bytes.
    memory: u64,
}

impl Seen {
    fn end_of(&self, pid: Pid) -> Option<How> {
        let status = self.ended.get(&pid.as_raw_nonzero().get())?;
        Some(match (status.exit_status(), status.terminating_signal()) {
            (Some(0), _) => How::Done,
            (Some(code), _) => How::Exited(code),
            (None, signal) => How::Signalled(signal.unwrap_or(0)),
        })
    }
}

/// Who prints.
enum Voice {
    /// The command: as it comes.
    Command,
    /// Something beside it: with its name before each line.
    Beside(String),
}

struct Supervisor {
    order: Order,
    seen: Seen,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// Wakes the one that collects ended children.
    born: Sender<()>,
}

impl Supervisor {
    fn new(order: Order) -> Self {
        let (sender, events) = mpsc::channel();
        let (born, births) = mpsc::channel();
        let ends = sender.clone();
        thread::spawn(move || collect(&births, &ends));
        Self { order, seen: Seen::default(), sender, events, born }
    }

    fn run(&mut self) -> Result<Ended, String> {
        self.limit();
        let how = self.services()?;
        let since = Instant::now();
        let how = match how {
            None => self.judge(since)?,
            Some(failed) => failed,
        };
        let millis = since.elapsed().as_millis() as u64;
        self.look();
        tree::clear(CLEAR);
        self.until(Instant::now() + CLEAR, |seen| seen.streams == 0);
        let how = if how != How::Done && self.seen.full { How::NoSpace } else { how };
        Ok(Ended { how, millis, memory: self.seen.memory >> 20, printed: 0 })
    }

    /// Sets what is inherited by everything.
    fn limit(&self) {
        let set = |what, most| setrlimit(what, Rlimit { current: Some(most), maximum: Some(most) });
        let _ = set(Resource::Core, 0);
        if !self.order.apart {
            let _ = set_child_subreaper(Some(rustix::process::getpid()));
        } else if self.order.counts {
            // Counted for each user and namespace since Linux 5.14; outside of one it would count the whole desk.
            // For root it is not counted at all.
            let _ = set(Resource::Nproc, self.order.limits.processes + OWN);
            let most = self.order.limits.processes;
            thread::spawn(move || count(most));
        }
    }

    /// Starts what runs beside, one after the other; tells what failed.
    fn services(&mut self) -> Result<Option<How>, String> {
        for (n, Service { run, port }) in self.order.services.clone().into_iter().enumerate() {
            let name = short(&run, 60);
            let pid = self.spawn(&shell(&run), Voice::Beside(format!("service {}", n + 1)))?;
            let Some(port) = port else { continue };
            self.ask(vec![Sign::Port(port)]);
            let patience = SERVICE.min(Duration::from_secs(self.order.limits.time.0));
            self.until(Instant::now() + patience, |seen| seen.answers || seen.end_of(pid).is_some());
            let failed = match (self.seen.over.take(), self.seen.answers, self.seen.end_of(pid)) {
                (Some(over), _, _) => over,
                (None, true, _) => {
                    self.seen.answers = false;
                    continue;
                }
                (None, false, Some(end)) => {
                    How::ServiceFailed(format!("service `{name}` {} before port {port} was open", said(&end)))
                }
                (None, false, None) => How::ServiceFailed(format!(
                    "service `{name}` did not open port {port} within {} s",
                    patience.as_secs()
                )),
            };
            return Ok(Some(failed));
        }
        Ok(None)
    }

    /// Runs the command and tells whether it does what it must.
    fn judge(&mut self, since: Instant) -> Result<How, String> {
        let most = Duration::from_secs(self.order.limits.time.0);
        let must = self.order.must.clone();
        let mut signs = Vec::new();
        if let Must::Serves { port, url, .. } = &must {
            signs.extend(port.map(Sign::Port));
            match url.as_deref().map(Sign::page).transpose() {
                Ok(page) => signs.extend(page),
                Err(wrong) => return Ok(How::NotReady(wrong)),
            }
        }
        let pid = self.spawn(&self.order.command.clone(), Voice::Command)?;
        let how = match must {
            Must::Exits(within) => {
                self.until(since + most.min(Duration::from_secs(within.0)), |seen| {
                    seen.end_of(pid).is_some()
                });
                self.seen.end_of(pid).unwrap_or(How::TimedOut)
            }
            Must::Stays(time) => {
                self.until(since + Duration::from_secs(time.0), |seen| seen.end_of(pid).is_some());
                self.dismiss(pid)
            }
            Must::Serves { prints, call, within, .. } => {
                let missing: Vec<String> = signs.iter().map(Sign::missing).collect();
                self.ask(signs);
                let by = since + most.min(Duration::from_secs(within.0));
                let silent = prints.is_some();
                let ready = move |seen: &Seen| seen.answers && (!silent || seen.printed);
                self.until(by, |seen| ready(seen) || seen.end_of(pid).is_some());
                if ready(&self.seen) {
                    match call.map(|call| self.call(&call, since + most)).transpose()?.flatten() {
                        Some(failed) => How::NotReady(failed),
                        None => self.dismiss(pid),
                    }
                } else {
                    match self.seen.end_of(pid) {
                        Some(How::Done) => How::NotReady("it ended before it was ready".to_owned()),
                        Some(end) => end,
                        None => {
                            let text = prints.filter(|_| !self.seen.printed);
                            let text = text.map(|text| format!("it did not print `{}`", short(&text, 60)));
                            let missing = missing.into_iter().filter(|_| !self.seen.answers).chain(text);
                            let missing: Vec<String> = missing.collect();
                            How::NotReady(format!("after {} s: {}", within.0, missing.join("; ")))
                        }
                    }
                }
            }
        };
        Ok(self.seen.over.take().unwrap_or(how))
    }

    /// Calls what serves; tells what failed.
    fn call(&mut self, call: &str, by: Instant) -> Result<Option<String>, String> {
        let pid = self.spawn(&shell(call), Voice::Beside("call".to_owned()))?;
        self.until(by, |seen| seen.end_of(pid).is_some());
        Ok(match self.seen.end_of(pid) {
            Some(How::Done) => None,
            Some(end) => Some(format!("its call {}", said(&end))),
            None => Some("its call did not end in time".to_owned()),
        })
    }

    /// Tells a command to end that has done what it must; or how it ended before.
    fn dismiss(&mut self, pid: Pid) -> How {
        if let Some(end) = self.seen.end_of(pid) {
            return end;
        }
        let _ = kill_process_group(pid, Signal::TERM);
        self.until(Instant::now() + GRACE, |seen| seen.end_of(pid).is_some());
        if self.seen.end_of(pid).is_some() { How::Done } else { How::Stubborn }
    }

    /// Starts a process in a group of its own.
    fn spawn(&mut self, argv: &[String], voice: Voice) -> Result<Pid, String> {
        let pipe = || io::pipe().map_err(|e| format!("making a pipe: {e}"));
        let (reader, writer) = pipe()?;
        let also = writer.try_clone().map_err(|e| format!("making a pipe: {e}"))?;
        let mut command = process::command("/bin/sh");
        // A program that is not there is then said by a shell, as people know it.
        command.args(["-c", r#"exec "$@""#, "lab"]).args(argv).envs(&self.order.env);
        command.current_dir(&self.order.dir).process_group(0).stdout(writer).stderr(also);
        let child = command.spawn().map_err(|e| format!("starting in {}: {e}", self.order.dir.display()))?;
        let _ = self.born.send(());
        let pid = Pid::from_raw(child.id() as i32).ok_or("a process without a number")?;
        if self.order.counts {
            let _ = setpriority_process(Some(pid), NICE);
        }
        let text = match (&voice, &self.order.must) {
            (Voice::Command, Must::Serves { prints: Some(text), .. }) => text.clone().into_bytes(),
            _ => Vec::new(),
        };
        let sender = self.sender.clone();
        self.seen.streams += 1;
        thread::spawn(move || {
            listen(reader, &voice, &text, &sender);
            let _ = sender.send(Event::Silent);
        });
        Ok(pid)
    }

    /// Asks for all signs, again and again, until they were all there.
    fn ask(&self, signs: Vec<Sign>) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            for sign in signs {
                while !sign.is_there() {
                    thread::sleep(ASK);
                }
            }
            let _ = sender.send(Event::Answers);
        });
    }

    /// Waits until something is true, a limit is passed, or it is too late.
    fn until(&mut self, by: Instant, done: impl Fn(&Seen) -> bool) {
        while self.seen.over.is_none() && !done(&self.seen) {
            let left = by.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match self.events.recv_timeout(left.min(TICK)) {
                Ok(Event::Ended(pid, status)) => {
                    self.seen.ended.insert(pid.as_raw_nonzero().get(), status);
                }
                Ok(Event::Answers) => self.seen.answers = true,
                Ok(Event::Printed) => self.seen.printed = true,
                Ok(Event::Silent) => self.seen.streams -= 1,
                Err(_) => self.look(),
            }
        }
    }

    /// Looks at the limits that the kernel does not hold.
    fn look(&mut self) {
        self.seen.full |= self.order.scratch.iter().any(|dir| is_full(dir));
        if !self.order.counts {
            return;
        }
        let (held, limits) = (tree::held(), self.order.limits);
        self.seen.memory = self.seen.memory.max(held.memory);
        if held.memory >> 20 > limits.memory {
            self.seen.over = Some(How::OutOfMemory);
        } else if held.processes > limits.processes {
            self.seen.over = Some(How::Signalled(Signal::KILL.as_raw()));
        }
    }
}

fn shell(script: &str) -> [String; 3] {
    ["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()]
}

fn said(end: &How) -> String {
    match end {
        How::Done => "exited with 0".to_owned(),
        How::Exited(code) => format!("exited with {code}"),
        How::Signalled(signal) => format!("was ended by signal {signal}"),
        How::TimedOut
        | How::OutOfMemory
        | How::NoSpace
        | How::TooMuchOutput
        | How::NotReady(_)
        | How::Stubborn
        | How::ServiceFailed(_) => "was ended".to_owned(),
    }
}

/// Counts the processes of the namespace, and ends it when they are too many: the kernel then ends them all at once,
/// which killing one after the other would not.
fn count(most: u64) {
    let since = Instant::now();
    while tree::crowd() <= most + OWN {
        thread::sleep(COUNT);
    }
    let (how, millis) = (How::Signalled(Signal::KILL.as_raw()), since.elapsed().as_millis() as u64);
    let _ = say(&Answer::Ended(Ended { how, millis, memory: 0, printed: 0 }));
    std::process::exit(0);
}

/// Collects every child that has ended, and every orphan that came to this process.
fn collect(births: &Receiver<()>, ends: &Sender<Event>) {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => {
                if ends.send(Event::Ended(pid, status)).is_err() {
                    return;
                }
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            // There is none; wait for the next one.
            Err(_) => {
                if births.recv().is_err() {
                    return;
                }
            }
        }
    }
}

/// Passes on what is printed, and looks for a text in it.
fn listen(mut from: PipeReader, voice: &Voice, text: &[u8], sender: &Sender<Event>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut window: Vec<u8> = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let mut found = text.is_empty();
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => &buffer[..n],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        match voice {
            Voice::Command => drop(io::stderr().lock().write_all(bytes)),
            Voice::Beside(name) => {
                line.extend_from_slice(bytes);
                // A line without an end is passed on in pieces, not collected.
                while let Some(end) =
                    line.iter().position(|b| *b == b'\n').or((line.len() > 4096).then_some(4095))
                {
                    pass(name, line.drain(..=end).as_slice());
                }
            }
        }
        if !found {
            window.extend_from_slice(bytes);
            found = window.windows(text.len()).any(|part| part == text);
            if found {
                let _ = sender.send(Event::Printed);
            }
            window.drain(..window.len().saturating_sub(text.len() - 1));
        }
    }
    if let Voice::Beside(name) = voice
        && !line.is_empty()
    {
        pass(name, &line);
    }
}

/// Passes on a line with the name of who said it.
fn pass(name: &str, line: &[u8]) {
    let mut whole = format!("{name}| ").into_bytes();
    whole.extend_from_slice(line);
    if !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    let _ = io::stderr().lock().write_all(&whole);
}
