//! Where to measure next, door to door: from the release and official tables alone.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::collections::BTreeSet;

use domain::{Hex, Technology, wire::v1::Item};
use e2e::{Contributor, Server, Whitespot, http, track, workspace};
use serde_json::Value;

/// The first hour of 2026 (UTC).
const HOUR: i32 = 490_896;
const ESSEN: &str = "/v1/campaigns/next?region=nrw&area=05113000&top=20";

fn essen() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

fn gelsenkirchen() -> Hex {
    Hex::from_degrees(51.5177, 7.0857, Hex::MOBILE).unwrap()
}

fn seen(hex: Hex, technology: Option<Technology>) -> Item {
    track("26201", HOUR, &[(hex, technology)])
}

async fn visit(server: &Server, hex: Hex) {
    for _ in 0..20 {
        Contributor::new().send(server, vec![seen(hex, Some(Technology::FourG))]).await;
    }
}

async fn refused(server: &Server, path: &str) -> (u16, Value) {
    let answer = http().get(server.url(path)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn the_list_comes_from_the_release_and_says_why() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let (status, problem) = refused(&server, ESSEN).await;
    assert_eq!(status, 404, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("whitespot release"), "says what to do: {problem}");

    visit(&server, essen()).await;
    let release = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    let answer = http().get(server.url(ESSEN)).send().await.unwrap();
    assert_eq!(answer.headers()["etag"], format!("\"{}\"", release[0]["id"].as_str().unwrap()));
    let list: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let schema = std::fs::read_to_string(workspace().join("schemas/next.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&list), "{:?}", schema.iter_errors(&list).next().map(|error| error.to_string()));
    assert_eq!((&list["simulated"], &list["area"]), (&false.into(), &"05113000".into()));

    let rows = list["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 20);
    let measured = essen().at_most(domain::Resolution::Eight).to_string();
    let mut chosen = BTreeSet::new();
    for row in rows {
        assert_eq!(row["key"], "05113000", "{row}");
        assert_ne!(row["hex"], measured, "twenty devices agree there: {row}");
        assert!(!row["reason"].as_str().unwrap().is_empty() && row["index"].as_f64().unwrap() > 0.0, "{row}");
        let hex: Hex = row["hex"].as_str().unwrap().parse().unwrap();
        let near = hex.as_h3().grid_disk::<Vec<_>>(1).into_iter().map(Hex::from_h3);
        assert!(near.into_iter().all(|hex| !chosen.contains(&hex)), "two of the list touch: {row}");
        chosen.insert(hex);
    }

    // The command says the same; and nothing that came since the release shows.
    let first: Hex = rows[0]["hex"].as_str().unwrap().parse().unwrap();
    visit(&server, first.children(Hex::MOBILE).next().unwrap()).await;
    let command = ["campaign", "next", "--region", "nrw", "--area", "05113000", "--top", "20"];
    let by_command = installation.run(&[&command[..], &["--json"]].concat()).await.json();
    assert_eq!(by_command, list, "live counts must not show");
    let table = installation.run(&command).await.ok();
    assert!(table.contains("Essen") && table.contains("Haushalte je Hexagon sind nicht bekannt"), "{table}");
    for format in ["csv", "geojson"] {
        let over_http = http().get(server.url(&format!("{ESSEN}&format={format}"))).send().await.unwrap();
        let file = installation.run(&[&command[..], &["--format", format]].concat()).await.ok();
        assert_eq!(file.trim_end(), over_http.text().await.unwrap().trim_end(), "{format}");
    }

    // A district is the sum of its municipalities, and a neighbour is no part of it.
    visit(&server, gelsenkirchen()).await;
    let district = server.get_json("/v1/campaigns/next?region=nrw&area=05154&top=30").await;
    let keys: BTreeSet<&str> =
        district["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert!(keys.len() > 3 && keys.iter().all(|key| key.starts_with("05154")), "{keys:?}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn what_cannot_be_planned_is_refused_with_what_to_do() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    visit(&server, essen()).await;
    installation.run(&["release", "--region", "nrw"]).await.ok();
    let cases = [
        ("region=nrw&area=03151001", 404, "/v1/areas?region=nrw"),
        ("region=nrw&area=05999", 404, "/v1/areas?region=nrw"),
        ("region=nrw&area=5113000", 400, "leading zero"),
        ("region=nrw&top=0", 400, "1 to 1000"),
        ("region=nrw&top=1001", 400, "1 to 1000"),
        ("region=nowhere", 404, "GET /v1/regions"),
        ("region=nrw&layer=mobile-26203-any", 404, "there are "),
        ("region=nrw&track=fixed&layer=fixed", 400, "not both"),
        ("region=nrw&format=xml", 400, "json, csv or geojson"),
    ];
    for (query, expected, words) in cases {
        let (status, problem) = refused(&server, &format!("/v1/campaigns/next?{query}")).await;
        assert_eq!(status, expected, "{query}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{query}: {problem}");
    }
    installation.run(&["campaign", "next", "--region", "nrw", "--area", "05999"]).await.fails_with("/v1/areas");
    server.stop().await.assert_clean();
}

async fn reach_of(server: &Server, release: &str, area: &str) -> Value {
    let areas = server.get_json(&format!("/v1/areas?region=nrw&release={release}&layer=mobile-26201-broadband")).await;
    assert_eq!((&areas["release"], &areas["simulated"]), (&release.into(), &false.into()));
    let found = areas["items"].as_array().unwrap().iter().find(|item| item["key"] == area).cloned();
    found.unwrap()["reach"].clone()
}

#[tokio::test]
async fn reach_counts_what_was_measured_on_its_own_and_never_its_surroundings() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    // One hexagon with devices enough, and far from it as many that are alone in theirs: only something larger
    // can be published for them.
    visit(&server, essen()).await;
    let eight = gelsenkirchen().at_most(domain::Resolution::Eight);
    for nine in eight.children(domain::Resolution::Nine) {
        for _ in 0..2 {
            let ten = nine.children(Hex::MOBILE).next().unwrap();
            Contributor::new().send(&server, vec![seen(ten, Some(Technology::FourG))]).await;
        }
    }
    let release = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    let release = release[0]["id"].as_str().unwrap();

    let essen = reach_of(&server, release, "05113000").await;
    assert_eq!((&essen["measured"]["hexes"], &essen["measured"]["covered"]), (&1.into(), &1.into()), "{essen}");
    let neighbour = reach_of(&server, release, "05513000").await;
    assert_eq!(
        neighbour["measured"]["hexes"], 0,
        "two devices in a hexagon measured nothing that is published: {neighbour}"
    );
    assert_eq!(neighbour["coarser"]["hexes"], 7, "{neighbour}");
    assert_eq!(neighbour["coarser"]["parts"], serde_json::json!([{"kind": "hex", "resolution": 8, "hexes": 7}]));
    for area in ["05113000", "05513000", "05113", "05"] {
        let reach = reach_of(&server, release, area).await;
        let part = |name: &str| reach[name]["hexes"].as_u64().unwrap();
        assert_eq!(
            part("measured") + part("coarser") + part("not_measured"),
            reach["hexes"].as_u64().unwrap(),
            "{area}"
        );
        assert!(reach["inhabited"].is_null() && reach["sites"]["hexes"].as_u64().unwrap() > 10, "{area}: {reach}");
    }
    let list = installation.run(&["rank", "--region", "nrw", "--track", "mobile", "--json"]).await.json();
    for row in list["rows"].as_array().unwrap() {
        let shares = &row["reach"]["mobile-26201-broadband"];
        let sum: f64 = ["measured", "coarser", "not_measured"].map(|name| shares[name].as_f64().unwrap()).iter().sum();
        assert!((sum - 1.0).abs() < 2e-4, "{row}");
    }
    let without_layer = server.get_json("/v1/areas?region=nrw").await;
    assert!(without_layer["items"][0]["reach"].is_null(), "nothing is said of no layer");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn an_estimate_stands_beside_what_was_measured_and_changes_none_of_it() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    visit(&server, essen()).await;
    let release = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    let release = release[0]["id"].as_str().unwrap();
    let layer = "mobile-26201-broadband";
    let before = server.get_json(&format!("/v1/hexes?release={release}&layer={layer}&limit=1000")).await;

    let path = format!("/v1/estimates?release={release}&layer={layer}&area=05113000");
    let answer = http().get(server.url(&path)).send().await.unwrap();
    assert_eq!(answer.headers()["etag"], format!("\"{release}\""));
    let found: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let schema = std::fs::read_to_string(workspace().join("schemas/estimate.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&found), "{:?}", schema.iter_errors(&found).next().map(|error| error.to_string()));
    assert_eq!(
        (&found["estimate"], &found["simulated"], &found["layer"]),
        (&true.into(), &false.into(), &layer.into())
    );
    let items = found["items"].as_array().unwrap();
    assert_eq!(items.len(), 7, "the measured neighbourhood and those around it, and nothing else");
    let measured = essen().at_most(domain::Resolution::Eight).to_string();
    for item in items {
        let figure = |name: &str| item[name].as_f64().unwrap();
        assert!(figure("estimate_low") < figure("estimate") && figure("estimate") < figure("estimate_high"), "{item}");
        assert_eq!(item["raw"]["share"].is_null(), item["hex"] != measured, "{item}");
    }

    // All of the region by command: the same hexagons, here.
    let export = ["export", "--region", "nrw", "--layer", layer, "--estimate", "--json"];
    let by_command = installation.run(&export).await.json();
    assert_eq!(by_command, found);
    let plain = installation.run(&export[..5]).await.json();
    assert!(!plain.to_string().contains("estimate"), "a published piece carries no estimate");
    assert_eq!(server.get_json(&format!("/v1/hexes?release={release}&layer={layer}&limit=1000")).await, before);

    // Another network was not measured, and nobody lends it anything.
    let (status, problem) = refused(&server, &path.replace("26201", "26202")).await;
    assert_eq!(status, 404, "{problem}");
    for (area, expected) in [("05", 400), ("05999", 404)] {
        let (status, problem) = refused(&server, &path.replace("05113000", area)).await;
        assert_eq!(status, expected, "{problem}");
    }
    server.stop().await.assert_clean();
}
