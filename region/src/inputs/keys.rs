//! Official keys in CSV columns. They are text; a column called `ags` may hold an ARS.

use domain::{AreaKey, AreaLevel};

use super::TextTable;
use crate::BuildError;

const ADVICE: &str = "Read the official file with its keys as text, and write them back with their leading zeros";

/// A municipality key of 8 digits (AGS) or 12 (ARS). Anything shorter has lost its zero in a number column and is
/// refused: which zero was lost is certain, what else the spreadsheet did is not.
pub(super) fn municipality(table: &TextTable, line: u64, text: &str) -> Result<AreaKey, BuildError> {
    let text = text.trim();
    let key = if text.len() == 11 || text.len() == 12 { AreaKey::from_ars(text) } else { text.parse() };
    let key = key.map_err(|invalid| table.wrong(line, invalid.to_string(), ADVICE))?;
    if key.level() == AreaLevel::Municipality {
        Ok(key)
    } else {
        Err(table.wrong(line, format!("`{text}` is the key of a {}, not of a municipality", key.level()), ADVICE))
    }
}

/// As [`municipality`], but a key of exactly 7 digits gets its zero back. The flag says whether it did.
pub(super) fn municipality_repaired(table: &TextTable, line: u64, text: &str) -> Result<(AreaKey, bool), BuildError> {
    let text = text.trim();
    if text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        municipality(table, line, &format!("0{text}")).map(|key| (key, true))
    } else {
        municipality(table, line, text).map(|key| (key, false))
    }
}
