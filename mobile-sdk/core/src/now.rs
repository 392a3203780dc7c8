use std::time::Duration;

use domain::Clock;
use jiff::Timestamp;

/// One look at both clocks. The engine never reads a clock: every call that depends on time is handed this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock: item ages and what is told to the server. May step.
    pub wall: Timestamp,
    /// Monotonic clock: waits and timeouts. Starts anew with the process.
    pub monotonic: Duration,
}

impl Now {
    /// Reads both clocks.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }
}
