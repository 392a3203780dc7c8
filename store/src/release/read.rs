use domain::{Access, Hex, Layer, RegionId, ReleaseId, SourceClass, Window};
use jiff::Timestamp;
use serde_json::Value;

use super::{AreaRow, PieceRow, ReachRow, ReleaseLayerRow, ReleaseRow};
use crate::{Read, StoreError, rows};

/// Pieces of one page at most.
const MAX_PAGE: i64 = 10_000;

const OF_REGION: &str = "\
-- releases_of_region
select id, region, time_window, source, simulated, (extract(epoch from created_at) * 1000)::bigint, manifest
from releases where region = $1 order by number desc";
const LATEST: &str = "\
-- release_latest
select id, region, time_window, source, simulated, (extract(epoch from created_at) * 1000)::bigint, manifest
from releases
where region = $1 and ($2::text is null or time_window = $2) and ($3::text is null or source = $3)
order by number desc limit 1";
const ONE: &str = "\
-- release_by_id
select id, region, time_window, source, simulated, (extract(epoch from created_at) * 1000)::bigint, manifest
from releases where id = $1";
const LAYERS: &str = "\
-- release_layers
select layer, (select count(*) from release_pieces where release_pieces.layer_id = release_layers.layer_id),
    (select count(*) from release_areas where release_areas.layer_id = release_layers.layer_id)
from release_layers where release = $1 order by layer";
const PIECES: &str = "\
-- release_pieces
select number, kind, resolution, hexes, state, devices, attempts, summary
from release_layers join release_pieces using (layer_id)
where release = $1 and layer = $2 and number > $3
order by number limit $4";
const PIECES_IN_BOX: &str = "\
-- release_pieces_in_box
select number, kind, resolution, hexes, state, devices, attempts, summary
from release_layers join release_pieces using (layer_id)
where release = $1 and layer = $2 and number > $3
    and number in (
        select release_hexes.number from release_layers
        join release_hexes on release_hexes.layer_id = coalesce(ground, release_layers.layer_id)
        join hex_outlines using (hex)
        where release = $1 and layer = $2
            and outline && ST_Transform(ST_MakeEnvelope($5, $6, $7, $8, 4326), 3857)
    )
order by number limit $4";
const PIECE_AT: &str = "\
-- release_piece_at
select number, kind, resolution, hexes, state, devices, attempts, summary
from release_layers join release_pieces using (layer_id)
where release = $1 and layer = $2
    and number = (
        select release_hexes.number from release_hexes
        where release_hexes.layer_id = coalesce(ground, release_layers.layer_id) and hex = any($3) limit 1
    )";
const AREAS: &str = "\
-- release_areas
select key, state, devices, attempts, summary
from release_layers join release_areas using (layer_id) where release = $1 and layer = $2 order by key";
const REACH: &str = "\
-- release_reach
select key, reach from release_layers join release_reach using (layer_id) where release = $1 and layer = $2 order by key";
const PRIVATE: &str = "\
-- release_private
select private from release_private join releases on releases.id = release_private.release
where region = $1 and time_window = $2 and source = $3 and access = $4 order by releases.number desc limit 1";

type Row = (String, String, String, String, bool, i64, Value);

/// All releases of a region, newest first.
pub async fn releases(ex: impl Read, region: &RegionId) -> Result<Vec<ReleaseRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<Row> = sqlx::query_as(OF_REGION)
        .bind(region.as_str())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list releases"))?;
    found.into_iter().map(release_row).collect()
}

/// The newest release of a region, perhaps only of one window or source class.
pub async fn latest_release(
    ex: impl Read,
    region: &RegionId,
    window: Option<&Window>,
    source: Option<SourceClass>,
) -> Result<Option<ReleaseRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Option<Row> = sqlx::query_as(LATEST)
        .bind(region.as_str())
        .bind(window.map(ToString::to_string))
        .bind(source.map(SourceClass::code))
        .fetch_optional(&mut *conn)
        .await
        .map_err(StoreError::doing("find the latest release"))?;
    found.map(release_row).transpose()
}

/// One release.
pub async fn release(ex: impl Read, id: &ReleaseId) -> Result<Option<ReleaseRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Option<Row> = sqlx::query_as(ONE)
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await
        .map_err(StoreError::doing("read a release"))?;
    found.map(release_row).transpose()
}

fn release_row((id, region, window, source, simulated, millis, manifest): Row) -> Result<ReleaseRow, StoreError> {
    Ok(ReleaseRow {
        id: rows::parsed("a release id", &id)?,
        region: rows::parsed("a region id", &region)?,
        window: rows::parsed("a window", &window)?,
        source: rows::parsed("a source class", &source)?,
        simulated,
        created_at: rows::checked("a time", Timestamp::from_millisecond(millis))?,
        manifest,
    })
}

/// The layers of a release with their sizes.
pub async fn release_layers(ex: impl Read, release: &ReleaseId) -> Result<Vec<ReleaseLayerRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, i64, i64)> = sqlx::query_as(LAYERS)
        .bind(release.as_str())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list the layers of a release"))?;
    found
        .into_iter()
        .map(|(layer, pieces, areas)| Ok(ReleaseLayerRow { layer: rows::parsed("a layer", &layer)?, pieces, areas }))
        .collect()
}

