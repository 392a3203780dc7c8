//! Boundary records to municipalities, and municipalities to districts and states.

use std::{collections::BTreeMap, path::Path};

use domain::{AreaKey, AreaLevel};

use super::{Areas, name_of};
use crate::{
    Area, Finding, FindingKind,
    boundaries::{BoundaryFile, Polygons},
};

/// One municipality with all its records.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) name: String,
    pub(super) polygons: Polygons,
    records: u64,
}

/// Takes records of one key together and leaves water and other levels out; both are reported.
pub(super) fn merge(path: &Path, file: BoundaryFile, findings: &mut Vec<Finding>) -> BTreeMap<AreaKey, Outline> {
    let file_name = name_of(path);
    if file.assumed_latin1 {
        findings.push(Finding {
            kind: FindingKind::ReadAsLatin1,
            key: "-".into(),
            file: file_name.clone(),
            line: None,
            count: 1,
            detail: "has no .cpg and is not UTF-8".into(),
        });
    }
    let mut outlines = BTreeMap::<AreaKey, Outline>::new();
    for boundary in file.boundaries {
        if boundary.water {
            findings.push(Finding {
                kind: FindingKind::WaterSkipped,
                key: boundary.key.to_string(),
                file: file_name.clone(),
                line: Some(boundary.record),
                count: 1,
                detail: boundary.name,
            });
            continue;
        }
        let outline = outlines.entry(boundary.key).or_insert_with(|| Outline {
            name: boundary.name.clone(),
            polygons: Polygons::default(),
            records: 0,
        });
        outline.records += 1;
        outline.polygons.parts.extend(boundary.polygons.parts);
    }
    for (key, outline) in outlines.iter().filter(|(_, outline)| outline.records > 1) {
        findings.push(Finding {
            kind: FindingKind::BoundaryMerged,
            key: key.to_string(),
            file: file_name.clone(),
            line: None,
            count: outline.records,
            detail: format!("{}, {} records", outline.name, outline.records),
        });
    }
    outlines
}

/// All areas of all levels, without figures from other files yet.
pub(super) fn areas(outlines: &BTreeMap<AreaKey, Outline>, districts: &BTreeMap<AreaKey, String>) -> Areas {
    let area = |key, name: &str, area_km2| Area {
        key,
        name: name.to_owned(),
        inhabitants: None,
        area_km2,
        supply: BTreeMap::new(),
        sites: Vec::new(),
    };
    let mut areas = Areas::new();
    for (&key, outline) in outlines {
        areas.insert(key, area(key, &outline.name, round_2(outline.polygons.area_km2())));
        areas.entry(key.state()).or_insert_with(|| area(key.state(), state_name(key.state()), 0.0));
    }
    for (&key, name) in districts {
        areas.insert(key, area(key, name, 0.0));
    }
    areas
}

/// Inhabitants and km² of districts and states, from their municipalities. One unknown part makes the sum unknown.
pub(super) fn sum_up(areas: &mut Areas) {
    let mut sums = BTreeMap::<AreaKey, (Option<u64>, f64)>::new();
    for area in areas.values().filter(|area| area.level() == AreaLevel::Municipality) {
        for above in area.key.district().into_iter().chain([area.key.state()]) {
            let sum = sums.entry(above).or_insert((Some(0), 0.0));
            sum.0 = sum.0.zip(area.inhabitants).map(|(a, b)| a + b);
            sum.1 += area.area_km2;
        }
    }
    for (key, (inhabitants, area_km2)) in sums {
        if let Some(area) = areas.get_mut(&key) {
            area.inhabitants = inhabitants;
            area.area_km2 = round_2(area_km2);
        }
    }
}

/// Two decimals: what the tables hold, so that memory and file agree.
pub(super) fn round_2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The sixteen states by key.
fn state_name(key: AreaKey) -> &'static str {
    match key.as_str() {
        "01" => "Schleswig-Holstein",
        "02" => "Hamburg",
        "03" => "Niedersachsen",
        "04" => "Bremen",
        "05" => "Nordrhein-Westfalen",
        "06" => "Hessen",
        "07" => "Rheinland-Pfalz",
        "08" => "Baden-Württemberg",
        "09" => "Bayern",
        "10" => "Saarland",
        "11" => "Berlin",
        "12" => "Brandenburg",
        "13" => "Mecklenburg-Vorpommern",
        "14" => "Sachsen",
        "15" => "Sachsen-Anhalt",
        "16" => "Thüringen",
        _ => "unknown state",
    }
}
