use std::time::Duration;

use domain::{BitRate, ByteCount, record::TestOutcome};
use jiff::Timestamp;

/// What ended a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The time was up.
    Time,
    /// The data budget was used up: the rate may still have been growing.
    Bytes,
    /// The server ended it.
    Server,
    /// The connection broke, late enough to have a result.
    Broken,
}

/// One direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferReport {
    /// Payload that arrived (download), or was handed to the connection (upload).
    pub bytes: ByteCount,
    /// From the end of the handshake.
    pub duration: Duration,
    /// Rate after the first quarter, which is slow start.
    pub rate: Option<BitRate>,
    /// What ended it.
    pub end: End,
}

/// A finished test, completed or broken by the network.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureReport {
    /// Start, by the device's clock.
    pub started: Timestamp,
    /// For the record.
    pub outcome: TestOutcome,
    /// Payload both ways.
    pub bytes: ByteCount,
    /// If it was run.
    pub download: Option<TransferReport>,
    /// If it was run.
    pub upload: Option<TransferReport>,
}

/// Bytes that had arrived by a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<(Duration, u64)>);

impl Samples {
    pub(crate) fn push(&mut self, elapsed: Duration, bytes: u64) {
        self.0.push((elapsed, bytes));
    }

    /// Time of the last sample.
    pub(crate) fn end(&self) -> Duration {
        self.0.last().map_or(Duration::ZERO, |&(at, _)| at)
    }

    /// Rate from the first sample of the last three quarters to the end; of the whole where there is no such sample.
    pub(crate) fn rate(&self) -> Option<BitRate> {
        let &(end, bytes) = self.0.last()?;
        let (begin, before) =
            self.0.iter().copied().find(|&(at, _)| at >= end / 4 && at < end).unwrap_or((Duration::ZERO, 0));
        let micros = u64::try_from(end.saturating_sub(begin).as_micros()).ok()?;
        BitRate::of_transfer(bytes.checked_sub(before)?, micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slow_start_does_not_count() {
        let mut samples = Samples::default();
        for (ms, bytes) in [(100, 1_000), (250, 10_000), (500, 260_000), (1_000, 760_000)] {
            samples.push(Duration::from_millis(ms), bytes);
        }
        assert_eq!(samples.rate(), Some(BitRate::from_mbps(8)));
    }

    #[test]
    fn one_sample_gives_the_mean_and_none_gives_nothing() {
        let mut samples = Samples::default();
        assert_eq!(samples.rate(), None);
        samples.push(Duration::from_secs(1), 125_000);
        assert_eq!(samples.rate(), Some(BitRate::from_mbps(1)));
    }

    #[test]
    fn a_server_that_counts_backwards_gives_no_rate() {
        let mut samples = Samples::default();
        samples.push(Duration::from_millis(500), 125_000);
        samples.push(Duration::from_secs(1), 5);
        assert_eq!(samples.rate(), None);
    }
}
