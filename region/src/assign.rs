//! Which hexagon belongs to which municipality: by its centre, each to exactly one.
//!
//! All resolution-9 hexagons around the municipalities are walked block by block (resolution 6); each centre is
//! tested against the municipalities whose bounding box holds it. Edges are straight lines in degrees; against the
//! straight lines of the map projection that moves a border of 5 km by at most 0.6 m.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AreaKey, Cover, Hex};
use h3o::{CellIndex, LatLng, Resolution};
use rayon::prelude::*;

use crate::boundaries::{
    Polygons,
    polygons::{Bounds, EdgeIndex},
};

/// Hexagons of each municipality, and where two claimed the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Resolution-9 hexagons, ascending. Municipalities without any are absent.
    pub hexes: BTreeMap<AreaKey, Vec<Hex>>,
    /// (winner, loser) with the number of hexagons both claimed.
    pub overlaps: BTreeMap<(AreaKey, AreaKey), u64>,
}

/// Blocks that are walked together; also the unit of progress.
const BLOCK: Resolution = Resolution::Six;
/// Step in degrees at which bounding boxes are sampled for blocks: 2.2 km by 1.4 km in the middle of Germany,
/// less than the 3.2 km inner radius of a block, so that one ring of neighbours completes what it misses.
const STEP: f64 = 0.02;
const CHUNK: usize = 64;

struct Candidate {
    key: AreaKey,
    bounds: Bounds,
    index: EdgeIndex,
}

/// Assigns every resolution-9 hexagon whose centre lies in an outline. Of two overlapping outlines the smaller key
/// wins, whatever the order of the input. `progress` gets (blocks done, blocks in all).
pub fn assign(outlines: &BTreeMap<AreaKey, Polygons>, progress: &dyn Fn(u64, u64)) -> Assignment {
    let candidates: Vec<Candidate> = outlines
        .iter()
        .filter_map(|(&key, outline)| Some(Candidate { key, bounds: outline.bounds()?, index: outline.index() }))
        .collect();
    let blocks: Vec<CellIndex> = blocks(candidates.iter().map(|candidate| candidate.bounds)).into_iter().collect();
    let mut assignment = Assignment::default();
    let mut done = 0;
    for chunk in blocks.chunks(CHUNK) {
        let walked: Vec<Vec<Claim>> = chunk.par_iter().map(|&block| walk(block, &candidates)).collect();
        for claim in walked.into_iter().flatten() {
            assignment.hexes.entry(claim.winner).or_default().push(claim.hex);
            for loser in claim.losers {
                *assignment.overlaps.entry((claim.winner, loser)).or_default() += 1;
            }
        }
        done += chunk.len() as u64;
        progress(done, blocks.len() as u64);
    }
    for hexes in assignment.hexes.values_mut() {
        hexes.sort_unstable();
    }
    assignment
}

struct Claim {
    hex: Hex,
    winner: AreaKey,
    losers: Vec<AreaKey>,
}

/// Candidates come in ascending order of their keys, so the first that holds a centre is the winner.
fn walk(block: CellIndex, candidates: &[Candidate]) -> Vec<Claim> {
    let centres: Vec<(Hex, f64, f64)> = block
        .children(Cover::RESOLUTION)
        .map(|index| {
            let centre = LatLng::from(index);
            (Hex::from_h3(index), centre.lng(), centre.lat())
        })
        .collect();
    let Some(reach) = Bounds::around(centres.iter().map(|&(_, lng, lat)| (lng, lat))) else { return Vec::new() };
    let near: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.bounds.meets(&reach)).collect();
    let mut claims = Vec::new();
    for (hex, lng, lat) in centres {
        let mut holders = near
            .iter()
            .filter(|candidate| candidate.bounds.holds(lng, lat) && candidate.index.contains(lng, lat))
            .map(|candidate| candidate.key);
        if let Some(winner) = holders.next() {
            claims.push(Claim { hex, winner, losers: holders.collect() });
        }
    }
    claims
}

/// Blocks that could hold a centre inside one of the boxes. A hexagon's centre may lie just outside its ancestor's
/// outline, hence the neighbours.
fn blocks(all: impl Iterator<Item = Bounds>) -> BTreeSet<CellIndex> {
    let mut sampled = BTreeSet::new();
    for bounds in all {
        let steps = |from: f64, to: f64| {
            let count = ((to - from) / STEP).ceil() as u32;
            (0..=count).map(move |step| f64::from(step).mul_add(STEP, from).min(to))
        };
        for lat in steps(bounds.south, bounds.north) {
            sampled.extend(
                steps(bounds.west, bounds.east)
                    .filter_map(|lng| LatLng::new(lat, lng).ok())
                    .map(|position| position.to_cell(BLOCK)),
            );
        }
    }
    sampled.iter().flat_map(|block| block.grid_disk::<Vec<_>>(1)).collect()
}
