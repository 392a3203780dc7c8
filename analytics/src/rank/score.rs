//! Value functions with fixed anchors (METHODS 5). Pure: one municipality never moves another.

use domain::{Layer, Operator, TechnologyView};

use super::{AreaFacts, Track};
use crate::{
    rules::ScoreProfile,
    summary::{Posterior, Quantiles, UnitSummary},
};

/// What a score is made from, for one municipality.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Fixed: the share below the floor. Mobile: the share without broadband of each operator, worst first.
    pub(super) shares: Vec<(Option<Operator>, Posterior)>,
    /// Median download over devices, Mbit/s, with the effective number of devices.
    pub(super) median: Option<(f64, f64)>,
    /// 80 % of devices have at most this idle latency, ms.
    pub(super) latency_p80: Option<f64>,
    /// Inhabitants per km².
    pub(super) density: Option<f64>,
    /// Share of site hexagons in ground below the floor.
    pub(super) public_interest: Option<f64>,
}

/// The facts of a municipality and the unit that its share is quoted from; `None` if not measured.
pub(super) fn facts(track: Track, area: &AreaFacts, units: &[(Layer, UnitSummary)]) -> Option<(Facts, UnitSummary)> {
    let mut relevant: Vec<(Option<Operator>, Posterior, &UnitSummary)> = units
        .iter()
        .filter(|(layer, _)| match track {
            Track::Fixed => *layer == Layer::Fixed,
            Track::Mobile => layer.view() == Some(TechnologyView::Broadband),
        })
        .filter_map(|(layer, unit)| unit.posterior.map(|posterior| (layer.operator(), posterior, unit)))
        .collect();
    // The worst operator first; equal ones in the order of their codes.
    relevant.sort_by(|a, b| b.1.mean().total_cmp(&a.1.mean()).then(a.0.cmp(&b.0)));
    let quoted = relevant.first()?.2.clone();
    let median = quoted.download_mbps.map(|d: Quantiles| (d.p50, quoted.n_eff.min(f64::from(d.devices))));
    let known = area.inhabitants.filter(|_| area.area_km2 > 0.0);
    let facts = Facts {
        shares: relevant.iter().map(|&(operator, posterior, _)| (operator, posterior)).collect(),
        median,
        latency_p80: quoted.idle_latency_ms.map(|latency| latency.p80),
        density: known.map(|inhabitants| inhabitants as f64 / area.area_km2),
        public_interest: (area.site_hexes_total > 0)
            .then(|| f64::from(area.site_hexes_below) / f64::from(area.site_hexes_total)),
    };
    Some((facts, quoted))
}

/// v1 to v5. `shares` and `median` may be drawn instead of observed.
pub(super) fn components(
    track: Track,
    profile: &ScoreProfile,
    facts: &Facts,
    shares: &[f64],
    median: Option<f64>,
) -> [Option<f64>; 5] {
    let rural = facts.density.map(|density| rural(profile, density));
    match track {
        Track::Fixed => [
            shares.first().copied(),
            median.map(|median| gap(profile, median)),
            facts.latency_p80.map(|latency| latency_value(profile, latency)),
            rural,
            facts.public_interest,
        ],
        // Expected grey severity: E[1 - #/N] with # the number of networks with broadband is the mean of
        // the operators' shares without it, because the expectation of a sum is the sum of expectations.
        // Road and rail kilometres (v3) and emergency and tourism (v5) have no source yet.
        Track::Mobile => [
            shares.first().copied(),
            (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64),
            None,
            rural,
            None,
        ],
    }
}

/// N = Σ w·v; a component without a source contributes nothing.
pub(super) fn need(track: Track, profile: &ScoreProfile, components: &[Option<f64>; 5]) -> f64 {
    contributions(track, profile, components).iter().sum()
}

/// w·v of each component.
pub(super) fn contributions(track: Track, profile: &ScoreProfile, components: &[Option<f64>; 5]) -> [f64; 5] {
    let mut out = [0.0; 5];
    for ((out, name), value) in out.iter_mut().zip(track.components()).zip(components) {
        *out = profile.weight(name) * value.unwrap_or(0.0);
    }
    out
}

