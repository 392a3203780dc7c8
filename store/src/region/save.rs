use std::collections::HashSet;

use domain::{AreaLevel, Invalid};

use super::{AreaData, RegionData, outlines::outlines};
use crate::{StoreError, Tx};

const SAVE: &str = "\
-- region_save
insert into regions (id, title, provenance) values ($1, $2, $3)
on conflict (id) do update set title = excluded.title, provenance = excluded.provenance";
const CLEAR: &str = "\
-- region_clear
delete from areas where region = $1";
const INSERT: &str = "\
-- areas_insert
insert into areas (region, key, level, name, parent, inhabitants, supply, sites, hexes, outline)
select $1, key, level, name, parent, inhabitants, supply, sites, hexes::bigint[], ST_GeomFromWKB(outline, 3857)
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::jsonb[], $8::jsonb[], $9::text[],
    $10::bytea[]) as fresh (key, level, name, parent, inhabitants, supply, sites, hexes, outline)";

/// Writes a region, or replaces it whole. Refuses a hexagon that belongs to two municipalities.
pub async fn save_region(tx: &mut Tx<'_>, region: &RegionData) -> Result<(), StoreError> {
    refuse_overlap(&region.areas)?;
    // Dissolving a whole state takes a second or more of computing, which must not stop other requests.
    let areas = region.areas.clone();
    let outlines = tokio::task::spawn_blocking(move || outlines(&areas))
        .await
        .map_err(|error| StoreError::corrupt("the outlines of a region", error))??;

    let doing = || StoreError::doing("save a region");
    sqlx::query(SAVE)
        .bind(region.id.as_str())
        .bind(&region.title)
        .bind(&region.provenance)
        .execute(tx.conn())
        .await
        .map_err(doing())?;
    sqlx::query(CLEAR).bind(region.id.as_str()).execute(tx.conn()).await.map_err(doing())?;

    let areas = &region.areas;
    sqlx::query(INSERT)
        .bind(region.id.as_str())
        .bind(areas.iter().map(|area| area.key.as_str()).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.level.code()).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.name.as_str()).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.parent.map(|key| key.to_string())).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.inhabitants).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.supply.clone()).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| sqlx::types::Json(&area.sites)).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| crate::rows::hex_array(&area.hexes)).collect::<Vec<_>>())
        .bind(outlines)
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(doing())
}

fn refuse_overlap(areas: &[AreaData]) -> Result<(), Invalid> {
    let mut taken = HashSet::new();
    let hexes = areas.iter().filter(|area| area.level == AreaLevel::Municipality).flat_map(|area| &area.hexes);
    for hex in hexes {
        if !taken.insert(hex.as_i64()) {
            return Err(Invalid::new(
                "region",
                hex,
                "a hexagon belongs to exactly one municipality, and is named once",
            ));
        }
    }
    Ok(())
}
