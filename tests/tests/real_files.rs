//! The official files, through the binary. Runs with `make test-real DATA=...`.

use std::path::PathBuf;

use e2e::{Whitespot, hexagons};

fn data() -> Option<PathBuf> {
    let data = std::env::var_os("WHITESPOT_TEST_DATA").map(PathBuf::from);
    if data.is_none() {
        eprintln!("not run: set WHITESPOT_TEST_DATA, or use make test-real DATA=...");
    }
    data
}

#[tokio::test]
async fn the_drive_tests_of_2021_come_in_with_every_point_accounted_for() {
    let Some(data) = data() else { return };
    let installation = Whitespot::new();
    let regions = installation.folder().join("regions");
    let id = "bremen-niedersachsen-hamburg";
    let recipe = format!("data/regions/recipes/{id}.toml");
    let out = regions.join(id);
    let built =
        ["region", "build", &recipe, "--data", data.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"];
    installation.run(&built).await.ok();

    let file = data.join("measurements/drive_tests_2021/geojson.tar.gz");
    let regions = regions.to_str().unwrap();
    let import = ["import", "--json", "--format", "drive-test", "--regions-dir", regions, "--region", id];
    let report = installation.run(&[&import[..], &[file.to_str().unwrap()]].concat()).await.json();
    let of = |name: &str| report[name].as_u64().unwrap_or_default();
    let rejected: u64 = report["rejected"].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
    eprintln!("drive tests: {report}");
    assert_eq!(of("read"), 282_880);
    assert_eq!(report["rejected"]["no_time"], 56_588);
    assert_eq!(of("accepted") + of("duplicate") + of("conflict") + rejected, 282_880, "every point has one answer");
    assert!(of("accepted") > 220_000, "{report}");

    let again = installation.run(&[&import[..], &[file.to_str().unwrap()]].concat()).await.json();
    assert_eq!(again["accepted"], 0, "the second time everything is a duplicate");

    // The same points without a database give the same hexagons.
    let output = installation.folder().join("hexagons.geojson");
    for layer in ["mobile-26201-4g", "mobile-26203-2g"] {
        let layer = ["--region", id, "--layer", layer];
        let aggregate = ["aggregate", file.to_str().unwrap(), "--regions-dir", regions, "--resolution", "10"];
        installation.run(&[&aggregate[..], &["-o", output.to_str().unwrap()], &layer].concat()).await.ok();
        let export = [&["export", "--source", "survey", "--format", "json"][..], &layer].concat();
        let (of_files, exported) = (hexagons::of_file(&output), installation.run(&export).await.json());
        eprintln!("{layer:?}: {} hexagons", of_files.len());
        assert!(of_files.len() > 1_000 && of_files == hexagons::of_release(&exported), "{layer:?}");
    }

    let rank = ["rank", "--region", id, "--track", "mobile", "--format", "json"];
    let list = installation.run(&rank).await.json();
    assert_eq!((list["source"].as_str(), list["simulated"].as_bool()), (Some("survey"), Some(false)));
    let rows = list["rows"].as_array().unwrap();
    let dead = rows.iter().filter(|row| row["state"] == "dead").count();
    let covered = rows.iter().filter(|row| row["state"] == "covered").count();
    eprintln!("{} municipalities, {covered} with a measured broadband layer", rows.len());
    assert_eq!(dead, 0, "a receiver locked to one technology never shows a dead spot");
    assert!(covered > 20, "only {covered} municipalities show anything");

    let server = installation.serve().await;
    let releases = server.get_json(&format!("/v1/releases?region={id}")).await;
    let release = releases[0]["id"].as_str().unwrap().to_owned();
    for layer in ["mobile-26201-4g", "mobile-26202-2g", "mobile-26203-4g"] {
        let page = server.get_json(&format!("/v1/hexes?release={release}&layer={layer}&limit=50")).await;
        let signal =
            page["items"].as_array().unwrap().iter().any(|piece| piece["summary"]["signal_dbm"]["p50"].is_number());
        assert!(signal, "no signal on {layer}");
    }
    server.stop().await.assert_clean();
}
