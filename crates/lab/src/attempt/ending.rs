//! Gives the outcome of a step, from how it ended and from its log.

use crate::sandbox::How;
use allclear_core::experiment::{Limits, Outcome, Step};

/// What a program prints that caught its own crash.
const PANICS: &[&str] =
    &["\ngoroutine 1 [running]", "panic: runtime error", "Traceback (most recent call last)"];
const NETWORK: &[&str] = &[
    "network is unreachable",
    "Network is unreachable",
    "no such host",
    "Temporary failure in name resolution",
    "Could not resolve host",
    "ENOTFOUND",
    "EAI_AGAIN",
    "server misbehaving",
];
const NO_SPACE: &[&str] = &["no space left on device", "No space left on device", "ENOSPC"];

/// Also gives a note for people.
pub(crate) fn outcome(limits: Limits, step: Step, how: &How, log: &str) -> (Outcome, Option<String>) {
    let Limits { time, memory, disk, output, .. } = limits;
    let failed = Outcome::failed(step);
    let has = |words: &[&str]| words.iter().any(|word| log.contains(word));
    let plain = |note: String| (failed, Some(note));
    match how {
        How::Done if step == Step::Run && has(PANICS) => plain("it ran on after a panic".into()),
        How::Done => (Outcome::Passed, None),
        How::Exited(_) | How::Signalled(_) if has(NETWORK) => {
            (Outcome::Network, Some("it wanted a network; where foreign code runs there is none".into()))
        }
        How::Exited(_) | How::Signalled(_) if has(NO_SPACE) => {
            (Outcome::NoSpace, Some(format!("it filled its disk of {disk} MiB")))
        }
        How::Exited(_) if step != Step::Run => (failed, None),
        How::Exited(code) => plain(format!("it exited with {code}")),
        How::Signalled(signal) => plain(format!("signal {signal} ended it")),
        How::TimedOut => (Outcome::TimedOut, Some(format!("it was not through after {time}"))),
        How::OutOfMemory => (Outcome::OutOfMemory, Some(format!("it took more than {memory} MiB of memory"))),
        How::NoSpace => (Outcome::NoSpace, Some(format!("it wrote more than {disk} MiB"))),
        How::TooMuchOutput => plain(format!("it printed more than {output} MiB")),
        How::NotReady(why) => plain(why.clone()),
        How::IgnoredSigterm => plain("it does not end when it is told to (SIGTERM)".into()),
        How::ServiceFailed(why) => (Outcome::Unprepared, Some(why.clone())),
    }
}
