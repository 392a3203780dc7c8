//! The three record kinds as validated values: positions are hexagons, times are plausible, units are typed.

mod coverage_track;
mod dead_spot;
mod hour_stamp;
mod speed_test;

pub use coverage_track::{CoveragePoint, CoverageTrack};
pub use dead_spot::{Comment, DeadSpotReport, Failing};
pub use hour_stamp::HourStamp;
pub use speed_test::{
    AccessTechnology, FailureCause, FixedMedium, Network, Protocol, SpeedResult, SpeedTest, TestOutcome,
};

use crate::{Hex, ItemId};

/// One item of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A run against a measurement server.
    SpeedTest(SpeedTest),
    /// A walk or drive with the phone watching the network.
    CoverageTrack(CoverageTrack),
    /// What somebody says does not work.
    DeadSpotReport(DeadSpotReport),
}

impl Record {
    /// Idempotency key.
    pub const fn id(&self) -> ItemId {
        match self {
            Self::SpeedTest(test) => test.id,
            Self::CoverageTrack(track) => track.id,
            Self::DeadSpotReport(report) => report.id,
        }
    }

    /// The stable code of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SpeedTest(_) => "speed_test",
            Self::CoverageTrack(_) => "coverage_track",
            Self::DeadSpotReport(_) => "dead_spot_report",
        }
    }

    /// All hexagons it touches, with repetitions.
    pub fn hexes(&self) -> Box<dyn Iterator<Item = Hex> + '_> {
        match self {
            Self::SpeedTest(test) => Box::new(std::iter::once(test.hex)),
            Self::CoverageTrack(track) => Box::new(track.points.iter().map(|point| point.hex)),
            Self::DeadSpotReport(report) => Box::new(std::iter::once(report.hex)),
        }
    }

    /// When its evidence is from, to the hour.
    pub fn hours(&self) -> Box<dyn Iterator<Item = HourStamp> + '_> {
        match self {
            Self::SpeedTest(test) => Box::new(std::iter::once(HourStamp::containing(test.at))),
            Self::CoverageTrack(track) => Box::new(track.points.iter().map(|point| point.hour)),
            Self::DeadSpotReport(report) => Box::new(std::iter::once(HourStamp::containing(report.at))),
        }
    }
}
