//! The same municipalities in every container and reference system give the same region.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::{fs, path::Path};

use common::{CRS, gpkg, gpkg::Shape, key, record, records, rectangle, shp};
use region::{FindingKind, RegionTables, Report, build};
use tempfile::TempDir;

fn build_boundaries(path: &Path) -> (RegionTables, Report) {
    build(&common::boundaries_only(path, &["05"]), &|_| {}).unwrap()
}

/// Key, name and hexagons of each municipality.
fn ground(tables: &RegionTables) -> Vec<(String, String, Vec<domain::Hex>)> {
    let areas = tables.areas().filter(|area| area.key.as_str().len() == 8);
    areas.map(|area| (area.key.to_string(), area.name.clone(), tables.hexes(area.key).to_vec())).collect()
}

#[test]
fn shapefiles_and_geopackages_in_each_reference_system_agree_to_the_hexagon() {
    let dir = TempDir::new().unwrap();
    let mut all = Vec::new();
    for epsg in CRS {
        let file = dir.path().join(format!("{epsg}_GEM.shp"));
        shp::write(&file, epsg, &records());
        all.push((file.clone(), ground(&build_boundaries(&file).0)));
        for shape in [Shape::Polygon, Shape::MultiPolygonZ] {
            let file = dir.path().join(format!("{epsg}-{shape:?}.gpkg"));
            gpkg::write(&file, "vg_gem", epsg, shape, &records());
            all.push((file.clone(), ground(&build_boundaries(&file).0)));
        }
    }
    let (_, first) = &all[0];
    assert_eq!(first.len(), 4);
    assert!(first.iter().all(|(_, name, hexes)| !name.is_empty() && !hexes.is_empty()));
    for (file, ground) in &all {
        assert_eq!(ground, first, "{}", file.display());
    }
}

#[test]
fn names_are_read_in_the_encoding_that_the_cpg_names() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    let name = |tables: &RegionTables| tables.area(key("05334004")).unwrap().name.clone();

    shp::write(&file, 25832, &[record("05334004", "W~rselen", rectangle(6.05, 50.70, 6.10, 50.76))]);
    shp::replace_in_dbf(&file, b"W~rselen", b"W\xfcrselen");
    fs::write(file.with_extension("cpg"), "ISO-8859-1").unwrap();
    assert_eq!(name(&build_boundaries(&file).0), "Würselen");

    fs::remove_file(file.with_extension("cpg")).unwrap();
    let (tables, report) = build_boundaries(&file);
    assert_eq!(name(&tables), "Würselen");
    assert_eq!(report.of(FindingKind::ReadAsLatin1).count(), 1, "a guess is reported");

    shp::write(&file, 25832, &[record("05334004", "Würselen", rectangle(6.05, 50.70, 6.10, 50.76))]);
    assert_eq!(name(&build_boundaries(&file).0), "Würselen");
}

#[test]
fn a_folder_with_one_gem_file_is_enough_and_its_district_file_gives_the_names() {
    let dir = common::folder();
    let mut spec = common::spec(dir.path(), &["05"]);
    spec.boundaries.path = dir.path().to_owned();
    let (tables, report) = build(&spec, &|_| {}).unwrap();
    assert_eq!(tables.area(key("05334")).unwrap().name, "Städteregion Aachen");
    assert_eq!(report.of(FindingKind::DistrictWithoutName).count(), 0);
}

#[test]
fn without_a_district_file_a_city_names_its_district_and_others_are_reported() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    shp::write(&file, 4326, &records());
    let spec = common::boundaries_only(&file, &["05", "03"]);
    let (tables, report) = build(&spec, &|_| {}).unwrap();
    assert_eq!(tables.area(key("03101")).unwrap().name, "Braunschweig");
    let unnamed: Vec<_> = report.of(FindingKind::DistrictWithoutName).map(|finding| finding.key.as_str()).collect();
    assert_eq!(unnamed, ["05334", "05358"]);
}

#[test]
fn records_of_one_key_are_taken_together_and_water_is_left_out() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    let mut water = record("05334002", "Aachen", rectangle(6.20, 50.70, 6.25, 50.76));
    water.geofactor = 2;
    let west = record("05334002", "Aachen", rectangle(6.00, 50.70, 6.03, 50.76));
    let east = record("05334002", "Aachen", rectangle(6.03, 50.70, 6.05, 50.76));
    let whole = record("05334002", "Aachen", rectangle(6.00, 50.70, 6.05, 50.76));
    shp::write(&file, 25832, &[west, water, east]);
    let (parts, report) = build_boundaries(&file);
    assert_eq!(report.of(FindingKind::BoundaryMerged).map(|finding| finding.count).collect::<Vec<_>>(), [2]);
    assert_eq!(report.of(FindingKind::WaterSkipped).map(|finding| finding.line).collect::<Vec<_>>(), [Some(2)]);
    shp::write(&file, 25832, &[whole]);
    assert_eq!(ground(&parts), ground(&build_boundaries(&file).0));
}

#[test]
fn a_geopackage_with_several_layers_takes_the_one_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x.gpkg");
    gpkg::write(&file, "a", 25832, Shape::Polygon, &records()[..1]);
    gpkg::write(&file, "b", 25832, Shape::Polygon, &records()[1..]);
    let mut spec = common::boundaries_only(&file, &["05"]);
    let message = build(&spec, &|_| {}).unwrap_err().to_string();
    assert!(message.contains("a, b") && message.contains("--layer"), "{message}");
    spec.layer = Some("b".into());
    assert_eq!(build(&spec, &|_| {}).unwrap().1.municipalities, 3);
}
