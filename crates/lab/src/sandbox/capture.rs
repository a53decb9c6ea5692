//! Captures the beginning and the end of what a program prints.

use std::collections::VecDeque;
use std::io::{self, Write};

/// How much is kept of the beginning and of the end, in bytes.
const KEPT: usize = 256 * 1024;

/// The beginning and the end of a stream of any length.
#[derive(Debug, Default)]
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// The size of everything printed.
    pub(super) printed: u64,
}

impl Capture {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.printed += bytes.len() as u64;
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT - self.head.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(KEPT)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// Writes what was kept, with a line that says how much was left out.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let (one, two) = self.tail.as_slices();
        out.write_all(&self.head)?;
        let left_out = self.printed - (self.head.len() + self.tail.len()) as u64;
        if left_out > 0 {
            write!(out, "\n[{left_out} bytes are left out here]\n")?;
        }
        out.write_all(one)?;
        out.write_all(two)
    }

    /// The first line that is not blank.
    pub(super) fn first_line(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.head);
        text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(capture: &Capture) -> Vec<u8> {
        let mut out = Vec::new();
        capture.write(&mut out).unwrap();
        out
    }

    #[test]
    fn what_is_short_is_kept_as_it_came() {
        let mut capture = Capture::default();
        capture.take(b"a\n");
        capture.take(b"b\n");
        assert_eq!(kept(&capture), b"a\nb\n");
        assert_eq!(capture.first_line().unwrap(), "a");
    }

    #[test]
    fn what_is_long_keeps_both_ends() {
        for chunk in [1000, KEPT - 1, KEPT, 3 * KEPT] {
            let mut capture = Capture::default();
            let all: Vec<u8> = (0..3 * KEPT + 17).map(|n| (n % 251) as u8).collect();
            all.chunks(chunk).for_each(|bytes| capture.take(bytes));
            let kept = kept(&capture);
            assert_eq!(capture.printed, all.len() as u64);
            assert!(kept.starts_with(&all[..KEPT]) && kept.ends_with(&all[all.len() - KEPT..]));
            assert_eq!(kept.len(), 2 * KEPT + format!("\n[{} bytes are left out here]\n", KEPT + 17).len());
        }
    }
}
