use axum::{Json, extract::State, response::Response};
use domain::{Layer, ReleaseId};
use serde::{Deserialize, Serialize};

use super::{find_release, of_release};
use crate::{ApiError, AppState, error::ReadProblems, export, extract::Query};

/// Which pieces.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct HexesQuery {
    /// Release id.
    #[param(value_type = String)]
    release: ReleaseId,
    /// For example `mobile-26201-broadband`.
    #[param(value_type = String)]
    layer: Layer,
    /// West, south, east, north in degrees.
    bbox: Option<String>,
    /// `next` of the page before.
    after: Option<i32>,
    /// At most 1,000; 200 otherwise.
    limit: Option<u16>,
}

/// A page of pieces.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HexesPage {
    /// Release id.
    pub release: String,
    /// Layer.
    pub layer: String,
    /// Made by a program.
    pub simulated: bool,
    /// Pieces of ground in the order of their numbers.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<serde_json::Value>,
    /// `after` of the next page; null at the end.
    pub next: Option<i32>,
}

/// Published pieces of ground with their numbers.
#[utoipa::path(get, path = "/v1/hexes", tag = "read", params(HexesQuery), responses((status = 200, body = HexesPage), ReadProblems))]
pub async fn hexes(State(state): State<AppState>, Query(query): Query<HexesQuery>) -> Result<Response, ApiError> {
    let release = find_release(state.store(), &query.release).await?;
    let limit = query.limit.unwrap_or(200).clamp(1, 1_000);
    let bbox = query.bbox.as_deref().map(read_bbox).transpose()?;
    let rows = store::pieces(state.store(), &release.id, query.layer, bbox, query.after, i64::from(limit)).await?;
    let next = (rows.len() == usize::from(limit)).then(|| rows.last().map(|row| row.number)).flatten();
    let page = HexesPage {
        release: release.id.to_string(),
        layer: query.layer.to_string(),
        simulated: release.simulated,
        items: rows.iter().map(export::piece).collect(),
        next,
    };
    Ok(of_release(&release.id, Json(page)))
}

fn read_bbox(text: &str) -> Result<[f64; 4], ApiError> {
    let numbers: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    match numbers[..] {
        [w, s, e, n] if numbers.iter().all(|v| v.is_finite()) && w < e && s < n => Ok([w, s, e, n]),
        _ => Err(ApiError::BadRequest(
            "bbox must be west,south,east,north in degrees, for example 6.9,51.3,7.2,51.5".into(),
        )),
    }
}
