//! What is published of a region, beside the others.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    AreaLevel, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp, ItemId, NewEvidence, Record, Resolution,
    SourceClass, SystemClock, Technology,
};
use store::{AreaData, RegionData, SiteRef, Store, insert_evidence, testing::TestDatabase};
use worker::{Published, Selection, WorkerError, publish};

fn essen(resolution: Resolution) -> Hex {
    Hex::from_degrees(51.45, 7.01, resolution).unwrap()
}

async fn load(store: &Store, id: &str, ground: Vec<Hex>, sites: Vec<SiteRef>) {
    let area = AreaData {
        key: "05113000".parse().unwrap(),
        level: AreaLevel::Municipality,
        name: "Essen".to_owned(),
        parent: None,
        inhabitants: None,
        supply: serde_json::json!({}),
        sites,
        hexes: ground,
    };
    let region = RegionData {
        id: id.parse().unwrap(),
        title: id.to_owned(),
        provenance: serde_json::json!({}),
        areas: vec![area],
    };
    store.run_tx("region", |tx| Box::pin(store::save_region(tx, &region))).await.unwrap();
}

const HOUR: i32 = 494_300;

/// Twelve devices at one place.
async fn measured() -> TestDatabase {
    let db = TestDatabase::create().await;
    measure(db.store(), HOUR).await;
    db
}

async fn measure(store: &Store, hour: i32) {
    let point = CoveragePoint {
        hex: essen(Hex::MOBILE),
        hour: HourStamp::from_hours(hour).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    let items: Vec<NewEvidence> = (0..12)
        .map(|device| NewEvidence {
            device: DevicePseudonym::from_bytes([device; 16]),
            other_years: BTreeMap::new(),
            source: SourceClass::Crowd,
            campaign: None,
            quarantine: None,
            content_hash: [device; 16],
            record: Record::CoverageTrack(CoverageTrack { id: ItemId::random(), locked_to: None, points: vec![point] }),
        })
        .collect();
    store.run_tx("insert", |tx| Box::pin(insert_evidence(tx, &items))).await.unwrap();
    let clock = Arc::new(SystemClock::default());
    worker::Aggregator::new(store.clone(), clock).drain(&|_| {}).await.unwrap();
}

async fn published(store: &Store, region: &str) -> Result<Vec<Published>, WorkerError> {
    publish(store, &region.parse().unwrap(), Selection::default(), Arc::new(SystemClock::default()), &|_| {}).await
}

/// The difference of two partitions of one ground is judged by no gate.
#[tokio::test]
async fn two_regions_of_the_same_ground_do_not_both_publish() {
    let db = measured().await;
    let block = essen(Resolution::Seven);
    load(db.store(), "city", vec![block], Vec::new()).await;
    load(db.store(), "quarter", vec![essen(Resolution::Nine)], Vec::new()).await;
    let elsewhere = Hex::from_degrees(48.1, 11.6, Resolution::Seven).unwrap();
    load(db.store(), "elsewhere", vec![elsewhere], Vec::new()).await;

    assert_eq!(published(db.store(), "city").await.unwrap().len(), 1);
    let refused = published(db.store(), "quarter").await.unwrap_err();
    assert!(refused.to_string().contains("`quarter` shares ground with `city`"), "{refused}");
    assert_eq!(published(db.store(), "elsewhere").await.unwrap(), [], "nobody measured there");
    let again = published(db.store(), "city").await.unwrap();
    assert!(!again[0].new, "nothing had changed");
}

/// After an upgrade that changed the gate.
#[tokio::test]
async fn a_window_that_cannot_be_continued_does_not_keep_others_from_being_published() {
    let db = measured().await;
    load(db.store(), "city", vec![essen(Resolution::Seven)], Vec::new()).await;
    assert_eq!(published(db.store(), "city").await.unwrap().len(), 1);
    for statement in [
        "alter table release_private disable trigger immutable",
        "update release_private set private = substring(private from 1 for 4) || '\\x02'::bytea",
    ] {
        db.execute(statement).await;
    }
    measure(db.store(), HOUR).await;
    measure(db.store(), HOUR + 366 * 24).await;
    let refused = published(db.store(), "city").await.unwrap_err().to_string();
    assert!(refused.contains("no release of crowd evidence of 2026") && refused.contains("earlier gate"), "{refused}");
    let releases = store::releases(db.store(), &"city".parse().unwrap()).await.unwrap();
    let windows: Vec<String> = releases.iter().map(|release| release.window.to_string()).collect();
    assert_eq!(windows, ["2027", "2026"], "the next year is published, and the old release stays");
}

/// Reach counts schools, so a release from before they were known is not the same.
#[tokio::test]
async fn other_public_sites_make_another_release() {
    let db = measured().await;
    load(db.store(), "city", vec![essen(Resolution::Seven)], Vec::new()).await;
    let first = published(db.store(), "city").await.unwrap();
    let school = SiteRef { kind: "school".to_owned(), hex: essen(Resolution::Nine) };
    load(db.store(), "city", vec![essen(Resolution::Seven)], vec![school]).await;
    let second = published(db.store(), "city").await.unwrap();
    assert!(second[0].new && second[0].id != first[0].id);
}
