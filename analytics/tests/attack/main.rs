//! Nobody below k is isolated by what is published, not even by somebody with k - 1 devices (METHODS 6).
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

#[path = "../common/mod.rs"]
mod common;
mod outputs;
mod solver;

use analytics::Quantiles;
use common::{Look, children, cover, key, network, region, votes};
use domain::{Cover, Generation, Hex, Resolution, SourceClass, Technology};
use outputs::{Ground, Public, Seen, World};
use proptest::prelude::*;
use solver::Group;

/// What is promised: no group of 1 to k - 1.
const K: usize = 5;
/// Devices in everything published: k beside the k - 1 of an attacker.
const MIN_DEVICES: u32 = 9;
/// Somebody with k - 1 devices isolates 1 to k - 1 others exactly if there is a group of at most these.
const MOST: usize = 2 * K - 2;

const THREE: &[&str] = &["05334002", "05334004", "05362008"];

/// Three municipalities in two districts whose borders cut hexagons of every resolution.
fn ragged() -> Cover {
    let nines = children(region(), Resolution::Nine);
    Cover::new(nines.into_iter().map(|nine| {
        let block = nine.parent(Resolution::Seven).unwrap();
        let blocks = children(region(), Resolution::Seven);
        let number = blocks.iter().position(|&other| other == block).unwrap();
        let siblings = children(nine.parent(Resolution::Eight).unwrap(), Resolution::Nine);
        let within = siblings.iter().position(|&other| other == nine).unwrap();
        // One in seven belongs to the neighbour.
        (nine, key(THREE[(number + usize::from(within == 1)) % 3]))
    }))
}

prop_compose! {
    /// Clustered, so that some hexagons have many devices, some few.
    fn look()(device in 0u32..40, block in 0usize..7, eight in 0usize..3, nine in 0usize..3, ten in 0usize..3,
              level in 0u8..12, seen in 0u8..8) -> Look {
        let down = |hex: Hex, finer, at: usize| children(hex, finer)[at];
        let block_hex = children(region(), Resolution::Seven)[block];
        let eight = down(block_hex, Resolution::Eight, eight);
        let nine = down(eight, Resolution::Nine, nine);
        let hex = match level {
            0 => eight,
            1 => nine,
            _ => down(nine, Resolution::Ten, ten),
        };
        let technology = match seen {
            0 => None,
            1 => Some(Technology::TwoG),
            2..=5 => Some(Technology::FourG),
            6 => Some(Technology::FiveGNsa),
            _ => Some(Technology::FiveGSa),
        };
        let signal = (seen > 2).then_some(-90);
        Look { technology, signal, ..Look::good(device + 100 * u32::try_from(block % 3).unwrap(), hex) }
    }
}

prop_compose! {
    /// Looks with the release in which each appears, and the one in which it is erased, if it is.
    fn history(most: usize)(looks in prop::collection::vec((look(), 0usize..6, 0usize..40), 0..most))
        -> (Vec<Look>, Vec<(usize, usize)>) {
        // Half of all is there from the beginning.
        let times = looks.iter().map(|&(_, from, to)| (from.saturating_sub(3), if to < 4 { to } else { 9 })).collect();
        (looks.into_iter().map(|(look, ..)| look).collect(), times)
    }
}

fn present(times: &[(usize, usize)], release: usize) -> Vec<usize> {
    (0..times.len()).filter(|&look| times[look].0 <= release && times[look].1 > release).collect()
}

fn world<'a>(looks: &'a [Look], cover: &'a Cover) -> World<'a> {
    let figures = |look: &Look| match look.technology.filter(|_| look.signal.is_some()).map(Technology::generation) {
        Some(Generation::Fourth) => 0b011,
        Some(Generation::Fifth) => 0b101,
        _ => 0b001,
    };
    let seen =
        |look: &Look| Seen { device: look.device, hex: look.hex, technology: look.technology, figures: figures(look) };
    let votes = move |present: &[usize]| {
        let looks: Vec<Look> = present.iter().map(|&look| looks[look]).collect();
        votes(&looks)
    };
    let looks = looks.iter().map(seen).collect();
    World { looks, votes: Box::new(votes), cover, access: network(), min_devices: MIN_DEVICES }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_two_successive_releases_isolate_anybody((looks, times) in history(420), bent in any::<bool>()) {
        let cover = if bent { ragged() } else { cover(THREE) };
        let world = world(&looks, &cover);
        let mut before: Option<Public> = None;
        for release in 0..4 {
            let next = world.publish(&present(&times, release), before.as_ref());
            let both: Vec<&Public> = before.iter().chain([&next]).collect();
            prop_assert_eq!(world.attack(&both, MOST), None, "release {}", release);
            before = Some(next);
        }
    }

    #[test]
    fn without_the_gate_somebody_is_isolated((looks, times) in history(200)) {
        let cover = cover(THREE);
        let world = world(&looks, &cover);
        let open = world.every_hexagon(&present(&times, 3));
        // Groups of one remain only where every hexagon has a crowd, which so few looks do not give.
        prop_assert_eq!(world.attack(&[&open], MOST).is_some(), !open.units.is_empty());
    }
}

