use std::{sync::Arc, time::Duration};

use domain::{Hex, Window};
use store::{
    DirtyBlock, Store, claim_dirty, clear_dirty, dirty_backlog, dirty_blocks, dirty_count, dirty_parts,
    testing::TestDatabase,
};
use tokio::sync::Notify;

use crate::{evidence::insert, make};

async fn claim(store: &Store) -> Vec<DirtyBlock> {
    store.run_tx("claim", |tx| Box::pin(claim_dirty(tx, None, Duration::ZERO, 100))).await.unwrap()
}

async fn clear(store: &Store, done: &[DirtyBlock]) {
    store.run_tx("clear", |tx| Box::pin(clear_dirty(tx, done))).await.unwrap();
}

#[tokio::test]
async fn what_arrives_while_a_block_is_rebuilt_keeps_it_dirty() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let read_before = claim(db.store()).await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    clear(db.store(), &read_before).await;

    let still = claim(db.store()).await;
    assert_eq!(still.len(), read_before.len(), "the second track would never be counted");
    clear(db.store(), &still).await;
    assert_eq!(dirty_count(db.store()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_version_is_never_used_twice() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let slow = claim(db.store()).await;
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
    let slow = claim(db.store()).await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let fast = claim(db.store()).await;
    clear(db.store(), &fast).await;
    // The slow one now writes leaves without the second track over the newer ones.
    clear(db.store(), &slow).await;
    let again = claim(db.store()).await;
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
        let written = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let done = written.clone();
        let task = tokio::spawn(async move {
            let mut counted = 0;
            loop {
                let last_round = done.load(std::sync::atomic::Ordering::SeqCst);
                let keys = claim(&store).await;
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
    let hour = Duration::from_hours(1);
    assert!(dirty_parts(db.store(), hour).await.unwrap().is_empty(), "marked a moment ago");
    // As if the keys had been marked before the clock of the database was set back by a day.
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(db.url()).await.unwrap();
    let step = sqlx::query("update dirty_blocks set since = now() + interval '1 day'");
    step.execute(&mut admin).await.unwrap();
    let parts = dirty_parts(db.store(), hour).await.unwrap();
    assert_eq!(parts.len(), 1, "both keys are of one block");
    let claimed = db.store().run_tx("claim", |tx| Box::pin(claim_dirty(tx, Some(parts[0]), hour, 10))).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let backlog = dirty_backlog(db.store()).await.unwrap();
    assert_eq!((backlog.keys, backlog.oldest), (2, Duration::ZERO));
}

#[tokio::test]
async fn a_claim_waits_for_the_writer_who_relies_on_the_key() {
    let db = TestDatabase::create().await;
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let marked = dirty_blocks(db.store(), 10).await.unwrap();
    let second = make::one_point_track();
    let (written, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let writer = tokio::spawn({
        let (store, written, go_on) = (db.store().clone(), Arc::clone(&written), Arc::clone(&go_on));
        async move {
            let write = store.run_tx("slow", |tx| {
                let (item, written, go_on) = (second.clone(), Arc::clone(&written), Arc::clone(&go_on));
                Box::pin(async move {
                    store::insert_evidence(tx, &[item]).await?;
                    written.notify_one();
                    go_on.notified().await;
                    Ok(())
                })
            });
            write.await.unwrap();
        }
    });
    written.notified().await;
    assert_eq!(dirty_blocks(db.store(), 10).await.unwrap(), marked, "a key that waits anyway is not written again");
    let mut claiming = Box::pin(claim(db.store()));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut claiming).await;
    assert!(early.is_err(), "evidence would be read before the writer's is there");
    go_on.notify_one();
    writer.await.unwrap();
    let claimed = claiming.await;
    let read = store::read_block(db.store(), claimed[0].block, &Window::Year(2026)).await.unwrap();
    assert_eq!(read.coverage.len(), 2);
    clear(db.store(), &claimed).await;
    assert_eq!(dirty_count(db.store()).await.unwrap(), 0);
}
