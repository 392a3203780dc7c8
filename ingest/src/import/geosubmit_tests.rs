use domain::Resolution;
use serde_json::json;

use super::*;
use crate::import::testing::read;

fn item() -> Value {
    json!({
        "timestamp": 1_778_760_000_000_i64,
        "position": { "latitude": 51.434_417, "longitude": 6.762_329, "accuracy": 9.5, "source": "gps", "speed": 3.2 },
        "cellTowers": [
            { "radioType": "lte", "mobileCountryCode": 262, "mobileNetworkCode": 1, "cellId": 4711,
              "signalStrength": -97, "serving": 1 },
            { "radioType": "lte", "mobileCountryCode": 262, "mobileNetworkCode": 2, "serving": 0 },
        ],
        "wifiAccessPoints": [{ "macAddress": "02:00:00:00:00:01", "signalStrength": -60 }],
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut item = item();
    *item.pointer_mut(pointer).unwrap() = value;
    item
}

fn file(items: &[Value]) -> Vec<u8> {
    json!({ "items": items }).to_string().into_bytes()
}

#[test]
fn a_report_is_a_look_at_each_radio_cell_that_serves() {
    let two_sims = with("/cellTowers/1/serving", json!(true));
    let points = read(&Geosubmit, &file(&[item(), two_sims])).unwrap().points();
    let operators: Vec<_> = points.iter().map(|point| point.operator.to_string()).collect();
    assert_eq!(operators, ["26201", "26201", "26202"]);
    assert_eq!(points[0].signal.unwrap().as_dbm(), -97);
    assert_eq!(points[0].hex, Hex::from_degrees(51.434_417, 6.762_329, Resolution::Ten).unwrap());
    assert_eq!(points[0].hour.start().to_string(), "2026-05-14T12:00:00Z");
}

#[test]
fn an_odd_level_is_left_out_and_the_look_stays() {
    for odd in [json!(0), json!(2_147_483_647), json!("-97"), json!(-500)] {
        let points = read(&Geosubmit, &file(&[with("/cellTowers/0/signalStrength", odd)])).unwrap().points();
        assert_eq!((points.len(), points[0].signal), (1, None));
    }
}

#[test]
fn damaged_reports_are_refused_by_their_number_and_the_others_stay() {
    let items = [
        item(),
        with("/timestamp", json!("yesterday")),
        with("/position", json!(null)),
        with("/position/latitude", json!(0.001)),
        with("/position/accuracy", json!(5_000)),
        with("/cellTowers", json!([])),
        with("/cellTowers/0/radioType", json!("cdma")),
        with("/cellTowers/0/mobileNetworkCode", json!(77)),
        json!("report"),
        with("/position/longitude", json!("6.7")),
        item(),
    ];
    let items: Vec<Value> = items
        .into_iter()
        .map(|mut item| {
            if item.pointer("/position/latitude") == Some(&json!(0.001)) {
                item["position"]["longitude"] = json!(0.001);
            }
            item
        })
        .collect();
    let found = read(&Geosubmit, &file(&items)).unwrap();
    let expected = [
        (2, RejectionReason::NoTime),
        (3, RejectionReason::BadPosition),
        (4, RejectionReason::NullIsland),
        (5, RejectionReason::PositionTooCoarse),
        (6, RejectionReason::UnknownOperator),
        (7, RejectionReason::UnknownTechnology),
        (8, RejectionReason::UnknownOperator),
        (9, RejectionReason::Malformed),
        (10, RejectionReason::Malformed),
    ];
    assert_eq!(found.refused, expected);
    assert_eq!(found.records[0].1, [1, 11]);
}

#[test]
fn without_a_secret_everybody_is_one_voice() {
    let one = read(&Geosubmit, &file(&[item()])).unwrap();
    let other = read(&Geosubmit, &file(&[with("/timestamp", json!(1_778_860_000_000_i64))])).unwrap();
    assert_eq!(one.records[0].0, other.records[0].0);
    assert_ne!(one.records[0].2.id(), other.records[0].2.id());
}

#[test]
fn a_body_is_read_as_a_file_of_its_device() {
    let mut found = Vec::new();
    let device = Recorder::Device(domain::DeviceSecret::from_bytes([7; 16]));
    read_body(&file(&[item(), json!(1)]), device, &mut |thing| found.push(thing)).unwrap();
    assert!(matches!(found[0], Found::Refused { row: 2, reason: RejectionReason::Malformed, .. }));
    assert!(matches!(&found[1], Found::Record { recorder, .. } if *recorder == device));
    for body in ["", "[]", "{}", r#"{"items": 7}"#, "\u{1}"] {
        assert_eq!(read_body(body.as_bytes(), device, &mut |_| ()), Err(NotGeosubmit), "{body}");
    }
}
