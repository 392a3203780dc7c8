//! Which blocks are to be summarised anew. A key is a block and a window.
//!
//! ```text
//! writer      appends a mark in the transaction of its evidence, and locks nothing
//! aggregator  fold: marks become keys, one row each
//!             one transaction: lock keys that nobody else holds -> read evidence -> replace leaves -> delete keys
//! ```
//! A mark is seen when its evidence is seen, so evidence read after the keys were taken holds all that the marks stood
//! for. What comes later leaves a new mark. Nobody else can take a key before the leaves of its last taker are there.

use std::time::Duration;

use domain::{Hex, Window};

use crate::{Read, StoreError, Tx, rows};

/// A block whose leaves of one window no longer say what the evidence says.
pub type DirtyBlock = (Hex, Window);

/// How far the summaries are behind the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Backlog {
    /// Keys that wait; those being rebuilt among them.
    pub keys: i64,
    /// Since when the oldest of them waits.
    pub oldest: Duration,
    /// Keys among them that failed and wait for their next turn.
    pub postponed: i64,
    /// Since when the oldest of the others waits.
    pub oldest_other: Duration,
}

/// How long a key waits, so that what arrives meanwhile is rebuilt once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debounce {
    /// Due when nothing has arrived for so long.
    pub quiet: Duration,
    /// Due so long after its first mark, whatever arrives.
    pub at_most: Duration,
}

impl Debounce {
    /// Every key is due.
    pub const NONE: Self = Self { quiet: Duration::ZERO, at_most: Duration::ZERO };
}

const MARK: &str = "\
-- dirty_mark
insert into dirty_marks (block, time_window) select * from unnest($1::bigint[], $2::text[])";
// Waits for nobody: a mark whose key is being rebuilt stays a mark until then. Only folds make keys, one at a time.
const FOLD: &str = "\
-- dirty_fold
with marked as materialized (
    select distinct block, time_window from dirty_marks
), free as materialized (
    select block, time_window from dirty_blocks join marked using (block, time_window)
    for update of dirty_blocks skip locked
), busy as materialized (
    select block, time_window from dirty_blocks join marked using (block, time_window)
    except select block, time_window from free
), folded as (
    delete from dirty_marks where not exists (
        select from busy where busy.block = dirty_marks.block and busy.time_window = dirty_marks.time_window
    ) returning block, time_window, at
)
insert into dirty_blocks (block, time_window, since, quiet_since)
select block, time_window, min(at), max(at) from folded group by block, time_window order by block, time_window
on conflict (block, time_window) do update set quiet_since = greatest(dirty_blocks.quiet_since, excluded.quiet_since)";
const ONE_FOLD: &str = "\
-- dirty_one_fold
select pg_advisory_xact_lock(hashtext('whitespot dirty fold'))";
// A time in the future was written before the clock stepped back: such a key waits no longer. Nobody postpones by more
// than an hour.
const TAKE: &str = "\
-- dirty_take
select block, time_window from dirty_blocks
where (since > now() or quiet_since <= now() - make_interval(secs => $1) or since <= now() - make_interval(secs => $2))
    and (not_before is null or not_before not between now() and now() + interval '1 hour')
order by since limit $3 for update skip locked";
// What a reader of these keys will read, at once and in the order in which retention drops it: else the two might wait for
// each other where PostgreSQL does not see it.
const LOCK_EVIDENCE: &str = "\
-- dirty_lock_evidence
lock table coverage_blocks, speed_tests in access share mode";
const DONE: &str = "\
-- dirty_done
delete from dirty_blocks using unnest($1::bigint[], $2::text[]) as done (block, time_window)
where dirty_blocks.block = done.block and dirty_blocks.time_window = done.time_window";
// Long enough that its failure does not fill the log, short enough that a mended block is soon counted.
const POSTPONE: &str = "\
-- dirty_postpone
update dirty_blocks set not_before = now() + interval '5 minutes'
from unnest($1::bigint[], $2::text[]) as failed (block, time_window)
where dirty_blocks.block = failed.block and dirty_blocks.time_window = failed.time_window";
// Those that somebody rebuilds right now are not waited for.
const TRY_AGAIN: &str = "\
-- dirty_try_again
update dirty_blocks set not_before = null where (block, time_window) in (
    select block, time_window from dirty_blocks where not_before is not null for update skip locked
)";
const BACKLOG: &str = "\
-- dirty_backlog
with waiting as (
    select block, time_window, since, not_before is not null as postponed from dirty_blocks
    union all select block, time_window, at, false from dirty_marks
)
select count(distinct (block, time_window)),
    coalesce(extract(epoch from now() - min(since)), 0)::float8,
    count(*) filter (where postponed),
    coalesce(extract(epoch from now() - min(since) filter (where not postponed)), 0)::float8
