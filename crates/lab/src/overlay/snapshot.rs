//! Keeps the answers of registries, so that all attempts of an experiment, and later repetitions, see the same.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The answer to a question whose answer changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Found(Vec<u8>),
    /// Another registry may have it.
    Missing,
    /// All of it is later than the cut-off.
    TooNew,
}

/// A folder of answers by path: a line with the kind of answer, then the document.
#[derive(Debug)]
pub(crate) struct Snapshot {
    folder: PathBuf,
}

impl Snapshot {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The caller has checked that the path stays inside.
    pub(crate) fn find(&self, path: &str) -> std::io::Result<Option<Answer>> {
        match std::fs::read(self.folder.join(path)) {
            Ok(bytes) => Answer::read(&bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps an answer, and gives the one that holds from now on: the first that was kept.
    pub(crate) fn keep(&self, path: &str, answer: Answer) -> std::io::Result<Answer> {
        let file = self.folder.join(path);
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(&answer.written())?;
        match temporary.persist_noclobber(&file) {
            Ok(_) => Ok(answer),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                Ok(self.find(path)?.unwrap_or(answer))
            }
            Err(error) => Err(error.error),
        }
    }
}

impl Answer {
    fn written(&self) -> Vec<u8> {
        match self {
            Self::Found(said) => [b"found\n", said.as_slice()].concat(),
            Self::Missing => b"missing\n".to_vec(),
            Self::TooNew => b"too-new\n".to_vec(),
        }
    }

    fn read(bytes: &[u8]) -> std::io::Result<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        match &bytes[..end] {
            b"found" => Ok(Self::Found(bytes[bytes.len().min(end + 1)..].to_vec())),
            b"missing" => Ok(Self::Missing),
            b"too-new" => Ok(Self::TooNew),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_holds() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = Snapshot::new(folder.path().join("snapshot"));
        assert_eq!(snapshot.find("a.b/@v/list").unwrap(), None);
        let kept = [
            ("a.b/@v/list", Answer::Found(b"v1.0.0\n".to_vec())),
            ("a.b/@latest", Answer::TooNew),
            ("a.b/c/@v/list", Answer::Missing),
            ("a.b/d/@v/list", Answer::Found(Vec::new())),
        ];
        for (path, answer) in kept {
            assert_eq!(snapshot.keep(path, answer.clone()).unwrap(), answer);
            assert_eq!(snapshot.keep(path, Answer::Found(b"later".to_vec())).unwrap(), answer);
            assert_eq!(snapshot.find(path).unwrap(), Some(answer));
        }
    }

    #[test]
    fn a_torn_snapshot_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), "foun").unwrap();
        assert!(Snapshot::new(folder.path().to_owned()).find("x").is_err());
    }
}
