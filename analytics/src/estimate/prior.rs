//! What the neighbours say before the hexagon itself is heard: empirical Bayes (Marshall 1991; METHODS 3.3).

use crate::{stats::PRIOR, summary::Posterior};

/// A neighbourhood is never worth more devices than the prior of everything published. A ring has six values at most:
/// where they happen to agree, their moments would claim certainty.
pub const MAX_STRENGTH: f64 = PRIOR.a + PRIOR.b;

/// Mean and strength of a Beta prior.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Between 0 and 1.
    pub mean: f64,
    /// In devices; `None`: the values differ no more than chance makes them, and all are pooled.
    pub strength: Option<f64>,
}

/// Prior by the method of moments over (share, devices) of several places: m = Σ n p / Σ n,
/// s² = Σ n (p − m)² / Σ n, A = max(0, s² − m (1 − m) / n̄), strength m (1 − m) / A − 1. `None` without devices.
pub fn moments(places: &[(f64, f64)]) -> Option<Prior> {
    let n: f64 = places.iter().map(|(_, n)| n).sum();
    if n <= 0.0 {
        return None;
    }
    let mean = places.iter().map(|(p, n)| p * n).sum::<f64>() / n;
    let spread = places.iter().map(|(p, n)| n * (p - mean).powi(2)).sum::<f64>() / n;
    let chance = mean * (1.0 - mean);
    let between = spread - chance / (n / places.len() as f64);
    let strength = (between > 0.0).then(|| (chance / between - 1.0).max(0.0));
    Some(Prior { mean, strength })
}

/// The mean after `n` devices with share `p`: (n p + s m) / (n + s); all of m where everything is pooled. With six
/// neighbours of one weight λ and s = 6 λ it is the quick form (n p + λ Σ θ_j) / (n + 6 λ).
pub fn shrunk(prior: Prior, p: f64, n: f64) -> f64 {
    prior.strength.map_or(prior.mean, |s| if n + s > 0.0 { (n * p + s * prior.mean) / (n + s) } else { prior.mean })
}

/// The prior of a hexagon from the (share, devices) of its measured neighbours: their mean, itself drawn to
/// [`PRIOR`], so that six perfect neighbours do not promise perfection; and their strength, at most
/// [`MAX_STRENGTH`]. `known`: devices that the mean rests on; of a large piece all, wherever in it they were.
pub fn local_prior(neighbours: &[(f64, f64)], known: f64) -> Posterior {
    let Some(found) = moments(neighbours) else { return PRIOR };
    let mean = (found.mean * known + PRIOR.a) / (known + PRIOR.a + PRIOR.b);
    // A strength of nearly nothing would make a prior of two points, 0 and 1.
    let strength = found.strength.unwrap_or(MAX_STRENGTH).clamp(2.0, MAX_STRENGTH);
    Posterior { a: mean * strength, b: (1.0 - mean) * strength }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(counts: &[(f64, f64)]) -> Vec<(f64, f64)> {
        counts.iter().map(|(x, n)| (x / n, *n)).collect()
    }

    /// METHODS T10.
    #[test]
    fn moments_and_shrinkage_are_those_of_methods() {
        let worked = places(&[(0.0, 10.0), (1.0, 20.0), (10.0, 20.0), (6.0, 10.0), (8.0, 40.0)]);
        let prior = moments(&worked).unwrap();
        assert!((prior.mean - 0.25).abs() < 1e-12 && (prior.strength.unwrap() - 5.122_449).abs() < 5e-7, "{prior:?}");
        let expected = [0.084_683, 0.090_780, 0.449_025, 0.481_444, 0.205_676];
        for ((p, n), expected) in worked.into_iter().zip(expected) {
            assert!((shrunk(prior, p, n) - expected).abs() < 5e-7);
        }
    }

    #[test]
    fn places_that_differ_by_chance_are_pooled() {
        let alike = places(&[(1.0, 10.0), (2.0, 20.0), (6.0, 20.0), (3.0, 10.0), (12.0, 40.0)]);
        let prior = moments(&alike).unwrap();
        assert_eq!(prior.strength, None);
        assert!((prior.mean - 0.24).abs() < 1e-12 && (shrunk(prior, 1.0, 5.0) - 0.24).abs() < 1e-12);
        assert_eq!(moments(&[]), None);
    }

    /// METHODS 3.3: n = 2, p = .5, six neighbours of .2, λ = 1.
    #[test]
    fn the_quick_form_over_six_neighbours_is_the_same_formula() {
        let ring = Prior { mean: 0.2, strength: Some(6.0) };
        assert!((shrunk(ring, 0.5, 2.0) - 0.275).abs() < 1e-12);
    }

    #[test]
    fn perfect_neighbours_promise_no_perfection() {
        let prior = local_prior(&[(0.0, 50.0); 6], 300.0);
        assert!(prior.a > 0.0 && (prior.strength() - MAX_STRENGTH).abs() < 1e-9, "{prior:?}");
        assert!((prior.mean() - 2.0 / 310.0).abs() < 1e-12);
        let apart = local_prior(&[(0.0, 500.0), (1.0, 500.0)], 1_000.0);
        assert!((apart.strength() - 2.0).abs() < 1e-9, "{apart:?}");
    }
}
