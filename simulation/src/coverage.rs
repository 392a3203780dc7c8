//! Mobile coverage as it really is: every operator's best technology in every patch.

use domain::Technology;
use rand::Rng;

use crate::{
    field::SmoothField,
    ground::Ground,
    network::{ANY_FIVE_G, ANY_FOUR_G, NETWORKS},
    random::{Purpose, normal, stream},
};

const N: usize = NETWORKS.len();

/// Best technology and typical signal, by operator and patch.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    pub(crate) best: [Vec<Option<Technology>>; N],
    /// Typical 4G RSRP, dBm; meaningful where there is 4G.
    pub(crate) rsrp_dbm: [Vec<i8>; N],
    /// Patches without mobile broadband of each municipality, as its people know them.
    pub(crate) gaps: [Vec<Vec<usize>>; N],
}

impl Coverage {
    pub(crate) fn new(ground: &Ground, seed: u64) -> Self {
        let mut rng = stream(seed, Purpose::Coverage);
        let people = standardised(ground.patches.iter().map(|patch| patch.density.ln_1p()).collect());
        let all = [(); N].map(|()| vec![true; ground.patches.len()]);

        let four_g = Landscape::new(ground, &people, &mut rng);
        let scores = four_g.mixed_for(ANY_FOUR_G, NETWORKS.map(|n| n.four_g), &all);
        let has_four_g = best_of(&scores, NETWORKS.map(|n| n.four_g), &all);
        let has_any = best_of(&scores, NETWORKS.map(|n| 1.0 - n.nothing), &all);

        let five_g = Landscape::new(ground, &people, &mut rng);
        let shares = NETWORKS.map(|n| n.five_g);
        let has_five_g = best_of(&five_g.mixed_for(ANY_FIVE_G, shares, &has_four_g), shares, &has_four_g);

        let best = |op: usize| {
            let technology = |at: usize| match (has_five_g[op][at], has_four_g[op][at], has_any[op][at]) {
                (true, _, _) => Some(NETWORKS[op].five_g_kind(ground.patches[at].density)),
                (_, true, _) => Some(Technology::FourG),
                (_, _, true) => Some(Technology::TwoG),
                _ => None,
            };
            (0..ground.patches.len()).map(technology).collect()
        };
        let gaps = |op: usize| {
            let mut gaps = vec![Vec::new(); ground.towns.len()];
            for (at, patch) in ground.patches.iter().enumerate().filter(|&(at, _)| !has_four_g[op][at]) {
                gaps[patch.town].push(at);
            }
            gaps
        };
        Self {
            best: std::array::from_fn(best),
            rsrp_dbm: std::array::from_fn(|op| signal(&scores[op], &has_four_g[op])),
            gaps: std::array::from_fn(gaps),
        }
    }
}

/// The ingredients of goodness in each patch: people pull masts near, terrain hides all operators alike, and
/// each operator has built where it happened to build.
struct Landscape {
    people: Vec<f64>,
    shared: Vec<f64>,
    own: [Vec<f64>; N],
}

impl Landscape {
    fn new(ground: &Ground, people: &[f64], rng: &mut impl Rng) -> Self {
        let mut layer = |wavelength_km| {
            let field = SmoothField::new(rng, wavelength_km);
            let rough: Vec<f64> = ground.patches.iter().map(|patch| field.at(patch.at) + 0.3 * normal(rng)).collect();
            standardised(rough)
        };
        Self { people: people.to_vec(), shared: layer(9.0), own: [(); N].map(|()| layer(6.0)) }
    }

    /// Scores in which the operators share `alike` (0 to 1) of their variance beside the people.
    fn mixed(&self, alike: f64) -> [Vec<f64>; N] {
        let (shared, own) = (alike.sqrt(), (1.0 - alike).sqrt());
        self.own.each_ref().map(|field| {
            let parts = self.people.iter().zip(&self.shared).zip(field);
            parts.map(|((people, s), o)| 0.7 * people + shared * s + own * o).collect()
        })
    }

    /// The mixture under which at least one operator serves `any` of the area when each serves its own share.
    ///
    /// The more alike the operators are, the more ground none of them serves, so bisection finds it.
    fn mixed_for(&self, any: f64, shares: [f64; N], allowed: &[Vec<bool>; N]) -> [Vec<f64>; N] {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..14 {
            let middle = f64::midpoint(low, high);
            let served = best_of(&self.mixed(middle), shares, allowed);
            let n = self.people.len();
            let union = (0..n).filter(|&at| served.iter().any(|op| op[at])).count();
            if union as f64 > any * n as f64 { low = middle } else { high = middle }
        }
        self.mixed(high)
    }
}

/// For each operator, the best-scored allowed patches, as many as its share of all patches says.
fn best_of(scores: &[Vec<f64>; N], shares: [f64; N], allowed: &[Vec<bool>; N]) -> [Vec<bool>; N] {
    std::array::from_fn(|op| {
        let mut order: Vec<usize> = (0..scores[op].len()).filter(|&at| allowed[op][at]).collect();
        let wanted = ((shares[op] * scores[op].len() as f64).round() as usize).min(order.len());
        if wanted > 0 && wanted < order.len() {
            order.select_nth_unstable_by(wanted - 1, |&a, &b| scores[op][b].total_cmp(&scores[op][a]));
        }
        let mut served = vec![false; scores[op].len()];
        for &at in &order[..wanted] {
            served[at] = true;
        }
        served
    })
}

/// Weakest just inside the edge of coverage, stronger with every standard deviation above it.
fn signal(scores: &[f64], served: &[bool]) -> Vec<i8> {
    let inside = scores.iter().zip(served).filter(|&(_, &served)| served).map(|(&score, _)| score);
    let edge = inside.fold(f64::INFINITY, f64::min);
    scores.iter().map(|score| (-114.0 + 9.0 * (score - edge)).clamp(-118.0, -76.0).round() as i8).collect()
}

/// Shifted and scaled to mean 0 and variance 1; all zero if there is no variance.
fn standardised(mut values: Vec<f64>) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
    for value in &mut values {
        *value = (*value - mean) * scale;
    }
    values
}
