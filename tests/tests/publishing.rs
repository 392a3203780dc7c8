//! Which releases are published, and of whom.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use domain::{Hex, Technology, wire::v1::Item};
use e2e::{Contributor, Server, Whitespot, track};
use serde_json::Value;

/// Hours since 1970: the last of 2025 and the first of 2026 (years are those of UTC).
const LAST_HOUR: i32 = 490_895;
const FIRST_HOUR: i32 = 490_896;

fn essen() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

fn seen(hour: i32) -> Item {
    track("26201", hour, &[(essen(), Some(Technology::FourG))])
}

async fn devices_of_essen(server: &Server, release: &str) -> Value {
    let areas = server.get_json(&format!("/v1/areas?region=nrw&release={release}&layer=mobile-26201-any")).await;
    let essen = areas["items"].as_array().unwrap().iter().find(|area| area["key"] == "05113000").cloned();
    essen.unwrap()["summary"]["devices"].clone()
}

#[tokio::test]
async fn two_publications_at_once_give_one_release() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    for _ in 0..9 {
        Contributor::new().send(&server, vec![seen(FIRST_HOUR)]).await;
    }
    let release = ["release", "--region", "nrw", "--json"];
    let (one, other) = tokio::join!(installation.run(&release), installation.run(&release));
    let (one, other) = (one.json(), other.json());
    assert_eq!(one[0]["id"], other[0]["id"]);
    assert_ne!(one[0]["new"], other[0]["new"], "one publishes, the other finds it published");
    assert_eq!(server.get_json("/v1/releases?region=nrw").await.as_array().unwrap().len(), 1);
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_track_over_new_year_counts_its_device_once_in_each_year() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    for _ in 0..9 {
        let device = Contributor::new();
        let mut over = track("26201", LAST_HOUR, &[(essen(), Some(Technology::FourG)); 2]);
        if let Item::CoverageTrack(track) = &mut over {
            track.hour[1] = FIRST_HOUR;
        }
        // The same device in the new year only: it must be known there by the same name.
        device.send(&server, vec![over, seen(FIRST_HOUR)]).await;
    }
    let releases = installation.run(&["release", "--region", "nrw", "--json"]).await.json();
    let windows: Vec<_> =
        releases.as_array().unwrap().iter().map(|release| release["window"].as_str().unwrap()).collect();
    assert_eq!(windows, ["2025", "2026"]);
    for release in releases.as_array().unwrap() {
        assert_eq!(devices_of_essen(&server, release["id"].as_str().unwrap()).await, 9, "{release}");
    }
    server.stop().await.assert_clean();
}
