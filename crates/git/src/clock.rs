//! The real clock, and real chance.

use allclear_core::port::Clock;
use jiff::Timestamp;

/// The machine's clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one home of the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn wait(&self, length: std::time::Duration) {
        std::thread::sleep(length);
    }

    fn fresh_id(&self) -> String {
        let mut bytes = [0u8; 16];
        // Without the kernel's random source the time must do: an id need only be unlikely to repeat.
        if getrandom::fill(&mut bytes).is_err() {
            bytes = (self.now().as_nanosecond() as u128 ^ u128::from(std::process::id())).to_be_bytes();
        }
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }
}
