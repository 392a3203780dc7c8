use serde_json::json;

use super::*;
use crate::import::testing::{Read, read};

/// In Duisburg.
const QUADKEY: &str = "1202030211221313";

fn format() -> OoklaTiles {
    OoklaTiles { period: Some("2023-Q4".parse().unwrap()), kind: Some(TileKind::Fixed) }
}

fn feature(properties: &Value) -> Value {
    json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Polygon", "coordinates": [] } })
}

fn good() -> Value {
    json!({ "quadkey": QUADKEY, "avg_d_kbps": 48_000, "avg_u_kbps": 9_500, "avg_lat_ms": 14, "tests": 3, "devices": 2 })
}

fn geojson(properties: &[Value]) -> Read {
    let features: Vec<Value> = properties.iter().map(feature).collect();
    let text = json!({ "type": "FeatureCollection", "features": features }).to_string();
    read(&format(), text.as_bytes()).unwrap()
}

#[test]
fn a_tile_is_context_and_no_record() {
    let found = geojson(&[good()]);
    assert!(found.records.is_empty());
    let (_, tile) = &found.tiles[0];
    assert_eq!((tile.source.as_str(), tile.period.as_str(), tile.kind.as_str()), ("ookla", "2023-Q4", "fixed"));
    assert_eq!((tile.download_kbps, tile.upload_kbps, tile.latency_ms), (48_000, 9_500, 14));
    assert_eq!(format().target(), Target::Supply);
}

#[test]
fn a_table_says_the_same_as_a_collection() {
    let text = format!("quadkey,tile,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n{QUADKEY},x,48000,9500,14,3,2\n");
    let table = read(&format(), text.as_bytes()).unwrap();
    assert_eq!(table.tiles[0].1, geojson(&[good()]).tiles[0].1);
}

#[test]
fn damaged_tiles_are_refused_by_their_number_and_the_others_stay() {
    let with = |name: &str, value: Value| {
        let mut properties = good();
        properties[name] = value;
        properties
    };
    let found = geojson(&[
        good(),
        with("quadkey", json!("1202")),
        with("quadkey", json!("1202030211221314")),
        with("tests", json!(-1)),
        with("avg_d_kbps", json!("fast")),
        json!({ "quadkey": QUADKEY }),
        good(),
    ]);
    let expected = [
        (2, RejectionReason::BadPosition),
        (3, RejectionReason::BadPosition),
        (4, RejectionReason::ImplausibleValue),
        (5, RejectionReason::ImplausibleValue),
        (6, RejectionReason::Malformed),
    ];
    assert_eq!((found.refused.as_slice(), found.tiles.len()), (expected.as_slice(), 2));
}

#[test]
fn the_centre_of_a_tile_is_where_the_publisher_draws_it() {
    // From a published tile of the Azores: 39.6691 to 39.6734 north, 31.1188 to 31.1133 west.
    let (lat, lng) = centre("0330100311233111").unwrap();
    assert!((lat - 39.67126).abs() < 1e-4 && (lng + 31.116_03).abs() < 1e-4, "{lat} {lng}");
}

#[test]
fn what_the_files_do_not_say_is_asked_for() {
    let error = OoklaTiles::default().ready().unwrap_err().to_string();
    assert!(error.contains("--period"), "{error}");
    let error = OoklaTiles { kind: None, ..format() }.ready().unwrap_err().to_string();
    assert!(error.contains("--kind fixed|mobile"), "{error}");
    for wrong in ["2023", "2023-Q5", "2023-Q0", "23-Q1", "2023-q1", "2023-Q44", "+023-Q1"] {
        assert!(wrong.parse::<Period>().is_err(), "{wrong}");
    }
}
