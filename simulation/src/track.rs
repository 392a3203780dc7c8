//! Coverage tracks of a device.

use domain::{CoveragePoint, CoverageTrack, Hex};
use rand::Rng;

use crate::{
    coverage::Coverage,
    device::Device,
    ground::Ground,
    random::item_id,
    schedule::Schedule,
    walk::{Pace, Step, path, reduced},
};

/// Trips that start in a known gap of the municipality, where it has one.
const GAP_HUNTS: f64 = 0.07;

/// A track with what is needed to hang tests and reports on it.
#[derive(Clone, Debug)]
pub(crate) struct Trip {
    pub(crate) track: CoverageTrack,
    /// Second of each point.
    pub(crate) seconds: Vec<i64>,
}

/// One to three tracks from home; few points make one track, because a path of ends alone shows little.
pub(crate) fn trips(
    ground: &Ground,
    coverage: &Coverage,
    schedule: &Schedule,
    device: &Device,
    rng: &mut impl Rng,
) -> Vec<Trip> {
    let most = match device.points {
        0 => return Vec::new(),
        1..30 => 1,
        30..80 => 2,
        _ => 3,
    };
    let count = rng.random_range(1..=most).max(device.points.div_ceil(CoverageTrack::MAX_POINTS));
    let lengths = (0..count).map(|n| device.points / count + usize::from(n < device.points % count));
    lengths.map(|length| trip(ground, coverage, schedule, device, length, rng)).collect()
}

fn trip(
    ground: &Ground,
    coverage: &Coverage,
    schedule: &Schedule,
    device: &Device,
    length: usize,
    rng: &mut impl Rng,
) -> Trip {
    // Nobody walks for half a day.
    let pace = if length > 150 || rng.random_bool(0.45) { Pace::Drive } else { Pace::Walk };
    let steps = path(ground, departure(ground, coverage, device, rng), length, pace, rng);
    let start = schedule.moment((steps.len() as f64 * pace.seconds_per_hex()) as i64, rng);
    let seconds: Vec<i64> =
        (0..steps.len()).map(|n| schedule.inside(start + (n as f64 * pace.seconds_per_hex()) as i64)).collect();
    let places = reduced(&steps).into_iter().zip(seconds.iter().map(|&second| schedule.hour(second)));
    let points: Vec<CoveragePoint> =
        places.zip(&steps).map(|(place, step)| device.phone.look(coverage, step.patch, place, rng)).collect();
    Trip { track: CoverageTrack { id: item_id(rng), locked_to: None, points }, seconds }
}

/// Most leave from home. Some go to a gap that the neighbours complain about: a bias of real campaigns, too.
fn departure(ground: &Ground, coverage: &Coverage, device: &Device, rng: &mut impl Rng) -> Step {
    let gaps = &coverage.gaps[device.phone.network][device.town];
    if !gaps.is_empty() && rng.random_bool(GAP_HUNTS) {
        let patch = gaps[rng.random_range(0..gaps.len())];
        return Step { hex: ground.somewhere(patch, rng), patch };
    }
    let door = device.home.children(Hex::MOBILE).nth(rng.random_range(0..7)).unwrap_or(device.home);
    Step { hex: door, patch: device.patch }
}
