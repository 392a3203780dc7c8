//! Leaf summaries: the device votes of a block, as `analytics` packs them. Always replaced whole.

use domain::{Hex, Layer, SourceClass, Window};

use crate::{Read, StoreError, Tx, rows};

/// What one block says about one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRow {
    /// Whose evidence; classes are never mixed.
    pub source: SourceClass,
    /// What it is about.
    pub layer: Layer,
    /// `analytics::LeafVotes`, encoded; opaque here.
    pub votes: Vec<u8>,
}

// Two aggregators that rebuild the same block one after the other, not at once.
const LOCK: &str = "\
-- leaves_lock
select pg_advisory_xact_lock(hashtextextended($2, $1))";
const DELETE: &str = "\
-- leaves_delete
delete from leaves where block = $1 and time_window = $2";
const INSERT: &str = "\
-- leaves_insert
insert into leaves (block, time_window, source, layer, votes)
select $1, $2, source, layer, votes from unnest($3::text[], $4::text[], $5::bytea[]) as fresh (source, layer, votes)";
const OF_LAYER: &str = "\
-- leaves_of_layer
select votes from leaves where time_window = $1 and source = $2 and layer = $3 order by block";
const LAYERS: &str = "\
-- leaf_layers
select distinct source, layer from leaves where time_window = $1 order by source, layer";
const WINDOWS: &str = "\
-- leaf_windows
select distinct time_window from leaves order by time_window";

/// Replaces all leaves of a block and window. No leaves: the block has no evidence (any more).
pub async fn replace_leaves(
    tx: &mut Tx<'_>,
    block: Hex,
    window: &Window,
    leaves: &[LeafRow],
) -> Result<(), StoreError> {
    let (block, window) = (block.as_i64(), window.to_string());
    let doing = || StoreError::doing("replace the leaves of a block");
    sqlx::query(LOCK).bind(block).bind(&window).execute(tx.conn()).await.map_err(doing())?;
    sqlx::query(DELETE).bind(block).bind(&window).execute(tx.conn()).await.map_err(doing())?;
    if leaves.is_empty() {
        return Ok(());
    }
    let sources: Vec<&str> = leaves.iter().map(|leaf| leaf.source.code()).collect();
    let layers: Vec<String> = leaves.iter().map(|leaf| leaf.layer.to_string()).collect();
    let votes: Vec<&[u8]> = leaves.iter().map(|leaf| leaf.votes.as_slice()).collect();
    sqlx::query(INSERT)
        .bind(block)
        .bind(&window)
        .bind(sources)
        .bind(layers)
        .bind(votes)
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(doing())
}

/// The votes of all blocks, ordered by block.
pub async fn read_leaves(
    ex: impl Read,
    window: &Window,
    source: SourceClass,
    layer: Layer,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(OF_LAYER)
        .bind(window.to_string())
        .bind(source.code())
        .bind(layer.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("read leaves"))
}

/// Which source classes and layers a window has leaves of.
pub async fn leaf_layers(ex: impl Read, window: &Window) -> Result<Vec<(SourceClass, Layer)>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, String)> = sqlx::query_as(LAYERS)
        .bind(window.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list the layers of a window"))?;
    found
        .into_iter()
        .map(|(source, layer)| Ok((rows::parsed("a source class", &source)?, rows::parsed("a layer", &layer)?)))
        .collect()
}

/// The windows that have leaves.
pub async fn windows(ex: impl Read) -> Result<Vec<Window>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<String> =
        sqlx::query_scalar(WINDOWS).fetch_all(&mut *conn).await.map_err(StoreError::doing("list windows"))?;
    found.iter().map(|window| rows::parsed("a window", window)).collect()
}
