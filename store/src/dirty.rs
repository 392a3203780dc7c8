//! Which blocks are to be summarised anew. A key is a block and a window; its version says which evidence it means.

use domain::{Hex, Window};

use crate::{Read, StoreError, Tx, rows};

/// A block whose leaves of one window no longer say what the evidence says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DirtyBlock {
    /// Resolution 7.
    pub block: Hex,
    /// A campaign or a calendar year.
    pub window: Window,
    /// Grows whenever evidence arrives.
    pub version: i64,
}

// Sorted, so that concurrent writers lock the rows in one order and never each other out.
const MARK: &str = "\
-- dirty_mark
insert into dirty_blocks (block, time_window)
select block, time_window from unnest($1::bigint[], $2::text[]) as fresh (block, time_window) order by 1, 2
on conflict (block, time_window) do update set version = nextval('dirty_version')";
const OLDEST: &str = "\
-- dirty_oldest
select block, time_window, version from dirty_blocks order by version limit $1";
const COUNT: &str = "\
-- dirty_count
select count(*) from dirty_blocks";
const LOCK: &str = "\
-- dirty_lock
select from dirty_blocks join unnest($1::bigint[], $2::text[]) as done (block, time_window) using (block, time_window)
order by block, time_window for update of dirty_blocks";
const CLEAR: &str = "\
-- dirty_clear
delete from dirty_blocks using unnest($1::bigint[], $2::text[], $3::bigint[]) as done (block, time_window, version)
where dirty_blocks.block = done.block and dirty_blocks.time_window = done.time_window
    and dirty_blocks.version = done.version
returning dirty_blocks.block, dirty_blocks.time_window";

/// Marks keys; `keys` hold no repetitions.
pub(crate) async fn mark(tx: &mut Tx<'_>, keys: &[(Hex, Window)]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let (blocks, windows) = columns(keys.iter().map(|(block, window)| (*block, window)));
    sqlx::query(MARK)
        .bind(blocks)
        .bind(windows)
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("mark blocks dirty"))
}

/// The `limit` keys that have waited longest.
pub async fn dirty_blocks(ex: impl Read, limit: i64) -> Result<Vec<DirtyBlock>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(i64, String, i64)> = sqlx::query_as(OLDEST)
        .bind(limit)
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list dirty blocks"))?;
    let read = |(block, window, version): (i64, String, i64)| {
        Ok(DirtyBlock { block: rows::hex(block)?, window: rows::parsed("a window", &window)?, version })
    };
    found.into_iter().map(read).collect()
}

/// How many keys wait.
pub async fn dirty_count(ex: impl Read) -> Result<i64, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(COUNT).fetch_one(&mut *conn).await.map_err(StoreError::doing("count dirty blocks"))
}

/// Clears keys whose leaves were rebuilt from evidence read **after** the keys were read; belongs into the
/// transaction that replaces the leaves.
///
/// A key with newer evidence stays. A key that somebody else cleared meanwhile is marked again: their
/// leaves may have been newer than ours, which stand now.
pub async fn clear_dirty(tx: &mut Tx<'_>, done: &[DirtyBlock]) -> Result<(), StoreError> {
    if done.is_empty() {
        return Ok(());
    }
    let (blocks, windows) = columns(done.iter().map(|key| (key.block, &key.window)));
    let versions: Vec<i64> = done.iter().map(|key| key.version).collect();
    let still_there = sqlx::query(LOCK)
        .bind(&blocks)
        .bind(&windows)
        .execute(tx.conn())
        .await
        .map_err(StoreError::doing("lock dirty blocks"))?
        .rows_affected();
    let cleared: Vec<(i64, String)> = sqlx::query_as(CLEAR)
        .bind(&blocks)
        .bind(&windows)
        .bind(versions)
        .fetch_all(tx.conn())
        .await
        .map_err(StoreError::doing("clear dirty blocks"))?;
    if still_there == done.len() as u64 {
        return Ok(());
    }
    // Rare: mark again all that we did not clear ourselves.
    let cleared: std::collections::HashSet<_> = cleared.into_iter().collect();
    let again: std::collections::BTreeSet<_> = done
        .iter()
        .filter(|key| !cleared.contains(&(key.block.as_i64(), key.window.to_string())))
        .map(|key| (key.block, key.window.clone()))
        .collect();
    mark(tx, &again.into_iter().collect::<Vec<_>>()).await
}

fn columns<'k>(keys: impl Iterator<Item = (Hex, &'k Window)>) -> (Vec<i64>, Vec<String>) {
    keys.map(|(block, window)| (block.as_i64(), window.to_string())).unzip()
}
