//! Proxies for what no table has: who lives in a hexagon, whether somebody passes, and how far it is.

use std::collections::{BTreeMap, HashMap};

use domain::{AreaKey, Cover, Hex};

use super::{NextArea, NextLayer, PROPOSED};
use crate::gate::Piece;

/// Share of inhabitants who take part in a campaign week: 36,000 of 17.9 million (NRW, 2023).
pub const TAKING_PART: f64 = 36_000.0 / 17_890_489.0;

/// People of a hexagon where no municipality of the region has a figure: all hexagons count alike.
pub const NO_FIGURE: f64 = 1.0;

/// Centre to centre of neighbours at the proposed resolution, km: √(2 A / √3), A the mean area of 0.737 km².
const STEP_KM: f64 = 0.923;

/// Beyond so many steps a way is not looked for.
const FARTHEST: u32 = 10;

/// People and ways, by proposed hexagon.
#[derive(Debug)]
pub(super) struct Places {
    people: HashMap<Hex, f64>,
    /// Steps from the nearest place where people are known to get.
    steps: HashMap<Hex, u32>,
    knows_inhabitants: bool,
}

impl Places {
    pub(super) fn new(cover: &Cover, areas: &[NextArea], layers: &[NextLayer]) -> Self {
        let (people, knows_inhabitants) = people(cover, areas);
        let sites = areas.iter().flat_map(|area| &area.sites).map(|site| site.at_most(PROPOSED));
        // A remainder too lies inside of the hexagon whose rest it is.
        let inside = |piece: &&Piece| piece.summary.devices > 0 && piece.resolution >= u8::from(PROPOSED);
        let measured = layers.iter().flat_map(|layer| &layer.pieces).filter(inside);
        let measured = measured.flat_map(|piece| &piece.hexes).map(|hex| hex.at_most(PROPOSED));
        Self { people, steps: steps(sites.chain(measured)), knows_inhabitants }
    }

    pub(super) const fn knows_inhabitants(&self) -> bool {
        self.knows_inhabitants
    }

    /// People of a hexagon: each municipality's inhabitants spread evenly over its ground.
    pub(super) fn people(&self, hex: Hex) -> f64 {
        self.people.get(&hex).copied().unwrap_or(0.0)
    }

    /// Chance that at least one of those who take part lives here or next to it, 1 − e^(−λ), λ the expected number
    /// of them in the hexagon and its ring.
    pub(super) fn pass_probability(&self, hex: Hex) -> f64 {
        let around = hex.as_h3().grid_disk::<Vec<_>>(1);
        let people: f64 = around.into_iter().map(|near| self.people(Hex::from_h3(near))).sum();
        -(-TAKING_PART * people).exp_m1()
    }

    /// 1 for the visit, and the kilometres from the nearest school or ground measured on its own.
    pub(super) fn travel_cost(&self, hex: Hex) -> f64 {
        if self.steps.is_empty() {
            return 1.0;
        }
        1.0 + STEP_KM * f64::from(self.steps.get(&hex).copied().unwrap_or(FARTHEST))
    }
}

/// People by hexagon, and whether any municipality has a figure.
fn people(cover: &Cover, areas: &[NextArea]) -> (HashMap<Hex, f64>, bool) {
    let leaves = |hex: Hex| hex.as_h3().children_count(Cover::RESOLUTION).max(1) as f64;
    let mut ground: BTreeMap<AreaKey, f64> = BTreeMap::new();
    for (hex, key) in cover.pairs() {
        *ground.entry(key).or_default() += leaves(hex);
    }
    let known: BTreeMap<AreaKey, f64> =
        areas.iter().filter_map(|area| Some((area.key, area.inhabitants? as f64 / ground.get(&area.key)?))).collect();
    // A municipality without a figure counts like the mean of those that have one.
    let (inhabitants, measured) = known.iter().fold((0.0, 0.0), |(people, all), (key, density)| {
        let leaves = ground.get(key).copied().unwrap_or_default();
        (people + density * leaves, all + leaves)
    });
    let mean = if measured > 0.0 { inhabitants / measured } else { NO_FIGURE / 7.0 };
    let mut pairs: Vec<(Hex, AreaKey)> = cover.pairs().collect();
    // Sums of fractions depend on their order, and the document must not.
    pairs.sort_unstable();
    let mut people: HashMap<Hex, f64> = HashMap::new();
    for (hex, key) in pairs {
        let density = known.get(&key).copied().unwrap_or(mean);
        if hex.resolution() <= PROPOSED {
            people.extend(hex.children(PROPOSED).map(|child| (child, density * leaves(child))));
        } else {
            *people.entry(hex.at_most(PROPOSED)).or_default() += density * leaves(hex);
        }
    }
    (people, !known.is_empty())
}

