use axum::{Json, extract::State, response::Response};
use domain::{RegionId, ReleaseId};
use serde::{Deserialize, Serialize};
use store::ReleaseRow;

use super::{find_region, find_release, of_release};
use crate::{
    ApiError, AppState,
    error::ReadProblems,
    extract::{Path, Query},
};

/// Which region.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct ReleasesQuery {
    /// Region id.
    #[param(value_type = String)]
    region: RegionId,
}

/// An immutable publication.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReleaseHead {
    /// Hash of evidence, rules and code.
    pub id: String,
    /// Region.
    pub region: String,
    /// campaign:ID, a month or a year.
    pub window: String,
    /// crowd, survey, reported or simulated.
    pub source: String,
    /// Made by a program: every view must say so.
    pub simulated: bool,
    /// When it was published (RFC 3339).
    pub created_at: String,
    /// Hashes of evidence and rules, version of the software, smallest number of devices.
    #[schema(value_type = Object)]
    pub manifest: serde_json::Value,
}

/// A release with its layers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReleaseView {
    /// The release.
    #[serde(flatten)]
    pub head: ReleaseHead,
    /// What it judges.
    pub layers: Vec<LayerView>,
}

/// A layer of a release.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LayerView {
    /// `fixed` or like `mobile-26201-broadband`.
    pub layer: String,
    /// MCC and MNC.
    pub operator: Option<String>,
    /// Name of the network, if known.
    pub operator_name: Option<&'static str>,
    /// any, broadband, 2g, 3g, 4g or 5g.
    pub view: Option<String>,
    /// Pieces of ground.
    pub pieces: i64,
}

fn head(row: ReleaseRow) -> ReleaseHead {
    ReleaseHead {
        id: row.id.to_string(),
        region: row.region.to_string(),
        window: row.window.to_string(),
        source: row.source.to_string(),
        simulated: row.simulated,
        created_at: row.created_at.to_string(),
        manifest: row.manifest,
    }
}

/// The releases of a region, newest first.
#[utoipa::path(get, path = "/v1/releases", tag = "read", params(ReleasesQuery),
    responses((status = 200, body = Vec<ReleaseHead>), ReadProblems))]
pub async fn releases(
    State(state): State<AppState>,
    Query(query): Query<ReleasesQuery>,
) -> Result<Json<Vec<ReleaseHead>>, ApiError> {
    find_region(state.store(), &query.region).await?;
    Ok(Json(store::releases(state.store(), &query.region).await?.into_iter().map(head).collect()))
}

/// One release with its layers.
#[utoipa::path(get, path = "/v1/releases/{id}", tag = "read",
    params(("id" = String, Path, description = "release")), responses((status = 200, body = ReleaseView), ReadProblems))]
pub async fn release(State(state): State<AppState>, Path(id): Path<ReleaseId>) -> Result<Response, ApiError> {
    let row = find_release(state.store(), &id).await?;
    let layers = store::release_layers(state.store(), &id).await?;
    let view = |row: store::ReleaseLayerRow| LayerView {
        layer: row.layer.to_string(),
        operator: row.layer.operator().map(|operator| operator.to_string()),
        operator_name: row.layer.operator().and_then(domain::networks::name),
        view: row.layer.view().map(|view| view.to_string()),
        pieces: row.pieces,
    };
    let layers = layers.into_iter().map(view).collect();
    Ok(of_release(&id, Json(ReleaseView { head: head(row), layers })))
}
