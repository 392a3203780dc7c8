use crate::{Read, StoreError, Tx, evidence, kept_from, rows};

// Three random UUIDs hold 366 random bits; the hash takes out the fixed ones.
const MAKE: &str = "\
-- year_key_make
insert into year_keys (year, key)
values ($1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
on conflict do nothing";
const READ: &str = "\
-- year_key_read
select key from year_keys where year = $1";

const ALL: &str = "\
-- year_keys_all
select year, key from year_keys order by year";

/// The keys that exist.
pub async fn year_keys(ex: impl Read) -> Result<Vec<(i16, [u8; 32])>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(i16, Vec<u8>)> =
        sqlx::query_as(ALL).fetch_all(&mut *conn).await.map_err(StoreError::doing("read the year keys"))?;
    found.into_iter().map(|(year, key)| Ok((year, rows::bytes("a year key", &key)?))).collect()
}

/// The secret key of a calendar year (UTC), made at its first use. Device pseudonyms are HMACs with it. A key that was
/// destroyed is not made again.
pub async fn year_key(tx: &mut Tx<'_>, year: i16) -> Result<[u8; 32], StoreError> {
    let read = async |conn: &mut sqlx::PgConnection| {
        let key: Option<Vec<u8>> = sqlx::query_scalar(READ)
            .bind(year)
            .fetch_optional(conn)
            .await
            .map_err(StoreError::doing("read a year key"))?;
        key.map(|key| rows::bytes("a year key", &key)).transpose()
    };
    if let Some(key) = read(tx.conn()).await? {
        return Ok(key);
    }
    evidence::beside_retention(tx).await?;
    if let Some(kept_from) = kept_from(&mut *tx).await?.filter(|&kept_from| year < kept_from) {
        return Err(StoreError::Forgotten { year, kept_from });
    }
    let conn = tx.conn();
    sqlx::query(MAKE).bind(year).execute(&mut *conn).await.map_err(StoreError::doing("make a year key"))?;
    read(conn).await?.ok_or_else(|| StoreError::corrupt("a year key", "missing right after it was made"))
}