#[test]
fn the_threshold_leaves_k_beside_an_attacker() {
    assert_eq!(SourceClass::Crowd.min_devices(), MIN_DEVICES);
    assert_eq!(SourceClass::Crowd.k() as usize, K);
    assert_eq!(SourceClass::Survey.min_devices(), 1);
    // At k alone, somebody with four devices among five knows the fifth.
    let (looks, cover) = (crowd(0, 5, spot(0, 0)), cover(THREE));
    let world = World { min_devices: 5, ..world(&looks, &cover) };
    let release = world.publish(&all(&looks), None);
    assert_eq!(world.attack(&[&release], K - 1), None);
    assert_eq!(world.attack(&[&release], MOST).map(|group| group.len()), Some(5));
}

fn crowd(first: u32, devices: u32, hex: Hex) -> Vec<Look> {
    (first..first + devices).map(|device| Look::good(device, hex)).collect()
}

/// A resolution-10 hexagon in a block; blocks 0, 3 and 6 are one municipality of [`cover`], 1 and 4 the next.
fn spot(block: usize, at: usize) -> Hex {
    children(children(region(), Resolution::Seven)[block], Resolution::Ten)[at]
}

fn all(looks: &[Look]) -> Vec<usize> {
    (0..looks.len()).collect()
}

fn group(devices: std::ops::Range<u32>) -> Group {
    devices.collect()
}

#[test]
fn two_hidden_devices_beside_a_total_are_found_only_without_the_remainder() {
    let mut looks = crowd(0, 12, spot(0, 0));
    looks.extend(crowd(20, 10, spot(0, 100)));
    looks.extend(crowd(40, 2, spot(0, 200)));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let release = world.publish(&all(&looks), None);
    assert_eq!(world.attack(&[&release], MOST), None);
    // Hexagons with enough devices, no remainder for the others, and the totals.
    let mut naive = world.every_hexagon(&all(&looks));
    naive.units.retain(|unit| unit.looks.len() >= MIN_DEVICES as usize);
    assert_eq!(world.attack(&[&naive], MOST), Some(group(40..42)));
}

#[test]
fn a_small_municipality_is_found_only_if_its_neighbours_total_is_published() {
    let mut looks = crowd(0, 12, spot(0, 0));
    looks.extend(crowd(20, 2, spot(1, 0)));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let mut release = world.publish(&all(&looks), None);
    assert_eq!(world.attack(&[&release], MOST), None);
    assert!(release.units.iter().all(|unit| unit.ground != Ground::Area(key(THREE[0]))));
    release.units.extend(world.every_total(&all(&looks)));
    assert_eq!(world.attack(&[&release], MOST), Some(group(20..22)));
}

#[test]
fn one_more_device_is_found_only_if_releases_are_not_compared() {
    let mut looks = crowd(0, 20, spot(0, 0));
    looks.extend(crowd(30, 20, spot(0, 200)));
    let before = all(&looks);
    looks.extend(crowd(99, 1, spot(0, 0)));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let first = world.publish(&before, None);
    let second = world.publish(&all(&looks), Some(&first));
    assert_eq!(world.attack(&[&first, &second], MOST), None);
    let forgetful = world.publish(&all(&looks), None);
    assert_eq!(world.attack(&[&first, &forgetful], MOST), Some(group(99..100)));
}

/// A remainder of 10 + 4 that falls apart when the four have become ten: the first release minus the new part.
#[test]
fn a_remainder_that_falls_apart_is_found_only_if_releases_are_not_compared() {
    let mut looks = crowd(0, 10, spot(0, 0));
    looks.extend(crowd(20, 4, spot(0, 200)));
    let before = all(&looks);
    looks.extend(crowd(40, 10, spot(0, 200)));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let first = world.publish(&before, None);
    let second = world.publish(&all(&looks), Some(&first));
    assert_eq!(world.attack(&[&first, &second], MOST), None);
    let forgetful = world.publish(&all(&looks), None);
    assert_eq!(world.attack(&[&first, &forgetful], MOST), Some(group(20..24)));
}

#[test]
fn a_signal_of_two_devices_is_found_only_if_figures_are_not_judged_alone() {
    let mut looks: Vec<Look> = (0..12).map(|device| Look::dead(device, spot(0, 0))).collect();
    looks.extend(crowd(20, 2, spot(0, 0)));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let mut release = world.publish(&all(&looks), None);
    assert_eq!(world.attack(&[&release], MOST), None);
    for unit in &mut release.units {
        unit.summary.signal_dbm = Some(Quantiles { devices: 2, p10: None, p50: -90.0, p80: -90.0, p90: None });
    }
    assert_eq!(world.attack(&[&release], MOST), Some(group(20..22)));
}

