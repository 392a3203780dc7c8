//! What an app hands in, with positions; what comes out are the domain's records, with hexagons.

use domain::{
    BitRate, ByteCount, DeadSpotReport, Hex, Invalid, ItemId, Operator, Record, SignalDb, SignalDbm, SpeedTest,
    Technology,
    record::{Comment, Failing, Network, Protocol, TestOutcome},
    wire::v1,
};
use jiff::{Timestamp, civil::Date};

use crate::{HomeZone, Place, Position, RecordError};

/// A finished test. One that the user cancelled is not handed in.
#[derive(Clone, Debug)]
pub struct SpeedTestInput {
    /// Start.
    pub at: Timestamp,
    /// Where.
    pub place: Place,
    /// What was measured.
    pub network: Network,
    /// Numbers, or what broke it.
    pub outcome: TestOutcome,
    /// Method.
    pub protocol: Protocol,
    /// Data moved both ways.
    pub bytes: ByteCount,
    /// Advertised download, if the contributor said it.
    pub plan_download: Option<BitRate>,
}

impl SpeedTestInput {
    pub(crate) fn reduce(self, home: Option<&HomeZone>) -> Result<Record, RecordError> {
        let finest = match self.network {
            Network::Fixed { .. } => Hex::FIXED,
            Network::Mobile { .. } => Hex::MOBILE,
        };
        Ok(Record::SpeedTest(SpeedTest {
            id: ItemId::random(),
            at: to_minute(self.at)?,
            hex: self.place.reduce(finest, home).ok_or(RecordError::PositionTooCoarse)?,
            network: self.network,
            outcome: self.outcome,
            protocol: self.protocol,
            bytes: self.bytes,
            plan_download: self.plan_download,
        }))
    }
}

/// A statement that something does not work.
#[derive(Clone, Debug)]
pub struct DeadSpotInput {
    /// When it was noticed.
    pub at: Timestamp,
    /// Where.
    pub place: Place,
    /// What fails.
    pub failing: Failing,
    /// Whose network, if known.
    pub operator: Option<Operator>,
    /// For how long already.
    pub since: Option<Date>,
    /// In the contributor's words.
    pub comment: Option<Comment>,
}

impl DeadSpotInput {
    pub(crate) fn reduce(self, home: Option<&HomeZone>) -> Result<Record, RecordError> {
        Ok(Record::DeadSpotReport(DeadSpotReport {
            id: ItemId::random(),
            at: to_minute(self.at)?,
            hex: self.place.reduce(Hex::MOBILE, home).ok_or(RecordError::PositionTooCoarse)?,
            failing: self.failing,
            operator: self.operator,
            since: self.since,
            comment: self.comment,
        }))
    }
}

/// One look at the network on a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackPoint {
    /// When; kept to the hour.
    pub at: Timestamp,
    /// Where; kept as a hexagon.
    pub position: Position,
    /// Serving network; the SIM's home network when nothing serves.
    pub operator: Operator,
    /// Serving technology, `None` for no service.
    pub technology: Option<Technology>,
    /// RSRP, RSCP or RSSI.
    pub signal: Option<SignalDbm>,
    /// RSRQ.
    pub quality: Option<SignalDb>,
    /// SINR.
    pub sinr: Option<SignalDb>,
}

/// The wire form, opened once as the server will open it: what it would refuse is refused here and now.
pub(crate) fn checked_item(record: &Record) -> Result<v1::Item, RecordError> {
    let item = v1::Item::from(record);
    match Record::try_from(&item) {
        Ok(_) => Ok(item),
        Err(refusal) => Err(RecordError::Refused(refusal.detail)),
    }
}

fn to_minute(at: Timestamp) -> Result<Timestamp, Invalid> {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60)
        .map_err(|_| Invalid::new("time", at, "must lie between the years -9999 and 9999"))
}
