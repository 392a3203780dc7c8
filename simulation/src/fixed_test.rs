//! Speed tests of fixed lines, with what stands between a line and its measurement.

use domain::{
    BitRate, ByteCount, DayPart, Hex, Loss, Rtt, SpeedTest,
    record::{AccessTechnology, FailureCause, FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
};
use rand::Rng;

use crate::{
    device::Device,
    lines::Line,
    random::{between, item_id, log_normal},
    schedule::{Schedule, instant},
};

/// Seconds a test runs in each direction; ndt7 takes ten.
pub(crate) const DIRECTION_SECONDS: f64 = 10.0;

/// How a household measures: the same each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Household {
    line: Line,
    medium: FixedMedium,
    /// What the radio in the home carries, Mbit/s; no limit by cable.
    indoors_mbps: f64,
    access: Option<AccessTechnology>,
    plan_told: bool,
}

impl Household {
    pub(crate) fn draw(line: Line, keen: bool, rng: &mut impl Rng) -> Self {
        let by_cable = rng.random_bool(if keen { 0.6 } else { 0.22 });
        let unknown = !by_cable && rng.random_bool(0.08);
        let medium = match (by_cable, unknown) {
            (true, _) => FixedMedium::Lan,
            (_, true) => FixedMedium::Unknown,
            _ => FixedMedium::Wifi,
        };
        let access = if line.plan_mbps >= 500.0 {
            if rng.random_bool(0.6) { AccessTechnology::Fibre } else { AccessTechnology::Cable }
        } else if line.latency_ms > 500.0 {
            AccessTechnology::Wireless
        } else if line.plan_mbps >= 100.0 && rng.random_bool(0.4) {
            AccessTechnology::Cable
        } else {
            AccessTechnology::Dsl
        };
        Self {
            line,
            medium,
            indoors_mbps: if by_cable { f64::INFINITY } else { log_normal(rng, 230.0, 0.9).max(2.0) },
            access: rng.random_bool(0.7).then_some(access),
            plan_told: rng.random_bool(0.6),
        }
    }

    /// Runs the test once.
    pub(crate) fn test(&self, device: &Device, second: i64, part: DayPart, rng: &mut impl Rng) -> SpeedTest {
        let breaks = if self.line.below_floor { 0.04 } else { 0.006 };
        let (outcome, bytes) = if rng.random_bool(breaks) {
            (TestOutcome::Failed(cause(rng)), 0.0)
        } else {
            let (result, bytes) = self.result(part, rng);
            (TestOutcome::Completed(result), bytes)
        };
        SpeedTest {
            id: item_id(rng),
            at: instant(second),
            hex: Hex::from_h3(device.home),
            network: Network::Fixed { medium: self.medium, access: self.access },
            outcome,
            protocol: Protocol::Ndt7,
            bytes: ByteCount::from_bytes(bytes as u64),
            plan_download: self.plan_told.then(|| mbps(self.line.plan_mbps)),
        }
    }

    fn result(&self, part: DayPart, rng: &mut impl Rng) -> (SpeedResult, f64) {
        // Shared cable networks fill up in the evening; small plans do not notice.
        let shared = part == DayPart::Peak && self.line.plan_mbps >= 250.0;
        let load = if shared { between(rng, 0.6, 0.95) } else { 1.0 };
        // Never above what the line delivers: the truth is an upper bound for a wired, idle test.
        let down = (self.line.download_mbps * load).min(self.indoors_mbps * between(rng, 0.8, 1.0));
        let up = self.line.upload_mbps.min(self.indoors_mbps * between(rng, 0.7, 1.0));
        let radio = if self.medium == FixedMedium::Lan { 0.0 } else { log_normal(rng, 3.0, 0.6).min(30.0) };
        let idle = self.line.latency_ms + radio + between(rng, 0.0, 3.0);
        let result = SpeedResult {
            download: Some(mbps(down)),
            upload: Some(mbps(up)),
            idle_latency: ms(idle),
            loaded_latency: ms(idle + log_normal(rng, 45.0, 0.7).min(1_500.0)),
            jitter: ms(log_normal(rng, 1.5, 0.7).min(80.0) + radio / 4.0),
            loss: Loss::from_ratio(log_normal(rng, 0.000_3, 1.2).min(0.05)).ok(),
        };
        (result, (down + up) * 1e6 / 8.0 * DIRECTION_SECONDS)
    }
}

/// Tests of a device at home: none for two thirds, up to three for the others, more when keen.
pub(crate) fn tests(
    schedule: &Schedule,
    device: &Device,
    line: Line,
    busy: &[(i64, i64)],
    rng: &mut impl Rng,
) -> Vec<SpeedTest> {
    // Who suspects the line is a little more likely to test it.
    let chance = if device.keen { 0.7 } else { 0.31 } * if line.below_floor { 1.15 } else { 1.0 };
    if !rng.random_bool(chance) && device.points > 0 {
        return Vec::new();
    }
    let household = Household::draw(line, device.keen, rng);
    let count = rng.random_range(1..=if device.keen { 6 } else { 3 });
    let mut at_home = || free_moment(schedule, busy, rng);
    let moments: Vec<i64> = (0..count).filter_map(|_| at_home()).collect();
    moments.into_iter().map(|second| household.test(device, second, schedule.day_part(second), rng)).collect()
}

/// A moment that is an hour away from every trip: nobody is at home and on the road at once.
fn free_moment(schedule: &Schedule, busy: &[(i64, i64)], rng: &mut impl Rng) -> Option<i64> {
    const HOUR: i64 = 3_600;
    let free = |second: &i64| busy.iter().all(|&(from, to)| *second < from - HOUR || *second > to + HOUR);
    (0..8).map(|_| schedule.moment(0, rng)).find(free)
}

pub(crate) fn cause(rng: &mut impl Rng) -> FailureCause {
    FailureCause::ALL[rng.random_range(0..FailureCause::ALL.len())]
}

/// At least 1 kbit/s, in whole kbit/s.
pub(crate) fn mbps(value: f64) -> BitRate {
    BitRate::from_kbps((value * 1e3).round().max(1.0) as u32)
}

pub(crate) fn ms(value: f64) -> Option<Rtt> {
    Rtt::from_millis_f64(value).ok()
}
