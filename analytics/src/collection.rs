//! Documents as GeoJSON.

use serde::Serialize;
use serde_json::Value;

/// A document as an RFC 7946 feature collection: its rows become the features, all else stays as foreign members.
pub(crate) fn feature_collection(document: &impl Serialize, rows: &str, features: Vec<Value>) -> String {
    // Plain numbers, text and closed sets: there is always a JSON form.
    let mut document = serde_json::to_value(document).unwrap_or(Value::Null);
    if let Some(document) = document.as_object_mut() {
        document.remove(rows);
        document.insert("type".to_owned(), "FeatureCollection".into());
        document.insert("features".to_owned(), features.into());
    }
    document.to_string() + "\n"
}
