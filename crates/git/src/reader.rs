//! Reads objects with one git process, which is started when it is first needed.

use crate::batch::Batch;
use crate::process::{Failure, Git};
use std::io::{self, BufRead};

const ARGS: &[&str] = &["cat-file", "--batch-command"];
/// Requests of so many bytes are sent at once: a pipe holds them, so that git can answer the first before the last
/// is sent.
const AT_ONCE: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Reader {
    git: Git,
    batch: Option<Batch>,
}

impl Reader {
    pub(crate) fn new(git: Git) -> Self {
        Self { git, batch: None }
    }

    /// Starts git if it does not run yet.
    pub(crate) fn start(&mut self) -> Result<(), Failure> {
        if self.batch.is_none() {
            self.batch = Some(Batch::start(&self.git, ARGS)?);
        }
        Ok(())
    }

    /// Lets the process exit, without waiting for that.
    pub(crate) fn close(&mut self) {
        self.batch.iter_mut().for_each(Batch::close);
    }

    /// Makes requests `contents OBJECT` and `info OBJECT`, and hands the answer of each to `read`, which has to read all
    /// of it.
    pub(crate) fn read(
        &mut self,
        requests: &[String],
        read: &mut dyn FnMut(&mut dyn BufRead) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut rest = requests;
        while !rest.is_empty() {
            self.start()?;
            let Some(mut batch) = self.batch.take() else { break };
            let mut bytes = 0;
            let fit = rest.iter().take_while(|request| {
                bytes += request.len() + 1;
                bytes <= AT_ONCE
            });
            let (now, later) = rest.split_at(fit.count().max(1));
            let asked: String = now.iter().flat_map(|request| [request.as_str(), "\n"]).collect();
            // A process that failed is not asked again.
            batch.ask(asked.as_bytes(), |out| now.iter().try_for_each(|_| read(out)))?;
            self.batch = Some(batch);
            rest = later;
        }
        Ok(())
    }
}
