//! Names of districts: from a district file, or from the municipality of a district-free city.

use std::{collections::BTreeMap, path::Path};

use domain::AreaKey;

use super::{name_of, outlines::Outline};
use crate::{
    BuildError, BuildSpec, Finding, FindingKind, Source, boundaries,
    tables::provenance::{Provenance, Role},
};

/// Each district of `outlines` with its name. One that no file names is called by its key, and reported.
pub(super) fn names(
    spec: &BuildSpec,
    boundary_path: &Path,
    outlines: &BTreeMap<AreaKey, Outline>,
    provenance: &mut Provenance,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<AreaKey, String>, BuildError> {
    let source = spec.districts.clone().or_else(|| {
        let path = boundaries::districts_beside(boundary_path)?;
        Some(Source { path, ..spec.boundaries.clone() })
    });
    let mut named = BTreeMap::new();
    if let Some(source) = &source {
        let file = boundaries::read(&source.path, None, &spec.states)?;
        provenance.add(Role::Districts, source, &file.files)?;
        named.extend(file.boundaries.into_iter().map(|district| (district.key, district.name)));
    }
    let mut names = BTreeMap::new();
    for (&key, outline) in outlines {
        let Some(district) = key.district() else { continue };
        if names.contains_key(&district) {
            continue;
        }
        // A city that is its own district has the municipality number 000.
        let city = key.as_str().ends_with("000").then(|| outline.name.clone());
        let name = named.get(&district).cloned().or(city).unwrap_or_else(|| {
            findings.push(Finding {
                kind: FindingKind::DistrictWithoutName,
                key: district.to_string(),
                file: name_of(source.as_ref().map_or(boundary_path, |source| &source.path)),
                line: None,
                count: 1,
                detail: "is called by its key".into(),
            });
            format!("Kreis {district}")
        });
        names.insert(district, name);
    }
    Ok(names)
}
