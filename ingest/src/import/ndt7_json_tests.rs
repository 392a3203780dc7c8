use domain::record::TestOutcome;
use serde_json::{Value, json};

use super::*;
use crate::import::testing::{read, read_as};

fn home() -> Hex {
    Hex::from_degrees(51.434_417, 6.762_329, Hex::FIXED).unwrap()
}

fn here() -> Ndt7Json {
    Ndt7Json { hex: Some(home()) }
}

fn archive() -> Value {
    json!({
        "Version": "v0.0.0", "ServerIP": "192.0.2.1", "ClientIP": "192.0.2.7", "ClientPort": 4711,
        "StartTime": "2026-05-14T13:59:30.5+02:00", "EndTime": "2026-05-14T13:59:40.5+02:00",
        "Download": {
            "UUID": "muster_1", "StartTime": "2026-05-14T13:59:30.5+02:00",
            "ClientMeasurements": [{ "AppInfo": { "NumBytes": 1, "ElapsedTime": 1 } },
                                   { "AppInfo": { "NumBytes": 60_000_000, "ElapsedTime": 10_000_000 } }],
            "ServerMeasurements": [{ "ConnectionInfo": { "Client": "192.0.2.7:4711" },
                                     "TCPInfo": { "BytesAcked": 61_000_000, "ElapsedTime": 10_000_000, "MinRTT": 14_250 } }],
        },
    })
}

fn result(found: &crate::import::testing::Read) -> SpeedResult {
    let TestOutcome::Completed(result) = found.tests()[0].outcome else { panic!("a result") };
    result
}

#[test]
fn an_archived_download_is_what_the_client_received() {
    let found = read(&here(), archive().to_string().as_bytes()).unwrap();
    assert_eq!(result(&found).download.unwrap().as_bps(), 48_000_000);
    assert_eq!(result(&found).idle_latency.unwrap().as_micros(), 14_250);
    assert_eq!(found.tests()[0].at.to_string(), "2026-05-14T11:59:00Z");
    assert_eq!(found.tests()[0].hex, home());
    assert!(!format!("{found:?}").contains("192.0.2"), "no address is read");
}

#[test]
fn an_upload_without_client_figures_is_what_the_kernel_of_the_server_received() {
    let upload = json!({ "StartTime": "2026-05-14T11:59:30Z", "Upload": { "UUID": "muster_2", "ServerMeasurements": [
        { "TCPInfo": { "BytesReceived": 12_500_000, "ElapsedTime": 10_000_000, "MinRTT": 15_000 } }] } });
    let found = read(&here(), upload.to_string().as_bytes()).unwrap();
    assert_eq!((result(&found).download, result(&found).upload.unwrap().as_bps()), (None, 10_000_000));
}

#[test]
fn summaries_of_clients_old_and_new_need_a_time_from_beside_them() {
    let old = json!({ "ServerFQDN": "ndt.example", "ClientIP": "192.0.2.7", "DownloadUUID": "x",
        "Download": { "Value": 48.0, "Unit": "Mbit/s" }, "Upload": { "Value": 9.5, "Unit": "Mbit/s" },
        "MinRTT": { "Value": 14.25, "Unit": "ms" } });
    let new = json!({ "ServerFQDN": "ndt.example", "Download": { "UUID": "x",
        "Throughput": { "Value": 48.0, "Unit": "Mbit/s" }, "Latency": { "Value": 14.25, "Unit": "ms" } },
        "Upload": { "Throughput": { "Value": 9.5, "Unit": "Mbit/s" } } });
    let folder = tempfile::tempdir().unwrap();
    for summary in [old, new] {
        let text = summary.to_string();
        assert_eq!(read(&here(), text.as_bytes()).unwrap().refused, [(1, RejectionReason::NoTime)]);
        let path = folder.path().join("one.json");
        let beside = json!({ "hex": home().to_string(), "at": "2026-05-14T11:59:30Z", "device": "a1".repeat(16) });
        std::fs::write(folder.path().join("one.json.place.json"), beside.to_string()).unwrap();
        let mut file = FileRef::named("one.json");
        file.path = Some(path);
        let found = read_as(&Ndt7Json { hex: None }, &file, text.as_bytes()).unwrap();
        assert_eq!(result(&found).download.unwrap().as_bps(), 48_000_000);
        assert_eq!(result(&found).upload.unwrap().as_bps(), 9_500_000);
        assert_eq!(result(&found).idle_latency.unwrap().as_micros(), 14_250);
        assert!(matches!(found.records[0].0, Recorder::Device(_)));
    }
}

#[test]
fn damaged_results_are_refused_by_their_number_and_the_others_stay() {
    let with = |pointer: &str, value: Value| {
        let mut result = archive();
        *result.pointer_mut(pointer).unwrap() = value;
        result
    };
    let lines = [
        archive(),
        with("/Download/ClientMeasurements", json!("many")),
        with("/Download/ClientMeasurements/1/AppInfo/NumBytes", json!(-1)),
        with("/Download/ClientMeasurements/1/AppInfo/ElapsedTime", json!(0)),
        with("/StartTime", json!("soon")),
        json!({ "StartTime": "2026-05-14T11:59:30Z" }),
        archive(),
    ];
    let text = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let found = read(&here(), text.as_bytes()).unwrap();
    let expected = [
        (2, RejectionReason::Malformed),
        (3, RejectionReason::ImplausibleValue),
        (4, RejectionReason::ImplausibleValue),
        (5, RejectionReason::NoTime),
        (6, RejectionReason::Malformed),
    ];
    assert_eq!(found.refused, expected);
    assert_eq!(found.records.iter().map(|(_, rows, _)| rows[0]).collect::<Vec<_>>(), [1, 7]);
    let nowhere = read(&Ndt7Json { hex: None }, archive().to_string().as_bytes()).unwrap();
    assert_eq!(nowhere.refused, [(1, RejectionReason::BadPosition)]);
}

#[test]
fn one_place_is_one_voice() {
    let mut other = archive();
    other["Download"]["UUID"] = json!("muster_3");
    let found = read(&here(), format!("{}\n{other}", archive()).as_bytes()).unwrap();
    assert_eq!(found.records[0].0, found.records[1].0);
    assert_ne!(found.records[0].2.id(), found.records[1].2.id());
}