from waiting";

/// Marks keys; `keys` hold no repetitions. Belongs into the transaction that writes their evidence.
pub(crate) async fn mark(tx: &mut Tx<'_>, keys: &[DirtyBlock]) -> Result<(), StoreError> {
    for_keys(tx, MARK, "mark blocks dirty", keys).await
}

/// Runs a statement with blocks and windows as two arrays; without keys nothing.
pub(crate) async fn for_keys(
    tx: &mut Tx<'_>,
    sql: &'static str,
    doing: &'static str,
    keys: &[DirtyBlock],
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let (blocks, windows): (Vec<_>, Vec<_>) =
        keys.iter().map(|(block, window)| (block.as_i64(), window.to_string())).unzip();
    let done = sqlx::query(sql).bind(blocks).bind(windows).execute(tx.conn()).await;
    done.map(drop).map_err(StoreError::doing(doing))
}

/// Makes keys of the marks that are there; says of how many. Marks of a key that is being rebuilt wait for the next fold.
pub async fn fold_dirty(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let doing = || StoreError::doing("fold dirty marks");
    sqlx::query(ONE_FOLD).execute(tx.conn()).await.map_err(doing())?;
    Ok(sqlx::query(FOLD).execute(tx.conn()).await.map_err(doing())?.rows_affected())
}

/// Takes up to `limit` due keys, those first that have waited longest. They are nobody else's until the end of this
/// transaction, which belongs to their leaves: read the evidence, replace the leaves and settle the keys in it.
pub async fn take_dirty(tx: &mut Tx<'_>, debounce: Debounce, limit: i64) -> Result<Vec<DirtyBlock>, StoreError> {
    let found: Vec<(i64, String)> = sqlx::query_as(TAKE)
        .bind(debounce.quiet.as_secs_f64())
        .bind(debounce.at_most.as_secs_f64())
        .bind(limit)
        .fetch_all(tx.conn())
        .await
        .map_err(StoreError::doing("take dirty blocks"))?;
    if !found.is_empty() {
        let locked = sqlx::query(LOCK_EVIDENCE).execute(tx.conn()).await;
        locked.map_err(StoreError::doing("begin to read evidence"))?;
    }
    found.into_iter().map(rows::key).collect()
}

/// Ends the turn of taken keys: those that are `done` are dirty no more, those that `failed` are postponed by some minutes.
/// Others wait on as if they had not been taken.
pub async fn settle_dirty(tx: &mut Tx<'_>, done: &[DirtyBlock], failed: &[DirtyBlock]) -> Result<(), StoreError> {
    for_keys(tx, DONE, "end the turn of dirty blocks", done).await?;
    for_keys(tx, POSTPONE, "postpone dirty blocks", failed).await
}

/// Gives postponed keys their turn now.
pub async fn try_dirty_again(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let done = sqlx::query(TRY_AGAIN).execute(tx.conn()).await;
    done.map(drop).map_err(StoreError::doing("try postponed blocks again"))
}

/// How many keys wait, and how long.
pub async fn dirty_backlog(ex: impl Read) -> Result<Backlog, StoreError> {
    let mut conn = ex.conn().await?;
    let (keys, oldest, postponed, oldest_other): (i64, f64, i64, f64) =
        sqlx::query_as(BACKLOG).fetch_one(&mut *conn).await.map_err(StoreError::doing("count dirty blocks"))?;
    // Negative after the clock stepped back.
    let waits = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    Ok(Backlog { keys, oldest: waits(oldest), postponed, oldest_other: waits(oldest_other) })
}
