//! Runs foreign code, contained; and sees to it that nothing of it is left afterwards.

mod bubblewrap;
mod capture;
mod cgroup;
mod disk_usage;
pub mod helper;
mod process_tree;
mod protocol;
mod ready;
mod spec;

pub use spec::{Cell, Ended, How, Task};

use self::bubblewrap::{Bubblewrap, First, HOME, TEMPORARY};
use self::capture::Recorder;
use self::cgroup::{Group, Place};
use self::disk_usage::{is_full, usage};
use self::protocol::{Answer, Order};
use crate::process;
use allclear_core::duration::Seconds;
use allclear_core::lab::{Limits, Must};
use allclear_core::text::short;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How often the disk is looked at, at most: looking is to be a small part of what the machine does.
const TICK: Duration = Duration::from_millis(200);
/// How much longer than it may the helper is waited for.
const MARGIN: Duration = Duration::from_secs(20);
/// How long the helper has to end when nobody wants its answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// What to do where bubblewrap is not there or does not work.
const HINT: &str = "install it with `apt install bubblewrap`";

/// What contains foreign code on this machine. Found once.
#[derive(Debug)]
pub struct Sandbox {
    helper: Vec<OsString>,
    wall: Option<Bubblewrap>,
    place: Option<Place>,
    stopped: AtomicBool,
}

impl Sandbox {
    /// Finds what contains foreign code here, and proves that it does. `helper` is the program and the arguments that call
    /// [`helper::main`](crate::helper::main).
    ///
    /// # Errors
    ///
    /// One sentence: why nothing can be contained here, and what to do.
    pub fn find(helper: Vec<OsString>) -> Result<Self, String> {
        let Some(wall) = Bubblewrap::find() else {
            return Err(format!("foreign code cannot be contained: bubblewrap is not installed; {HINT}"));
        };
        let mut sandbox = Self { helper, wall: Some(wall), place: None, stopped: AtomicBool::new(false) };
        // Without control groups first: what fails then, fails for bubblewrap's sake.
        sandbox.probe().map_err(|why| {
            format!("foreign code cannot be contained: bubblewrap does not work here ({why}); see that user namespaces are allowed, or {HINT}")
        })?;
        sandbox.place = Place::candidates().into_iter().find(admits);
        Ok(sandbox)
    }

    /// Makes what contains nothing, because the policy says so: the same limits, as far as they hold without namespaces.
    pub fn none(helper: Vec<OsString>) -> Self {
        let place = Place::candidates().into_iter().find(admits);
        Self { helper, wall: None, place, stopped: AtomicBool::new(false) }
    }

    /// Says what contains foreign code: `bubblewrap, cgroup v1 (memory, pids, cpu)`, `bubblewrap, rlimits`.
    pub fn describe(&self) -> String {
        let limits = self.place.as_ref().map_or_else(|| "rlimits".to_owned(), Place::describe);
        match self.wall {
            Some(_) => format!("bubblewrap, {limits}"),
            None => "nothing: sandbox = \"none\"".to_owned(),
        }
    }

    /// Tells where something is for what runs in a cell: inside, or where it is when there is no inside. What goes into a
    /// [`Cell`] comes from here.
    pub fn seen(&self, outside: &Path, inside: &Path) -> PathBuf {
        if self.wall.is_some() { inside } else { outside }.to_path_buf()
    }

    /// Gives the command that calls the lab's helper, for what runs in a cell.
    pub(crate) fn helper(&self) -> Vec<OsString> {
        let mut helper = self.helper.clone();
        if self.wall.is_some() {
            helper[0] = bubblewrap::HELPER.into();
        }
        helper
    }

