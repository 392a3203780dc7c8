//! What a visit is worth: the expected value of sample information, and how the ranking weighs it (METHODS 3.6).

use domain::{AreaKey, Hex, TechnologyView};

use super::{NextEvidence, NextLayer, PROPOSED};
use crate::{
    holders::Holders,
    rank::Track,
    rules::ScoreProfile,
    stats::PRIOR,
    summary::{Posterior, State},
};

/// The share that decides: the mean of the prior. Need grows steadily with a share, so no legal bound decides; what
/// counts is whether ground speaks for more or for less need than the ranking assumes of the unknown.
pub const NEUTRAL: f64 = PRIOR.a / (PRIOR.a + PRIOR.b);

/// The variance that is expected after `m` more devices, `Var · (a + b) / (a + b + m)`: exact for a Beta posterior.
pub fn variance_after(posterior: Posterior, m: u32) -> f64 {
    let n = posterior.strength();
    posterior.variance() * n / (n + f64::from(m))
}

/// Expected value of `m` more devices for the decision whether the share lies above `t`, with linear loss:
/// `E[max(0, (a + k) / (a + b + m) − t)] − max(0, a / (a + b) − t)`, k ~ BetaBinomial(m, a, b). Never negative; about 0
/// where the decision is settled. In the unit of the share.
pub fn evsi(posterior: Posterior, m: u32, t: f64) -> f64 {
    let Posterior { a, b } = posterior;
    let (n, m_) = (a + b, f64::from(m));
    // P(k) from P(0) step by step, in logarithms: no gamma function that loses digits where a + b is large.
    let mut log_p: f64 = (0..m).map(|i| ((b + f64::from(i)) / (n + f64::from(i))).ln()).sum();
    let mut expected = 0.0;
    for k in (0..=m).map(f64::from) {
        expected += log_p.exp() * ((a + k) / (n + m_) - t).max(0.0);
        if k < m_ {
            log_p += ((m_ - k) / (k + 1.0) * (a + k) / (b + m_ - k - 1.0)).ln();
        }
    }
    // Rounding must not make information harmful.
    (expected - (posterior.mean() - t).max(0.0)).max(0.0)
}

/// How a visit is weighed in each layer.
#[derive(Debug)]
pub(super) struct Weighing<'a> {
    track: Track,
    single: bool,
    profile: &'a ScoreProfile,
    layers: &'a [NextLayer],
    holders: Vec<Holders>,
    devices: u32,
}

impl<'a> Weighing<'a> {
    pub(super) fn new(
        track: Track,
        single: bool,
        profile: &'a ScoreProfile,
        layers: &'a [NextLayer],
        devices: u32,
    ) -> Self {
        let ground =
            |layer: &NextLayer| Holders::new(PROPOSED, layer.pieces.iter().map(|piece| piece.hexes.as_slice()));
        Self { track, single, profile, layers, holders: layers.iter().map(ground).collect(), devices }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.layers.iter().map(|layer| layer.layer.to_string()).collect()
    }

    pub(super) const fn devices(&self) -> u32 {
        self.devices
    }

    /// Name of a layer's network for sentences; `None` for fixed lines.
    pub(super) fn network(&self, layer: &str) -> Option<String> {
        let operator = self.layers.iter().find(|known| known.layer.to_string() == layer)?.layer.operator()?;
        Some(self.profile.networks.get(&operator).cloned().unwrap_or_else(|| operator.to_string()))
    }

    /// Whether the layer asks for broadband, as the ranking does.
    pub(super) fn asks_for_broadband(&self, layer: &str) -> bool {
        let known = self.layers.iter().find(|known| known.layer.to_string() == layer);
        known.is_some_and(|known| known.layer.view() == Some(TechnologyView::Broadband))
    }

    /// Whether the municipality has a published total in any of the layers: a rank of its own.
    pub(super) fn is_ranked(&self, key: AreaKey) -> bool {
        self.layers.iter().any(|layer| layer.totals.contains_key(&key))
    }

    /// ∂need/∂(share of the municipality) in each layer, times the part of the municipality's share that the
    /// visit makes: m devices among those that its total is worth.
    pub(super) fn weights(&self, key: AreaKey) -> Vec<f64> {
        let totals: Vec<Option<Posterior>> = self.layers.iter().map(|layer| layer.totals.get(&key).copied()).collect();
        let m = f64::from(self.devices);
        let leverage = |total: &Option<Posterior>| m / (total.unwrap_or(PRIOR).strength() + m);
        let slopes = self.slopes(&totals);
        totals.iter().zip(slopes).map(|(total, slope)| slope * leverage(total)).collect()
    }

    fn slopes(&self, totals: &[Option<Posterior>]) -> Vec<f64> {
        let count = totals.len().max(1) as f64;
        if self.single {
            return vec![1.0; totals.len()];
        }
        match self.track {
            Track::Fixed => vec![self.profile.weight("severity"); totals.len()],
            Track::Mobile => {
                let means = totals.iter().map(|total| total.map(Posterior::mean));
                let worst = means.clone().flatten().max_by(f64::total_cmp);
                let is_worst: Vec<bool> =
                    means.map(|mean| worst.is_none_or(|worst| mean.is_some_and(|mean| mean >= worst))).collect();
                let sharing = is_worst.iter().filter(|&&worst| worst).count().max(1) as f64;
                let slope = |worst: &bool| {
                    self.profile.weight("grey") / count
                        + if *worst { self.profile.weight("worst_operator") / sharing } else { 0.0 }
                };
                is_worst.iter().map(slope).collect()
            }
        }
    }
}

