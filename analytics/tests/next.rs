//! Where to measure next: the list and the documents that carry it.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests stop at the first surprise; compared figures are exact"
)]

mod common;

use std::collections::BTreeMap;

use analytics::{
    NextArea, NextAsk, NextInput, NextLayer, NextList, Piece, PieceKind, Posterior, RankHeader, RuleBook, State, Track,
    UnitSummary, next, stats,
};
use common::{cover, key, region};
use domain::{Hex, Layer, Resolution, SourceClass};

const TOWN: &str = "05334002";
const VILLAGE: &str = "05334004";
/// Devices of a visit.
const K: f64 = SourceClass::Simulated.min_devices() as f64;

fn eights() -> Vec<Hex> {
    region().children(Resolution::Eight).collect()
}

fn summary(share: f64, devices: u32) -> UnitSummary {
    let n = f64::from(devices);
    UnitSummary {
        state: if share > 0.5 { State::Dead } else { State::Covered },
        devices,
        attempts: u64::from(devices),
        share: stats::wilson(share, n),
        n_eff: n,
        posterior: Some(stats::posterior(share, n)),
        ..UnitSummary::not_measured()
    }
}

fn piece(kind: PieceKind, resolution: u8, hexes: &[Hex], summary: UnitSummary) -> Piece {
    Piece { number: 1, kind, resolution, hexes: hexes.to_vec(), summary }
}

/// The first 20 hexagons of resolution 8 are one remainder, the next is measured well, the rest is unknown.
fn pieces() -> Vec<Piece> {
    let all = eights();
    vec![
        piece(PieceKind::Remainder, 6, &all[..20], summary(0.25, 8)),
        piece(PieceKind::Hex, 8, &all[20..21], summary(0.0, 60)),
        piece(PieceKind::Remainder, 6, &all[21..], UnitSummary::not_measured()),
    ]
}

fn area(name: &str, inhabitants: i64) -> NextArea {
    NextArea {
        key: key(name),
        name: name.into(),
        district: "Kreis".into(),
        inhabitants: Some(inhabitants),
        sites: vec![],
    }
}

fn header() -> RankHeader {
    RankHeader {
        region: "nrw".parse().unwrap(),
        release: "5f2c9a7be01d4c3a".parse().unwrap(),
        window: "2026".parse().unwrap(),
        source: SourceClass::Simulated,
        simulated: true,
        ruleset_hash: RuleBook::builtin().hash(),
        generated_from: Vec::new(),
    }
}

fn fixed(pieces: Vec<Piece>, totals: &[(&str, Posterior)]) -> NextLayer {
    NextLayer { layer: Layer::Fixed, pieces, totals: totals.iter().map(|&(area, total)| (key(area), total)).collect() }
}

fn list(track: Track, layers: Vec<NextLayer>, area_asked: Option<&str>, top: u32) -> NextList {
    let rules = RuleBook::builtin();
    let ask = NextAsk { area: area_asked.map(key), track, single_layer: false, top };
    next(NextInput {
        header: header(),
        ask,
        cover: &cover(&[TOWN, VILLAGE]),
        municipalities: vec![area(TOWN, 40_000), area(VILLAGE, 2_000)],
        layers,
        profile: rules.profile(track),
    })
}

#[test]
fn ground_in_a_remainder_shares_its_posterior_and_unknown_ground_has_the_prior() {
    let list = list(Track::Fixed, vec![fixed(pieces(), &[])], None, 49);
    let remainder = stats::posterior(0.25, 8.0);
    let mut seen = [0, 0];
    for row in &list.rows {
        let at = eights().iter().position(|hex| *hex == row.hex).unwrap();
        let evidence = &row.evidence[0];
        let worth = next::evsi(evidence.posterior, SourceClass::Simulated.min_devices(), next::NEUTRAL);
        assert!((evidence.evsi - worth).abs() < 1e-6 && worth > 0.0, "{evidence:?}");
        if at < 20 {
            seen[0] += 1;
            assert_eq!(
                (evidence.posterior, evidence.devices, evidence.kind),
                (remainder, 8, Some(PieceKind::Remainder))
            );
            assert!(row.reason.contains("irgendwo in einer größeren Fläche (Auflösung 6)"), "{}", row.reason);
        } else {
            seen[1] += 1;
            assert_eq!((evidence.posterior, evidence.devices, evidence.kind), (stats::PRIOR, 0, None));
            assert!(row.no_data && row.reason.starts_with("Hier ist nichts gemessen"), "{}", row.reason);
        }
        assert_ne!(at, 20, "nothing is to be decided where 60 devices agree");
    }
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
}