    /// Ends all that runs now, and what is started later at once. How it ended says nothing then.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Runs a task in a cell of its own. When it returns nothing of the task runs any more.
    ///
    /// # Errors
    ///
    /// The lab's own trouble: nothing is known of the task.
    pub fn run(&self, cell: &Cell, task: &Task) -> Result<Ended, String> {
        let log = File::create(&cell.log).map_err(|e| format!("writing {}: {e}", cell.log.display()))?;
        let group = self.group(&cell.limits)?;
        let home = Home::of(self, cell)?;
        let mut order = Order::new(task, home.env(cell), cell.dir.clone(), cell.limits);
        order.apart = self.wall.is_some();
        order.counts = group.is_none();
        order.scratch = home.scratch();
        let argv = match &self.wall {
            Some(wall) => wall.argv(cell, &First::Helper(&self.helper)),
            None => self.helper.clone(),
        };
        let watch = Watch {
            stopped: &self.stopped,
            group: group.as_ref(),
            disk: cell.writes.iter().map(|(outside, _)| outside.as_path()).chain(home.disk()).collect(),
            limits: cell.limits,
            until: Instant::now() + patience(task, cell.limits.time),
        };
        watch.run(&argv, &order, log)
    }

    /// Opens a shell for a person in the same cell, on this terminal; gives its exit code.
    ///
    /// # Errors
    ///
    /// The lab's own trouble.
    pub fn shell(&self, cell: &Cell) -> Result<i32, String> {
        let group = self.group(&cell.limits)?;
        let home = Home::of(self, cell)?;
        let mut cell = cell.clone();
        cell.env = home.env(&cell);
        cell.env.entry("TERM".to_owned()).or_insert_with(|| "xterm".to_owned());
        let shell = if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
        let argv = match &self.wall {
            Some(wall) => wall.argv(&cell, &First::Shell { shell, session: is_terminal_safe() }),
            None => vec![shell.into()],
        };
        let mut command = process::entering(doors(group.as_ref()).iter().map(PathBuf::as_path), &argv);
        command.stdin(Stdio::inherit());
        if self.wall.is_none() {
            command.envs(&cell.env).current_dir(&cell.dir);
        }
        let status = command.status().map_err(|e| format!("starting a shell: {e}"))?;
        Ok(status.code().unwrap_or(1))
    }

    fn group(&self, limits: &Limits) -> Result<Option<Group>, String> {
        let make = |place: &Place| place.make(limits).map_err(|e| format!("making a control group: {e}"));
        self.place.as_ref().map(make).transpose()
    }

    /// Runs `true`, to see whether anything can be run.
    fn probe(&self) -> Result<(), String> {
        let limits = Limits { time: Seconds(10), ..Limits::default() };
        let task =
            Task { command: vec!["true".to_owned()], must: Must::Exits(limits.time), services: Vec::new() };
        let cell = Cell {
            reads: Vec::new(),
            writes: Vec::new(),
            shared: Vec::new(),
            env: BTreeMap::new(),
            dir: PathBuf::from("/"),
            network: false,
            limits,
            log: PathBuf::from("/dev/null"),
        };
        let how = self.run(&cell, &task)?.how;
        if how == How::Done { Ok(()) } else { Err(format!("running `true` ended as {how:?}")) }
    }
}

/// Tells whether a process can be put into a group at this place.
fn admits(place: &Place) -> bool {
    place.sweep();
    place.make(&Limits::default()).is_ok_and(|group| {
        let mut enter = process::entering(group.doors().iter().map(PathBuf::as_path), &["true".into()]);
        enter.output().is_ok_and(|output| output.status.success())
    })
}

/// Tells how long the helper may take for all it has to do.
fn patience(task: &Task, time: Seconds) -> Duration {
    let longest = match task.must {
        Must::Stays(time) | Must::Exits(time) => time.0,
        Must::Serves { within, .. } => within.0,
    };
    let services = task.services.len() as u64 * 30;
    Duration::from_secs(longest.max(time.0).saturating_add(services)) + MARGIN
}

/// Tells whether a program on a terminal cannot type on it (TIOCSTI, which Linux 6.2 can switch off).
fn is_terminal_safe() -> bool {
    fs::read_to_string("/proc/sys/dev/tty/legacy_tiocsti").is_ok_and(|text| text.trim() == "0")
}

fn doors(group: Option<&Group>) -> Vec<PathBuf> {
    group.map(Group::doors).unwrap_or_default()
}

