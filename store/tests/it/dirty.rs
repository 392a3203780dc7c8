use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Hex, Window};
use store::{
    Debounce, DirtyBlock, Store, StoreError, dirty_backlog, fold_dirty, read_block, settle_dirty, take_dirty,
    testing::TestDatabase,
};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{evidence::insert, make};

const YEAR: Window = Window::Year(2026);

async fn fold(store: &Store) {
    store.run_tx("fold", |tx| Box::pin(fold_dirty(tx))).await.map(drop).unwrap();
}

async fn take_due(store: &Store, debounce: Debounce) -> Vec<DirtyBlock> {
    let taking = store.run_tx("take", |tx| {
        Box::pin(async move {
            let keys = take_dirty(tx, debounce, 100).await?;
            settle_dirty(tx, &keys, &[]).await?;
            Ok(keys)
        })
    });
    taking.await.unwrap()
}

/// Folds, takes all and commits, as an aggregator that rebuilt them.
pub async fn take(store: &Store) -> Vec<DirtyBlock> {
    fold(store).await;
    take_due(store, Debounce::NONE).await
}

async fn waiting(store: &Store) -> i64 {
    dirty_backlog(store).await.unwrap().keys
}

/// An aggregator in the middle of its transaction: told to go on, it commits or fails.
struct Rebuilding {
    go_on: Arc<Notify>,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Rebuilding {
    async fn begun(store: &Store, fails: bool) -> Self {
        let (taken, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let task = tokio::spawn({
            let (store, taken, go_on) = (store.clone(), Arc::clone(&taken), Arc::clone(&go_on));
            async move {
                let rebuild = store.run_tx("rebuild", |tx| {
                    let (taken, go_on) = (Arc::clone(&taken), Arc::clone(&go_on));
                    Box::pin(async move {
                        let keys = take_dirty(tx, Debounce::NONE, 100).await?;
                        assert_eq!(keys.len(), 2);
                        taken.notify_one();
                        go_on.notified().await;
                        settle_dirty(tx, &keys, &[]).await?;
                        if fails { Err(StoreError::TooManyRetries { name: "killed", attempts: 1 }) } else { Ok(()) }
                    })
                });
                rebuild.await
            }
        });
        taken.notified().await;
        Self { go_on, task }
    }

    async fn ends(self) -> Result<(), StoreError> {
        self.go_on.notify_one();
        self.task.await.unwrap()
    }
}

#[tokio::test]
async fn what_arrives_while_a_block_is_rebuilt_keeps_it_dirty() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    fold(db.store()).await;
    let rebuilding = Rebuilding::begun(db.store(), false).await;
    // The writer waits for nobody, although its keys are taken.
    let second = [make::one_point_track()];
    let writing = tokio::time::timeout(Duration::from_secs(20), insert(db.store(), &second));
    writing.await.expect("writers never wait for an aggregator").unwrap();
    let folding = tokio::time::timeout(Duration::from_secs(20), fold(db.store()));
    folding.await.expect("one slow aggregator does not stop the others");
    assert_eq!(take_due(db.store(), Debounce::NONE).await, [], "a key has one taker");
    assert_eq!(waiting(db.store()).await, 2, "a key that is being rebuilt is behind until its leaves are there");
    rebuilding.ends().await.unwrap();
    assert_eq!(take(db.store()).await.len(), 2, "the second track would never be counted");
    assert_eq!(waiting(db.store()).await, 0);
}

#[tokio::test]
async fn keys_of_an_aggregator_that_failed_are_there_again() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    fold(db.store()).await;
    Rebuilding::begun(db.store(), true).await.ends().await.unwrap_err();
    assert_eq!(take(db.store()).await.len(), 2);
}

