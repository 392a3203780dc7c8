//! Need of each municipality, ranks with their uncertainty, and a reason for each (METHODS 5).

mod draws;
mod reason;
mod score;
mod write;

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use domain::{AreaKey, Hex, Layer, RegionId, ReleaseId, SourceClass, Window};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    draws::{Spread, needs, spreads},
    score::{Facts, components, contributions, facts, need},
};
use crate::{
    reach::ReachShares,
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
    /// How much of it each layer of the track measured; empty where a release does not say.
    pub reach: BTreeMap<Layer, ReachShares>,
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
    /// How much of the municipality each layer measured, so that a rank does not pass for knowledge of all of it.
    /// Empty in lists from releases that do not say.
    #[serde(default)]
    pub reach: BTreeMap<String, ReachShares>,
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

/// Published ground below the floor.
#[derive(Clone, Debug, Default)]
pub struct GroundBelow(HashSet<Hex>);

impl FromIterator<Hex> for GroundBelow {
    /// From the hexagons of pieces that are dead.
    fn from_iter<I: IntoIterator<Item = Hex>>(hexes: I) -> Self {
        Self(hexes.into_iter().collect())
    }
}

impl GroundBelow {
    /// How many of these hexagons lie in it.
    pub fn count(&self, sites: &[Hex]) -> u32 {
        let is_below = |site: &&Hex| {
            let coarser = |hex: &Hex| hex.resolution().pred().and_then(|coarser| hex.parent(coarser));
            std::iter::successors(Some(**site), coarser).any(|hex| self.0.contains(&hex))
        };
        sites.iter().filter(is_below).count() as u32
    }
}

/// Ranks all municipalities.
pub fn rank(input: RankInput<'_>) -> Ranking {
    let RankInput { track, header, areas, mut units, profile, seed } = input;
    let mut measured = Vec::new();
    let mut unmeasured = Vec::new();
    for area in areas {
        match facts(track, &area, &units.remove(&area.key).unwrap_or_default()) {
            Some((facts, unit)) => {
                let shares: Vec<f64> = facts.shares.iter().map(|(_, posterior)| posterior.mean()).collect();
                let values = components(track, profile, &facts, &shares, facts.median.map(|(median, _)| median));
                measured.push(Scored { need: need(track, profile, &values), values, area, facts, unit });
            }
            None => unmeasured.push(area),
        }
    }
    measured.sort_by(|a, b| b.need.total_cmp(&a.need).then(a.area.key.cmp(&b.area.key)));
    unmeasured.sort_by_key(|area| area.key);
    let needs: Vec<Vec<f64>> =
        measured.par_iter().map(|scored| needs(track, profile, scored.area.key, &scored.facts, seed)).collect();
    let missing = track.components().iter().enumerate();
    let missing = missing.filter(|&(at, _)| measured.iter().all(|scored| scored.values[at].is_none()));
    let missing_components = missing.map(|(_, name)| (*name).to_owned()).collect();
    let mut rows: Vec<RankRow> = measured
        .into_iter()
        .zip(spreads(&needs))
        .map(|(scored, spread)| ranked_row(track, profile, scored, &spread))
        .collect();
    rows.extend(unmeasured.into_iter().map(|area| unranked_row(track, area)));
    Ranking {
        schema: Ranking::SCHEMA.to_owned(),
        header,
        track,
        profile: profile.id.clone(),
        profile_adopted: profile.adopted,
        weights: profile.weights.clone(),
        missing_components,
        note: reason::NOTE.to_owned(),
        rows,
    }
}

struct Scored {
    area: AreaFacts,
    facts: Facts,
    unit: UnitSummary,
    values: [Option<f64>; 5],
    need: f64,
}

fn ranked_row(track: Track, profile: &ScoreProfile, scored: Scored, spread: &Spread) -> RankRow {
    let Scored { area, facts, unit, values, need } = scored;
    let contributions = contributions(track, profile, &values);
    let reason = reason::sentence(track, &area, &facts, &unit, &contributions, &profile.networks);
    RankRow {
        rank: Some(spread.rank),
        rank_low: Some(spread.rank_low),
        rank_high: Some(spread.rank_high),
        tie: spread.tie,
        key: area.key,
        name: area.name,
        district: area.district,
        need: Some(rounded(need)),
        need_low: Some(rounded(spread.need_low)),
        need_high: Some(rounded(spread.need_high)),
        components: named(track, values.map(|value| value.map(rounded))),
        share: unit.share,
        devices: unit.devices,
        attempts: unit.attempts,
        grade: unit.grade,
        inhabitants: area.inhabitants,
        state: unit.state,
        reach: by_name(area.reach),
        reason,
    }
}

fn unranked_row(track: Track, area: AreaFacts) -> RankRow {
    RankRow {
        rank: None,
        rank_low: None,
        rank_high: None,
        tie: false,
        key: area.key,
        name: area.name,
        district: area.district,
        need: None,
        need_low: None,
        need_high: None,
        components: named(track, [None; 5]),
        share: None,
        devices: 0,
        attempts: 0,
        grade: Grade::U,
        inhabitants: area.inhabitants,
        state: State::NotMeasured,
        reach: by_name(area.reach),
        reason: reason::UNMEASURED.to_owned(),
    }
}

fn by_name(reach: BTreeMap<Layer, ReachShares>) -> BTreeMap<String, ReachShares> {
    reach.into_iter().map(|(layer, shares)| (layer.to_string(), shares)).collect()
}

fn named(track: Track, values: [Option<f64>; 5]) -> BTreeMap<String, Option<f64>> {
    track.components().iter().map(|name| (*name).to_owned()).zip(values).collect()
}

/// Six decimals: more would only show the last bit of the arithmetic.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
