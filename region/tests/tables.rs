//! The folder of a region: complete, the same every time, checked when read.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::{collections::BTreeMap, fs, path::Path};

use common::{folder, key};
use domain::{AreaLevel, Hex, Resolution};
use region::{FindingKind, ReadError, RegionTables, Report, build};
use tempfile::TempDir;

fn built() -> (TempDir, RegionTables, Report) {
    let dir = folder();
    let (tables, report) = build(&common::spec(dir.path(), &["05"]), &|_| {}).unwrap();
    (dir, tables, report)
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

fn keys(report: &Report, kind: FindingKind) -> Vec<&str> {
    report.of(kind).map(|finding| finding.key.as_str()).collect()
}

#[test]
fn facts_of_all_files_meet_under_one_key() {
    let (_dir, tables, report) = built();
    let aachen = tables.area(key("05334002")).unwrap();
    assert_eq!((aachen.name.as_str(), aachen.inhabitants), ("Aachen", Some(249_070)));
    assert_eq!(aachen.supply.get("wired_1000_mbps_percent"), Some(&99.5));
    // Two schools in one hexagon, and one whose key says Würselen.
    let mut schools: Vec<_> = aachen.sites.iter().map(|site| (site.kind.as_str(), site.count)).collect();
    schools.sort_unstable();
    assert_eq!(schools, [("school", 1), ("school", 2)]);
    let district = tables.area(key("05334")).unwrap();
    assert_eq!((district.name.as_str(), district.inhabitants), ("Städteregion Aachen", Some(249_070 + 38_756)));
    assert_eq!(tables.area(key("05")).unwrap().name, "Nordrhein-Westfalen");
    assert_eq!((report.states, report.districts, report.municipalities), (1, 2, 4));
    assert_eq!(report.inhabitants, Some(249_070 + 38_756 + 92_820 + 7));
    // 0.05° by 0.06° near 50.73° N is 3.53 km by 6.68 km.
    assert!((aachen.area_km2 - 23.56).abs() < 0.1, "{}", aachen.area_km2);
    let hexes = tables.cover().leaf_count();
    assert_eq!(hexes, report.hexes);
    assert!((hexes as f64 * 0.0925 / report.area_km2 - 1.0).abs() < 0.05, "hexagons fill the area");
}

#[test]
fn every_mismatch_between_the_files_is_reported_by_key() {
    let (_dir, tables, report) = built();
    assert_eq!(keys(&report, FindingKind::SupplyWithoutBoundary), ["05334901"]);
    assert_eq!(keys(&report, FindingKind::BoundaryWithoutSupply), ["05358004"]);
    assert_eq!(keys(&report, FindingKind::ShareOver100), ["05358008"]);
    assert_eq!(keys(&report, FindingKind::KeyRepaired), ["05334002", "05334004", "05358008"]);
    assert_eq!(keys(&report, FindingKind::SiteWithoutPosition), ["100004"]);
    assert_eq!(keys(&report, FindingKind::SiteOutsideRegion), ["100005"]);
    assert_eq!(keys(&report, FindingKind::SiteInOtherMunicipality), ["100006"]);
    assert_eq!(report.rows_elsewhere["population.csv"], 1);
    assert_eq!(tables.area(key("05358008")).unwrap().supply.get("all_100_mbps_percent"), Some(&100.0));
    let table = report.to_table();
    for part in ["municipalities  4", "05334901", "was 5334002 on 2 rows", "sites.csv line 5"] {
        assert!(table.contains(part), "{part} is missing in\n{table}");
    }
    assert!(report.to_json().contains("\"kind\": \"supply_without_boundary\""));
}

#[test]
fn population_without_boundary_and_boundary_without_population_are_both_listed() {
    let dir = folder();
    let text = common::POPULATION.replace("053340004004", "053340099099");
    fs::write(dir.path().join("population.csv"), text).unwrap();
    let (tables, report) = build(&common::spec(dir.path(), &["05"]), &|_| {}).unwrap();
    assert_eq!(keys(&report, FindingKind::InhabitantsWithoutBoundary), ["05334099"]);
    assert_eq!(keys(&report, FindingKind::BoundaryWithoutInhabitants), ["05334004"]);
    assert_eq!(tables.area(key("05334")).unwrap().inhabitants, None, "a sum with an unknown part is unknown");
}

#[test]
fn what_is_written_is_what_is_read() {
    let (_dir, tables, _) = built();
    let out = TempDir::new().unwrap();
    let folder = out.path().join("regions/test");
    let sizes = tables.write(&folder).unwrap();
    assert_eq!(sizes.len(), 6);
    let read = RegionTables::read(&folder).unwrap();
    assert!(read.areas().eq(tables.areas()));
    for area in tables.areas().filter(|area| area.level() == AreaLevel::Municipality) {
        assert_eq!(read.hexes(area.key), tables.hexes(area.key), "{}", area.key);
    }
    let position = Hex::from_degrees(50.73, 6.02, Resolution::Ten).unwrap();
    assert_eq!(read.cover().municipality(position), Some(key("05334002")));
    assert_eq!(read.credits(), tables.credits());
    assert_eq!(read.credits().len(), 4);
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_second_write_replaces_the_folder() {
    let (_dir, tables, _) = built();
    let out = TempDir::new().unwrap();
    tables.write(&out.path().join("a")).unwrap();
    let first = files(&out.path().join("a"));
    fs::write(out.path().join("a/stray.txt"), "left by somebody").unwrap();
    built().1.write(&out.path().join("a")).unwrap();
    assert_eq!(files(&out.path().join("a")), first);
    RegionTables::read(&out.path().join("a")).unwrap().write(&out.path().join("b")).unwrap();
    assert_eq!(files(&out.path().join("b")), first, "reading and writing again changes nothing");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 2, "no temporary folder is left");
}

#[test]
fn provenance_names_files_and_checksums_but_no_folders_of_this_machine() {
    let (dir, tables, _) = built();
    let out = TempDir::new().unwrap();
    tables.write(&out.path().join("test")).unwrap();
    let text = fs::read_to_string(out.path().join("test/provenance.toml")).unwrap();
    for part in ["TEST_GEM.shp", "TEST_GEM.dbf", "TEST_KRS.shp", "population.csv", "CC0-1.0", "© made-up census"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(text.contains("whitespot region build test.toml"));
    assert!(!text.contains(dir.path().to_str().unwrap()));
    let licences = fs::read_to_string(out.path().join("test/LICENCES.md")).unwrap();
    assert!(licences.contains("## sites.csv\n\n- CC0-1.0: © made-up schools"), "{licences}");
}

#[test]
fn each_damaged_file_is_named_with_the_command_that_rebuilds() {
    let (_dir, tables, _) = built();
    let out = TempDir::new().unwrap();
    let folder = out.path().join("test");
    for name in ["areas.csv", "supply.csv", "sites.csv", "cover.bin.zst"] {
        tables.write(&folder).unwrap();
        let mut bytes = fs::read(folder.join(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.join(name), &bytes).unwrap();
        let message = RegionTables::read(&folder).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains("whitespot region build test.toml"), "{message}");
        bytes.pop();
        fs::write(folder.join(name), &bytes).unwrap();
        assert!(matches!(RegionTables::read(&folder), Err(ReadError::Checksum { .. })), "{name} cut");
        fs::remove_file(folder.join(name)).unwrap();
        assert!(matches!(RegionTables::read(&folder), Err(ReadError::Io { .. })), "{name} gone");
    }
}

#[test]
fn a_newer_format_and_a_broken_provenance_are_told_apart() {
    let (_dir, tables, _) = built();
    let out = TempDir::new().unwrap();
    let folder = out.path().join("test");
    tables.write(&folder).unwrap();
    let file = folder.join("provenance.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("format = 1", "format = 2")).unwrap();
    assert!(matches!(RegionTables::read(&folder), Err(ReadError::Version { found: 2, known: 1, .. })));
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert!(matches!(RegionTables::read(&folder), Err(ReadError::Content { .. })));
}

#[test]
fn a_write_that_fails_leaves_the_old_folder_as_it_was() {
    let (_dir, tables, _) = built();
    let out = TempDir::new().unwrap();
    fs::write(out.path().join("file"), "not a folder").unwrap();
    let message = tables.write(&out.path().join("file/test")).unwrap_err().to_string();
    assert!(message.contains("cannot write"), "{message}");
    assert_eq!(fs::read_to_string(out.path().join("file")).unwrap(), "not a folder");
}
