//! How far a layer reaches: how many hexagons of each area were measured, in three states, and how many are only
//! known to lie in something larger that was.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AreaKey, Cover, Hex};
use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{Piece, PieceKind},
    summary::State,
};

/// The reach of one layer in one area, in hexagons of [`Cover::RESOLUTION`]. The three parts add up to `hexes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// Resolution of what is counted.
    pub resolution: u8,
    /// All hexagons of the area.
    pub hexes: u64,
    /// Measured on their own: published as a hexagon of this resolution or finer.
    pub measured: Measured,
    /// In ground of which only the whole was measured.
    pub coarser: Coarser,
    /// Nobody measured.
    pub not_measured: Counted,
    /// The same of inhabited hexagons. Null: no table of the region says which are inhabited.
    pub inhabited: Option<Measured>,
    /// Hexagons with public sites (schools), the only settled places that the tables know.
    pub sites: Sites,
}

/// So many hexagons, and their share of all of the area, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// Number.
    pub hexes: u64,
    /// Share of the area's hexagons.
    pub share: f64,
}

/// Hexagons measured on their own, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Number.
    pub hexes: u64,
    /// Share of the area's hexagons.
    pub share: f64,
    /// Of these, covered.
    pub covered: u64,
    /// Of these, dead.
    pub dead: u64,
    /// Of these, published in finer hexagons of which some are covered and some are dead.
    pub mixed: u64,
}

/// Hexagons of which only something larger was measured: votes lie *somewhere* in it, and nothing says that any
/// lies here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coarser {
    /// Number.
    pub hexes: u64,
    /// Share of the area's hexagons.
    pub share: f64,
    /// By what they lie in.
    pub parts: Vec<CoarserPart>,
}

/// Hexagons in one kind of larger ground.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoarserPart {
    /// Coarse hexagons, or remainders of hexagons.
    pub kind: PieceKind,
    /// Resolution of these hexagons.
    pub resolution: u8,
    /// Number of hexagons that are counted.
    pub hexes: u64,
}

/// The three shares of [`Reach`] for a row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReachShares {
    /// Share of the area's hexagons that were measured on their own.
    pub measured: f64,
    /// Share of which only something larger was measured.
    pub coarser: f64,
    /// Share that nobody measured.
    pub not_measured: f64,
}

impl From<&Reach> for ReachShares {
    fn from(reach: &Reach) -> Self {
        Self { measured: reach.measured.share, coarser: reach.coarser.share, not_measured: reach.not_measured.share }
    }
}

/// Hexagons with public sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sites {
    /// Number.
    pub hexes: u64,
    /// Of these, measured on their own.
    pub measured: u64,
}

/// The reach of a published layer in every municipality of the cover, and in their districts and states. Hexagons,
/// other than devices, may be added up. `sites`: hexagons with public sites.
///
/// Never extrapolated: a remainder, or a coarse hexagon, holds votes somewhere, and counts nowhere as measured. Only
/// what everybody can read off the pieces is used.
pub fn reach(cover: &Cover, pieces: &[Piece], sites: &BTreeSet<Hex>) -> Vec<(AreaKey, Reach)> {
    let nine = u8::from(Cover::RESOLUTION);
    let on_its_own = |piece: &&Piece| piece.kind == PieceKind::Hex && piece.resolution >= nine;
    let measured = || pieces.iter().filter(|piece| piece.summary.state != State::NotMeasured);
    // For each hexagon: is some of it covered, is some of it dead?
    let mut states: FxHashMap<Hex, [bool; 2]> = FxHashMap::default();
    for piece in measured().filter(on_its_own) {
        for &hex in &piece.hexes {
            let seen = states.entry(hex.at_most(Cover::RESOLUTION)).or_default();
            seen[usize::from(piece.summary.state == State::Dead)] = true;
        }
    }
    let mut tallies: BTreeMap<AreaKey, Tally> = BTreeMap::new();
    for (hex, key) in cover.pairs() {
        tallies.entry(key).or_default().hexes += hex.as_h3().children_count(Cover::RESOLUTION);
    }
    for (hex, seen) in &states {
        if let Some(tally) = cover.municipality(*hex).and_then(|key| tallies.get_mut(&key)) {
            *match seen {
                [true, true] => &mut tally.mixed,
                [_, true] => &mut tally.dead,
                _ => &mut tally.covered,
            } += 1;
            tally.sites_measured += u64::from(sites.contains(hex));
        }
    }
    let mut counted = FxHashSet::default();
    for piece in measured().filter(|piece| !on_its_own(piece)) {
        let part = (piece.kind == PieceKind::Remainder, piece.resolution);
        for &hex in &piece.hexes {
            // A hexagon counts once, whatever lies in it, and as measured if any of it was on its own.
            let whole = hex.at_most(Cover::RESOLUTION);
            if hex.resolution() >= Cover::RESOLUTION && (states.contains_key(&whole) || !counted.insert(whole)) {
                continue;
            }
            cover.parts(whole, &mut |key, leaves| {
                *tallies.entry(key).or_default().coarser.entry(part).or_default() += leaves;
            });
        }
    }
    for site in sites {
        if let Some(tally) = cover.municipality(*site).and_then(|key| tallies.get_mut(&key)) {
            tally.sites += 1;
        }
    }
    let mut areas = tallies.clone();
    for (municipality, tally) in &tallies {
        for above in municipality.district().into_iter().chain([municipality.state()]) {
            areas.entry(above).or_default().add(tally);
        }
    }
    areas.into_iter().map(|(key, tally)| (key, tally.finish())).collect()
}

#[derive(Clone, Debug, Default)]
struct Tally {
    hexes: u64,
    covered: u64,
    dead: u64,
    mixed: u64,
    /// By whether it is a remainder, and resolution.
    coarser: BTreeMap<(bool, u8), u64>,
    sites: u64,
    sites_measured: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.hexes += other.hexes;
        self.covered += other.covered;
        self.dead += other.dead;
        self.mixed += other.mixed;
        for (&part, hexes) in &other.coarser {
            *self.coarser.entry(part).or_default() += hexes;
        }
        self.sites += other.sites;
        self.sites_measured += other.sites_measured;
    }

    fn finish(self) -> Reach {
        // Four decimals: a hexagon of the largest municipality is 0.02 % of it.
        let share = |part: u64| (part as f64 / self.hexes.max(1) as f64 * 1e4).round() / 1e4;
        let measured = self.covered + self.dead + self.mixed;
        let coarser: u64 = self.coarser.values().sum();
        let not_measured = self.hexes.saturating_sub(measured + coarser);
        let part = |(&(remainder, resolution), &hexes): (&(bool, u8), &u64)| CoarserPart {
            kind: if remainder { PieceKind::Remainder } else { PieceKind::Hex },
            resolution,
            hexes,
        };
        Reach {
            resolution: Cover::RESOLUTION.into(),
            hexes: self.hexes,
            measured: Measured {
                hexes: measured,
                share: share(measured),
                covered: self.covered,
                dead: self.dead,
                mixed: self.mixed,
            },
            coarser: Coarser { hexes: coarser, share: share(coarser), parts: self.coarser.iter().map(part).collect() },
            not_measured: Counted { hexes: not_measured, share: share(not_measured) },
            inhabited: None,
            sites: Sites { hexes: self.sites, measured: self.sites_measured },
        }
    }
}