/// Steps on the grid from the nearest of these, up to [`FARTHEST`].
fn steps(from: impl Iterator<Item = Hex>) -> HashMap<Hex, u32> {
    let mut steps: HashMap<Hex, u32> = from.map(|hex| (hex, 0)).collect();
    let mut edge: Vec<Hex> = steps.keys().copied().collect();
    for step in 1..=FARTHEST {
        let mut next = Vec::new();
        for near in edge.iter().flat_map(|hex| hex.as_h3().grid_disk::<Vec<_>>(1)).map(Hex::from_h3) {
            steps.entry(near).or_insert_with(|| {
                next.push(near);
                step
            });
        }
        edge = next;
    }
    steps
}

#[cfg(test)]
mod tests {
    use domain::Resolution;

    use super::*;

    fn six() -> Hex {
        Hex::from_degrees(51.0, 7.5, Resolution::Six).unwrap()
    }

    fn area(key: &str, inhabitants: Option<i64>, sites: Vec<Hex>) -> NextArea {
        NextArea { key: key.parse().unwrap(), name: key.into(), district: String::new(), inhabitants, sites }
    }

    #[test]
    fn inhabitants_are_spread_evenly_and_a_school_is_where_people_get() {
        let eights: Vec<Hex> = six().children(PROPOSED).collect();
        let cover = Cover::new([(six(), "05334002".parse().unwrap())]);
        let school = eights[0].children(Resolution::Nine).next().unwrap();
        let places = Places::new(&cover, &[area("05334002", Some(49_000), vec![school])], &[]);
        assert!((places.people(eights[10]) - 1_000.0).abs() < 1e-9);
        assert!((places.travel_cost(eights[0]) - 1.0).abs() < 1e-12);
        let neighbour = eights[0].as_h3().grid_disk::<Vec<_>>(1)[1];
        assert!((places.travel_cost(Hex::from_h3(neighbour)) - 1.923).abs() < 1e-9);
        // Seven hexagons of a thousand people, of whom about 14 take part: somebody passes.
        let inner = six().as_h3().center_child(PROPOSED).map(Hex::from_h3).unwrap();
        assert!((places.pass_probability(inner) - (1.0 - (-7_000.0 * TAKING_PART).exp())).abs() < 1e-9);
    }

    #[test]
    fn a_municipality_without_a_figure_counts_like_the_mean_of_the_others() {
        let sevens: Vec<Hex> = six().children(Resolution::Seven).collect();
        let keys = ["05334002", "05334004"];
        let cover = Cover::new(sevens.iter().enumerate().map(|(at, &hex)| (hex, keys[at % 2].parse().unwrap())));
        let places = Places::new(&cover, &[area(keys[0], Some(28_000), vec![]), area(keys[1], None, vec![])], &[]);
        let unknown = sevens[1].children(PROPOSED).next().unwrap();
        assert!((places.people(unknown) - 1_000.0).abs() < 1e-9);
        let nobody = Places::new(&cover, &[area(keys[0], None, vec![])], &[]);
        assert!((nobody.people(unknown) - NO_FIGURE).abs() < 1e-9 && !nobody.knows_inhabitants());
        assert!((nobody.travel_cost(unknown) - 1.0).abs() < 1e-12, "no place is known, so none is far");
    }
}
