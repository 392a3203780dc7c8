//! The Beta distribution: probability below a value, and its inverse, for credible intervals.

use crate::summary::Posterior;

/// P(x < `at`) for a Beta(a, b): the regularised incomplete beta function, by Lentz's continued fraction (DLMF 8.17.22).
pub fn beta_cdf(distribution: Posterior, at: f64) -> f64 {
    let Posterior { a, b } = distribution;
    if at <= 0.0 {
        return 0.0;
    }
    if at >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * at.ln() + b * (-at).ln_1p()).exp();
    // The fraction converges fast on the near side of the mean only.
    if at < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, at) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - at) / b
    }
}

/// The value with probability `q` below it, by bisection: 50 halvings are 1e-15.
pub fn beta_quantile(distribution: Posterior, q: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if beta_cdf(distribution, middle) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut upper = 1.0;
    let mut lower = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = lower;
    for m in (1..500).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for step in [even, odd] {
            lower = 1.0 / away_from_zero(1.0 + step * lower);
            upper = away_from_zero(1.0 + step / upper);
            value *= lower * upper;
        }
        if (lower * upper - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

/// ln Γ(x) for x > 0: Stirling's series after raising the argument to 10 (DLMF 5.11.1).
fn ln_gamma(x: f64) -> f64 {
    let mut raised = 0.0;
    let mut x = x;
    while x < 10.0 {
        raised += x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - raised
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn beta(a: f64, b: f64) -> Posterior {
        Posterior { a, b }
    }

    /// METHODS 3.3: Beta(5, 15) is the posterior of 3 of 10, Beta(32, 78) of 30 of 100.
    #[test]
    fn credible_intervals_are_those_of_methods() {
        for (posterior, low, high) in
            [(beta(5.0, 15.0), 0.091_466, 0.455_653), (beta(32.0, 78.0), 0.210_238, 0.378_781)]
        {
            let found = (beta_quantile(posterior, 0.025), beta_quantile(posterior, 0.975));
            assert!((found.0 - low).abs() < 5e-7 && (found.1 - high).abs() < 5e-7, "{found:?}");
        }
        assert!((1.0 - beta_cdf(beta(5.0, 15.0), 0.25) - 0.465_424).abs() < 5e-7);
    }

    #[test]
    fn simple_cases_can_be_checked_by_hand() {
        // Beta(1, 1) is even, Beta(2, 1) has P(x < t) = t², and ln Γ(5) = ln 24.
        assert!((beta_cdf(beta(1.0, 1.0), 0.3) - 0.3).abs() < 1e-12);
        assert!((beta_cdf(beta(2.0, 1.0), 0.3) - 0.09).abs() < 1e-12);
        assert!((ln_gamma(5.0) - 24.0_f64.ln()).abs() < 1e-12 && ln_gamma(1.0).abs() < 1e-12);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-11);
        assert!(beta_cdf(beta(0.06, 9.94), 0.0).abs() < 1e-12 && (beta_cdf(beta(3.0, 4.0), 1.0) - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn quantiles_and_probabilities_are_inverse_and_rise(
            a in 0.05_f64..2_000.0, b in 0.05_f64..2_000.0, q in 0.001_f64..0.999,
        ) {
            let found = beta_quantile(beta(a, b), q);
            // Near 0 and 1 a tiny exponent squeezes all probability into the last digit.
            prop_assume!(found > 1e-9 && found < 1.0 - 1e-9);
            prop_assert!((beta_cdf(beta(a, b), found) - q).abs() < 1e-6, "{found}");
            prop_assert!(beta_quantile(beta(a, b), q * 0.9) <= found);
        }
    }
}
