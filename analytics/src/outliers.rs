//! Which of a device's own speed tests are far from its others: kept, but not counted (docs/METHODS.md, Outliers).
//!
//! A device is compared with itself only. A slow line amid fast ones is what this program looks for, and no outlier.

use std::collections::HashMap;

use domain::{
    DevicePseudonym, SourceClass, SpeedEvidence,
    record::{FixedMedium, Network, TestOutcome},
};

use crate::stats;

/// With fewer tests of its own nothing is usual for a device.
pub const MIN_TESTS: usize = 8;
/// Robust z beyond which a test is far (METHODS 3.2).
const FAR: f64 = 5.0;
/// From the median absolute deviation to the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;
/// Ratio of two downloads that is never more than one standard deviation: a busy evening, another contract or a
/// weak signal is what a line is like. Far is a test beyond a factor of 2⁵ = 32.
const ORDINARY: f64 = 2.0;
/// Of so many tests at most one can be a mistake. More of them are another side of the line, and all of them count.
const TESTS_A_MISTAKE: usize = 8;

/// What a test is compared with: tests of the same device over the same medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Series {
    source: SourceClass,
    device: DevicePseudonym,
    medium: FixedMedium,
}

/// What a test brings into the comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    series: Series,
    ln_download: f64,
}

impl Reading {
    /// `None` for a test that the network broke or that did not measure a download: it is never far. Nor is one of a
    /// phone: it is a look at a technology, which a slow download does not make untrue.
    pub fn of(evidence: &SpeedEvidence) -> Option<Self> {
        let Network::Fixed { medium, .. } = evidence.test.network else { return None };
        let TestOutcome::Completed(result) = evidence.test.outcome else { return None };
        // Nothing at all in all of a test is one bit a second here: a logarithm needs something.
        let bps = result.download?.as_bps().max(1);
        let series = Series { source: evidence.source, device: evidence.device, medium };
        Some(Self { series, ln_download: (bps as f64).ln() })
    }
}

/// Of each test of one block and window, whether it is far from its series. The order of the tests does not matter.
pub(crate) fn far(readings: &[Option<Reading>]) -> Vec<bool> {
    let mut series: HashMap<Series, Vec<usize>> = HashMap::new();
    for (at, reading) in readings.iter().enumerate() {
        if let Some(reading) = reading {
            series.entry(reading.series).or_default().push(at);
        }
    }
    let mut far = vec![false; readings.len()];
    for members in series.into_values().filter(|members| members.len() >= MIN_TESTS) {
        let values: Vec<f64> = members.iter().filter_map(|&at| Some(readings[at]?.ln_download)).collect();
        let middle = median(&values);
        let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        let scale = (MAD_TO_SIGMA * median(&deviations)).max(ORDINARY.ln());
        let of_series: Vec<usize> = members
            .iter()
            .zip(deviations)
            .filter(|(_, deviation)| deviation / scale > FAR)
            .map(|(&at, _)| at)
            .collect();
        if of_series.len() * TESTS_A_MISTAKE <= members.len() {
            for at in of_series {
                far[at] = true;
            }
        }
    }
    far
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    stats::quantile(&sorted, 0.5)
}

/// The outliers among all speed tests of one block and window: those that [`LeafBuilder`](crate::LeafBuilder) leaves
/// out of the votes.
pub fn outliers(tests: &[SpeedEvidence]) -> Vec<&SpeedEvidence> {
    let readings: Vec<Option<Reading>> = tests.iter().map(Reading::of).collect();
    tests.iter().zip(far(&readings)).filter_map(|(test, far)| far.then_some(test)).collect()
}
