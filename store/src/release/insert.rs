use std::collections::{BTreeSet, HashMap};

use domain::{Access, Hex, Invalid, ReleaseId};
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::{AreaRow, NewRelease, PieceRow, ReachRow, ReleaseLayer};
use crate::{
    StoreError, Tx,
    copy::{Copy, Row},
    mercator, rows,
};

/// Rows of one statement: keeps messages to the server in the low megabytes.
const CHUNK: usize = 20_000;

const RELEASE: &str = "\
-- release_insert
insert into releases (id, region, time_window, source, simulated, manifest) values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing";
const LAYER: &str = "\
-- release_layer_insert
insert into release_layers (release, layer, ground) values ($1, $2, $3) returning layer_id";
const PRIVATE: &str = "\
-- release_private_insert
insert into release_private (release, access, private) values ($1, $2, $3)";
const PIECES: &str = "\
-- release_pieces_copy
copy release_pieces (layer_id, number, kind, resolution, hexes, state, devices, attempts, summary)
from stdin (format binary)";
const HEXES: &str = "\
-- release_hexes_copy
copy release_hexes (layer_id, hex, number) from stdin (format binary)";
const AREAS: &str = "\
-- release_areas_insert
insert into release_areas (layer_id, key, state, devices, attempts, summary)
select $1, key, state, devices, attempts, summary
from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::jsonb[])
    as fresh (key, state, devices, attempts, summary)";
const REACH: &str = "\
-- release_reach_insert
insert into release_reach (layer_id, key, reach)
select $1, key, reach from unnest($2::text[], $3::jsonb[]) as fresh (key, reach)";
const WITHOUT_OUTLINE: &str = "\
-- hex_outlines_missing
select hex from unnest($1::bigint[]) as hex
where not exists (select from hex_outlines where hex_outlines.hex = hex.hex) order by hex";
const OUTLINES: &str = "\
-- hex_outlines_insert
insert into hex_outlines (hex, outline)
select hex, ST_GeomFromWKB(outline, 3857) from unnest($1::bigint[], $2::bytea[]) as fresh (hex, outline)
on conflict (hex) do nothing";

/// Publishes a release. Answers `false`, and changes nothing, if a release of this id is there already:
/// the id is a hash of all that it was made from.
///
/// Refuses pieces of one layer that share ground.
pub async fn insert_release(tx: &mut Tx<'_>, release: &NewRelease) -> Result<bool, StoreError> {
    if !begin_release(tx, release).await? {
        return Ok(false);
    }
    let mut grounds = Grounds::default();
    for layer in &release.layers {
        add_layer(tx, &release.id, layer, &mut grounds).await?;
    }
    for (access, private) in &release.private {
        add_private(tx, &release.id, *access, private).await?;
    }
    Ok(true)
}

/// The first half of [`insert_release`], for releases that are too large to be held whole: its layers follow
/// by [`add_layer`] and [`add_private`] in the same transaction. Those in `release` are not looked at.
pub async fn begin_release(tx: &mut Tx<'_>, release: &NewRelease) -> Result<bool, StoreError> {
    let inserted = sqlx::query(RELEASE)
        .bind(release.id.as_str())
        .bind(release.region.as_str())
        .bind(release.window.to_string())
        .bind(release.source.code())
        .bind(release.simulated)
        .bind(&release.manifest)
        .execute(tx.conn())
        .await
        .map_err(StoreError::doing("publish a release (simulated evidence must be marked as simulated)"))?;
    Ok(inserted.rows_affected() > 0)
}

/// What the layers of one release that were added so far have brought: most of it is the same in all of them.
#[derive(Debug, Default)]
pub struct Grounds {
    drawn: BTreeSet<Hex>,
    /// By a hash of hexagons and numbers of pieces, the layer under which they are kept.
    kept: HashMap<[u8; 32], i64>,
}

/// Adds a layer to a release that this transaction began. Refuses pieces that share ground.
pub async fn add_layer(
    tx: &mut Tx<'_>,
    release: &ReleaseId,
    layer: &ReleaseLayer,
    grounds: &mut Grounds,
) -> Result<(), StoreError> {
    refuse_overlap(layer)?;
    let used = layer.pieces.iter().flat_map(|piece| &piece.hexes);
    let mut new: Vec<i64> = used.filter(|&&hex| grounds.drawn.insert(hex)).map(|hex| hex.as_i64()).collect();
    new.sort_unstable();
    draw_hexes(tx, &new).await?;
    insert_layer(tx, release, layer, grounds).await
}

/// Keeps what the next release must know of this one, for one network.
pub async fn add_private(
    tx: &mut Tx<'_>,
    release: &ReleaseId,
    access: Access,
    private: &[u8],
) -> Result<(), StoreError> {
    sqlx::query(PRIVATE)
        .bind(release.as_str())
        .bind(access.to_string())
        .bind(private)
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("keep what the next release must know of this one"))
}

