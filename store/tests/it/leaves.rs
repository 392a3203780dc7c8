use domain::{Access, Hex, SourceClass, Window};
use store::{BlockLeaves, LeafRow, Store, leaf_accesses, read_leaves, replace_leaves, testing::TestDatabase, windows};

use crate::make;

async fn replace(store: &Store, block: Hex, window: &Window, leaves: &[LeafRow]) {
    let work = [BlockLeaves { block, window: window.clone(), leaves: leaves.to_vec() }];
    store.run_tx("replace", |tx| Box::pin(replace_leaves(tx, &work))).await.unwrap();
}

fn leaf(access: Access, votes: &[u8]) -> LeafRow {
    LeafRow { source: SourceClass::Simulated, access, votes: votes.to_vec() }
}

#[tokio::test]
async fn leaves_are_replaced_whole_and_read_by_network() {
    let db = TestDatabase::create().await;
    let mobile: Access = "mobile-26201".parse().unwrap();
    let year = Window::Year(2026);
    let (one, two) = (make::essen(Hex::BLOCK), make::hex(51.51, 7.46, Hex::BLOCK));
    replace(db.store(), one, &year, &[leaf(mobile, b"old"), leaf(Access::Fixed, b"fixed")]).await;
    replace(db.store(), two, &year, &[leaf(mobile, b"two")]).await;
    replace(db.store(), one, &year, &[leaf(mobile, b"new")]).await;

    let mut votes = read_leaves(db.store(), &year, SourceClass::Simulated, mobile).await.unwrap();
    votes.sort();
    assert_eq!(votes, [b"new", b"two"]);
    assert_eq!(leaf_accesses(db.store(), &year).await.unwrap(), [(SourceClass::Simulated, mobile)]);
    assert!(read_leaves(db.store(), &year, SourceClass::Crowd, mobile).await.unwrap().is_empty(), "classes never mix");
    assert_eq!(windows(db.store()).await.unwrap(), std::slice::from_ref(&year));

    replace(db.store(), one, &year, &[]).await;
    replace(db.store(), two, &year, &[]).await;
    assert!(windows(db.store()).await.unwrap().is_empty());
}
