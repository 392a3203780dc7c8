//! A table that remembers what was found out about a place: tiles of neighbouring places, so that a region stays in the
//! caches.

use h3o::Resolution;

/// No tile.
const NONE: u64 = u64::MAX;
/// Bits of a place within its tile: 512 places.
const TILE_BITS: u32 = 9;
const TILE: usize = 1 << TILE_BITS;
/// Tiles after which everything is forgotten: 64 MB of long names.
const MOST: usize = (64 << 20) / (8 * TILE);

/// What can be remembered: short names leave more of a region in the caches.
pub trait Name: Copy + PartialEq {
    /// Stands where nothing is known; no name has this value.
    const NOTHING: Self;
}

impl Name for u64 {
    const NOTHING: Self = Self::MAX;
}

impl Name for u32 {
    const NOTHING: Self = Self::MAX;
}

/// Remembers one name for each place. No more than 64 MB: then it begins anew.
#[derive(Clone, Debug)]
pub struct Memo<N = u64> {
    /// Open addressing: which tile is where. A power of two, at most half full.
    index: Vec<(u64, u32)>,
    tiles: Vec<N>,
}

impl<N: Name> Default for Memo<N> {
    fn default() -> Self {
        Self { index: vec![(NONE, 0); 1 << 8], tiles: Vec::new() }
    }
}

impl<N: Name> Memo<N> {
    /// What is known of a hexagon of this resolution (the same in all calls), asked for when it is met first.
    #[inline]
    pub fn of_hex(&mut self, hex: u64, resolution: Resolution, ask: impl FnOnce() -> N) -> N {
        // Digits finer than the resolution are all the same.
        let digits = hex >> (3 * (15 - u32::from(u8::from(resolution))));
        self.get(digits >> TILE_BITS, digits as usize & (TILE - 1), ask)
    }

    /// What is known of a place in a grid of two axes. The highest bits of `grid` may hold anything.
    #[inline]
    pub(crate) fn of_place(&mut self, grid: u64, i: u64, j: u64, ask: impl FnOnce() -> N) -> N {
        let tile = grid << 52 | (i >> 4) << 26 | j >> 5;
        self.get(tile, ((i & 15) << 5 | j & 31) as usize, ask)
    }

    /// Forgets everything, and keeps its memory.
    pub fn forget(&mut self) {
        self.index.fill((NONE, 0));
        self.tiles.clear();
    }

    #[inline]
    fn get(&mut self, tile: u64, slot: usize, ask: impl FnOnce() -> N) -> N {
        let at = self.find(tile);
        let (there, first) = self.index[at];
        let known = if there == tile { self.tiles[first as usize * TILE + slot] } else { N::NOTHING };
        if known == N::NOTHING { self.insert(tile, slot, ask()) } else { known }
    }

    #[inline]
    fn find(&self, tile: u64) -> usize {
        let mask = self.index.len() - 1;
        let mut at = (tile.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        while self.index[at].0 != tile && self.index[at].0 != NONE {
            at = (at + 1) & mask;
        }
        at
    }

    #[cold]
    fn insert(&mut self, tile: u64, slot: usize, known: N) -> N {
        if self.tiles.len() == MOST * TILE {
            self.forget();
        }
        let mut at = self.find(tile);
        if self.index[at].0 == NONE {
            let count = self.tiles.len() / TILE;
            if 2 * count >= self.index.len() {
                self.grow();
                at = self.find(tile);
            }
            self.index[at] = (tile, count as u32);
            self.tiles.resize(self.tiles.len() + TILE, N::NOTHING);
        }
        self.tiles[self.index[at].1 as usize * TILE + slot] = known;
        known
    }

    fn grow(&mut self) {
        let larger = vec![(NONE, 0); self.index.len() * 4];
        for entry in std::mem::replace(&mut self.index, larger) {
            if entry.0 != NONE {
                let at = self.find(entry.0);
                self.index[at] = entry;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More places than are remembered, each asked about twice in a row: what is said never depends on what was forgotten.
    #[test]
    fn what_is_forgotten_is_asked_again_and_nothing_is_mistaken() {
        let mut memo = Memo::<u64>::default();
        let mut asked = 0;
        for place in (0..2 * MOST as u64).chain(0..100) {
            let (i, j) = (place * 16, place * 64 % (1 << 20));
            for _ in 0..2 {
                let said = memo.of_place(3, i, j, || {
                    asked += 1;
                    place
                });
                assert_eq!(said, place);
            }
        }
        assert_eq!(asked, 2 * MOST + 100);
        assert!(memo.tiles.capacity() <= MOST * TILE);
    }
}
