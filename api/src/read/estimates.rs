use axum::{extract::State, http::header, response::Response};
use domain::{AreaKey, Layer, ReleaseId};
use serde::Deserialize;

use super::{find_release, of_release};
use crate::{ApiError, AppState, error::ReadProblems, estimate, extract::Query};

/// Of what, and where.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct EstimatesQuery {
    /// Release id.
    #[param(value_type = String)]
    release: ReleaseId,
    /// For example `mobile-26201-broadband`.
    #[param(value_type = String)]
    layer: Layer,
    /// AGS of a municipality or district.
    #[param(value_type = String)]
    area: AreaKey,
    /// json, csv or geojson.
    format: Option<String>,
}

/// Estimates for planners at resolution 8, smoothed from measured neighbours: no measurements, and never mixed with
/// them.
///
/// Shape: `schemas/estimate.json`. Formula: docs/METHODS.md, Estimates. Hexagons without a measured neighbour that
/// nobody measured are left out: unknown.
#[utoipa::path(get, path = "/v1/estimates", tag = "read", params(EstimatesQuery),
    responses((status = 200, description = "schemas/estimate.json", body = Object), ReadProblems))]
pub async fn estimates(
    State(state): State<AppState>,
    Query(query): Query<EstimatesQuery>,
) -> Result<Response, ApiError> {
    let form = query.format.as_deref().unwrap_or("json");
    if !["json", "csv", "geojson"].contains(&form) {
        return Err(ApiError::BadRequest(format!("format `{form}`: use json, csv or geojson")));
    }
    let release = find_release(state.store(), &query.release).await?;
    let estimates = estimate::of_area(state.store(), &release, query.layer, query.area).await?;
    let (kind, body) = match form {
        "csv" => ("text/csv; charset=utf-8", estimates.to_csv()),
        "geojson" => ("application/geo+json", estimates.to_geojson()),
        _ => ("application/json", estimates.to_json()),
    };
    Ok(of_release(&release.id, ([(header::CONTENT_TYPE, kind)], body)))
}
