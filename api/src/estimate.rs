//! Estimates from the published pieces of one layer: the same for HTTP and for the command line.

use std::collections::BTreeSet;

use analytics::{EstimateHeader, Estimates, estimate::ESTIMATED, hexes_of};
use domain::{AreaKey, AreaLevel, Hex, Layer, RegionId, SourceClass, Window};
use store::{ReleaseRow, Store};

use crate::{ApiError, next, published};

/// Degrees around an area in which neighbours lie: two hexagons, at any latitude with people.
const MARGIN: f64 = 0.1;

/// Of a whole region, from the newest release that has the layer.
pub async fn of_region(
    store: &Store,
    region: &RegionId,
    window: Option<&Window>,
    source: Option<SourceClass>,
    layer: Layer,
) -> Result<Estimates, ApiError> {
    let release = published::choose(store, region, (None, window, source), layer).await?;
    let pieces = published::pieces(store, &release.id, layer, None).await?;
    estimated(header(&release, layer), pieces, None).await
}

/// Of a municipality or district, from one release.
pub(crate) async fn of_area(
    store: &Store,
    release: &ReleaseRow,
    layer: Layer,
    area: AreaKey,
) -> Result<Estimates, ApiError> {
    next::find_area(&store::areas(store, &release.region).await?, &release.region, area)?;
    if area.level() == AreaLevel::State {
        return Err(ApiError::BadRequest(format!(
            "area {area} is a whole state: ask for a municipality or a district, or take `whitespot export --estimate`"
        )));
    }
    let region = &release.region;
    let release = published::choose(store, region, (Some(&release.id), None, None), layer).await?;
    let bbox = store::area_boxes(store, region).await?.get(&area).copied();
    let bbox = bbox.map(|[w, s, e, n]| [w - MARGIN, s - MARGIN, e + MARGIN, n + MARGIN]);
    let pieces = published::pieces(store, &release.id, layer, bbox).await?;
    let cover = store::load_cover(store, region).await?;
    let of = hexes_of(&cover, ESTIMATED, &|key| key.lies_in(area)).into_keys().collect();
    estimated(header(&release, layer), pieces, Some(of)).await
}

fn header(release: &ReleaseRow, layer: Layer) -> EstimateHeader {
    EstimateHeader {
        region: release.region.clone(),
        release: release.id.clone(),
        window: release.window.clone(),
        source: release.source,
        simulated: release.simulated,
        layer,
    }
}

async fn estimated(
    header: EstimateHeader,
    pieces: Vec<analytics::Piece>,
    of: Option<BTreeSet<Hex>>,
) -> Result<Estimates, ApiError> {
    // A second of computing for a whole state, which must not stop other requests.
    tokio::task::spawn_blocking(move || analytics::estimate(header, &pieces, of.as_ref()))
        .await
        .map_err(|error| ApiError::Internal(error.to_string()))
}
