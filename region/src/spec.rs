//! What to build, from which files, and whom to credit.

use std::path::PathBuf;

use domain::{AreaKey, RegionId};
use serde::{Deserialize, Serialize};

/// Everything one build needs. Paths are the reader's own; only file names reach the tables.
#[derive(Clone, Debug)]
pub struct BuildSpec {
    /// Id of the region and name of its folder.
    pub id: RegionId,
    /// Title shown to people.
    pub title: String,
    /// Keys of the states whose municipalities belong to the region.
    pub states: Vec<AreaKey>,
    /// Municipality boundaries: a `.shp`, a folder with one `*_GEM.shp`, or a `.gpkg`.
    pub boundaries: Source,
    /// Layer of a GeoPackage; not needed where it has only one with the right columns.
    pub layer: Option<String>,
    /// District boundaries, read for the names only. Left out: `*_KRS.shp` in the folder of the boundaries.
    pub districts: Option<Source>,
    /// Inhabitants per municipality.
    pub population: Option<Source>,
    /// Percent of households with a bit rate on offer, per municipality.
    pub supply: Option<Source>,
    /// Places of public interest with coordinates, for example schools.
    pub sites: Option<Source>,
    /// The command that rebuilds the tables, without paths of this machine.
    pub command: String,
}

/// One input with what its licence asks for.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is, for people.
    pub title: String,
    /// Day or year the content describes, as the office gives it.
    pub reference_date: String,
    /// Licences with credit lines; sites have one for the list and another for the coordinates.
    pub credits: Vec<Credit>,
}

/// A licence and the credit line it asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// Short name of the licence, for example `dl-de/by-2-0`.
    pub licence: String,
    /// The line to show.
    pub credit: String,
}

/// Step of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading boundary files.
    Boundaries,
    /// Assigning hexagons to municipalities.
    Cover,
    /// Reading inhabitants, supply and sites.
    Inputs,
}

impl Stage {
    /// What to show beside a progress bar.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Boundaries => "reading boundaries",
            Self::Cover => "covering municipalities with hexagons",
            Self::Inputs => "joining inhabitants, supply and sites",
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which step.
    pub stage: Stage,
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
}
