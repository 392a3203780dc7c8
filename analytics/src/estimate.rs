//! The estimate layer for planners: local empirical Bayes over the ring of neighbours (METHODS 3.3). An estimate is no
//! measurement: it is never mixed with published states, and each one stands beside its raw value.

mod beta;
mod prior;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Hex, Layer, RegionId, ReleaseId, Resolution, SourceClass, Window};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    beta::{beta_cdf, beta_quantile},
    prior::{MAX_STRENGTH, Prior, local_prior, moments, shrunk},
};
use crate::{
    gate::Piece,
    holders::Holders,
    stats::PRIOR,
    summary::{Posterior, State},
};

/// Resolution of the estimates: about 0.74 km².
pub const ESTIMATED: Resolution = Resolution::Eight;

/// The estimates of one layer of one release: `schemas/estimate.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimates {
    /// Always [`Estimates::SCHEMA`].
    pub schema: String,
    /// Always true: nothing in here is a measurement.
    pub estimate: bool,
    /// Where it comes from.
    #[serde(flatten)]
    pub header: EstimateHeader,
    /// H3 resolution of the items.
    pub resolution: u8,
    /// What every reader must know, German.
    pub note: String,
    /// The same in English.
    pub note_en: String,
    /// By hexagon. Hexagons without measured neighbours that nobody measured are left out: unknown.
    pub items: Vec<Estimate>,
}

impl Estimates {
    /// Name and version of the document's form.
    pub const SCHEMA: &'static str = "whitespot-estimate-1";
}

/// Of which layer of which release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateHeader {
    /// Region.
    pub region: RegionId,
    /// Release.
    pub release: ReleaseId,
    /// Its window.
    pub window: Window,
    /// Its source class.
    pub source: SourceClass,
    /// Whether the evidence was made by a program.
    pub simulated: bool,
    /// The one layer: networks never lend to one another.
    pub layer: Layer,
}

/// The estimated share (without service, or below the floor) of one hexagon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Where.
    pub hex: Hex,
    /// Mean of the estimate, 0 to 1.
    pub estimate: f64,
    /// 2.5 % quantile: the lower bound of the 95 % credible interval.
    pub estimate_low: f64,
    /// 97.5 % quantile.
    pub estimate_high: f64,
    /// Measured neighbours that lent to it, 0 to 6.
    pub neighbours: u32,
    /// What is published here.
    pub raw: Raw,
}

/// The published value beside an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Raw {
    /// Covered, dead or not measured, as published; null where finer pieces of the hexagon differ.
    pub state: Option<State>,
    /// Share as published; over several pieces, weighted by their devices. Null where nobody measured.
    pub share: Option<f64>,
    /// Effective devices that the estimate takes to have been here: of a larger piece its even part.
    pub n_eff: f64,
    /// Resolution of the coarsest measured piece here; null where nobody measured.
    pub resolution: Option<u8>,
    /// Published as this hexagon, or as parts of it. False: only something larger was measured.
    pub on_its_own: bool,
}

