//! The OpenAPI document, made from the handlers.

use axum::Json;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, contributions, ops, read, submit};

#[derive(OpenApi)]
#[openapi(info(
    title = "whitespot",
    description = "Broadband and mobile coverage measured by citizens. Errors are RFC 9457 problem documents. \
                   Everything under `read` comes from an immutable release, whose id is the ETag.",
    license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
))]
struct Document;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(submit::submit))
        .routes(routes!(contributions::erase))
        .routes(routes!(contributions::follow_up))
        .routes(routes!(read::regions))
        .routes(routes!(read::campaigns))
        .routes(routes!(read::releases))
        .routes(routes!(read::release))
        .routes(routes!(read::legend))
        .routes(routes!(read::hexes))
        .routes(routes!(read::areas))
        .routes(routes!(read::rankings))
        .routes(routes!(read::tile))
        .routes(routes!(read::area_tile))
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics))
        .routes(routes!(openapi))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, body = Object)))]
async fn openapi() -> Json<serde_json::Value> {
    let (_, document) = router().split_for_parts();
    Json(serde_json::to_value(document).unwrap_or_default())
}

/// The document as committed in `schemas/openapi.json`.
pub fn document() -> String {
    let (_, document) = router().split_for_parts();
    document.to_pretty_json().unwrap_or_default()
}
