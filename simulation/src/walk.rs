//! Walks and drives: connected paths over resolution-10 hexagons, with ends coarsened as the SDK does.

use domain::Hex;
use h3o::CellIndex;
use rand::Rng;

use crate::ground::Ground;

/// A hexagon on a path and the patch it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) hex: CellIndex,
    pub(crate) patch: usize,
}

/// Hexagons around the first and last of a track that are coarsened. The next ring is at least 4 x 0.866 x 105 m
/// away from centre to centre, more than the 300 m promised.
const END_RINGS: u32 = 3;

/// On foot or on wheels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// 4.5 km/h with many turns.
    Walk,
    /// 45 km/h with few.
    Drive,
}

impl Pace {
    /// Seconds from one hexagon to the next, about 114 m.
    pub(crate) const fn seconds_per_hex(self) -> f64 {
        match self {
            Self::Walk => 91.0,
            Self::Drive => 9.1,
        }
    }

    const fn turns(self) -> f64 {
        match self {
            Self::Walk => 0.30,
            Self::Drive => 0.14,
        }
    }
}

/// A path of up to `length` hexagons; each is the one before or its neighbour. Shorter only where the region leaves no
/// way on.
pub(crate) fn path(ground: &Ground, start: Step, length: usize, pace: Pace, rng: &mut impl Rng) -> Vec<Step> {
    let mut steps = Vec::with_capacity(length);
    let mut here = start;
    let mut heading: usize = rng.random_range(0..6);
    while steps.len() < length {
        steps.push(here);
        let luck = rng.random::<f64>();
        if luck < 0.04 {
            continue; // standing still for a look
        }
        if luck > 1.0 - pace.turns() {
            heading += if rng.random_bool(0.5) { 1 } else { 5 };
        }
        let Some((next, chosen)) = onward(ground, here, heading % 6) else { break };
        (here, heading) = (next, chosen);
    }
    steps
}

/// The neighbour nearest to the heading that lies in the region. Headings are positions in the ring, which mean the
/// same direction all over a resolution-0 hexagon; where that changes a path makes one turn.
fn onward(ground: &Ground, here: Step, heading: usize) -> Option<(Step, usize)> {
    let mut ring = [None; 6];
    for (slot, neighbour) in ring.iter_mut().zip(here.hex.grid_ring_fast(1)) {
        *slot = neighbour;
    }
    [0, 1, 5, 2, 4, 3].into_iter().map(|turn| (heading + turn) % 6).find_map(|way| {
        let hex = ring[way]?;
        let patch = ground.patch_of(hex, here.patch)?;
        Some((Step { hex, patch }, way))
    })
}

/// The hexagon that leaves the phone for each step: resolution 10, but 8 within 300 m of the ends of the track.
pub(crate) fn reduced(steps: &[Step]) -> Vec<Hex> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
    let mut ends: Vec<CellIndex> = first.hex.grid_disk(END_RINGS);
    ends.extend(last.hex.grid_disk::<Vec<_>>(END_RINGS));
    ends.sort_unstable();
    let reduce = |step: &Step| {
        let hex = Hex::from_h3(step.hex);
        if ends.binary_search(&step.hex).is_ok() { hex.at_most(Hex::COARSEST) } else { hex }
    };
    steps.iter().map(reduce).collect()
}
