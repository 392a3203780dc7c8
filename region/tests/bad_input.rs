//! Each broken input is a message that names file, place and what to do.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{folder, gpkg, gpkg::Shape, record, records, rectangle, shp};
use region::{BuildError, build};
use tempfile::TempDir;

fn refusal(path: &Path) -> String {
    build(&common::boundaries_only(path, &["05"]), &|_| {}).unwrap_err().to_string()
}

/// The error after `change` to the text of one of the CSV files.
fn refusal_after(file: &str, change: impl Fn(String) -> String) -> String {
    let dir = folder();
    let path = dir.path().join(file);
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    build(&common::spec(dir.path(), &["05"]), &|_| {}).unwrap_err().to_string()
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
}

fn shapefile() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    shp::write(&file, 25832, &records());
    (dir, file)
}

#[test]
fn a_shapefile_cut_anywhere_is_refused() {
    let (_dir, file) = shapefile();
    let whole = fs::read(&file).unwrap();
    for cut in [0, 3, 50, 100, 101, 300, whole.len() - 1] {
        fs::write(&file, &whole[..cut]).unwrap();
        says(&refusal(&file), &["x_GEM.shp, header", "Download the file again"]);
    }
}

#[test]
fn a_damaged_count_inside_a_shapefile_names_the_record_and_never_panics() {
    let (_dir, file) = shapefile();
    let whole = fs::read(&file).unwrap();
    // The first record begins at byte 100: header of 8, type, box of 32, then the number of rings and points.
    for at in [144, 148] {
        for value in [u32::MAX, 0x7fff_ffff, 1000] {
            let mut damaged = whole.clone();
            damaged[at..at + 4].copy_from_slice(&value.to_le_bytes());
            fs::write(&file, &damaged).unwrap();
            says(&refusal(&file), &["record 1"]);
        }
    }
}

#[test]
fn a_truncated_attribute_table_names_the_record_where_it_ends() {
    let (_dir, file) = shapefile();
    let dbf = file.with_extension("dbf");
    let whole = fs::read(&dbf).unwrap();
    fs::write(&dbf, &whole[..whole.len() - 100]).unwrap();
    says(&refusal(&file), &["x_GEM.dbf, record 4", "promises 5 records"]);
}

#[test]
fn coordinates_that_are_not_numbers_name_the_record() {
    let (_dir, file) = shapefile();
    let mut bytes = fs::read(&file).unwrap();
    bytes[156..164].copy_from_slice(&f64::NAN.to_le_bytes());
    fs::write(&file, bytes).unwrap();
    says(&refusal(&file), &["x_GEM.shp, record 1", "not a finite number"]);
}

#[test]
fn wrong_columns_are_named_with_what_the_file_has() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    shp::write_columns(&file, 25832, &records(), ["SCHLUESSEL", "GEN"]);
    says(&refusal(&file), &["AGS or ARS", "GF, SCHLUESSEL, GEN"]);
    shp::write_columns(&file, 25832, &records(), ["AGS", "NAME"]);
    says(&refusal(&file), &["GEN", "GF, AGS, NAME"]);
}

#[test]
fn a_boundary_file_of_another_state_says_which_states_it_has() {
    let (_dir, file) = shapefile();
    let error = build(&common::boundaries_only(&file, &["05", "09"]), &|_| {}).unwrap_err();
    says(&error.to_string(), &["state 09", "states 03, 05", "Take the file of that state"]);
    assert!(matches!(error, BuildError::OtherState { .. }));
}

#[test]
fn an_unknown_or_missing_reference_system_is_refused_with_the_known_ones() {
    let (dir, file) = shapefile();
    fs::write(file.with_extension("prj"), shp::wkt(2154)).unwrap();
    says(&refusal(&file), &["x_GEM.prj", "RGF93_Lambert_93", "EPSG:25832"]);
    fs::remove_file(file.with_extension("prj")).unwrap();
    says(&refusal(&file), &["cannot read", "x_GEM.prj"]);
    let package = dir.path().join("x.gpkg");
    gpkg::write(&package, "gem", 2154, Shape::Polygon, &records());
    says(&refusal(&package), &["EPSG:2154"]);
}

#[test]
fn a_reference_system_that_does_not_fit_the_coordinates_is_noticed() {
    let (_dir, file) = shapefile();
    fs::write(file.with_extension("prj"), shp::wkt(31467)).unwrap();
    says(&refusal(&file), &["record 1", "outside Germany", ".prj"]);
    fs::write(file.with_extension("prj"), shp::wkt(4326)).unwrap();
    says(&refusal(&file), &["record 1", "outside Germany"]);
}