/// Where a task finds its home and keeps temporary files.
enum Home {
    /// In the sandbox's own memory.
    Inside,
    /// Beside the log, until it ends.
    Beside(PathBuf),
}

impl Home {
    fn of(sandbox: &Sandbox, cell: &Cell) -> Result<Self, String> {
        if sandbox.wall.is_some() {
            return Ok(Self::Inside);
        }
        let mut dir = cell.log.clone().into_os_string();
        dir.push(".home");
        let home = Self::Beside(dir.into());
        for path in home.scratch() {
            fs::create_dir_all(&path).map_err(|e| format!("making {}: {e}", path.display()))?;
        }
        Ok(home)
    }

    /// Gives the home and the place of temporary files.
    fn dirs(&self) -> [PathBuf; 2] {
        match self {
            Self::Inside => [HOME.into(), TEMPORARY.into()],
            Self::Beside(dir) => [dir.clone(), dir.join("tmp")],
        }
    }

    fn scratch(&self) -> Vec<PathBuf> {
        self.dirs().into()
    }

    /// Gives what of it is on disk.
    fn disk(&self) -> Option<&Path> {
        match self {
            Self::Inside => None,
            Self::Beside(dir) => Some(dir),
        }
    }

    /// Gives the whole environment: what every cell has, and what this one has.
    fn env(&self, cell: &Cell) -> BTreeMap<String, String> {
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
        env.extend(cell.env.clone());
        env
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Beside(dir) = self {
            let _ = fs::remove_dir_all(dir);
        }
    }
}

/// Watches one run from outside.
struct Watch<'a> {
    stopped: &'a AtomicBool,
    group: Option<&'a Group>,
    disk: Vec<&'a Path>,
    limits: Limits,
    until: Instant,
}

/// What is heard of a run.
enum Event {
    /// The helper has answered; or it never will.
    Answered(Option<Answer>),
    /// The first process has ended.
    Ended,
    /// More was printed than may be.
    TooMuch,
}

