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

/// What is assumed before anybody measured: 20 % below the floor, worth ten devices (METHODS 3.3).
pub const PRIOR: Posterior = Posterior { a: 2.0, b: 8.0 };

/// Beta posterior of a share seen on `n` effective devices, from [`PRIOR`].
pub fn posterior(share: f64, n: f64) -> Posterior {
    Posterior { a: PRIOR.a + share * n, b: PRIOR.b + (1.0 - share) * n }
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

/// At most half a percent away. A quantile is some device's own value, which its owner or its provider may know to the last
/// digit: among a thousandth of a Mbit/s it would be recognised.
fn three_digits(value: f64) -> f64 {
    let digits = 2 - value.abs().max(1e-9).log10().floor() as i32;
    let scale = 10_f64.powi(digits.abs());
    if digits < 0 { (value / scale).round() * scale } else { (value * scale).round() / scale }
}

/// The published quantiles of device values, in the unit of `scale` and with three digits; `None` without values.
pub fn quantiles(values: &mut [f64], scale: f64) -> Option<Quantiles> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let enough = values.len() as f64 >= MIN_FOR_P10;
    let at = |q| three_digits(quantile(values, q) * scale);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_gives_the_intervals_of_methods() {
        let worked = [
            (3.0, 10.0, 0.107_791, 0.603_222),
            (0.0, 10.0, 0.0, 0.277_533),
            (10.0, 10.0, 0.722_467, 1.0),
            (30.0, 100.0, 0.218_949, 0.395_849),
            (0.0, 4.0, 0.0, 0.489_891),
            (4.0, 4.0, 0.510_109, 1.0),
            (7.0, 30.0, 0.117_924, 0.409_283),
            (300.0, 1000.0, 0.272_407, 0.329_124),
        ];
        for (x, n, low, high) in worked {
            let share = wilson(x / n, n).unwrap();
            assert!((share.low - low).abs() < 5e-7 && (share.high - high).abs() < 5e-7, "{x}/{n}: {share:?}");
        }
        assert_eq!(wilson(0.5, 0.0), None);
    }

    /// METHODS T9: five devices with 10, 1, 1, 1, 1 tests are five voices, not 6.1.
    #[test]
    fn effective_n_never_exceeds_the_devices() {
        let weights = || std::iter::repeat_n(0.1, 10).chain([1.0; 4]);
        assert!((kish(weights(), 100) - 6.097_561).abs() < 5e-7);
        assert!((kish(weights(), 5) - 5.0).abs() < 1e-12);
        assert!((n_eff(&[10, 1, 1, 1, 1]) - 5.0).abs() < 1e-12);
        assert!(n_eff(&[]).abs() < 1e-12);
    }

    #[test]
    fn the_prior_keeps_one_failure_of_one_from_being_certainty() {
        let mean = |share, n| posterior(share, n).mean();
        assert!((mean(0.3, 10.0) - 0.25).abs() < 1e-12);
        assert!((mean(1.0, 1.0) - 0.272_727).abs() < 5e-7);
        assert!((mean(0.3, 100.0) - 0.290_909).abs() < 5e-7);
    }

    #[test]
    fn a_published_quantile_has_three_digits() {
        let exact = [93.4567, 1_234.567, -117.4, 0.012_345, 0.0, 99.96];
        let told = [93.5, 1_230.0, -117.0, 0.0123, 0.0, 100.0];
        assert!(exact.iter().zip(told).all(|(&exact, told)| (three_digits(exact) - told).abs() < 1e-12));
    }

    #[test]
    fn the_median_of_a_skewed_sample_is_not_its_mean() {
        assert!((quantile(&[1.0, 2.0, 4.0, 8.0, 16.0], 0.5) - 4.0).abs() < 1e-12);
        assert!((quantile(&[7.0], 0.1) - 7.0).abs() < 1e-12);
    }

    #[test]
    fn p10_needs_29_devices() {
        let spread = |n: u32| quantiles(&mut (0..n).map(f64::from).collect::<Vec<_>>(), 1.0).unwrap();
        assert_eq!((spread(28).p10, spread(28).p90), (None, None));
        assert_eq!(spread(29).p10, Some(2.8));
        assert!(quantiles(&mut [], 1.0).is_none());
    }

    #[test]
    fn grades_follow_width_span_and_parts_of_the_day() {
        let good = GradeFacts {
            survey: false,
            campaign: false,
            half_width: 0.10,
            span_days: 14,
            day_parts: 3,
            heaviest: 0.01,
        };
        assert_eq!(grade(good), Grade::A);
        assert_eq!(grade(GradeFacts { half_width: 0.15, ..good }), Grade::B);
        assert_eq!(grade(GradeFacts { half_width: 0.20, ..good }), Grade::C);
        assert_eq!(grade(GradeFacts { half_width: 0.21, ..good }), Grade::D);
        assert_eq!(grade(GradeFacts { span_days: 13, ..good }), Grade::D);
        assert_eq!(grade(GradeFacts { day_parts: 2, ..good }), Grade::B);
        assert_eq!(grade(GradeFacts { day_parts: 1, ..good }), Grade::D);
        assert_eq!(grade(GradeFacts { heaviest: 0.31, ..good }), Grade::B);
        let campaign = GradeFacts { campaign: true, span_days: 3, ..good };
        assert_eq!(grade(campaign), Grade::B);
        assert_eq!(grade(GradeFacts { day_parts: 2, ..campaign }), Grade::C);
        assert_eq!(grade(GradeFacts { span_days: 2, ..campaign }), Grade::D);
        assert_eq!(grade(GradeFacts { survey: true, ..good }), Grade::S);
    }
}
