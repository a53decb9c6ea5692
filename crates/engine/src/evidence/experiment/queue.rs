//! Does one thing with many items, on a few threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often `pulse` is asked while nothing is heard.
const PULSE: Duration = Duration::from_millis(100);

/// Does `work` with each item, in their order, on `threads` threads. What they say is heard on the caller's own
/// thread, which alone has the repository, the clock and the screen.
pub(super) fn each<T: Sync, M: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(usize, &T, &Sender<M>) + Sync,
    mut hear: impl FnMut(M),
    pulse: impl Fn(),
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (say, heard) = channel();
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let (say, next, work) = (say.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(n) else { break };
                    work(n, item, &say);
                }
            });
        }
        drop(say);
        loop {
            match heard.recv_timeout(PULSE) {
                Ok(word) => hear(word),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            pulse();
        }
    });
}
