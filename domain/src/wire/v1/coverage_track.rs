use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::item::{hex, item_id};
use super::refusal::{Refusal, optional};
use super::serving::Serving;
use crate::{Hex, HourStamp, ItemId, Operator, RejectionReason, SignalDb, SignalDbm, Technology, record};

/// A walk or drive in columns: entry `i` of every column belongs to point `i`, in the order seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageTrack {
    /// UUID version 4, made on the device.
    #[schemars(with = "ItemId")]
    pub id: Uuid,
    /// A receiver that can see only one technology. It counts in drive tests only; phones leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_to: Option<Technology>,
    /// H3 indexes, resolution 8 to 10. At most 5,000.
    #[schemars(with = "Vec<Hex>", length(min = 1, max = 5000))]
    pub hex: Vec<String>,
    /// Full hours since 1970 (UTC).
    #[schemars(length(min = 1, max = 5000), inner(range(min = 0, max = 4_000_000)))]
    pub hour: Vec<i32>,
    /// MCC and MNC run together: the serving network, or the SIM's when nothing serves. At most 16 different ones.
    #[schemars(with = "Vec<Operator>", length(min = 1, max = 5000))]
    pub operator: Vec<String>,
    /// Serving technology, `null` for no service.
    #[schemars(with = "Vec<Option<Technology>>", length(min = 1, max = 5000))]
    pub technology: Vec<Option<Serving>>,
    /// RSRP (4G, 5G), RSCP (3G) or RSSI (2G) in dBm. Empty, or one entry a point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signal_dbm: Vec<Option<i16>>,
    /// RSRQ in dB. Empty, or one entry a point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rsrq_db: Vec<Option<i16>>,
    /// SINR in dB. Empty, or one entry a point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sinr_db: Vec<Option<i16>>,
}

impl CoverageTrack {
    /// The track without the points whose technology came after this version, and how many those are.
    pub(super) fn to_domain(&self) -> Result<(record::CoverageTrack, usize), Refusal> {
        let id = item_id(self.id)?;
        let n = self.hex.len();
        if n == 0 {
            return Err(Refusal::with_detail(RejectionReason::EmptyTrack, "a track has at least one point"));
        }
        if n > record::CoverageTrack::MAX_POINTS {
            return Err(Refusal::with_detail(RejectionReason::TooMany, "a track holds at most 5000 points: split it"));
        }
        let required = [self.hour.len(), self.operator.len(), self.technology.len()];
        let optional_columns = [self.signal_dbm.len(), self.rsrq_db.len(), self.sinr_db.len()];
        if required.iter().any(|&len| len != n) || optional_columns.iter().any(|&len| len != n && len != 0) {
            return Err(Refusal::malformed("all columns of a track have the same length"));
        }
        let read = (0..n).filter_map(|i| self.point(i).map_err(|refusal| refusal.at_point(i)).transpose());
        let points: Vec<record::CoveragePoint> = read.collect::<Result<_, _>>()?;
        if points.is_empty() {
            let reason = RejectionReason::UnknownTechnology;
            return Err(Refusal::with_detail(reason, "no point of the track has a technology that is known here"));
        }
        let mut networks: Vec<Operator> = points.iter().map(|point| point.operator).collect();
        networks.sort_unstable();
        networks.dedup();
        if networks.len() > record::CoverageTrack::MAX_NETWORKS {
            return Err(Refusal::with_detail(RejectionReason::TooMany, "a track names at most 16 networks: split it"));
        }
        let unknown = n - points.len();
        Ok((record::CoverageTrack { id, locked_to: self.locked_to, points }, unknown))
    }

    /// `None`: its technology came after this version.
    fn point(&self, i: usize) -> Result<Option<record::CoveragePoint>, Refusal> {
        let odd = RejectionReason::ImplausibleValue;
        let at = |column: &[Option<i16>]| column.get(i).copied().flatten();
        let technology = match self.technology[i] {
            None => None,
            Some(Serving::Known(technology)) => Some(technology),
            Some(Serving::Unknown) => return Ok(None),
        };
        Ok(Some(record::CoveragePoint {
            hex: hex(&self.hex[i], Hex::MOBILE)?,
            hour: HourStamp::from_hours(self.hour[i]).map_err(|e| Refusal::new(wrong_hour(self.hour[i]), &e))?,
            operator: self.operator[i]
                .parse::<Operator>()
                .map_err(|e| Refusal::new(RejectionReason::UnknownOperator, &e))?,
            technology,
            signal: optional(at(&self.signal_dbm), SignalDbm::from_dbm, odd)?,
            quality: optional(at(&self.rsrq_db), SignalDb::from_db, odd)?,
            sinr: optional(at(&self.sinr_db), SignalDb::from_db, odd)?,
        }))
    }
}

impl From<&record::CoverageTrack> for CoverageTrack {
    fn from(track: &record::CoverageTrack) -> Self {
        let column = |value: fn(&record::CoveragePoint) -> Option<i16>| -> Vec<Option<i16>> {
            let values: Vec<_> = track.points.iter().map(value).collect();
            if values.iter().all(Option::is_none) { Vec::new() } else { values }
        };
        Self {
            id: track.id.as_uuid(),
            locked_to: track.locked_to,
            hex: track.points.iter().map(|p| p.hex.to_string()).collect(),
            hour: track.points.iter().map(|p| p.hour.as_hours()).collect(),
            operator: track.points.iter().map(|p| p.operator.to_string()).collect(),
            technology: track.points.iter().map(|p| p.technology.map(Serving::Known)).collect(),
            signal_dbm: column(|p| p.signal.map(SignalDbm::as_dbm)),
            rsrq_db: column(|p| p.quality.map(SignalDb::as_db)),
            sinr_db: column(|p| p.sinr.map(SignalDb::as_db)),
        }
    }
}

/// An hour that cannot be one lies before 1970 or, most often seconds by mistake, far ahead.
const fn wrong_hour(hour: i32) -> RejectionReason {
    if hour < 0 { RejectionReason::TooOld } else { RejectionReason::InFuture }
}
