//! A git process that answers one request after the other.

use crate::process::{Failure, Git, said as lines, verb};
use allclear_host::process::kill_group;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const ANSWER_LIMIT: Duration = Duration::from_mins(1);
/// How long git may take to exit.
const EXIT_LIMIT: Duration = Duration::from_secs(5);
const ERRORS_CAP: u64 = 64 * 1024;

/// A git process that stays, and answers each request with lines.
#[derive(Debug)]
pub(super) struct Batch {
    git: Git,
    args: &'static [&'static str],
    began: Instant,
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    said: Option<JoinHandle<Vec<u8>>>,
    ended: bool,
}

impl Batch {
    pub(super) fn start(git: &Git, args: &'static [&'static str]) -> Result<Self, Failure> {
        let began = Instant::now();
        let mut child = git.start(args)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            let lines = output.into_iter().flat_map(|out| BufReader::new(out).lines());
            // After it is dropped there is no receiver.
            lines.map_while(Result::ok).try_for_each(|line| answer.send(line).ok())
        });
        let said = std::thread::spawn(move || {
            let mut said = Vec::new();
            if let Some(mut errors) = errors {
                drop(errors.by_ref().take(ERRORS_CAP).read_to_end(&mut said));
                drop(std::io::copy(&mut errors, &mut std::io::sink()));
            }
            said
        });
        Ok(Self { git: git.clone(), args, began, child, input, answers, said: Some(said), ended: false })
    }

    /// Makes a request, and gives the `lines` of its answer. After a failure there are no more answers.
    pub(super) fn ask(&mut self, request: &[u8], lines: usize) -> Result<Vec<String>, Failure> {
        let written = self.input.as_mut().map(|input| input.write_all(request).and_then(|()| input.flush()));
        if !matches!(written, Some(Ok(()))) {
            return Err(self.failure());
        }
        let mut answer = Vec::new();
        for _ in 0..lines {
            match self.answers.recv_timeout(ANSWER_LIMIT) {
                Ok(line) => answer.push(line),
                Err(RecvTimeoutError::Disconnected) => return Err(self.failure()),
                Err(RecvTimeoutError::Timeout) => {
                    self.kill();
                    return Err(Failure::TimedOut { verb: verb(self.args), after: ANSWER_LIMIT });
                }
            }
        }
        Ok(answer)
    }

    /// Ends the process, and gives what it said.
    fn failure(&mut self) -> Failure {
        self.end();
        let said = self.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
        Failure::Failed { verb: verb(self.args), said: lines(&said) }
    }

    fn end(&mut self) {
        self.input = None;
        // It closes its output when it exits.
        while match self.answers.recv_timeout(EXIT_LIMIT) {
            Ok(_) => true,
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                false
            }
        } {}
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
