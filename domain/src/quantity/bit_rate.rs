use crate::Invalid;

/// Throughput. Canonical unit: bit/s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitRate(u64);

impl BitRate {
    /// 10 Tbit/s: no access line of this decade comes near; a larger value is a unit mistake.
    pub const MAX: Self = Self(10_000_000_000_000);

    /// From bit/s; refuses what no line can carry.
    pub fn from_bps(bps: u64) -> Result<Self, Invalid> {
        if bps > Self::MAX.0 {
            return Err(Invalid::new("bit rate (bit/s)", bps, "is beyond anything that can be measured"));
        }
        Ok(Self(bps))
    }

    /// From kbit/s (1,000 bit/s).
    pub const fn from_kbps(kbps: u32) -> Self {
        // Widening: `From` is not const.
        #[expect(clippy::as_conversions, reason = "u32 to u64 in a const fn")]
        Self(kbps as u64 * 1_000)
    }

    /// From whole Mbit/s (1,000,000 bit/s), for thresholds and tests.
    ///
    /// # Panics
    /// Above [`Self::MAX`]; the argument is a literal.
    pub const fn from_mbps(mbps: u32) -> Self {
        assert!(mbps <= 10_000_000, "beyond BitRate::MAX");
        #[expect(clippy::as_conversions, reason = "u32 to u64 in a const fn")]
        Self(mbps as u64 * 1_000_000)
    }

    /// From a decimal Mbit/s as rules and foreign formats write it.
    pub fn from_mbps_f64(mbps: f64) -> Result<Self, Invalid> {
        super::rounded("bit rate (Mbit/s)", mbps, 1e6, Self::MAX.0).map(Self)
    }

    /// What `bytes` in `micros` microseconds amount to; `None` for no time at all.
    pub fn of_transfer(bytes: u64, micros: u64) -> Option<Self> {
        if micros == 0 {
            return None;
        }
        let bps = u128::from(bytes) * 8 * 1_000_000 / u128::from(micros);
        u64::try_from(bps).ok().filter(|&bps| bps <= Self::MAX.0).map(Self)
    }

    /// In bit/s.
    pub const fn as_bps(self) -> u64 {
        self.0
    }

    /// In Mbit/s, for display and for formulas.
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "MAX is below 2^53")]
    pub fn as_mbps_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}
