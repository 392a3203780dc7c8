use std::collections::HashMap;

use uuid::Uuid;

use super::Stored;
use crate::{Read, StoreError, rows};

const KEPT: &str = "\
-- item_ids_kept
select id, content_hash from item_ids where id = any($1)";

/// Of ids with hashes of content, what each would be if it came now: nothing is taken.
pub async fn known_items(ex: impl Read, items: &[(Uuid, [u8; 16])]) -> Result<Vec<Stored>, StoreError> {
    let ids: Vec<Uuid> = items.iter().map(|(id, _)| *id).collect();
    let mut conn = ex.conn().await?;
    let found: Vec<(Uuid, Vec<u8>)> =
        sqlx::query_as(KEPT).bind(ids).fetch_all(&mut *conn).await.map_err(StoreError::doing("look up item ids"))?;
    let known: HashMap<Uuid, Vec<u8>> = found.into_iter().collect();
    let verdict = |(id, hash): &(Uuid, [u8; 16])| {
        Ok(match known.get(id) {
            None => Stored::New,
            Some(before) if rows::bytes::<16>("a content hash", before)? == *hash => Stored::Duplicate,
            Some(_) => Stored::Conflict,
        })
    };
    items.iter().map(verdict).collect()
}
