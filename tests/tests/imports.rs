//! Foreign files and foreign collectors, through the binary.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{io::Write as _, path::PathBuf};

use e2e::{Whitespot, http};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

const HEADER: &str = "Messpunkt,Typ,SIM Anbieter,SIM Mobile Country Code,SIM Mobile Network Code,Netzwerk Anbieter,Netzwerk Mobile Country Code,Netzwerk Mobile Network Code,Cell-ID,Physical-Cell-ID,Cell-LAC/TAC,Signalstärke (RSSI) [dBm],Signalstärke (RSRP) [dBm],Signalqualität (RSRQ) [dBm],Frequenzkanalnummer,Breitengrad,Längengrad,Genauigkeit [m],Datum,Uhrzeit,Version,Betriebssystem,Smartphone Typ,Test-ID";

/// A walk of one phone; every fourth point without network, and one damaged row.
fn funkloch_app(phone: usize) -> String {
    let row = |point: usize| {
        let kind = if point.is_multiple_of(4) { "kein Netz" } else { "4G" };
        format!(
            "{point},{kind},Erfunden,262,01,Erfunden,262,01,1,1,1,-61,-97,-11,1300,51.434417,6.762329,8.5,14.05.26,13:{point:02}:30,9.9,Android,Muster {phone},{phone}",
        )
    };
    let rows: Vec<String> = (1..=12).map(row).collect();
    format!("{HEADER}\n{}\n13,7G{}\n", rows.join("\n"), ",-".repeat(22))
}

fn file(installation: &Whitespot, name: &str, content: &str) -> PathBuf {
    let path = installation.folder().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

#[tokio::test]
async fn exports_of_the_funkloch_app_are_recognised_counted_and_published_from_nine_phones_on() {
    let installation = Whitespot::new();
    for phone in 0..9 {
        file(&installation, &format!("exports/{phone}.csv"), &funkloch_app(phone));
    }
    let folder = installation.folder().join("exports");
    let import = ["import", "--json", "--region", "nrw", folder.to_str().unwrap()];

    let dry = installation.run(&[&import[..], &["--dry-run"]].concat()).await.json();
    assert_eq!(
        (&dry["format"], &dry["dry_run"], &dry["accepted"]),
        (&json!("funkloch-app"), &json!(true), &json!(108))
    );
    assert!(!installation.data_dir().exists(), "a dry run writes nothing");

    let finished = installation.run(&import).await;
    assert!(!format!("{}{}", finished.stdout, finished.log).contains("51.4344"), "a place is shown");
    let report = finished.json();
    assert_eq!((&report["read"], &report["accepted"]), (&json!(117), &json!(108)));
    assert_eq!(report["rejected"], json!({ "bad_position": 9 }));
    assert_eq!(report["rejected_at"]["bad_position"][0], "0.csv, row 14");
    let report = installation.run(&import).await.json();
    assert_eq!((&report["accepted"], &report["duplicate"]), (&json!(0), &json!(108)));

    let server = installation.serve().await;
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let release = releases[0]["id"].as_str().unwrap();
    let page = server.get_json(&format!("/v1/hexes?release={release}&layer=mobile-26201-broadband")).await;
    assert!(!page["items"].as_array().unwrap().is_empty(), "nine phones are enough: {page}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn the_wrong_format_is_answered_with_the_right_one_before_anything_is_opened() {
    let installation = Whitespot::new();
    let export = file(&installation, "export.csv", &funkloch_app(0));
    let other = file(&installation, "other.csv", "street,number\nmain,7\n");
    let (export, other) = (export.to_str().unwrap(), other.to_str().unwrap());
    let import = async |args: &[&str]| installation.run(&[&["import", "--region", "nrw"], args].concat()).await;
    let wrong = import(&["--format", "rtr-opendata", export]).await;
    wrong.fails_with("this looks like funkloch-app, not rtr-opendata: use --format funkloch-app");
    import(&[other]).await.fails_with("other.csv: no known format (a table with number, street)");
    import(&["--format", "csv", other]).await.fails_with("--mapping FILE");
    assert!(!installation.data_dir().exists(), "a wrong format starts no database");
    let mapping = "docs/examples/coverage.mapping.toml";
    import(&["--mapping", mapping, other]).await.fails_with("other.csv: has no column");
}

#[tokio::test]
async fn tiles_of_supply_change_no_release() {
    let installation = Whitespot::new();
    for phone in 0..9 {
        file(&installation, &format!("exports/{phone}.csv"), &funkloch_app(phone));
    }
    let folder = installation.folder().join("exports");
    installation.run(&["import", "--region", "nrw", folder.to_str().unwrap()]).await.ok();
    // In Duisburg.
    let tiles = "quadkey,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n1202030211221313,48000,9500,14,3,2\n";
    let tiles = file(&installation, "tiles.csv", tiles);
    let server = installation.serve().await;
    let before = server.get_json("/v1/releases?region=nrw").await;
    let import = ["import", "--json", "--region", "nrw", tiles.to_str().unwrap()];
    installation.run(&import).await.fails_with("the format ookla-tiles needs --period");
    let told = [&import[..], &["--period", "2023-Q4", "--kind", "fixed"]].concat();
    let report = installation.run(&told).await;
    assert!(report.stdout.contains("ookla-tiles"), "{}\n{}", report.stdout, report.log);
    installation.run(&["release", "--region", "nrw"]).await.ok();
    assert_eq!(server.get_json("/v1/releases?region=nrw").await, before, "context changed a release");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn collectors_for_ichnaea_can_send_here() {
    let installation = Whitespot::new();
    installation.run(&["region", "load", "nrw"]).await.ok();
    let server = installation.serve().await;
    let report = json!({ "items": [{
        "timestamp": 1_778_760_000_000_i64,
        "position": { "latitude": 51.434_417, "longitude": 6.762_329, "accuracy": 9.5 },
        "cellTowers": [{ "radioType": "lte", "mobileCountryCode": 262, "mobileNetworkCode": 1, "serving": 1 }],
        "wifiAccessPoints": [{ "macAddress": "02:00:00:00:00:01" }],
    }] })
    .to_string();
    let post = |query: &str, body: Vec<u8>| http().post(server.url(&format!("/v2/geosubmit{query}"))).body(body);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(report.as_bytes()).unwrap();
    for request in [
        post("", report.clone().into_bytes()),
        post("?key=a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", report.clone().into_bytes()),
        post("?key=test", gzip.finish().unwrap()).header("content-encoding", "gzip"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({}));
    }
    let answer = post("", b"no json".to_vec()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["message"], "Parse Error");
    let log = server.stop().await;
    log.assert_clean();
    assert!(!log.contains("51.4344") && !log.contains("a1a1a1"), "{log}");
}
