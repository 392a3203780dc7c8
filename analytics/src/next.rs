//! Where to measure next: the hexagons whose measurement is expected to move the ranking most (METHODS 3.6), from
//! one release and official tables alone.

mod choose;
mod places;
mod reason;
mod value;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use domain::{AreaKey, Cover, Hex, Layer, Resolution};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    choose::{Candidate, choose},
    places::Places,
    value::{Weighing, judged},
};
pub use self::{
    choose::{SPACING, cap, quota},
    places::{NO_FIGURE, TAKING_PART},
    value::{NEUTRAL, evsi, variance_after},
};
use crate::{
    gate::{Piece, PieceKind},
    holders::hexes_of,
    rank::{RankHeader, Track},
    rules::ScoreProfile,
    summary::{Posterior, Share, State},
};

/// Resolution of what is proposed: about 0.74 km², a walk through a neighbourhood.
pub const PROPOSED: Resolution = Resolution::Eight;

/// A municipality, as far as the list needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct NextArea {
    /// AGS.
    pub key: AreaKey,
    /// Name.
    pub name: String,
    /// Name of its district.
    pub district: String,
    /// Inhabitants, if known.
    pub inhabitants: Option<i64>,
    /// Hexagons with public sites (schools).
    pub sites: Vec<Hex>,
}

/// What a release says in one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct NextLayer {
    /// Which.
    pub layer: Layer,
    /// Its published pieces; those around the proposed area are enough.
    pub pieces: Vec<Piece>,
    /// Posterior of each municipality with a published total.
    pub totals: BTreeMap<AreaKey, Posterior>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextAsk {
    /// Municipality, district or state; the whole region otherwise.
    pub area: Option<AreaKey>,
    /// The list whose ranks are to move.
    pub track: Track,
    /// True: the one layer that is given counts as it is, without the weights of the track.
    pub single_layer: bool,
    /// Hexagons at most.
    pub top: u32,
}

/// Everything the list is made from. Evidence comes in as published, never live (promise 5).
#[derive(Debug)]
pub struct NextInput<'a> {
    /// What the document says about itself.
    pub header: RankHeader,
    /// What is asked for.
    pub ask: NextAsk,
    /// The ground.
    pub cover: &'a Cover,
    /// All municipalities of the region.
    pub municipalities: Vec<NextArea>,
    /// The layers that the track looks at.
    pub layers: Vec<NextLayer>,
    /// Weights of the track.
    pub profile: &'a ScoreProfile,
}

/// The list as published: `schemas/next.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NextList {
    /// Always [`NextList::SCHEMA`].
    pub schema: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub header: RankHeader,
    /// Whose ranks are to move.
    pub track: Track,
    /// The layers that were looked at.
    pub layers: Vec<String>,
    /// AGS that was asked for; null for the whole region.
    pub area: Option<AreaKey>,
    /// How many hexagons were asked for.
    pub top: u32,
    /// H3 resolution of the rows.
    pub resolution: u8,
    /// Devices that a visit is taken to bring: as many as a publication needs.
    pub devices: u32,
    /// Share that decides: above it, ground speaks for more need than is assumed of the unknown.
    pub threshold: f64,
    /// Rows that are kept for hexagons without any data.
    pub no_data_quota: u32,
    /// Rows of one municipality at most.
    pub municipality_cap: u32,
    /// Steps on the grid between any two rows, at least: 2 means that no two touch.
    pub spacing: u32,
    /// What stands in for figures that no table has, German.
    pub proxies: Vec<String>,
    /// What every reader must know, German.
    pub note: String,
    /// By index, greatest first; equal ones by hexagon.
    pub rows: Vec<NextRow>,
}

impl NextList {
    /// Name and version of the document's form.
    pub const SCHEMA: &'static str = "whitespot-next-1";
}

/// One hexagon to measure in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NextRow {
    /// 1, 2, 3 …
    pub place: u32,
    /// Where.
    pub hex: Hex,
    /// Latitude of the hexagon's centre in degrees: public geometry.
    pub centre_lat: f64,
    /// Longitude of the hexagon's centre in degrees.
    pub centre_lng: f64,
    /// AGS of its municipality, text.
    pub key: AreaKey,
    /// Name of its municipality.
    pub name: String,
    /// District.
    pub district: String,
    /// Nothing is published here in any of the layers.
    pub no_data: bool,
    /// `value · inhabitants · pass_probability / travel_cost`: compares rows of one list, and means nothing else.
    pub index: f64,
    /// Expected gain for the order of the list, in units of need: the sum over the layers of weight · evsi.
    pub value: f64,
    /// People in the hexagon: the municipality's, spread evenly. Null without a figure.
    pub inhabitants: Option<f64>,
    /// Proxy: chance that somebody who takes part passes.
    pub pass_probability: f64,
    /// Proxy: 1 and the kilometres from the nearest place where people are known to get.
    pub travel_cost: f64,
    /// What is published here, by layer.
    pub evidence: Vec<NextEvidence>,
    /// One German sentence: why here.
    pub reason: String,
}

