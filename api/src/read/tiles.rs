use axum::{extract::State, http::header, response::Response};
use domain::{Layer, RegionId, ReleaseId};

use super::{find_region, find_release, of_release};
use crate::{ApiError, AppState, error::ReadProblems, extract::Path};

const MVT: &str = "application/vnd.mapbox-vector-tile";

/// A vector tile of a layer: source layer `hexes`.
///
/// A release never changes, so its tiles may be kept for ever.
#[utoipa::path(get, path = "/tiles/{release}/{layer}/{z}/{x}/{y}", tag = "tiles",
    params(("release" = String, Path), ("layer" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)),
    responses((status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>), ReadProblems))]
pub async fn tile(
    State(state): State<AppState>,
    Path((release, layer, z, x, y)): Path<(ReleaseId, Layer, u8, u32, u32)>,
) -> Result<Response, ApiError> {
    check(z, x, y)?;
    // An empty tile of a release that does not exist would be kept for ever.
    find_release(state.store(), &release).await?;
    let bytes = store::tile(state.store(), &release, layer, z, x, y).await?;
    let headers = [(header::CONTENT_TYPE, MVT), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok(of_release(&release, (headers, bytes)))
}

/// A vector tile of the municipalities, districts and states of a region: source layer `areas`.
#[utoipa::path(get, path = "/tiles/areas/{region}/{z}/{x}/{y}", tag = "tiles",
    params(("region" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)),
    responses((status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>), ReadProblems))]
pub async fn area_tile(
    State(state): State<AppState>,
    Path((region, z, x, y)): Path<(RegionId, u8, u32, u32)>,
) -> Result<Response, ApiError> {
    check(z, x, y)?;
    find_region(state.store(), &region).await?;
    let bytes = store::area_tile(state.store(), &region, z, x, y).await?;
    let headers = [(header::CONTENT_TYPE, MVT), (header::CACHE_CONTROL, "public, max-age=3600")];
    Ok(axum::response::IntoResponse::into_response((headers, bytes)))
}

fn check(z: u8, x: u32, y: u32) -> Result<(), ApiError> {
    let side = 1_u32.checked_shl(u32::from(z)).unwrap_or(0);
    if z > 18 || x >= side || y >= side {
        return Err(ApiError::BadRequest("a tile is z/x/y with z at most 18 and x, y below 2^z".into()));
    }
    Ok(())
}
