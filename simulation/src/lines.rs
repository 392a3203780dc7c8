//! Fixed lines as they really are: what share of a municipality's lines misses the floor, and how fast the others are.

use rand::Rng;

use crate::{
    SimSupply,
    random::{between, log_between, log_normal},
    truth::FixedTruth,
};

/// Plans people buy: download and upload, Mbit/s. Even the smallest stays above the floor of 15 / 5 when the line
/// delivers [`DELIVERED`] of it, so that below the floor means a bad line, not a small plan.
const PLANS: [(f64, f64); 6] =
    [(25.0, 6.0), (50.0, 10.0), (100.0, 40.0), (250.0, 40.0), (500.0, 100.0), (1_000.0, 200.0)];

/// Part of the plan that a sound line delivers.
const DELIVERED: (f64, f64) = (0.85, 1.0);

/// Download of a line below the floor, Mbit/s.
const BELOW: (f64, f64) = (1.5, 14.5);

/// What people take where up to so much is on offer: less than 50, 100, 1,000 Mbit/s, and beyond.
const TAKE_UP: [[f64; 6]; 4] = [
    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.35, 0.65, 0.0, 0.0, 0.0, 0.0],
    [0.08, 0.27, 0.40, 0.25, 0.0, 0.0],
    [0.0, 0.20, 0.30, 0.25, 0.10, 0.15],
];

/// One line as its contract and its copper make it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Advertised download, Mbit/s.
    pub(crate) plan_mbps: f64,
    pub(crate) download_mbps: f64,
    pub(crate) upload_mbps: f64,
    pub(crate) latency_ms: f64,
    pub(crate) below_floor: bool,
}

/// The mixture of lines of one municipality.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    below: f64,
    /// Shares of the plans; with `below` they sum to 1.
    plans: [f64; 6],
}

impl Lines {
    /// From what is on offer; a municipality's luck decides how much of the slow copper misses the floor.
    pub(crate) fn new(supply: SimSupply, rng: &mut impl Rng) -> Self {
        let at_least = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let fifty = at_least(supply.at_least_50);
        let hundred = at_least(supply.at_least_100).min(fifty);
        let giga = at_least(supply.at_least_1000).min(hundred);
        let below = (log_normal(rng, 0.40, 0.4) * (1.0 - fifty) + log_normal(rng, 0.010, 0.5)).clamp(0.002, 0.4);
        let below = rounded(below, 1e6);
        let offers = [(1.0 - fifty - below).max(0.0), fifty - hundred, hundred - giga, giga];
        let rest = (1.0 - below) / offers.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let taken = |plan: usize| offers.iter().zip(TAKE_UP).map(|(offer, shares)| offer * shares[plan]).sum::<f64>();
        Self { below, plans: std::array::from_fn(|plan| rest * taken(plan)) }
    }

    /// The figures that the truth keeps.
    pub(crate) fn truth(&self) -> FixedTruth {
        let (mut low, mut high) = (0.0, 1_000.0);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if self.share_slower_than(middle) < 0.5 { low = middle } else { high = middle }
        }
        FixedTruth { share_below_floor: self.below, median_download_mbps: rounded(high, 1e3) }
    }

    fn share_slower_than(&self, mbps: f64) -> f64 {
        let part = |low: f64, high: f64, at: f64| ((at - low) / (high - low)).clamp(0.0, 1.0);
        let bad = self.below * part(BELOW.0.ln(), BELOW.1.ln(), mbps.ln());
        let sound = self.plans.iter().zip(PLANS);
        bad + sound.map(|(share, (plan, _))| share * part(plan * DELIVERED.0, plan * DELIVERED.1, mbps)).sum::<f64>()
    }

    /// A line of this municipality. `keen` contributors lean towards the faster ones.
    pub(crate) fn draw(&self, keen: bool, rng: &mut impl Rng) -> Line {
        let first = rng.random::<f64>();
        let luck = if keen { first.max(rng.random()) } else { first };
        if luck < self.below { Self::bad(rng) } else { self.sound(luck - self.below, rng) }
    }

    fn bad(rng: &mut impl Rng) -> Line {
        let download_mbps = log_between(rng, BELOW.0, BELOW.1);
        // One in ten is a satellite link.
        let latency_ms = if rng.random_bool(0.1) { between(rng, 560.0, 750.0) } else { between(rng, 25.0, 110.0) };
        Line {
            plan_mbps: if download_mbps < 6.0 { 6.0 } else { 16.0 },
            download_mbps,
            upload_mbps: download_mbps * between(rng, 0.06, 0.2),
            latency_ms,
            below_floor: true,
        }
    }

    fn sound(&self, mut luck: f64, rng: &mut impl Rng) -> Line {
        let mut chosen = 5;
        for (plan, share) in self.plans.iter().enumerate() {
            if luck < *share {
                chosen = plan;
                break;
            }
            luck -= share;
        }
        let (down, up) = PLANS[chosen];
        Line {
            plan_mbps: down,
            download_mbps: down * between(rng, DELIVERED.0, DELIVERED.1),
            upload_mbps: up * between(rng, DELIVERED.0, DELIVERED.1),
            latency_ms: if down >= 500.0 { between(rng, 4.0, 15.0) } else { between(rng, 9.0, 38.0) },
            below_floor: false,
        }
    }
}

/// Short decimals survive JSON unchanged.
fn rounded(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}

/// What is probably on offer where so many people live per km²: NRW's published shares, roughly.
pub(crate) fn guessed_supply(density: f64, rng: &mut impl Rng) -> SimSupply {
    let rural = (-density / 250.0).exp();
    let share = |base: f64, loss: f64, rng: &mut _| (base - loss * rural + between(rng, -0.03, 0.03)).clamp(0.0, 1.0);
    SimSupply {
        at_least_50: share(0.97, 0.25, rng),
        at_least_100: share(0.92, 0.45, rng),
        at_least_1000: share(0.70, 0.65, rng),
    }
}
