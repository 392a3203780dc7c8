use std::{collections::BTreeMap, sync::Arc};

use domain::{
    AreaKey, BitRate, Clock, Cover, Generation, Hex, HourStamp, Record, RejectionReason, SpeedTest,
    record::{AccessTechnology, Network, TestOutcome},
};
use jiff::{SignedDuration, Timestamp, civil::date, tz::TimeZone};

/// What is plausible for evidence that arrives now.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How far a device's clock may run ahead of ours.
    pub max_skew: SignedDuration,
    /// First moment that evidence can be from: before this, phones' clocks are at their factory setting.
    pub earliest: Timestamp,
}

impl Default for Limits {
    fn default() -> Self {
        let earliest = date(2015, 1, 1).to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp());
        Self { max_skew: SignedDuration::from_mins(10), earliest }
    }
}

impl Limits {
    /// Nothing from before that calendar year.
    #[must_use]
    pub fn kept_from(mut self, year: i16) -> Self {
        let start = date(year, 1, 1).to_zoned(TimeZone::UTC).map_or(self.earliest, |at| at.timestamp());
        self.earliest = self.earliest.max(start);
        self
    }
}

/// A record that may be kept, and what was cut from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The record; a track without its refused points.
    pub record: Record,
    /// Refused points of a track, by reason.
    pub points_rejected: BTreeMap<RejectionReason, u32>,
}

/// Judges records by time and place. The same judge for HTTP and for files.
#[derive(Clone, Debug)]
pub struct Validator {
    cover: Arc<Cover>,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl Validator {
    /// `cover` is the ground that this server serves.
    pub fn new(cover: Arc<Cover>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self { cover, clock, limits }
    }

    /// The same judge, who takes nothing from before that calendar year.
    #[must_use]
    pub fn kept_from(&self, year: i16) -> Self {
        Self { limits: self.limits.kept_from(year), ..self.clone() }
    }

    /// The municipality that holds a hexagon of the ground.
    pub fn municipality(&self, hex: Hex) -> Option<AreaKey> {
        self.cover.municipality(hex)
    }

    /// The record as far as it is plausible, or why nothing of it is.
    pub fn check(&self, record: Record) -> Result<Checked, RejectionReason> {
        let mut points_rejected = BTreeMap::new();
        let record = match record {
            Record::SpeedTest(test) => {
                check_technology(&test)?;
                self.check_time(test.at)?;
                self.check_place(test.hex)?;
                Record::SpeedTest(test)
            }
            Record::DeadSpotReport(report) => {
                self.check_time(report.at)?;
                self.check_place(report.hex)?;
                Record::DeadSpotReport(report)
            }
            Record::CoverageTrack(mut track) => {
                track.points.retain(|point| {
                    match self.check_hour(point.hour).and_then(|()| self.check_place(point.hex)) {
                        Ok(()) => true,
                        Err(reason) => {
                            *points_rejected.entry(reason).or_insert(0) += 1;
                            false
                        }
                    }
                });
                if track.points.is_empty() {
                    // Nothing is left: the most frequent reason speaks for the track.
                    let most = points_rejected.iter().max_by_key(|&(_, &count)| count);
                    return Err(most.map_or(RejectionReason::EmptyTrack, |(&reason, _)| reason));
                }
                Record::CoverageTrack(track)
            }
        };
        Ok(Checked { record, points_rejected })
    }

    /// Whether an instant is plausible.
    pub fn check_time(&self, at: Timestamp) -> Result<(), RejectionReason> {
        if at < self.limits.earliest {
            Err(RejectionReason::TooOld)
        } else if at.duration_since(self.clock.now()) > self.limits.max_skew {
            Err(RejectionReason::InFuture)
        } else {
            Ok(())
        }
    }

    fn check_hour(&self, hour: HourStamp) -> Result<(), RejectionReason> {
        self.check_time(hour.start())
    }

    fn check_place(&self, hex: Hex) -> Result<(), RejectionReason> {
        if self.cover.contains(hex) { Ok(()) } else { Err(RejectionReason::OutsideArea) }
    }
}

/// Above this no device of the technology can be, in Mbit/s: EDGE, dual-carrier HSPA+, LTE category 20, the
/// peak of IMT-2020; vectored DSL and G.fast on the shortest loop, DOCSIS 4.0.
const fn most_mbps(network: &Network) -> Option<u32> {
    match network {
        Network::Mobile { technology: Some(technology), .. } => Some(match technology.generation() {
            Generation::Second => 2,
            Generation::Third => 84,
            Generation::Fourth => 2_000,
            Generation::Fifth => 20_000,
        }),
        Network::Fixed { access: Some(AccessTechnology::Dsl), .. } => Some(1_000),
        Network::Fixed { access: Some(AccessTechnology::Cable), .. } => Some(10_000),
        _ => None,
    }
}

fn check_technology(test: &SpeedTest) -> Result<(), RejectionReason> {
    let (TestOutcome::Completed(result), Some(most)) = (test.outcome, most_mbps(&test.network)) else { return Ok(()) };
    let beyond = |rate: Option<BitRate>| rate.is_some_and(|rate| rate > BitRate::from_mbps(most));
    if beyond(result.download) || beyond(result.upload) { Err(RejectionReason::BeyondTechnology) } else { Ok(()) }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
