//! `schemas/wire-v1.json` is what other people write clients from.

use std::{path::PathBuf, sync::LazyLock};

use domain::wire::v1::json_schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::wire_vectors::vectors;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/wire-v1.json")
}

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&json_schema()).unwrap());

fn batch_of(item: &Value) -> Value {
    json!({
        "batch_id": "904eb6b5-ad15-41e5-9c05-d8393fbb9a20",
        "device_secret": "00f1e2d3c4b5a69788796a5b4c3d2e1f",
        "sent_at": "2026-05-19T18:45:12Z",
        "campaign": "messwoche-nrw-2026",
        "client": { "name": "whitespot-cli", "version": "0.1.0" },
        "items": [item],
    })
}

#[test]
fn the_committed_schema_is_current() {
    let now = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    if std::env::var_os("WHITESPOT_BLESS").is_some() {
        std::fs::write(path(), &now).unwrap();
    }
    let committed = std::fs::read_to_string(path()).unwrap();
    assert!(committed == now, "schemas/wire-v1.json is old: run WHITESPOT_BLESS=1 cargo nextest run -p domain");
}

#[test]
fn good_vectors_fit_the_schema() {
    for vector in vectors("good_") {
        let batch = batch_of(&serde_json::from_str(vector.item.get()).unwrap());
        let faults: Vec<_> = VALIDATOR.iter_errors(&batch).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", vector.name);
    }
}

#[test]
fn bad_vectors_break_the_schema_where_a_schema_can_tell() {
    for vector in vectors("bad_") {
        let Some(expected) = vector.breaks_schema else { continue };
        let batch = batch_of(&serde_json::from_str(vector.item.get()).unwrap());
        assert_eq!(!VALIDATOR.is_valid(&batch), expected, "{}: {}", vector.name, vector.about);
    }
}

#[test]
fn a_batch_needs_its_id_secret_and_sender() {
    let good = batch_of(&json!({}));
    for field in ["batch_id", "device_secret", "sent_at", "client", "items"] {
        let mut batch = good.clone();
        batch["items"] = json!([]);
        assert!(VALIDATOR.is_valid(&batch));
        batch.as_object_mut().unwrap().remove(field);
        assert!(!VALIDATOR.is_valid(&batch), "{field}");
    }
}

#[test]
fn the_answer_is_described_too() {
    let schema = json_schema();
    assert!(schema["$defs"]["BatchAnswer"]["properties"]["items"].is_object());
    let reasons = schema["$defs"]["RejectionReason"]["enum"].as_array().unwrap();
    assert_eq!(reasons.len(), domain::RejectionReason::ALL.len());
}

#[test]
fn the_schema_has_no_place_for_a_latitude() {
    let text = json_schema().to_string();
    assert!(!text.contains("\"lat") && !text.contains("\"lng") && !text.contains("\"lon"));
}
