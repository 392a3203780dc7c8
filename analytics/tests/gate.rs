//! Nothing is published below k devices, and no difference of what is published is.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests stop at the first surprise; compared figures are exact"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analytics::{GateError, GateInput, Ground, LeafVotes, Piece, PieceKind, State, build_layers};
use common::{Look, Release, broadband, children, cover, key, network, region, votes};
use domain::{AreaKey, AreaLevel, Cover, Hex, Resolution, SourceClass, Technology, Window};
use proptest::prelude::*;

const K: usize = 5;
const ONE: &[&str] = &["05334002"];
const THREE: &[&str] = &["05334002", "05334004", "05362008"];

fn release_of(source: SourceClass, leaves: Vec<LeafVotes>, cover: &Cover, previous: Option<&[u8]>) -> Release {
    let gated = build_layers(GateInput {
        access: network(),
        source,
        min_devices: source.min_devices().min(5),
        window: &Window::Year(2026),
        leaves,
        ground: &Ground::new(cover.clone()),
        district_level: true,
        previous,
    });
    broadband(gated.unwrap())
}

fn publish(looks: &[Look], cover: &Cover) -> Release {
    release_of(SourceClass::Crowd, vec![votes(looks)], cover, None)
}

fn after(looks: &[Look], cover: &Cover, previous: &Release) -> Release {
    release_of(SourceClass::Crowd, vec![votes(looks)], cover, Some(&previous.private))
}

fn blocks() -> Vec<Hex> {
    children(region(), Resolution::Seven)
}

/// So many devices, numbered from `first`, each at the hexagon once.
fn crowd(first: u32, devices: u32, hex: Hex) -> Vec<Look> {
    (first..first + devices).map(|device| Look::good(device, hex)).collect()
}

fn piece_at(release: &Release, hex: Hex) -> Option<&Piece> {
    release.pieces.iter().find(|piece| piece.hexes.iter().any(|&outer| is_in(hex, outer)))
}

fn is_in(inner: Hex, outer: Hex) -> bool {
    inner.parent(outer.resolution()) == Some(outer)
}

fn measured(release: &Release) -> Vec<(PieceKind, u32)> {
    let measured = release.pieces.iter().filter(|piece| piece.summary.devices > 0);
    measured.map(|piece| (piece.kind, piece.summary.devices)).collect()
}

/// METHODS T20: children with 12, 9, 8, 7, 6, 5 and 2 devices. Leaving out the 2 alone would be undone
/// by 49 - 47, so the remainder takes the 5 as well.
#[test]
fn the_smallest_sibling_hides_what_is_below_k() {
    let mut looks = Vec::new();
    for (at, (&block, devices)) in blocks().iter().zip([12, 9, 8, 7, 6, 5, 2]).enumerate() {
        // Apart from each other below the block, so that blocks are not split further.
        let spots = children(block, Resolution::Eight);
        for n in 0..devices {
            looks.push(Look::good(at as u32 * 100 + n, spots[n as usize % 7]));
        }
    }
    let release = publish(&looks, &cover(ONE));
    let hidden = piece_at(&release, blocks()[6]).unwrap();
    assert_eq!((hidden.kind, hidden.summary.devices), (PieceKind::Remainder, 7));
    assert_eq!(hidden, piece_at(&release, blocks()[5]).unwrap());
    let all: u32 = release.pieces.iter().map(|piece| piece.summary.devices).sum();
    assert_eq!((all, release.areas[0].summary.devices), (49, 49));
    assert!(measured(&release).iter().all(|(_, devices)| *devices >= 5));
}

#[test]
fn fewer_than_k_devices_publish_nothing_not_even_where_they_were_not() {
    let release = publish(&crowd(0, 4, blocks()[0].at_most(Resolution::Nine)), &cover(ONE));
    assert_eq!((release.pieces.len(), release.areas.len()), (0, 0));
    let few = crowd(0, 4, children(blocks()[0], Resolution::Ten)[0]);
    let release = publish(&few, &cover(ONE));
    assert_eq!((release.pieces.len(), release.areas.len()), (0, 0));
}

