use jiff::{Timestamp, tz::TimeZone};

use crate::{DayPart, Invalid};

/// A point in time kept to the hour: full hours since 1970 (UTC). Coverage points carry nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourStamp(i32);

impl HourStamp {
    /// The last hour that can be kept, in the year 2426.
    pub const MAX: Self = Self(4_000_000);

    /// The hour that contains an instant, held at 1970 and at [`Self::MAX`]: what lies outside is a
    /// broken clock and is refused by ingest, but it must not become a value that cannot be read back.
    pub fn containing(at: Timestamp) -> Self {
        let hours = at.as_second().div_euclid(3600).clamp(0, i64::from(Self::MAX.0));
        i32::try_from(hours).map_or(Self::MAX, Self)
    }

    /// From hours since 1970.
    pub fn from_hours(hours: i32) -> Result<Self, Invalid> {
        if (0..=Self::MAX.0).contains(&hours) {
            Ok(Self(hours))
        } else {
            Err(Invalid::new("hour", hours, "must be full hours since 1970 (not seconds, not milliseconds)"))
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
