use jiff::{Timestamp, tz::TimeZone};

use crate::{DayPart, Invalid};

/// A point in time kept to the hour: full hours since 1970 (UTC). Coverage points carry nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourStamp(i32);

impl HourStamp {
    /// The hour that contains an instant.
    pub fn containing(at: Timestamp) -> Self {
        // Timestamps end in the year 9999: 70 million hours.
        Self(i32::try_from(at.as_second().div_euclid(3600)).unwrap_or(i32::MAX))
    }

    /// From hours since 1970.
    pub fn from_hours(hours: i32) -> Result<Self, Invalid> {
        if (0..=4_000_000).contains(&hours) {
            Ok(Self(hours))
        } else {
            Err(Invalid::new("hour", hours, "must be full hours since 1970"))
        }
    }

    /// Hours since 1970.
    pub const fn as_hours(self) -> i32 {
        self.0
    }

    /// First instant of the hour.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * 3600).unwrap_or(Timestamp::MAX)
    }

    /// Part of the local day.
    pub fn day_part(self, zone: &TimeZone) -> DayPart {
        DayPart::of(self.start(), zone)
    }

    /// Full days since 1970 (UTC), for counting days and for partitions.
    pub const fn day(self) -> i32 {
        self.0.div_euclid(24)
    }
}
