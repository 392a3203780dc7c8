use domain::SourceClass;
use store::{CampaignRow, StoreError, campaign, campaigns, save_campaign, testing::TestDatabase, year_key};

use crate::make;

fn week(id: &str, from: &str, to: &str) -> CampaignRow {
    CampaignRow {
        id: id.parse().unwrap(),
        region: "nrw".parse().unwrap(),
        title: "Probewoche (simuliert)".to_owned(),
        from: make::at(from),
        to: make::at(to),
        source: SourceClass::Simulated,
    }
}

#[tokio::test]
async fn a_campaign_comes_back_as_it_was_saved_and_can_be_changed() {
    let db = TestDatabase::create().await;
    let later = week("zweite", "2026-05-25T00:00:00Z", "2026-06-01T00:00:00Z");
    let mut first = week("erste", "2025-05-26T00:00:00Z", "2025-06-02T00:00:00Z");
    for row in [&later, &first] {
        db.store().run_tx("save", |tx| Box::pin(save_campaign(tx, row))).await.unwrap();
    }
    assert_eq!(campaigns(db.store(), &first.region).await.unwrap(), [first.clone(), later.clone()]);
    first.title = "Erste Probewoche (simuliert)".to_owned();
    db.store().run_tx("save", |tx| Box::pin(save_campaign(tx, &first))).await.unwrap();
    assert_eq!(campaign(db.store(), &first.id).await.unwrap(), Some(first));
    assert_eq!(campaign(db.store(), &"keine".parse().unwrap()).await.unwrap(), None);
    assert!(campaigns(db.store(), &"hamburg".parse().unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_campaign_that_ends_before_it_begins_is_refused() {
    let db = TestDatabase::create().await;
    let backwards = week("erste", "2026-06-01T00:00:00Z", "2026-05-25T00:00:00Z");
    let error = db.store().run_tx("save", |tx| Box::pin(save_campaign(tx, &backwards))).await.unwrap_err();
    assert!(matches!(error, StoreError::Database { .. }) && error.to_string().contains("end after"), "{error}");
}

#[tokio::test]
async fn a_year_has_one_key_and_no_two_years_share_it() {
    let db = TestDatabase::create().await;
    let keys: Vec<_> = (0..4)
        .map(|_| {
            let store = db.store().clone();
            tokio::spawn(async move { store.run_tx("key", |tx| Box::pin(year_key(tx, 2026))).await.unwrap() })
        })
        .collect();
    let mut seen = std::collections::HashSet::new();
    for key in keys {
        seen.insert(key.await.unwrap());
    }
    assert_eq!(seen.len(), 1, "a device would count several times");
    let next = db.store().run_tx("key", |tx| Box::pin(year_key(tx, 2027))).await.unwrap();
    assert!(seen.insert(next), "a device could be followed over the years");
}
