//! Reads objects with one git process, which is started when it is first needed.

use crate::batch::Batch;
use crate::process::{Failure, Git};
use std::io::{self, BufRead};

const ARGS: &[&str] = &["cat-file", "--batch-command"];
/// Requests of so many bytes are sent at once: every pipe holds them, so that git can answer the first before the last
/// is sent.
const AT_ONCE: usize = 4096;

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
        self.started().map(drop)
    }

    fn started(&mut self) -> Result<&mut Batch, Failure> {
        let batch = match self.batch.take() {
            Some(batch) => batch,
            None => Batch::start(&self.git, ARGS)?,
        };
        Ok(self.batch.insert(batch))
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
            let mut bytes = 0;
            let fit = rest.iter().take_while(|request| {
                bytes += request.len() + 1;
                bytes <= AT_ONCE
            });
            let (now, later) = rest.split_at(fit.count().max(1));
            let asked: String = now.iter().flat_map(|request| [request.as_str(), "\n"]).collect();
            let answered =
                self.started()?.ask(asked.as_bytes(), |out| now.iter().try_for_each(|_| read(out)));
            if let Err(failure) = answered {
                // It has no more answers.
                self.batch = None;
                return Err(failure);
            }
            rest = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_gets_its_answer_and_a_failure_is_not_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let git = Git::new(dir.path(), &[("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())]);
        git.ok(&["init", "-q", "--bare", "."], b"").unwrap();
        let write = |bytes: &[u8]| git.line(&["hash-object", "-w", "--stdin"], bytes).unwrap();
        let large = vec![b'x'; 3 << 20];
        let (small, large) = ((write(b"one\n"), 4), (write(&large), large.len()));
        let absent = "1".repeat(40);
        // More than is sent at once, and than a pipe holds.
        let requests: Vec<String> = (0..2000)
            .map(|n| match n % 400 {
                7 => format!("contents {}", large.0),
                _ if n % 3 == 0 => format!("info {absent}"),
                _ => format!("contents {}", small.0),
            })
            .collect();
        let mut reader = Reader::new(git.clone());
        let read = |reader: &mut Reader| {
            let mut sizes = Vec::new();
            let mut each = |out: &mut dyn BufRead| {
                let mut line = String::new();
                out.read_line(&mut line)?;
                let size = line.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
                let mut content = vec![0; size.map_or(0, |size| size + 1)];
                out.read_exact(&mut content)?;
                sizes.push(size);
                Ok(())
            };
            reader.read(&requests, &mut each).map(|()| sizes)
        };
        let expected: Vec<Option<usize>> = (0..2000)
            .map(|n| match n % 400 {
                7 => Some(large.1),
                _ if n % 3 == 0 => None,
                _ => Some(small.1),
            })
            .collect();
        assert_eq!(read(&mut reader).unwrap(), expected);
        // Objects that were packed meanwhile are found where they are now.
        let stream = format!(
            "commit refs/heads/a\ncommitter A <a@b> 1 +0000\ndata 0\nM 100644 {} a\nM 100644 {} b\n",
            small.0, large.0
        );
        git.ok(&["fast-import", "--quiet"], stream.as_bytes()).unwrap();
        git.ok(&["repack", "-a", "-d", "-q"], b"").unwrap();
        assert_eq!(read(&mut reader).unwrap(), expected);
        reader.close();
        assert!(read(&mut reader).is_err());
        assert_eq!(read(&mut reader).unwrap(), expected);
    }
}