/// What is published of a hexagon in one layer, and what more would tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NextEvidence {
    /// Which layer.
    pub layer: String,
    /// State of the measured piece that holds most of the ground.
    pub state: State,
    /// Whether that piece is a hexagon or a remainder; null where nothing is measured.
    pub kind: Option<PieceKind>,
    /// Resolution of that piece. Coarser than the row's: measured somewhere in it, not surely here. Otherwise it lies
    /// inside of the row's hexagon.
    pub resolution: Option<u8>,
    /// Devices of that piece.
    pub devices: u32,
    /// Share of that piece.
    pub share: Option<Share>,
    /// Its posterior; the prior Beta(2, 8) where nothing is measured.
    pub posterior: Posterior,
    /// Variance of the posterior.
    pub variance: f64,
    /// The variance that is expected after the visit.
    pub variance_after: f64,
    /// Expected value of the visit for the decision at the threshold; over several pieces, their mean by ground.
    pub evsi: f64,
    /// How much need moves with the share of this hexagon's visit.
    pub weight: f64,
}

/// Draws up the list.
pub fn next(input: NextInput<'_>) -> NextList {
    let NextInput { header, ask, cover, municipalities, layers, profile } = input;
    let devices = header.source.min_devices();
    let places = Places::new(cover, &municipalities, &layers);
    let areas: BTreeMap<AreaKey, NextArea> = municipalities.into_iter().map(|area| (area.key, area)).collect();
    let inside: BTreeSet<AreaKey> =
        areas.keys().copied().filter(|key| ask.area.is_none_or(|area| key.lies_in(area))).collect();
    let weighing = Weighing::new(ask.track, ask.single_layer, profile, &layers, devices);
    let hexes = hexes_of(cover, PROPOSED, &|key| inside.contains(&key));
    let judged: Vec<(Hex, AreaKey, Vec<NextEvidence>)> =
        hexes.into_par_iter().map(|(hex, key)| (hex, key, judged(&weighing, hex, key))).collect();
    let rows: Vec<NextRow> = judged
        .into_iter()
        .filter_map(|(hex, key, evidence)| Some(row(hex, areas.get(&key)?, &places, evidence)))
        .collect();
    let candidate = |row: &NextRow| Candidate { hex: row.hex, key: row.key, index: row.index, no_data: row.no_data };
    let cap = cap(ask.top, inside.len());
    let chosen = choose(rows.iter().map(candidate).collect(), ask.top, cap);
    let mut by_hex: BTreeMap<Hex, NextRow> = rows.into_iter().map(|row| (row.hex, row)).collect();
    let rows = (1..).zip(chosen).filter_map(|(place, hex)| {
        let mut row = by_hex.remove(&hex)?;
        row.place = place;
        row.reason = reason::sentence(&row, &areas, &weighing);
        Some(row)
    });
    NextList {
        schema: NextList::SCHEMA.to_owned(),
        track: ask.track,
        layers: weighing.names(),
        area: ask.area,
        top: ask.top,
        resolution: PROPOSED.into(),
        devices,
        threshold: NEUTRAL,
        no_data_quota: quota(ask.top),
        municipality_cap: cap,
        spacing: SPACING,
        proxies: reason::proxies(places.knows_inhabitants()),
        note: reason::NOTE.to_owned(),
        rows: rows.collect(),
        header,
    }
}

fn row(hex: Hex, area: &NextArea, places: &Places, evidence: Vec<NextEvidence>) -> NextRow {
    let value: f64 = evidence.iter().map(|layer| layer.weight * layer.evsi).sum();
    let pass_probability = places.pass_probability(hex);
    let travel_cost = places.travel_cost(hex);
    let index = value * places.people(hex) * pass_probability / travel_cost;
    let (centre_lat, centre_lng) = hex.centre_degrees();
    NextRow {
        place: 0,
        hex,
        centre_lat: (centre_lat * 1e5).round() / 1e5,
        centre_lng: (centre_lng * 1e5).round() / 1e5,
        key: area.key,
        name: area.name.clone(),
        district: area.district.clone(),
        no_data: evidence.iter().all(|layer| layer.devices == 0),
        index: rounded(index),
        value: rounded(value),
        inhabitants: area.inhabitants.map(|_| places.people(hex).round()),
        pass_probability: rounded(pass_probability),
        travel_cost: rounded(travel_cost),
        evidence,
        reason: String::new(),
    }
}

/// Six significant digits: more would only show the last bit of the arithmetic.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(5 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}
