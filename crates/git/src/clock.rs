//! The machine's clock and random source, and a clock for the demo, the simulator and the tests.

use allclear_core::port::Clock;
use jiff::Timestamp;

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
        // Without the kernel's random source the time has to do: an id need only be unlikely to repeat.
        if getrandom::fill(&mut bytes).is_err() {
            bytes = (self.now().as_nanosecond() as u128 ^ u128::from(std::process::id())).to_be_bytes();
        }
        allclear_core::types::text::hex(&bytes)
    }
}

/// A clock that stands still until it is told to move. Waiting moves it.
#[derive(Debug)]
pub struct VirtualClock {
    now: std::sync::Mutex<Timestamp>,
}

impl VirtualClock {
    pub fn at(start: Timestamp) -> Self {
        Self { now: std::sync::Mutex::new(start) }
    }

    /// Moves on, or back where `seconds` is negative.
    pub fn advance(&self, seconds: i64) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(*now);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn wait(&self, length: std::time::Duration) {
        let length = jiff::SignedDuration::try_from(length).unwrap_or(jiff::SignedDuration::ZERO);
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.checked_add(length).unwrap_or(*now);
    }

    fn fresh_id(&self) -> String {
        SystemClock.fresh_id()
    }
}
