//! The ground of the region as a tree of hexagons, and positions in that tree.

use std::{collections::HashMap, ops::Range};

use domain::{Cover, Hex, Resolution};

/// Coarsest hexagons of a partition (252 km²); above them is the region as a whole.
pub(super) const ROOT: Resolution = Resolution::Five;

/// How much of each hexagon lies in the region.
#[derive(Debug)]
pub(super) struct Ground {
    /// Resolution-9 hexagons of the region below each hexagon of resolution 5 to 9, as far down as the cover is stored.
    inside: HashMap<Hex, u64>,
    roots: Vec<Hex>,
}

impl Ground {
    pub(super) fn new(cover: &Cover) -> Self {
        let mut inside: HashMap<Hex, u64> = HashMap::new();
        for (hex, _) in cover.pairs() {
            // Compaction may have gone past the roots.
            let parts: Vec<Hex> = if hex.resolution() < ROOT { hex.children(ROOT).collect() } else { vec![hex] };
            for part in parts {
                let leaves = part.as_h3().children_count(Cover::RESOLUTION);
                let mut at = Some(part);
                while let Some(here) = at.filter(|here| here.resolution() >= ROOT) {
                    *inside.entry(here).or_default() += leaves;
                    at = here.resolution().pred().and_then(|coarser| here.parent(coarser));
                }
            }
        }
        let mut roots: Vec<Hex> = inside.keys().copied().filter(|hex| hex.resolution() == ROOT).collect();
        roots.sort_unstable();
        Self { inside, roots }
    }

    /// All resolution-5 hexagons with ground.
    pub(super) fn roots(&self) -> &[Hex] {
        &self.roots
    }

    /// Whether any of the hexagon lies in the region.
    pub(super) fn touches(&self, hex: Hex) -> bool {
        self.inside.contains_key(&hex) || self.under_full(hex)
    }

    /// The part of the hexagon that lies in the region, compacted.
    pub(super) fn cut(&self, hex: Hex, into: &mut Vec<Hex>) {
        match self.inside.get(&hex) {
            Some(&leaves) if is_full(hex, leaves) => into.push(hex),
            Some(_) => {
                let finer = hex.resolution().succ().unwrap_or(Cover::RESOLUTION);
                hex.children(finer).for_each(|child| self.cut(child, into));
            }
            None if self.under_full(hex) => into.push(hex),
            None => {}
        }
    }

    /// Whether a stored ancestor lies wholly in the region.
    fn under_full(&self, hex: Hex) -> bool {
        let mut at = hex;
        while let Some(parent) = at.resolution().pred().filter(|r| *r >= ROOT).and_then(|r| at.parent(r)) {
            if let Some(&leaves) = self.inside.get(&parent) {
                return is_full(parent, leaves);
            }
            at = parent;
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
pub(super) fn span(hex: Hex) -> Range<u64> {
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

/// The hexagon at a position: the resolution is the number of digits that are used.
pub(super) fn hexagon_at(position: u64) -> Option<Hex> {
    let used = (1..=15u64).take_while(|digit| position >> (3 * (15 - digit)) & 7 != 7).count() as u64;
    Hex::from_i64((position | used << 52).cast_signed()).ok()
}
