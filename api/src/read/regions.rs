use axum::{Json, extract::State};
use serde::Serialize;

use crate::{ApiError, AppState, error::ReadProblems};

/// A region with the credits that every page with its data must show.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegionView {
    /// Id.
    pub id: String,
    /// Name.
    pub title: String,
    /// Credit lines of its official sources.
    pub credits: Vec<String>,
}

/// The regions of this server.
#[utoipa::path(get, path = "/v1/regions", tag = "read", responses((status = 200, body = Vec<RegionView>), ReadProblems))]
pub async fn regions(State(state): State<AppState>) -> Result<Json<Vec<RegionView>>, ApiError> {
    let view = |region: store::RegionRow| {
        let credits = region.provenance.get("credits").and_then(|credits| credits.as_array());
        let credits = credits.into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned)).collect();
        RegionView { id: region.id.to_string(), title: region.title, credits }
    };
    Ok(Json(store::regions(state.store()).await?.into_iter().map(view).collect()))
}
