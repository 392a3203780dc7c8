//! Need of each municipality, ranks with their uncertainty, and a reason for each (METHODS 5).

use std::{collections::BTreeMap, fmt};

use domain::{AreaKey, Hex, Layer, RegionId, ReleaseId, SourceClass, Window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    rules::ScoreProfile,
    summary::{Grade, Share, State, UnitSummary},
};

/// Fixed lines and mobile networks are never in one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// Lines.
    Fixed,
    /// Phones.
    Mobile,
}

impl Track {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Mobile => "mobile",
        }
    }

    /// The five components, in the order of v1 to v5.
    pub const fn components(self) -> &'static [&'static str; 5] {
        match self {
            Self::Fixed => &["severity", "gap", "latency", "rural", "public_interest"],
            Self::Mobile => &["worst_operator", "grey", "transport", "rural", "emergency"],
        }
    }

    /// The anchors its profile must have.
    pub(crate) const fn anchors(self) -> &'static [&'static str] {
        match self {
            Self::Fixed => {
                &["gap_none_mbps", "gap_full_mbps", "latency_none_ms", "latency_full_ms", "rural_none", "rural_full"]
            }
            Self::Mobile => &["rural_none", "rural_full"],
        }
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Track {
    type Err = domain::Invalid;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "fixed" => Ok(Self::Fixed),
            "mobile" => Ok(Self::Mobile),
            _ => Err(domain::Invalid::new("track", s, "must be fixed or mobile")),
        }
    }
}

/// What is officially known about a municipality.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaFacts {
    /// AGS.
    pub key: AreaKey,
    /// Name.
    pub name: String,
    /// Name of its district.
    pub district: String,
    /// Inhabitants, if known.
    pub inhabitants: Option<i64>,
    /// Area of its hexagons.
    pub area_km2: f64,
    /// Hexagons with public-interest sites (schools).
    pub site_hexes_total: u32,
    /// Of these, in published ground below the floor.
    pub site_hexes_below: u32,
}

/// Everything a ranking is made from.
#[derive(Debug)]
pub struct RankInput<'a> {
    /// Which list.
    pub track: Track,
    /// What the document says about itself.
    pub header: RankHeader,
    /// All municipalities of the region.
    pub areas: Vec<AreaFacts>,
    /// Published totals. Fixed: the layer `fixed`. Mobile: the broadband layer of each operator; others are ignored.
    pub units: BTreeMap<AreaKey, Vec<(Layer, UnitSummary)>>,
    /// Weights and anchors.
    pub profile: &'a ScoreProfile,
    /// Seed of the draws: the same input gives the same document.
    pub seed: u64,
}

/// Where a ranking comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankHeader {
    /// Region.
    pub region: RegionId,
    /// The release it was made from.
    pub release: ReleaseId,
    /// Its window.
    pub window: Window,
    /// Its source class.
    pub source: SourceClass,
    /// Whether the evidence was made by a program.
    pub simulated: bool,
    /// [`crate::RuleBook::hash`].
    pub ruleset_hash: String,
    /// Data sources in words.
    pub generated_from: Vec<String>,
}

/// A ranked list as published: `schemas/rank.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ranking {
    /// Always [`Ranking::SCHEMA`].
    pub schema: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub header: RankHeader,
    /// Which list.
    pub track: Track,
    /// Id of the score profile.
    pub profile: String,
    /// Whether an authority adopted the weights.
    pub profile_adopted: bool,
    /// Weight of each component.
    pub weights: BTreeMap<String, f64>,
    /// Components without a source: they contribute nothing anywhere in this list.
    pub missing_components: Vec<String>,
    /// What every reader must know, German.
    pub note: String,
    /// Ranked municipalities first, by need; then the unmeasured, by key.
    pub rows: Vec<RankRow>,
}

impl Ranking {
    /// Name and version of the document's form.
    pub const SCHEMA: &'static str = "whitespot-rank-1";
}

/// One municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankRow {
    /// 1 = greatest need. Municipalities that cannot be told apart share a rank. Null if not measured.
    pub rank: Option<u32>,
    /// 5 % quantile of its rank over the draws.
    pub rank_low: Option<u32>,
    /// 95 % quantile.
    pub rank_high: Option<u32>,
    /// Whether it shares its rank.
    pub tie: bool,
    /// AGS, text.
    pub key: AreaKey,
    /// Name.
    pub name: String,
    /// District.
    pub district: String,
    /// Need, 0 to 1.
    pub need: Option<f64>,
    /// 5 % quantile over the draws.
    pub need_low: Option<f64>,
    /// 95 % quantile.
    pub need_high: Option<f64>,
    /// Value of each component between 0 and 1; null without a source.
    pub components: BTreeMap<String, Option<f64>>,
    /// Share of devices below the floor (fixed), or without broadband at the worst operator (mobile).
    pub share: Option<Share>,
    /// Distinct devices behind `share`.
    pub devices: u32,
    /// Attempts behind `share`.
    pub attempts: u64,
    /// Evidence grade of `share`.
    pub grade: Grade,
    /// Inhabitants.
    pub inhabitants: Option<i64>,
    /// Covered, dead (more than half below) or not measured.
    pub state: State,
    /// One German sentence: why it stands here.
    pub reason: String,
}

/// Outline of a municipality as rings of (longitude, latitude), for GeoJSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// AGS.
    pub key: AreaKey,
    /// Polygons, each with its outer ring first; rings closed or open.
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
}

/// The share of an area's site hexagons that lie in published ground below the floor.
pub fn site_hexes_below(pieces: &[crate::Piece], sites: &[Hex]) -> u32 {
    let _ = (pieces, sites);
    0
}

/// Ranks all municipalities.
pub fn rank(input: RankInput<'_>) -> Ranking {
    let rows = Vec::new();
    Ranking {
        schema: Ranking::SCHEMA.to_owned(),
        header: input.header,
        track: input.track,
        profile: input.profile.id.clone(),
        profile_adopted: input.profile.adopted,
        weights: input.profile.weights.clone(),
        missing_components: Vec::new(),
        note: String::new(),
        rows,
    }
}

impl Ranking {
    /// Pretty JSON with a newline at the end.
    pub fn to_json(&self) -> String {
        String::new()
    }

    /// RFC 4180 with header; UTF-8, comma, dot decimals, AGS quoted so that it stays text.
    pub fn to_csv(&self) -> String {
        String::new()
    }

    /// For a terminal of 120 columns. `limit`: rows to show; all if `None`.
    pub fn to_table(&self, limit: Option<usize>) -> String {
        let _ = limit;
        String::new()
    }

    /// RFC 7946, one feature for each row; geometry null where no outline is given.
    pub fn to_geojson(&self, outlines: &[Outline]) -> String {
        let _ = outlines;
        String::new()
    }

    /// The JSON schema of the document.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).into()
    }
}
