use std::collections::HashMap;

use domain::{AreaKey, Cover, RegionId};
use serde_json::Value;
use sqlx::types::Json;

use super::{AreaData, RegionRow, SiteRef};
use crate::{Read, StoreError, rows};

const REGIONS: &str = "\
-- regions
select id, title, provenance from regions order by id";
const COVER: &str = "\
-- region_cover
select key, hexes from areas where region = $1 and level = 'municipality'";
const AREAS: &str = "\
-- areas_of_region
select key, level, name, parent, inhabitants, supply, sites from areas where region = $1 order by key";
const BOXES: &str = "\
-- area_boxes
select key, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
from areas, ST_Transform(ST_Envelope(outline), 4326) as box
where region = $1 and outline is not null";
const OUTLINES: &str = "\
-- area_outlines
select json_build_object(
    'type', 'FeatureCollection',
    'features', coalesce(json_agg(json_build_object(
        'type', 'Feature',
        'id', key,
        'properties', json_build_object('key', key, 'name', name, 'level', level),
        'geometry', ST_AsGeoJSON(ST_Transform(outline, 4326), 5)::json
    ) order by key), '[]'))
from areas where region = $1 and outline is not null";
// Half a screen pixel (a tile has 512 of them): what two neighbours are simplified apart cannot be seen.
const TILE: &str = "\
-- area_tile
with tile as (
    select ST_TileEnvelope($2, $3, $4) as envelope, 40075016.7 / 512 / (1 << $2) / 2 as half_pixel
), shapes as (
    select key, name, level, ST_AsMVTGeom(ST_Simplify(outline, half_pixel, true), envelope, 4096, 64) as geom
    from areas, tile
    where region = $1 and outline && envelope
)
select ST_AsMVT(shapes, 'areas', 4096, 'geom') from shapes where geom is not null";

/// The regions that are loaded.
pub async fn regions(ex: impl Read) -> Result<Vec<RegionRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, String, Value)> =
        sqlx::query_as(REGIONS).fetch_all(&mut *conn).await.map_err(StoreError::doing("list regions"))?;
    let read = |(id, title, provenance): (String, String, Value)| {
        Ok(RegionRow { id: rows::parsed("a region id", &id)?, title, provenance })
    };
    found.into_iter().map(read).collect()
}

/// Which municipality a hexagon belongs to. Empty for an unknown region.
pub async fn load_cover(ex: impl Read, region: &RegionId) -> Result<Cover, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, Vec<i64>)> = sqlx::query_as(COVER)
        .bind(region.as_str())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("load the cover of a region"))?;
    let mut pairs = Vec::new();
    for (key, hexes) in found {
        let key = rows::parsed("an area key", &key)?;
        pairs.extend(rows::hexes(&hexes)?.into_iter().map(|hex| (hex, key)));
    }
    Ok(Cover::new(pairs))
}

/// The areas of a region by key, without their hexagons.
pub async fn areas(ex: impl Read, region: &RegionId) -> Result<Vec<AreaData>, StoreError> {
    type Row = (String, String, String, Option<String>, Option<i64>, Value, Json<Vec<SiteRef>>);
    let mut conn = ex.conn().await?;
    let found: Vec<Row> = sqlx::query_as(AREAS)
        .bind(region.as_str())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list the areas of a region"))?;
    let read = |(key, level, name, parent, inhabitants, supply, Json(sites)): Row| {
        Ok(AreaData {
            key: rows::parsed("an area key", &key)?,
            level: rows::parsed("an area level", &level)?,
            name,
            parent: rows::parsed_opt("an area key", parent.as_deref())?,
            inhabitants,
            supply,
            sites,
            hexes: Vec::new(),
        })
    };
    found.into_iter().map(read).collect()
}

/// West, south, east and north of each area that has an outline, in degrees.
pub async fn area_boxes(ex: impl Read, region: &RegionId) -> Result<HashMap<AreaKey, [f64; 4]>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, f64, f64, f64, f64)> = sqlx::query_as(BOXES)
        .bind(region.as_str())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list the extents of areas"))?;
    found.into_iter().map(|(key, w, s, e, n)| Ok((rows::parsed("an area key", &key)?, [w, s, e, n]))).collect()
}

/// The outlines of all areas as a GeoJSON feature collection (WGS 84) with the properties key, name and level.
pub async fn area_outlines_geojson(ex: impl Read, region: &RegionId) -> Result<Value, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(OUTLINES)
        .bind(region.as_str())
        .fetch_one(&mut *conn)
        .await
        .map_err(StoreError::doing("draw the areas of a region"))
}

/// A vector tile (MVT) of area outlines: layer `areas` with key, name and level. Empty where nothing lies.
pub async fn area_tile(ex: impl Read, region: &RegionId, z: u8, x: u32, y: u32) -> Result<Vec<u8>, StoreError> {
    let Some((z, x, y)) = rows::tile_address(z, x, y) else { return Ok(Vec::new()) };
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(TILE)
        .bind(region.as_str())
        .bind(z)
        .bind(x)
        .bind(y)
        .fetch_one(&mut *conn)
        .await
        .map_err(StoreError::doing("draw a tile of areas"))
}
