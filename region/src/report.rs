//! What the official files disagree on, by key. Nothing is dropped without a line here.

use std::{collections::BTreeMap, fmt::Write as _};

use domain::RegionId;
use serde::Serialize;

/// The outcome of a build, for a person ([`Report::to_table`]) or a program ([`Report::to_json`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Which region.
    pub region: RegionId,
    /// Number of states.
    pub states: usize,
    /// Number of districts.
    pub districts: usize,
    /// Number of municipalities.
    pub municipalities: usize,
    /// Sum over the municipalities that have a figure; `None` without a population file.
    pub inhabitants: Option<u64>,
    /// Sum of the municipalities' areas, from the boundaries as given.
    pub area_km2: f64,
    /// Resolution-9 hexagons in the region.
    pub hexes: u64,
    /// The same after compaction: what the cover table holds.
    pub compacted_hexes: u64,
    /// Sites inside the region.
    pub sites: u64,
    /// Rows that belong to states nobody asked for, by file name.
    pub rows_elsewhere: BTreeMap<String, u64>,
    /// Everything that did not fit.
    pub findings: Vec<Finding>,
}

/// One mismatch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// What sort.
    pub kind: FindingKind,
    /// Official key, or the site's own number.
    pub key: String,
    /// File name.
    pub file: String,
    /// First line or record, counted from 1.
    pub line: Option<u64>,
    /// Rows or hexagons it concerns.
    pub count: u64,
    /// More about it.
    pub detail: String,
}

/// Sorts of mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A municipality with a boundary, but no inhabitants in the population file.
    BoundaryWithoutInhabitants,
    /// A key in the population file that has no boundary.
    InhabitantsWithoutBoundary,
    /// A municipality with a boundary, but no row in the supply file.
    BoundaryWithoutSupply,
    /// A key in the supply file that has no boundary, for example a city district.
    SupplyWithoutBoundary,
    /// A share of households a little over 100 %, cut to 100.
    ShareOver100,
    /// A district that no file names.
    DistrictWithoutName,
    /// A municipality too small to hold the centre of a hexagon.
    MunicipalityWithoutHexagon,
    /// Hexagons claimed by two municipalities; the smaller key keeps them.
    BoundaryOverlap,
    /// Several records of one key, taken together.
    BoundaryMerged,
    /// A record of water areas, left out.
    WaterSkipped,
    /// A key that had lost its leading zero.
    KeyRepaired,
    /// A site whose key is no municipality of the region.
    SiteKeyUnknown,
    /// A site without coordinates, left out.
    SiteWithoutPosition,
    /// A site that lies outside the region, left out.
    SiteOutsideRegion,
    /// A site that lies in another municipality than its key says; its position counts.
    SiteInOtherMunicipality,
    /// A text file that was read as Latin-1.
    ReadAsLatin1,
}

impl FindingKind {
    /// Heading in the human table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BoundaryWithoutInhabitants => "municipalities without inhabitants in the population file",
            Self::InhabitantsWithoutBoundary => "keys in the population file without a boundary",
            Self::BoundaryWithoutSupply => "municipalities without a row in the supply file",
            Self::SupplyWithoutBoundary => "keys in the supply file without a boundary (left out)",
            Self::ShareOver100 => "municipalities with shares of households over 100 % (cut to 100)",
            Self::DistrictWithoutName => "districts that no file names",
            Self::MunicipalityWithoutHexagon => "municipalities too small to hold the centre of a hexagon",
            Self::BoundaryOverlap => "overlapping boundaries (the smaller key keeps the hexagons)",
            Self::BoundaryMerged => "municipalities with several records (taken together)",
            Self::WaterSkipped => "records of water areas (left out)",
            Self::KeyRepaired => "keys without their leading zero (repaired)",
            Self::SiteKeyUnknown => "site keys that are no municipality of the region",
            Self::SiteWithoutPosition => "sites without coordinates (left out)",
            Self::SiteOutsideRegion => "sites outside the region (left out)",
            Self::SiteInOtherMunicipality => "sites in another municipality than their key says (the position counts)",
            Self::ReadAsLatin1 => "files that are not UTF-8 (read as Latin-1)",
        }
    }
}

/// Lines of one sort that the human table shows; the JSON has all of them.
const SHOWN: usize = 12;

impl Report {
    /// Findings of one sort.
    pub fn of(&self, kind: FindingKind) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.kind == kind)
    }

    /// Pretty JSON, all findings.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// For a terminal: figures first, then findings by sort, long lists cut with a note.
    pub fn to_table(&self) -> String {
        let mut out = String::new();
        let inhabitants = self.inhabitants.map_or_else(|| "not given".to_owned(), |n| n.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "region          {}", self.region);
        let _ = writeln!(out, "states          {}", self.states);
        let _ = writeln!(out, "districts       {}", self.districts);
        let _ = writeln!(out, "municipalities  {}", self.municipalities);
        let _ = writeln!(out, "inhabitants     {inhabitants}");
        let _ = writeln!(out, "area            {:.0} km²", self.area_km2);
        let _ = writeln!(out, "hexagons        {} at resolution 9, {} compacted", self.hexes, self.compacted_hexes);
        let _ = writeln!(out, "sites           {}", self.sites);
        for (file, rows) in &self.rows_elsewhere {
            let _ = writeln!(out, "{rows} rows of {file} belong to other states");
        }
        let mut by_kind = BTreeMap::<FindingKind, Vec<&Finding>>::new();
        for finding in &self.findings {
            by_kind.entry(finding.kind).or_default().push(finding);
        }
        for (kind, findings) in by_kind {
            let _ = writeln!(out, "\n{} {}", findings.len(), kind.label());
            for finding in findings.iter().take(SHOWN) {
                let line = finding.line.map(|line| format!(" line {line}")).unwrap_or_default();
                let _ = writeln!(out, "  {:<9} {}  ({}{line})", finding.key, finding.detail, finding.file);
            }
            if findings.len() > SHOWN {
                let _ = writeln!(out, "  … and {} more: all are in the JSON report", findings.len() - SHOWN);
            }
        }
        out
    }
}
