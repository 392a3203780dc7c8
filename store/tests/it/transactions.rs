use std::sync::atomic::{AtomicU32, Ordering};

use domain::{Hex, Window};
use store::{BlockLeaves, LeafRow, StoreError, dirty_backlog, insert_evidence, replace_leaves, testing::TestDatabase};

use crate::make;

#[tokio::test]
async fn nothing_of_a_failed_transaction_stays() {
    let db = TestDatabase::create().await;
    let items = [make::one_point_track()];
    let failed = db
        .store()
        .run_tx("fails", |tx| {
            let items = &items;
            Box::pin(async move {
                insert_evidence(tx, items).await?;
                let invalid = "a".parse::<Hex>().map(drop).unwrap_err();
                Err::<(), _>(StoreError::from(invalid))
            })
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(dirty_backlog(db.store()).await.unwrap().keys, 0);
}

#[tokio::test]
async fn transactions_that_lock_each_other_out_are_run_again_until_both_succeed() {
    let db = TestDatabase::create().await;
    let (a, b) = (make::essen(Hex::BLOCK), make::hex(51.51, 7.46, Hex::BLOCK));
    let attempts = AtomicU32::new(0);
    let both_hold_one = tokio::sync::Barrier::new(2);
    let crosswise = |first: Hex, second: Hex| {
        let (attempts, barrier, store) = (&attempts, &both_hold_one, db.store());
        async move {
            store
                .run_tx("crosswise", move |tx| {
                    Box::pin(async move {
                        let leaf = |block: Hex| LeafRow {
                            source: domain::SourceClass::Simulated,
                            access: domain::Access::Fixed,
                            votes: block.to_string().into_bytes(),
                        };
                        let block =
                            |block: Hex| BlockLeaves { block, window: Window::Year(2026), leaves: vec![leaf(block)] };
                        replace_leaves(tx, &[block(first)]).await?;
                        // Only the first attempts meet; whoever runs again does so alone.
                        if attempts.fetch_add(1, Ordering::SeqCst) < 2 {
                            barrier.wait().await;
                        }
                        replace_leaves(tx, &[block(second)]).await
                    })
                })
                .await
        }
    };
    let (one, other) = tokio::join!(crosswise(a, b), crosswise(b, a));
    one.unwrap();
    other.unwrap();
    assert!(attempts.load(Ordering::SeqCst) > 2, "one of them must have been overtaken");
}

#[tokio::test]
async fn a_reader_inside_a_transaction_sees_what_it_wrote() {
    let db = TestDatabase::create().await;
    let items = [make::one_point_track()];
    let seen = db
        .store()
        .run_tx("reads", |tx| {
            let items = &items;
            Box::pin(async move {
                insert_evidence(tx, items).await?;
                Ok(dirty_backlog(&mut *tx).await?.keys)
            })
        })
        .await
        .unwrap();
    assert_eq!(seen, 2);
}
