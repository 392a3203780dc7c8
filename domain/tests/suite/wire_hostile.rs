//! Input that is larger, deeper or stranger than any vector file.

use domain::{
    Record, RejectionReason,
    wire::v1::{BatchEnvelope, CoverageTrack, Item, read_item, unknown_fields},
};
use proptest::prelude::*;
use serde_json::{json, value::RawValue};

use super::{HEX_10, wire_vectors::vectors};

fn raw(text: impl Into<String>) -> Box<RawValue> {
    RawValue::from_string(text.into()).unwrap()
}

fn track_of(points: usize) -> String {
    json!({
        "kind": "coverage_track",
        "id": "3473aaf8-ebf9-4d49-a587-f8d7df34b1c3",
        "hex": vec![HEX_10; points],
        "hour": vec![494_226; points],
        "operator": vec!["26201"; points],
        "technology": vec![Some("4g"); points],
    })
    .to_string()
}

#[test]
fn a_track_of_5000_points_is_taken_and_one_of_5001_is_not() {
    let (record, ..) = read_item(&raw(track_of(5_000))).unwrap();
    assert_eq!(record.hexes().count(), 5_000);
    let refusal = read_item(&raw(track_of(5_001))).unwrap_err();
    assert_eq!(refusal.reason, RejectionReason::TooMany);
    assert!(refusal.detail.contains("split"), "{refusal}");
}

#[test]
fn points_that_only_a_newer_server_understands_are_left_out_and_counted() {
    let mut track: serde_json::Value = serde_json::from_str(&track_of(5)).unwrap();
    track["technology"][1] = json!("6g");
    track["technology"][2] = json!("7g");
    track["technology"][4] = json!(null);
    let (record, normal, unknown) = read_item(&raw(track.to_string())).unwrap();
    assert_eq!(record.hexes().count(), 3);
    assert_eq!(unknown, 2);
    let (again, ..) = read_item(&raw(serde_json::to_string(&normal).unwrap())).unwrap();
    assert_eq!(again, record, "the normal form is what is left");
}

#[test]
fn fields_of_a_newer_client_are_counted() {
    for vector in vectors("good_") {
        let unknown = unknown_fields(&vector.item);
        assert_eq!(unknown > 0, vector.name.ends_with("_unknown_fields"), "{}: {unknown}", vector.name);
    }
    let nested = json!({ "kind": "speed_test", "network": { "type": "fixed", "slice": 3 }, "result": { "mos": 4 }, "\u{e9}": 1 });
    assert_eq!(unknown_fields(&raw(nested.to_string())), 3);
}

#[test]
fn a_track_cannot_name_more_networks_than_a_walk_meets() {
    let mut track: serde_json::Value = serde_json::from_str(&track_of(17)).unwrap();
    for at in 0..17 {
        track["operator"][at] = json!(format!("204{at:02}"));
    }
    let refusal = read_item(&raw(track.to_string())).unwrap_err();
    assert_eq!(refusal.reason, RejectionReason::TooMany);
    track["operator"][16] = json!("20400");
    read_item(&raw(track.to_string())).unwrap();
}

#[test]
fn one_bad_item_does_not_break_the_others() {
    let items: Vec<_> = vectors("good_").into_iter().chain(vectors("bad_")).map(|vector| vector.item).collect();
    let text = format!(
        r#"{{"batch_id":"904eb6b5-ad15-41e5-9c05-d8393fbb9a20","device_secret":"00","sent_at":"2026-05-19T18:42:00Z",
            "client":{{"name":"t","version":"1"}},"items":[{}]}}"#,
        items.iter().map(|item| item.get()).collect::<Vec<_>>().join(",")
    );
    let envelope: BatchEnvelope = serde_json::from_str(&text).unwrap();
    let taken = envelope.items.iter().filter(|item| read_item(item).is_ok()).count();
    assert_eq!(taken, vectors("good_").len());
}

#[test]
fn nesting_without_end_is_refused_not_followed() {
    let deep = format!(r#"{{"kind":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read_item(&raw(deep)).unwrap_err().reason, RejectionReason::Malformed);
}

#[test]
fn an_answer_does_not_repeat_a_megabyte() {
    let words = "x".repeat(1_000_000);
    for item in [
        json!({ "kind": words }),
        json!({ "kind": "speed_test", "id": words }),
        json!({ "kind": "dead_spot_report", "id": "3473aaf8-ebf9-4d49-a587-f8d7df34b1c3",
                "at": words, "hex": HEX_10, "failing": "no_service" }),
    ] {
        assert!(read_item(&raw(item.to_string())).unwrap_err().detail.len() < 1_000);
    }
}

#[test]
fn a_field_given_twice_is_refused() {
    let twice = r#"{"kind":"dead_spot_report","id":"3473aaf8-ebf9-4d49-a587-f8d7df34b1c3","at":"2026-05-19T18:42:00Z",
        "hex":"8a1fa19991b7fff","hex":"891fa19991bffff","failing":"no_service"}"#;
    assert!(read_item(&raw(twice)).is_err());
}

proptest! {
    #[test]
    fn a_damaged_item_is_refused_or_read_and_never_panics(
        which in 0_usize..12, field in 0_usize..12, value in prop_oneof![
            Just(json!(null)), Just(json!(-1)), Just(json!(1.5)), Just(json!("")), Just(json!([])), Just(json!([null])),
            Just(json!({})), Just(json!(u64::MAX)), Just(json!(true)), Just(json!("NaN")), Just(json!([-1, "x", {}]))
        ],
    ) {
        let good = vectors("good_");
        let mut item: serde_json::Value = serde_json::from_str(good[which % good.len()].item.get()).unwrap();
        let fields = item.as_object_mut().unwrap();
        let name = fields.keys().nth(field % fields.len()).unwrap().clone();
        fields.insert(name, value);
        match read_item(&raw(item.to_string())) {
            Ok((record, normal, _)) => prop_assert_eq!(record.id().as_uuid(), normal.uuid()),
            Err(refusal) => prop_assert!(!refusal.detail.is_empty()),
        }
    }

    #[test]
    fn columns_of_any_length_never_panic(lengths in proptest::array::uniform7(0_usize..4)) {
        let [hex, hour, operator, technology, signal_dbm, rsrq_db, sinr_db] = lengths;
        let track = CoverageTrack {
            id: uuid::Uuid::new_v4(),
            locked_to: None,
            hex: vec![HEX_10.to_owned(); hex],
            hour: vec![494_226; hour],
            operator: vec!["26201".to_owned(); operator],
            technology: vec![None; technology],
            signal_dbm: vec![None; signal_dbm],
            rsrq_db: vec![None; rsrq_db],
            sinr_db: vec![None; sinr_db],
        };
        let even = hex > 0 && [hour, operator, technology].iter().all(|&len| len == hex)
            && [signal_dbm, rsrq_db, sinr_db].iter().all(|&len| len == hex || len == 0);
        prop_assert_eq!(Record::try_from(&Item::CoverageTrack(track)).is_ok(), even);
    }
}