#[test]
fn ground_without_votes_is_unmeasured_and_never_covered_or_dead() {
    let spot = children(blocks()[0], Resolution::Ten)[0];
    let release = publish(&crowd(0, 6, spot), &cover(ONE));
    assert_eq!(measured(&release), [(PieceKind::Hex, 6)]);
    assert_eq!(piece_at(&release, spot).unwrap().hexes, [spot]);
    assert_eq!(piece_at(&release, spot).unwrap().summary.state, State::Covered);
    for hex in children(region(), Resolution::Ten).into_iter().filter(|&hex| hex != spot) {
        let piece = piece_at(&release, hex).expect("all of the ground is in some piece");
        assert_eq!((piece.summary.state, piece.summary.devices), (State::NotMeasured, 0));
        assert_eq!(piece.summary.share, None);
    }
}

/// The ends of a track are kept at resolution 8: such a vote may lie anywhere in that hexagon.
#[test]
fn a_coarse_vote_is_in_no_piece_finer_than_itself() {
    let coarse = children(blocks()[0], Resolution::Eight)[2];
    let nines = children(coarse, Resolution::Nine);
    // Six devices in one child, two whose position was reduced to the parent.
    let mut looks = crowd(0, 6, children(nines[0], Resolution::Ten)[0]);
    looks.extend(crowd(50, 2, coarse));
    let release = publish(&looks, &cover(ONE));
    let piece = piece_at(&release, nines[0]).unwrap();
    assert!(piece.hexes.contains(&coarse) && piece.summary.devices == 8, "the two would be 8 - 6");
    // With five of them they are published as the rest of the parent, and no part of it is called unmeasured.
    looks.extend(crowd(60, 3, coarse));
    let release = publish(&looks, &cover(ONE));
    assert_eq!(piece_at(&release, children(nines[0], Resolution::Ten)[0]).unwrap().summary.devices, 6);
    for hex in &nines[1..] {
        let piece = piece_at(&release, *hex).unwrap();
        assert_eq!((piece.kind, piece.resolution, piece.summary.devices), (PieceKind::Remainder, 8, 5));
    }
}

#[test]
fn coarse_votes_without_free_ground_take_the_smallest_child() {
    let coarse = children(blocks()[0], Resolution::Eight)[0];
    let nines = children(coarse, Resolution::Nine);
    let mut looks: Vec<Look> = nines
        .iter()
        .zip([9, 8, 7, 6, 10, 11, 12])
        .zip(0..)
        .flat_map(|((&hex, n), at)| crowd(at * 100, n, hex))
        .collect();
    looks.extend(crowd(900, 5, coarse));
    let release = publish(&looks, &cover(ONE));
    let rest = piece_at(&release, nines[3]).unwrap();
    assert_eq!((rest.kind, rest.summary.devices), (PieceKind::Remainder, 11));
}

#[test]
fn an_area_is_withheld_when_it_would_reveal_what_lies_outside_of_its_pieces() {
    // Block 0 is municipality A, block 1 is B. Two devices of B merge with five of A into one remainder.
    let spots =
        |block: usize, at: usize| children(children(blocks()[block], Resolution::Eight)[at], Resolution::Ten)[0];
    let mut looks = crowd(0, 6, spots(0, 0));
    looks.extend(crowd(100, 7, spots(3, 1)));
    looks.extend(crowd(200, 2, spots(1, 0)));
    let areas = cover(THREE);
    let release = publish(&looks, &areas);
    let published: Vec<_> = release.areas.iter().map(|area| area.key).collect();
    // A (blocks 0, 3, 6) without B's two would give them away by the remainder they share.
    assert!(!published.contains(&key("05334004")), "two devices");
    assert_consistent(&looks, &areas, &release);
}

