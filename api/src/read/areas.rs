use std::collections::HashMap;

use axum::{Json, extract::State, response::Response};
use domain::{AreaKey, Layer, RegionId, ReleaseId};
use serde::{Deserialize, Serialize};
use store::AreaRow;

use super::{find_region, find_release, of_release};
use crate::{ApiError, AppState, error::ReadProblems, extract::Query};

/// Which areas, and which numbers.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct AreasQuery {
    /// Region id.
    #[param(value_type = String)]
    region: RegionId,
    /// Release whose numbers are wanted.
    #[param(value_type = Option<String>)]
    release: Option<ReleaseId>,
    /// Layer whose numbers are wanted.
    #[param(value_type = Option<String>)]
    layer: Option<Layer>,
}

/// All areas of a region.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AreasView {
    /// Release that the numbers come from; null without one.
    pub release: Option<String>,
    /// Made by a program; null without a release.
    pub simulated: Option<bool>,
    /// By key.
    pub items: Vec<AreaView>,
}

/// An area with its published total. An area without one is `not_measured`: nothing may be said about it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AreaView {
    /// AGS as text.
    pub key: String,
    /// Name.
    pub name: String,
    /// state, district or municipality.
    pub level: String,
    /// Key of the area around it.
    pub parent: Option<String>,
    /// Inhabitants, if known.
    pub inhabitants: Option<i64>,
    /// covered, dead or not_measured.
    pub state: String,
    /// West, south, east, north in degrees.
    pub bbox: Option<[f64; 4]>,
    /// Numbers; null where nothing is published.
    #[schema(value_type = Option<Object>)]
    pub summary: Option<serde_json::Value>,
    /// How many hexagons of the area the layer measured, how many lie in something larger that was, how many nobody
    /// measured; null without a layer, and in releases of versions that did not count it. docs/METHODS.md, Reach.
    #[schema(value_type = Option<Object>)]
    pub reach: Option<serde_json::Value>,
}

/// Areas of a region with the published totals of one layer.
#[utoipa::path(get, path = "/v1/areas", tag = "read", params(AreasQuery), responses((status = 200, body = AreasView), ReadProblems))]
pub async fn areas(State(state): State<AppState>, Query(query): Query<AreasQuery>) -> Result<Response, ApiError> {
    let store = state.store();
    find_region(store, &query.region).await?;
    let mut rows: HashMap<AreaKey, AreaRow> = HashMap::new();
    let mut simulated = None;
    let mut reach: HashMap<AreaKey, serde_json::Value> = HashMap::new();
    match (&query.release, query.layer) {
        (Some(release), Some(layer)) => {
            simulated = Some(find_release(store, release).await?.simulated);
            rows.extend(store::area_rows(store, release, layer).await?.into_iter().map(|row| (row.key, row)));
            reach.extend(store::reach_rows(store, release, layer).await?.into_iter().map(|row| (row.key, row.reach)));
        }
        (None, None) => {}
        _ => return Err(ApiError::BadRequest("give both release and layer, or neither".into())),
    }
    let boxes = store::area_boxes(store, &query.region).await?;
    let view = |area: store::AreaData| {
        let row = rows.remove(&area.key);
        AreaView {
            key: area.key.to_string(),
            name: area.name,
            level: area.level.to_string(),
            parent: area.parent.map(|key| key.to_string()),
            inhabitants: area.inhabitants,
            bbox: boxes.get(&area.key).copied(),
            state: row.as_ref().map_or("not_measured".to_owned(), |row| row.state.clone()),
            summary: row.map(|row| row.summary),
            reach: reach.remove(&area.key),
        }
    };
    let items = store::areas(store, &query.region).await?.into_iter().map(view).collect();
    let answer = Json(AreasView { release: query.release.as_ref().map(ToString::to_string), simulated, items });
    Ok(match &query.release {
        Some(release) => of_release(release, answer),
        None => axum::response::IntoResponse::into_response(answer),
    })
}
