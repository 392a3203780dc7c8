//! Speed tests over the mobile network, somewhere along a trip.

use domain::{
    ByteCount, CoveragePoint, Loss, SpeedTest, Technology,
    record::{FailureCause, Network, Protocol, SpeedResult, TestOutcome},
};
use rand::Rng;

use crate::{
    fixed_test::{DIRECTION_SECONDS, cause, mbps, ms},
    random::{item_id, log_normal},
    schedule::instant,
    track::Trip,
};

/// Contributors who also test the speed on the way.
const SHARE: f64 = 0.15;

/// At most one test a trip, at a point of the track: same place, network and technology.
pub(crate) fn tests(trips: &[Trip], rng: &mut impl Rng) -> Vec<SpeedTest> {
    if !rng.random_bool(SHARE) {
        return Vec::new();
    }
    trips.iter().map(|trip| test(trip, rng)).collect()
}

fn test(trip: &Trip, rng: &mut impl Rng) -> SpeedTest {
    let at = rng.random_range(0..trip.track.points.len());
    let point = &trip.track.points[at];
    let (outcome, bytes) = outcome(point, rng);
    SpeedTest {
        id: item_id(rng),
        at: instant(trip.seconds[at]),
        hex: point.hex,
        network: Network::Mobile { operator: point.operator, technology: point.technology, roaming: false },
        outcome,
        protocol: Protocol::Ndt7,
        bytes: ByteCount::from_bytes(bytes as u64),
        plan_download: None,
    }
}

/// Median download, upload (Mbit/s) and latency (ms); chance to break.
const fn typical(technology: Technology) -> (f64, f64, f64, f64) {
    match technology {
        Technology::TwoG => (0.12, 0.06, 420.0, 0.25),
        Technology::ThreeG => (4.0, 1.5, 80.0, 0.05),
        Technology::FourG => (42.0, 14.0, 42.0, 0.012),
        Technology::FiveGDss => (75.0, 22.0, 34.0, 0.008),
        Technology::FiveG | Technology::FiveGNsa => (165.0, 34.0, 27.0, 0.006),
        Technology::FiveGSa => (190.0, 42.0, 19.0, 0.006),
    }
}

fn outcome(point: &CoveragePoint, rng: &mut impl Rng) -> (TestOutcome, f64) {
    let Some(technology) = point.technology else {
        return (TestOutcome::Failed(FailureCause::NoConnection), 0.0);
    };
    let (down, up, latency, breaks) = typical(technology);
    if rng.random_bool(breaks) {
        return (TestOutcome::Failed(cause(rng)), 0.0);
    }
    let down = log_normal(rng, down, 0.7).min(1_200.0);
    let up = log_normal(rng, up, 0.6).min(150.0);
    let idle = log_normal(rng, latency, 0.25);
    let result = SpeedResult {
        download: Some(mbps(down)),
        upload: Some(mbps(up)),
        idle_latency: ms(idle),
        loaded_latency: ms(idle + log_normal(rng, 90.0, 0.6).min(3_000.0)),
        jitter: ms(log_normal(rng, 6.0, 0.6).min(200.0)),
        loss: Loss::from_ratio(log_normal(rng, 0.001, 1.2).min(0.2)).ok(),
    };
    (TestOutcome::Completed(result), (down + up) * 1e6 / 8.0 * DIRECTION_SECONDS)
}
