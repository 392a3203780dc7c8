use crate::{Hex, HourStamp, ItemId, Operator, SignalDb, SignalDbm, Technology};

/// One look at the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveragePoint {
    /// Where: resolution 10 or coarser, 8 near the ends of a track.
    pub hex: Hex,
    /// When, to the hour.
    pub hour: HourStamp,
    /// Serving network; the SIM's home network when nothing serves.
    pub operator: Operator,
    /// Serving technology, `None` for no service.
    pub technology: Option<Technology>,
    /// RSRP (4G, 5G), RSCP (3G) or RSSI (2G).
    pub signal: Option<SignalDbm>,
    /// RSRQ.
    pub quality: Option<SignalDb>,
    /// SINR.
    pub sinr: Option<SignalDb>,
}

/// A walk or drive: points in the order they were seen.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverageTrack {
    /// Idempotency key.
    pub id: ItemId,
    /// A receiver that can see only one technology (survey recorders); phones leave it empty.
    pub locked_to: Option<Technology>,
    /// At least one, at most [`Self::MAX_POINTS`].
    pub points: Vec<CoveragePoint>,
}

impl CoverageTrack {
    /// Points one track may hold.
    pub const MAX_POINTS: usize = 5_000;
    /// Networks that one track may name: more than a phone meets where three countries touch.
    pub const MAX_NETWORKS: usize = 16;
}