/// What is published of a hexagon in each layer, and what a visit would add.
pub(super) fn judged(weighing: &Weighing<'_>, hex: Hex, key: AreaKey) -> Vec<NextEvidence> {
    let weights = weighing.weights(key);
    let layers = weighing.layers.iter().zip(&weighing.holders).zip(weights);
    layers.map(|((layer, holders), weight)| evidence(layer, &holders.of(hex), weight, weighing.devices)).collect()
}

fn evidence(layer: &NextLayer, parts: &[(usize, f64)], weight: f64, m: u32) -> NextEvidence {
    let posterior = |piece: usize| layer.pieces[piece].summary.posterior.unwrap_or(PRIOR);
    let ground: f64 = parts.iter().map(|(_, ground)| ground).sum();
    // Whoever goes there stands in any part of it by its ground. Posteriors are not added up: the devices of two
    // pieces may be the same.
    let mean: f64 = parts.iter().map(|&(piece, ground)| ground * evsi(posterior(piece), m, NEUTRAL)).sum();
    let measured = parts.iter().filter(|&&(piece, _)| layer.pieces[piece].summary.devices > 0);
    let measured = measured.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|&(piece, _)| piece);
    let posterior = measured.map_or(PRIOR, posterior);
    let summary = measured.map(|piece| &layer.pieces[piece].summary);
    NextEvidence {
        layer: layer.layer.to_string(),
        state: summary.map_or(State::NotMeasured, |summary| summary.state),
        kind: measured.map(|piece| layer.pieces[piece].kind),
        resolution: measured.map(|piece| layer.pieces[piece].resolution),
        devices: summary.map_or(0, |summary| summary.devices),
        share: summary.and_then(|summary| summary.share),
        posterior,
        variance: super::rounded(posterior.variance()),
        variance_after: super::rounded(variance_after(posterior, m)),
        evsi: super::rounded(if ground > 0.0 { mean / ground } else { evsi(PRIOR, m, NEUTRAL) }),
        weight: super::rounded(weight),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn beta(a: f64, b: f64) -> Posterior {
        Posterior { a, b }
    }

    /// METHODS T12.
    #[test]
    fn ten_more_devices_shrink_the_variance_by_a_third() {
        assert!((beta(5.0, 15.0).variance() - 0.008_929).abs() < 5e-7);
        assert!((variance_after(beta(5.0, 15.0), 10) - 0.005_952).abs() < 5e-7);
    }

    /// METHODS 3.6, t = .25.
    #[test]
    fn the_value_of_a_visit_is_that_of_methods() {
        let worked = [
            (beta(5.0, 15.0), 1, 0.008_929),
            (beta(5.0, 15.0), 5, 0.017_278),
            (beta(5.0, 15.0), 10, 0.022_350),
            (beta(50.0, 150.0), 10, 0.002_739),
            (beta(1.0, 1.0), 5, 0.017_857),
        ];
        for (posterior, m, expected) in worked {
            let value = evsi(posterior, m, 0.25);
            assert!((value - expected).abs() < 5e-7, "{posterior:?}, {m} more: {value}");
        }
        assert!(evsi(beta(10.0, 10.0), 10, 0.25) < 5e-4, "the decision is settled");
        assert!(evsi(beta(5.0, 15.0), 0, 0.25).abs() < 1e-12, "nobody comes, nothing is learnt");
    }

    /// Beta(2, 8), one more device, t = .2, by hand: P(1) = .2, then 3/11; otherwise 2/11, below t.
    #[test]
    fn unmeasured_ground_is_worth_most_at_the_neutral_share() {
        assert!((NEUTRAL - 0.2).abs() < 1e-12);
        assert!((evsi(PRIOR, 1, NEUTRAL) - 0.2 * (3.0 / 11.0 - 0.2)).abs() < 1e-12);
        let unmeasured = evsi(PRIOR, 5, NEUTRAL);
        for known in [beta(2.0, 38.0), beta(12.0, 8.0), beta(20.0, 80.0)] {
            assert!(evsi(known, 5, NEUTRAL) < unmeasured, "{known:?}");
        }
    }

    #[test]
    fn thousands_of_devices_keep_their_digits() {
        // P(k) of a strong posterior is nearly binomial; whatever k, the sum of P(k) · mean(k) is the mean.
        let strong = beta(2_000.0, 8_000.0);
        assert!(evsi(strong, 100, 0.0).abs() < 1e-12, "at t = 0 the value is the mean minus the mean");
        assert!((evsi(strong, 400, 1e-9)).abs() < 1e-9);
        assert!(evsi(strong, 100, 0.2) > 0.0 && evsi(strong, 100, 0.2) < 1e-3);
    }

    proptest! {
        #[test]
        fn a_visit_never_harms_and_more_devices_never_tell_less(
            a in 0.1_f64..3_000.0, b in 0.1_f64..3_000.0, m in 0_u32..40, t in 0.0_f64..1.0,
        ) {
            let posterior = beta(a, b);
            let (few, more) = (evsi(posterior, m, t), evsi(posterior, m + 1, t));
            prop_assert!(few >= 0.0 && more.is_finite());
            prop_assert!(more >= few - 1e-12, "{few} then {more}");
            prop_assert!(variance_after(posterior, m + 1) < variance_after(posterior, m));
        }
    }
}
