//! Who takes part: not a sample of the people.

use h3o::CellIndex;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{
    ground::{Ground, Town},
    phone::Phone,
    random::{Purpose, cut_pareto, log_normal, pick, running, stream},
};

/// One contributor with one device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    /// Index of the home municipality.
    pub(crate) town: usize,
    /// Patch of the home.
    pub(crate) patch: usize,
    /// The home, resolution 9.
    pub(crate) home: CellIndex,
    pub(crate) phone: Phone,
    /// Coverage points it will record.
    pub(crate) points: usize,
    /// Measures several times as much as the mean: likes technology, lives in town, pays for a fast line.
    pub(crate) keen: bool,
}

/// How contributors spread over the region.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    /// Running sums over municipalities for ordinary and for keen contributors.
    towns: [Vec<f64>; 2],
    /// Points of a device of mean activity.
    mean_points: f64,
}

/// Contributors who record no track at all.
const TRACKLESS: f64 = 0.08;
/// Activity in means above which a contributor counts as keen: about one in sixteen.
const KEEN: f64 = 2.5;
/// Points asked for beyond the target, for paths that the border of the region cuts short.
const SPARE: f64 = 1.02;

impl Population {
    pub(crate) fn new(ground: &Ground, seed: u64, devices: u32, target_points: u32) -> Self {
        let mut rng = stream(seed, Purpose::Participation);
        let people: f64 = ground.towns.iter().map(|town| town.inhabitants).sum();
        let mean_density = ground.towns.iter().map(|town| town.inhabitants * town.density).sum::<f64>() / people;
        // Some mayors call for it, some never heard of it; every sixteenth municipality is nearly silent.
        let eagerness: Vec<f64> = ground.towns.iter().map(|_| eagerness(&mut rng)).collect();
        let weights = |bias: f64| {
            let of = |(town, eager): (&Town, &f64)| {
                let lives = if town.patches.is_empty() { 0.0 } else { town.inhabitants };
                lives * (town.density / mean_density).powf(bias) * eager
            };
            running(ground.towns.iter().zip(&eagerness).map(of))
        };
        let total: f64 = (0..devices).map(|device| activity(&mut stream(seed, Purpose::Device(device)))).sum();
        Self {
            towns: [weights(0.12), weights(0.5)],
            mean_points: f64::from(target_points) * SPARE / total.max(f64::MIN_POSITIVE),
        }
    }

    /// The contributor who owns a stream; `rng` must be fresh.
    pub(crate) fn draw(&self, ground: &Ground, rng: &mut ChaCha8Rng) -> Device {
        let activity = activity(rng);
        let keen = activity > KEEN;
        let town = pick(rng, &self.towns[usize::from(keen)]);
        let (patch, home) = ground.home(town, rng);
        // Rounded by lot: with few points a device, plain rounding would lose or add a percent.
        let points = (activity * self.mean_points + rng.random::<f64>()) as usize;
        Device { town, patch, home, phone: Phone::draw(rng), points, keen }
    }
}

/// Points of a contributor in units of the mean: a power law, and none for some. Must stay the first draw of a stream.
fn activity(rng: &mut impl Rng) -> f64 {
    if rng.random_bool(TRACKLESS) { 0.0 } else { cut_pareto(rng, 1.3, 200.0) }
}

fn eagerness(rng: &mut impl Rng) -> f64 {
    let mood = log_normal(rng, 1.0, 0.45);
    if rng.random_bool(1.0 / 16.0) { mood * 0.04 } else { mood }
}
