use axum::{extract::State, http::header, response::Response};
use domain::{AreaKey, Layer, RegionId, ReleaseId, SourceClass, Window};
use serde::Deserialize;

use super::of_release;
use crate::{
    ApiError, AppState,
    error::ReadProblems,
    extract::Query,
    next::{self, Request},
};

/// Where, and for which list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct NextQuery {
    /// Region id.
    #[param(value_type = String)]
    region: RegionId,
    /// AGS of a municipality, district or state; the whole region otherwise.
    #[param(value_type = Option<String>)]
    area: Option<AreaKey>,
    /// fixed or mobile (taken if nothing is said): whose ranks are to move.
    #[param(value_type = Option<String>)]
    track: Option<analytics::Track>,
    /// Only this layer, instead of those of a track.
    #[param(value_type = Option<String>)]
    layer: Option<Layer>,
    /// Hexagons at most, 1 to 1,000; 50 otherwise.
    top: Option<u32>,
    /// Release; the newest that has the layers otherwise.
    #[param(value_type = Option<String>)]
    release: Option<ReleaseId>,
    /// Only releases of this window.
    #[param(value_type = Option<String>)]
    window: Option<Window>,
    /// Only releases of this source class: crowd, survey, reported or simulated.
    #[param(value_type = Option<String>)]
    source: Option<SourceClass>,
    /// json, csv or geojson.
    format: Option<String>,
}

/// Where to measure next: the hexagons whose measurement is expected to move the ranking most, with reasons.
///
/// Shape: `schemas/next.json`. Formula and proxies: docs/METHODS.md. Made from the release alone, never from live counts.
#[utoipa::path(get, path = "/v1/campaigns/next", tag = "read", params(NextQuery),
    responses((status = 200, description = "schemas/next.json", body = Object), ReadProblems))]
pub async fn next(State(state): State<AppState>, Query(query): Query<NextQuery>) -> Result<Response, ApiError> {
    let NextQuery { region, area, track, layer, top, release, window, source, format } = query;
    if track.is_some() && layer.is_some() {
        return Err(ApiError::BadRequest("give track or layer, not both: a layer belongs to one track".into()));
    }
    let track = track.unwrap_or(analytics::Track::Mobile);
    let request = Request { region, area, track, layer, top: top.unwrap_or(50), release, window, source };
    let form = format.as_deref().unwrap_or("json");
    if !["json", "csv", "geojson"].contains(&form) {
        return Err(ApiError::BadRequest(format!("format `{form}`: use json, csv or geojson")));
    }
    let list = next::compute(state.store(), &request).await?;
    let (kind, body) = match form {
        "csv" => ("text/csv; charset=utf-8", list.to_csv()),
        "geojson" => ("application/geo+json", list.to_geojson()),
        _ => ("application/json", list.to_json()),
    };
    Ok(of_release(&list.header.release, ([(header::CONTENT_TYPE, kind)], body)))
}
