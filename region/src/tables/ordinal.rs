//! Resolution-9 hexagons as numbers along H3's own order, so that neighbours often follow one another.
//!
//! `((base * 7 + d1) * 7 + d2) ... * 7 + d9`: the base hexagon and nine digits of 0 to 6. A compacted hexagon is a
//! run of 7^k numbers that begins at a multiple of 7^k; compaction is therefore nothing but cutting runs.

use std::ops::Range;

use domain::Hex;
use h3o::CellIndex;

/// Digits below the base hexagon.
const DIGITS: u32 = 9;
/// One past the largest number: 122 base hexagons.
pub(super) const END: u64 = 122 * 7_u64.pow(DIGITS);

/// The numbers of the resolution-9 descendants of a hexagon of resolution 9 or coarser.
pub(super) fn range(hex: Hex) -> Range<u64> {
    let resolution = u32::from(u8::from(hex.resolution())).min(DIGITS);
    let index = hex.as_i64().cast_unsigned();
    let mut number = (index >> 45) & 0x7f;
    for digit in 1..=resolution {
        number = number * 7 + ((index >> (3 * (15 - digit))) & 7);
    }
    let size = 7_u64.pow(DIGITS - resolution);
    number * size..(number + 1) * size
}

/// Joins ascending, disjoint ranges that touch.
pub(super) fn runs(hexes: impl IntoIterator<Item = Hex>) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = hexes.into_iter().map(range).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match runs.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => runs.push(range),
        }
    }
    runs
}

/// Cuts a run into the fewest hexagons; `None` where a number is no hexagon (a pentagon has only six children).
pub(super) fn hexes(run: Range<u64>) -> Option<Vec<Hex>> {
    let mut hexes = Vec::new();
    let mut at = run.start;
    while at < run.end {
        let (mut coarser, mut size) = (0, 1);
        while coarser < DIGITS && at.is_multiple_of(size * 7) && at + size * 7 <= run.end {
            coarser += 1;
            size *= 7;
        }
        hexes.push(hex(at / size, DIGITS - coarser)?);
        at += size;
    }
    Some(hexes)
}

fn hex(number: u64, resolution: u32) -> Option<Hex> {
    let (mut rest, mut digits) = (number, 0);
    for digit in (1..=15).rev() {
        let value = if digit > resolution {
            7
        } else {
            let value = rest % 7;
            rest /= 7;
            value
        };
        digits |= value << (3 * (15 - digit));
    }
    // Mode 1 (hexagon) in bits 59 to 62, resolution in 52 to 55, base hexagon in 45 to 51.
    let index = (1 << 59) | (u64::from(resolution) << 52) | (rest << 45) | digits;
    (rest < 122).then(|| CellIndex::try_from(index).ok().map(Hex::from_h3)).flatten()
}

/// The fewest hexagons that cover the same ground, ascending.
pub(crate) fn compact(resolution_9: &[Hex]) -> Vec<Hex> {
    let runs = runs(resolution_9.iter().copied());
    // Unwrap safety: each number came from a hexagon, and a full run of 7^k numbers is a hexagon with all its
    // descendants; were it not, the uncompacted hexagons say the same.
    let mut compacted: Vec<Hex> =
        runs.into_iter().map(hexes).collect::<Option<Vec<_>>>().map_or_else(|| resolution_9.to_vec(), |v| v.concat());
    compacted.sort_unstable();
    compacted
}

#[cfg(test)]
mod tests {
    use domain::Resolution;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_children_of_a_hexagon_compact_to_it_and_one_missing_child_leaves_the_rest() {
        let parent: Hex = "861fa1b57ffffff".parse().unwrap();
        let mut children: Vec<Hex> = parent.children(Resolution::Nine).collect();
        assert_eq!(compact(&children), [parent]);
        children.pop();
        assert_eq!(compact(&children).len(), 18, "six of resolution 7, 8 and 9 each");
    }

    proptest! {
        #[test]
        fn compaction_agrees_with_h3s_own(lat in 47.5..55.0_f64, lng in 6.0..15.0_f64, k in 0_u32..12) {
            let centre = Hex::from_degrees(lat, lng, Resolution::Nine).unwrap();
            let mut disk: Vec<CellIndex> = centre.as_h3().grid_disk(k);
            let ours = compact(&disk.iter().copied().map(Hex::from_h3).collect::<Vec<_>>());
            CellIndex::compact(&mut disk).unwrap();
            disk.sort_unstable();
            prop_assert_eq!(ours, disk.into_iter().map(Hex::from_h3).collect::<Vec<_>>());
        }

        #[test]
        fn a_number_and_its_hexagon_lead_to_each_other(lat in -89.0..89.0_f64, lng in 1.0..180.0_f64) {
            let leaf = Hex::from_degrees(lat, lng, Resolution::Nine).unwrap();
            prop_assert_eq!(hexes(range(leaf)).unwrap(), vec![leaf]);
        }
    }
}
