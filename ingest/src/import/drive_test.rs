//! Drive tests as GeoJSON points (ENQT / HAW Hamburg 2021 and alike): `mcc`, `mnc`, `tech`, `rsrp`, `rsrq`, `rssi`,
//! `timestamp` in ms.
//!
//! Each file is one recorder, locked to one operator and one technology: it says nothing about other
//! technologies and never shows a dead spot. Positions become hexagons here, before anything is kept.

use std::{collections::BTreeMap, path::Path};

use domain::{
    CoveragePoint, CoverageTrack, DeviceSecret, Hex, HourStamp, ItemId, Operator, Record, RejectionReason, SignalDb,
    SignalDbm, SourceClass, Technology, networks,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::{Format, Found, ImportError, files::each_file};

/// See the module.
#[derive(Debug)]
pub struct DriveTest;

impl Format for DriveTest {
    fn name(&self) -> &'static str {
        "drive-test"
    }

    fn source(&self) -> SourceClass {
        SourceClass::Survey
    }

    fn read(&self, input: &Path, found: &mut dyn FnMut(Found)) -> Result<(), ImportError> {
        each_file(input, "geojson", &mut |name, content| self.read_file(name, content, found))
    }
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Option<Geometry>,
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(default)]
    coordinates: Value,
}

impl DriveTest {
    fn read_file(&self, file: &str, content: &[u8], found: &mut dyn FnMut(Found)) -> Result<(), ImportError> {
        let collection: Collection = serde_json::from_slice(content).map_err(|error| ImportError::Syntax {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })?;
        let mut tracks: BTreeMap<(Operator, Technology), Vec<CoveragePoint>> = BTreeMap::new();
        for (index, feature) in collection.features.iter().enumerate() {
            let record = index as u64 + 1;
            self.check_columns(file, record, &feature.properties)?;
            match read_point(feature) {
                Ok((technology, point)) => tracks.entry((point.operator, technology)).or_default().push(point),
                Err(reason) => found(Found::Refused { file: file.to_owned(), record, reason }),
            }
        }
        // Named by what they hold: the same recording under another name is the same recorder, and a duplicate.
        let content = id_of(&[&String::from_utf8_lossy(content)]).to_string();
        let recorder = DeviceSecret::from_bytes(digest(&["recorder", &content]));
        for ((operator, technology), points) in tracks {
            for (part, points) in points.chunks(CoverageTrack::MAX_POINTS).enumerate() {
                let name = ["track", &content, operator.as_str(), technology.code(), &part.to_string()];
                let record = CoverageTrack { id: id_of(&name), locked_to: Some(technology), points: points.to_vec() };
                let (file, record) = (file.to_owned(), Record::CoverageTrack(record));
                found(Found::Record { recorder, file, record });
            }
        }
        Ok(())
    }

    fn check_columns(&self, file: &str, record: u64, properties: &Map<String, Value>) -> Result<(), ImportError> {
        for missing in ["mcc", "mnc", "tech"] {
            if !properties.contains_key(missing) {
                let found = properties.keys().take(12).cloned().collect::<Vec<_>>().join(", ");
                let found = if found.is_empty() { "none".to_owned() } else { found };
                let file = file.to_owned();
                return Err(ImportError::WrongColumns { format: self.name(), file, record, missing, found });
            }
        }
        Ok(())
    }
}

fn read_point(feature: &Feature) -> Result<(Technology, CoveragePoint), RejectionReason> {
    let properties = &feature.properties;
    let hex = read_hex(feature.geometry.as_ref())?;
    let operator = read_operator(properties)?;
    let technology = match properties.get("tech").and_then(Value::as_str) {
        Some("Gsm") => Technology::TwoG,
        Some("Wcdma" | "Umts") => Technology::ThreeG,
        Some("Lte") => Technology::FourG,
        Some("Nr") => Technology::FiveG,
        _ => return Err(RejectionReason::UnknownTechnology),
    };
    let millis = properties.get("timestamp").and_then(Value::as_i64).ok_or(RejectionReason::NoTime)?;
    let at = Timestamp::from_millisecond(millis).map_err(|_| RejectionReason::NoTime)?;
    let number = |name: &str| properties.get(name).and_then(Value::as_f64);
    let implausible = |_| RejectionReason::ImplausibleValue;
    // 2G reports RSSI only; the wide-band RSSI of 4G is not comparable between carriers.
    let level = if technology == Technology::TwoG { number("rssi") } else { number("rsrp") };
    let point = CoveragePoint {
        hex,
        hour: HourStamp::containing(at),
        operator,
        technology: Some(technology),
        signal: level.map(SignalDbm::from_dbm_f64).transpose().map_err(implausible)?,
        quality: number("rsrq").map(SignalDb::from_db_f64).transpose().map_err(implausible)?,
        sinr: None,
    };
    Ok((technology, point))
}

fn read_hex(geometry: Option<&Geometry>) -> Result<Hex, RejectionReason> {
    let coordinates = geometry.and_then(|geometry| geometry.coordinates.as_array());
    let degrees = |index: usize| coordinates.and_then(|c| c.get(index)).and_then(Value::as_f64);
    let (Some(lng), Some(lat)) = (degrees(0), degrees(1)) else { return Err(RejectionReason::BadPosition) };
    if Hex::is_null_island(lat, lng) {
        return Err(RejectionReason::NullIsland);
    }
    Hex::from_degrees(lat, lng, Hex::MOBILE).map_err(|_| RejectionReason::BadPosition)
}

/// The format writes the network code as a number, which loses leading zeros: they are restored where the
/// country's codes all have two digits, which is so in Europe (ITU E.212); elsewhere the network is unknown.
fn read_operator(properties: &Map<String, Value>) -> Result<Operator, RejectionReason> {
    let code = |name: &str| match properties.get(name) {
        Some(Value::Number(number)) => Number::as_u64(number),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let unknown = RejectionReason::UnknownOperator;
    let (mcc, mnc) = (code("mcc").ok_or(unknown)?, code("mnc").ok_or(unknown)?);
    if !(200..300).contains(&mcc) || mnc > 99 {
        return Err(unknown);
    }
    let operator = Operator::from_codes(&mcc.to_string(), &format!("{mnc:02}")).map_err(|_| unknown)?;
    if networks::is_invented(operator) { Err(unknown) } else { Ok(operator) }
}

/// Ids are made from what identifies the part, so that the same file read twice is a duplicate.
fn id_of(name: &[&str]) -> ItemId {
    let id = Builder::from_random_bytes(digest(name)).into_uuid();
    #[expect(clippy::expect_used, reason = "the builder sets version 4")]
    ItemId::from_uuid(id).expect("version 4")
}

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hash.finalize()[..16]);
    short
}

#[cfg(test)]
#[path = "drive_test_tests.rs"]
mod tests;
