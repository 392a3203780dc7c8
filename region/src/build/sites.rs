//! Puts sites on hexagons and hexagons into municipalities. A site belongs where its position lies, like everything
//! else; where its key says otherwise, the report says so.

use std::collections::BTreeMap;

use domain::{AreaKey, Cover, Hex};
use h3o::LatLng;

use super::join::Join;
use crate::{
    BuildError, Finding, FindingKind, Site,
    inputs::sites::{self, SiteRow},
    tables::provenance::Role,
};

impl Join<'_> {
    /// `hexes` are those of `cover`, by municipality.
    pub(super) fn sites(&mut self, cover: &Cover, hexes: &BTreeMap<AreaKey, Vec<Hex>>) -> Result<(), BuildError> {
        let Some(source) = &self.spec.sites else { return Ok(()) };
        let (table, rows) = sites::read(&source.path)?;
        self.provenance.add(Role::Sites, source, std::slice::from_ref(&source.path))?;
        self.note_encoding(&table);
        let file = table.name();
        self.report_keys(&rows, &file);
        let mut counts = BTreeMap::<(AreaKey, Site), u32>::new();
        for row in &rows {
            match place(row, cover) {
                Ok((area, site)) => {
                    *counts.entry((area, site)).or_default() += 1;
                    if area != row.key {
                        let says = self.areas.get(&row.key).map_or("unknown", |area| area.name.as_str());
                        let detail = format!("key {} {says}, position in {area} {}", row.key, self.areas[&area].name);
                        self.findings.push(finding(FindingKind::SiteInOtherMunicipality, row, &file, detail));
                    }
                }
                Err(kind) => {
                    let detail = format!("key {}{}", row.key, how_far(row, hexes));
                    self.findings.push(finding(kind, row, &file, detail));
                }
            }
        }
        if counts.is_empty() {
            return Err(BuildError::NothingMatches { file: table.file, rows: rows.len() as u64 });
        }
        for ((key, site), count) in counts {
            if let Some(area) = self.areas.get_mut(&key) {
                area.sites.push(Site { count, ..site });
            }
        }
        Ok(())
    }

    /// Repaired and unknown keys, one finding a key.
    fn report_keys(&mut self, rows: &[SiteRow], file: &str) {
        let mut repaired = BTreeMap::<AreaKey, (u64, u64)>::new();
        let mut unknown = BTreeMap::<AreaKey, (u64, u64)>::new();
        for row in rows {
            if row.repaired {
                repaired.entry(row.key).or_insert((row.line, 0)).1 += 1;
            }
            if !self.areas.contains_key(&row.key) {
                unknown.entry(row.key).or_insert((row.line, 0)).1 += 1;
            }
        }
        let kinds = [(FindingKind::KeyRepaired, repaired), (FindingKind::SiteKeyUnknown, unknown)];
        for (kind, keys) in kinds {
            self.findings.extend(keys.into_iter().map(|(key, (line, count))| Finding {
                kind,
                key: key.to_string(),
                file: file.to_owned(),
                line: Some(line),
                count,
                detail: match kind {
                    FindingKind::KeyRepaired => format!("was {} on {count} rows", &key.as_str()[1..]),
                    _ => format!("on {count} rows"),
                },
            }));
        }
    }
}

fn place(row: &SiteRow, cover: &Cover) -> Result<(AreaKey, Site), FindingKind> {
    let hex = row.hex.ok_or(FindingKind::SiteWithoutPosition)?;
    let area = cover.municipality(hex).ok_or(FindingKind::SiteOutsideRegion)?;
    Ok((area, Site { kind: row.kind.clone(), hex, count: 0 }))
}

fn finding(kind: FindingKind, row: &SiteRow, file: &str, detail: String) -> Finding {
    Finding { kind, key: row.number.clone(), file: file.to_owned(), line: Some(row.line), count: 1, detail }
}

/// How far a site lies from the municipality of its key: a generalised border cuts off a few hundred metres, a wrong
/// coordinate lies in another country.
fn how_far(row: &SiteRow, hexes: &BTreeMap<AreaKey, Vec<Hex>>) -> String {
    let Some((hex, around)) = row.hex.zip(hexes.get(&row.key)) else { return String::new() };
    let centre = LatLng::from(hex.as_h3());
    let km = around.iter().map(|hex| centre.distance_km(LatLng::from(hex.as_h3()))).fold(f64::INFINITY, f64::min);
    format!(", about {km:.1} km from it")
}