#[test]
fn the_rest_of_a_hexagon_is_said_to_be_a_part_of_it_and_not_something_larger() {
    let all = eights();
    let nines: Vec<Hex> = all[0].children(Resolution::Nine).collect();
    let pieces = vec![
        piece(PieceKind::Hex, 9, &nines[..1], summary(0.1, 9)),
        piece(PieceKind::Remainder, 8, &nines[1..], summary(0.25, 8)),
        piece(PieceKind::Remainder, 6, &all[1..], summary(0.0, 60)),
    ];
    let rows = list(Track::Fixed, vec![fixed(pieces, &[])], None, 49).rows;
    let row = rows.iter().find(|row| row.hex == all[0]).unwrap();
    assert!(row.reason.starts_with("Erst 8 Geräte in einem Teil davon"), "{}", row.reason);
}

#[test]
fn the_index_is_the_product_that_methods_gives() {
    let list = list(Track::Fixed, vec![fixed(pieces(), &[(TOWN, stats::posterior(0.3, 90.0))])], Some(TOWN), 3);
    for row in &list.rows {
        assert_eq!(row.key, key(TOWN));
        let product = row.value * row.inhabitants.unwrap() * row.pass_probability / row.travel_cost;
        // People are shown as a whole number.
        assert!((row.index / product - 1.0).abs() < 1e-3, "{row:?}");
        // Devices beside the 100 that the town's total is worth, times the weight of severity.
        assert!((row.evidence[0].weight - 0.35 * K / (100.0 + K)).abs() < 1e-6, "{row:?}");
    }
    assert_eq!(list.rows.len(), 3);
}

#[test]
fn whoever_has_no_rank_yet_moves_the_list_more() {
    let measured = stats::posterior(0.2, 990.0);
    let weight = |totals: &[(&str, Posterior)]| {
        list(Track::Fixed, vec![fixed(pieces(), totals)], Some(VILLAGE), 1).rows[0].clone()
    };
    let (unranked, ranked) = (weight(&[]), weight(&[(VILLAGE, measured)]));
    assert!(unranked.value > ranked.value * 40.0, "{} and {}", unranked.value, ranked.value);
    assert!(unranked.reason.contains("noch keinen Rang") && !ranked.reason.contains("noch keinen Rang"));
}

#[test]
fn the_worst_network_counts_as_in_the_mobile_ranking() {
    let layer = |operator: &str, share| NextLayer {
        layer: format!("mobile-{operator}-broadband").parse().unwrap(),
        pieces: pieces(),
        totals: BTreeMap::from([(key(TOWN), stats::posterior(share, 90.0))]),
    };
    let list = list(Track::Mobile, vec![layer("26201", 0.1), layer("26202", 0.6)], Some(TOWN), 1);
    let weights: Vec<f64> = list.rows[0].evidence.iter().map(|evidence| evidence.weight * (100.0 + K) / K).collect();
    assert!((weights[0] - 0.30 / 2.0).abs() < 1e-5 && (weights[1] - (0.30 / 2.0 + 0.35)).abs() < 1e-5, "{weights:?}");
}

#[test]
fn the_documents_say_what_they_are_and_can_be_read() {
    let list = list(Track::Fixed, vec![fixed(pieces(), &[])], None, 60);
    let validator = jsonschema::validator_for(&NextList::json_schema()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&list.to_json()).unwrap();
    assert!(validator.is_valid(&document), "{:?}", validator.iter_errors(&document).next());
    assert_eq!(serde_json::from_value::<NextList>(document).unwrap(), list);

    let table = list.to_table();
    assert!(table.starts_with("SIMULIERT") && table.contains("statt 60") && table.contains("Haushalte"), "{table}");
    for line in table.lines() {
        assert!(line.chars().count() <= 120, "{} columns: {line}", line.chars().count());
    }
    let csv = list.to_csv();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let at = |name: &str| names.iter().position(|known| known == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), list.rows.len());
    assert_eq!((&rows[0][at("key")], &rows[0][at("hex")]), (list.rows[0].key.as_str(), &*list.rows[0].hex.to_string()));

    let geo: geojson::FeatureCollection = list.to_geojson().parse().unwrap();
    assert_eq!(geo.features.len(), list.rows.len());
    assert_eq!(geo.foreign_members.unwrap()["simulated"], true);
}

#[test]
fn the_committed_schema_is_the_one_of_this_program() {
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/next.json")).unwrap_or_default();
    assert!(
        committed == NextList::json_schema(),
        "write it anew: cargo run -p analytics --example next_schema > schemas/next.json"
    );
}
