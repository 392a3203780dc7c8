//! Promise 6: nothing acknowledged is lost, nothing counts twice, every item gets exactly one answer.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::sync::atomic::{AtomicI32, Ordering};

use domain::{Hex, Resolution, Technology, wire::v1::Item};
use e2e::{Contributor, Server, Whitespot, http, post, track};
use serde_json::{Value, json};

const HOUR: i32 = 494_300;

fn somewhere() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

/// Each at another hour: the same content under two ids would be set apart.
fn item() -> Item {
    static HOURS: AtomicI32 = AtomicI32::new(0);
    let hour = HOUR - HOURS.fetch_add(1, Ordering::Relaxed);
    track("26201", hour, &[(somewhere(), Some(Technology::FourG))])
}

/// Posts a batch of any shape; outcome and reason of each item.
async fn outcomes(server: &Server, batch: &Value) -> Vec<(String, String)> {
    let answer = http().post(server.url("/v1/batches")).json(batch).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let word = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    answer["items"].as_array().unwrap().iter().map(|item| (word(item, "outcome"), word(item, "reason"))).collect()
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9_and_sent_again_is_a_duplicate() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let contributor = Contributor::new();
    let batches: Vec<_> = (0..20).map(|_| contributor.batch((0..10).map(|_| item()).collect())).collect();
    for batch in &batches {
        let answer = post(&server, batch).await;
        assert!(answer.items.iter().all(|item| item.outcome == "accepted"), "{answer:?}");
    }
    server.kill().await;

    let server = installation.serve().await;
    for batch in &batches {
        let answer = post(&server, batch).await;
        assert_eq!(answer.items.len(), 10);
        assert!(answer.items.iter().all(|item| item.outcome == "duplicate"), "lost or taken twice: {answer:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_item_of_a_mixed_batch_gets_its_own_answer_in_order() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let contributor = Contributor::new();
    let good = item();
    contributor.send(&server, vec![good.clone()]).await;

    let mut changed = good.clone();
    if let Item::CoverageTrack(track) = &mut changed {
        track.technology = vec![None];
    }
    let abroad = Hex::from_degrees(48.1, 11.6, Hex::MOBILE).unwrap();
    let mut batch = json!(contributor.batch(vec![item(), good, changed, track("26201", HOUR, &[(abroad, None)])]));
    let items = batch["items"].as_array_mut().unwrap();
    items.push(json!({ "kind": "horoscope", "id": "8c1d4f0e-6a39-4c55-9d0b-2f3a5b7c9e11" }));
    items.push(json!("no item at all"));
    let found = outcomes(&server, &batch).await;
    let expected = [
        ("accepted", ""),
        ("duplicate", ""),
        ("conflict", ""),
        ("rejected", "outside_area"),
        ("rejected", "unknown_kind"),
        ("rejected", "malformed"),
    ];
    assert_eq!(found, expected.map(|(outcome, reason)| (outcome.to_owned(), reason.to_owned())));
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn an_odd_place_or_time_is_answered_and_an_id_is_taken_for_all_months() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let contributor = Contributor::new();
    let first = item();
    contributor.send(&server, vec![first.clone()]).await;

    let mut batch = json!(contributor.batch(vec![first, item(), item(), item(), item(), item()]));
    let items = batch["items"].as_array_mut().unwrap();
    items[0]["hour"] = json!([HOUR - 24 * 62]);
    items[1]["hex"] = json!(["89080000003ffff"]); // a pentagon in the sea
    items[2]["hex"] = json!([Hex::from_degrees(51.4556, 7.0116, Resolution::Eleven).unwrap().to_string()]);
    items[3]["hex"] = json!([somewhere().at_most(Resolution::Five).to_string()]);
    items[4]["hour"] = json!([-5]);
    items[5]["hour"] = json!([HOUR, HOUR]);
    let found = outcomes(&server, &batch).await;
    let expected = [
        ("conflict", ""),
        ("rejected", "outside_area"),
        ("rejected", "position_too_fine"),
        ("rejected", "position_too_coarse"),
        ("rejected", "too_old"),
        ("rejected", "malformed"),
    ];
    assert_eq!(found, expected.map(|(outcome, reason)| (outcome.to_owned(), reason.to_owned())));
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn the_same_batch_from_ten_connections_at_once_is_taken_once() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let batch = Contributor::new().batch((0..50).map(|_| item()).collect());
    let answers = futures_util::future::join_all((0..10).map(|_| post(&server, &batch))).await;
    let accepted =
        |answer: &domain::wire::v1::BatchAnswer| answer.items.iter().filter(|item| item.outcome == "accepted").count();
    assert_eq!(answers.iter().map(accepted).sum::<usize>(), 50, "each item is accepted exactly once");
    let others = answers.iter().flat_map(|answer| &answer.items).filter(|item| item.outcome == "duplicate").count();
    assert_eq!(others, 450, "and every other answer says that it is there");
    server.stop().await.assert_clean();
}
