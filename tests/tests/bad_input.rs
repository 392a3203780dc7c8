//! Bad input gets a clear error that says what to do, and nothing is half-done.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{io::Write as _, net::TcpListener, path::PathBuf};

use e2e::Whitespot;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

fn drive_test(points: usize, latitude: f64) -> Vec<u8> {
    let feature = |i: usize| {
        json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [7.0 + i as f64 * 0.001, latitude] },
            "properties": { "mcc": 262, "mnc": 1, "tech": "Lte", "rsrp": -90.0, "rsrq": -10.0, "rssi": -60.0,
                            "band": "Band20", "cell_id": 1, "lac": 1, "timestamp": 1_631_531_668_053_u64 },
        })
    };
    let features: Vec<Value> = (0..points).map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

fn archive(installation: &Whitespot, name: &str, cut: usize) -> PathBuf {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (file, latitude) in [("trip/a.geojson", 51.45), ("trip/b.geojson", 51.46)] {
        let content = drive_test(40, latitude);
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, file, content.as_slice()).unwrap();
    }
    let mut bytes = tar.into_inner().unwrap().finish().unwrap();
    bytes.truncate(bytes.len() - cut);
    let path = installation.folder().join(name);
    std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    path
}

#[tokio::test]
async fn a_cut_archive_loads_nothing_and_the_whole_one_everything_and_once() {
    let installation = Whitespot::new();
    let import =
        async |path: &PathBuf| installation.run(&["import", "--json", "--region", "nrw", path.to_str().unwrap()]).await;
    let cut = archive(&installation, "cut.tar.gz", 100);
    import(&cut).await.fails_with("archive is damaged");

    let whole = archive(&installation, "whole.tar.gz", 0);
    let report = import(&whole).await.json();
    assert_eq!((&report["read"], &report["accepted"], &report["duplicate"]), (&json!(80), &json!(80), &json!(0)));
    let report = import(&whole).await.json();
    assert_eq!((&report["read"], &report["accepted"], &report["duplicate"]), (&json!(80), &json!(0), &json!(80)));

    // The same recording under another name is no second voice.
    let renamed = installation.folder().join("renamed.geojson");
    std::fs::write(&renamed, drive_test(40, 51.45)).unwrap();
    let report = import(&renamed).await.json();
    assert_eq!((&report["accepted"], &report["duplicate"]), (&json!(0), &json!(40)));

    let rank = ["rank", "--region", "nrw", "--track", "mobile", "--format", "json"];
    let list = installation.run(&rank).await.json();
    assert_eq!(list["source"], "survey");
    let measured = list["rows"].as_array().unwrap().iter().filter(|row| row["state"] == "covered").count();
    assert!(measured >= 1, "the drive test shows in no municipality");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_another_is_offered() {
    let installation = Whitespot::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = installation.run(&["serve", "--listen", &address]).await;
    finished.fails_with(&address);
    finished.fails_with("another program listens there");
    finished.fails_with("--listen");
}

#[tokio::test]
async fn wrong_names_are_answered_with_the_right_ones() {
    let installation = Whitespot::new();
    let run = async |args: &[&str]| installation.run(args).await;
    run(&["import", "--format", "gpx", "--region", "nrw", "x"]).await.fails_with("use one of drive-test");
    run(&["region", "load", "atlantis"]).await.fails_with("whitespot region build");
    run(&["rank", "--region", "atlantis", "--track", "fixed"]).await.fails_with("whitespot region load");
    run(&["import", "--region", "nrw", "nowhere.geojson"]).await.fails_with("nowhere.geojson");
    run(&["region", "load", "nrw"]).await.ok();
    run(&["rank", "--region", "nrw", "--track", "mobile"]).await.fails_with("whitespot release");
    run(&["measure", "--server", "ftp://example", "--no-submit"]).await.fails_with("http://");
    let place = ["measure", "--server", "http://127.0.0.1:9", "--position", "51.45;7.01"];
    run(&place).await.fails_with("51.45,7.01");
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_a_problem_document_and_the_server_stays() {
    let installation = Whitespot::new();
    let server = installation.serve().await;
    for (body, status) in [("{", 400), ("[]", 400), (r#"{"batch_id":"x"}"#, 400)] {
        let request = e2e::http().post(server.url("/v1/batches")).header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], "urn:whitespot:problem:malformed-batch");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    for path in ["/v1/releases?region=atlantis", "/v1/releases/abc", "/v1/nothing"] {
        let answer = e2e::http().get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_request_refused_before_any_handler_is_a_problem_document_too() {
    let installation = Whitespot::new();
    let server = installation.serve().await;
    let batches = server.url("/v1/batches");
    let http = e2e::http();
    let too_large = vec![b' '; 17 * 1024 * 1024];
    for (request, status, code) in [
        (http.put(&batches), 405, "method-not-allowed"),
        (http.post(&batches).header("content-encoding", "compress").body("x"), 415, "unsupported-encoding"),
        (http.post(&batches).header("content-type", "application/json").body(too_large), 413, "too-large"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{status}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], format!("urn:whitespot:problem:{code}"));
    }
    server.stop().await.assert_clean();
}
