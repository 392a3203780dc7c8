//! What a release says, in the types of `analytics`.

use std::{collections::BTreeSet, fmt};

use analytics::{Piece, PieceKind, UnitSummary};
use domain::{Layer, RegionId, ReleaseId, SourceClass, Window};
use store::{PieceRow, ReleaseRow, Store};

use crate::{ApiError, ranking, read};

/// All pieces of a layer, or those that touch a box (west, south, east, north in degrees).
pub(crate) async fn pieces(
    store: &Store,
    release: &ReleaseId,
    layer: Layer,
    bbox: Option<[f64; 4]>,
) -> Result<Vec<Piece>, ApiError> {
    let rows = store::all_pieces(store, release, layer, bbox).await?;
    rows.into_iter().map(|row| piece(release, row)).collect()
}

fn piece(release: &ReleaseId, row: PieceRow) -> Result<Piece, ApiError> {
    Ok(Piece {
        number: row.number,
        kind: if row.kind == PieceKind::Hex.code() { PieceKind::Hex } else { PieceKind::Remainder },
        resolution: u8::try_from(row.resolution).unwrap_or_default(),
        hexes: row.hexes,
        summary: summary(release, format_args!("piece {}", row.number), row.summary)?,
    })
}

/// A stored summary.
pub(crate) fn summary(
    release: &ReleaseId,
    of: impl fmt::Display,
    value: serde_json::Value,
) -> Result<UnitSummary, ApiError> {
    serde_json::from_value(value).map_err(|error| ApiError::Internal(format!("summary of {of} in {release}: {error}")))
}

/// The named release, or the newest that fits and has the layer: measured before simulated.
pub(crate) async fn choose(
    store: &Store,
    region: &RegionId,
    (release, window, source): (Option<&ReleaseId>, Option<&Window>, Option<SourceClass>),
    layer: Layer,
) -> Result<ReleaseRow, ApiError> {
    let candidates = match release {
        Some(id) => vec![in_region(read::find_release(store, id).await?, region)?],
        None => ranking::candidates(store, region, window, source).await?,
    };
    let mut published = BTreeSet::new();
    for release in candidates {
        let layers = store::release_layers(store, &release.id).await?;
        if layers.iter().any(|row| row.layer == layer) {
            return Ok(release);
        }
        published.extend(layers.into_iter().map(|row| row.layer.to_string()));
    }
    let hint = if published.is_empty() {
        "this region has no release yet: measure or import something, then run `whitespot release`".to_owned()
    } else {
        format!("there are {}", published.into_iter().collect::<Vec<_>>().join(", "))
    };
    Err(ApiError::NotFound { what: "published layer", id: layer.to_string(), hint: hint.into() })
}

/// The release, if it is one of the region.
pub(crate) fn in_region(release: ReleaseRow, region: &RegionId) -> Result<ReleaseRow, ApiError> {
    if release.region == *region {
        return Ok(release);
    }
    Err(ApiError::BadRequest(format!("release {} belongs to region {}", release.id, release.region)))
}
