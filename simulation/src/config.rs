//! What a simulated campaign is made from.

use domain::{AreaKey, CampaignId, Cover};
use jiff::Timestamp;

/// The ground to simulate on: municipalities with their people, and which hexagon belongs to which.
#[derive(Clone, Debug, Default)]
pub struct SimRegion {
    /// Municipalities; areas of other levels are passed over.
    pub areas: Vec<SimArea>,
    /// Hexagons of the municipalities.
    pub cover: Cover,
}

/// One municipality.
#[derive(Clone, Debug)]
pub struct SimArea {
    /// Official key.
    pub key: AreaKey,
    /// Name as people say it.
    pub name: String,
    /// People living there.
    pub inhabitants: i64,
    /// Land and water, km².
    pub area_km2: f64,
    /// What can be bought there, if known; else a guess from the density of inhabitants.
    pub supply: Option<SimSupply>,
}

/// Shares of households, 0 to 1, for which a downstream rate is on offer by any technology.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimSupply {
    /// At least 50 Mbit/s.
    pub at_least_50: f64,
    /// At least 100 Mbit/s.
    pub at_least_100: f64,
    /// At least 1,000 Mbit/s.
    pub at_least_1000: f64,
}

/// How large a campaign, when, and which of all possible ones.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// The same seed on the same region gives the same campaign, byte for byte.
    pub seed: u64,
    /// The campaign that the batches name.
    pub campaign: CampaignId,
    /// Midnight at the beginning of the first day, local time; hours of the day are counted from here.
    pub start: Timestamp,
    /// Whole days. Nothing is measured after them.
    pub days: u16,
    /// Contributing devices: one batch each.
    pub devices: u32,
    /// Coverage points to reach; 0 to 10 % more are made.
    pub target_points: u32,
}

impl SimConfig {
    /// A Mobilfunkmesswoche: 36,000 devices as in NRW in 2023, a million points of its 13 million, eight days.
    pub const fn week(seed: u64, campaign: CampaignId, start: Timestamp) -> Self {
        Self { seed, campaign, start, days: 8, devices: 36_000, target_points: 1_000_000 }
    }
}

/// Why no campaign can be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// No municipality has both inhabitants and hexagons.
    #[error(
        "the region has no municipality with inhabitants and hexagons: build it again with `whitespot region build`"
    )]
    EmptyRegion,
    /// Nothing to do.
    #[error("a campaign needs at least one day and one device: raise `days` or `devices`")]
    NoCampaign,
    /// The dates cannot be written.
    #[error("the campaign begins or ends outside of the years 1970 to 2400: choose another start")]
    BadDates,
}
