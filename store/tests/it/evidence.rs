use std::{collections::HashMap, sync::Arc};

use domain::{
    CoverageEvidence, CoveragePoint, Hex, NewEvidence, QuarantineReason, Record, Resolution, SpeedEvidence, Technology,
    Window,
};
use store::{
    BlockEvidence, DirtyBlock, Piece, Store, StoreError, Stored, insert_evidence, read_block, send_evidence,
    testing::TestDatabase,
};
use tokio::sync::mpsc;

use crate::{dirty, make};

pub async fn insert(store: &Store, items: &[NewEvidence]) -> Result<Vec<Stored>, StoreError> {
    store.run_tx("insert", |tx| Box::pin(insert_evidence(tx, items))).await
}

fn block() -> Hex {
    make::essen(Hex::BLOCK)
}

async fn read_blocks(store: &Store, keys: &[DirtyBlock]) -> HashMap<DirtyBlock, Vec<Result<Piece, StoreError>>> {
    let (to, mut from) = mpsc::channel(100);
    send_evidence(store, keys, &to).await.unwrap();
    drop(to);
    let mut read = HashMap::new();
    while let Some((at, piece)) = from.recv().await {
        let pieces = read.entry(keys[at].clone()).or_insert_with(Vec::new);
        assert!(!matches!(pieces.last(), Some(Ok(Piece::End))), "nothing comes after the end");
        pieces.push(piece);
    }
    for pieces in read.values_mut() {
        assert!(matches!(pieces.pop(), Some(Ok(Piece::End))), "each key has an end");
    }
    read
}

fn points_in(piece: &Result<Piece, StoreError>) -> &[CoveragePoint] {
    match piece {
        Ok(Piece::Coverage(evidence)) => &evidence.track.points,
        other => panic!("no coverage: {other:?}"),
    }
}

#[tokio::test]
async fn every_kind_comes_back_by_year_month_and_campaign_as_it_was_sent() {
    let db = TestDatabase::create().await;
    let mut track = make::track(vec![
        make::point(make::essen(Resolution::Eight), "2026-05-28T09:00:00Z"),
        make::point(make::essen(Hex::MOBILE), "2026-05-28T10:00:00Z"),
    ]);
    track.locked_to = Some(Technology::FiveGSa);
    let (fixed, mobile) = (make::speed_test(), make::failed_mobile_test());
    let items = [
        make::evidence(Record::CoverageTrack(track.clone())),
        make::evidence(Record::SpeedTest(fixed.clone())),
        make::evidence(Record::SpeedTest(mobile.clone())),
        make::evidence(Record::DeadSpotReport(make::dead_spot())),
    ];
    assert_eq!(insert(db.store(), &items).await.unwrap(), [Stored::New; 4]);

    let windows =
        [Window::Year(2026), Window::Month { year: 2026, month: 5 }, Window::Campaign("probewoche".parse().unwrap())];
    for window in &windows {
        let read = read_block(db.store(), block(), window).await.unwrap();
        let (device, source) = (items[0].device, items[0].source);
        assert_eq!(read.coverage, [CoverageEvidence { device, source, track: track.clone() }], "{window}");
        let mut tests = [fixed.clone(), mobile.clone()].map(|test| SpeedEvidence { device, source, test });
        tests.sort_by_key(|evidence| evidence.test.id);
        assert_eq!(read.speed, tests, "{window}");
    }
    for window in [Window::Year(2025), Window::Month { year: 2026, month: 6 }, "campaign:other".parse().unwrap()] {
        assert_eq!(read_block(db.store(), block(), &window).await.unwrap(), BlockEvidence::default(), "{window}");
    }
}

