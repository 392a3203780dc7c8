//! Results of ndt7: the archive of an ndt-server (one JSON object a test), or the summary that a client prints.
//!
//! Neither knows a place: it comes from `--hex`, or from a file beside the result (`RESULT.place.json` with `hex`, and
//! perhaps `at` and `device`). Addresses stand in the results and are not read. A voice is the device named there, or
//! else the hexagon: a line does not move.

use std::{io::Read, path::PathBuf};

use domain::{
    BitRate, ByteCount, DeviceSecret, Hex, RejectionReason, Rtt, SourceClass, SpeedTest,
    record::{FixedMedium, Network, Protocol, SpeedResult},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::{id_of, row_number, speed_test},
    json::{Items, each_item},
    place, values,
};
use crate::Recorder;

/// See the module.
#[derive(Debug)]
pub struct Ndt7Json {
    /// Place of all results that have no file beside them.
    pub hex: Option<Hex>,
}

const NAME: &str = "ndt7-json";
/// A file beside a result is tiny.
const MAX_SIDECAR: u64 = 64 * 1024;

impl Format for Ndt7Json {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target(&self) -> Target {
        Target::Evidence(SourceClass::Crowd)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl"]
    }

    fn detect(&self, head: &Head) -> bool {
        let archive = head.has_any(&["ServerMeasurements", "ClientMeasurements"]);
        let summary = head.is_json_with(&["ServerFQDN"]);
        head.is_json_with(&[]) && head.has_any(&["Download", "Upload"]) && (archive || summary)
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        if file.name.ends_with(".place.json") {
            return Ok(());
        }
        let place = Place::beside(file, self.hex)?;
        each_item(NAME, file, content, Items::Values, &mut |row, bytes| {
            let read = serde_json::from_slice::<Outcome>(bytes).map_err(|_| RejectionReason::Malformed);
            let name = file.name.clone();
            found(match read.and_then(|outcome| outcome.test(&place)) {
                Ok((recorder, id, test)) => {
                    let record = speed_test(&recorder, &format!("{NAME} {id}"), test);
                    Found::Record { recorder, file: name, rows: vec![row_number(row)], record }
                }
                Err(reason) => Found::Refused { file: name, row, reason },
            })
        })
    }
}

/// What stands beside a result.
#[derive(Debug, Default, Deserialize)]
struct Place {
    hex: Option<String>,
    at: Option<String>,
    device: Option<String>,
    #[serde(skip)]
    all: Option<Hex>,
}

impl Place {
    fn beside(file: &FileRef, all: Option<Hex>) -> Result<Self, ImportError> {
        let Some(path) = &file.path else { return Ok(Self { all, ..Self::default() }) };
        let sidecar = PathBuf::from(format!("{}.place.json", path.display()));
        let Ok(content) = std::fs::File::open(&sidecar) else { return Ok(Self { all, ..Self::default() }) };
        let mut text = Vec::new();
        content.take(MAX_SIDECAR).read_to_end(&mut text).map_err(|error| file.failed(error))?;
        let place: Self = serde_json::from_slice(&text).map_err(|error| ImportError::Syntax {
            format: NAME,
            file: format!("{}.place.json", file.name),
            line: error.line(),
            column: error.column(),
            message: "must be a JSON object with `hex`, and perhaps `at` and `device`, as texts",
        })?;
        Ok(Self { all, ..place })
    }
}