/// Estimates of one layer from its published pieces. `of`: only these hexagons; all of the ground otherwise. Pieces
/// around them must be among `pieces`.
pub fn estimate(header: EstimateHeader, pieces: &[Piece], of: Option<&BTreeSet<Hex>>) -> Estimates {
    let holders = Holders::new(ESTIMATED, pieces.iter().map(|piece| piece.hexes.as_slice()));
    let spread: Vec<f64> = pieces.iter().map(ground).collect();
    let raw_of = |hex: Hex| raw(pieces, &spread, &holders.of(hex));
    let measured: BTreeMap<Hex, Raw> = hexes(pieces, |piece| piece.summary.devices > 0)
        .into_par_iter()
        .map(|hex| (hex, raw_of(hex)))
        .filter(|(_, raw)| raw.n_eff > 0.0)
        .collect();
    let near = |hex: &Hex| hex.as_h3().grid_disk::<Vec<_>>(1).into_iter().map(Hex::from_h3);
    let mut wanted: BTreeSet<Hex> = measured.keys().flat_map(near).collect();
    // Neighbours beyond the border are no ground of this region.
    let ground = hexes(pieces, |_| true);
    wanted.retain(|hex| ground.contains(hex) && of.is_none_or(|of| of.contains(hex)));
    let items = wanted
        .into_par_iter()
        .map(|hex| {
            let neighbours: Vec<(f64, f64)> = near(&hex)
                .filter(|other| *other != hex)
                .filter_map(|other| measured.get(&other))
                .filter_map(|raw| Some((raw.share?, raw.n_eff)))
                .collect();
            let raw = measured.get(&hex).copied().unwrap_or_else(|| raw_of(hex));
            let around: BTreeSet<usize> = near(&hex)
                .filter(|other| *other != hex)
                .flat_map(|other| holders.of(other))
                .map(|(piece, _)| piece)
                .collect();
            let known = around.into_iter().map(|piece| pieces[piece].summary.n_eff).sum();
            let prior = if neighbours.is_empty() { PRIOR } else { local_prior(&neighbours, known) };
            item(hex, prior, raw, neighbours.len() as u32)
        })
        .collect();
    Estimates {
        schema: Estimates::SCHEMA.to_owned(),
        estimate: true,
        header,
        resolution: ESTIMATED.into(),
        note: write::NOTE.to_owned(),
        note_en: write::NOTE_EN.to_owned(),
        items,
    }
}

fn item(hex: Hex, prior: Posterior, raw: Raw, neighbours: u32) -> Estimate {
    let share = raw.share.unwrap_or(0.0);
    let posterior = Posterior { a: prior.a + share * raw.n_eff, b: prior.b + (1.0 - share) * raw.n_eff };
    let mean = posterior.mean();
    // Four decimals: a hundredth of a percent is more than any of this knows.
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    Estimate {
        hex,
        estimate: rounded(mean),
        estimate_low: rounded(beta_quantile(posterior, 0.025).min(mean)),
        estimate_high: rounded(beta_quantile(posterior, 0.975).max(mean)),
        neighbours,
        raw: Raw { share: raw.share.map(rounded), n_eff: rounded(raw.n_eff), ..raw },
    }
}

/// Estimated hexagons that the chosen pieces touch.
fn hexes(pieces: &[Piece], chosen: impl Fn(&Piece) -> bool) -> BTreeSet<Hex> {
    let touched = |hex: &Hex| -> Vec<Hex> {
        if hex.resolution() <= ESTIMATED { hex.children(ESTIMATED).collect() } else { vec![hex.at_most(ESTIMATED)] }
    };
    pieces.iter().filter(|piece| chosen(piece)).flat_map(|piece| &piece.hexes).flat_map(touched).collect()
}

/// Ground of a piece in estimated hexagons, at least 1: its devices are taken to be spread evenly over it.
fn ground(piece: &Piece) -> f64 {
    let size = |hex: &Hex| 7_f64.powi(i32::from(u8::from(ESTIMATED)) - i32::from(u8::from(hex.resolution())));
    piece.hexes.iter().map(size).sum::<f64>().max(1.0)
}

/// What the pieces of one hexagon say of it. Devices of two pieces may be the same: no more are taken than the
/// largest of them has.
fn raw(pieces: &[Piece], spread: &[f64], parts: &[(usize, f64)]) -> Raw {
    let measured = || parts.iter().map(|&(at, _)| at).filter(|&at| pieces[at].summary.devices > 0);
    let here = |at: usize| pieces[at].summary.n_eff / spread[at];
    let n: f64 = measured().map(here).sum();
    let bad: f64 = measured().filter_map(|at| Some(pieces[at].summary.share?.value * here(at))).sum();
    let mut states: Vec<State> = parts.iter().map(|&(at, _)| pieces[at].summary.state).collect();
    states.dedup();
    // A remainder too lies inside of the hexagon whose rest it is.
    let own = |at: usize| pieces[at].resolution >= u8::from(ESTIMATED);
    Raw {
        state: match states.as_slice() {
            [] => Some(State::NotMeasured),
            [state] => Some(*state),
            _ => None,
        },
        share: (n > 0.0).then(|| bad / n),
        n_eff: measured().map(here).fold(0.0, f64::max),
        resolution: measured().map(|at| pieces[at].resolution).min(),
        on_its_own: measured().next().is_some() && measured().all(own),
    }
}
