//! Promise 3: one device, one voice, in every unit that is judged.
//!
//! Promise 5 is tested beside it, because both are seen in what a release says of one place.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use domain::{Hex, Technology};
use e2e::{Contributor, Server, Whitespot, track};
use serde_json::Value;

const HOUR: i32 = 494_300; // a morning in May 2026
const OPERATOR: &str = "26201";
const LAYER: &str = "mobile-26201-any";
const ESSEN: &str = "05113000";

fn place() -> Vec<Hex> {
    let centre = Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap();
    centre.as_h3().grid_disk::<Vec<_>>(3).into_iter().map(Hex::from_h3).collect()
}

async fn served(server: &Server) {
    let here = place()[0];
    let answer = Contributor::new().send(server, vec![track(OPERATOR, HOUR, &[(here, Some(Technology::FourG))])]).await;
    assert_eq!(answer.items[0].outcome, "accepted");
}

/// What the newest release says of Essen; `null` where it says nothing.
async fn essen(installation: &Whitespot, server: &Server) -> Value {
    installation.run(&["release", "--region", "nrw"]).await.ok();
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let Some(release) = releases[0]["id"].as_str() else { return Value::Null };
    let areas = server.get_json(&format!("/v1/areas?region=nrw&release={release}&layer={LAYER}")).await;
    let essen = areas["items"].as_array().unwrap().iter().find(|area| area["key"] == ESSEN).cloned();
    let essen = essen.expect("Essen is an area of NRW");
    if essen["summary"].is_null() {
        assert_eq!(essen["state"], "not_measured", "what is not published is unknown, never covered or dead");
    }
    essen["summary"].clone()
}

#[tokio::test]
async fn a_phone_that_reports_a_hundred_dead_points_moves_a_share_as_much_as_one_that_reports_one() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    for _ in 0..9 {
        served(&server).await;
    }
    let loud = Contributor::new();
    let dead: Vec<_> = place().iter().cycle().take(100).map(|&hex| (hex, None)).collect();
    for later in 0..3 {
        loud.send(&server, vec![track(OPERATOR, HOUR + later, &dead)]).await;
    }
    let summary = essen(&installation, &server).await;
    assert_eq!(summary["devices"], 10);
    assert_eq!(summary["attempts"], 18, "nor do its 300 points show in the sum");
    let share = summary["share"]["value"].as_f64().unwrap();
    assert!((share - 0.1).abs() < 1e-6, "one voice in ten, not 300 points in 309: {share}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_foreign_network_at_the_border_does_not_make_a_municipality_the_neediest() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    for _ in 0..9 {
        let here = place()[0];
        let home = track(OPERATOR, HOUR, &[(here, Some(Technology::FourG))]);
        let abroad = track("20404", HOUR, &[(here, Some(Technology::TwoG))]);
        Contributor::new().send(&server, vec![home, abroad]).await;
    }
    installation.run(&["release", "--region", "nrw"]).await.ok();
    let list = installation.run(&["rank", "--region", "nrw", "--track", "mobile", "--format", "json"]).await.json();
    let essen = list["rows"].as_array().unwrap().iter().find(|row| row["key"] == ESSEN).cloned().unwrap();
    assert_eq!(essen["share"]["value"], 0.0, "the share is that of our networks: {essen}");
    assert!(!essen["reason"].as_str().unwrap().contains("20404"), "{essen}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn eight_contributors_are_not_shown_nine_are_and_a_tenth_does_not_stand_out() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    for _ in 0..8 {
        served(&server).await;
    }
    assert_eq!(essen(&installation, &server).await, Value::Null, "five beside an attacker with four are nine");

    served(&server).await;
    let nine = essen(&installation, &server).await;
    assert_eq!(nine["devices"], 9);

    // One more device, which found no service: the difference of two releases would be its finding.
    Contributor::new().send(&server, vec![track(OPERATOR, HOUR, &[(place()[0], None)])]).await;
    assert_eq!(essen(&installation, &server).await, nine, "a change by one device is withheld");

    // Nine that were served: eight would be a change by nine devices, but by eight signals.
    for _ in 0..9 {
        served(&server).await;
    }
    assert_eq!(essen(&installation, &server).await["devices"], 19, "a change by nine devices is shown");
    server.stop().await.assert_clean();
}
