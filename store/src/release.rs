//! Releases: what is published. Written once, in one transaction; triggers refuse every later change.

mod insert;
mod read;
mod tile;

use domain::{Access, AreaKey, Hex, Layer, RegionId, ReleaseId, SourceClass, Window};
pub use insert::{Grounds, add_layer, add_private, begin_release, insert_release};
use jiff::Timestamp;
pub use read::{
    all_pieces, area_rows, latest_release, piece_at, pieces, private_part, reach_rows, release, release_layers,
    releases,
};
use serde_json::Value;
pub use tile::tile;

/// A release about to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRelease {
    /// Hash of its evidence, rules and code.
    pub id: ReleaseId,
    /// Of which region.
    pub region: RegionId,
    /// Of which time.
    pub window: Window,
    /// Of which evidence.
    pub source: SourceClass,
    /// Whether it must be shown as simulated.
    pub simulated: bool,
    /// What it was made from and how.
    pub manifest: Value,
    /// Each layer once.
    pub layers: Vec<ReleaseLayer>,
    /// What the next release must know of this one, by network. Never published.
    pub private: Vec<(Access, Vec<u8>)>,
}

/// One layer of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseLayer {
    /// What it is about.
    pub layer: Layer,
    /// The partition of the ground.
    pub pieces: Vec<PieceRow>,
    /// The same evidence by area.
    pub areas: Vec<AreaRow>,
    /// How much of each area was measured.
    pub reach: Vec<ReachRow>,
}

/// How much of an area a layer measured.
#[derive(Clone, Debug, PartialEq)]
pub struct ReachRow {
    /// Which area.
    pub key: AreaKey,
    /// `analytics::Reach`.
    pub reach: Value,
}

/// A piece of the ground that is published as one.
#[derive(Clone, Debug, PartialEq)]
pub struct PieceRow {
    /// Its number within the layer.
    pub number: i32,
    /// `hex` or `remainder`.
    pub kind: String,
    /// H3 resolution of the unit it was cut from.
    pub resolution: i16,
    /// Compacted; no two pieces of a layer share ground.
    pub hexes: Vec<Hex>,
    /// `covered`, `dead` or `not_measured`.
    pub state: String,
    /// Distinct devices.
    pub devices: i32,
    /// Points or tests, failed ones included.
    pub attempts: i64,
    /// `analytics::UnitSummary`.
    pub summary: Value,
}

/// What a release says of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRow {
    /// Which.
    pub key: AreaKey,
    /// `covered`, `dead` or `not_measured`.
    pub state: String,
    /// Distinct devices.
    pub devices: i32,
    /// Points or tests, failed ones included.
    pub attempts: i64,
    /// `analytics::UnitSummary`.
    pub summary: Value,
}

/// A published release.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseRow {
    /// Hash of its evidence, rules and code.
    pub id: ReleaseId,
    /// Of which region.
    pub region: RegionId,
    /// Of which time.
    pub window: Window,
    /// Of which evidence.
    pub source: SourceClass,
    /// Whether it must be shown as simulated.
    pub simulated: bool,
    /// When it was published, by the database's clock.
    pub created_at: Timestamp,
    /// What it was made from and how.
    pub manifest: Value,
}

/// A layer in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseLayerRow {
    /// What it is about.
    pub layer: Layer,
    /// Number of pieces.
    pub pieces: i64,
    /// Number of areas.
    pub areas: i64,
}
