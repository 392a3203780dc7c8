//! What two ways say of the same hexagons, to be held side by side.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

/// State, devices, attempts, share and median signal of each hexagon.
pub type Hexagons = BTreeMap<String, [Value; 5]>;

/// Of a GeoJSON file that `aggregate --layer` wrote.
///
/// # Panics
/// If it is none.
pub fn of_file(path: &Path) -> Hexagons {
    let bytes = std::fs::read(path).expect("the file is there");
    let collection: Value = serde_json::from_slice(&bytes).expect("JSON");
    let features = collection["features"].as_array().expect("features");
    let properties = features.iter().map(|feature| &feature["properties"]);
    let known = properties.map(|of| {
        let hex = of["hex"].as_str().expect("a hexagon").to_owned();
        (hex, ["state", "devices", "attempts", "share", "signal_p50_dbm"].map(|name| of[name].clone()))
    });
    known.collect()
}

/// Of a release of drive tests, as `export --format json` writes it: every measured piece is one hexagon.
///
/// # Panics
/// If it is none.
pub fn of_release(exported: &Value) -> Hexagons {
    let pieces = exported["items"].as_array().expect("pieces");
    let measured = pieces.iter().filter(|piece| piece["summary"]["devices"] != 0);
    let known = measured.map(|piece| {
        let (hexes, of) = (piece["hexes"].as_array().expect("ground"), &piece["summary"]);
        assert_eq!(hexes.len(), 1, "a drive test needs no remainder: {piece}");
        let hex = hexes[0].as_str().expect("a hexagon").to_owned();
        let figures = [&of["state"], &of["devices"], &of["attempts"], &of["share"]["value"], &of["signal_dbm"]["p50"]];
        (hex, figures.map(Clone::clone))
    });
    known.collect()
}
