//! Ookla's open data: means of tiles of zoom 16, as GeoJSON or CSV. CC BY-NC-SA 4.0.
//!
//! Context about supply, never evidence: tiles go to a table of their own that no summary, release or rank reads.
//! Means of means cannot be given one voice for each device. Tiles whose centre lies outside of the region are left out.

use std::io::Read;

use domain::{Hex, RejectionReason};
use serde::Deserialize;
use serde_json::Value;
use store::SupplyTile;

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    json::{Items, each_item},
    table::{Row, Table, number},
};

/// See the module.
#[derive(Debug, Default)]
pub struct OoklaTiles {
    /// `2023-Q4`
    pub period: Option<Period>,
    /// `fixed` or `mobile`: the files do not say it.
    pub kind: Option<TileKind>,
}

/// A quarter of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    year: u16,
    quarter: u8,
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-Q{}", self.year, self.quarter)
    }
}

impl std::str::FromStr for Period {
    type Err = domain::Invalid;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let invalid = || domain::Invalid::new("period", s, "must be a quarter of a year, for example 2023-Q4");
        let (year, quarter) = s.split_once("-Q").ok_or_else(invalid)?;
        let whole = year.len() == 4 && quarter.len() == 1;
        let (year, quarter) = (year.parse().map_err(|_| invalid())?, quarter.parse().map_err(|_| invalid())?);
        if whole && (2000..2100).contains(&year) && (1..=4).contains(&quarter) {
            Ok(Self { year, quarter })
        } else {
            Err(invalid())
        }
    }
}

/// Which of the two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileKind {
    /// Phones on Wi-Fi or cable.
    Fixed,
    /// Phones on a mobile network.
    Mobile,
}

impl TileKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Mobile => "mobile",
        }
    }
}

const NAME: &str = "ookla-tiles";
/// The publication, as the table names it.
pub const SOURCE: &str = "ookla";
const COLUMNS: [&str; 5] = ["quadkey", "avg_d_kbps", "avg_u_kbps", "tests", "devices"];

impl Format for OoklaTiles {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target(&self) -> Target {
        Target::Supply
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["geojson", "json", "csv"]
    }

    fn detect(&self, head: &Head) -> bool {
        head.is_json_with(&["features"]) && head.is_json_with(&COLUMNS) || head.is_table_with(&COLUMNS)
    }

    fn ready(&self) -> Result<(), ImportError> {
        let needs = |option, why| Err(ImportError::NeedsOption { format: NAME, option, why });
        match (self.period, self.kind) {
            (None, _) => needs("--period YEAR-QUARTER", "the files do not say it, for example --period 2023-Q4"),
            (_, None) => needs("--kind fixed|mobile", "the files do not say which of the two layers they are"),
            _ => Ok(()),
        }
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let (Some(period), Some(kind)) = (self.period, self.kind) else { return self.ready() };
        let period = period.to_string();
        let mut first = [0];
        let n = content.read(&mut first).map_err(|error| file.failed(error))?;
        let mut content = std::io::Cursor::new(&first[..n]).chain(content);
        let mut hand_on = |row: u64, read: Result<Numbers, RejectionReason>| {
            let tile = read.and_then(|numbers| numbers.tile(&period, kind));
            found(match tile {
                Ok((centre, tile)) => Found::Tile { file: file.name.clone(), row, centre, tile },
                Err(reason) => Found::Refused { file: file.name.clone(), row, reason },
            })
        };
        if first[0] == b'{' {
            return each_item(NAME, file, &mut content, Items::Under("features"), &mut |row, bytes| {
                let feature = serde_json::from_slice::<Feature>(bytes).map_err(|_| RejectionReason::Malformed);
                hand_on(row, feature.map(|feature| feature.properties))
            });
        }
        let mut table = Table::open(NAME, file, &mut content, None)?;
        let (quadkey, down, up) = (table.need("quadkey")?, table.need("avg_d_kbps")?, table.need("avg_u_kbps")?);
        let (latency, tests, devices) = (table.need("avg_lat_ms")?, table.need("tests")?, table.need("devices")?);
        table.each_row(&mut |row, fields| {
            let whole = |fields: Row<'_>, column| match fields.text(column)? {
                Some(text) => Ok(Value::from(number(text)?)),
                None => Err(RejectionReason::Malformed),
            };
            let numbers = fields.and_then(|fields| {
                Ok(Numbers {
                    quadkey: fields.text(quadkey)?.unwrap_or_default().to_owned(),
                    avg_d_kbps: whole(fields, down)?,
                    avg_u_kbps: whole(fields, up)?,
                    avg_lat_ms: whole(fields, latency)?,
                    tests: whole(fields, tests)?,
                    devices: whole(fields, devices)?,
                })
            });
            hand_on(row, numbers)
        })
    }
}

#[derive(Deserialize)]
struct Feature {
    properties: Numbers,
}

#[derive(Deserialize)]
struct Numbers {
    quadkey: String,
    avg_d_kbps: Value,
    avg_u_kbps: Value,
    avg_lat_ms: Value,
    tests: Value,
    devices: Value,
}

impl Numbers {
    /// The tile, and a hexagon at its centre, by which it belongs to a region.
    fn tile(&self, period: &str, kind: TileKind) -> Result<(Hex, SupplyTile), RejectionReason> {
        let whole = |value: &Value| {
            let value = value.as_f64().filter(|value| value.is_finite() && *value >= 0.0 && *value < 1e12);
            value.map(|value| value.round() as i64).ok_or(RejectionReason::ImplausibleValue)
        };
        let count = |value: &Value| i32::try_from(whole(value)?).map_err(|_| RejectionReason::ImplausibleValue);
        let (lat, lng) = centre(&self.quadkey).ok_or(RejectionReason::BadPosition)?;
        let hex = Hex::from_degrees(lat, lng, Hex::FIXED).map_err(|_| RejectionReason::BadPosition)?;
        let tile = SupplyTile {
            source: SOURCE.to_owned(),
            period: period.to_owned(),
            kind: kind.code().to_owned(),
            quadkey: self.quadkey.clone(),
            download_kbps: whole(&self.avg_d_kbps)?,
            upload_kbps: whole(&self.avg_u_kbps)?,
            latency_ms: count(&self.avg_lat_ms)?,
            tests: count(&self.tests)?,
            devices: count(&self.devices)?,
        };
        Ok((hex, tile))
    }
}

/// Latitude and longitude of the centre of a tile of zoom 16, public ground.
fn centre(quadkey: &str) -> Option<(f64, f64)> {
    if quadkey.len() != 16 {
        return None;
    }
    let (mut x, mut y) = (0_u32, 0_u32);
    for digit in quadkey.bytes() {
        let digit = u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 4)?);
        (x, y) = (x << 1 | digit & 1, y << 1 | digit >> 1);
    }
    let edge = f64::from(1_u32 << 16);
    let lng = (f64::from(x) + 0.5) / edge * 360.0 - 180.0;
    let mercator = std::f64::consts::PI * (1.0 - 2.0 * (f64::from(y) + 0.5) / edge);
    Some((mercator.sinh().atan().to_degrees(), lng))
}

#[cfg(test)]
#[path = "ookla_tiles_tests.rs"]
mod tests;
