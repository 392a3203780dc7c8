//! Whole files into hexagons, without a database, and the same as with one.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{fs, path::PathBuf};

use e2e::{Whitespot, hexagons};
use serde_json::{Value, json};

#[tokio::test]
async fn tests_of_other_platforms_become_hexagons_without_a_database() {
    let installation = Whitespot::new();
    let (tests, hexagons) = (installation.folder().join("tests.csv"), installation.folder().join("hexagons.csv"));
    let (input, output) = (tests.to_str().unwrap(), hexagons.to_str().unwrap());
    let row = |device: &str, download: u32| format!("51.4556,7.0116,{device},{download}\n");
    let rows = [row("a", 10), row("a", 30), row("b", 20), ",,c,99\n".to_owned()].concat();
    fs::write(&tests, format!("Breite,Länge,device,download\n{rows}")).unwrap();
    let aggregate = ["aggregate", input, "--columns", "lat=Breite,lng=Länge", "--resolution", "9", "-o", output];

    installation.run(&["aggregate", input, "-o", output]).await.fails_with("name them with --columns lat=…,lng=…");
    assert!(!hexagons.exists());
    let report = installation.run(&[&aggregate[..], &["--json"]].concat()).await.json();
    assert_eq!(
        report,
        json!({ "files": 1, "left_out": 0, "first_left_out": null, "rows": 4, "without_place": 1, "hexagons": 1, "spilled_bytes": 0 })
    );
    let expected = "hex,tests,devices,download_tests,download_p10_mbps,download_p50_mbps,download_p90_mbps\n\
                    891fa5350afffff,3,2,3,12,20,28\n";
    assert_eq!(fs::read_to_string(&hexagons).unwrap(), expected);

    fs::write(&tests, "Breite,Länge\n51,7\n91,7\n").unwrap();
    installation.run(&aggregate).await.fails_with("tests.csv, line 3: latitude 91 is not between -90 and 90");
    assert_eq!(fs::read_to_string(&hexagons).unwrap(), expected, "what was there stays until all of the new is");
    let small = [&aggregate[..], &["--memory", "1"]].concat();
    installation.run(&small).await.fails_with("a memory limit of");
    assert!(!installation.data_dir().exists(), "no database is needed");
}

/// Two receivers on a drive through Duisburg, the second one without a network here and there.
fn drive_tests(installation: &Whitespot) -> PathBuf {
    let folder = installation.folder().join("drive");
    fs::create_dir_all(&folder).unwrap();
    for (receiver, signal) in [("a", -90.0), ("b", -101.0)] {
        let point = |at: u32| {
            let position = [6.762_329 + f64::from(at) * 0.000_4, 51.434_417 + f64::from(at % 7) * 0.000_3];
            let tech = if receiver == "b" && at.is_multiple_of(5) { "Gsm" } else { "Lte" };
            let properties = json!({ "mcc": 262, "mnc": 1, "tech": tech, "rsrp": signal - f64::from(at % 11),
                "rsrq": -11.0, "rssi": -71.0, "timestamp": 1_631_531_668_053_i64 + i64::from(at) * 1_000 });
            json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": position }, "properties": properties })
        };
        let features: Vec<Value> = (0..200).map(point).collect();
        let collection = json!({ "type": "FeatureCollection", "features": features });
        fs::write(folder.join(format!("{receiver}.geojson")), collection.to_string()).unwrap();
    }
    folder
}

#[tokio::test]
async fn evidence_in_files_gives_the_hexagons_that_it_gives_in_the_database() {
    let installation = Whitespot::new();
    let folder = drive_tests(&installation);
    let input = folder.to_str().unwrap();
    let output = installation.folder().join("hexagons.geojson");
    let layer = ["--region", "nrw", "--layer", "mobile-26201-4g"];
    let aggregate = ["aggregate", input, "--resolution", "10", "-o", output.to_str().unwrap()];
    installation.run(&[&aggregate[..], &layer].concat()).await.ok();
    assert!(!installation.data_dir().exists(), "no database is needed");
    let of_files = hexagons::of_file(&output);
    assert!(of_files.len() > 20, "{of_files:?}");
    let one_of_them = folder.join("a.geojson");
    let twice = [&["aggregate", one_of_them.to_str().unwrap()], &aggregate[1..], &layer].concat();
    installation.run(&twice).await.ok();
    assert_eq!(hexagons::of_file(&output), of_files, "a record that comes twice counts once");
    let evidence = fs::read(&one_of_them).unwrap();
    let over = ["aggregate", input, "--resolution", "10", "-o", one_of_them.to_str().unwrap()];
    installation.run(&[&over[..], &layer].concat()).await.fails_with("lies in, one of the inputs");
    assert_eq!(fs::read(&one_of_them).unwrap(), evidence, "evidence is never written over");

    // Drive tests are exempt from k, so that a release shows every hexagon by itself.
    installation.run(&["import", "--region", "nrw", input]).await.ok();
    let export = [&["export", "--source", "survey", "--format", "json"][..], &layer].concat();
    let published = installation.run(&export).await.json();
    assert_eq!(of_files, hexagons::of_release(&published));
}
