//! What the server keeps outside of the statistics: those who run a campaign see it, and decide.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use domain::{Hex, ItemId, Technology, wire::v1::Item};
use e2e::{Contributor, Server, Whitespot, track};
use serde_json::{Value, json};

const HOUR: i32 = 494_300; // a morning in May 2026

fn somewhere() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

/// The same walk under another id.
fn copy_of(item: &Item) -> (Item, ItemId) {
    let (mut copy, id) = (item.clone(), ItemId::random());
    if let Item::CoverageTrack(track) = &mut copy {
        track.id = id.as_uuid();
    }
    (copy, id)
}

async fn attempts_in_essen(installation: &Whitespot, server: &Server) -> Value {
    installation.run(&["release", "--region", "nrw"]).await.ok();
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let release = releases[0]["id"].as_str().unwrap();
    let areas = server.get_json(&format!("/v1/areas?region=nrw&release={release}&layer=mobile-26201-any")).await;
    let essen = areas["items"].as_array().unwrap().iter().find(|area| area["key"] == "05113000").cloned().unwrap();
    essen["summary"]["attempts"].clone()
}

#[tokio::test]
async fn a_coordinator_sees_what_does_not_count_and_lets_it_count() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let mut secrets = Vec::new();
    let mut copies = Vec::new();
    for _ in 0..9 {
        let device = Contributor::new();
        let item = track("26201", HOUR, &[(somewhere(), Some(Technology::FourG))]);
        let (copy, id) = copy_of(&item);
        let answer = device.send(&server, vec![item, copy]).await;
        assert_eq!(answer.items[1].outcome, "quarantined");
        secrets.push(device.batch(Vec::new()).device_secret);
        copies.push(id.to_string());
    }
    assert_eq!(attempts_in_essen(&installation, &server).await, json!(9));

    let report = installation.run(&["quarantine", "--region", "nrw", "--json"]).await.json();
    let day = &report["groups"][0]["first_day"];
    let expected = json!({ "items": 9, "devices": 9, "groups": [{
        "reason": "repeated_content", "kind": "coverage_track", "municipality": "05113000",
        "name": "Essen", "items": 9, "devices": 9, "first_day": day, "last_day": day,
    }] });
    assert_eq!(report, expected);
    assert!(day.as_str().unwrap().starts_with("2026-05-"), "{day}");
    let table = installation.run(&["quarantine"]).await.ok();
    assert!(table.contains("repeated_content") && table.contains("05113000 Essen"), "{table}");
    assert!(secrets.iter().all(|secret| !table.contains(secret.as_str())), "{table}");

    let one = installation.run(&["quarantine", "--lift", "--id", &copies[0], "--json"]).await.json();
    assert_eq!((&one["items"], &one["coverage_tracks"]), (&json!(1), &json!(1)));
    let rest = installation.run(&["quarantine", "--lift", "repeated_content", "--region", "nrw"]).await.ok();
    assert!(rest.contains("lifted 8 items"), "{rest}");
    assert_eq!(attempts_in_essen(&installation, &server).await, json!(18));
    let again = installation.run(&["quarantine", "--lift", "repeated_content"]).await.ok();
    assert!(again.contains("nothing has changed"), "{again}");
    let none = installation.run(&["quarantine"]).await.ok();
    assert!(none.contains("nothing is quarantined"), "{none}");

    let fails = async |args: &[&str], words: &str| {
        installation.run(&[&["quarantine"], args].concat()).await.fails_with(words);
    };
    fails(&["--lift"], "--lift similar_test").await;
    fails(&["--lift", "because"], "one of").await;
    fails(&["--region", "hamburg"], "no region `hamburg`").await;
    fails(&["--campaign", "keine"], "no campaign `keine`").await;
    fails(&["--lift", "--id", &copies[0]], "check the id").await;
    fails(&["--id", "4711"], "must be a UUID").await;
    server.stop().await.assert_clean();
}