#[test]
fn votes_outside_of_the_region_are_left_out() {
    let elsewhere = Hex::from_degrees(48.0, 11.0, Resolution::Ten).unwrap();
    let mut looks = crowd(0, 6, elsewhere);
    looks.extend(crowd(100, 5, children(blocks()[0], Resolution::Ten)[0]));
    assert_eq!(measured(&publish(&looks, &cover(ONE))), [(PieceKind::Hex, 5)]);
}

#[test]
fn the_order_and_the_split_into_blocks_do_not_matter() {
    let looks: Vec<Look> = children(region(), Resolution::Ten)
        .into_iter()
        .step_by(2)
        .zip(0..)
        .map(|(hex, n)| if n % 3 == 0 { Look::dead(n * 7 % 41, hex) } else { Look::good(n * 7 % 41, hex) })
        .collect();
    let by_block: BTreeMap<Hex, Vec<Look>> = looks.iter().fold(BTreeMap::new(), |mut blocks, look| {
        blocks.entry(look.hex.at_most(Hex::BLOCK)).or_default().push(*look);
        blocks
    });
    let parts = by_block.values().rev().map(|looks| votes(looks)).collect();
    let whole = publish(&looks, &cover(THREE));
    assert!(whole.pieces.len() > 10);
    assert_eq!(release_of(SourceClass::Crowd, parts, &cover(THREE), None), whole);
}

#[test]
fn a_release_without_changes_repeats_the_one_before() {
    let spots = children(blocks()[0], Resolution::Ten);
    let looks: Vec<Look> = spots.iter().take(4).zip(0..).flat_map(|(&hex, at)| crowd(at * 10, 6, hex)).collect();
    let first = publish(&looks, &cover(THREE));
    assert_eq!(after(&looks, &cover(THREE), &first), first);
}

#[test]
fn one_new_device_does_not_show_between_two_releases() {
    let spots = children(blocks()[0], Resolution::Ten);
    let mut looks = crowd(0, 10, spots[0]);
    looks.extend(crowd(20, 10, spots[100]));
    let first = publish(&looks, &cover(ONE));
    looks.push(Look::dead(99, spots[0]));
    let second = after(&looks, &cover(ONE), &first);
    assert_eq!((&second.pieces, &second.areas), (&first.pieces, &first.areas));
    // Not forgotten either: with four more it is five, and all are published.
    looks.extend((100..104).map(|device| Look::dead(device, spots[0])));
    let third = after(&looks, &cover(ONE), &second);
    assert_eq!(piece_at(&third, spots[0]).unwrap().summary.devices, 15);
    assert_eq!(third.areas[0].summary.devices, 25);
    assert_eq!(piece_at(&third, spots[100]).unwrap().summary, piece_at(&second, spots[100]).unwrap().summary);
}

#[test]
fn a_device_that_measures_on_counts_as_a_change() {
    let spot = children(blocks()[0], Resolution::Ten)[0];
    let mut looks = crowd(0, 10, spot);
    let first = publish(&looks, &cover(ONE));
    looks.extend((0..4).map(|device| Look::dead(device, spot)));
    assert_eq!(after(&looks, &cover(ONE), &first).pieces, first.pieces);
    looks.push(Look::dead(4, spot));
    assert_eq!(after(&looks, &cover(ONE), &first).areas[0].summary.attempts, 15);
}

/// A remainder of 5 + 2 must not fall apart when the two become five: old total minus new part is two.
#[test]
fn a_remainder_is_not_split_so_that_its_old_total_gives_a_part_away() {
    let (a, b) = (children(blocks()[0], Resolution::Ten)[0], children(blocks()[1], Resolution::Ten)[0]);
    let mut looks = crowd(0, 5, a);
    looks.extend(crowd(10, 2, b));
    let first = publish(&looks, &cover(ONE));
    assert_eq!(measured(&first), [(PieceKind::Remainder, 7)]);
    looks.extend(crowd(20, 6, b));
    let second = after(&looks, &cover(ONE), &first);
    assert_eq!(measured(&second), [(PieceKind::Remainder, 13)]);
    // Now the last release has 5 and 8: five more in b, and both stand.
    looks.extend(crowd(30, 5, b));
    assert_eq!(measured(&after(&looks, &cover(ONE), &second)), [(PieceKind::Hex, 5), (PieceKind::Hex, 13)]);
}

