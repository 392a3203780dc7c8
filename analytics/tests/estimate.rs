//! The estimate layer: wide where little is known, silent where nothing is, and never a measurement.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests stop at the first surprise; compared figures are exact"
)]

mod common;

use std::collections::BTreeSet;

use analytics::{
    Estimate, EstimateHeader, Estimates, Piece, PieceKind, State, UnitSummary, estimate,
    estimate::{ESTIMATED, beta_quantile},
    stats,
};
use common::{children, mobile, region};
use domain::{Hex, Resolution, SourceClass, TechnologyView};
use proptest::prelude::*;

fn header() -> EstimateHeader {
    EstimateHeader {
        region: "nrw".parse().unwrap(),
        release: "5f2c9a7be01d4c3a".parse().unwrap(),
        window: "2026".parse().unwrap(),
        source: SourceClass::Simulated,
        simulated: true,
        layer: mobile(TechnologyView::Broadband),
    }
}

fn piece(kind: PieceKind, resolution: u8, hexes: &[Hex], share: f64, devices: u32) -> Piece {
    let n = f64::from(devices);
    let summary = UnitSummary {
        state: if share > 0.5 { State::Dead } else { State::Covered },
        devices,
        share: stats::wilson(share, n),
        n_eff: n,
        posterior: Some(stats::posterior(share, n)),
        ..UnitSummary::not_measured()
    };
    let summary = if devices == 0 { UnitSummary::not_measured() } else { summary };
    Piece { number: 1, kind, resolution, hexes: hexes.to_vec(), summary }
}

fn centre() -> Hex {
    Hex::from_h3(region().as_h3().center_child(ESTIMATED).unwrap())
}

/// The middle hexagon of the region measured, the rest not.
fn lonely(share: f64, devices: u32) -> Vec<Piece> {
    let rest: Vec<Hex> = children(region(), ESTIMATED).into_iter().filter(|hex| *hex != centre()).collect();
    vec![piece(PieceKind::Hex, 8, &[centre()], share, devices), piece(PieceKind::Remainder, 6, &rest, 0.0, 0)]
}

fn at(found: &Estimates, hex: Hex) -> Option<&Estimate> {
    found.items.iter().find(|item| item.hex == hex)
}

#[test]
fn neighbours_get_a_wide_estimate_and_farther_ground_none() {
    let found = estimate(header(), &lonely(0.1, 40), None);
    assert_eq!(found.items.len(), 7, "the measured hexagon and its ring");
    let here = at(&found, centre()).unwrap();
    // No measured neighbour: the prior of everything published, and its own devices.
    let posterior = stats::posterior(0.1, 40.0);
    assert_eq!((here.estimate, here.neighbours), (0.12, 0));
    assert!((here.estimate_low - beta_quantile(posterior, 0.025)).abs() < 1e-4, "{here:?}");
    assert_eq!((here.raw.share, here.raw.state, here.raw.on_its_own), (Some(0.1), Some(State::Covered), true));
    for item in found.items.iter().filter(|item| item.hex != centre()) {
        assert_eq!((item.neighbours, item.raw.share, item.raw.n_eff), (1, None, 0.0));
        assert_eq!(item.raw.state, Some(State::NotMeasured), "an estimate does not make ground measured");
        assert_eq!(item.estimate, 0.12, "the mean of the ring, (0.1 · 40 + 2) / 50");
        let width = |item: &Estimate| item.estimate_high - item.estimate_low;
        assert!(width(item) > 2.0 * width(here), "{item:?} beside {here:?}");
    }
}

#[test]
fn ground_of_a_large_piece_has_no_more_devices_than_its_even_part() {
    let eights = children(region(), ESTIMATED);
    let found = estimate(header(), &[piece(PieceKind::Remainder, 6, &eights, 0.5, 49)], None);
    assert_eq!(found.items.len(), 49);
    for item in &found.items {
        assert_eq!((item.raw.n_eff, item.raw.on_its_own, item.raw.resolution), (1.0, false, Some(6)), "{item:?}");
        assert!(item.estimate_high - item.estimate_low > 0.4, "49 devices somewhere say little of one place: {item:?}");
    }
}

#[test]
fn devices_of_finer_pieces_are_not_added_up() {
    let nines = children(centre(), Resolution::Nine);
    let pieces: Vec<Piece> = nines.iter().map(|&hex| piece(PieceKind::Hex, 9, &[hex], 0.2, 10)).collect();
    let found = estimate(header(), &pieces, None);
    assert_eq!(at(&found, centre()).unwrap().raw.n_eff, 10.0, "the ten of one may be the ten of the next");
    let rest = [piece(PieceKind::Hex, 9, &nines[..1], 0.2, 10), piece(PieceKind::Remainder, 8, &nines[1..], 0.2, 12)];
    let found = estimate(header(), &rest, None);
    let raw = at(&found, centre()).unwrap().raw;
    assert_eq!((raw.n_eff, raw.on_its_own), (12.0, true), "the rest of a hexagon lies inside of it");
}

#[test]
fn the_documents_say_that_they_are_estimates() {
    let found = estimate(header(), &lonely(0.1, 40), Some(&BTreeSet::from([centre()])));
    assert_eq!(found.items.len(), 1, "only what was asked for");
    let document: serde_json::Value = serde_json::from_str(&found.to_json()).unwrap();
    let validator = jsonschema::validator_for(&Estimates::json_schema()).unwrap();
    assert!(validator.is_valid(&document), "{:?}", validator.iter_errors(&document).next());
    assert_eq!((&document["estimate"], &document["simulated"]), (&true.into(), &true.into()));
    assert!(document["note"].as_str().unwrap().starts_with("Schätzung, keine Messung"));
    let geo: geojson::FeatureCollection = found.to_geojson().parse().unwrap();
    let properties = geo.features[0].properties.clone().unwrap();
    assert_eq!(properties["estimate"], 0.12);
    for published in ["state", "share", "devices", "summary"] {
        assert!(!properties.contains_key(published), "{published} belongs to what was measured");
    }
    let csv = found.to_csv();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert!(reader.headers().unwrap().iter().any(|name| name == "estimate_high"));
    assert_eq!(reader.records().count(), 1);
}

#[test]
fn the_committed_schema_is_the_one_of_this_program() {
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/estimate.json")).unwrap_or_default();
    assert!(
        committed == Estimates::json_schema(),
        "write it anew: cargo run -p analytics --example estimate_schema > schemas/estimate.json"
    );
}

proptest! {
    #[test]
    fn an_estimate_lies_in_its_interval_between_what_was_seen_and_what_was_assumed(
        shares in proptest::collection::vec((0.0_f64..1.0, 1_u32..200), 1..49),
    ) {
        let eights = children(region(), ESTIMATED);
        let pieces: Vec<Piece> = eights
            .iter()
            .zip(&shares)
            .map(|(&hex, &(share, devices))| piece(PieceKind::Hex, 8, &[hex], share, devices))
            .collect();
        let found = estimate(header(), &pieces, None);
        prop_assert_eq!(found.items.len(), pieces.len());
        let seen = || shares.iter().map(|(share, _)| *share).chain([0.2]);
        let (least, most) = (seen().fold(1.0, f64::min), seen().fold(0.0, f64::max));
        for item in &found.items {
            prop_assert!(item.estimate_low <= item.estimate && item.estimate <= item.estimate_high, "{:?}", item);
            prop_assert!(item.estimate >= least - 1e-3 && item.estimate <= most + 1e-3, "{:?}", item);
        }
    }
}