/// v2: 0 at 200 Mbit/s, 1 at 15.
fn gap(profile: &ScoreProfile, median: f64) -> f64 {
    logarithmic(profile.anchor("gap_none_mbps"), profile.anchor("gap_full_mbps"), median)
}

/// v4: 0 at 500 inhabitants/km², 1 at 20.
fn rural(profile: &ScoreProfile, density: f64) -> f64 {
    logarithmic(profile.anchor("rural_none"), profile.anchor("rural_full"), density)
}

/// v3: 0 at 50 ms, 1 at 150.
fn latency_value(profile: &ScoreProfile, p80: f64) -> f64 {
    let (none, full) = (profile.anchor("latency_none_ms"), profile.anchor("latency_full_ms"));
    ((p80 - none) / (full - none)).clamp(0.0, 1.0)
}

/// 0 at or above `none`, 1 at or below `full`; at zero the logarithm runs off to 1.
fn logarithmic(none: f64, full: f64, x: f64) -> f64 {
    if x <= full { 1.0 } else { ((none / x).ln() / (none / full).ln()).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RuleBook;

    fn posterior(below: f64, n: f64) -> Posterior {
        Posterior { a: 2.0 + below, b: 8.0 + n - below }
    }

    /// METHODS T19: (below, devices), median, latency p80, density, sites; v1..v5; need.
    #[test]
    fn the_worked_lots_of_methods_score_as_published() {
        let lots = [
            ((9.0, 12.0), 12.0, 120.0, 40.0, 1.0 / 3.0, [0.5, 1.0, 0.7, 0.7847, 0.3333], 0.6960),
            ((12.0, 40.0), 38.0, 80.0, 150.0, 0.0, [0.28, 0.6411, 0.3, 0.3740, 0.0], 0.3764),
            ((3.0, 3.0), 9.0, 140.0, 25.0, 0.0, [0.3846, 1.0, 0.9, 0.9307, 0.0], 0.6642),
        ];
        let book = RuleBook::builtin();
        let profile = book.profile(Track::Fixed);
        for ((below, n), median, latency, density, sites, expected, need_expected) in lots {
            let facts = Facts {
                shares: vec![(None, posterior(below, n))],
                median: Some((median, n)),
                latency_p80: Some(latency),
                density: Some(density),
                public_interest: Some(sites),
            };
            let values = components(Track::Fixed, profile, &facts, &[facts.shares[0].1.mean()], Some(median));
            for (value, expected) in values.iter().zip(expected) {
                assert!((value.unwrap() - expected).abs() < 5e-5, "{values:?}");
            }
            assert!((need(Track::Fixed, profile, &values) - need_expected).abs() < 5e-5);
        }
    }

    #[test]
    fn anchors_give_the_check_values_of_methods() {
        let book = RuleBook::builtin();
        let profile = book.profile(Track::Fixed);
        for (median, expected) in [(15.0, 1.0), (50.0, 0.535_194), (100.0, 0.267_597), (200.0, 0.0), (1000.0, 0.0)] {
            assert!((gap(profile, median) - expected).abs() < 5e-7);
        }
        assert!((rural(profile, 100.0) - 0.5).abs() < 5e-7);
        assert!((rural(profile, 0.0) - 1.0).abs() < 5e-7);
    }

    #[test]
    fn mobile_grey_is_one_minus_the_expected_number_of_networks_over_all() {
        let book = RuleBook::builtin();
        let profile = book.profile(Track::Mobile);
        let facts = Facts { shares: Vec::new(), median: None, latency_p80: None, density: None, public_interest: None };
        let values = components(Track::Mobile, profile, &facts, &[0.9, 0.3, 0.0], None);
        // Expected networks with broadband: 0.1 + 0.7 + 1 = 1.8 of 3.
        assert!((values[1].unwrap() - (1.0 - 1.8 / 3.0)).abs() < 1e-12);
        assert_eq!((values[2], values[4]), (None, None));
    }
}
