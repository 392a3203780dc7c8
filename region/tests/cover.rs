//! Every hexagon belongs to exactly one municipality, by its centre.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{key, records, rectangle};
use domain::{AreaKey, Cover, Hex, Resolution};
use geo::{Contains, LineString, Point, Polygon};
use proptest::prelude::*;
use region::{
    FindingKind,
    assign::assign,
    boundaries::{Polygons, Ring},
    build,
};
use tempfile::TempDir;

fn outline(rings: &[Vec<(f64, f64)>]) -> Polygons {
    let rings = rings.iter().enumerate().map(|(number, ring)| Ring { points: ring.clone(), hole: number > 0 });
    Polygons { parts: vec![rings.collect()] }
}

const WEST: f64 = 6.5;
const SOUTH: f64 = 51.0;
const SIDES: usize = 3;
const STEP: f64 = 0.02;

/// A grid of quadrilaterals with shaken corners: neighbours share their corners exactly, as official files do.
fn shaken_grid() -> impl Strategy<Value = BTreeMap<AreaKey, Vec<(f64, f64)>>> {
    let corners = (SIDES + 1) * (SIDES + 1);
    prop::collection::vec((-0.35..0.35_f64, -0.35..0.35_f64), corners).prop_map(|shifts| {
        let corner = |column: usize, row: usize| {
            let (dx, dy) = shifts[row * (SIDES + 1) + column];
            (WEST + (column as f64 + dx) * STEP, SOUTH + (row as f64 + dy) * STEP)
        };
        let mut grid = BTreeMap::new();
        for row in 0..SIDES {
            for column in 0..SIDES {
                let mut ring = vec![
                    corner(column, row),
                    corner(column + 1, row),
                    corner(column + 1, row + 1),
                    corner(column, row + 1),
                ];
                ring.push(ring[0]);
                // Official rings run either way round; membership must not care.
                if (row + column) % 2 == 0 {
                    ring.reverse();
                }
                grid.insert(key(&format!("05{:06}", row * SIDES + column)), ring);
            }
        }
        grid
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_cover_is_disjoint_and_complete_against_a_naive_test_of_each_centre(grid in shaken_grid()) {
        let outlines = grid.iter().map(|(&key, ring)| (key, outline(std::slice::from_ref(ring)))).collect();
        let assignment = assign(&outlines, &|_, _| {});
        let given: Vec<Hex> = assignment.hexes.values().flatten().copied().collect();
        prop_assert_eq!(given.len(), given.iter().collect::<BTreeSet<_>>().len(), "a hexagon was given twice");
        prop_assert!(assignment.overlaps.is_empty());

        let owner: BTreeMap<Hex, AreaKey> =
            assignment.hexes.iter().flat_map(|(&key, hexes)| hexes.iter().map(move |&hex| (hex, key))).collect();
        let naive: Vec<(AreaKey, Polygon)> =
            grid.iter().map(|(&key, ring)| (key, Polygon::new(LineString::from(ring.clone()), vec![]))).collect();
        let middle = 0.5 * STEP * SIDES as f64;
        let around = Hex::from_degrees(SOUTH + middle, WEST + middle, Resolution::Nine).unwrap();
        let mut inside = 0;
        for index in around.as_h3().grid_disk::<Vec<_>>(24) {
            let hex = Hex::from_h3(index);
            let (lat, lng) = hex.centre_degrees();
            let holders: Vec<AreaKey> =
                naive.iter().filter(|(_, polygon)| polygon.contains(&Point::new(lng, lat))).map(|(key, _)| *key).collect();
            prop_assert!(holders.len() <= 1);
            prop_assert_eq!(owner.get(&hex), holders.first(), "{}", hex);
            inside += holders.len();
        }
        prop_assert_eq!(inside, given.len(), "the cover reaches beyond the tested ground");
    }
}

#[test]
fn a_centre_exactly_on_a_common_border_goes_to_exactly_one_side() {
    let hex = Hex::from_degrees(51.0, 6.5, Resolution::Nine).unwrap();
    let (lat, lng) = hex.centre_degrees();
    // The border runs through the centre, once upright and once lying, and once the corner of four is the centre.
    let upright =
        [rectangle(lng - 0.01, lat - 0.01, lng, lat + 0.01), rectangle(lng, lat - 0.01, lng + 0.01, lat + 0.01)];
    let lying =
        [rectangle(lng - 0.01, lat - 0.01, lng + 0.01, lat), rectangle(lng - 0.01, lat, lng + 0.01, lat + 0.01)];
    let corner = [
        rectangle(lng - 0.01, lat - 0.01, lng, lat),
        rectangle(lng, lat - 0.01, lng + 0.01, lat),
        rectangle(lng - 0.01, lat, lng, lat + 0.01),
        rectangle(lng, lat, lng + 0.01, lat + 0.01),
    ];
    for sides in [&upright[..], &lying, &corner] {
        let outlines = sides
            .iter()
            .enumerate()
            .map(|(number, ring)| (key(&format!("0500000{number}")), outline(std::slice::from_ref(ring))));
        let assignment = assign(&outlines.collect(), &|_, _| {});
        let owners = assignment.hexes.values().filter(|hexes| hexes.contains(&hex)).count();
        assert_eq!((owners, assignment.overlaps.len()), (1, 0));
    }
}

#[test]
fn a_hole_belongs_to_the_municipality_that_fills_it() {
    let outlines: BTreeMap<_, _> = records().iter().map(|record| (key(&record.key), outline(&record.rings))).collect();
    let cover = Cover::new(
        assign(&outlines, &|_, _| {}).hexes.into_iter().flat_map(|(k, h)| h.into_iter().map(move |x| (x, k))),
    );
    let at = |lat, lng| cover.municipality(Hex::from_degrees(lat, lng, Resolution::Ten).unwrap());
    assert_eq!(at(50.78, 6.05), Some(key("05358004")));
    assert_eq!(at(50.78, 6.02), Some(key("05358008")));
    assert_eq!(at(50.60, 6.02), None, "outside");
}

#[test]
fn of_two_overlapping_outlines_the_smaller_key_keeps_the_hexagons_and_the_report_says_so() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    let late = common::record("05334009", "B", rectangle(6.00, 50.70, 6.06, 50.76));
    let early = common::record("05334001", "A", rectangle(6.05, 50.70, 6.10, 50.76));
    common::shp::write(&file, 4326, &[late, early]);
    let (tables, report) = build(&common::boundaries_only(&file, &["05"]), &|_| {}).unwrap();
    let contested = Hex::from_degrees(50.73, 6.055, Resolution::Nine).unwrap();
    assert_eq!(tables.cover().municipality(contested), Some(key("05334001")));
    let overlap = report.of(FindingKind::BoundaryOverlap).next().unwrap();
    assert_eq!(overlap.key, "05334009");
    assert!(overlap.count > 20 && overlap.detail.contains("05334001"), "{overlap:?}");
}

#[test]
fn a_municipality_without_a_single_centre_is_reported_not_lost() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    let hex = Hex::from_degrees(50.73, 6.05, Resolution::Nine).unwrap();
    let (lat, lng) = hex.centre_degrees();
    let tiny = common::record("05334001", "Tiny", rectangle(lng + 0.0004, lat + 0.0004, lng + 0.0008, lat + 0.0008));
    common::shp::write(&file, 4326, &[tiny, records()[0].clone()]);
    let (tables, report) = build(&common::boundaries_only(&file, &["05"]), &|_| {}).unwrap();
    assert!(tables.area(key("05334001")).is_some());
    assert_eq!(
        report.of(FindingKind::MunicipalityWithoutHexagon).map(|f| f.key.as_str()).collect::<Vec<_>>(),
        ["05334001"]
    );
}
