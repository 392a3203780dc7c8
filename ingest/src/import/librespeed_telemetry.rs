//! The telemetry table of a LibreSpeed server, as CSV or JSON: speed tests of fixed lines.
//!
//! The table knows no place. It counts only where the operator's page puts one into `extra` (JSON with `hex`, or
//! `lat` and `lng`), or with `--hex` for a server that stands for one place. Addresses and browsers stand in the
//! table and are not read. A voice is the device that `extra` names (`device`, 32 hexadecimal digits), or else
//! the hexagon: a line does not move.

use std::io::Read;

use domain::{
    ByteCount, DeviceSecret, Hex, RejectionReason, SourceClass, SpeedTest,
    record::{FixedMedium, Network, Protocol, SpeedResult},
};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::{id_of, row_number, speed_test},
    json::{Items, each_item},
    place::{self, Known},
    table::{Table, number},
    values,
};
use crate::Recorder;

/// See the module.
#[derive(Debug)]
pub struct LibrespeedTelemetry {
    /// Place of all tests that name none.
    pub hex: Option<Hex>,
}

const NAME: &str = "librespeed-telemetry";
const COLUMNS: [&str; 5] = ["ispinfo", "dl", "ul", "ping", "jitter"];

impl Format for LibrespeedTelemetry {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target(&self) -> Target {
        Target::Evidence(SourceClass::Crowd)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv", "json", "jsonl"]
    }

    fn detect(&self, head: &Head) -> bool {
        head.is_table_with(&COLUMNS) || head.is_json_with(&COLUMNS)
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let mut first = [0];
        let n = content.read(&mut first).map_err(|error| file.failed(error))?;
        let mut content = std::io::Cursor::new(&first[..n]).chain(content);
        let mut hand_on = |row: u64, read: Result<(Recorder, SpeedTest, String), RejectionReason>| {
            let name = file.name.clone();
            found(match read {
                Ok((recorder, test, id)) => {
                    let record = speed_test(&recorder, &format!("{NAME} {id}"), test);
                    Found::Record { recorder, file: name, rows: vec![row_number(row)], record }
                }
                Err(reason) => Found::Refused { file: name, row, reason },
            })
        };
        if b"[{".contains(&first[0]) {
            return each_item(NAME, file, &mut content, Items::Values, &mut |row, bytes| {
                let line = serde_json::from_slice::<Line>(bytes).map_err(|_| RejectionReason::Malformed);
                hand_on(row, line.and_then(|line| self.test(&line)))
            });
        }
        let mut table = Table::open(NAME, file, &mut content, None)?;
        let (dl, ul, ping) = (table.need("dl")?, table.need("ul")?, table.need("ping")?);
        let (jitter, at, extra) = (table.need("jitter")?, table.need("timestamp")?, table.find("extra"));
        let id = table.find("id");
        table.each_row(&mut |row, fields| {
            let line = fields.and_then(|fields| {
                let text = |column| Ok(fields.optional(column)?.map_or(Value::Null, |text| Value::String(text.into())));
                Ok(Line {
                    id: text(id)?,
                    timestamp: text(Some(at))?,
                    extra: text(extra)?,
                    dl: text(Some(dl))?,
                    ul: text(Some(ul))?,
                    ping: text(Some(ping))?,
                    jitter: text(Some(jitter))?,
                })
            });
            hand_on(row, line.and_then(|line| self.test(&line)))
        })
    }
}

/// What is read of a row; no field holds an address or a browser.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    extra: Value,
    #[serde(default)]
    dl: Value,
    #[serde(default)]
    ul: Value,
    #[serde(default)]
    ping: Value,
    #[serde(default)]
    jitter: Value,
}

/// What the operator's page may put into `extra`.
#[derive(Default, Deserialize)]
struct Extra {
    hex: Option<String>,
    lat: Option<f64>,
    #[serde(alias = "lon")]
    lng: Option<f64>,
    accuracy: Option<f64>,
    device: Option<String>,
}

impl LibrespeedTelemetry {
    fn test(&self, line: &Line) -> Result<(Recorder, SpeedTest, String), RejectionReason> {
        let extra = extra(&line.extra);
        let hex = match (&extra.hex, self.hex) {
            (Some(named), _) => place::named(named, Hex::FIXED)?,
            (None, Some(all)) if extra.lat.is_none() => all,
            (None, _) => place::hex((extra.lat, extra.lng), Known::Radius(extra.accuracy), Hex::FIXED)?,
        };
        let rate = |value: &Value| values::rate(decimal(value)?, 1e6);
        let result = SpeedResult {
            download: rate(&line.dl)?,
            upload: rate(&line.ul)?,
            idle_latency: values::latency(decimal(&line.ping)?)?,
            jitter: values::latency(decimal(&line.jitter)?)?,
            ..SpeedResult::default()
        };
        let device = extra.device.as_deref().and_then(|text| text.parse::<DeviceSecret>().ok());
        let recorder = device.map_or_else(|| Recorder::named(&["fixed line", &hex.to_string()]), Recorder::Device);
        let test = SpeedTest {
            id: id_of(&[]),
            at: values::time(line.timestamp.as_str(), &TimeZone::UTC)?,
            hex,
            network: Network::Fixed { medium: FixedMedium::Unknown, access: None },
            outcome: values::completed(result)?,
            protocol: Protocol::LibreSpeed,
            bytes: ByteCount::default(),
            plan_download: None,
        };
        Ok((recorder, test, line.id.to_string()))
    }
}

/// `extra` is text of the page's own; only an object of ours says anything.
fn extra(value: &Value) -> Extra {
    let read = match value {
        Value::String(text) => serde_json::from_str(text),
        Value::Object(_) => Extra::deserialize(value),
        _ => Ok(Extra::default()),
    };
    read.unwrap_or_default()
}

/// The table keeps numbers as text.
fn decimal(value: &Value) -> Result<Option<f64>, RejectionReason> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => number(text.trim()).map(Some),
        other => other.as_f64().map(Some).ok_or(RejectionReason::ImplausibleValue),
    }
}

#[cfg(test)]
#[path = "librespeed_telemetry_tests.rs"]
mod tests;
