//! Random numbers that depend on the seed and on who asks, never on the order of asking.

use domain::{BatchId, DeviceSecret, ItemId};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::{Builder, Uuid};

/// Who asks. Each has a stream of its own, so that more draws in one place change nothing elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Where people live.
    Settlement,
    /// Mobile coverage.
    Coverage,
    /// Quality of fixed lines.
    Lines,
    /// How eagerly municipalities take part.
    Participation,
    /// All that a device does.
    Device(u32),
}

/// The stream of one purpose.
pub(crate) fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(match purpose {
        Purpose::Settlement => 1,
        Purpose::Coverage => 2,
        Purpose::Lines => 3,
        Purpose::Participation => 4,
        Purpose::Device(number) => (1 << 32) + u64::from(number),
    });
    rng
}

fn uuid(rng: &mut impl RngCore) -> Uuid {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid()
}

/// A random id, version 4.
pub(crate) fn item_id(rng: &mut impl RngCore) -> ItemId {
    // Unwrap safety: the builder sets version 4, the only thing that is checked.
    ItemId::from_uuid(uuid(rng)).unwrap_or_else(|_| unreachable!("the builder sets version 4"))
}

/// A random id, version 4.
pub(crate) fn batch_id(rng: &mut impl RngCore) -> BatchId {
    // Unwrap safety: as above.
    BatchId::from_uuid(uuid(rng)).unwrap_or_else(|_| unreachable!("the builder sets version 4"))
}

/// A secret that is not all zeros, which the server refuses.
pub(crate) fn device_secret(rng: &mut impl RngCore) -> DeviceSecret {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes[0] |= 1;
    DeviceSecret::from_bytes(bytes)
}

/// Uniform between two numbers.
pub(crate) fn between(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Log-uniform between two positive numbers: as many in 1..10 as in 10..100.
pub(crate) fn log_between(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    between(rng, low.ln(), high.ln()).exp()
}

/// Log-normal by its median and the standard deviation of its logarithm.
pub(crate) fn log_normal(rng: &mut impl Rng, median: f64, sigma: f64) -> f64 {
    median * (sigma * normal(rng)).exp()
}

/// Standard normal.
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(rand_distr::StandardNormal)
}

/// Pareto with exponent `alpha`, cut off at `ratio` times its smallest value; scaled to a mean of 1.
pub(crate) fn cut_pareto(rng: &mut impl Rng, alpha: f64, ratio: f64) -> f64 {
    let cut = ratio.powf(-alpha);
    let mean = alpha / (alpha - 1.0) * (1.0 - ratio.powf(1.0 - alpha)) / (1.0 - cut);
    (1.0 - rng.random::<f64>() * (1.0 - cut)).powf(-1.0 / alpha) / mean
}

/// Index drawn by weight from running sums of weights; 0 for an empty or weightless list.
pub(crate) fn pick(rng: &mut impl Rng, running: &[f64]) -> usize {
    let total = running.last().copied().unwrap_or(0.0);
    let mark = rng.random::<f64>() * total;
    running.partition_point(|&sum| sum <= mark).min(running.len().saturating_sub(1))
}

/// Running sums, as [`pick`] wants them.
pub(crate) fn running(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let sums = weights.into_iter().scan(0.0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    sums.collect()
}
