//! Supply as the Breitbandatlas publishes it: percent of households that can buy a bit rate, by technology.

use std::{collections::BTreeMap, path::Path};

use domain::AreaKey;

use super::{TextTable, keys};
use crate::BuildError;

/// The columns we keep: (as published, name here). The rest of the 53 is derived from them or not used by any rule.
/// "at least" is part of the published meaning: `wired_30_mbps_percent` is the share with 30 Mbit/s or more.
pub const COLUMNS: [(&str, &str); 15] = [
    ("alle Technologien ≥ 10 Mbit/s", "all_10_mbps_percent"),
    ("alle Technologien ≥ 16 Mbit/s", "all_16_mbps_percent"),
    ("alle Technologien ≥ 30 Mbit/s", "all_30_mbps_percent"),
    ("alle Technologien ≥ 50 Mbit/s", "all_50_mbps_percent"),
    ("alle Technologien ≥ 100 Mbit/s", "all_100_mbps_percent"),
    ("alle Technologien ≥ 200 Mbit/s", "all_200_mbps_percent"),
    ("alle Technologien ≥ 1000 Mbit/s", "all_1000_mbps_percent"),
    ("leitungsg. Technologien ≥ 10 Mbit/s", "wired_10_mbps_percent"),
    ("leitungsg. Technologien ≥ 16 Mbit/s", "wired_16_mbps_percent"),
    ("leitungsg. Technologien ≥ 30 Mbit/s", "wired_30_mbps_percent"),
    ("leitungsg. Technologien ≥ 50 Mbit/s", "wired_50_mbps_percent"),
    ("leitungsg. Technologien ≥ 100 Mbit/s", "wired_100_mbps_percent"),
    ("leitungsg. Technologien ≥ 200 Mbit/s", "wired_200_mbps_percent"),
    ("leitungsg. Technologien ≥ 1000 Mbit/s", "wired_1000_mbps_percent"),
    ("FTTH/B ≥ 1000 Mbit/s", "ftthb_1000_mbps_percent"),
];

/// Shares and the line they stand on.
#[derive(Clone, Debug)]
pub struct Supply {
    /// The file as read.
    pub table: TextTable,
    /// (percent by column name here, line) by key.
    pub shares: BTreeMap<AreaKey, (BTreeMap<String, f64>, u64)>,
    /// Shares a little over 100 that were cut to 100.
    pub cut: Vec<Cut>,
}

/// One share over 100.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Of which municipality.
    pub key: AreaKey,
    /// Line in the file.
    pub line: u64,
    /// Column as named here.
    pub column: &'static str,
    /// As published.
    pub percent: f64,
}

/// The published table holds a few shares up to 100.4: households and lines were counted at different times.
/// Up to here that is cut to 100 and reported; more is an error.
const LARGEST_PERCENT: f64 = 101.0;

/// Reads the file. A key twice, or a share that is none, is an error with its line.
pub fn read(file: &Path) -> Result<Supply, BuildError> {
    let table = TextTable::read(file)?;
    let key_column = table.column(&["ags", "ars"])?;
    let columns = COLUMNS
        .iter()
        .map(|(published, name)| Ok((table.column(&[published])?, *name)))
        .collect::<Result<Vec<_>, BuildError>>()?;
    let mut shares = BTreeMap::new();
    let mut cut = Vec::new();
    for (line, row) in &table.rows {
        let key = keys::municipality(&table, *line, &row[key_column])?;
        let mut values = BTreeMap::new();
        for &(column, name) in &columns {
            let percent = percent(&table, *line, column, &row[column])?;
            if percent > 100.0 {
                cut.push(Cut { key, line: *line, column: name, percent });
            }
            values.insert(name.to_owned(), percent.min(100.0));
        }
        if let Some((_, first)) = shares.insert(key, (values, *line)) {
            return Err(table.wrong(*line, format!("{key} stands on line {first} already"), "Keep one line per key"));
        }
    }
    Ok(Supply { table, shares, cut })
}

fn percent(table: &TextTable, line: u64, column: usize, text: &str) -> Result<f64, BuildError> {
    let value = text.trim().parse::<f64>().ok().filter(|value| (0.0..=LARGEST_PERCENT).contains(value));
    value.ok_or_else(|| {
        table.wrong(
            line,
            format!("`{text}` in column `{}` is not a share", table.columns[column]),
            "Shares are numbers from 0 to 100 with a decimal point",
        )
    })
}
