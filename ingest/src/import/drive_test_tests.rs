use std::{io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::*;

fn feature(properties: &Value, position: &Value) -> Value {
    json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": position }, "properties": properties })
}

fn good(mnc: u8, tech: &str) -> Value {
    json!({ "mcc": 262, "mnc": mnc, "tech": tech, "rsrp": -98.4, "rsrq": -11.0, "rssi": -71.0,
            "band": "Band20", "cell_id": 1, "lac": 2, "timestamp": 1_631_531_668_053_i64 })
}

fn with(mut properties: Value, name: &str, value: Value) -> Value {
    properties[name] = value;
    properties
}

fn without(mut properties: Value, name: &str) -> Value {
    properties.as_object_mut().unwrap().remove(name);
    properties
}

fn hamburg() -> Value {
    json!([9.99, 53.55])
}

fn collection(features: &[Value]) -> Vec<u8> {
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

type Read = (Vec<CoverageTrack>, Vec<(u64, RejectionReason)>);

fn read(content: &[u8]) -> Result<Read, ImportError> {
    let (mut tracks, mut refused) = (Vec::new(), Vec::new());
    let mut content = content;
    DriveTest.read_file(&FileRef::named("trip/a.geojson"), &mut content, &mut |found| {
        match found {
            Found::Record { record: Record::CoverageTrack(track), rows, .. } => {
                assert_eq!(rows.len(), track.points.len(), "each point has its row");
                tracks.push(track);
            }
            Found::Refused { row, reason, .. } => refused.push((row, reason)),
            other => unreachable!("a drive test holds tracks, not {other:?}"),
        }
        Ok(())
    })?;
    Ok((tracks, refused))
}

#[test]
fn a_recorder_becomes_a_track_locked_to_its_technology_with_hexagons_for_positions() {
    let (tracks, refused) = read(&collection(&[feature(&good(1, "Lte"), &hamburg())])).unwrap();
    assert!(refused.is_empty());
    let [track] = tracks.as_slice() else { panic!("one track, not {tracks:?}") };
    assert_eq!(track.locked_to, Some(Technology::FourG));
    let point = track.points[0];
    assert_eq!(point.operator.as_str(), "26201", "the leading zero that the number lost is back");
    assert_eq!(point.hex, Hex::from_degrees(53.55, 9.99, Hex::MOBILE).unwrap());
    assert_eq!(point.signal.unwrap().as_dbm(), -98);
    assert_eq!(point.hour.as_hours(), 453_203);
}

#[test]
fn a_2g_recorder_gives_its_rssi_because_rsrp_does_not_exist_there() {
    let (tracks, _) = read(&collection(&[feature(&good(2, "Gsm"), &hamburg())])).unwrap();
    assert_eq!(tracks[0].points[0].signal.unwrap().as_dbm(), -71);
}

#[test]
fn damaged_points_are_refused_one_by_one_with_their_number_and_the_others_stay() {
    let lte = || good(1, "Lte");
    let features = [
        feature(&lte(), &hamburg()),
        feature(&without(lte(), "timestamp"), &hamburg()),
        feature(&lte(), &json!([0.0, 0.0])),
        feature(&lte(), &json!([9.99, 153.0])),
        feature(&lte(), &json!(null)),
        feature(&with(lte(), "mcc", json!(9999)), &hamburg()),
        feature(&with(lte(), "mnc", json!(77)), &hamburg()),
        feature(&with(lte(), "tech", json!("Wimax")), &hamburg()),
        feature(&with(lte(), "rsrp", json!(55.0)), &hamburg()),
        feature(&with(lte(), "mnc", json!(null)), &hamburg()),
    ];
    let (tracks, refused) = read(&collection(&features)).unwrap();
    assert_eq!(tracks[0].points.len(), 1);
    let expected = [
        (2, RejectionReason::NoTime),
        (3, RejectionReason::NullIsland),
        (4, RejectionReason::BadPosition),
        (5, RejectionReason::BadPosition),
        (6, RejectionReason::UnknownOperator),
        (7, RejectionReason::UnknownOperator),
        (8, RejectionReason::UnknownTechnology),
        (9, RejectionReason::ImplausibleValue),
        (10, RejectionReason::UnknownOperator),
    ];
    assert_eq!(refused, expected);
}

#[test]
fn a_cut_file_is_an_error_with_its_name_and_line() {
    let mut content = collection(&[feature(&good(1, "Lte"), &hamburg())]);
    content.truncate(content.len() - 20);
    let message = read(&content).unwrap_err().to_string();
    assert!(message.contains("trip/a.geojson, line 1"), "{message}");
    assert!(message.contains("nothing was loaded"), "{message}");
}

#[test]
fn not_a_number_and_infinity_cost_their_point_only() {
    let point = || feature(&good(1, "Lte"), &hamburg());
    let marked = feature(&good(1, "Lte"), &json!([9.75, 53.55]));
    for damage in ["NaN", "1e999", "Infinity", "9.9.9", "[1}"] {
        let content = String::from_utf8(collection(&[point(), marked.clone(), point()])).unwrap();
        let (tracks, refused) = read(content.replace("9.75", damage).as_bytes()).unwrap();
        assert_eq!(tracks[0].points.len(), 2, "{damage}");
        assert_eq!(refused, [(2, RejectionReason::Malformed)], "{damage}");
    }
}

#[test]
fn another_format_is_named_by_the_property_that_is_missing() {
    let properties = json!({ "avg_d_kbps": 1, "avg_u_kbps": 2 });
    let message = read(&collection(&[feature(&properties, &hamburg())])).unwrap_err().to_string();
    assert!(message.contains("no property `mcc` (it has avg_d_kbps, avg_u_kbps)"), "{message}");
}

#[test]
fn the_same_recording_gives_the_same_ids_under_any_name_and_another_gives_others() {
    let content = collection(&[feature(&good(1, "Lte"), &hamburg())]);
    let id = |tracks: &[CoverageTrack]| tracks[0].id;
    let (once, _) = read(&content).unwrap();
    let (again, _) = read(&content).unwrap();
    assert_eq!(id(&once), id(&again));
    let mut renamed = Vec::new();
    let keep = &mut |found| {
        if let Found::Record { record, .. } = found {
            renamed.push(record.id());
        }
        Ok(())
    };
    DriveTest.read_file(&FileRef::named("trip/b.geojson"), &mut content.as_slice(), keep).unwrap();
    assert_eq!(renamed[0], id(&once), "renaming a file must not give it a second voice");
    let (other, _) = read(&collection(&[feature(&good(1, "Lte"), &json!([9.98, 53.55]))])).unwrap();
    assert_ne!(id(&other), id(&once));
}

fn archive(folder: &Path, cut: usize) -> std::path::PathBuf {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for name in ["trip/a.geojson", "trip/Readme.txt", "trip/b.geojson"] {
        let content = collection(&[feature(&good(1, "Lte"), &hamburg())]);
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    let mut bytes = tar.into_inner().unwrap().finish().unwrap();
    bytes.truncate(bytes.len() - cut);
    let path = folder.join("drive.tar.gz");
    std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    path
}

#[test]
fn an_archive_is_read_without_unpacking_and_a_cut_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let count = |path: &Path| {
        let mut count = 0;
        let counting = &mut |_| {
            count += 1;
            Ok(())
        };
        DriveTest.read(path, counting).map(|()| count)
    };
    assert_eq!(count(&archive(folder.path(), 0)).unwrap(), 2);
    // Even without its last byte, after the last file: the checksum is incomplete.
    for cut in [1, 8, 60] {
        let message = count(&archive(folder.path(), cut)).unwrap_err().to_string();
        assert!(message.contains("archive is damaged"), "{cut}: {message}");
    }
}

#[test]
fn an_input_without_any_file_of_the_format_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("readme.txt"), "nothing here").unwrap();
    let message = DriveTest.read(folder.path(), &mut |_| Ok(())).unwrap_err().to_string();
    assert!(message.contains("holds no .geojson file"), "{message}");
}
