//! Drive tests as GeoJSON points (ENQT / HAW Hamburg 2021 and alike): `mcc`, `mnc`, `tech`, `rsrp`, `rsrq`, `rssi`,
//! `timestamp` in ms.
//!
//! Each file is one recorder, locked to one operator and one technology: it says nothing about other
//! technologies and never shows a dead spot. Positions become hexagons here, before anything is kept.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use domain::{
    CoveragePoint, CoverageTrack, Hex, HourStamp, Operator, Record, RejectionReason, SourceClass, Technology,
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::{id_of, row_number},
    head::names,
    json::{Items, each_item},
    network, place,
};
use crate::{Recorder, recorder::digits};

/// See the module.
#[derive(Debug)]
pub struct DriveTest;

/// What every point has.
const COLUMNS: [&str; 3] = ["mcc", "mnc", "tech"];

impl Format for DriveTest {
    fn name(&self) -> &'static str {
        "drive-test"
    }

    fn target(&self) -> Target {
        Target::Evidence(SourceClass::Survey)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["geojson"]
    }

    fn detect(&self, head: &Head) -> bool {
        head.is_json_with(&["features"]) && head.is_json_with(&COLUMNS)
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let mut content = Hashing { content, hash: Sha256::new() };
        let mut tracks: BTreeMap<(Operator, Technology), (Vec<CoveragePoint>, Vec<u32>)> = BTreeMap::new();
        each_item(self.name(), file, &mut content, Items::Under("features"), &mut |row, bytes| {
            match read_feature(bytes) {
                Ok((technology, point)) => {
                    let (points, rows) = tracks.entry((point.operator, technology)).or_default();
                    points.push(point);
                    rows.push(row_number(row));
                    Ok(())
                }
                Err(reason) => {
                    // Who gives another kind of file is told so by its first feature.
                    if row == 1
                        && let Some(other) = self.other_kind(file, bytes)
                    {
                        return Err(other);
                    }
                    found(Found::Refused { file: file.name.clone(), row, reason })
                }
            }
        })?;
        // Named by what they hold: the same recording under another name is the same recorder, and a duplicate.
        let content = digits(&content.hash.finalize());
        let recorder = Recorder::named(&[self.name(), &content]);
        for ((operator, technology), (points, rows)) in tracks {
            let pieces = points.chunks(CoverageTrack::MAX_POINTS).zip(rows.chunks(CoverageTrack::MAX_POINTS));
            for (part, (points, rows)) in pieces.enumerate() {
                let id = id_of(&["track", &content, operator.as_str(), technology.code(), &part.to_string()]);
                let track = CoverageTrack { id, locked_to: Some(technology), points: points.to_vec() };
                found(Found::Record {
                    recorder,
                    file: file.name.clone(),
                    rows: rows.to_vec(),
                    record: Record::CoverageTrack(track),
                })?;
            }
        }
        Ok(())
    }
}

impl DriveTest {
    /// Says what is missing, if the feature can be read and has other properties.
    fn other_kind(&self, file: &FileRef, bytes: &[u8]) -> Option<ImportError> {
        let feature: Value = serde_json::from_slice(bytes).ok()?;
        let properties = feature.get("properties")?.as_object()?;
        let missing = COLUMNS.iter().find(|name| !properties.contains_key(**name))?;
        Some(ImportError::WrongColumns {
            format: self.name(),
            file: file.name.clone(),
            what: "property",
            missing: (*missing).to_owned(),
            found: names(properties.keys().map(String::as_str)),
        })
    }
}

#[derive(Deserialize)]
struct Feature {
    geometry: Option<Geometry>,
    properties: Properties,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(default)]
    coordinates: Value,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(deserialize_with = "given")]
    mcc: Value,
    #[serde(deserialize_with = "given")]
    mnc: Value,
    #[serde(deserialize_with = "given")]
    tech: Value,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    rsrp: Value,
    #[serde(default)]
    rsrq: Value,
    #[serde(default)]
    rssi: Value,
}

/// Must stand there, if only as `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Value::deserialize(deserializer)
}

fn read_feature(bytes: &[u8]) -> Result<(Technology, CoveragePoint), RejectionReason> {
    let feature: Feature = serde_json::from_slice(bytes).map_err(|_| RejectionReason::Malformed)?;
    let properties = &feature.properties;
    let hex = read_hex(feature.geometry.as_ref())?;
    let operator = network::operator_numbers(Some(&properties.mcc), Some(&properties.mnc))?;
    let technology = match properties.tech.as_str() {
        Some("Gsm") => Technology::TwoG,
        Some("Wcdma" | "Umts") => Technology::ThreeG,
        Some("Lte") => Technology::FourG,
        Some("Nr") => Technology::FiveG,
        _ => return Err(RejectionReason::UnknownTechnology),
    };
    let millis = properties.timestamp.as_i64().ok_or(RejectionReason::NoTime)?;
    let at = Timestamp::from_millisecond(millis).map_err(|_| RejectionReason::NoTime)?;
    // 2G reports RSSI only; the wide-band RSSI of 4G is not comparable between carriers.
    let level = if technology == Technology::TwoG { &properties.rssi } else { &properties.rsrp };
    let point = CoveragePoint {
        hex,
        hour: HourStamp::containing(at),
        operator,
        technology: Some(technology),
        signal: network::signal(level.as_f64())?,
        quality: network::ratio(properties.rsrq.as_f64())?,
        sinr: None,
    };
    Ok((technology, point))
}

fn read_hex(geometry: Option<&Geometry>) -> Result<Hex, RejectionReason> {
    let coordinates = geometry.and_then(|geometry| geometry.coordinates.as_array());
    let degrees = |index: usize| coordinates.and_then(|c| c.get(index)).and_then(Value::as_f64);
    place::hex((degrees(1), degrees(0)), place::Known::Good, Hex::MOBILE)
}

/// Hashes what passes.
struct Hashing<'a> {
    content: &'a mut dyn Read,
    hash: Sha256,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

#[cfg(test)]
#[path = "drive_test_tests.rs"]
mod tests;
