use crate::Invalid;

/// A round-trip time or another latency. Canonical unit: microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rtt(u32);

impl Rtt {
    /// Ten minutes: longer is not a latency but a broken clock.
    pub const MAX: Self = Self(600_000_000);

    /// From microseconds.
    pub fn from_micros(micros: u64) -> Result<Self, Invalid> {
        u32::try_from(micros)
            .ok()
            .filter(|&us| us <= Self::MAX.0)
            .map(Self)
            .ok_or_else(|| Invalid::new("latency (µs)", micros, "is longer than ten minutes"))
    }

    /// From whole milliseconds, for thresholds and tests.
    ///
    /// # Panics
    /// Above [`Self::MAX`]; the argument is a literal.
    pub const fn from_millis(millis: u32) -> Self {
        assert!(millis <= 600_000, "beyond Rtt::MAX");
        Self(millis * 1_000)
    }

    /// From decimal milliseconds as rules and foreign formats write them.
    pub fn from_millis_f64(millis: f64) -> Result<Self, Invalid> {
        let micros = super::rounded("latency (ms)", millis, 1e3, u64::from(Self::MAX.0))?;
        Self::from_micros(micros)
    }

    /// In microseconds.
    pub const fn as_micros(self) -> u32 {
        self.0
    }

    /// In milliseconds, for display and for formulas.
    pub fn as_millis_f64(self) -> f64 {
        f64::from(self.0) / 1e3
    }
}