#[tokio::test]
async fn a_track_through_two_blocks_over_new_year_is_found_in_each_block_and_year() {
    let db = TestDatabase::create().await;
    let (here, there) = (make::essen(Hex::MOBILE), make::hex(51.51, 7.46, Hex::MOBILE));
    let points = vec![
        make::point(here, "2026-12-31T23:00:00Z"),
        make::point(there, "2026-12-31T23:00:00Z"),
        make::point(here, "2027-01-01T00:00:00Z"),
    ];
    insert(db.store(), &[make::evidence(Record::CoverageTrack(make::track(points.clone())))]).await.unwrap();

    let other = there.parent(Hex::BLOCK).unwrap();
    let keys = [
        (block(), Window::Year(2026)),
        (block(), Window::Year(2027)),
        (other, Window::Year(2026)),
        (block(), "campaign:probewoche".parse().unwrap()),
        (block(), Window::Year(2026)),
    ];
    let read = read_blocks(db.store(), &keys).await;
    assert_eq!(read.len(), 4, "a key asked for twice is answered once");
    let points_of = |i: usize| -> Vec<_> { read[&keys[i]].iter().flat_map(points_in).copied().collect() };
    assert_eq!(points_of(0), [points[0]]);
    assert_eq!(points_of(1), [points[2]]);
    assert_eq!(points_of(2), [points[1]]);
    assert_eq!(points_of(3), [points[0], points[2]]);
    let (year, campaign) = (Window::Year(2026), keys[3].1.clone());
    assert_eq!(read_block(db.store(), block(), &year).await.unwrap().coverage[0].track.points, [points[0]]);
    let whole = read_block(db.store(), block(), &campaign).await.unwrap().coverage;
    assert_eq!((whole.len(), &whole[0].track.points), (1, &vec![points[0], points[2]]), "one track again");

    let mut keys: Vec<_> =
        dirty::take(db.store()).await.into_iter().map(|(block, window)| (block, window.to_string())).collect();
    keys.sort();
    let mut expected = vec![
        (block(), "2026".to_owned()),
        (block(), "2027".to_owned()),
        (block(), "campaign:probewoche".to_owned()),
        (other, "2026".to_owned()),
        (other, "campaign:probewoche".to_owned()),
    ];
    expected.sort();
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn damage_spoils_its_own_block_only() {
    let db = TestDatabase::create().await;
    let essen = make::essen(Hex::MOBILE);
    let places = [essen, make::hex(51.51, 7.46, Hex::MOBILE), make::hex(50.94, 6.96, Hex::MOBILE)];
    let points = places.map(|place| make::point(place, "2026-05-28T09:00:00Z")).to_vec();
    let mut test = make::speed_test();
    test.hex = places[1].at_most(Hex::FIXED);
    let items = [Record::CoverageTrack(make::track(points)), Record::SpeedTest(test)].map(make::evidence);
    insert(db.store(), &items).await.unwrap();
    db.execute(&format!("update coverage_blocks set points = 'x' where block = {}", block().as_i64())).await;
    db.execute("update speed_tests set protocol = 'x'").await;

    let keys = places.map(|place| (place.at_most(Hex::BLOCK), Window::Year(2026)));
    let read = read_blocks(db.store(), &keys).await;
    assert!(matches!(read[&keys[0]][..], [Err(StoreError::Corrupt { what: "coverage points", .. })]), "{read:?}");
    assert!(matches!(read[&keys[1]][..], [Err(StoreError::Corrupt { what: "a protocol", .. }), Ok(_)]), "{read:?}");
    assert!(matches!(read[&keys[2]][..], [Ok(Piece::Coverage(_))]), "{read:?}");
}

#[tokio::test]
async fn the_same_id_is_kept_once_whatever_comes_after_it() {
    let db = TestDatabase::create().await;
    let first = make::evidence(Record::SpeedTest(make::speed_test()));
    let again = first.clone();
    let mut other_content = first.clone();
    other_content.content_hash = [2; 16];

    let answers = insert(db.store(), &[first.clone(), again.clone(), other_content.clone()]).await.unwrap();
    assert_eq!(answers, [Stored::New, Stored::Duplicate, Stored::Conflict], "within one call");
    let fresh = make::one_point_track();
    let answers = insert(db.store(), &[other_content, fresh, again]).await.unwrap();
    assert_eq!(answers, [Stored::Conflict, Stored::New, Stored::Duplicate], "in a later call");

    let read = read_block(db.store(), block(), &Window::Year(2026)).await.unwrap();
    assert_eq!((read.speed.len(), read.coverage.len()), (1, 1));
}

#[tokio::test]
async fn writers_with_the_same_ids_at_the_same_time_keep_each_item_once() {
    let db = TestDatabase::create().await;
    let items: Arc<Vec<NewEvidence>> = Arc::new((0..200).map(|_| make::one_point_track()).collect());
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let (store, mut items) = (db.store().clone(), items.as_ref().clone());
            if writer % 2 == 1 {
                items.reverse();
            }
            for item in &mut items {
                item.content_hash = [writer; 16];
            }
            tokio::spawn(async move { insert(&store, &items).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for writer in writers {
        let answers = writer.await.unwrap();
        new += answers.iter().filter(|&&answer| answer == Stored::New).count();
        assert!(!answers.contains(&Stored::Duplicate), "other content under the same id is a conflict");
    }
    assert_eq!(new, items.len());
    let read = read_block(db.store(), block(), &Window::Year(2026)).await.unwrap();
    assert_eq!(read.coverage.len(), items.len());
}

#[tokio::test]
async fn nothing_of_a_call_is_kept_when_one_item_is_finer_than_promised() {
    let db = TestDatabase::create().await;
    let mut fine = make::speed_test();
    fine.hex = make::essen(Resolution::Eleven);
    let items = [make::one_point_track(), make::evidence(Record::SpeedTest(fine))];
    let error = insert(db.store(), &items).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(store::dirty_backlog(db.store()).await.unwrap().keys, 0);
    assert_eq!(insert(db.store(), &items[..1]).await.unwrap(), [Stored::New], "its id was not taken");
}

#[tokio::test]
async fn quarantined_items_are_kept_but_neither_read_nor_marked() {
    let db = TestDatabase::create().await;
    let mut item = make::one_point_track();
    item.quarantine = Some(QuarantineReason::SimilarTest);
    assert_eq!(insert(db.store(), &[item.clone()]).await.unwrap(), [Stored::New]);
    assert_eq!(insert(db.store(), &[item]).await.unwrap(), [Stored::Duplicate]);
    assert_eq!(store::dirty_backlog(db.store()).await.unwrap().keys, 0);
    let read = read_block(db.store(), block(), &Window::Year(2026)).await.unwrap();
    assert!(read.coverage.is_empty(), "{read:?}");
}

#[tokio::test]
async fn first_items_of_a_month_may_arrive_from_many_writers_at_once() {
    let db = TestDatabase::create().await;
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let store = db.store().clone();
            let points = vec![
                make::point(make::essen(Hex::MOBILE), "2025-11-30T23:00:00Z"),
                make::point(make::essen(Hex::MOBILE), "2025-12-01T00:00:00Z"),
            ];
            let item = make::evidence(Record::CoverageTrack(make::track(points)));
            tokio::spawn(async move { insert(&store, &[item]).await.unwrap() })
        })
        .collect();
    for writer in writers {
        assert_eq!(writer.await.unwrap(), [Stored::New]);
    }
    let read = read_block(db.store(), block(), &Window::Year(2025)).await.unwrap();
    assert_eq!(read.coverage.iter().map(|c| c.track.points.len()).sum::<usize>(), 12);
}
