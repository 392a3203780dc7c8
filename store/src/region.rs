//! Regions: administrative areas as sets of hexagons.

mod outlines;
mod read;
mod save;

use domain::{AreaKey, AreaLevel, Hex, RegionId};
pub use read::{area_boxes, area_outlines_geojson, area_tile, areas, load_cover, regions};
pub use save::save_region;
use serde::{Deserialize, Serialize};

/// A region as `region` derives it from official files.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionData {
    /// Its id.
    pub id: RegionId,
    /// For people.
    pub title: String,
    /// Files, their dates, credits and licences.
    pub provenance: serde_json::Value,
    /// States, districts and municipalities.
    pub areas: Vec<AreaData>,
}

/// A region in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionRow {
    /// Its id.
    pub id: RegionId,
    /// For people.
    pub title: String,
    /// Files, their dates, credits and licences.
    pub provenance: serde_json::Value,
}

/// An administrative area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaData {
    /// Official key, with its leading zeros.
    pub key: AreaKey,
    /// State, district or municipality.
    pub level: AreaLevel,
    /// Official name.
    pub name: String,
    /// The area around it.
    pub parent: Option<AreaKey>,
    /// People who live there.
    pub inhabitants: Option<i64>,
    /// Declared availability (Breitbandatlas), as `region` gives it.
    pub supply: serde_json::Value,
    /// Public sites.
    pub sites: Vec<SiteRef>,
    /// Its ground, compacted, resolution 9 or coarser. Needed for municipalities; a district or state
    /// without hexagons is drawn from its municipalities. Empty when read by [`areas`].
    pub hexes: Vec<Hex>,
}

/// A public site, for example a school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRef {
    /// What it is.
    pub kind: String,
    /// Where.
    pub hex: Hex,
}
