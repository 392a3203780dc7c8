//! When people measure: whole campaign days, hours with the rhythm of a day.

use domain::{DayPart, HourStamp};
use jiff::{Timestamp, ToSpan};
use rand::Rng;

use crate::{SimConfig, SimulationError, random::pick};

/// Relative activity by local hour; running sums. Day about 55 %, peak (18 to 22) about 35 %, night about 10 %.
const RHYTHM: [f64; 24] = {
    let by_hour = [
        0.8, 0.4, 0.2, 0.2, 0.3, 0.8, 2.5, 4.5, 5.0, 4.5, 4.5, 4.5, 5.0, 4.5, 4.5, 5.0, 6.0, 7.0, 8.5, 8.5, 7.5, 6.0,
        4.0, 1.8,
    ];
    let mut sums = [0.0; 24];
    let mut sum = 0.0;
    let mut hour = 0;
    while hour < 24 {
        sum += by_hour[hour];
        sums[hour] = sum;
        hour += 1;
    }
    sums
};

/// The span of the campaign in seconds since 1970; begins and ends on full hours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    first: i64,
    end: i64,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

impl Schedule {
    pub(crate) fn new(config: &SimConfig) -> Result<Self, SimulationError> {
        if config.days == 0 || config.devices == 0 {
            return Err(SimulationError::NoCampaign);
        }
        // Points are kept to the hour: rounding up keeps the first of them inside of the campaign.
        let first = (config.start.as_second() + HOUR - 1).div_euclid(HOUR) * HOUR;
        let end = first + i64::from(config.days) * DAY - (first - config.start.as_second());
        let end = end.div_euclid(HOUR) * HOUR;
        let last = Timestamp::UNIX_EPOCH.checked_add((430 * 365 * 24).hours()).unwrap_or(Timestamp::MAX);
        if first < 0 || end > last.as_second() {
            return Err(SimulationError::BadDates);
        }
        Ok(Self { first, end })
    }

    /// A minute of some day, in seconds since 1970; `length` seconds after it are still in the campaign if it is
    /// long enough for them.
    pub(crate) fn moment(&self, length: i64, rng: &mut impl Rng) -> i64 {
        let days = (self.end - self.first).div_euclid(DAY).max(1);
        let hour = pick(rng, &RHYTHM) as i64;
        let at = self.first + rng.random_range(0..days) * DAY + hour * HOUR + rng.random_range(0..60) * 60;
        at.min(self.end - length - HOUR).max(self.first)
    }

    /// Part of the local day, counted from the local midnight at which the campaign begins.
    pub(crate) fn day_part(&self, second: i64) -> DayPart {
        let hour = (second - self.first).rem_euclid(DAY).div_euclid(HOUR);
        DayPart::of_hour(u8::try_from(hour).unwrap_or(0))
    }

    /// A moment not after the last minute of the campaign.
    pub(crate) fn inside(&self, second: i64) -> i64 {
        second.min(self.end - 60)
    }

    /// The hour of a moment.
    pub(crate) fn hour(&self, second: i64) -> HourStamp {
        HourStamp::containing(instant(self.inside(second)))
    }
}

/// The instant of a moment of a [`Schedule`].
pub(crate) fn instant(second: i64) -> Timestamp {
    // Schedules end before the year 2400.
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}
