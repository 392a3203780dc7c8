//! Places of public interest. Their coordinates become hexagons here; addresses and names are not kept.

use std::path::Path;

use domain::{AreaKey, Cover, Hex};

use super::{TextTable, keys};
use crate::BuildError;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRow {
    /// Line in the file.
    pub line: u64,
    /// The office's own number of the place.
    pub number: String,
    /// For example `school`.
    pub kind: String,
    /// Municipality as the file says.
    pub key: AreaKey,
    /// Whether the key had lost its leading zero.
    pub repaired: bool,
    /// Resolution 9; `None` where the file has no coordinates, or 0/0.
    pub hex: Option<Hex>,
}

/// Reads the list. The kind is the column `kind`, or `school` in the list of schools of NRW.
///
/// No coordinates at all is a finding for the report; coordinates that are no numbers are an error with their line.
pub fn read(file: &Path) -> Result<(TextTable, Vec<SiteRow>), BuildError> {
    let table = TextTable::read(file)?;
    let key_column = table.column(&["Amtlicher Gemeindeschlüssel", "ags", "ars"])?;
    let number_column = table.column(&["Schulnummer", "number", "id"])?;
    let lat_column = table.column(&["latitude", "lat"])?;
    let lng_column = table.column(&["longitude", "lng", "lon"])?;
    let kind_column = table.find(&["kind"]);
    if kind_column.is_none() {
        table.column(&["Schulform", "kind"])?;
    }
    let mut sites = Vec::with_capacity(table.rows.len());
    for (line, row) in &table.rows {
        let (key, repaired) = keys::municipality_repaired(&table, *line, &row[key_column])?;
        sites.push(SiteRow {
            line: *line,
            number: row[number_column].trim().to_owned(),
            kind: kind(&table, *line, kind_column.map(|column| row[column].trim()))?,
            key,
            repaired,
            hex: position(&table, *line, row[lat_column].trim(), row[lng_column].trim())?,
        });
    }
    Ok((table, sites))
}

fn kind(table: &TextTable, line: u64, text: Option<&str>) -> Result<String, BuildError> {
    let kind = text.unwrap_or("school");
    let fits = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let advice = "Use a short word of a-z, 0-9 and _, for example school or fire_station";
    if fits { Ok(kind.to_owned()) } else { Err(table.wrong(line, format!("`{kind}` is not a kind of site"), advice)) }
}

fn position(table: &TextTable, line: u64, lat: &str, lng: &str) -> Result<Option<Hex>, BuildError> {
    const ADVICE: &str = "Give degrees with a decimal point, latitude and longitude, or leave both empty";
    if lat.is_empty() && lng.is_empty() {
        return Ok(None);
    }
    let number = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|degrees| degrees.is_finite())
            .ok_or_else(|| table.wrong(line, format!("coordinate `{text}` is not a finite number"), ADVICE))
    };
    let (lat, lng) = (number(lat)?, number(lng)?);
    if lat == 0.0 && lng == 0.0 {
        return Ok(None);
    }
    Hex::from_degrees(lat, lng, Cover::RESOLUTION)
        .map(Some)
        .map_err(|invalid| table.wrong(line, format!("position {}", invalid.reason()), ADVICE))
}
