use domain::{Layer, ReleaseId};

use crate::{Read, StoreError, rows};

// The hexagons of a piece become one feature. A finer grid at low zoom, so that a single hexagon of 130 m
// does not fall between two grid points and vanish: at zoom 7 the grid has 38 m.
const TILE: &str = "\
-- release_tile
with tile as (
    select ST_TileEnvelope($3, $4, $5) as envelope, case when $3 < 9 then 8192 else 4096 end as extent
), places as (
    select release_layers.layer_id, release_hexes.number, ST_Collect(outline) as outline
    from tile
    join hex_outlines on outline && envelope
    join release_layers on release = $1 and layer = $2
    join release_hexes on release_hexes.layer_id = coalesce(ground, release_layers.layer_id)
        and release_hexes.hex = hex_outlines.hex
    group by release_layers.layer_id, release_hexes.number
), shapes as (
    select number::bigint as feature_id, number, state, devices, attempts, resolution, kind,
        (summary #>> '{share,value}')::double precision as share,
        (summary #>> '{share,low}')::double precision as share_low,
        (summary #>> '{share,high}')::double precision as share_high,
        summary ->> 'grade' as grade,
        (summary #>> '{signal_dbm,p50}')::double precision as signal_dbm,
        (summary #>> '{download_mbps,p50}')::double precision as download_mbps,
        ST_AsMVTGeom(outline, envelope, extent, extent / 64) as geom
    from places join release_pieces using (layer_id, number), tile
    order by number
)
select coalesce((
    select ST_AsMVT(shapes, 'hexes', (select extent from tile), 'geom', 'feature_id') from shapes where geom is not null
), '')";

/// A vector tile (MVT) of a layer: source layer `hexes`, one feature a piece, its number as feature id and
/// the properties state, devices, attempts, resolution, kind, share, share_low, share_high, grade,
/// signal_dbm and download_mbps. Empty where nothing lies.
pub async fn tile(
    ex: impl Read,
    release: &ReleaseId,
    layer: Layer,
    z: u8,
    x: u32,
    y: u32,
) -> Result<Vec<u8>, StoreError> {
    let Some((z, x, y)) = rows::tile_address(z, x, y) else { return Ok(Vec::new()) };
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(TILE)
        .bind(release.as_str())
        .bind(layer.to_string())
        .bind(z)
        .bind(x)
        .bind(y)
        .fetch_one(&mut *conn)
        .await
        .map_err(StoreError::doing("draw a tile"))
}
