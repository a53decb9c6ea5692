//! What a proxy said once, kept: all attempts of an experiment see one world, and so does who repeats it.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is said of a list or a latest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This.
    Found(Vec<u8>),
    /// There is no such module here; another proxy may have it.
    Missing,
    /// There is one, but nothing of it is as old as the cut-off.
    TooNew,
}

/// A folder of answers, laid out as a proxy's: a line that says which kind it is, and what was said.
#[derive(Debug)]
pub(crate) struct Record {
    folder: PathBuf,
}

impl Record {
    /// Opens a record; its folder is made when something is kept.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Finds the answer to a path of the proxy protocol that was checked.
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
        let record = Record::new(folder.path().join("record"));
        assert_eq!(record.find("a.b/@v/list").unwrap(), None);
        let kept = [
            ("a.b/@v/list", Answer::Found(b"v1.0.0\n".to_vec())),
            ("a.b/@latest", Answer::TooNew),
            ("a.b/c/@v/list", Answer::Missing),
            ("a.b/d/@v/list", Answer::Found(Vec::new())),
        ];
        for (path, answer) in kept {
            assert_eq!(record.keep(path, answer.clone()).unwrap(), answer);
            assert_eq!(record.keep(path, Answer::Found(b"later".to_vec())).unwrap(), answer);
            assert_eq!(record.find(path).unwrap(), Some(answer));
        }
    }

    #[test]
    fn a_torn_record_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), "foun").unwrap();
        assert!(Record::new(folder.path().to_owned()).find("x").is_err());
    }
}
