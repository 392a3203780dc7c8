//! The three CSV tables: comma, UTF-8, a header, rows in ascending order, line feeds.

use std::collections::BTreeMap;

use domain::{AreaKey, AreaLevel, Cover, Hex};

use super::{Area, Site};
use crate::inputs::supply::COLUMNS;

/// (line, what is wrong).
pub(super) type RowError = (u64, String);
type Areas = BTreeMap<AreaKey, Area>;

const AREAS: [&str; 6] = ["key", "level", "name", "parent", "inhabitants", "area_km2"];
const SITES: [&str; 3] = ["kind", "hex9", "count"];

pub(super) fn write_areas(areas: &Areas) -> csv::Result<Vec<u8>> {
    table(
        &AREAS,
        areas.values().map(|area| {
            [
                area.key.to_string(),
                area.level().to_string(),
                area.name.clone(),
                area.parent().map(|parent| parent.to_string()).unwrap_or_default(),
                area.inhabitants.map(|inhabitants| inhabitants.to_string()).unwrap_or_default(),
                format!("{:.2}", area.area_km2),
            ]
        }),
    )
}

pub(super) fn write_supply(areas: &Areas) -> csv::Result<Vec<u8>> {
    let names = COLUMNS.map(|(_, name)| name);
    let header: Vec<&str> = std::iter::once("key").chain(names).collect();
    table(
        &header,
        areas.values().filter(|area| !area.supply.is_empty()).map(|area| {
            let shares =
                names.iter().map(|&name| area.supply.get(name).map(|share| format!("{share:.2}")).unwrap_or_default());
            std::iter::once(area.key.to_string()).chain(shares).collect::<Vec<_>>()
        }),
    )
}

pub(super) fn write_sites(areas: &Areas) -> csv::Result<Vec<u8>> {
    let mut sites: Vec<&Site> = areas.values().flat_map(|area| &area.sites).collect();
    sites.sort_unstable();
    table(&SITES, sites.into_iter().map(|site| [site.kind.clone(), site.hex.to_string(), site.count.to_string()]))
}

fn table<R: IntoIterator<Item = String>>(header: &[&str], rows: impl Iterator<Item = R>) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

pub(super) fn read_areas(bytes: &[u8]) -> Result<Areas, RowError> {
    let mut areas = Areas::new();
    for row in rows(bytes, &AREAS)? {
        let (line, row) = row?;
        let wrong = |what: String| (line, what);
        let key: AreaKey = row[0].parse().map_err(|error: domain::Invalid| wrong(error.to_string()))?;
        let inhabitants = match &row[4] {
            "" => None,
            text => Some(text.parse().map_err(|_| wrong(format!("`{text}` is not a number of inhabitants")))?),
        };
        let area_km2 = row[5].parse::<f64>().ok().filter(|area| area.is_finite() && *area >= 0.0);
        let area_km2 = area_km2.ok_or_else(|| wrong(format!("`{}` is not an area", &row[5])))?;
        let name = row[2].to_owned();
        let area = Area { key, name, inhabitants, area_km2, supply: BTreeMap::new(), sites: Vec::new() };
        if row[1] != *key.level().code() {
            return Err(wrong(format!("{key} is the key of a {}, not of a {}", key.level(), &row[1])));
        }
        if areas.insert(key, area).is_some() {
            return Err(wrong(format!("{key} stands here twice")));
        }
    }
    match areas.values().find(|area| area.parent().is_some_and(|parent| !areas.contains_key(&parent))) {
        Some(orphan) => Err((1, format!("{} has no district or state in the table", orphan.key))),
        None => Ok(areas),
    }
}

pub(super) fn read_supply(bytes: &[u8], areas: &mut Areas) -> Result<(), RowError> {
    let names = COLUMNS.map(|(_, name)| name);
    let header: Vec<&str> = std::iter::once("key").chain(names).collect();
    for row in rows(bytes, &header)? {
        let (line, row) = row?;
        let area = row[0].parse().ok().and_then(|key: AreaKey| areas.get_mut(&key));
        let area = area.ok_or_else(|| (line, format!("`{}` is no area of the region", &row[0])))?;
        for (name, text) in names.iter().zip(row.iter().skip(1)).filter(|(_, text)| !text.is_empty()) {
            let share = text.parse::<f64>().ok().filter(|share| (0.0..=100.0).contains(share));
            let share = share.ok_or_else(|| (line, format!("`{text}` in {name} is not a share from 0 to 100")))?;
            area.supply.insert((*name).to_owned(), share);
        }
    }
    Ok(())
}

pub(super) fn read_sites(bytes: &[u8], areas: &mut Areas, cover: &Cover) -> Result<(), RowError> {
    for row in rows(bytes, &SITES)? {
        let (line, row) = row?;
        let hex: Hex = row[1].parse().map_err(|error: domain::Invalid| (line, error.to_string()))?;
        let count = row[2].parse::<u32>().map_err(|_| (line, format!("`{}` is not a count", &row[2])))?;
        let area = cover.municipality(hex).and_then(|key| areas.get_mut(&key));
        let area = area.filter(|area| area.level() == AreaLevel::Municipality);
        let area = area.ok_or_else(|| (line, format!("{hex} lies in no municipality of the region")))?;
        area.sites.push(Site { kind: row[0].to_owned(), hex, count });
    }
    Ok(())
}

type Row = Result<(u64, csv::StringRecord), RowError>;

fn rows<'a>(bytes: &'a [u8], columns: &[&str]) -> Result<impl Iterator<Item = Row> + use<'a>, RowError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let broken = |error: &csv::Error| (error.position().map_or(1, csv::Position::line), error.to_string());
    let header = reader.headers().map_err(|error| broken(&error))?;
    if header != columns {
        return Err((1, format!("the columns must be {}", columns.join(","))));
    }
    Ok(reader.into_records().map(move |row| {
        row.map(|row| (row.position().map_or(0, csv::Position::line), row)).map_err(|error| broken(&error))
    }))
}
