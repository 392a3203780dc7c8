//! The schema: embedded, checksummed, only ever added to.

use sqlx::{PgPool, migrate::MigrateError};

use crate::StoreError;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Switches PostGIS on and brings the database to this program's schema, or refuses to touch it.
pub(crate) async fn apply(pool: &PgPool, database: &str) -> Result<(), StoreError> {
    switch_postgis_on(pool, database).await?;
    MIGRATOR.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema { version, known: newest() },
        MigrateError::VersionMismatch(version) => StoreError::ChangedMigration { version },
        error => StoreError::Migration(error),
    })
}

async fn switch_postgis_on(pool: &PgPool, database: &str) -> Result<(), StoreError> {
    const PRESENT: &str = "select exists (select from pg_extension where extname = 'postgis')";
    let doing = StoreError::doing("list its extensions");
    let present: bool = sqlx::query_scalar(PRESENT).fetch_one(pool).await.map_err(doing)?;
    if present {
        return Ok(());
    }
    let made = sqlx::query("create extension if not exists postgis").execute(pool).await;
    match made {
        Ok(_) => Ok(()),
        // Another process may have been faster; "if not exists" does not cover that race.
        Err(source) => match sqlx::query_scalar(PRESENT).fetch_one(pool).await {
            Ok(true) => Ok(()),
            _ => Err(StoreError::PostgisMissing { database: database.to_owned(), source }),
        },
    }
}

fn newest() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Changes with any migration: names the template that tests are copied from.
pub(crate) fn fingerprint() -> String {
    use sha2::Digest as _;
    let all = MIGRATOR.iter().fold(sha2::Sha256::new(), |hash, migration| hash.chain_update(&migration.checksum));
    // Names of databases are short: two bytes of each migration were too long at the fourteenth.
    let first = all.finalize().iter().take(8).fold(0, |sum: u64, &byte| sum << 8 | u64::from(byte));
    format!("{first:016x}")
}
