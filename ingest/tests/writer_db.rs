//! The group-commit writer at its bounds, and the whole service under a clock that steps back.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    AreaKey, Cover, CoveragePoint, CoverageTrack, DevicePseudonym, DeviceSecret, Hex, HourStamp, ItemId, ManualClock,
    NewEvidence, Record, SourceClass, Technology, wire::v1::Item,
};
use ingest::{Directory, Guard, GuardConfig, Ingest, IngestError, Limits, Validator, Writer, WriterConfig};
use jiff::Timestamp;
use serde_json::json;
use store::{Stored, testing::TestDatabase};
use tokio::sync::Notify;

const HOUR: i32 = 494_300;

fn here() -> Hex {
    Hex::from_degrees(51.45, 7.01, Hex::MOBILE).unwrap()
}

fn track(points: usize) -> CoverageTrack {
    let point = CoveragePoint {
        hex: here(),
        hour: HourStamp::from_hours(HOUR).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    CoverageTrack { id: ItemId::random(), locked_to: None, points: vec![point; points] }
}

fn evidence(points: usize) -> NewEvidence {
    NewEvidence {
        device: DevicePseudonym::from_bytes([7; 16]),
        other_years: BTreeMap::new(),
        source: SourceClass::Crowd,
        campaign: None,
        quarantine: None,
        content_hash: [1; 16],
        record: Record::CoverageTrack(track(points)),
    }
}

#[tokio::test]
async fn a_database_that_hangs_turns_callers_away_bounds_memory_and_writes_nothing_for_who_left() {
    let db = TestDatabase::create().await;
    let config =
        WriterConfig { lanes: 1, held_kib: 100, patience: Duration::from_millis(100), ..WriterConfig::default() };
    let writer = Writer::start(db.store(), config);
    let handle = writer.handle();

    // Another transaction holds the id of an item, and with it the only lane that wants to write it.
    let held = evidence(1);
    let (taken, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let holder = tokio::spawn({
        let (store, item) = (db.store().clone(), held.clone());
        let (taken, go_on) = (Arc::clone(&taken), Arc::clone(&go_on));
        async move {
            let hold = store.run_tx("hold", |tx| {
                let (item, taken, go_on) = (item.clone(), Arc::clone(&taken), Arc::clone(&go_on));
                Box::pin(async move {
                    store::insert_evidence(tx, &[item]).await?;
                    taken.notify_one();
                    go_on.notified().await;
                    Ok(())
                })
            });
            hold.await
        }
    });
    taken.notified().await;
    let stuck = handle.write(vec![held.clone()]).await;
    assert!(matches!(stuck, Err(IngestError::Overloaded)), "its patience ended: {stuck:?}");
    let left = evidence(1_000);
    let waited = handle.write(vec![left.clone()]).await;
    assert!(matches!(waited, Err(IngestError::Overloaded)), "{waited:?}");
    // The one before still waits in the queue and takes its room.
    let refused = tokio::time::timeout(Duration::from_millis(50), handle.write(vec![evidence(2_500)])).await;
    assert!(matches!(refused, Ok(Err(IngestError::Overloaded))), "turned away at once: {refused:?}");

    go_on.notify_one();
    holder.await.unwrap().unwrap();
    // Written in the order of the queue: once this one is answered, the ones before have been seen.
    let again = async {
        let item = evidence(1);
        loop {
            // On a busy machine patience may end once more: a client tries again, and so does this one.
            match handle.write(vec![item.clone()]).await {
                Err(IngestError::Overloaded) => {}
                answered => break answered,
            }
        }
    };
    let answered = tokio::time::timeout(Duration::from_mins(1), again).await.expect("the database is back");
    assert_eq!(answered.unwrap(), [Stored::New], "who was turned away was not written");
    assert_eq!(handle.write(vec![held]).await.unwrap(), [Stored::Duplicate]);
    assert_eq!(handle.write(vec![left]).await.unwrap(), [Stored::New], "nobody waited for it any more");
    writer.drain().await;
    assert!(matches!(handle.write(vec![evidence(1)]).await, Err(IngestError::Stopping)));
}

#[tokio::test]
async fn a_batch_larger_than_all_the_memory_passes_when_it_is_alone() {
    let db = TestDatabase::create().await;
    let writer = Writer::start(db.store(), WriterConfig { held_kib: 1, ..WriterConfig::default() });
    assert_eq!(writer.handle().write(vec![evidence(500), evidence(500)]).await.unwrap(), [Stored::New; 2]);
    assert_eq!(writer.handle().write(vec![evidence(1)]).await.unwrap(), [Stored::New], "the room is given back");
    writer.drain().await;
}

#[tokio::test]
async fn an_item_that_cannot_be_stored_keeps_no_other_from_it() {
    let db = TestDatabase::create().await;
    let writer = Writer::start(db.store(), WriterConfig::default());
    let mut broken = track(300);
    for (number, point) in broken.points.iter_mut().enumerate() {
        // More networks than a place can have.
        point.operator = format!("2{:02}{:02}", 4 + number / 100, number % 100).parse().unwrap();
    }
    let broken = NewEvidence { record: Record::CoverageTrack(broken), ..evidence(1) };
    let callers: Vec<_> = (0..20)
        .map(|number| {
            let item = if number == 7 { broken.clone() } else { evidence(2) };
            let handle = writer.handle();
            tokio::spawn(async move { handle.write(vec![item]).await })
        })
        .collect();
    for (number, caller) in callers.into_iter().enumerate() {
        match caller.await.unwrap() {
            Ok(stored) => assert!(number != 7 && stored == [Stored::New]),
            Err(error) => assert!(number == 7, "{error}"),
        }
    }
    writer.drain().await;
}

#[tokio::test]
async fn a_drain_answers_everybody_who_was_let_in() {
    let db = TestDatabase::create().await;
    let writer = Writer::start(db.store(), WriterConfig { items_per_tx: 3, ..WriterConfig::default() });
    let callers: Vec<_> = (0..40)
        .map(|_| {
            let handle = writer.handle();
            tokio::spawn(async move { handle.write(vec![evidence(2), evidence(2)]).await })
        })
        .collect();
    // Let in means in the queue: the callers run before the drain begins.
    tokio::task::yield_now().await;
    writer.drain().await;
    let mut written = 0;
    for caller in callers {
        match caller.await.unwrap() {
            Ok(stored) => {
                assert_eq!(stored, [Stored::New; 2]);
                written += 2;
            }
            Err(error) => assert!(matches!(error, IngestError::Stopping), "{error}"),
        }
    }
    let kept = store::read_block(db.store(), here().at_most(Hex::BLOCK), &"2026".parse().unwrap()).await.unwrap();
    assert_eq!(kept.coverage.len(), written, "answered and kept are the same");
}

#[tokio::test]
async fn a_clock_that_steps_back_neither_loses_nor_doubles() {
    let db = TestDatabase::create().await;
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let clock = ManualClock::new(at("2026-05-24T12:00:00Z"));
    let area: AreaKey = "05113000".parse().unwrap();
    let cover = Arc::new(Cover::new([(here().at_most(Hex::BLOCK), area)]));
    let validator = Validator::new(cover, Arc::new(clock.clone()), Limits::default());
    let writer = Writer::start(db.store(), WriterConfig::default());
    let service = Ingest::new(
        db.store().clone(),
        validator,
        Directory::new(),
        Guard::new(GuardConfig::default(), Arc::new(clock.clone())),
        Arc::new(clock.clone()),
        writer.handle(),
    );

    let secret = DeviceSecret::random().to_wire();
    let batch = |items: &[&Item]| {
        let batch = json!({
            "batch_id": ItemId::random().as_uuid(), "device_secret": secret, "sent_at": "2026-05-24T12:00:00Z",
            "client": { "name": "test", "version": "0" }, "items": items,
        });
        batch.to_string()
    };
    let outcomes = async |items: &[&Item]| -> Vec<String> {
        let answer = service.submit(batch(items).as_bytes()).await.unwrap();
        answer.items.into_iter().map(|item| item.outcome).collect()
    };
    let item = |points| Item::from(&Record::CoverageTrack(track(points)));
    let (first, second) = (item(1), item(2));
    assert_eq!(outcomes(&[&first]).await, ["accepted"]);
    // Half an hour back, still after the evidence: nothing changes.
    clock.step_to(at("2026-05-24T11:30:00Z"));
    assert_eq!(outcomes(&[&first, &second]).await, ["duplicate", "accepted"]);
    // A year back: evidence from the future is refused, but what was kept stays.
    clock.step_to(at("2025-05-24T12:00:00Z"));
    assert_eq!(outcomes(&[&first, &item(3)]).await, ["rejected", "rejected"]);
    clock.step_to(at("2026-05-24T12:00:00Z"));
    assert_eq!(outcomes(&[&first, &second]).await, ["duplicate", "duplicate"]);
    let kept = store::read_block(db.store(), here().at_most(Hex::BLOCK), &"2026".parse().unwrap()).await.unwrap();
    assert_eq!(kept.coverage.len(), 2);
    writer.drain().await;
}
