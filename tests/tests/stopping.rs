//! A command that is told to stop leaves no database running and nothing half-done, and goes on when run again.

use domain::{Hex, Technology};
use e2e::{Contributor, Whitespot, track};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

#[tokio::test]
async fn the_demo_can_be_stopped_in_every_step_and_goes_on() {
    let installation = Whitespot::new();
    let demo = ["demo", "--devices", "600", "--points", "15000", "--listen", "127.0.0.1:0", "--exit-when-ready"];
    for step in ["start database", "load region", "invent a campaign", "submit over HTTP", "summarise"] {
        installation.interrupt(&demo, &format!("done {step}")).await.fails_with("interrupted: run it again");
        assert!(!installation.database_runs(), "stopped after `{step}`, but its database runs on");
    }
    installation.run(&demo).await.ok();
    let server = installation.serve().await;
    let releases = server.get_json("/v1/releases?region=nrw").await;
    assert_eq!(releases.as_array().unwrap().len(), 1, "half a release was left: {releases}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_client_that_never_finishes_does_not_keep_the_server_from_stopping() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let mut open = Vec::new();
    for begun in
        ["POST /v1/batches HTTP/1.1\r\nho", "POST /v1/batches HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n{"]
    {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        open.push(stream);
    }
    let essen = Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap();
    let item = track("26201", 494_300, &[(essen, Some(Technology::FourG))]);
    let answer = Contributor::new().send(&server, vec![item]).await;
    assert_eq!(answer.items[0].outcome, "accepted", "they keep nobody else out");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn an_import_that_is_stopped_goes_on_where_it_was() {
    let installation = Whitespot::new();
    let feature = |i: u32| {
        json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [6.9 + f64::from(i % 300) * 0.001, 51.4] },
            "properties": { "mcc": 262, "mnc": 1, "tech": "Lte", "rsrp": -90.0, "rsrq": -10.0, "rssi": -60.0,
                            "timestamp": 1_631_531_668_053_u64 + u64::from(i) * 1000 },
        })
    };
    let features: Vec<_> = (0..3000).map(feature).collect();
    let file = installation.folder().join("drive.geojson");
    std::fs::write(&file, json!({ "type": "FeatureCollection", "features": features }).to_string()).unwrap();
    let import = ["import", "--json", "--region", "nrw", file.to_str().unwrap()];

    installation.interrupt(&import, "done load region").await.fails_with("nothing is half-done");
    assert!(!installation.database_runs(), "its database runs on");
    installation.interrupt(&import, "done import").await.fails_with("nothing is half-done");
    assert!(!installation.database_runs(), "its database runs on");

    let report = installation.run(&import).await.json();
    assert_eq!((&report["read"], &report["duplicate"]), (&json!(3000), &json!(3000)), "{report}");
    let rank = ["rank", "--region", "nrw", "--track", "mobile", "--format", "json"];
    assert_eq!(installation.run(&rank).await.json()["source"], "survey", "what was read is published");
}
