//! Joins inhabitants and supply to the municipalities, by key as text.

use std::collections::BTreeMap;

use domain::{AreaKey, AreaLevel};

use super::Areas;
use crate::{
    BuildError, BuildSpec, Finding, FindingKind,
    inputs::{
        TextTable, population,
        supply::{self, Cut, Supply},
    },
    tables::provenance::{Provenance, Role},
};

/// What the joins read and write.
#[derive(Debug)]
pub(super) struct Join<'a> {
    pub(super) spec: &'a BuildSpec,
    pub(super) areas: &'a mut Areas,
    pub(super) findings: &'a mut Vec<Finding>,
    pub(super) rows_elsewhere: &'a mut BTreeMap<String, u64>,
    pub(super) provenance: &'a mut Provenance,
}

impl Join<'_> {
    pub(super) fn population(&mut self) -> Result<(), BuildError> {
        let Some(source) = &self.spec.population else { return Ok(()) };
        let read = population::read(&source.path)?;
        self.provenance.add(Role::Population, source, std::slice::from_ref(&source.path))?;
        self.note_encoding(&read.table);
        let lines: BTreeMap<_, _> = read.inhabitants.iter().map(|(&key, &(_, line))| (key, line)).collect();
        let kinds = (FindingKind::BoundaryWithoutInhabitants, FindingKind::InhabitantsWithoutBoundary);
        self.compare(&read.table, &lines, kinds)?;
        for (key, (inhabitants, _)) in read.inhabitants {
            if let Some(area) = self.areas.get_mut(&key) {
                area.inhabitants = Some(inhabitants);
            }
        }
        Ok(())
    }

    pub(super) fn supply(&mut self) -> Result<(), BuildError> {
        let Some(source) = &self.spec.supply else { return Ok(()) };
        let read = supply::read(&source.path)?;
        self.provenance.add(Role::Supply, source, std::slice::from_ref(&source.path))?;
        self.note_encoding(&read.table);
        let lines: BTreeMap<_, _> = read.shares.iter().map(|(&key, (_, line))| (key, *line)).collect();
        let kinds = (FindingKind::BoundaryWithoutSupply, FindingKind::SupplyWithoutBoundary);
        self.compare(&read.table, &lines, kinds)?;
        self.note_cut(&read);
        for (key, (shares, _)) in read.shares {
            if let Some(area) = self.areas.get_mut(&key) {
                area.supply = shares;
            }
        }
        Ok(())
    }

    /// Shares over 100 in the region, one finding a municipality.
    fn note_cut(&mut self, read: &Supply) {
        let mut by_key = BTreeMap::<AreaKey, Vec<&Cut>>::new();
        for cut in read.cut.iter().filter(|cut| self.areas.contains_key(&cut.key)) {
            by_key.entry(cut.key).or_default().push(cut);
        }
        self.findings.extend(by_key.into_iter().map(|(key, cuts)| Finding {
            kind: FindingKind::ShareOver100,
            key: key.to_string(),
            file: read.table.name(),
            line: cuts.first().map(|cut| cut.line),
            count: cuts.len() as u64,
            detail: cuts.iter().map(|cut| format!("{} {:.2}", cut.column, cut.percent)).collect::<Vec<_>>().join(", "),
        }));
    }

    /// Reports keys that only one side has. Rows of other states are counted.
    fn compare(
        &mut self,
        table: &TextTable,
        lines: &BTreeMap<AreaKey, u64>,
        (absent, surplus): (FindingKind, FindingKind),
    ) -> Result<(), BuildError> {
        let file = table.name();
        let ours = |key: &AreaKey| self.spec.states.contains(&key.state());
        if !lines.keys().any(|key| self.areas.contains_key(key)) {
            return Err(BuildError::NothingMatches { file: table.file.clone(), rows: lines.len() as u64 });
        }
        let elsewhere = lines.keys().filter(|key| !ours(key)).count();
        self.rows_elsewhere.insert(file.clone(), elsewhere as u64);
        let municipalities = self.areas.values().filter(|area| area.level() == AreaLevel::Municipality);
        let missing = municipalities.filter(|area| !lines.contains_key(&area.key)).map(|area| Finding {
            kind: absent,
            key: area.key.to_string(),
            file: file.clone(),
            line: None,
            count: 1,
            detail: area.name.clone(),
        });
        let left_over =
            lines.iter().filter(|(key, _)| ours(key) && !self.areas.contains_key(key)).map(|(key, &line)| {
                let district = key.district().and_then(|district| self.areas.get(&district));
                Finding {
                    kind: surplus,
                    key: key.to_string(),
                    file: file.clone(),
                    line: Some(line),
                    count: 1,
                    detail: district
                        .map_or_else(|| "no such district either".into(), |area| format!("in {}", area.name)),
                }
            });
        let found: Vec<Finding> = missing.chain(left_over).collect();
        self.findings.extend(found);
        Ok(())
    }

    pub(super) fn note_encoding(&mut self, table: &TextTable) {
        if table.latin1 {
            self.findings.push(Finding {
                kind: FindingKind::ReadAsLatin1,
                key: "-".into(),
                file: table.name(),
                line: None,
                count: 1,
                detail: "is not UTF-8".into(),
            });
        }
    }
}
