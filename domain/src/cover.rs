//! Which area a hexagon belongs to: a lookup, never a polygon test.

use rustc_hash::FxHashMap;

use crate::{AreaKey, Hex, Resolution};

/// The ground of a region as hexagons: each resolution-9 hexagon belongs to exactly one municipality, by its centre.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    areas: FxHashMap<Hex, AreaKey>,
}

impl Cover {
    /// Resolution of membership. Finer hexagons belong where their ancestor at this resolution does.
    pub const RESOLUTION: Resolution = Resolution::Nine;

    /// From (hexagon, municipality) pairs, compacted or not.
    pub fn new(pairs: impl IntoIterator<Item = (Hex, AreaKey)>) -> Self {
        Self { areas: pairs.into_iter().collect() }
    }

    /// The municipality of a hexagon of any resolution.
    ///
    /// A hexagon coarser than 9 belongs where its centre child at resolution 9 does: the same rule, by centre.
    pub fn municipality(&self, hex: Hex) -> Option<AreaKey> {
        let leaf = if hex.resolution() < Self::RESOLUTION {
            Hex::from_h3(hex.as_h3().center_child(Self::RESOLUTION)?)
        } else {
            hex.at_most(Self::RESOLUTION)
        };
        let mut at = Some(leaf);
        while let Some(here) = at {
            if let Some(&area) = self.areas.get(&here) {
                return Some(area);
            }
            at = here.resolution().pred().and_then(|coarser| here.parent(coarser));
        }
        None
    }

    /// Whether the hexagon lies in the region.
    pub fn contains(&self, hex: Hex) -> bool {
        self.municipality(hex).is_some()
    }

    /// Hands out the municipalities of a hexagon's ground, each perhaps several times, with the number of
    /// resolution-9 hexagons; those outside of the region not at all. A finer hexagon counts as its ancestor.
    pub fn parts(&self, hex: Hex, each: &mut impl FnMut(AreaKey, u64)) {
        let leaves = |hex: Hex| hex.as_h3().children_count(Self::RESOLUTION);
        let hex = hex.at_most(Self::RESOLUTION);
        let coarser = |hex: &Hex| hex.resolution().pred().and_then(|coarser| hex.parent(coarser));
        if let Some(&area) = std::iter::successors(Some(hex), coarser).find_map(|at| self.areas.get(&at)) {
            return each(area, leaves(hex));
        }
        let mut open = vec![hex];
        while let Some(here) = open.pop() {
            match (self.areas.get(&here), here.resolution().succ()) {
                (Some(&area), _) => each(area, leaves(here)),
                (None, Some(finer)) if finer <= Self::RESOLUTION => open.extend(here.children(finer)),
                (None, _) => {}
            }
        }
    }

    /// All (hexagon, municipality) pairs as stored, in no particular order.
    pub fn pairs(&self) -> impl Iterator<Item = (Hex, AreaKey)> + '_ {
        self.areas.iter().map(|(&hex, &area)| (hex, area))
    }

    /// Number of resolution-9 hexagons.
    pub fn leaf_count(&self) -> u64 {
        self.areas.keys().map(|hex| hex.as_h3().children_count(Self::RESOLUTION)).sum()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }
}