async fn insert_layer(
    tx: &mut Tx<'_>,
    release: &ReleaseId,
    layer: &ReleaseLayer,
    grounds: &mut Grounds,
) -> Result<(), StoreError> {
    let mut places: Vec<(i64, i32)> =
        layer.pieces.iter().flat_map(|piece| piece.hexes.iter().map(|hex| (hex.as_i64(), piece.number))).collect();
    // In the order of the index, which then grows at its end only.
    places.sort_unstable();
    let mut hash = Sha256::new();
    for (hex, number) in &places {
        hash.update(hex.to_be_bytes());
        hash.update(number.to_be_bytes());
    }
    let hash = hash.finalize().into();
    let shared = grounds.kept.get(&hash).copied();
    let layer_id: i64 = sqlx::query_scalar(LAYER)
        .bind(release.as_str())
        .bind(layer.layer.to_string())
        .bind(shared)
        .fetch_one(tx.conn())
        .await
        .map_err(StoreError::doing("publish a layer (each layer once)"))?;
    insert_pieces(tx, layer_id, &layer.pieces).await?;
    if shared.is_none() {
        let mut copy = Copy::begin(tx, HEXES, "publish the hexagons of a layer").await?;
        for &(hex, number) in &places {
            copy.row(Row::new(3, 34).bigint(layer_id).bigint(hex).integer(number)).await?;
        }
        copy.finish().await?;
        grounds.kept.insert(hash, layer_id);
    }
    insert_areas(tx, layer_id, &layer.areas).await?;
    insert_reach(tx, layer_id, &layer.reach).await
}

async fn insert_pieces(tx: &mut Tx<'_>, layer_id: i64, pieces: &[PieceRow]) -> Result<(), StoreError> {
    let mut copy = Copy::begin(tx, PIECES, "publish pieces").await?;
    for piece in pieces {
        let hexes = piece.hexes.iter().map(|hex| hex.as_i64());
        let row = Row::new(9, 128 + 12 * piece.hexes.len());
        let row = row.bigint(layer_id).integer(piece.number).text(Some(&piece.kind)).smallint(piece.resolution);
        let row = row.bigints(hexes).text(Some(&piece.state)).integer(piece.devices).bigint(piece.attempts);
        copy.row(row.jsonb(&piece.summary)).await?;
    }
    copy.finish().await
}

async fn insert_areas(tx: &mut Tx<'_>, layer_id: i64, areas: &[AreaRow]) -> Result<(), StoreError> {
    sqlx::query(AREAS)
        .bind(layer_id)
        .bind(areas.iter().map(|area| area.key.as_str()).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.state.as_str()).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.devices).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| area.attempts).collect::<Vec<_>>())
        .bind(areas.iter().map(|area| &area.summary).collect::<Vec<_>>())
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("publish areas"))
}

async fn insert_reach(tx: &mut Tx<'_>, layer_id: i64, reach: &[ReachRow]) -> Result<(), StoreError> {
    sqlx::query(REACH)
        .bind(layer_id)
        .bind(reach.iter().map(|row| row.key.as_str()).collect::<Vec<_>>())
        .bind(reach.iter().map(|row| &row.reach).collect::<Vec<_>>())
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("publish how far a layer reaches"))
}

/// Keeps the outline of each hexagon that has none yet.
async fn draw_hexes(tx: &mut Tx<'_>, hexes: &[i64]) -> Result<(), StoreError> {
    for chunk in hexes.chunks(CHUNK) {
        let missing: Vec<i64> = sqlx::query_scalar(WITHOUT_OUTLINE)
            .bind(chunk)
            .fetch_all(tx.conn())
            .await
            .map_err(StoreError::doing("find hexagons without an outline"))?;
        if missing.is_empty() {
            continue;
        }
        let outlines: Vec<Vec<u8>> = rows::hexes(&missing)?.into_iter().map(mercator::hex_outline).collect();
        sqlx::query(OUTLINES)
            .bind(missing)
            .bind(outlines)
            .execute(tx.conn())
            .await
            .map_err(StoreError::doing("draw hexagons"))?;
    }
    Ok(())
}

/// Two pieces share ground if they name the same hexagon, or one names an ancestor of the other's.
fn refuse_overlap(layer: &ReleaseLayer) -> Result<(), Invalid> {
    let mut owner: FxHashMap<Hex, i32> = FxHashMap::default();
    for piece in &layer.pieces {
        for &hex in &piece.hexes {
            if let Some(other) = owner.insert(hex, piece.number) {
                return Err(shared(hex, other, piece.number));
            }
        }
    }
    for (&hex, &number) in &owner {
        let mut at = hex;
        while let Some(parent) = at.resolution().pred().and_then(|coarser| at.parent(coarser)) {
            if let Some(&other) = owner.get(&parent) {
                return Err(shared(hex, other, number));
            }
            at = parent;
        }
    }
    Ok(())
}

fn shared(hex: Hex, one: i32, other: i32) -> Invalid {
    Invalid::new("release", format_args!("{hex} in pieces {one} and {other}"), "no two pieces may share ground")
}
