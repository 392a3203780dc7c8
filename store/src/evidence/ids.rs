use std::collections::{HashMap, hash_map::Entry};

use domain::NewEvidence;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Stored;
use crate::{StoreError, Tx, rows};

// In order of id: two transactions with the same ids wait for each other once, not crosswise.
// "do nothing" waits for a transaction that holds the same id and then sees whether it was kept.
const TAKE: &str = "\
-- item_ids_take
insert into item_ids (id, content_hash)
select id, content_hash from unnest($1::uuid[], $2::bytea[]) as fresh (id, content_hash) order by id
on conflict (id) do nothing
returning id";
const KNOWN: &str = "\
-- item_ids_known
select id, content_hash from item_ids where id = any($1)";

/// Of an id that is taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// By a content with this hash.
    As([u8; 16]),
    /// By something that was erased.
    Erased,
}

/// What is known of the ids that are taken.
pub(super) async fn known(conn: &mut PgConnection, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Known>, StoreError> {
    let found: Vec<(Uuid, Option<Vec<u8>>)> =
        sqlx::query_as(KNOWN).bind(ids).fetch_all(conn).await.map_err(StoreError::doing("look up item ids"))?;
    let read = |hash: Option<Vec<u8>>| match hash {
        Some(hash) => rows::bytes("a content hash", &hash).map(Known::As),
        None => Ok(Known::Erased),
    };
    found.into_iter().map(|(id, hash)| Ok((id, read(hash)?))).collect()
}

/// What an item is beside what is known of its id. What was erased is not taken again, whatever it is now.
pub(super) fn verdict(before: Option<Known>, content_hash: [u8; 16]) -> Stored {
    match before {
        None => Stored::New,
        Some(Known::Erased) => Stored::Duplicate,
        Some(Known::As(hash)) if hash == content_hash => Stored::Duplicate,
        Some(Known::As(_)) => Stored::Conflict,
    }
}

/// Takes the ids that are new and says of each item what it is, also when `items` hold an id twice.
pub(super) async fn take(tx: &mut Tx<'_>, items: &[NewEvidence]) -> Result<Vec<Stored>, StoreError> {
    let mut first: HashMap<Uuid, &[u8; 16]> = HashMap::with_capacity(items.len());
    let mut repeated = vec![false; items.len()];
    for (item, repeated) in items.iter().zip(&mut repeated) {
        match first.entry(item.record.id().as_uuid()) {
            Entry::Occupied(_) => *repeated = true,
            Entry::Vacant(entry) => drop(entry.insert(&item.content_hash)),
        }
    }
    let ids: Vec<Uuid> = first.keys().copied().collect();
    let hashes: Vec<&[u8]> = first.values().map(|hash| hash.as_slice()).collect();
    let new: Vec<Uuid> = sqlx::query_scalar(TAKE)
        .bind(&ids)
        .bind(hashes)
        .fetch_all(tx.conn())
        .await
        .map_err(StoreError::doing("take item ids"))?;

    let mut before = HashMap::new();
    if new.len() < ids.len() {
        let new: std::collections::HashSet<_> = new.iter().copied().collect();
        let old: Vec<Uuid> = ids.into_iter().filter(|id| !new.contains(id)).collect();
        before = known(tx.conn(), old).await?;
    }
    let verdict = |item: &NewEvidence, repeated: bool| {
        let id = item.record.id().as_uuid();
        let again = || repeated.then(|| first.get(&id).map(|&&hash| Known::As(hash))).flatten();
        verdict(before.get(&id).copied().or_else(again), item.content_hash)
    };
    Ok(items.iter().zip(repeated).map(|(item, repeated)| verdict(item, repeated)).collect())
}