#[test]
fn a_damaged_private_part_stops_the_release() {
    let release = publish(&crowd(0, 6, children(blocks()[0], Resolution::Ten)[0]), &cover(ONE));
    for at in [0, 4, 9, release.private.len() - 1] {
        let mut damaged = release.private.clone();
        damaged[at] ^= 0x40;
        let input = GateInput {
            access: network(),
            source: SourceClass::Crowd,
            min_devices: 5,
            window: &Window::Year(2026),
            leaves: Vec::new(),
            ground: &Ground::new(cover(ONE)),
            district_level: true,
            previous: Some(&damaged),
        };
        assert!(matches!(build_layers(input), Err(GateError::Previous(_))), "byte {at}");
    }
}

#[test]
fn a_municipality_where_people_begin_to_measure_has_its_total_at_once() {
    let mut looks = crowd(0, 6, children(blocks()[0], Resolution::Ten)[0]);
    let first = publish(&looks, &cover(THREE));
    // Blocks 1 and 2 lie in the two others, which were one unmeasured ground.
    looks.extend(crowd(10, 6, children(blocks()[1], Resolution::Ten)[0]));
    let second = after(&looks, &cover(THREE), &first);
    let total = second.areas.iter().find(|area| area.key == key("05334004"));
    assert_eq!(total.map(|area| area.summary.devices), Some(6));
    assert_eq!(measured(&second), [(PieceKind::Hex, 6), (PieceKind::Hex, 6)]);
}

#[test]
fn a_release_over_other_borders_or_of_an_earlier_gate_cannot_be_continued() {
    let looks = crowd(0, 6, children(blocks()[0], Resolution::Ten)[0]);
    let release = publish(&looks, &cover(ONE));
    let next = |cover: &Cover, previous: &[u8]| {
        build_layers(GateInput {
            access: network(),
            source: SourceClass::Crowd,
            min_devices: 5,
            window: &Window::Year(2026),
            leaves: vec![votes(&looks)],
            ground: &Ground::new(cover.clone()),
            district_level: true,
            previous: Some(previous),
        })
    };
    assert_eq!(next(&cover(ONE), &release.private).map(broadband).unwrap().pieces, release.pieces);
    assert_eq!(next(&cover(THREE), &release.private), Err(GateError::Borders));
    for version in [1, 2] {
        let mut earlier = release.private.clone();
        earlier[4] = version;
        assert_eq!(next(&cover(ONE), &earlier), Err(GateError::Earlier));
        assert_eq!(next(&cover(ONE), &earlier[..5]), Err(GateError::Earlier), "so much is kept of it");
    }
}

prop_compose! {
    /// Clustered, so that some hexagons have many devices, some few.
    fn look(coarse: bool)(device in 0u32..40, block in 0usize..7, eight in 0usize..3, nine in 0usize..3, ten in 0usize..3,
                          level in 0u8..10, dead in any::<bool>()) -> Look {
        let down = |hex: Hex, finer, at: usize| children(hex, finer)[at];
        let eight = down(blocks()[block], Resolution::Eight, eight);
        let nine = down(eight, Resolution::Nine, nine);
        let hex = match level {
            0 if coarse => eight,
            1 if coarse => nine,
            _ => down(nine, Resolution::Ten, ten),
        };
        let technology = (!dead).then_some(Technology::FourG);
        Look { technology, signal: None, ..Look::good(device + 100 * u32::try_from(block % 3).unwrap(), hex) }
    }
}