#[test]
fn text_that_is_not_in_the_promised_encoding_is_refused_with_the_way_out() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    shp::write(&file, 25832, &[record("05334004", "W~rselen", rectangle(6.05, 50.70, 6.10, 50.76))]);
    shp::replace_in_dbf(&file, b"W~rselen", b"W\xfcrselen");
    says(&refusal(&file), &["x_GEM.dbf, record 1", "GEN", "not UTF-8", "ISO-8859-1"]);
    fs::write(file.with_extension("cpg"), "Big5").unwrap();
    says(&refusal(&file), &["x_GEM.cpg", "Big5"]);
}

#[test]
fn a_boundary_key_without_its_zero_is_refused_with_the_record() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x_GEM.shp");
    shp::write(&file, 25832, &[record("5334004", "Würselen", rectangle(6.05, 50.70, 6.10, 50.76))]);
    says(&refusal(&file), &["record 1", "`5334004`", "leading zero"]);
}

#[test]
fn a_geopackage_that_is_none_or_holds_no_areas_is_refused() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("x.gpkg");
    fs::write(&file, "no database").unwrap();
    says(&refusal(&file), &["x.gpkg", "not a GeoPackage"]);
    fs::remove_file(&file).unwrap();
    says(&refusal(&file), &["cannot read", "x.gpkg"]);
    gpkg::write(&file, "gem", 25832, Shape::Point, &records());
    says(&refusal(&file), &["layer gem, row 1", "not a polygon"]);
    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute("UPDATE gem SET geom = substr(geom, 1, 20)", []).unwrap();
    says(&refusal(&file), &["row 1", "cut short"]);
}

#[test]
fn a_folder_without_or_with_two_boundary_files_asks_for_one() {
    let dir = TempDir::new().unwrap();
    let spec = |dir: &TempDir| common::boundaries_only(&dir.path().join("x"), &["05"]);
    let mut order = spec(&dir);
    order.boundaries.path = dir.path().to_owned();
    says(&build(&order, &|_| {}).unwrap_err().to_string(), &["*_GEM.shp, found 0"]);
    for name in ["a_GEM.shp", "b_GEM.shp"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    says(&build(&order, &|_| {}).unwrap_err().to_string(), &["found 2", "Name the .shp or .gpkg"]);
    order.boundaries.path = dir.path().join("x.geojson");
    fs::write(&order.boundaries.path, "{}").unwrap();
    says(&build(&order, &|_| {}).unwrap_err().to_string(), &["must be a .shp, a .gpkg"]);
}

#[test]
fn a_key_without_its_leading_zero_is_refused_with_file_and_line_except_for_sites() {
    let message = refusal_after("population.csv", |text| text.replace("053340004004", "53340004004"));
    says(&message, &["population.csv, line 3", "leading zero", "as text"]);
    let message = refusal_after("supply.csv", |text| text.replace("\"05334004\"", "5334004"));
    says(&message, &["supply.csv, line 3", "leading zero"]);
    let message = refusal_after("sites.csv", |text| text.replace("5358008", "358008"));
    says(&message, &["sites.csv, line 6", "8 digits"]);
}

#[test]
fn values_that_are_no_values_are_refused_with_file_and_line() {
    let cases = [
        ("population.csv", "38756", "38.756", "line 3", "whole numbers"),
        ("population.csv", "38756", "-1", "line 3", "whole numbers"),
        ("population.csv", "053340004004", "053340002002", "line 3", "stands on line 2 already"),
        ("supply.csv", "88.25", "NaN", "line 3", "is not a share"),
        ("supply.csv", "88.25", "101.5", "line 3", "from 0 to 100"),
        ("sites.csv", "50.73,6.07", "NaN,6.07", "line 4", "not a finite number"),
        ("sites.csv", "50.73,6.07", "inf,6.07", "line 4", "not a finite number"),
        ("sites.csv", "50.73,6.07", "95.0,6.07", "line 4", "degrees"),
        ("sites.csv", "50.73,6.07", "50.73,", "line 4", "leave both empty"),
    ];
    for (file, from, to, line, what) in cases {
        says(&refusal_after(file, |text| text.replacen(from, to, 1)), &[file, line, what]);
    }
}

#[test]
fn wrong_columns_and_short_rows_of_a_table_are_refused() {
    let message = refusal_after("population.csv", |text| text.replace("population", "people"));
    says(&message, &["population.csv", "population or inhabitants", "state, ags, place, people"]);
    let message = refusal_after("supply.csv", |text| text.replace("alle Technologien ≥ 100 Mbit/s", "all 100"));
    says(&message, &["supply.csv", "alle Technologien ≥ 100 Mbit/s"]);
    let message = refusal_after("population.csv", |text| text[..text.len() - 40].to_owned());
    says(&message, &["population.csv, line 5", "cut short"]);
}

#[test]
fn a_table_of_another_state_is_refused() {
    let message = refusal_after("population.csv", |_| "ags,population\n031010000000,251551\n".into());
    says(&message, &["population.csv", "none of its 1 rows"]);
}
