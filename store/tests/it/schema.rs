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
