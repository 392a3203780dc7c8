//! Puts the files together.

mod districts;
mod join;
mod outlines;
mod sites;

use std::collections::BTreeMap;

use domain::{AreaKey, AreaLevel, Hex};

use crate::{
    Area, BuildError, BuildSpec, Finding, FindingKind, Progress, RegionTables, Report, Stage,
    assign::assign,
    boundaries, tables,
    tables::provenance::{Provenance, Role},
};

/// Builds the tables of a region in memory. Nothing is written: see [`RegionTables::write`].
///
/// Equal input gives equal output, whatever the order of the boundary records and the number of threads.
pub fn build(spec: &BuildSpec, progress: &dyn Fn(Progress)) -> Result<(RegionTables, Report), BuildError> {
    if spec.states.is_empty() || spec.states.iter().any(|key| key.level() != AreaLevel::State) {
        return Err(BuildError::Spec("name at least one state by its key of two digits, for example 05".into()));
    }
    let tell = |stage, done, total| progress(Progress { stage, done, total });
    let mut findings = Vec::new();
    let mut provenance = Provenance::new(spec);

    tell(Stage::Boundaries, 0, 2);
    let boundary_path = boundaries::resolve(&spec.boundaries.path)?;
    let file = boundaries::read(&boundary_path, spec.layer.as_deref(), &spec.states)?;
    provenance.add(Role::Boundaries, &spec.boundaries, &file.files)?;
    let outlines = outlines::merge(&boundary_path, file, &mut findings);
    if outlines.is_empty() {
        return Err(BuildError::Spec(format!("{}: holds water areas only", boundary_path.display())));
    }
    tell(Stage::Boundaries, 1, 2);
    let district_names = districts::names(spec, &boundary_path, &outlines, &mut provenance, &mut findings)?;
    tell(Stage::Boundaries, 2, 2);

    let polygons = outlines.iter().map(|(&key, outline)| (key, outline.polygons.clone())).collect();
    let assignment = assign(&polygons, &|done, total| tell(Stage::Cover, done, total));
    let boundary_name = name_of(&boundary_path);
    for (&(winner, loser), &count) in &assignment.overlaps {
        findings.push(Finding {
            kind: FindingKind::BoundaryOverlap,
            key: loser.to_string(),
            file: boundary_name.clone(),
            line: None,
            count,
            detail: format!("{count} hexagons are also in {winner}, which keeps them"),
        });
    }
    let hexes: BTreeMap<AreaKey, Vec<Hex>> =
        assignment.hexes.iter().map(|(&key, hexes)| (key, tables::compact(hexes))).collect();

    let mut areas = outlines::areas(&outlines, &district_names);
    for key in outlines.keys().filter(|key| !hexes.contains_key(key)) {
        findings.push(Finding {
            kind: FindingKind::MunicipalityWithoutHexagon,
            key: key.to_string(),
            file: boundary_name.clone(),
            line: None,
            count: 1,
            detail: areas[key].name.clone(),
        });
    }
    tell(Stage::Inputs, 0, 3);
    let mut rows_elsewhere = BTreeMap::new();
    let mut join = join::Join {
        spec,
        areas: &mut areas,
        findings: &mut findings,
        rows_elsewhere: &mut rows_elsewhere,
        provenance: &mut provenance,
    };
    join.population()?;
    tell(Stage::Inputs, 1, 3);
    join.supply()?;
    tell(Stage::Inputs, 2, 3);
    let tables = RegionTables { areas: BTreeMap::new(), hexes, provenance: Provenance::new(spec) };
    join.sites(&tables.cover(), &tables.hexes)?;
    tell(Stage::Inputs, 3, 3);
    outlines::sum_up(&mut areas);

    findings.sort();
    let tables = RegionTables { areas, provenance, ..tables };
    let report = report(spec, &tables, rows_elsewhere, findings);
    Ok((tables, report))
}

fn report(
    spec: &BuildSpec,
    tables: &RegionTables,
    rows_elsewhere: BTreeMap<String, u64>,
    findings: Vec<Finding>,
) -> Report {
    let count = |level| tables.areas().filter(|area| area.level() == level).count();
    let municipalities = || tables.areas().filter(|area| area.level() == AreaLevel::Municipality);
    let area_km2: f64 = municipalities().map(|area| area.area_km2).sum();
    Report {
        region: spec.id.clone(),
        states: count(AreaLevel::State),
        districts: count(AreaLevel::District),
        municipalities: count(AreaLevel::Municipality),
        inhabitants: spec.population.as_ref().map(|_| municipalities().filter_map(|area| area.inhabitants).sum()),
        area_km2: outlines::round_2(area_km2),
        hexes: tables.cover().leaf_count(),
        compacted_hexes: tables.hexes.values().map(|hexes| hexes.len() as u64).sum(),
        sites: municipalities().flat_map(|area| &area.sites).map(|site| u64::from(site.count)).sum(),
        rows_elsewhere,
        findings,
    }
}

pub(crate) fn name_of(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// All areas by key.
type Areas = BTreeMap<AreaKey, Area>;