fn looks(coarse: bool, most: usize) -> impl Strategy<Value = Vec<Look>> {
    prop::collection::vec(look(coarse), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_piece_and_no_total_and_no_difference_is_below_k(looks in looks(false, 220)) {
        let cover = cover(THREE);
        assert_consistent(&looks, &cover, &publish(&looks, &cover));
    }

    #[test]
    fn coarse_votes_are_counted_once_and_in_no_small_piece(mut looks in looks(true, 220)) {
        // One look a device: otherwise one with many would count for less in the sum.
        (0..).zip(&mut looks).for_each(|(device, look)| look.device = device);
        let release = publish(&looks, &cover(THREE));
        let attempts: u64 = release.pieces.iter().map(|piece| piece.summary.attempts).sum();
        prop_assert!(release.pieces.is_empty() || attempts == looks.len() as u64);
        assert_partition(&release);
    }

    #[test]
    fn two_releases_differ_by_nobody_or_at_least_k(before in looks(false, 160), more in looks(false, 60)) {
        let cover = cover(THREE);
        let first = publish(&before, &cover);
        let all: Vec<Look> = before.iter().chain(&more).copied().collect();
        let second = after(&all, &cover, &first);
        assert_partition(&second);
        assert_no_small_step(&cover, &before, &first, &all, &second);
        // And once more without any new evidence: nothing moves.
        let third = after(&all, &cover, &second);
        prop_assert_eq!(&third.pieces, &second.pieces);
    }

    #[test]
    fn coarse_votes_do_not_open_a_gap_between_releases(before in looks(true, 160), more in looks(true, 60)) {
        let cover = cover(THREE);
        let first = publish(&before, &cover);
        let all: Vec<Look> = before.iter().chain(&more).copied().collect();
        assert_partition(&after(&all, &cover, &first));
    }
}

fn safe(count: usize) -> bool {
    count == 0 || count >= K
}

/// Disjoint pieces over all of the ground, each with nobody or at least k.
fn assert_partition(release: &Release) {
    if release.pieces.is_empty() {
        assert!(release.areas.is_empty());
        return;
    }
    let mut ground: HashMap<Hex, i32> = HashMap::new();
    for piece in &release.pieces {
        assert!(safe(piece.summary.devices as usize), "{piece:?}");
        assert_eq!(piece.summary.devices == 0, piece.summary.state == State::NotMeasured);
        for ten in piece.hexes.iter().flat_map(|hex| hex.children(Resolution::Ten)) {
            assert_eq!(ground.insert(ten, piece.number), None, "two pieces hold {ten}");
        }
    }
    assert_eq!(ground.len(), children(region(), Resolution::Ten).len());
    for area in &release.areas {
        assert!(area.summary.devices as usize >= K);
    }
}

type Devices = BTreeSet<u32>;

fn pieces_of(looks: &[Look], release: &Release) -> BTreeMap<i32, Vec<Look>> {
    let mut held: BTreeMap<i32, Vec<Look>> = BTreeMap::new();
    let mut by_hex: HashMap<Hex, i32> = HashMap::new();
    for look in looks {
        let number = *by_hex.entry(look.hex).or_insert_with(|| piece_at(release, look.hex).unwrap().number);
        held.entry(number).or_default().push(*look);
    }
    held
}

fn devices<'l>(looks: impl IntoIterator<Item = &'l Look>) -> Devices {
    looks.into_iter().map(|look| look.device).collect()
}