/// An erasure is a change as well.
#[test]
fn a_device_that_is_forgotten_does_not_show_between_two_releases() {
    let looks = crowd(0, 20, spot(0, 0));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let first = world.publish(&all(&looks), None);
    let second = world.publish(&all(&looks)[1..], Some(&first));
    assert_eq!(world.attack(&[&first, &second], MOST), None);
    assert_eq!(second.units, first.units, "the old numbers stay");
    let forgetful = world.publish(&all(&looks)[1..], None);
    assert_eq!(world.attack(&[&first, &forgetful], MOST), Some(group(0..1)));
}

/// Two spots of twelve each; more come, and nearly all of these are erased again. Each step is enough of them, both
/// together are one: the total of the third release less the pieces of the first.
#[test]
fn devices_that_came_and_went_do_not_leave_one_behind() {
    let mut looks = crowd(0, 12, spot(0, 0));
    looks.extend(crowd(20, 12, spot(0, 200)));
    let first = all(&looks);
    looks.extend(crowd(40, 12, spot(0, 0)));
    looks.extend(crowd(60, 5, spot(0, 200)));
    let second = all(&looks);
    for left in 1..=8 {
        let third: Vec<usize> = second.iter().copied().filter(|&look| look < 24 + left).collect();
        let cover = cover(THREE);
        let world = world(&looks, &cover);
        let one = world.publish(&first, None);
        let two = world.publish(&second, Some(&one));
        assert_eq!(world.attack(&[&one, &two], MOST), None, "{left}");
        let three = world.publish(&third, Some(&two));
        assert_eq!(world.attack(&[&two, &three], MOST), None, "{left}");
        assert_eq!(world.attack(&[&one, &three], MOST), None, "{left}");
    }
}

/// Of thirty devices twelve have a signal; nine of these are erased.
#[test]
fn a_figure_of_a_total_that_too_few_are_left_in_is_not_told_anew() {
    let mut looks = crowd(0, 12, spot(0, 0));
    looks.extend((20..38).map(|device| Look::dead(device, spot(0, 0))));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let first = world.publish(&all(&looks), None);
    let signals = |release: &Public| -> Vec<u32> {
        release.units.iter().filter_map(|unit| Some(unit.summary.signal_dbm.as_ref()?.devices)).collect()
    };
    assert!(signals(&first).iter().all(|&devices| devices == 12) && signals(&first).len() > 1);
    let second = world.publish(&all(&looks)[9..], Some(&first));
    assert_eq!(world.attack(&[&first, &second], MOST), None);
    assert!(signals(&second).iter().all(|&devices| devices == 12), "{:?}", signals(&second));
}

/// Erased and sent again with as many attempts: nothing but the technology is another. Were that no change, its piece would
/// keep old numbers beside a total of today.
#[test]
fn a_device_that_changes_its_technology_only_does_not_show_between_two_releases() {
    let look = |device, hex, technology| Look { technology: Some(technology), signal: None, ..Look::good(device, hex) };
    let mut looks: Vec<Look> = (0..12).map(|device| look(device, spot(0, 0), Technology::FourG)).collect();
    looks.extend((20..32).map(|device| look(device, spot(0, 200), Technology::FourG)));
    let before = all(&looks);
    looks.push(look(0, spot(0, 0), Technology::TwoG));
    looks.extend((40..50).map(|device| look(device, spot(0, 200), Technology::FourG)));
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let first = world.publish(&before, None);
    let second = world.publish(&all(&looks)[1..], Some(&first));
    assert_eq!(world.attack(&[&first, &second], MOST), None);
    let forgetful = world.publish(&all(&looks)[1..], None);
    assert_eq!(world.attack(&[&first, &forgetful], MOST), Some(group(0..1)));
}

/// Layers of a network are published of the same ground. If one of them left out what another judges, as a layer `4g` would
/// leave out 5G standing alone, their difference would be one phone.
#[test]
fn a_phone_that_one_layer_leaves_out_would_be_found() {
    let mut looks = crowd(0, 12, spot(0, 0));
    looks.push(Look { technology: Some(Technology::FiveGSa), ..Look::good(50, spot(0, 0)) });
    let cover = cover(THREE);
    let world = world(&looks, &cover);
    let mut release = world.publish(&all(&looks), None);
    let layers: std::collections::BTreeSet<_> = release.units.iter().map(|unit| unit.layer).collect();
    assert_eq!((layers.len(), world.attack(&[&release], MOST)), (3, None));
    release.units.extend(world.publish(&all(&looks)[..12], None).units);
    assert_eq!(world.attack(&[&release], MOST), Some(group(50..51)));
}
