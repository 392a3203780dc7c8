//! The derived tables of a region: in memory, and as one small folder.
//!
//! | file | holds |
//! |---|---|
//! | `areas.csv` | key, level, name, parent, inhabitants, area_km2 |
//! | `supply.csv` | percent of households per municipality, technology and bit rate |
//! | `sites.csv` | kind, hex9, count: hexagons only |
//! | `cover.bin.zst` | the hexagons of each municipality ([`cover_file`]) |
//! | `provenance.toml` | sources, licences, credits, checksums, the command that rebuilds |
//! | `LICENCES.md` | the licence of each table, for people |

pub mod cover_file;
mod folder;
mod licences;
mod ordinal;
pub mod provenance;
mod rows;

use std::collections::BTreeMap;

use domain::{AreaKey, AreaLevel, Cover, Hex, RegionId};

pub(crate) use ordinal::compact;
pub use provenance::Provenance;

/// An administrative area with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// Official key.
    pub key: AreaKey,
    /// Official name.
    pub name: String,
    /// Inhabitants; `None` where the population file has no figure (of a part).
    pub inhabitants: Option<u64>,
    /// km², from the boundaries as given, rounded to 0.01.
    pub area_km2: f64,
    /// Percent of households by column name, for example `wired_30_mbps_percent`. Municipalities only.
    pub supply: BTreeMap<String, f64>,
    /// Sites by hexagon. Municipalities only.
    pub sites: Vec<Site>,
}

impl Area {
    /// Level, from the key.
    pub const fn level(&self) -> AreaLevel {
        self.key.level()
    }

    /// District of a municipality, state of a district.
    pub fn parent(&self) -> Option<AreaKey> {
        match self.level() {
            AreaLevel::State => None,
            AreaLevel::District => Some(self.key.state()),
            AreaLevel::Municipality => self.key.district(),
        }
    }
}

/// Places of one kind in one hexagon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// For example `school`.
    pub kind: String,
    /// Resolution 9.
    pub hex: Hex,
    /// How many.
    pub count: u32,
}

/// A built region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionTables {
    pub(crate) areas: BTreeMap<AreaKey, Area>,
    pub(crate) hexes: BTreeMap<AreaKey, Vec<Hex>>,
    pub(crate) provenance: Provenance,
}

impl RegionTables {
    /// Id of the region.
    pub const fn id(&self) -> &RegionId {
        &self.provenance.id
    }

    /// Title shown to people.
    pub fn title(&self) -> &str {
        &self.provenance.title
    }

    /// All areas of all levels, by key: a state stands before its districts, a district before its municipalities.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }

    /// One area.
    pub fn area(&self, key: AreaKey) -> Option<&Area> {
        self.areas.get(&key)
    }

    /// Compacted hexagons of a municipality, ascending; empty for an unknown key and for districts and states.
    pub fn hexes(&self, municipality: AreaKey) -> &[Hex] {
        self.hexes.get(&municipality).map_or(&[], Vec::as_slice)
    }

    /// Which hexagon belongs to which municipality.
    pub fn cover(&self) -> Cover {
        Cover::new(self.hexes.iter().flat_map(|(&key, hexes)| hexes.iter().map(move |&hex| (hex, key))))
    }

    /// Sources, licences and the command that rebuilds.
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Credit lines to show on every page that uses the region, each once.
    pub fn credits(&self) -> Vec<String> {
        self.provenance.credits()
    }
}
