//! The documents that carry estimates: JSON, CSV and GeoJSON. Their names differ from those of published figures.

use serde_json::{Value, json};

use super::{Estimate, Estimates};
use crate::{collection::feature_collection, text::Line};

/// Once in every document.
pub(super) const NOTE: &str = "Schätzung, keine Messung: aus gemessenen Nachbarn geglättet. Für die Planung; \
     nicht als Versorgung oder Funkloch darstellen.";

/// The same in English.
pub(super) const NOTE_EN: &str = "Estimate, not a measurement: smoothed from measured neighbours. For planning; \
     do not show it as coverage or as a dead spot.";

impl Estimates {
    /// JSON with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain numbers, text and closed sets: there is always a JSON form.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// RFC 4180 with a header; UTF-8, comma, dot decimals; text is quoted, what is not known is empty.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("hex,estimate,estimate_low,estimate_high,neighbours,raw_state,raw_share,raw_n_eff");
        out.push_str(",raw_resolution,raw_on_its_own,layer,simulated,source,window,release,note\r\n");
        for item in &self.items {
            let mut line = Line::default();
            line.text(&item.hex.to_string()).number(Some(item.estimate)).number(Some(item.estimate_low));
            line.number(Some(item.estimate_high)).number(Some(item.neighbours));
            line.text(item.raw.state.map_or("", |state| state.code())).number(item.raw.share);
            line.number(Some(item.raw.n_eff)).number(item.raw.resolution).number(Some(item.raw.on_its_own));
            let head = &self.header;
            line.text(&head.layer.to_string()).number(Some(head.simulated)).text(head.source.code());
            line.text(&head.window.to_string()).text(head.release.as_str()).text(&self.note);
            out.push_str(&line.finish());
        }
        out
    }

    /// RFC 7946, one feature a hexagon. The published value is under `raw_…`, so that no style for published hexagons
    /// paints an estimate by mistake.
    pub fn to_geojson(&self) -> String {
        feature_collection(self, "items", self.items.iter().map(feature).collect())
    }

    /// The JSON schema of the document, as committed in `schemas/estimate.json`.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).into()
    }
}

fn feature(item: &Estimate) -> Value {
    json!({
        "type": "Feature",
        "id": item.hex,
        "properties": {
            "hex": item.hex,
            "estimate": item.estimate,
            "estimate_low": item.estimate_low,
            "estimate_high": item.estimate_high,
            "neighbours": item.neighbours,
            "raw_state": item.raw.state,
            "raw_share": item.raw.share,
            "raw_n_eff": item.raw.n_eff,
            "raw_resolution": item.raw.resolution,
            "raw_on_its_own": item.raw.on_its_own,
        },
        "geometry": { "type": "Polygon", "coordinates": [item.hex.outline_degrees()] },
    })
}
