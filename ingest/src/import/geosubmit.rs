//! Geolocate submissions, version 2 (ichnaea, beaconDB): what Android collectors such as NeoStumbler send.
//!
//! Only time, position and the serving radio cells' network, technology and level are read. Wi-Fi and Bluetooth
//! of others, ids of radio cells, speed and altitude are not. The format names no device: everything without a
//! secret shares one voice.

use std::io::Read;

use domain::{CoveragePoint, Hex, HourStamp, RejectionReason, SourceClass, Technology};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::Track,
    json::{Items, each_item},
    network,
    place::{self, Known},
};
use crate::Recorder;

/// See the module.
#[derive(Debug)]
pub struct Geosubmit;

const NAME: &str = "geosubmit";

/// Everything that comes without a secret.
pub fn anonymous() -> Recorder {
    Recorder::named(&[NAME, "anonymous"])
}

impl Format for Geosubmit {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target(&self) -> Target {
        Target::Evidence(SourceClass::Crowd)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn detect(&self, head: &Head) -> bool {
        head.is_json_with(&["items", "position", "timestamp"])
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let mut track = Track::new(anonymous(), NAME, &file.name);
        each_item(NAME, file, content, Items::Under("items"), &mut |row, bytes| {
            take(row, bytes, file, &mut track, found)
        })?;
        track.flush(found)
    }
}

fn take(row: u64, bytes: &[u8], file: &FileRef, track: &mut Track, found: Sink<'_>) -> Result<(), ImportError> {
    match read_item(bytes) {
        Ok(points) => points.into_iter().try_for_each(|point| track.push(row, point, found)),
        Err(reason) => found(Found::Refused { file: file.name.clone(), row, reason }),
    }
}

/// Not a document of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is no JSON object with a list `items`")]
pub struct NotGeosubmit;

/// Reads the body of a request, as a file of the device that sent it.
pub fn read_body(body: &[u8], recorder: Recorder, found: &mut dyn FnMut(Found)) -> Result<(), NotGeosubmit> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        items: Vec<&'a RawValue>,
    }
    let body: Body<'_> = serde_json::from_slice(body).map_err(|_| NotGeosubmit)?;
    let mut track = Track::new(recorder, NAME, "request");
    let file = FileRef::named("request");
    let mut sink = |thing| {
        found(thing);
        Ok(())
    };
    for (row, item) in (1..).zip(body.items) {
        // The sink never fails.
        let _ = take(row, item.get().as_bytes(), &file, &mut track, &mut sink);
    }
    let _ = track.flush(&mut sink);
    Ok(())
}

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    timestamp: Value,
    position: Option<Position>,
    #[serde(default, rename = "cellTowers")]
    radio_cells: Vec<RadioCell>,
}

#[derive(Deserialize)]
struct Position {
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RadioCell {
    #[serde(default)]
    radio_type: Value,
    #[serde(default)]
    mobile_country_code: Value,
    #[serde(default)]
    mobile_network_code: Value,
    #[serde(default)]
    signal_strength: Value,
    #[serde(default)]
    serving: Value,
}

impl RadioCell {
    fn serves(&self) -> bool {
        self.serving.as_bool() == Some(true) || self.serving.as_u64() == Some(1)
    }
}

/// One look for each radio cell that serves: a phone with two SIMs has two.
fn read_item(bytes: &[u8]) -> Result<Vec<CoveragePoint>, RejectionReason> {
    let report: Report = serde_json::from_slice(bytes).map_err(|_| RejectionReason::Malformed)?;
    let position = report.position.ok_or(RejectionReason::BadPosition)?;
    let degrees = (position.latitude, position.longitude);
    let hex = place::hex(degrees, Known::Radius(position.accuracy), Hex::MOBILE)?;
    let millis = report.timestamp.as_i64().or_else(|| report.timestamp.as_f64().map(|millis| millis as i64));
    let at = millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).ok_or(RejectionReason::NoTime)?;
    let serving: Vec<&RadioCell> = match report.radio_cells.as_slice() {
        // Collectors that know of one only do not say that it serves.
        [only] if only.serving.is_null() => vec![only],
        all => all.iter().filter(|radio_cell| radio_cell.serves()).collect(),
    };
    if serving.is_empty() {
        return Err(RejectionReason::UnknownOperator);
    }
    serving.into_iter().map(|radio_cell| point(hex, HourStamp::containing(at), radio_cell)).collect()
}

fn point(hex: Hex, hour: HourStamp, radio_cell: &RadioCell) -> Result<CoveragePoint, RejectionReason> {
    let technology = match radio_cell.radio_type.as_str() {
        Some("gsm") => Technology::TwoG,
        Some("wcdma" | "umts") => Technology::ThreeG,
        Some("lte") => Technology::FourG,
        Some("nr") => Technology::FiveG,
        _ => return Err(RejectionReason::UnknownTechnology),
    };
    Ok(CoveragePoint {
        hex,
        hour,
        operator: network::operator_numbers(
            Some(&radio_cell.mobile_country_code),
            Some(&radio_cell.mobile_network_code),
        )?,
        technology: Some(technology),
        // Phones report odd levels; that the network served stays true.
        signal: network::signal(radio_cell.signal_strength.as_f64()).unwrap_or_default(),
        quality: None,
        sinr: None,
    })
}

#[cfg(test)]
#[path = "geosubmit_tests.rs"]
mod tests;
