use domain::SourceClass;
use sqlx::{Connection, PgConnection};
use store::{Store, StoreError, testing::TestDatabase};

async fn change(url: &str, sql: &'static str) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::query(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let db = TestDatabase::create().await;
    change(
        db.url(),
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values (9999, 'from the future', true, '\\x00', 0)",
    )
    .await;
    let error = Store::connect(db.url()).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { version: 9999, .. }), "{error}");
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[tokio::test]
async fn a_database_whose_migrations_were_changed_is_refused() {
    let db = TestDatabase::create().await;
    change(db.url(), "update _sqlx_migrations set checksum = '\\x00' where version = 1").await;
    let error = Store::connect(db.url()).await.unwrap_err();
    assert!(matches!(error, StoreError::ChangedMigration { version: 1 }), "{error}");
}

#[tokio::test]
async fn several_processes_may_make_the_same_database_at_once() {
    let db = TestDatabase::create().await;
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    let url = db.cluster().url(&name);
    let connecting: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::connect(&url).await })
        })
        .collect();
    for one in connecting {
        let store = one.await.unwrap().unwrap();
        store.ping().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_what_to_check() {
    let gone = Store::connect("postgres://postgres@localhost/db?host=/nowhere").await.unwrap_err();
    assert!(gone.is_unavailable() && gone.to_string().contains("--database-url"), "{gone}");
    let nonsense = Store::connect("not a url").await.unwrap_err();
    assert!(nonsense.to_string().contains("postgres://"), "{nonsense}");
}

/// Summaries were kept by layer once, and what a release remembers as well.
#[tokio::test]
async fn what_releases_of_earlier_programs_remember_is_not_forgotten() {
    let db = TestDatabase::create().await;
    let before = [
        "alter table leaves rename column access to layer; alter index leaves_by_access rename to leaves_by_layer",
        "drop table release_private; delete from _sqlx_migrations where version = 14",
        "alter table release_layers add column private bytea not null",
        "insert into leaves (time_window, block, source, layer, votes) values ('2026', 7, 'crowd', 'mobile-26201-5g', '')",
        "with release as (insert into releases (id, region, time_window, source, simulated, manifest) \
         values ('aaaa', 'probe', '2026', 'crowd', false, '{}')) \
         insert into release_layers (release, layer, private) \
         values ('aaaa', 'mobile-26201-any', 'WSGP2, any'), ('aaaa', 'mobile-26201-5g', 'WSGP2'), ('aaaa', 'fixed', 'WSGP2 …')",
    ];
    for statements in before {
        for statement in statements.split("; ") {
            db.execute(statement).await;
        }
    }
    let store = Store::connect(db.url()).await.unwrap();
    let (region, window, source) = ("probe".parse().unwrap(), "2026".parse().unwrap(), SourceClass::Crowd);
    for (access, expected) in [("mobile-26201", Some("WSGP2")), ("fixed", Some("WSGP2")), ("mobile-26202", None)] {
        let access = access.parse().unwrap();
        let kept = store::private_part(&store, &region, &window, source, access).await.unwrap();
        assert_eq!(kept, expected.map(|text| text.as_bytes().to_vec()), "the gate is to know that there was a release");
    }
    assert_eq!(store::dirty_backlog(&store).await.unwrap().keys, 1, "summaries are made anew");
    assert!(store::windows(&store).await.unwrap().is_empty());
}
