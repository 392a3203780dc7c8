//! The content hash tells a duplicate from a conflict: it must not depend on spelling, and must not change
//! between versions, or every queue in the field would report conflicts.

use std::{collections::BTreeMap, fmt::Write as _};

use domain::wire::v1::{Item, read_item};
use serde_json::{Value, value::RawValue};

use super::wire_vectors::{folder, vectors};

fn hash(text: &str) -> String {
    let raw = RawValue::from_string(text.to_owned()).unwrap();
    let (_, item, _) = read_item(&raw).unwrap();
    item.content_hash().iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn vector(name: &str) -> Value {
    let found = vectors(name).into_iter().find(|vector| vector.name == name).unwrap();
    serde_json::from_str(found.item.get()).unwrap()
}

#[test]
fn hashes_of_the_golden_vectors_do_not_change() {
    let path = folder().join("content_hashes.json");
    let now: BTreeMap<_, _> =
        vectors("good_").into_iter().map(|vector| (vector.name, hash(vector.item.get()))).collect();
    if std::env::var_os("WHITESPOT_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
    }
    let kept: BTreeMap<String, String> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(now, kept);
}

#[test]
fn field_order_and_white_space_do_not_matter() {
    let one = r#"{"kind":"dead_spot_report","id":"a47f5b29-58a8-4e27-ac15-89f4793b2bc9","at":"2026-05-19T18:42:00Z","hex":"8a1fa19991b7fff","failing":"no_service"}"#;
    let other = r#"{ "failing": "no_service",
        "hex": "8a1fa19991b7fff", "at": "2026-05-19T18:42:00Z",
        "id": "a47f5b29-58a8-4e27-ac15-89f4793b2bc9", "kind": "dead_spot_report" }"#;
    assert_eq!(hash(one), hash(other));
}

#[test]
fn spelling_does_not_matter() {
    let sent = vector("good_coverage_track_minimal");
    let mut other = sent.clone();
    other["hex"][0] = "8A1FA19991B7FFF".into();
    other["operator"][0] = "262-01".into();
    other["id"] = sent["id"].as_str().unwrap().to_uppercase().into();
    other["signal_dbm"] = serde_json::json!([null]);
    other["from_the_future"] = true.into();
    assert_ne!(sent, other);
    assert_eq!(hash(&sent.to_string()), hash(&other.to_string()));
}

#[test]
fn the_same_instant_in_another_zone_is_the_same() {
    let mut sent = vector("good_dead_spot_minimal");
    let before = hash(&sent.to_string());
    sent["at"] = "2026-05-19T20:42:59+02:00".into();
    assert_eq!(hash(&sent.to_string()), before);
    sent["at"] = "2026-05-19T20:43:00+02:00".into();
    assert_ne!(hash(&sent.to_string()), before, "another minute is another report");
}

#[test]
fn other_content_has_another_hash() {
    let sent = vector("good_coverage_track_full");
    for (field, index, value) in [
        ("hex", 1, Value::from("8a1fa52b04e7fff")),
        ("hour", 1, 494_225.into()),
        ("operator", 1, "26202".into()),
        ("technology", 1, "2g".into()),
        ("signal_dbm", 1, (-99).into()),
    ] {
        let mut other = sent.clone();
        other[field][index] = value;
        assert_ne!(hash(&sent.to_string()), hash(&other.to_string()), "{field}");
    }
}

#[test]
fn an_item_made_here_hashes_as_it_is_read_back() {
    let raw = RawValue::from_string(vector("good_speed_test_full").to_string()).unwrap();
    let (record, read, _) = read_item(&raw).unwrap();
    assert_eq!(Item::from(&record).content_hash(), read.content_hash());
}
