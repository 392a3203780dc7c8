//! Door to door: the demo, at a hundredth of its size, and every promise that a reader of it can check.
//!
//! Promise 2: white means unknown. Promise 4: no number without its certainty. Promise 5: nothing below k.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use e2e::{Server, Whitespot, workspace};
use serde_json::Value;

async fn demo() -> (Whitespot, Server) {
    let installation = Whitespot::new();
    let made = installation
        .run(&["demo", "--devices", "1500", "--points", "45000", "--listen", "127.0.0.1:0", "--exit-when-ready"])
        .await;
    made.ok();
    let server = installation.serve().await;
    (installation, server)
}

async fn all_pieces(server: &Server, release: &str, layer: &str) -> Vec<Value> {
    let (mut pieces, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/hexes?release={release}&layer={layer}&limit=1000{after}");
        let page = server.get_json(&path).await;
        assert_eq!(page["simulated"], true, "simulated data says so on every page");
        pieces.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_i64() {
            Some(next) => after = format!("&after={next}"),
            None => return pieces,
        }
    }
}

fn share_of(summary: &Value) -> [f64; 3] {
    ["low", "value", "high"].map(|part| summary["share"][part].as_f64().unwrap_or(f64::NAN))
}

#[tokio::test]
async fn a_simulated_campaign_goes_through_every_room_and_keeps_the_promises() {
    let (installation, server) = demo().await;
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let release = &releases[0];
    assert_eq!(release["simulated"], true);
    assert_eq!(release["source"], "simulated");
    let id = release["id"].as_str().unwrap();
    let layers = server.get_json(&format!("/v1/releases/{id}")).await;
    let layers: Vec<&str> = layers["layers"].as_array().unwrap().iter().map(|l| l["layer"].as_str().unwrap()).collect();
    assert!(layers.contains(&"fixed") && layers.contains(&"mobile-26201-broadband"), "{layers:?}");

    let mut measured = 0;
    for layer in &layers {
        let pieces = all_pieces(&server, id, layer).await;
        // What leaves by another door is the same: an attacker learns no more from a file than from the list.
        let export = ["export", "--region", "nrw", "--layer", layer, "--format", "json"];
        assert_eq!(installation.run(&export).await.json()["items"], Value::from(pieces.clone()), "{layer}");
        for piece in pieces {
            let devices = piece["devices"].as_i64().unwrap();
            assert!(devices == 0 || devices >= 9, "{layer}: a piece of {devices} devices was published: {piece}");
            let unknown = piece["state"] == "not_measured";
            assert_eq!(unknown, devices == 0, "{layer}: white means unknown, and nothing else does: {piece}");
            if !unknown {
                measured += 1;
                let [low, value, high] = share_of(&piece["summary"]);
                assert!(low <= value && value <= high && low < high, "{layer}: a number without its interval: {piece}");
                assert!(piece["summary"]["grade"].is_string(), "{layer}: no evidence grade: {piece}");
            }
        }
    }
    assert!(measured > 20, "only {measured} pieces say anything");

    for track in ["fixed", "mobile"] {
        check_ranking(&installation, &server, id, track).await;
    }
    server.stop().await.assert_clean();
}

async fn check_ranking(installation: &Whitespot, server: &Server, release: &str, track: &str) {
    let list = installation.run(&["rank", "--region", "nrw", "--track", track, "--format", "json"]).await.json();
    let over_http = server.get_json(&format!("/v1/rankings?region=nrw&track={track}&release={release}")).await;
    assert_eq!(list, over_http, "the command and the server show the same list");
    let schema = std::fs::read_to_string(workspace().join("schemas/rank.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&list), "{:?}", schema.iter_errors(&list).next().map(|error| error.to_string()));
    assert_eq!(list["simulated"], true);

    let rows = list["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 396, "every municipality of NRW is listed, measured or not");
    let ranked: Vec<_> = rows.iter().filter(|row| !row["rank"].is_null()).collect();
    assert!(ranked.len() > 5, "{track}: only {} ranked", ranked.len());
    for row in ranked {
        let [low, value, high] = share_of(row);
        assert!(low <= value && value <= high && low < high, "no interval: {row}");
        assert!(row["devices"].as_i64().unwrap() >= 9, "ranked on too few devices: {row}");
        let rank = |name: &str| row[name].as_u64().unwrap();
        assert!(rank("rank_low") <= rank("rank_high"), "no rank interval: {row}");
        assert!(!row["reason"].as_str().unwrap().is_empty() && row["grade"].is_string(), "no reason or grade: {row}");
    }
    for row in rows.iter().filter(|row| row["rank"].is_null()) {
        assert_eq!(row["state"], "not_measured", "unranked means unknown: {row}");
        assert!(row["need"].is_null(), "a number where nothing is known: {row}");
    }
}

#[tokio::test]
async fn a_second_demo_keeps_the_data_and_a_second_process_joins_its_cluster() {
    let (installation, server) = demo().await;
    let before = server.get_json("/v1/releases?region=nrw").await;
    // `rank` beside a running server: joins the cluster, and leaves it running.
    installation.run(&["rank", "--region", "nrw", "--track", "mobile"]).await.ok();
    assert_eq!(server.get_json("/v1/releases?region=nrw").await, before);
    // The year of a campaign minus the campaign would be the evidence of those outside of it.
    let releases = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    let windows: Vec<_> = releases.as_array().unwrap().iter().map(|release| &release["window"]).collect();
    assert_eq!(windows, ["campaign:messwoche-nrw-simuliert"], "{releases}");
    server.stop().await.assert_clean();

    let again = installation.start(&["demo", "--devices", "1500", "--points", "45000"]).await;
    assert_eq!(again.get_json("/v1/releases?region=nrw").await, before, "the second run made its data anew");
    again.stop().await.assert_clean();
}
