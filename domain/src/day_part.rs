//! Strata of the day: mobile load and the EU "peak time" differ by hour.

use jiff::{Timestamp, tz::TimeZone};

use crate::text::coded_enum;

coded_enum! {
    /// Part of the local day (METHODS 3.4).
    pub enum DayPart ("day part") {
        /// 07:00 to 17:59 and no peak.
        Day = "day",
        /// 18:00 to 22:59.
        Peak = "peak",
        /// 23:00 to 06:59.
        Night = "night",
    }
}

impl DayPart {
    /// The part of an hour of the local day, 0 to 23.
    pub const fn of_hour(hour: u8) -> Self {
        match hour {
            7..=17 => Self::Day,
            18..=22 => Self::Peak,
            _ => Self::Night,
        }
    }

    /// The part of an instant in a time zone.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let hour = zone.to_datetime(at).hour();
        Self::of_hour(u8::try_from(hour).unwrap_or(0))
    }

    /// Policy weight in post-stratification (METHODS 3.4); the three sum to 1.
    pub const fn weight(self) -> f64 {
        match self {
            Self::Day => 0.45,
            Self::Peak => 0.40,
            Self::Night => 0.15,
        }
    }
}
