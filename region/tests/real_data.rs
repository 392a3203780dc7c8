//! The official files themselves. Runs only with `WHITESPOT_TEST_DATA` set to the folder that holds them
//! (`make test-real DATA=...`), since the files are not part of the project.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
};

use domain::{AreaLevel, Resolution};
use region::{FindingKind, Recipe, RegionTables, Report, build};

fn data() -> Option<PathBuf> {
    let data = env::var_os("WHITESPOT_TEST_DATA").map(PathBuf::from);
    if data.is_none() {
        println!("not run: set WHITESPOT_TEST_DATA to the folder with the official files");
    }
    data
}

fn regions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/regions")
}

fn built(recipe: &str, data: &Path) -> (RegionTables, Report) {
    let spec = Recipe::read(&regions().join("recipes").join(recipe)).unwrap().spec(data);
    build(&spec, &|_| {}).unwrap()
}

#[test]
fn nrw_has_396_municipalities_53_districts_and_17_890_489_inhabitants() {
    let Some(data) = data() else { return };
    let (tables, report) = built("nrw.toml", &data);
    assert_eq!((report.municipalities, report.districts, report.states), (396, 53, 1));
    assert_eq!(report.inhabitants, Some(17_890_489));
    assert!((34_000.0..34_250.0).contains(&report.area_km2), "{}", report.area_km2);
    let city_districts: Vec<_> = report.of(FindingKind::SupplyWithoutBoundary).map(|f| f.key.as_str()).collect();
    assert_eq!(city_districts.len(), 9);
    assert!(city_districts.iter().all(|key| key.starts_with("05315")), "the nine city districts of Köln");
    for kind in [
        FindingKind::BoundaryWithoutInhabitants,
        FindingKind::InhabitantsWithoutBoundary,
        FindingKind::BoundaryWithoutSupply,
        FindingKind::MunicipalityWithoutHexagon,
        FindingKind::DistrictWithoutName,
        FindingKind::SiteKeyUnknown,
    ] {
        assert_eq!(report.of(kind).count(), 0, "{}", kind.label());
    }
    assert_eq!(report.of(FindingKind::SiteWithoutPosition).count(), 2);
    assert_eq!(report.of(FindingKind::KeyRepaired).map(|finding| finding.count).sum::<u64>(), 5_407);
    let out = report.of(FindingKind::SiteOutsideRegion).count() as u64;
    assert_eq!(report.sites + out + 2, 5_407, "every school is on the map or in the report");

    let mut seen = BTreeSet::new();
    for area in tables.areas().filter(|area| area.level() == AreaLevel::Municipality) {
        for hex in tables.hexes(area.key).iter().flat_map(|hex| hex.children(Resolution::Nine)) {
            assert!(seen.insert(hex), "{hex} belongs to two municipalities");
        }
    }
    assert_eq!(seen.len() as u64, report.hexes);
}

#[test]
fn the_committed_tables_are_what_the_official_files_give() {
    let Some(data) = data() else { return };
    let out = tempfile::TempDir::new().unwrap();
    let folder = out.path().join("nrw");
    built("nrw.toml", &data).0.write(&folder).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name();
        let committed = std::fs::read(regions().join("nrw").join(&name)).unwrap();
        assert!(committed == std::fs::read(folder.join(&name)).unwrap(), "{} differs", name.display());
    }
}

#[test]
fn the_region_of_the_drive_tests_builds_too() {
    let Some(data) = data() else { return };
    let (_, report) = built("bremen-niedersachsen-hamburg.toml", &data);
    assert_eq!(report.states, 3);
    assert!(report.municipalities > 900, "{}", report.municipalities);
}
