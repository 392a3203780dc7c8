//! Nobody below k is isolated by what is published, not even by somebody with k - 1 devices (METHODS 6).
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

#[path = "../common/mod.rs"]
mod common;
mod outputs;
mod solver;

use common::{Look, children, cover, key, mobile, region};
use domain::{Cover, Hex, Resolution, Technology, TechnologyView};
use outputs::{Public, World};
use proptest::prelude::*;

/// What is promised.
const K: usize = 5;
/// Devices in everything published.
const MIN_DEVICES: u32 = 5;
/// An attacker knows k - 1 devices, and no k - 1 others may be left.
const MOST: usize = 4;

/// Three municipalities in two districts whose borders cut hexagons of every resolution.
fn ragged() -> Cover {
    let keys = ["05334002", "05334004", "05362008"];
    let nines = children(region(), Resolution::Nine);
    Cover::new(nines.into_iter().map(|nine| {
        let block = nine.parent(Resolution::Seven).unwrap();
        let blocks = children(region(), Resolution::Seven);
        let number = blocks.iter().position(|&other| other == block).unwrap();
        let siblings = children(nine.parent(Resolution::Eight).unwrap(), Resolution::Nine);
        let within = siblings.iter().position(|&other| other == nine).unwrap();
        // One in seven belongs to the neighbour.
        (nine, key(keys[(number + usize::from(within == 1)) % 3]))
    }))
}

prop_compose! {
    /// Clustered, so that some hexagons have many devices, some few.
    fn look()(device in 0u32..40, block in 0usize..7, eight in 0usize..3, nine in 0usize..3, ten in 0usize..3,
              level in 0u8..12, seen in 0u8..4) -> Look {
        let down = |hex: Hex, finer, at: usize| children(hex, finer)[at];
        let block_hex = children(region(), Resolution::Seven)[block];
        let eight = down(block_hex, Resolution::Eight, eight);
        let nine = down(eight, Resolution::Nine, nine);
        let hex = match level {
            0 => eight,
            1 => nine,
            _ => down(nine, Resolution::Ten, ten),
        };
        let technology = (seen > 0).then_some(Technology::FourG);
        let signal = (seen > 1).then_some(-90);
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
    World { looks, cover, layer: mobile(TechnologyView::Broadband), min_devices: MIN_DEVICES }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_two_successive_releases_isolate_anybody((looks, times) in history(260), bent in any::<bool>()) {
        let cover = if bent { ragged() } else { cover(&["05334002", "05334004", "05362008"]) };
        let world = world(&looks, &cover);
        let mut before: Option<Public> = None;
        for release in 0..4 {
            let next = world.publish(&present(&times, release), before.as_ref());
            let both: Vec<&Public> = before.iter().chain([&next]).collect();
            prop_assert_eq!(world.attack(&both, MOST), None, "release {}\n{}", release, world.explain(&both));
            before = Some(next);
        }
    }
}

#[test]
fn the_promise_is_k() {
    assert_eq!(MOST, K - 1);
}