impl Watch<'_> {
    fn run(&self, argv: &[OsString], order: &Order, mut log: File) -> Result<Ended, String> {
        let before = usage(self.disk.iter().copied()).unwrap_or(0);
        let doors = doors(self.group);
        let mut command = process::entering(doors.iter().map(PathBuf::as_path), argv);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("starting the sandbox: {e}"))?;
        let pid = Pid::from_raw(child.id() as i32).ok_or("the sandbox has no number")?;
        let handle =
            pidfd_open(pid, PidfdFlags::empty()).map_err(|e| format!("watching the sandbox: {e}"))?;
        let (Some(mut input), Some(output), Some(printed)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the sandbox has no pipes".to_owned());
        };
        let mut line = serde_json::to_vec(order).map_err(|e| format!("writing the order: {e}"))?;
        line.push(b'\n');
        let (sender, events) = mpsc::channel();
        let most = self.limits.output << 20;
        thread::scope(|scope| {
            let to = sender.clone();
            let recorder = scope.spawn(move || record(printed, most, &to));
            let to = sender.clone();
            scope.spawn(move || to.send(Event::Answered(answer(output))));
            scope.spawn(move || {
                let _ = child.wait();
                sender.send(Event::Ended)
            });
            // Without an order there is no answer, which says enough. The input stays open: its end means that nobody waits.
            let _ = input.write_all(&line).and_then(|()| input.flush());
            let (stop, mut heard) = self.listen(&events, before);
            drop(input);
            heard.wait(&events, PATIENCE);
            if !heard.is_over() {
                let _ = pidfd_send_signal(&handle, Signal::KILL);
                self.group.inspect(|group| group.clear());
                heard.wait(&events, PATIENCE);
            }
            self.group.inspect(|group| group.clear());
            let recorder = recorder.join().map_err(|_| "keeping the log failed".to_owned())?;
            recorder.write(&mut log).map_err(|e| format!("writing the log: {e}"))?;
            self.judge(stop, heard, &recorder, before)
        })
    }

    /// Listens until there is an answer, or no point in waiting for one; tells why it stopped.
    fn listen(&self, events: &Receiver<Event>, before: u64) -> (Option<How>, Heard) {
        let mut heard = Heard::new();
        let mut tick = TICK;
        let mut next = Instant::now() + tick;
        loop {
            match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Event::TooMuch) => return (Some(How::TooMuchOutput), heard),
                Ok(event) => {
                    heard.take(event);
                    return (None, heard);
                }
                Err(_) => {
                    let since = Instant::now();
                    if since > self.until || self.stopped.load(Ordering::Relaxed) {
                        return (Some(How::TimedOut), heard);
                    }
                    if self.group.is_some_and(Group::ran_out) {
                        return (Some(How::OutOfMemory), heard);
                    }
                    if self.is_over(before) {
                        return (Some(How::NoSpace), heard);
                    }
                    tick = TICK.max(since.elapsed() * 20);
                    next = Instant::now() + tick;
                }
            }
        }
    }

    /// Tells whether more was written than may be, or no more can be.
    fn is_over(&self, before: u64) -> bool {
        let most = self.limits.disk << 20;
        let now = usage(self.disk.iter().copied());
        now.is_none_or(|now| now.saturating_sub(before) > most) || self.disk.iter().any(|dir| is_full(dir))
    }

    /// Tells how it ended. What the limits say comes first: a program that passed one fails in ways of its own.
    fn judge(
        &self,
        stop: Option<How>,
        heard: Heard,
        recorder: &Recorder,
        before: u64,
    ) -> Result<Ended, String> {
        let peak = self.group.map_or(0, Group::peak);
        let failed = matches!(&heard.answer, Some(Answer::Ended(ended)) if ended.how != How::Done);
        let passed = if self.group.is_some_and(Group::ran_out) {
            Some(How::OutOfMemory)
        } else if recorder.printed > self.limits.output << 20 {
            Some(How::TooMuchOutput)
        } else if failed && self.is_over(before) {
            Some(How::NoSpace)
        } else {
            stop
        };
        match (passed, heard.answer) {
            (Some(how), answer) => {
                let millis = match answer {
                    Some(Answer::Ended(ended)) => ended.millis,
                    Some(Answer::Trouble(_)) | None => heard.since.elapsed().as_millis() as u64,
                };
                Ok(Ended { how, millis, memory: peak, printed: recorder.printed })
            }
            (None, Some(Answer::Ended(answer))) => {
                Ok(Ended { memory: peak.max(answer.memory), printed: recorder.printed, ..answer })
            }
            (None, Some(Answer::Trouble(why))) => Err(why),
            (None, None) => {
                let said = recorder.first_line().unwrap_or_else(|| "it said nothing".to_owned());
                Err(format!("the sandbox ended without an answer: {}", short(&said, 300)))
            }
        }
    }
}

/// What was heard so far.
struct Heard {
    since: Instant,
    /// The helper will say no more.
    silent: bool,
    answer: Option<Answer>,
    ended: bool,
}

impl Heard {
    fn new() -> Self {
        Self { since: Instant::now(), silent: false, answer: None, ended: false }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Answered(answer) => (self.silent, self.answer) = (true, answer),
            Event::Ended => self.ended = true,
            Event::TooMuch => {}
        }
    }

    fn is_over(&self) -> bool {
        self.silent && self.ended
    }

    /// Waits until all is over.
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

/// Reads the answer; `None` where there is none.
fn answer(output: impl Read) -> Option<Answer> {
    let mut line = String::new();
    BufReader::new(output.take(1 << 20)).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// Keeps what is printed, to its end.
fn record(mut printed: impl Read, most: u64, sender: &Sender<Event>) -> Recorder {
    let mut recorder = Recorder::default();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = printed.read(&mut buffer) {
        let before = recorder.printed;
        recorder.take(&buffer[..n]);
        if before <= most && recorder.printed > most {
            let _ = sender.send(Event::TooMuch);
        }
    }
    recorder
}
