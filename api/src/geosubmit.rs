//! `POST /v2/geosubmit`: what Android collectors send to ichnaea and beaconDB.
//!
//! The path and its answers belong to another protocol, so that they stand beside the OpenAPI document, as those of
//! the speed test do. Positions become hexagons in the parser; nothing of a request is logged.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use domain::DeviceSecret;
use ingest::{IngestError, Recorder, import::geosubmit};
use serde_json::json;

use crate::{ApiError, AppState, admission::Admitted};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/v2/geosubmit", post(submit))
}

/// Takes reports. `?key=` with 32 hexadecimal digits is the secret of a device; everybody else shares one voice.
async fn submit(
    State(state): State<AppState>,
    admitted: Admitted,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, ApiError> {
    let ingest = state.ingest().ok_or(ApiError::NotHere)?;
    match ingest.submit_geosubmit(&body, recorder(query.as_deref())).await {
        Ok(()) => Ok(Json(json!({})).into_response()),
        Err(IngestError::Malformed(_)) => {
            admitted.was_garbage(&state);
            Ok(parse_error())
        }
        Err(error) => Err(error.into()),
    }
}

fn recorder(query: Option<&str>) -> Recorder {
    let key = query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("key="));
    key.and_then(|key| key.parse::<DeviceSecret>().ok()).map_or_else(geosubmit::anonymous, Recorder::Device)
}

/// As ichnaea words it; its clients look for this.
fn parse_error() -> Response {
    let error = json!({
        "error": {
            "errors": [{ "domain": "global", "reason": "parseError", "message": "Parse Error" }],
            "code": 400,
            "message": "Parse Error",
        },
    });
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_secret_is_a_voice_of_its_own() {
        let secret = "a1".repeat(16);
        assert!(matches!(recorder(Some(&format!("v=2&key={secret}"))), Recorder::Device(_)));
        for anonymous in [None, Some(""), Some("key="), Some("key=test"), Some("key=00000000000000000000000000000000")]
        {
            assert_eq!(recorder(anonymous), geosubmit::anonymous(), "{anonymous:?}");
        }
    }
}
