//! Inhabitants per municipality: `ags` (or `ars`) and `population`.
//!
//! Zensus 2022 publishes 12-digit ARS in a column called `ags`; both lengths are taken.

use std::{collections::BTreeMap, path::Path};

use domain::AreaKey;

use super::{TextTable, keys};
use crate::BuildError;

/// Inhabitants and the line they stand on.
#[derive(Clone, Debug)]
pub struct Population {
    /// The file as read.
    pub table: TextTable,
    /// (inhabitants, line) by municipality.
    pub inhabitants: BTreeMap<AreaKey, (u64, u64)>,
}

/// Reads the file. A key twice, or a value that is not a whole number, is an error with its line.
pub fn read(file: &Path) -> Result<Population, BuildError> {
    let table = TextTable::read(file)?;
    let key_column = table.column(&["ars", "ags"])?;
    let value_column = table.column(&["population", "inhabitants", "einwohner"])?;
    let mut inhabitants = BTreeMap::new();
    for (line, row) in &table.rows {
        let key = keys::municipality(&table, *line, &row[key_column])?;
        let value = row[value_column].trim().parse::<u64>().map_err(|_| {
            table.wrong(
                *line,
                format!("`{}` is not a number of inhabitants", &row[value_column]),
                "Use whole numbers without thousands separators",
            )
        })?;
        if let Some((_, first)) = inhabitants.insert(key, (value, *line)) {
            return Err(table.wrong(*line, format!("{key} stands on line {first} already"), "Keep one line per key"));
        }
    }
    Ok(Population { table, inhabitants })
}
