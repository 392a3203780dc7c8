//! Which published pieces hold a hexagon, without a geometry: H3 hexagons hold one another by their digits.

use std::collections::{BTreeMap, HashMap};

use domain::{AreaKey, Cover, Hex, Resolution};

/// The hexagons of a resolution (9 or coarser) whose centre lies in one of the chosen municipalities, with it.
pub fn hexes_of(cover: &Cover, resolution: Resolution, chosen: &dyn Fn(AreaKey) -> bool) -> BTreeMap<Hex, AreaKey> {
    let mut found = BTreeMap::new();
    for (hex, key) in cover.pairs().filter(|(_, key)| chosen(*key)) {
        if hex.resolution() <= resolution {
            found.extend(hex.children(resolution).map(|child| (child, key)));
        } else {
            let whole = hex.at_most(resolution);
            found.extend(cover.municipality(whole).filter(|key| chosen(*key)).map(|key| (whole, key)));
        }
    }
    found
}

/// The pieces of one layer, to be found by hexagons of one resolution.
#[derive(Debug)]
pub(crate) struct Holders {
    /// Hexagons of this resolution and coarser ones: each lies in one piece as a whole.
    whole: HashMap<Hex, usize>,
    /// Pieces within a hexagon, each with its share of the ground.
    parts: HashMap<Hex, Vec<(usize, f64)>>,
}

impl Holders {
    /// From the ground of each piece. A piece is known by its place in the order that they come in.
    pub(crate) fn new<'a>(resolution: Resolution, pieces: impl IntoIterator<Item = &'a [Hex]>) -> Self {
        let (mut whole, mut parts) = (HashMap::new(), HashMap::<Hex, Vec<(usize, f64)>>::new());
        for (piece, hexes) in pieces.into_iter().enumerate() {
            for &hex in hexes {
                if hex.resolution() <= resolution {
                    whole.insert(hex, piece);
                    continue;
                }
                // Aperture 7: each step down divides the ground by seven.
                let steps = i32::from(u8::from(hex.resolution())) - i32::from(u8::from(resolution));
                let ground = 7_f64.powi(-steps);
                let here = parts.entry(hex.at_most(resolution)).or_default();
                match here.iter_mut().find(|(known, _)| *known == piece) {
                    Some((_, share)) => *share += ground,
                    None => here.push((piece, ground)),
                }
            }
        }
        Self { whole, parts }
    }

    /// The pieces that hold a hexagon of the resolution, each with its share of the hexagon's ground; empty where
    /// none is. The shares add up to less than 1 at the border of the region.
    pub(crate) fn of(&self, hex: Hex) -> Vec<(usize, f64)> {
        let coarser = |hex: &Hex| hex.resolution().pred().and_then(|coarser| hex.parent(coarser));
        let above = std::iter::successors(Some(hex), coarser).find_map(|at| self.whole.get(&at));
        above.map_or_else(|| self.parts.get(&hex).cloned().unwrap_or_default(), |&piece| vec![(piece, 1.0)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hexagon_lies_in_a_coarser_piece_or_holds_finer_ones() {
        let six = Hex::from_degrees(51.0, 7.5, Resolution::Six).unwrap();
        let eights: Vec<Hex> = six.children(Resolution::Eight).collect();
        let nines: Vec<Hex> = eights[0].children(Resolution::Nine).collect();
        let far = six.as_h3().grid_disk::<Vec<_>>(1).into_iter().map(Hex::from_h3).find(|hex| *hex != six).unwrap();
        let pieces = [vec![nines[0], nines[1]], vec![nines[2]], vec![eights[1]], vec![far]];
        let holders = Holders::new(Resolution::Eight, pieces.iter().map(Vec::as_slice));
        let split = holders.of(eights[0]);
        assert_eq!(split.iter().map(|&(piece, _)| piece).collect::<Vec<_>>(), [0, 1]);
        assert!((split[0].1 - 2.0 / 7.0).abs() < 1e-12 && (split[1].1 - 1.0 / 7.0).abs() < 1e-12, "{split:?}");
        assert_eq!(holders.of(eights[1]), [(2, 1.0)]);
        assert_eq!(holders.of(far.children(Resolution::Eight).next().unwrap()), [(3, 1.0)]);
        assert!(holders.of(eights[2]).is_empty());
    }
}
