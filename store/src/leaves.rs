//! Leaf summaries: the device votes of a block, as `analytics` packs them. Always replaced whole.

use domain::{Access, Hex, SourceClass, Window};

use crate::{
    DirtyBlock, Read, StoreError, Tx,
    copy::{Copy, Row},
    dirty, rows,
};

/// What one block says about one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRow {
    /// Whose evidence; classes are never mixed.
    pub source: SourceClass,
    /// What it is about.
    pub access: Access,
    /// `analytics::LeafVotes`, encoded; opaque here.
    pub votes: Vec<u8>,
}

/// All leaves of one block and window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLeaves {
    /// Resolution 7.
    pub block: Hex,
    /// A campaign or a calendar year.
    pub window: Window,
    /// None: the block has no evidence (any more).
    pub leaves: Vec<LeafRow>,
}

const DOING: &str = "replace the leaves of a block";
const DELETE: &str = "\
-- leaves_delete
delete from leaves using unnest($1::bigint[], $2::text[]) as stale (block, time_window)
where leaves.block = stale.block and leaves.time_window = stale.time_window";
const COPY: &str = "\
-- leaves_copy
copy leaves (block, time_window, source, access, votes) from stdin (format binary)";
const OF_ACCESS: &str = "\
-- leaves_of_access
select votes from leaves where time_window = $1 and source = $2 and access = $3 order by block";
const ACCESSES: &str = "\
-- leaf_accesses
select distinct source, access from leaves where time_window = $1 order by source, access";
const WINDOWS: &str = "\
-- leaf_windows
select distinct time_window from leaves order by time_window";

/// Replaces all leaves of some blocks and windows; each key once. In the transaction that took these keys: until its
/// end they are nobody else's.
pub async fn replace_leaves(tx: &mut Tx<'_>, blocks: &[BlockLeaves]) -> Result<(), StoreError> {
    if blocks.is_empty() {
        return Ok(());
    }
    let keys: Vec<DirtyBlock> = blocks.iter().map(|of| (of.block, of.window.clone())).collect();
    dirty::for_keys(tx, DELETE, DOING, &keys).await?;
    // As a stream: the leaves of a large town are not to be in memory twice.
    let mut copy = Copy::begin(tx, COPY, DOING).await?;
    for of in blocks {
        let window = of.window.to_string();
        for leaf in &of.leaves {
            let row = Row::new(5, 64 + leaf.votes.len());
            let row = row.bigint(of.block.as_i64()).text(Some(&window)).text(Some(leaf.source.code()));
            copy.row(row.text(Some(&leaf.access.to_string())).bytes(&leaf.votes)).await?;
        }
    }
    copy.finish().await
}

/// The votes of all blocks, ordered by block.
pub async fn read_leaves(
    ex: impl Read,
    window: &Window,
    source: SourceClass,
    access: Access,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(OF_ACCESS)
        .bind(window.to_string())
        .bind(source.code())
        .bind(access.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("read leaves"))
}

/// Which source classes and networks a window has leaves of.
pub async fn leaf_accesses(ex: impl Read, window: &Window) -> Result<Vec<(SourceClass, Access)>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, String)> = sqlx::query_as(ACCESSES)
        .bind(window.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list the networks of a window"))?;
    found
        .into_iter()
        .map(|(source, access)| Ok((rows::parsed("a source class", &source)?, rows::parsed("a network", &access)?)))
        .collect()
}

/// The windows that have leaves.
pub async fn windows(ex: impl Read) -> Result<Vec<Window>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<String> =
        sqlx::query_scalar(WINDOWS).fetch_all(&mut *conn).await.map_err(StoreError::doing("list windows"))?;
    found.iter().map(|window| rows::parsed("a window", window)).collect()
}
