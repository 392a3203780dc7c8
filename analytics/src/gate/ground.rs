//! The ground of the region as one tree of hexagons for each municipality, and positions in these trees.

use std::ops::Range;

use domain::{AreaKey, AreaLevel, Cover, Hex, Resolution};
use rustc_hash::FxHashMap;

/// Coarsest hexagons of a partition (252 km²); above them are municipality, district, state and the region as a whole.
pub(super) const ROOT: Resolution = Resolution::Five;

/// A hexagon as far as it lies in one municipality. Pieces never cross a border unless they hold whole
/// municipalities, so that a total is a sum of pieces and says nothing that they do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Plot {
    /// Number of the municipality, in the order of the keys.
    pub(super) home: u32,
    pub(super) hex: Hex,
}

impl Plot {
    pub(super) fn children(self, finer: Resolution) -> impl Iterator<Item = Self> {
        self.hex.children(finer).map(move |hex| Self { hex, ..self })
    }

    /// Where it stands among all plots.
    pub(super) fn place(self) -> Place {
        (self.home, position(self.hex))
    }

    /// Places of the plot and all that is below it.
    pub(super) fn span(self) -> Range<Place> {
        let span = span(self.hex);
        (self.home, span.start)..(self.home, span.end)
    }
}

/// Municipality and position: the order of the trees.
pub(super) type Place = (u32, u64);

/// The ground of a region as the gate needs it: how much of each hexagon lies in which municipality. For all layers of a
/// release the same.
#[derive(Debug)]
pub struct Ground {
    /// Resolution-9 hexagons below each plot of resolution 5 to 9, as far down as the cover is stored.
    inside: FxHashMap<Plot, u64>,
    cover: Cover,
    roots: Vec<Plot>,
    /// Keys, ascending: those of one district or state are neighbours.
    municipalities: Vec<AreaKey>,
    fingerprint: u64,
}

impl Ground {
    /// From the municipalities of all hexagons.
    pub fn new(cover: Cover) -> Self {
        let mut municipalities: Vec<AreaKey> = cover.pairs().map(|(_, key)| key).collect();
        municipalities.sort_unstable();
        municipalities.dedup();
        let mut inside: FxHashMap<Plot, u64> = FxHashMap::default();
        let mut fingerprint = 0u64;
        for (hex, key) in cover.pairs() {
            let home = municipalities.binary_search(&key).unwrap_or_default() as u32;
            let mixed = key.as_str().bytes().fold(hex.as_i64().cast_unsigned(), |mixed, byte| {
                (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
            });
            // A sum, for the cover has no order.
            fingerprint = fingerprint.wrapping_add(mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            // Compaction may have gone past the roots.
            let parts: Vec<Hex> = if hex.resolution() < ROOT { hex.children(ROOT).collect() } else { vec![hex] };
            for part in parts {
                let leaves = part.as_h3().children_count(Cover::RESOLUTION);
                let mut at = Some(part);
                while let Some(hex) = at.filter(|hex| hex.resolution() >= ROOT) {
                    *inside.entry(Plot { home, hex }).or_default() += leaves;
                    at = hex.resolution().pred().and_then(|coarser| hex.parent(coarser));
                }
            }
        }
        let mut roots: Vec<Plot> = inside.keys().copied().filter(|plot| plot.hex.resolution() == ROOT).collect();
        roots.sort_unstable();
        Self { inside, cover, roots, municipalities, fingerprint }
    }

    /// All plots of resolution 5.
    pub(super) fn roots(&self) -> &[Plot] {
        &self.roots
    }

    /// Which hexagon belongs to whom, in one number.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// How many municipalities there are.
    pub(super) fn municipalities(&self) -> u32 {
        self.municipalities.len() as u32
    }

    /// What it was made from.
    pub const fn cover(&self) -> &Cover {
        &self.cover
    }

    /// The number of the municipality of a hexagon of any resolution.
    pub(super) fn home(&self, hex: Hex) -> Option<u32> {
        let key = self.cover.municipality(hex)?;
        self.municipalities.binary_search(&key).ok().map(|number| number as u32)
    }

    /// The area of a municipality at a level.
    pub(super) fn area(&self, home: u32, level: AreaLevel) -> AreaKey {
        let municipality = self.municipalities[home as usize];
        match level {
            AreaLevel::Municipality => municipality,
            AreaLevel::District => municipality.district().unwrap_or(municipality),
            AreaLevel::State => municipality.state(),
        }
    }

    /// Whether any of the plot is ground.
    pub(super) fn touches(&self, plot: Plot) -> bool {
        self.inside.contains_key(&plot) || self.under_full(plot)
    }

    /// The hexagons of a plot, compacted.
    pub(super) fn cut(&self, plot: Plot, into: &mut Vec<Hex>) {
        match self.inside.get(&plot) {
            Some(&leaves) if is_full(plot.hex, leaves) => into.push(plot.hex),
            Some(_) => {
                let finer = plot.hex.resolution().succ().unwrap_or(Cover::RESOLUTION);
                plot.children(finer).for_each(|child| self.cut(child, into));
            }
            None if self.under_full(plot) => into.push(plot.hex),
            None => {}
        }
    }

    /// Whether a stored ancestor lies wholly in the municipality.
    fn under_full(&self, plot: Plot) -> bool {
        let mut at = plot.hex;
        while let Some(hex) = at.resolution().pred().filter(|r| *r >= ROOT).and_then(|r| at.parent(r)) {
            if let Some(&leaves) = self.inside.get(&Plot { hex, ..plot }) {
                return is_full(hex, leaves);
            }
            at = hex;
        }
        false
    }
}

fn is_full(hex: Hex, leaves: u64) -> bool {
    hex.resolution() >= Cover::RESOLUTION || leaves >= hex.as_h3().children_count(Cover::RESOLUTION)
}

/// Where a hexagon stands in the order of the tree: its H3 index without the resolution. Unused digits
/// are 7, so the descendants of a hexagon lie together and it comes right behind them.
pub(super) fn position(hex: Hex) -> u64 {
    const RESOLUTION_BITS: u64 = 0xf << 52;
    hex.as_i64().cast_unsigned() & !RESOLUTION_BITS
}

/// Positions of a hexagon and all of its descendants.
fn span(hex: Hex) -> Range<u64> {
    let finer = (1u64 << (3 * (15 - u64::from(u8::from(hex.resolution()))))) - 1;
    let last = position(hex);
    (last & !finer)..last + 1
}
/// Fewest hexagons that cover the same ground as these disjoint ones; sorted.
pub(super) fn compact(mut hexes: Vec<Hex>) -> Vec<Hex> {
    hexes.sort_unstable();
    hexes.dedup();
    let mut by_resolution: [Vec<Hex>; 16] = Default::default();
    for hex in hexes {
        by_resolution[usize::from(u8::from(hex.resolution()))].push(hex);
    }
    let mut done = Vec::new();
    for at in (usize::from(u8::from(ROOT)) + 1..16).rev() {
        let mut here = std::mem::take(&mut by_resolution[at]);
        here.sort_unstable();
        let parent = |hex: &Hex| hex.resolution().pred().and_then(|coarser| hex.parent(coarser));
        for siblings in here.chunk_by(|a, b| parent(a) == parent(b)) {
            match parent(&siblings[0]) {
                Some(whole) if siblings.len() as u64 == whole.as_h3().children_count(siblings[0].resolution()) => {
                    by_resolution[at - 1].push(whole);
                }
                _ => done.extend_from_slice(siblings),
            }
        }
    }
    done.extend(by_resolution.into_iter().flatten());
    done.sort_unstable_by_key(|&hex| position(hex));
    done
}
