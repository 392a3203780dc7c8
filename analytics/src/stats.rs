//! Statistics of small, unequal samples (METHODS 3). Pure functions; every worked number of METHODS is a test.

use crate::summary::{Grade, Posterior, Quantiles, Share};

/// Two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_964;

/// Wilson's 95 % interval for a share. `n` is the effective number of devices; `None` for no devices.
pub fn wilson(share: f64, n: f64) -> Option<Share> {
    if !(n > 0.0 && (0.0..=1.0).contains(&share)) {
        return None;
    }
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // Rounding must not push a bound past the value it surrounds.
    Some(Share { low: (centre - half).clamp(0.0, share), value: share, high: (centre + half).clamp(share, 1.0) })
}

/// Kish's effective number of observations, (Σw)²/Σw², never above the number of devices (METHODS 3.2):
/// weights 1/m would otherwise claim more independent voices than there are.
pub fn kish(weights: impl IntoIterator<Item = f64>, devices: u32) -> f64 {
    let (sum, squares) = weights.into_iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
    if squares > 0.0 { (sum * sum / squares).min(f64::from(devices)) } else { 0.0 }
}

/// [`kish`] for devices that made so many attempts each, every device with the same voice: an attempt of
/// a device with m attempts weighs 1/m.
pub fn n_eff(attempts: &[u64]) -> f64 {
    let devices = attempts.len() as f64;
    let squares: f64 = attempts.iter().map(|&made| 1.0 / made.max(1) as f64).sum();
    if squares > 0.0 { (devices * devices / squares).min(devices) } else { 0.0 }
}

/// Beta posterior of a share seen on `n` effective devices.
pub fn posterior(share: f64, n: f64, prior: crate::rules::Prior) -> Posterior {
    Posterior { a: prior.a + share * n, b: prior.b + (1.0 - share) * n }
}

/// Effective devices below which the 10 % quantile has no one-sided 95 % bound (METHODS 3.3).
pub const MIN_FOR_P10: f64 = 29.0;

/// A quantile of sorted values, interpolated between neighbours; the median of 1, 2, 4, 8, 16 is 4.
///
/// # Panics
/// On an empty slice.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
}

/// The published quantiles of device values, in the unit of `scale`; `None` without values.
pub fn quantiles(values: &mut [f64], scale: f64) -> Option<Quantiles> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let enough = values.len() as f64 >= MIN_FOR_P10;
    // Three decimals (kbit/s, µs): beyond that only the order of additions would show.
    let at = |q| (quantile(values, q) * scale * 1e3).round() / 1e3;
    Some(Quantiles {
        devices: values.len() as u32,
        p10: enough.then(|| at(0.1)),
        p50: at(0.5),
        p80: at(0.8),
        p90: enough.then(|| at(0.9)),
    })
}

/// What the evidence grade looks at.
#[derive(Clone, Copy, Debug)]
pub struct GradeFacts {
    /// A drive test.
    pub survey: bool,
    /// The window is a campaign.
    pub campaign: bool,
    /// Half of the width of the 95 % interval.
    pub half_width: f64,
    /// Days from first to last, both counted.
    pub span_days: u32,
    /// Parts of the day with evidence, 0 to 3.
    pub day_parts: u32,
    /// Largest share of one device in the weight.
    pub heaviest: f64,
}

/// Evidence grade A to D of a published unit (METHODS 3.5); S for drive tests.
pub fn grade(facts: GradeFacts) -> Grade {
    if facts.survey {
        return Grade::S;
    }
    let (days_needed, best) = if facts.campaign { (3, Grade::B) } else { (14, Grade::A) };
    if facts.span_days < days_needed || facts.day_parts < 2 {
        return Grade::D;
    }
    let by_width = match facts.half_width {
        h if h <= 0.10 => Grade::A,
        h if h <= 0.15 => Grade::B,
        h if h <= 0.20 => Grade::C,
        _ => Grade::D,
    };
    let reached = by_width.max(best);
    if facts.day_parts < 3 || facts.heaviest > 0.30 { worse(reached) } else { reached }
}

const fn worse(grade: Grade) -> Grade {
    match grade {
        Grade::A => Grade::B,
        Grade::B => Grade::C,
        Grade::C | Grade::D => Grade::D,
        Grade::S => Grade::S,
        Grade::U => Grade::U,
    }
}
