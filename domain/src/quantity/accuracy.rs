use crate::{Invalid, Resolution};

/// Radius of the 68 % circle around a reported position. Canonical unit: metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Accuracy(u32);

impl Accuracy {
    /// From metres; zero is a sentinel of broken receivers, not an accuracy.
    pub fn from_metres(metres: f64) -> Result<Self, Invalid> {
        let metres = super::rounded("position accuracy (m)", metres.ceil(), 100_000)?;
        match u32::try_from(metres) {
            Ok(metres) if metres > 0 => Ok(Self(metres)),
            _ => Err(Invalid::new("position accuracy (m)", metres, "must be more than zero")),
        }
    }

    /// In metres.
    pub const fn as_metres(self) -> u32 {
        self.0
    }

    /// The finest mobile resolution such a position may claim: the circle's radius stays below the
    /// mean edge of the hexagon but for the first step, where BNetzA's 50 m limit holds
    /// (METHODS 7 and 10). `None`: too coarse to be of use.
    pub const fn finest_resolution(self) -> Option<Resolution> {
        match self.0 {
            0..=50 => Some(Resolution::Ten),
            51..=174 => Some(Resolution::Nine),
            175..=461 => Some(Resolution::Eight),
            _ => None,
        }
    }
}
