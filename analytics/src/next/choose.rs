//! From a value of each hexagon to a list that spreads people: greedy, with distance, quota and cap.

use std::collections::{BTreeMap, HashSet};

use domain::{AreaKey, Hex};

/// Steps on the grid between any two chosen hexagons, at least: no two touch.
pub const SPACING: u32 = 2;

/// A hexagon that could be measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) hex: Hex,
    pub(super) key: AreaKey,
    pub(super) index: f64,
    pub(super) no_data: bool,
}

/// Rows kept for hexagons without any data: a tenth, rounded up. Without them the list would go where people
/// measure already.
pub const fn quota(top: u32) -> u32 {
    top.div_ceil(10)
}

/// Rows of one municipality at most: a tenth of the list, or twice its even part where there are few of them.
pub fn cap(top: u32, municipalities: usize) -> u32 {
    let even = top.div_ceil(u32::try_from(municipalities.max(1)).unwrap_or(u32::MAX));
    quota(top).max(even.saturating_mul(2))
}

/// The chosen hexagons by index, greatest first; equal ones by hexagon ([`order`]). First the quota of hexagons without data,
/// then whatever has the greatest index. Ground where a visit would decide nothing is left out, so that there may
/// be fewer than `top`.
pub(super) fn choose(mut candidates: Vec<Candidate>, top: u32, cap: u32) -> Vec<Hex> {
    candidates.retain(|candidate| candidate.no_data || candidate.index > 0.0);
    candidates.sort_by(order);
    let mut list = List { cap, chosen: Vec::new(), near: HashSet::new(), by_municipality: BTreeMap::new() };
    for candidate in candidates.iter().filter(|candidate| candidate.no_data) {
        if list.chosen.len() >= quota(top) as usize {
            break;
        }
        list.take(candidate);
    }
    for candidate in &candidates {
        if list.chosen.len() >= top as usize {
            break;
        }
        list.take(candidate);
    }
    list.chosen.sort_by(order);
    list.chosen.into_iter().map(|candidate| candidate.hex).collect()
}

/// Equal ones by the digits of the hexagon from the finest up: in a municipality whose ground is all alike that
/// scatters them, where H3's own order would send everybody to one corner.
fn order(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    let scattered = |candidate: &Candidate| candidate.hex.as_i64().reverse_bits().cast_unsigned();
    b.index.total_cmp(&a.index).then(scattered(a).cmp(&scattered(b)))
}

#[derive(Debug)]
struct List {
    cap: u32,
    chosen: Vec<Candidate>,
    /// Chosen hexagons and all that lie closer to one than [`SPACING`].
    near: HashSet<Hex>,
    by_municipality: BTreeMap<AreaKey, u32>,
}

impl List {
    fn take(&mut self, candidate: &Candidate) {
        let here = self.by_municipality.entry(candidate.key).or_default();
        if *here >= self.cap || self.near.contains(&candidate.hex) {
            return;
        }
        *here += 1;
        let near = candidate.hex.as_h3().grid_disk::<Vec<_>>(SPACING - 1);
        self.near.extend(near.into_iter().map(Hex::from_h3));
        self.chosen.push(candidate.clone());
    }
}

#[cfg(test)]
mod tests {
    use domain::Resolution;
    use proptest::prelude::*;

    use super::*;

    fn hexes() -> Vec<Hex> {
        let six = Hex::from_degrees(51.0, 7.5, Resolution::Six).unwrap();
        six.children(Resolution::Eight).collect()
    }

    fn candidates(indices: &[f64], no_data: impl Fn(usize) -> bool) -> Vec<Candidate> {
        let keys: [AreaKey; 2] = ["05334002".parse().unwrap(), "05334004".parse().unwrap()];
        let all = hexes().into_iter().zip(indices).enumerate();
        all.map(|(at, (hex, &index))| Candidate { hex, key: keys[at % 2], index, no_data: no_data(at) }).collect()
    }

    #[test]
    fn a_tenth_of_the_list_goes_where_nothing_is_known_even_if_its_index_is_small() {
        let indices: Vec<f64> = (0..49).map(|at| if at == 48 { 0.0 } else { 100.0 - f64::from(at) }).collect();
        let chosen = choose(candidates(&indices, |at| at == 48), 5, 99);
        assert!(chosen.contains(&hexes()[48]), "{chosen:?}");
        assert_eq!(chosen[0], hexes()[0]);
        let settled = choose(candidates(&[0.0; 49], |_| false), 5, 99);
        assert!(settled.is_empty(), "where nothing is to be decided nobody is sent");
    }

    #[test]
    fn hexagons_of_equal_worth_are_scattered() {
        let chosen = choose(candidates(&[1.0; 49], |_| true), 4, 99);
        let parents: HashSet<Hex> = chosen.iter().map(|hex| hex.at_most(Resolution::Seven)).collect();
        assert_eq!((chosen.len(), parents.len()), (4, 4), "each in a neighbourhood of its own: {chosen:?}");
    }

    #[test]
    fn one_municipality_does_not_fill_the_list() {
        assert_eq!((cap(50, 396), cap(50, 10), cap(50, 1), cap(3, 396)), (5, 10, 100, 2));
        let chosen = choose(candidates(&[1.0; 49], |_| true), 20, 2);
        assert_eq!(chosen.len(), 4, "two of each of the two");
    }

    proptest! {
        #[test]
        fn chosen_hexagons_never_touch_and_the_order_of_the_input_does_not_matter(
            indices in proptest::collection::vec(0.0_f64..10.0, 49), top in 1_u32..60, seed in any::<u64>(),
        ) {
            let no_data = |at: usize| (seed >> (at % 64)) & 1 == 1;
            let mut input = candidates(&indices, no_data);
            let chosen = choose(input.clone(), top, 99);
            prop_assert!(chosen.len() <= top as usize);
            for (at, one) in chosen.iter().enumerate() {
                for other in &chosen[at + 1..] {
                    prop_assert!(one.as_h3().grid_distance(other.as_h3()).unwrap() >= 2, "{one} and {other}");
                }
            }
            input.reverse();
            prop_assert_eq!(choose(input, top, 99), chosen);
        }
    }
}
