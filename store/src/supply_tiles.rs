//! What others publish about supply: context beside the evidence, never part of it.

use std::collections::BTreeSet;

use crate::{Read, StoreError, Stored, Tx};

/// One tile of one publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplyTile {
    /// Who publishes it.
    pub source: String,
    /// Quarter of a year, `2023-Q4`.
    pub period: String,
    /// `fixed` or `mobile`.
    pub kind: String,
    /// Web mercator quadkey.
    pub quadkey: String,
    /// Mean download.
    pub download_kbps: i64,
    /// Mean upload.
    pub upload_kbps: i64,
    /// Mean latency.
    pub latency_ms: i32,
    /// Tests behind the means.
    pub tests: i32,
    /// Devices behind the tests.
    pub devices: i32,
}

// The tiles that are there already are those of the snapshot, before the insert.
const INSERT: &str = "\
-- supply_tiles_insert
with given as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[],
        $8::integer[], $9::integer[]) with ordinality
        as g (source, period, kind, quadkey, download_kbps, upload_kbps, latency_ms, tests, devices, nth)
), made as (
    insert into supply_tiles
    select source, period, kind, quadkey, download_kbps, upload_kbps, latency_ms, tests, devices from given
    on conflict do nothing
    returning source, period, kind, quadkey
)
select made.quadkey is not null,
    (t.download_kbps, t.upload_kbps, t.latency_ms, t.tests, t.devices)
        is not distinct from (g.download_kbps, g.upload_kbps, g.latency_ms, g.tests, g.devices)
from given g
left join made using (source, period, kind, quadkey)
left join supply_tiles t using (source, period, kind, quadkey)
order by nth";
const COUNT: &str = "\
-- supply_tiles_count
select count(*) from supply_tiles where source = $1 and period = $2 and kind = $3";

/// Keeps each tile that is new; answers in the order of `tiles`. What was published first stays.
pub async fn insert_supply_tiles(tx: &mut Tx<'_>, tiles: &[SupplyTile]) -> Result<Vec<Stored>, StoreError> {
    if tiles.is_empty() {
        return Ok(Vec::new());
    }
    let column = |of: fn(&SupplyTile) -> &String| tiles.iter().map(|tile| of(tile).clone()).collect::<Vec<_>>();
    let small = |of: fn(&SupplyTile) -> i32| tiles.iter().map(of).collect::<Vec<_>>();
    let rows: Vec<(bool, bool)> = sqlx::query_as(INSERT)
        .bind(column(|tile| &tile.source))
        .bind(column(|tile| &tile.period))
        .bind(column(|tile| &tile.kind))
        .bind(column(|tile| &tile.quadkey))
        .bind(tiles.iter().map(|tile| tile.download_kbps).collect::<Vec<_>>())
        .bind(tiles.iter().map(|tile| tile.upload_kbps).collect::<Vec<_>>())
        .bind(small(|tile| tile.latency_ms))
        .bind(small(|tile| tile.tests))
        .bind(small(|tile| tile.devices))
        .fetch_all(tx.conn())
        .await
        .map_err(StoreError::doing("keep tiles of supply"))?;
    // A tile that stands twice in one call was made once.
    let mut made = BTreeSet::new();
    let answer = |(tile, (new, same)): (&SupplyTile, (bool, bool))| match (new, same) {
        (true, _)
            if made.insert((tile.source.clone(), tile.period.clone(), tile.kind.clone(), tile.quadkey.clone())) =>
        {
            Stored::New
        }
        (true, _) | (false, true) => Stored::Duplicate,
        (false, false) => Stored::Conflict,
    };
    Ok(tiles.iter().zip(rows).map(answer).collect())
}

/// How many tiles of a publication are there.
pub async fn supply_tile_count(ex: impl Read, source: &str, period: &str, kind: &str) -> Result<i64, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(COUNT)
        .bind(source)
        .bind(period)
        .bind(kind)
        .fetch_one(&mut *conn)
        .await
        .map_err(StoreError::doing("count tiles of supply"))
}
