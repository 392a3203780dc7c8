use std::time::Duration;

use domain::{Hex, Window};
use store::{
    Debounce, DirtyBlock, Store, clear_dirty, dirty_backlog, dirty_blocks, dirty_blocks_of, dirty_count, dirty_parts,
    testing::TestDatabase,
};

use crate::{evidence::insert, make};

async fn clear(store: &Store, done: &[DirtyBlock]) {
    store.run_tx("clear", |tx| Box::pin(clear_dirty(tx, done))).await.unwrap();
}

#[tokio::test]
async fn what_arrives_while_a_block_is_rebuilt_keeps_it_dirty() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let read_before = dirty_blocks(db.store(), 10).await.unwrap();
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    clear(db.store(), &read_before).await;

    let still = dirty_blocks(db.store(), 10).await.unwrap();
    assert_eq!(still.len(), read_before.len(), "the second track would never be counted");
    clear(db.store(), &still).await;
    assert_eq!(dirty_count(db.store()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_version_is_never_used_twice() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let slow = dirty_blocks(db.store(), 10).await.unwrap();
    clear(db.store(), &slow).await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    // A slow aggregator clears by what it read before the row was cleared and made anew.
    clear(db.store(), &slow).await;
    assert_eq!(dirty_count(db.store()).await.unwrap(), 2, "campaign and year must still wait");
}

#[tokio::test]
async fn a_key_that_another_aggregator_cleared_is_marked_again() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let slow = dirty_blocks(db.store(), 10).await.unwrap();
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let fast = dirty_blocks(db.store(), 10).await.unwrap();
    clear(db.store(), &fast).await;
    // The slow one now writes leaves without the second track over the newer ones.
    clear(db.store(), &slow).await;
    let again = dirty_blocks(db.store(), 10).await.unwrap();
    assert_eq!(again.len(), 2, "stale leaves would stand for ever");
    clear(db.store(), &again).await;
    assert_eq!(dirty_count(db.store()).await.unwrap(), 0);
}

#[tokio::test]
async fn no_mark_is_lost_between_many_writers_and_an_aggregator() {
    let db = TestDatabase::create().await;
    let block = make::essen(Hex::BLOCK);
    let window = Window::Year(2026);
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
    let aggregator = {
        let (store, window) = (db.store().clone(), window.clone());
        let written = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let done = written.clone();
        let task = tokio::spawn(async move {
            let mut counted = 0;
            loop {
                let last_round = done.load(std::sync::atomic::Ordering::SeqCst);
                let keys = dirty_blocks(&store, 100).await.unwrap();
                if keys.iter().any(|key| key.window == window) {
                    counted = store::read_block(&store, block, &window).await.unwrap().coverage.len();
                }
                clear(&store, &keys).await;
                if keys.is_empty() && last_round {
                    return counted;
                }
                tokio::task::yield_now().await;
            }
        });
        (task, written)
    };
    for writer in writers {
        writer.await.unwrap();
    }
    aggregator.1.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(aggregator.0.await.unwrap(), 100, "the last rebuild must have seen every track");
    assert_eq!(dirty_count(db.store()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_clock_that_steps_back_leaves_no_key_waiting() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    // As if the keys had been marked before the clock of the database was set back by a day.
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(db.url()).await.unwrap();
    sqlx::query("update dirty_blocks set since = now() + interval '1 day', touched = now() + interval '1 day'")
        .execute(&mut admin)
        .await
        .unwrap();
    let patient = Debounce { quiet: Duration::from_hours(1), at_most: Duration::from_hours(2) };
    let parts = dirty_parts(db.store(), Some(patient)).await.unwrap();
    assert_eq!(parts.len(), 1, "both keys are of one block");
    assert_eq!(dirty_blocks_of(db.store(), parts[0], Some(patient), 10).await.unwrap().len(), 2);
    let backlog = dirty_backlog(db.store()).await.unwrap();
    assert_eq!((backlog.keys, backlog.oldest), (2, Duration::ZERO));
}
