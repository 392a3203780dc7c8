//! What a contributor may ask of their own: to be forgotten, and what became of what they sent.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use domain::{Clock as _, Hex, HourStamp, SystemClock, Technology};
use e2e::{Contributor, Server, Whitespot, http, post, track};
use serde_json::{Value, json};

const HOUR: i32 = 494_300; // a morning in May 2026

fn somewhere() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

fn seen() -> domain::wire::v1::Item {
    track("26201", HOUR, &[(somewhere(), Some(Technology::FourG))])
}

async fn follow(server: &Server, code: &str) -> (u16, Value) {
    let answer = http().get(server.url(&format!("/v1/follow-up/{code}"))).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn erase(server: &Server, secret: &str) -> Value {
    let request = http().delete(server.url("/v1/contributions")).json(&json!({ "device_secret": secret }));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_code_shows_its_holder_what_became_of_each_item() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let abroad = Hex::from_degrees(48.1, 11.6, Hex::MOBILE).unwrap();
    let device = Contributor::new();
    // Of this year, whichever that is: of another one no places are shown.
    let now = HourStamp::containing(SystemClock::default().now()).as_hours();
    let seen = || track("26201", now, &[(somewhere(), Some(Technology::FourG))]);
    let last_year = track("26201", now - 366 * 24, &[(somewhere(), Some(Technology::FourG))]);
    let batch = device.batch(vec![seen(), track("26201", now, &[(abroad, None)]), last_year]);
    let code = post(&server, &batch).await.follow_up.expect("a batch has a code");
    assert_eq!(post(&server, &batch).await.follow_up.as_deref(), Some(code.as_str()), "sent again, the same code");

    let (status, before) = follow(&server, &code.to_lowercase().replace('-', "")).await;
    assert_eq!(status, 200, "{before}");
    let items = before["items"].as_array().unwrap();
    assert_eq!((&items[0]["outcome"], &items[0]["kind"]), (&json!("accepted"), &json!("coverage_track")));
    assert_eq!(items[0]["hexes"], json!([somewhere().at_most(domain::Resolution::Eight)]), "resolution 8, no finer");
    assert_eq!(items[0]["releases"], json!([]), "not published yet");
    let (outcome, places) = (&items[2]["outcome"], &items[2]["hexes"]);
    assert_eq!((outcome, places), (&json!("accepted"), &Value::Null), "one name with the places of two years");
    assert_eq!((&items[1]["outcome"], &items[1]["reason"]), (&json!("rejected"), &json!("outside_area")));
    assert!(!before.to_string().contains(&somewhere().to_string()), "{before}");

    for _ in 0..9 {
        Contributor::new().send(&server, vec![seen()]).await;
    }
    let published = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    let (_, after) = follow(&server, &code).await;
    let releases: Vec<&Value> = published.as_array().unwrap().iter().map(|release| &release["id"]).collect();
    assert!(releases.contains(&&after["items"][0]["releases"][0]["release"]), "{after}");
    assert_eq!(after["items"][1]["releases"], json!([]), "what was rejected counts nowhere");

    for wrong in ["0000-0000-0000", "nonsense", "%00"] {
        let (status, problem) = follow(&server, wrong).await;
        assert_eq!((status, &problem["type"]), (404, &json!("urn:whitespot:problem:not-found")), "{wrong}");
    }
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn whoever_shows_the_secret_is_forgotten_everywhere_and_nobody_else_is() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    for _ in 0..8 {
        Contributor::new().send(&server, vec![seen()]).await;
    }
    let device = Contributor::new();
    let batch = device.batch(vec![track("26201", HOUR, &[(somewhere(), None)])]);
    let code = post(&server, &batch).await.follow_up.unwrap();
    installation.run(&["release", "--region", "nrw"]).await.ok();

    assert_eq!(erase(&server, &"00ff".repeat(8)).await["coverage_tracks"], 0, "an unknown secret erases nothing");
    let erased = erase(&server, &batch.device_secret).await;
    assert_eq!(erased, json!({ "speed_tests": 0, "coverage_tracks": 1, "dead_spot_reports": 0 }));
    assert_eq!(erase(&server, &batch.device_secret).await["coverage_tracks"], 0, "idempotent");
    assert_eq!(follow(&server, &code).await.0, 404, "the code is forgotten too");
    // Its id stays taken: a batch that was under way does not bring it back.
    let again = post(&server, &batch).await;
    assert_eq!((again.items[0].outcome.as_str(), again.follow_up), ("duplicate", None), "nor its code");
    assert_eq!(follow(&server, &code).await.0, 404);
    assert_eq!(erase(&server, &batch.device_secret).await["coverage_tracks"], 0);

    for _ in 0..8 {
        Contributor::new().send(&server, vec![seen()]).await;
    }
    installation.run(&["release", "--region", "nrw"]).await.ok();
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let release = releases[0]["id"].as_str().unwrap();
    let areas = server.get_json(&format!("/v1/areas?region=nrw&release={release}&layer=mobile-26201-any")).await;
    let essen = areas["items"].as_array().unwrap().iter().find(|area| area["key"] == "05113000").cloned().unwrap();
    assert_eq!(
        (&essen["summary"]["devices"], &essen["summary"]["share"]["value"]),
        (&json!(16), &json!(0.0)),
        "{essen}"
    );

    let answer = http().delete(server.url("/v1/contributions")).body("{\"device_secret\": 7}").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn past_years_go_with_their_keys_and_do_not_come_back() {
    const OLD: i32 = 447_000; // December 2020
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let old = || track("26201", OLD, &[(somewhere(), Some(Technology::FourG))]);
    for _ in 0..9 {
        Contributor::new().send(&server, vec![old(), seen()]).await;
    }
    let releases = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    assert_eq!(releases.as_array().unwrap().len(), 2, "{releases}");

    let report = installation.run(&["retention", "--keep-years", "3", "--json"]).await.json();
    assert_eq!((&report["years"], &report["tables"]), (&json!([2020]), &json!(3)), "{report}");
    let again = installation.run(&["retention", "--keep-years", "3", "--json"]).await.json();
    assert_eq!(again["years"], json!([]), "it does nothing twice");
    // The server that ran meanwhile knows the old key still.
    let answer = Contributor::new().send(&server, vec![old(), seen()]).await;
    assert_eq!((answer.items[0].outcome.as_str(), answer.items[1].outcome.as_str()), ("rejected", "accepted"));
    server.stop().await.assert_clean();

    let server = installation.serve().await;
    let late = Contributor::new().send(&server, vec![old(), seen()]).await;
    assert_eq!(late.items[0].outcome, "rejected", "evidence of a destroyed year would have nowhere to go");
    assert_eq!(late.items[1].outcome, "accepted");
    // What was published stays published.
    let published = server.get_json("/v1/releases?region=nrw").await;
    assert_eq!(published.as_array().unwrap().len(), 2);
    server.stop().await.assert_clean();
}
