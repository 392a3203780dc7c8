//! A device's own outliers do not vote; nobody else's usual makes an outlier.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod common;

use std::collections::BTreeSet;

use analytics::{LeafBuilder, LeafVotes, RuleBook, outliers};
use common::{children, device, hour, line_votes, network, region};
use domain::{
    Access, BitRate, ByteCount, Hex, ItemId, Resolution, SourceClass, SpeedEvidence, SpeedTest, Technology,
    record::{FailureCause, FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn here() -> Hex {
    children(region(), Resolution::Nine)[5]
}

const LAN: Network = Network::Fixed { medium: FixedMedium::Lan, access: None };
const WIFI: Network = Network::Fixed { medium: FixedMedium::Wifi, access: None };

fn phone(operator: &str, technology: Technology, roaming: bool) -> Network {
    Network::Mobile { operator: operator.parse().unwrap(), technology: Some(technology), roaming }
}

/// Download in kbit/s; `None`: the network broke it.
fn test(of: u32, network: Network, kbps: Option<u32>) -> SpeedEvidence {
    let completed = |kbps| SpeedResult { download: Some(BitRate::from_kbps(kbps)), ..SpeedResult::default() };
    let test = SpeedTest {
        id: ItemId::random(),
        at: hour(9).start(),
        hex: here(),
        network,
        outcome: kbps
            .map_or(TestOutcome::Failed(FailureCause::NoConnection), |kbps| TestOutcome::Completed(completed(kbps))),
        protocol: Protocol::Ndt7,
        bytes: ByteCount::default(),
        plan_download: None,
    };
    SpeedEvidence { device: device(of), source: SourceClass::Crowd, test }
}

fn tests(of: u32, network: Network, kbps: &[u32]) -> Vec<SpeedEvidence> {
    kbps.iter().map(|&kbps| test(of, network, Some(kbps))).collect()
}

/// Downloads of the outliers in kbit/s, sorted.
fn found(tests: &[SpeedEvidence]) -> Vec<u64> {
    let download = |evidence: &&SpeedEvidence| match evidence.test.outcome {
        TestOutcome::Completed(result) => result.download.unwrap().as_bps() / 1_000,
        TestOutcome::Failed(_) => panic!("a failed attempt was left out"),
    };
    let mut found: Vec<u64> = outliers(tests).iter().map(download).collect();
    found.sort_unstable();
    found
}

fn leaves(tests: &[SpeedEvidence], access: Access) -> LeafVotes {
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    for test in tests {
        builder.add_speed(test);
    }
    common::about(builder.finish(), access)
}

fn attempts(votes: &LeafVotes) -> u32 {
    votes.entries().iter().map(|entry| entry.attempts).sum()
}

#[test]
fn one_far_test_among_eight_of_a_device_does_not_vote_and_among_seven_it_does() {
    for odd in [400, 1_900_000] {
        let mut eight = tests(0, LAN, &[48_000, 50_000, 52_000, 49_000, 51_000, 50_500, 47_000]);
        eight.insert(3, test(0, LAN, Some(odd)));
        assert_eq!(found(&eight), [u64::from(odd)]);
        assert_eq!(attempts(&leaves(&eight, Access::Fixed)), 7);
        let seven = &eight[..7];
        assert!(found(seven).is_empty(), "seven tests show nothing usual");
        assert_eq!(attempts(&leaves(seven, Access::Fixed)), 7);
    }
}

#[test]
fn a_slow_line_amid_fast_ones_is_no_outlier() {
    let mut village = tests(0, LAN, &[1_000; 12]);
    for neighbour in 1..20 {
        village.extend(tests(neighbour, LAN, &[1_000_000; 12]));
    }
    assert!(found(&village).is_empty(), "a hamlet with 1 Mbit/s is what the program looks for");
    assert_eq!(attempts(&leaves(&village, Access::Fixed)), 20 * 12);
}

#[test]
fn a_test_that_the_network_broke_is_never_left_out_and_makes_nothing_usual() {
    let mut line = tests(0, LAN, &[50_000; 9]);
    line.extend((0..30).map(|_| test(0, LAN, None)));
    assert!(found(&line).is_empty());
    assert_eq!(attempts(&leaves(&line, Access::Fixed)), 39);
    // Seven that measured something, however many broke.
    let mut line = tests(0, LAN, &[50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 90]);
    line.extend((0..30).map(|_| test(0, LAN, None)));
    assert!(found(&line).is_empty());
}

/// Two to the fifth is 32.
#[test]
fn on_a_steady_line_only_a_factor_of_32_is_far() {
    let steady = |odd: u32| [vec![50_000; 9], vec![odd]].concat();
    for near in [47_500, 10_000, 1_563, 1_599_000] {
        assert!(found(&tests(0, LAN, &steady(near))).is_empty(), "{near}");
    }
    for far in [1_562, 1_601_000, 1] {
        assert_eq!(found(&tests(0, LAN, &steady(far))), [u64::from(far)]);
    }
    // Two of ten are no mistake: the line is like that, in the evening or since the new contract.
    assert!(found(&tests(0, LAN, &[vec![50_000; 8], vec![100; 2]].concat())).is_empty());
    assert_eq!(found(&tests(0, LAN, &[vec![50_000; 14], vec![100; 2]].concat())), [100, 100]);
    // A line that varies has a wider measure.
    assert!(found(&tests(0, LAN, &[5_000, 10_000, 20_000, 40_000, 80_000, 10_000, 30_000, 60_000, 2_500])).is_empty());
    // A test in which nothing arrived is measured, and far.
    assert_eq!(found(&tests(0, LAN, &steady(0))), [0]);
}

#[test]
fn only_tests_over_the_same_medium_are_compared() {
    let mut mixed = tests(0, LAN, &[100_000; 8]);
    mixed.push(test(0, WIFI, Some(100)));
    assert!(found(&mixed).is_empty());
    mixed.push(test(0, LAN, Some(100)));
    assert_eq!(found(&mixed), [100]);
    let mut classes = tests(0, LAN, &[100_000; 8]);
    classes.push(SpeedEvidence { source: SourceClass::Simulated, ..test(0, LAN, Some(100)) });
    assert!(found(&classes).is_empty(), "source classes are never mixed");
}

#[test]
fn a_slow_test_of_a_phone_is_still_a_look_at_its_network() {
    let mut walk = tests(0, phone("26201", Technology::FourG, false), &[20_000; 8]);
    walk.push(test(0, phone("26201", Technology::FourG, false), Some(10)));
    assert!(found(&walk).is_empty());
    assert_eq!(attempts(&leaves(&walk, network())), 9, "there was service, however slow");
}

/// METHODS read aloud: of each test whether it is far, without any care for speed.
fn naive(tests: &[SpeedEvidence]) -> BTreeSet<ItemId> {
    let value = |evidence: &SpeedEvidence| match evidence.test.outcome {
        TestOutcome::Completed(result) => Some((result.download?.as_bps().max(1) as f64).ln()),
        TestOutcome::Failed(_) => None,
    };
    let is_fixed = |test: &SpeedEvidence| matches!(test.test.network, Network::Fixed { .. });
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
    };
    let mut far = BTreeSet::new();
    for test in tests {
        let alike = |other: &&SpeedEvidence| other.device == test.device && other.test.network == test.test.network;
        let own: Vec<f64> = tests.iter().filter(alike).filter_map(value).collect();
        let Some(x) = value(test).filter(|_| is_fixed(test) && own.len() >= 8) else { continue };
        let usual = middle(own.clone());
        let mad = middle(own.iter().map(|x| (x - usual).abs()).collect());
        let is_far = |x: &&f64| (**x - usual).abs() / (1.4826 * mad).max(2_f64.ln()) > 5.0;
        if is_far(&&x) && own.iter().filter(is_far).count() * 8 <= own.len() {
            far.insert(test.test.id);
        }
    }
    far
}

prop_compose! {
    /// A few devices with usual downloads of their own, and wild ones between.
    fn evidence()(of in 0u32..3, network in 0usize..3, usual in 30_000u32..60_000,
                  wild in prop::option::weighted(0.2, 1u32..5_000_000), fails in prop::bool::weighted(0.1)) -> SpeedEvidence {
        let network = [LAN, WIFI, phone("26201", Technology::FourG, false)][network];
        test(of, network, (!fails).then_some(wild.unwrap_or(usual)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_arrival_changes_neither_the_outliers_nor_the_votes(
        (tests, shuffled) in prop::collection::vec(evidence(), 0..120).prop_flat_map(|t| (Just(t.clone()), Just(t).prop_shuffle())),
    ) {
        let ids = |tests: &[SpeedEvidence]| outliers(tests).iter().map(|far| far.test.id).collect::<BTreeSet<_>>();
        prop_assert_eq!(ids(&tests), ids(&shuffled));
        prop_assert_eq!(ids(&tests), naive(&tests));
        for access in [Access::Fixed, network()] {
            prop_assert_eq!(leaves(&tests, access).encode(), leaves(&shuffled, access).encode());
        }
    }

    #[test]
    fn the_leaves_are_those_of_the_tests_that_are_not_far(tests in prop::collection::vec(evidence(), 0..120)) {
        let far: BTreeSet<ItemId> = outliers(&tests).iter().map(|far| far.test.id).collect();
        let near: Vec<_> = tests.iter().filter(|test| !far.contains(&test.test.id)).cloned().collect();
        let attempts_of = |tests: &[SpeedEvidence]| {
            attempts(&leaves(tests, Access::Fixed)) + attempts(&leaves(tests, network()))
        };
        prop_assert_eq!(attempts_of(&tests) as usize, near.len());
    }

    #[test]
    fn fewer_than_eight_tests_of_a_device_exclude_nothing(kbps in prop::collection::vec(0u32..10_000_000, 0..8)) {
        prop_assert!(found(&tests(0, LAN, &kbps)).is_empty());
    }

    #[test]
    fn seven_of_eight_always_vote(kbps in prop::collection::vec(0u32..10_000_000, 8..60)) {
        prop_assert!(found(&tests(0, LAN, &kbps)).len() * 8 <= kbps.len());
    }
}

#[test]
fn lines_without_an_outlier_are_as_before() {
    let line = |at: u32| common::Line { device: 0, hex: here(), hour: at, result: Some((40 + at, 10, 20)) };
    assert_eq!(attempts(&line_votes(&(0..20).map(line).collect::<Vec<_>>())), 20);
}