#[derive(sqlx::FromRow)]
struct StoredPiece {
    number: i32,
    kind: String,
    resolution: i16,
    hexes: Vec<i64>,
    state: String,
    devices: i32,
    attempts: i64,
    summary: Value,
}

impl StoredPiece {
    fn read(self) -> Result<PieceRow, StoreError> {
        Ok(PieceRow {
            number: self.number,
            kind: self.kind,
            resolution: self.resolution,
            hexes: rows::hexes(&self.hexes)?,
            state: self.state,
            devices: self.devices,
            attempts: self.attempts,
            summary: self.summary,
        })
    }
}

/// A page of pieces by number, beginning after `after`.
///
/// `bbox`: west, south, east, north in degrees (WGS 84); pieces that touch it. `limit` is held at 10,000.
pub async fn pieces(
    ex: impl Read,
    release: &ReleaseId,
    layer: Layer,
    bbox: Option<[f64; 4]>,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<PieceRow>, StoreError> {
    some_pieces(ex, release, layer, bbox, after, limit.clamp(0, MAX_PAGE)).await
}

/// All pieces of a layer by number, or all that touch a box: for files and statistics, never for one page of an
/// answer. `bbox` as for [`pieces`].
pub async fn all_pieces(
    ex: impl Read,
    release: &ReleaseId,
    layer: Layer,
    bbox: Option<[f64; 4]>,
) -> Result<Vec<PieceRow>, StoreError> {
    some_pieces(ex, release, layer, bbox, None, i64::MAX).await
}

async fn some_pieces(
    ex: impl Read,
    release: &ReleaseId,
    layer: Layer,
    bbox: Option<[f64; 4]>,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<PieceRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let query = sqlx::query_as::<_, StoredPiece>(if bbox.is_some() { PIECES_IN_BOX } else { PIECES })
        .bind(release.as_str())
        .bind(layer.to_string())
        .bind(after.unwrap_or(i32::MIN))
        .bind(limit);
    let query = match bbox {
        // Web mercator has no poles.
        Some([w, s, e, n]) => query.bind(w).bind(s.max(-85.0)).bind(e).bind(n.min(85.0)),
        None => query,
    };
    let found = query.fetch_all(&mut *conn).await.map_err(StoreError::doing("list pieces"))?;
    found.into_iter().map(StoredPiece::read).collect()
}

/// The piece that a hexagon lies in; a coarse hexagon lies where its centre does, as in [`domain::Cover`].
pub async fn piece_at(
    ex: impl Read,
    release: &ReleaseId,
    layer: Layer,
    hex: Hex,
) -> Result<Option<PieceRow>, StoreError> {
    let leaf = hex.as_h3().center_child(Hex::MOBILE).map_or(hex, Hex::from_h3);
    let chain: Vec<i64> = std::iter::successors(Some(leaf), |at| at.resolution().pred().and_then(|r| at.parent(r)))
        .map(Hex::as_i64)
        .collect();
    let mut conn = ex.conn().await?;
    let found: Option<StoredPiece> = sqlx::query_as(PIECE_AT)
        .bind(release.as_str())
        .bind(layer.to_string())
        .bind(chain)
        .fetch_optional(&mut *conn)
        .await
        .map_err(StoreError::doing("find the piece of a hexagon"))?;
    found.map(StoredPiece::read).transpose()
}

/// What a layer says of each area, by key.
pub async fn area_rows(ex: impl Read, release: &ReleaseId, layer: Layer) -> Result<Vec<AreaRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, String, i32, i64, Value)> = sqlx::query_as(AREAS)
        .bind(release.as_str())
        .bind(layer.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list areas of a release"))?;
    found
        .into_iter()
        .map(|(key, state, devices, attempts, summary)| {
            Ok(AreaRow { key: rows::parsed("an area key", &key)?, state, devices, attempts, summary })
        })
        .collect()
}

/// How much of each area a layer measured, by key. Empty for a release of a version that did not count it.
pub async fn reach_rows(ex: impl Read, release: &ReleaseId, layer: Layer) -> Result<Vec<ReachRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, Value)> = sqlx::query_as(REACH)
        .bind(release.as_str())
        .bind(layer.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list how far a layer reaches"))?;
    found.into_iter().map(|(key, reach)| Ok(ReachRow { key: rows::parsed("an area key", &key)?, reach })).collect()
}

/// What the next release must know of this network: from the newest release of the region, window and source class that
/// has it. Never published.
pub async fn private_part(
    ex: impl Read,
    region: &RegionId,
    window: &Window,
    source: SourceClass,
    access: Access,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(PRIVATE)
        .bind(region.as_str())
        .bind(window.to_string())
        .bind(source.code())
        .bind(access.to_string())
        .fetch_optional(&mut *conn)
        .await
        .map_err(StoreError::doing("read the private part of a release"))
}