/// What an attacker can subtract in one release: pieces from area totals, totals from totals, and the
/// other way round. All of it against the raw evidence, which the gate's own bookkeeping cannot excuse.
fn assert_consistent(looks: &[Look], cover: &Cover, release: &Release) {
    assert_partition(release);
    if release.pieces.is_empty() {
        assert!(devices(looks).len() < K);
        return;
    }
    let held = pieces_of(looks, release);
    for piece in &release.pieces {
        let truth = held.get(&piece.number).map(devices).unwrap_or_default();
        assert_eq!(truth.len(), piece.summary.devices as usize, "every vote is in the piece where it was cast");
    }
    let area_of = |look: &Look, level| area_of(cover, look, level);
    let published: BTreeSet<AreaKey> = release.areas.iter().map(|area| area.key).collect();
    for area in &release.areas {
        let level = area.key.level();
        let inside = |look: &&Look| area_of(look, level) == area.key;
        let all: Vec<&Look> = looks.iter().filter(inside).collect();
        assert_eq!(devices(all.iter().copied()).len(), area.summary.devices as usize);
        let (within, across): (Vec<_>, Vec<_>) =
            held.values().filter(|p| p.iter().any(|look| inside(&look))).partition(|p| p.iter().all(|l| inside(&l)));
        let said: Vec<Look> = within.iter().flat_map(|piece| piece.iter().copied()).collect();
        let rest: Vec<&Look> = all.iter().copied().filter(|look| !said.contains(look)).collect();
        assert!(safe(devices(rest).len()), "{} minus its pieces", area.key);
        let outside: Vec<&Look> = across.into_iter().flatten().filter(|look| !inside(look)).collect();
        assert!(safe(devices(outside).len()), "pieces across the border minus {}", area.key);
        for &below in AreaLevel::ALL.iter().filter(|&&below| below > level) {
            let rest = all.iter().copied().filter(|look| !published.contains(&area_of(look, below)));
            assert!(safe(devices(rest).len()), "{} minus its published {below}s", area.key);
        }
    }
}

/// What an attacker can subtract between two releases: a new piece from the old one that held its ground.
fn assert_no_small_step(cover: &Cover, before: &[Look], first: &Release, all: &[Look], second: &Release) {
    if first.pieces.is_empty() {
        return;
    }
    for piece in second.pieces.iter().filter(|piece| piece.summary.devices > 0) {
        let same = |old: &&Piece| (&old.hexes, &old.summary) == (&piece.hexes, &piece.summary);
        if first.pieces.iter().any(|old| same(&old)) {
            continue;
        }
        let here = |looks: &[Look]| -> BTreeMap<u32, Vec<String>> {
            let inside = looks.iter().filter(|look| piece.hexes.iter().any(|&hex| is_in(look.hex, hex)));
            let mut by_device: BTreeMap<u32, Vec<String>> = BTreeMap::new();
            for look in inside {
                by_device.entry(look.device).or_default().push(format!("{} {:?}", look.hex, look.technology));
            }
            for looks in by_device.values_mut() {
                looks.sort();
            }
            by_device
        };
        let (old, new) = (here(before), here(all));
        let changed = old.keys().chain(new.keys()).filter(|d| old.get(d) != new.get(d)).collect::<BTreeSet<_>>().len();
        assert!(
            safe(old.len()) && safe(new.len()) && safe(changed),
            "{piece:?}: {} {} {changed}",
            old.len(),
            new.len()
        );
    }
    for area in &second.areas {
        if first.areas.iter().all(|old| old.key != area.key || old == area) {
            continue;
        }
        let here = |looks: &[Look]| {
            let mut by_device: BTreeMap<u32, usize> = BTreeMap::new();
            for look in looks.iter().filter(|look| area_of(cover, look, area.key.level()) == area.key) {
                *by_device.entry(look.device).or_default() += 1;
            }
            by_device
        };
        let (old, new) = (here(before), here(all));
        // Evidence is only ever added here, so a change shows in the number of looks.
        let changed = new.iter().filter(|(device, looks)| old.get(device) != Some(looks)).count();
        assert!(safe(changed), "{} moved by {changed} devices", area.key);
    }
}

fn area_of(cover: &Cover, look: &Look, level: AreaLevel) -> AreaKey {
    let municipality = cover.municipality(look.hex).unwrap();
    match level {
        AreaLevel::Municipality => municipality,
        AreaLevel::District => municipality.district().unwrap(),
        AreaLevel::State => municipality.state(),
    }
}
