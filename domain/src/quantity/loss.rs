use crate::Invalid;

/// Share of packets lost. Canonical unit: parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loss(u32);

impl Loss {
    /// From parts per million, at most 1,000,000.
    pub fn from_ppm(ppm: u32) -> Result<Self, Invalid> {
        if ppm > 1_000_000 {
            return Err(Invalid::new("packet loss (ppm)", ppm, "must be at most 1000000"));
        }
        Ok(Self(ppm))
    }

    /// From a ratio between 0 and 1.
    pub fn from_ratio(ratio: f64) -> Result<Self, Invalid> {
        let ppm = super::rounded("packet loss (ratio)", ratio, 1e6, 1_000_000)?;
        Self::from_ppm(u32::try_from(ppm).unwrap_or(u32::MAX))
    }

    /// In parts per million.
    pub const fn as_ppm(self) -> u32 {
        self.0
    }

    /// As a ratio between 0 and 1.
    pub fn as_ratio(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}
