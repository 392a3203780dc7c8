//! Which blocks are to be summarised anew. A key is a block and a window; its version says which evidence it means.
//!
//! ```text
//! writer      absent: insert      unclaimed: hold it (for share) until the commit      claimed: unclaim, new version
//! aggregator  claim: waits for those who hold it, new version -> commit -> read evidence -> leaves, clear that version
//! ```
//! Whoever relied on an unclaimed key has committed before its claim, so the evidence read afterwards holds theirs.
//! Whoever comes later makes a new version, which the clearing does not match. Keys fall into [`DIRTY_PARTS`] parts by
//! their block; who rebuilds holds the lock of the part ([`Store::alone_if_free`](crate::Store::alone_if_free)).

use std::time::Duration;

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

/// Parts that the keys are divided into: more than there will be workers, so that none is idle while another has two.
pub const DIRTY_PARTS: i32 = 16;

/// How far the summaries are behind the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Backlog {
    /// Keys that wait.
    pub keys: i64,
    /// Since when the oldest of them waits.
    pub oldest: Duration,
}

// Sorted, so that concurrent writers lock the rows in one order and never each other out.
// Most keys of a busy hour are marked already: to hold them costs a quarter of an update, and many may hold one.
const HOLD: &str = "\
-- dirty_hold
with wanted as materialized (
    select block, time_window from unnest($1::bigint[], $2::text[]) as fresh (block, time_window) order by 1, 2
), made as (
    insert into dirty_blocks (block, time_window) select block, time_window from wanted
    on conflict (block, time_window) do nothing returning block, time_window
), held as (
    select block, time_window from dirty_blocks join wanted using (block, time_window)
    where not claimed order by block, time_window for share of dirty_blocks
)
select block, time_window from made union all select block, time_window from held";
const MARK: &str = "\
-- dirty_mark
insert into dirty_blocks (block, time_window)
select block, time_window from unnest($1::bigint[], $2::text[]) as fresh (block, time_window) order by 1, 2
on conflict (block, time_window) do update set version = nextval('dirty_version'), since = now(), claimed = false";
const OLDEST: &str = "\
-- dirty_oldest
select block, time_window, version from dirty_blocks order by version limit $1";
// A time in the future was written before the clock stepped back: such a key waits no longer.
const DUE_PARTS: &str = "\
-- dirty_due_parts
select distinct hashint8(block) & ($1::integer - 1) from dirty_blocks
where since > now() or since <= now() - make_interval(secs => $2::float8)";
const CLAIM: &str = "\
-- dirty_claim
with due as materialized (
    select block, time_window from dirty_blocks
    where ($3::integer is null or hashint8(block) & ($1::integer - 1) = $3)
        and (since > now() or since <= now() - make_interval(secs => $2::float8))
    order by version limit $4
), mine as materialized (
    select block, time_window from dirty_blocks join due using (block, time_window)
    order by block, time_window for update of dirty_blocks
)
update dirty_blocks set claimed = true, version = nextval('dirty_version') from mine
where dirty_blocks.block = mine.block and dirty_blocks.time_window = mine.time_window
returning dirty_blocks.block, dirty_blocks.time_window, dirty_blocks.version";
const BACKLOG: &str = "\
-- dirty_backlog
select count(*), coalesce(extract(epoch from now() - min(since)), 0)::float8 from dirty_blocks";
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

/// Marks keys; `keys` hold no repetitions. Belongs into the transaction that writes their evidence.
pub(crate) async fn mark(tx: &mut Tx<'_>, keys: &[(Hex, Window)]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let (mut blocks, mut windows) = columns(keys.iter().map(|(block, window)| (*block, window)));
    let held: Vec<(i64, String)> = sqlx::query_as(HOLD)
        .bind(&blocks)
        .bind(&windows)
        .fetch_all(tx.conn())
        .await
        .map_err(StoreError::doing("hold dirty blocks"))?;
    if held.len() == keys.len() {
        return Ok(());
    }
    // Claimed, or made by another writer at this moment.
    let held: std::collections::HashSet<_> = held.into_iter().collect();
    (blocks, windows) = blocks.into_iter().zip(windows).filter(|key| !held.contains(key)).unzip();
    sqlx::query(MARK)
        .bind(blocks)
        .bind(windows)
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("mark blocks dirty"))
}

/// The `limit` keys that have waited longest, to look at: who rebuilds claims them.
pub async fn dirty_blocks(ex: impl Read, limit: i64) -> Result<Vec<DirtyBlock>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(i64, String, i64)> = sqlx::query_as(OLDEST)
        .bind(limit)
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list dirty blocks"))?;
    found.into_iter().map(read).collect()
}

/// The parts that hold keys marked at least `age` ago.
pub async fn dirty_parts(ex: impl Read, age: Duration) -> Result<Vec<i32>, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(DUE_PARTS)
        .bind(DIRTY_PARTS)
        .bind(age.as_secs_f64())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list dirty parts"))
}

/// Claims the `limit` keys, of one part or of all, that have waited longest and at least `age`.
///
/// Commit it before their evidence is read. A claim that is never cleared is simply made again.
pub async fn claim_dirty(
    tx: &mut Tx<'_>,
    part: Option<i32>,
    age: Duration,
    limit: i64,
) -> Result<Vec<DirtyBlock>, StoreError> {
    let found: Vec<(i64, String, i64)> = sqlx::query_as(CLAIM)
        .bind(DIRTY_PARTS)
        .bind(age.as_secs_f64())
        .bind(part)
        .bind(limit)
        .fetch_all(tx.conn())
        .await
        .map_err(StoreError::doing("claim dirty blocks"))?;
    found.into_iter().map(read).collect()
}

/// How many keys wait, and how long.
pub async fn dirty_backlog(ex: impl Read) -> Result<Backlog, StoreError> {
    let mut conn = ex.conn().await?;
    let (keys, seconds): (i64, f64) =
        sqlx::query_as(BACKLOG).fetch_one(&mut *conn).await.map_err(StoreError::doing("count dirty blocks"))?;
    // Negative after the clock stepped back.
    Ok(Backlog { keys, oldest: Duration::try_from_secs_f64(seconds).unwrap_or_default() })
}

fn read((block, window, version): (i64, String, i64)) -> Result<DirtyBlock, StoreError> {
    Ok(DirtyBlock { block: rows::hex(block)?, window: rows::parsed("a window", &window)?, version })
}

/// How many keys wait.
pub async fn dirty_count(ex: impl Read) -> Result<i64, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(COUNT).fetch_one(&mut *conn).await.map_err(StoreError::doing("count dirty blocks"))
}

/// Clears keys whose leaves were rebuilt from evidence read **after** the keys were claimed; belongs into the
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
