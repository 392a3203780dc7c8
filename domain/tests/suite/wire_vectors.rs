//! The golden vectors of wire v1: other clients are tested against the same files.

use std::path::PathBuf;

use domain::{RejectionReason, wire::v1::read_item};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub struct Vector {
    #[serde(skip)]
    pub name: String,
    pub about: String,
    pub item: Box<RawValue>,
    /// Why it is refused; absent for good ones.
    pub reason: Option<RejectionReason>,
    /// Words that the answer must hold.
    pub detail: Option<String>,
    /// Whether the JSON schema refuses it too; `null` where that cannot be asked.
    pub breaks_schema: Option<bool>,
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wire-v1")
}

/// All vectors whose file name begins with `prefix`, by name.
pub fn vectors(prefix: &str) -> Vec<Vector> {
    let mut found: Vec<Vector> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let vector: Vector = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            Vector { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), ..vector }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[test]
fn good_vectors_are_read() {
    let vectors = vectors("good_");
    assert!(vectors.len() >= 12);
    for vector in vectors {
        let read = read_item(&vector.item);
        assert!(read.is_ok(), "{} ({}): {}", vector.name, vector.about, read.unwrap_err());
    }
}

#[test]
fn bad_vectors_are_refused_for_the_reason_given() {
    let vectors = vectors("bad_");
    assert!(vectors.len() >= 50);
    for vector in vectors {
        let Err(refusal) = read_item(&vector.item) else { panic!("{} was taken: {}", vector.name, vector.about) };
        assert_eq!(Some(refusal.reason), vector.reason, "{}: {refusal}", vector.name);
        if let Some(words) = &vector.detail {
            assert!(refusal.detail.contains(words), "{}: {refusal}", vector.name);
        }
    }
}

#[test]
fn a_refusal_carries_the_id_to_answer_with() {
    for vector in vectors("bad_") {
        let sent = serde_json::from_str::<serde_json::Value>(vector.item.get()).ok();
        let id = sent.as_ref().and_then(|item| item["id"].as_str()?.parse::<uuid::Uuid>().ok());
        let refusal = read_item(&vector.item).unwrap_err();
        if id.is_some() {
            assert_eq!(refusal.id, id, "{}", vector.name);
        }
    }
}

#[test]
fn no_refusal_repeats_a_position() {
    for vector in vectors("bad_") {
        let refusal = read_item(&vector.item).unwrap_err();
        for secret in ["50.9", "6.95", "8b1fa19991b3fff", "8f1fa19991b3956"] {
            assert!(!refusal.detail.contains(secret), "{}: {refusal}", vector.name);
        }
    }
}

#[test]
fn every_reason_that_the_wire_can_give_has_a_vector() {
    let seen: Vec<_> = vectors("bad_").into_iter().filter_map(|vector| vector.reason).collect();
    // The others need a server: its clock, its region, its campaigns.
    let needs_server = [
        RejectionReason::NullIsland,
        RejectionReason::OutsideArea,
        RejectionReason::BeyondTechnology,
        RejectionReason::ImplausibleTravel,
        RejectionReason::UnknownCampaign,
        RejectionReason::CampaignClosed,
        RejectionReason::TooMany,
    ];
    for reason in RejectionReason::ALL {
        assert!(seen.contains(reason) != needs_server.contains(reason), "{reason}");
    }
}
