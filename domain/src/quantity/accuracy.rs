use crate::{Invalid, Resolution};

/// Radius of the 68 % circle around a reported position. Canonical unit: metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Accuracy(u32);

impl Accuracy {
    /// From metres, rounded up: an accuracy is never claimed better than it was. Zero is a sentinel of broken receivers, not an accuracy.
    pub fn from_metres(metres: f64) -> Result<Self, Invalid> {
        let whole = super::rounded("position accuracy (m)", metres.ceil(), 1.0, 100_000)?;
        match u32::try_from(whole) {
            Ok(whole) if whole > 0 => Ok(Self(whole)),
            _ => Err(Invalid::new("position accuracy (m)", metres, "must be more than zero")),
        }
    }

    /// In metres.
    pub const fn as_metres(self) -> u32 {
        self.0
    }

    /// The finest resolution such a position may claim.
    ///
    /// The radius stays at or below the mean edge of the hexagon (METHODS 7: 174 m at resolution 9,
    /// 461 m at 8), so that the true place is in the hexagon or next to it. For the first step the
    /// stricter 50 m of the BNetzA's method holds (METHODS 10). `None`: too coarse to be of use.
    /// A fixed line is not finer than [`crate::Hex::FIXED`] however good the position is.
    pub const fn finest_resolution(self) -> Option<Resolution> {
        match self.0 {
            0..=50 => Some(Resolution::Ten),
            51..=174 => Some(Resolution::Nine),
            175..=461 => Some(Resolution::Eight),
            _ => None,
        }
    }
}
