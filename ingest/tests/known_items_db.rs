//! The guard forgets with the process; what was committed stays known.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::sync::Arc;

use domain::{
    AreaKey, BatchId, Cover, CoveragePoint, CoverageTrack, DeviceSecret, Hex, HourStamp, ItemId, ManualClock, Record,
    RejectionReason, SpeedTest, Technology,
    record::{FailureCause, FixedMedium, Network, Protocol, TestOutcome},
    wire::v1::{BatchAnswer, Item},
};
use ingest::{Directory, Guard, GuardConfig, Ingest, Limits, Validator, Writer, WriterConfig};
use serde_json::json;
use store::testing::TestDatabase;

const ESSEN: (f64, f64) = (51.45, 7.01);
const DORTMUND: (f64, f64) = (51.51, 7.46);

fn hex((lat, lng): (f64, f64)) -> Hex {
    Hex::from_degrees(lat, lng, Hex::FIXED).unwrap()
}

/// A process over the same database, with a guard that has seen nothing.
fn started(db: &TestDatabase, writer: &Writer) -> Ingest {
    let clock = Arc::new(ManualClock::new("2026-05-24T12:00:00Z".parse().unwrap()));
    let area: AreaKey = "05113000".parse().unwrap();
    let ground = [ESSEN, DORTMUND].map(|place| (hex(place).at_most(Hex::BLOCK), area));
    let validator = Validator::new(Arc::new(Cover::new(ground)), clock.clone(), Limits::default());
    let guard = Guard::new(GuardConfig::default(), clock.clone());
    Ingest::new(db.store().clone(), validator, Directory::new(), guard, clock, writer.handle())
}

fn track(points: usize) -> Item {
    let point = CoveragePoint {
        hex: hex(ESSEN),
        hour: HourStamp::from_hours(494_300).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    let points = vec![point; points];
    Item::from(&Record::CoverageTrack(CoverageTrack { id: ItemId::random(), locked_to: None, points }))
}

fn test(place: (f64, f64), minute: u32) -> Item {
    Item::from(&Record::SpeedTest(SpeedTest {
        id: ItemId::random(),
        at: format!("2026-05-24T09:{minute:02}:00Z").parse().unwrap(),
        hex: hex(place),
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        outcome: TestOutcome::Failed(FailureCause::NoConnection),
        protocol: Protocol::Ndt7,
        bytes: domain::ByteCount::default(),
        plan_download: None,
    }))
}

/// The same id with other content.
fn with_id_of(item: &Item, other: Item) -> Item {
    let id = item.uuid();
    match other {
        Item::CoverageTrack(mut track) => {
            track.id = id;
            Item::CoverageTrack(track)
        }
        other => other,
    }
}

async fn send(service: &Ingest, secret: &DeviceSecret, batch: BatchId, items: &[&Item]) -> BatchAnswer {
    let body = json!({
        "batch_id": batch, "device_secret": secret.to_wire(), "sent_at": "2026-05-24T12:00:00Z",
        "client": { "name": "test", "version": "0" }, "items": items,
    });
    service.submit(body.to_string().as_bytes()).await.unwrap()
}

fn outcomes(answer: &BatchAnswer) -> Vec<(&str, Option<RejectionReason>)> {
    answer.items.iter().map(|item| (item.outcome.as_str(), item.reason)).collect()
}

#[tokio::test]
async fn an_item_that_was_taken_before_a_restart_is_a_duplicate_although_its_device_has_said_enough_since() {
    let db = TestDatabase::create().await;
    let writer = Writer::start(db.store(), WriterConfig::default());
    let (secret, batch) = (DeviceSecret::random(), BatchId::random());
    let first = track(3);
    let taken = send(&started(&db, &writer), &secret, batch, &[&first]).await;
    assert_eq!(outcomes(&taken), [("accepted", None)]);

    let restarted = started(&db, &writer);
    let enough = track(GuardConfig::default().points_per_hex_day.into());
    assert_eq!(outcomes(&send(&restarted, &secret, BatchId::random(), &[&enough]).await), [("accepted", None)]);
    let again = send(&restarted, &secret, batch, &[&first]).await;
    assert_eq!(outcomes(&again), [("duplicate", None)], "a client that is told `rejected` reports a loss");
    assert_eq!(again.items[0].detail, None);
    assert!(again.follow_up.is_some(), "sent again, the batch has its code again");
    assert_eq!(again.follow_up, taken.follow_up);

    let (other, new) = (with_id_of(&first, track(4)), track(5));
    let mixed = send(&restarted, &secret, BatchId::random(), &[&other, &new, &first]).await;
    let too_many = ("rejected", Some(RejectionReason::TooMany));
    assert_eq!(outcomes(&mixed), [("conflict", None), too_many, ("duplicate", None)]);
    assert!(mixed.items[1].detail.is_some(), "what was never taken is told why");
    assert_eq!(mixed.follow_up, None, "nothing of it is new");
    writer.drain().await;
}

#[tokio::test]
async fn a_test_that_was_taken_before_a_restart_is_a_duplicate_although_its_device_is_far_away_now() {
    let db = TestDatabase::create().await;
    let writer = Writer::start(db.store(), WriterConfig::default());
    let secret = DeviceSecret::random();
    let first = test(ESSEN, 0);
    let taken = send(&started(&db, &writer), &secret, BatchId::random(), &[&first]).await;
    assert_eq!(outcomes(&taken), [("accepted", None)]);

    let restarted = started(&db, &writer);
    assert_eq!(
        outcomes(&send(&restarted, &secret, BatchId::random(), &[&test(DORTMUND, 1)]).await),
        [("accepted", None)]
    );
    let again = send(&restarted, &secret, BatchId::random(), &[&first, &test(ESSEN, 2)]).await;
    let too_fast = ("rejected", Some(RejectionReason::ImplausibleTravel));
    assert_eq!(outcomes(&again), [("duplicate", None), too_fast]);
    writer.drain().await;
}
