use axum::{Json, extract::State, response::Response};
use domain::{Layer, ReleaseId, TechnologyView};
use serde::{Deserialize, Serialize};

use crate::{
    ApiError, AppState,
    error::ReadProblems,
    extract::{Path, Query},
};

/// Which layer.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct LegendQuery {
    /// For example `mobile-26201-broadband`.
    #[param(value_type = String)]
    layer: Layer,
}

/// How map, table and report paint a layer: one definition for all of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LegendView {
    /// The three states.
    pub states: Vec<LegendState>,
    /// Ascending borders between signal classes, dBm (RTR's published cuts for RSRP).
    pub signal_breaks: Vec<i16>,
    /// Ascending borders between download classes, Mbit/s.
    pub download_breaks: Vec<u16>,
}

/// One state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LegendState {
    /// covered, dead or not_measured.
    pub state: &'static str,
    /// German label.
    pub label_de: String,
    /// CSS colour.
    pub colour: &'static str,
    /// solid, cross or hatch: states differ without colour too.
    pub pattern: &'static str,
}

/// The legend of a layer.
#[utoipa::path(get, path = "/v1/releases/{id}/legend", tag = "read",
    params(("id" = String, Path, description = "release"), LegendQuery), responses((status = 200, body = LegendView), ReadProblems))]
pub async fn legend(
    State(state): State<AppState>,
    Path(id): Path<ReleaseId>,
    Query(query): Query<LegendQuery>,
) -> Result<Response, ApiError> {
    let release = super::find_release(state.store(), &id).await?;
    let (covered, dead) = labels(query.layer);
    let entry =
        |state, label: &str, colour, pattern| LegendState { state, label_de: label.to_owned(), colour, pattern };
    let legend = LegendView {
        states: vec![
            entry("covered", covered, "#4a90bd", "solid"),
            entry("dead", dead, "#b8412b", "cross"),
            entry("not_measured", "nicht gemessen", "#ffffff", "hatch"),
        ],
        signal_breaks: vec![-111, -95, -85],
        download_breaks: vec![15, 50, 100, 200],
    };
    Ok(super::of_release(&release.id, Json(legend)))
}

const fn labels(layer: Layer) -> (&'static str, &'static str) {
    match layer.view() {
        None => ("Mindestwert erfüllt", "unter dem Mindestwert"),
        Some(TechnologyView::Any) => ("versorgt", "Funkloch"),
        Some(TechnologyView::Broadband) => ("4G oder 5G", "kein 4G oder 5G"),
        Some(TechnologyView::TwoG) => ("2G", "kein 2G"),
        Some(TechnologyView::ThreeG) => ("3G", "kein 3G"),
        Some(TechnologyView::FourG) => ("4G", "kein 4G"),
        Some(TechnologyView::FiveG) => ("5G", "kein 5G"),
    }
}