#[tokio::test]
async fn no_mark_is_lost_between_many_writers_and_two_aggregators() {
    let db = TestDatabase::create().await;
    let block = make::essen(Hex::BLOCK);
    let (written, counted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let aggregators: Vec<_> = (0..2)
        .map(|_| {
            let (store, written, counted) = (db.store().clone(), Arc::clone(&written), Arc::clone(&counted));
            tokio::spawn(async move {
                loop {
                    let last_round = written.load(Ordering::SeqCst);
                    fold(&store).await;
                    let rebuild = store.run_tx("rebuild", |tx| {
                        let counted = Arc::clone(&counted);
                        Box::pin(async move {
                            let keys = take_dirty(&mut *tx, Debounce::NONE, 100).await?;
                            if keys.iter().any(|(_, window)| *window == YEAR) {
                                let tracks = read_block(&mut *tx, block, &YEAR).await?.coverage.len();
                                counted.store(tracks, Ordering::SeqCst);
                            }
                            settle_dirty(tx, &keys, &[]).await?;
                            Ok(keys.len())
                        })
                    });
                    if rebuild.await.unwrap() == 0 && last_round && waiting(&store).await == 0 {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let store = db.store().clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    insert(&store, &[make::one_point_track()]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    written.store(true, Ordering::SeqCst);
    for aggregator in aggregators {
        aggregator.await.unwrap();
    }
    assert_eq!(counted.load(Ordering::SeqCst), 100, "the last rebuild must have seen every track");
}

#[tokio::test]
async fn a_key_waits_until_it_is_quiet_but_not_for_ever() {
    let db = TestDatabase::create().await;
    let hour = Duration::from_hours(1);
    let patient = Debounce { quiet: hour, at_most: 3 * hour };
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(db.url()).await.unwrap();
    let mut marked = async |first: &'static str, last: &'static str| {
        sqlx::query("update dirty_blocks set since = now() + $1::interval, quiet_since = now() + $2::interval")
            .bind(first)
            .bind(last)
            .execute(&mut admin)
            .await
            .unwrap();
    };
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    assert_eq!(waiting(db.store()).await, 2, "marked, not yet folded");
    fold(db.store()).await;
    assert_eq!(take_due(db.store(), patient).await, [], "marked a moment ago");
    marked("-2 hours", "-1 minute").await;
    assert_eq!(take_due(db.store(), patient).await, [], "evidence still arrives");
    assert!(dirty_backlog(db.store()).await.unwrap().oldest >= 2 * hour, "that is how far summaries are behind");
    for (first, last, why) in [
        ("-2 hours", "-2 hours", "quiet"),
        ("-4 hours", "-1 minute", "never quiet"),
        ("1 day", "1 day", "the clock was set back by a day"),
    ] {
        marked(first, last).await;
        assert_eq!(take_due(db.store(), patient).await.len(), 2, "{why}");
        insert(db.store(), &[make::one_point_track()]).await.unwrap();
        fold(db.store()).await;
    }
}

#[tokio::test]
async fn a_key_that_failed_holds_up_no_other_and_is_told_to_be_behind() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    fold(db.store()).await;
    let taking = db.store().run_tx("take", |tx| {
        Box::pin(async move {
            let keys = take_dirty(tx, Debounce::NONE, 100).await?;
            settle_dirty(tx, &[], &keys[..1]).await?;
            Ok(keys)
        })
    });
    let [failed, not_reached] = <[DirtyBlock; 2]>::try_from(taking.await.unwrap()).unwrap();
    let backlog = dirty_backlog(db.store()).await.unwrap();
    assert_eq!((backlog.keys, backlog.postponed), (2, 1));
    assert_eq!(take_due(db.store(), Debounce::NONE).await, [not_reached], "it was not reached and keeps its place");
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    fold(db.store()).await;
    let others = take_due(db.store(), Debounce::NONE).await;
    assert!(others.len() == 1 && others[0] != failed, "more of its evidence is no reason to try again at once");
    let backlog = dirty_backlog(db.store()).await.unwrap();
    assert!(backlog.oldest > backlog.oldest_other, "it says for how long it has been behind: {backlog:?}");
    db.store().run_tx("again", |tx| Box::pin(store::try_dirty_again(tx))).await.unwrap();
    assert_eq!(take_due(db.store(), Debounce::NONE).await, [failed]);
}

#[tokio::test]
async fn retention_waits_for_who_reads_evidence_and_never_stands_between_two_reads() {
    let db = TestDatabase::create().await;
    let old = make::evidence(domain::Record::CoverageTrack(make::track(vec![make::point(
        make::essen(Hex::MOBILE),
        "2020-05-28T09:00:00Z",
    )])));
    insert(db.store(), &[old]).await.unwrap();
    // Only keys of the year that is kept are left, so that the two meet at the tables and not at a key.
    take(db.store()).await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    fold(db.store()).await;
    let debounce = Debounce::NONE;
    let (store, began, go_on) = (db.store().clone(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waited) = (Arc::clone(&began), Arc::clone(&go_on));
    let step = tokio::spawn(async move {
        let reading = store.run_tx("step", |tx| {
            let (told, waited) = (Arc::clone(&told), Arc::clone(&waited));
            Box::pin(async move {
                let keys = take_dirty(&mut *tx, debounce, 100).await?;
                settle_dirty(&mut *tx, &keys, &[]).await?;
                told.notify_one();
                waited.notified().await;
                read_block(&mut *tx, make::essen(Hex::BLOCK), &YEAR).await
            })
        });
        reading.await
    });
    began.notified().await;
    let store = db.store().clone();
    let mut forgetting =
        tokio::spawn(async move { store.run_tx("retention", |tx| Box::pin(store::forget_years(tx, 2022))).await });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut forgetting).await;
    assert!(early.is_err(), "a table is not dropped between two reads of a step");
    go_on.notify_one();
    let read = tokio::time::timeout(Duration::from_secs(20), step).await.expect("they do not wait crosswise");
    assert_eq!(read.unwrap().unwrap().coverage.len(), 1);
    assert_eq!(forgetting.await.unwrap().unwrap().tables, 3);
}
