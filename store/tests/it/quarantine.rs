use std::collections::BTreeSet;

use domain::{Hex, NewEvidence, QuarantineReason, Record, Window};
use store::{
    Lifted, QuarantineFilter, QuarantinedItem, lift_quarantine, quarantined, read_block, testing::TestDatabase,
};

use crate::{dirty, evidence::insert, make};

fn kept_outside(record: Record, reason: QuarantineReason) -> NewEvidence {
    NewEvidence { quarantine: Some(reason), ..make::evidence(record) }
}

/// Through two blocks and over New Year: three rows.
fn long_track() -> NewEvidence {
    let there = make::hex(51.51, 7.46, Hex::MOBILE);
    let points = vec![
        make::point(make::essen(Hex::MOBILE), "2026-12-31T22:00:00Z"),
        make::point(there, "2026-12-31T23:00:00Z"),
        make::point(there, "2027-01-01T01:00:00Z"),
    ];
    kept_outside(Record::CoverageTrack(make::track(points)), QuarantineReason::RepeatedContent)
}

async fn ids(db: &TestDatabase, filter: &QuarantineFilter) -> BTreeSet<domain::ItemId> {
    quarantined(db.store(), filter).await.unwrap().into_iter().map(|item| item.id).collect()
}

async fn lift(db: &TestDatabase, items: &[domain::ItemId]) -> Lifted {
    db.store().run_tx("lift", |tx| Box::pin(lift_quarantine(tx, items))).await.unwrap()
}

/// The keys that waited; they wait no longer.
async fn was_dirty(db: &TestDatabase) -> BTreeSet<(Hex, String)> {
    dirty::take(db.store()).await.into_iter().map(|(block, window)| (block, window.to_string())).collect()
}

#[tokio::test]
async fn what_is_kept_outside_of_the_statistics_is_listed_with_its_times_and_found_by_each_filter() {
    let db = TestDatabase::create().await;
    let test = kept_outside(Record::SpeedTest(make::speed_test()), QuarantineReason::SimilarTest);
    let mut report = kept_outside(Record::DeadSpotReport(make::dead_spot()), QuarantineReason::RepeatedContent);
    report.campaign = None;
    let track = long_track();
    let counts = make::evidence(Record::SpeedTest(make::speed_test()));
    insert(db.store(), &[test.clone(), report.clone(), track.clone(), counts]).await.unwrap();

    let all = quarantined(db.store(), &QuarantineFilter::default()).await.unwrap();
    assert_eq!(all.len(), 5, "a test, a report, and the three rows of a track: {all:?}");
    let found = all.iter().find(|item| item.kind == "speed_test").unwrap();
    let expected = QuarantinedItem {
        id: test.record.id(),
        kind: "speed_test",
        reason: QuarantineReason::SimilarTest,
        block: make::essen(Hex::BLOCK),
        device: test.device,
        first: make::at("2026-05-28T09:31:00Z"),
        last: make::at("2026-05-28T09:31:00Z"),
    };
    assert_eq!(*found, expected);
    let mut times: Vec<_> = all.iter().filter(|item| item.kind == "coverage_track").map(|item| item.first).collect();
    times.sort();
    let hours = ["2026-12-31T22:00:00Z", "2026-12-31T23:00:00Z", "2027-01-01T01:00:00Z"];
    assert_eq!(times, hours.map(make::at));

    let by_reason = QuarantineFilter { reason: Some(QuarantineReason::RepeatedContent), ..Default::default() };
    assert_eq!(ids(&db, &by_reason).await, [report.record.id(), track.record.id()].into());
    let by_campaign = QuarantineFilter { campaign: test.campaign.clone(), ..Default::default() };
    assert_eq!(ids(&db, &by_campaign).await, [test.record.id(), track.record.id()].into());
    let by_item = QuarantineFilter { item: Some(report.record.id()), ..Default::default() };
    assert_eq!(ids(&db, &by_item).await, [report.record.id()].into());
}

#[tokio::test]
async fn a_lifted_item_is_read_again_its_leaves_are_rebuilt_and_nobody_lifts_it_twice() {
    let db = TestDatabase::create().await;
    let test = kept_outside(Record::SpeedTest(make::speed_test()), QuarantineReason::SimilarTest);
    let other = kept_outside(Record::SpeedTest(make::speed_test()), QuarantineReason::SimilarTest);
    let report = kept_outside(Record::DeadSpotReport(make::dead_spot()), QuarantineReason::RepeatedContent);
    let track = long_track();
    insert(db.store(), &[test.clone(), other.clone(), report.clone(), track.clone()]).await.unwrap();
    assert!(was_dirty(&db).await.is_empty());

    let lifted = lift(&db, &[test.record.id(), report.record.id()]).await;
    assert_eq!(lifted, Lifted { speed_tests: 1, coverage_tracks: 0, dead_spot_reports: 1 });
    let here = make::essen(Hex::BLOCK);
    let read = read_block(db.store(), here, &Window::Year(2026)).await.unwrap();
    let read: Vec<_> = read.speed.iter().map(|evidence| evidence.test.id).collect();
    assert_eq!(read, [test.record.id()], "and not the other one");
    let keys = [(here, "2026".to_owned()), (here, "campaign:probewoche".to_owned())];
    assert_eq!(was_dirty(&db).await, keys.into());

    let items = [test.record.id(), other.record.id(), track.record.id()];
    assert_eq!(lift(&db, &items).await, Lifted { speed_tests: 1, coverage_tracks: 1, dead_spot_reports: 0 });
    assert_eq!(lift(&db, &items).await, Lifted::default());
    assert!(ids(&db, &QuarantineFilter::default()).await.is_empty());
    let there = make::hex(51.51, 7.46, Hex::BLOCK);
    let keys = [(there, "2026".to_owned()), (there, "2027".to_owned()), (there, "campaign:probewoche".to_owned())];
    assert!(keys.into_iter().collect::<BTreeSet<_>>().is_subset(&was_dirty(&db).await), "all parts of the track");
    let read = read_block(db.store(), there, &Window::Year(2027)).await.unwrap();
    assert_eq!(read.coverage[0].track.points.len(), 1);
}
