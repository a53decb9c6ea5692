//! The one place of the lab that starts processes.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is asked whether everything is to be stopped.
const PULSE: Duration = Duration::from_millis(100);

/// Makes a command that inherits nothing but what it is given: no environment, no input.
#[allow(clippy::disallowed_methods, reason = "the one place of the lab that starts processes")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end. What takes longer than `limit`, or is `stopped`, is ended with all that it started: then
/// the error is [`io::ErrorKind::TimedOut`].
pub(crate) fn output(mut command: Command, limit: Duration, stopped: &AtomicBool) -> io::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn()?;
    let group = Pid::from_child(&child);
    let (done, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let until = Instant::now() + limit;
            while ended.recv_timeout(PULSE) == Err(RecvTimeoutError::Timeout) {
                if stopped.load(Ordering::Relaxed) || Instant::now() > until {
                    let _gone_already = kill_process_group(group, Signal::KILL);
                    return true;
                }
            }
            false
        });
        let output = child.wait_with_output();
        drop(done);
        if watch.join().unwrap_or(false) { Err(io::ErrorKind::TimedOut.into()) } else { output }
    })
}

/// Enters the control groups, offers itself for when memory is short, lets go of every descriptor that was inherited, and becomes the program. A process can
/// put itself into a group before it is anything else, and no program has to be trusted to close what it was given.
const ENTER: &str = r#"
while [ "$1" != -- ]; do echo $$ > "$1" || exit 97; shift; done; shift
echo 500 > /proc/self/oom_score_adj
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  if [ "$fd" -gt 9 ] && [ -z "$BASH_VERSION" ]; then continue; fi
  if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi
done
exec "$@" 3<<'PASSWD' 4<<'GROUP' 5<<'HOSTS' 6<<'NSSWITCH'
root:x:0:0:root:/:/usr/sbin/nologin
lab:x:1000:1000:lab:/home/lab:/bin/sh
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
PASSWD
root:x:0:
lab:x:1000:
nogroup:x:65534:
GROUP
127.0.0.1 localhost
::1 localhost
HOSTS
passwd: files
group: files
hosts: files dns
NSSWITCH
"#;

/// The files that a program finds open when it was started by [`entering`]: descriptor and what it is.
pub(crate) const FILES: [(&str, &str); 4] =
    [("3", "/etc/passwd"), ("4", "/etc/group"), ("5", "/etc/hosts"), ("6", "/etc/nsswitch.conf")];

/// Makes a command that runs in control groups, given by their `cgroup.procs`.
pub(crate) fn entering<'a>(doors: impl IntoIterator<Item = &'a Path>, argv: &[OsString]) -> Command {
    // Only bash can close descriptors above 9.
    let bash = Path::new("/bin/bash");
    let mut command = command(if bash.exists() { bash } else { Path::new("/bin/sh") });
    command.args(["-c", ENTER, "lab"]).args(doors).arg("--").args(argv);
    command
}
