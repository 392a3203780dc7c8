use axum::{extract::State, http::header, response::Response};
use domain::{RegionId, ReleaseId, SourceClass, Window};
use serde::Deserialize;

use super::of_release;
use crate::{
    ApiError, AppState,
    error::ReadProblems,
    extract::Query,
    ranking::{self, Request},
};

/// Which list, and how.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct RankingsQuery {
    /// Region id.
    #[param(value_type = String)]
    region: RegionId,
    /// fixed or mobile: never mixed in one list.
    #[param(value_type = String)]
    track: analytics::Track,
    /// Release; the newest that has the track otherwise.
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

/// Municipalities by need, with intervals, ties and reasons.
///
/// Shape: `schemas/rank.json`. Formula: docs/METHODS.md.
#[utoipa::path(get, path = "/v1/rankings", tag = "read", params(RankingsQuery),
    responses((status = 200, description = "schemas/rank.json", body = Object), ReadProblems))]
pub async fn rankings(State(state): State<AppState>, Query(query): Query<RankingsQuery>) -> Result<Response, ApiError> {
    let RankingsQuery { region, track, release, window, source, format } = query;
    let request = Request { region, track, release, window, source };
    let ranking = ranking::compute(state.store(), &request).await?;
    let (kind, body) = match format.as_deref().unwrap_or("json") {
        "json" => ("application/json", ranking.to_json()),
        "csv" => ("text/csv; charset=utf-8", ranking.to_csv()),
        "geojson" => ("application/geo+json", ranking::to_geojson(state.store(), &request.region, &ranking).await?),
        other => return Err(ApiError::BadRequest(format!("format `{other}`: use json, csv or geojson"))),
    };
    Ok(of_release(&ranking.header.release, ([(header::CONTENT_TYPE, kind)], body)))
}
