//! Forwards the output of the task and its services.

use std::io::{self, PipeReader, Read, Write};

pub(super) enum Source {
    /// Forwarded as it comes.
    Task,
    /// Forwarded with this name before each line.
    Beside(String),
}

/// Longer lines are forwarded in pieces, in bytes.
const MAX_LINE: usize = 4096;

/// Forwards everything to standard error; calls `found` once when `text` was printed.
pub(super) fn forward(mut from: PipeReader, source: &Source, text: &[u8], found: impl Fn()) {
    let mut buffer = vec![0; 64 * 1024];
    let mut window: Vec<u8> = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let mut searching = !text.is_empty();
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => &buffer[..n],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        match source {
            Source::Task => drop(io::stderr().lock().write_all(bytes)),
            Source::Beside(name) => {
                line.extend_from_slice(bytes);
                // A line without an end is forwarded in pieces, so that it does not pile up.
                while let Some(end) =
                    line.iter().position(|b| *b == b'\n').or((line.len() > MAX_LINE).then_some(MAX_LINE - 1))
                {
                    forward_line(name, line.drain(..=end).as_slice());
                }
            }
        }
        if searching {
            window.extend_from_slice(bytes);
            if window.windows(text.len()).any(|part| part == text) {
                searching = false;
                found();
            }
            window.drain(..window.len().saturating_sub(text.len() - 1));
        }
    }
    if let Source::Beside(name) = source
        && !line.is_empty()
    {
        forward_line(name, &line);
    }
}

fn forward_line(name: &str, line: &[u8]) {
    let mut whole = format!("{name}| ").into_bytes();
    whole.extend_from_slice(line);
    if !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    let _ = io::stderr().lock().write_all(&whole);
}
