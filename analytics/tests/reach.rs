//! Reach: what was measured where, and never more than that.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod common;

use std::collections::BTreeSet;

use analytics::{
    CoarserPart, GateInput, Ground, LeafVotes, Piece, PieceKind, Reach, State, UnitSummary, build_layers, reach,
};
use common::{Look, broadband, children, cover, key, network, region, votes};
use domain::{AreaKey, Hex, Resolution, SourceClass};
use proptest::prelude::*;

const TOWN: &str = "05334002";
const VILLAGE: &str = "05334004";

fn piece(kind: PieceKind, resolution: u8, hexes: &[Hex], state: State) -> Piece {
    let devices = if state == State::NotMeasured { 0 } else { 9 };
    Piece {
        number: 1,
        kind,
        resolution,
        hexes: hexes.to_vec(),
        summary: UnitSummary { state, devices, ..UnitSummary::not_measured() },
    }
}

fn of(found: &[(AreaKey, Reach)], area: &str) -> Reach {
    found.iter().find(|(found, _)| *found == key(area)).unwrap().1.clone()
}

#[test]
fn only_what_was_published_on_its_own_counts_as_measured() {
    let seven = children(region(), Resolution::Seven)[0];
    let eights = children(seven, Resolution::Eight);
    let nines = children(eights[0], Resolution::Nine);
    let tens = children(nines[1], Resolution::Ten);
    let pieces = [
        piece(PieceKind::Hex, 9, &nines[..1], State::Covered),
        piece(PieceKind::Hex, 10, &tens[..1], State::Dead),
        piece(PieceKind::Hex, 10, &tens[1..2], State::Covered),
        piece(PieceKind::Remainder, 9, &tens[2..], State::Covered),
        piece(PieceKind::Remainder, 8, &nines[2..], State::Covered),
        piece(PieceKind::Hex, 8, &eights[1..2], State::Dead),
        piece(PieceKind::Remainder, 7, &eights[2..5], State::Covered),
        piece(PieceKind::Remainder, 7, &eights[5..], State::NotMeasured),
    ];
    let sites = BTreeSet::from([nines[0], nines[3], children(eights[6], Resolution::Nine)[0]]);
    let found = reach(&cover(&[TOWN; 7]), &pieces, &sites);
    let town = of(&found, TOWN);
    assert_eq!((town.resolution, town.hexes), (9, 343));
    assert_eq!((town.measured.hexes, town.measured.covered, town.measured.dead, town.measured.mixed), (2, 1, 0, 1));
    let part = |kind, resolution, hexes| CoarserPart { kind, resolution, hexes };
    assert_eq!(
        town.coarser.parts,
        [part(PieceKind::Hex, 8, 7), part(PieceKind::Remainder, 7, 21), part(PieceKind::Remainder, 8, 5)]
    );
    assert_eq!((town.coarser.hexes, town.not_measured.hexes), (33, 343 - 2 - 33));
    assert!((town.measured.share - 0.0058).abs() < 1e-9 && (town.coarser.share - 0.0962).abs() < 1e-9, "{town:?}");
    assert_eq!(town.inhabited, None, "no table says who lives where");
    assert_eq!((town.sites.hexes, town.sites.measured), (3, 1), "a school in a remainder is not known to be measured");
}

#[test]
fn a_piece_over_a_border_counts_in_both_and_districts_add_up() {
    let both = cover(&[TOWN, VILLAGE]);
    let found = reach(&both, &[piece(PieceKind::Hex, 6, &[region()], State::Covered)], &BTreeSet::new());
    let (town, village) = (of(&found, TOWN), of(&found, VILLAGE));
    assert_eq!((town.hexes, village.hexes), (4 * 49, 3 * 49));
    assert_eq!((town.coarser.hexes, village.coarser.hexes, town.measured.hexes), (4 * 49, 3 * 49, 0));
    for above in ["05334", "05"] {
        assert_eq!((of(&found, above).hexes, of(&found, above).coarser.hexes), (343, 343), "{above}");
    }
}

proptest! {
    /// Whatever the gate publishes: the three parts are all of the ground, and nothing is measured where no device was.
    #[test]
    fn the_reach_of_a_gated_layer_adds_up_and_claims_no_hexagon_without_a_device(
        seen in proptest::collection::vec((0_u32..30, 0_usize..2401), 1..120), coarse in any::<bool>(),
    ) {
        let tens = children(region(), Resolution::Ten);
        // Half of the runs crowd into a seventh of the ground, so that fine pieces stand.
        let place = |at: usize| tens[if coarse { at } else { at / 7 }];
        let looks: Vec<Look> = seen.iter().map(|&(device, at)| Look::good(device, place(at))).collect();
        let leaves: Vec<LeafVotes> = vec![votes(&looks)];
        let ground = cover(&[TOWN, VILLAGE]);
        let window = "2026".parse().unwrap();
        let input = GateInput {
            access: network(), source: SourceClass::Crowd, min_devices: 5, window: &window, leaves, ground: &Ground::new(ground.clone()), district_level: true, previous: None,
        };
        let release = broadband(build_layers(input).unwrap());
        prop_assume!(!release.pieces.is_empty());
        let found = reach(&ground, &release.pieces, &BTreeSet::new());
        let visited: BTreeSet<Hex> = looks.iter().map(|look| look.hex.at_most(Resolution::Nine)).collect();
        for (area, reach) in &found {
            let parts: u64 = reach.coarser.parts.iter().map(|part| part.hexes).sum();
            prop_assert_eq!(parts, reach.coarser.hexes);
            prop_assert_eq!(reach.measured.hexes + reach.coarser.hexes + reach.not_measured.hexes, reach.hexes);
            let here = visited.iter().filter(|hex| ground.municipality(**hex).unwrap().as_str().starts_with(area.as_str()));
            prop_assert!(reach.measured.hexes <= here.count() as u64, "{}: {:?}", area, reach);
        }
    }
}
