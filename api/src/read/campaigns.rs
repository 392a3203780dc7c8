use axum::{Json, extract::State};
use domain::RegionId;
use serde::{Deserialize, Serialize};

use crate::{ApiError, AppState, error::ReadProblems, extract::Query};

/// Which region.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct CampaignsQuery {
    /// Region id.
    #[param(value_type = String)]
    region: RegionId,
}

/// A bounded collection effort.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignView {
    /// Id to send with a batch.
    pub id: String,
    /// Name.
    pub title: String,
    /// First moment (RFC 3339).
    pub from: String,
    /// First moment after it (RFC 3339).
    pub to: String,
    /// Source class of its evidence.
    pub source: String,
    /// Whether its evidence is made by a program.
    pub simulated: bool,
}

/// The campaigns of a region.
#[utoipa::path(get, path = "/v1/campaigns", tag = "read", params(CampaignsQuery),
    responses((status = 200, body = Vec<CampaignView>), ReadProblems))]
pub async fn campaigns(
    State(state): State<AppState>,
    Query(query): Query<CampaignsQuery>,
) -> Result<Json<Vec<CampaignView>>, ApiError> {
    super::find_region(state.store(), &query.region).await?;
    let view = |row: store::CampaignRow| CampaignView {
        id: row.id.to_string(),
        title: row.title,
        from: row.from.to_string(),
        to: row.to.to_string(),
        source: row.source.to_string(),
        simulated: row.source == domain::SourceClass::Simulated,
    };
    Ok(Json(store::campaigns(state.store(), &query.region).await?.into_iter().map(view).collect()))
}