/// A result of a server's archive or of a client. No field holds an address.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    start_time: Option<String>,
    download: Option<Direction>,
    upload: Option<Direction>,
    #[serde(rename = "MinRTT")]
    min_rtt: Option<Figure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Direction {
    #[serde(rename = "UUID")]
    uuid: Option<String>,
    start_time: Option<String>,
    #[serde(default)]
    server_measurements: Vec<Snapshot>,
    #[serde(default)]
    client_measurements: Vec<Snapshot>,
    throughput: Option<Figure>,
    latency: Option<Figure>,
    value: Option<f64>,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Figure {
    value: Option<f64>,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshot {
    app_info: Option<AppInfo>,
    #[serde(rename = "TCPInfo")]
    tcp_info: Option<TcpInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AppInfo {
    num_bytes: Option<i64>,
    elapsed_time: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TcpInfo {
    bytes_acked: Option<i64>,
    bytes_received: Option<i64>,
    elapsed_time: Option<i64>,
    #[serde(rename = "MinRTT")]
    min_rtt: Option<i64>,
}

impl Outcome {
    fn test(&self, place: &Place) -> Result<(Recorder, String, SpeedTest), RejectionReason> {
        let hex = match (&place.hex, place.all) {
            (Some(named), _) => place::named(named, Hex::FIXED)?,
            (None, Some(all)) => all,
            (None, None) => return Err(RejectionReason::BadPosition),
        };
        let (download, upload) = (self.download.as_ref(), self.upload.as_ref());
        let both = || [download, upload].into_iter().flatten();
        let at = self.start_time.as_deref().or_else(|| both().find_map(|one| one.start_time.as_deref()));
        let at = values::time(at.or(place.at.as_deref()), &TimeZone::UTC)?;
        let (down, up) = (moved(download, Sent::ByServer)?, moved(upload, Sent::ByClient)?);
        let result = SpeedResult {
            download: down.map(|(rate, _)| rate),
            upload: up.map(|(rate, _)| rate),
            // The least that TCP saw: as near to the idle line as a busy one comes.
            idle_latency: both()
                .map(Direction::min_rtt)
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .min()
                .or(match &self.min_rtt {
                    Some(figure) => values::latency(figure.value)?,
                    None => None,
                }),
            ..SpeedResult::default()
        };
        let device = place.device.as_deref().and_then(|text| text.parse::<DeviceSecret>().ok());
        let recorder = device.map_or_else(|| Recorder::named(&["fixed line", &hex.to_string()]), Recorder::Device);
        let id = both().filter_map(|one| one.uuid.as_deref()).collect::<Vec<_>>().join(" ");
        let test = SpeedTest {
            id: id_of(&[]),
            at,
            hex,
            network: Network::Fixed { medium: FixedMedium::Unknown, access: None },
            outcome: values::completed(result)?,
            protocol: Protocol::Ndt7,
            bytes: ByteCount::from_bytes([down, up].into_iter().flatten().map(|(_, bytes)| bytes).sum()),
            plan_download: None,
        };
        Ok((recorder, id, test))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    ByServer,
    ByClient,
}

/// Rate and bytes of a direction: what the receiver counted last, else what the kernel of the server did, else
/// what a summary says.
fn moved(direction: Option<&Direction>, sent: Sent) -> Result<Option<(BitRate, u64)>, RejectionReason> {
    let Some(direction) = direction else { return Ok(None) };
    let (receiver, other) = match sent {
        Sent::ByServer => (&direction.client_measurements, &direction.server_measurements),
        Sent::ByClient => (&direction.server_measurements, &direction.client_measurements),
    };
    let app = |list: &[Snapshot]| {
        let app = list.iter().rev().find_map(|snapshot| snapshot.app_info.as_ref())?;
        app.num_bytes.zip(app.elapsed_time)
    };
    let kernel = || {
        let tcp = direction.server_measurements.iter().rev().find_map(|snapshot| snapshot.tcp_info.as_ref())?;
        let bytes = if sent == Sent::ByServer { tcp.bytes_acked } else { tcp.bytes_received };
        bytes.zip(tcp.elapsed_time)
    };
    if let Some((bytes, micros)) = app(receiver).or_else(kernel).or_else(|| app(other)) {
        let implausible = RejectionReason::ImplausibleValue;
        let bytes = u64::try_from(bytes).ok().filter(|&bytes| bytes <= 1_000_000_000_000).ok_or(implausible)?;
        let micros = u64::try_from(micros).map_err(|_| implausible)?;
        return Ok(Some((BitRate::of_transfer(bytes, micros).ok_or(implausible)?, bytes)));
    }
    let summary = match &direction.throughput {
        Some(figure) => (figure.value, figure.unit.as_deref()),
        None => (direction.value, direction.unit.as_deref()),
    };
    match summary {
        (None, _) => Ok(None),
        (value, None | Some("Mbit/s")) => Ok(values::rate(value, 1e6)?.map(|rate| (rate, 0))),
        _ => Err(RejectionReason::ImplausibleValue),
    }
}

impl Direction {
    fn min_rtt(&self) -> Result<Option<Rtt>, RejectionReason> {
        let seen = self.server_measurements.iter().rev().find_map(|snapshot| snapshot.tcp_info.as_ref()?.min_rtt);
        match seen {
            Some(micros) => values::latency(Some(micros as f64 / 1e3)),
            None => values::latency(self.latency.as_ref().and_then(|figure| figure.value)),
        }
    }
}

#[cfg(test)]
#[path = "ndt7_json_tests.rs"]
mod tests;
