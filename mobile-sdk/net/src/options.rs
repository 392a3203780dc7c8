use std::time::Duration;

use domain::ByteCount;

/// When one direction ends: whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// From the end of the handshake.
    pub duration: Duration,
    /// Payload bytes; exceeded by at most one message (1 MiB).
    pub bytes: ByteCount,
}

/// What to measure, and what it may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasureOptions {
    /// `None`: not run.
    pub download: Option<Budget>,
    /// `None`: not run.
    pub upload: Option<Budget>,
    /// Round trips of the idle line; 0: not measured.
    pub idle_pings: u8,
    /// Limit for each connection to be made and for each idle round trip.
    pub patience: Duration,
}

impl MeasureOptions {
    /// The ndt7 run of 10 s a direction, stopped at 250 MB each.
    pub const STANDARD: Self = Self::with(Duration::from_secs(10), 250);
    /// At most 10 MB a direction, for a data plan.
    pub const LIGHT: Self = Self::with(Duration::from_secs(5), 10);

    const fn with(duration: Duration, megabytes: u32) -> Self {
        let budget = Budget { duration, bytes: ByteCount::from_megabytes(megabytes) };
        Self { download: Some(budget), upload: Some(budget), idle_pings: 10, patience: Duration::from_secs(10) }
    }
}

impl Default for MeasureOptions {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// What a test will cost, told before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataUse {
    /// It never takes more, protocol overhead included.
    pub at_most: ByteCount,
    /// What it takes on a line of 50 Mbit/s down and 10 up.
    pub on_a_usual_line: ByteCount,
}

/// The data a test with these options will move, both ways together.
pub fn expected_data_use(options: &MeasureOptions) -> DataUse {
    /// IP, TCP, TLS and WebSocket headers on top of the payload, in percent, rounded up.
    const OVERHEAD_PERCENT: u64 = 6;
    /// The message that crosses the limit, and counter-flow.
    const LAST_MESSAGE: u64 = 1 << 21;

    let part = |budget: Option<Budget>, line_bytes_per_s: u64| {
        let Some(budget) = budget else { return (0, 0) };
        let limit = budget.bytes.as_bytes();
        let line = budget.duration.as_millis() as u64 * line_bytes_per_s / 1_000;
        (limit.saturating_add(LAST_MESSAGE), limit.min(line))
    };
    let (down, up) = (part(options.download, 50_000_000 / 8), part(options.upload, 10_000_000 / 8));
    let with_overhead = |bytes: u64| ByteCount::from_bytes(bytes.saturating_add(bytes / 100 * OVERHEAD_PERCENT));
    DataUse {
        at_most: with_overhead(down.0.saturating_add(up.0)),
        on_a_usual_line: with_overhead(down.1.saturating_add(up.1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_light_mode_stays_below_26_megabytes_in_all() {
        assert!(expected_data_use(&MeasureOptions::LIGHT).at_most < ByteCount::from_megabytes(26));
    }

    #[test]
    fn a_usual_line_takes_75_megabytes_in_ten_seconds_each_way() {
        let usual = expected_data_use(&MeasureOptions::STANDARD).on_a_usual_line.as_megabytes_f64();
        assert!((usual - 79.5).abs() < 0.1, "{usual}");
    }

    #[test]
    fn a_direction_that_is_not_run_costs_nothing() {
        let options = MeasureOptions { upload: None, download: None, ..MeasureOptions::STANDARD };
        assert_eq!(expected_data_use(&options).at_most, ByteCount::from_bytes(0));
    }
}
