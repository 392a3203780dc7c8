use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Why a test is not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The query string breaks a rule.
    Query(&'static str),
    /// No usable WebSocket upgrade.
    NoWebSocket { status: StatusCode },
    /// The upgrade does not offer ndt7.
    NoSubprotocol,
    /// All places are taken.
    Busy { retry_after: Duration },
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, title, detail) = match self {
            Self::Query(rule) => (StatusCode::BAD_REQUEST, "Bad metadata", format!("The query string {rule}.")),
            Self::NoWebSocket { status } => (
                status,
                "No WebSocket",
                "This address measures a line with ndt7: connect with a WebSocket (HTTP/1.1) as an ndt7 client.".into(),
            ),
            Self::NoSubprotocol => (
                StatusCode::BAD_REQUEST,
                "Missing subprotocol",
                format!("Send `Sec-WebSocket-Protocol: {}`.", super::SUBPROTOCOL),
            ),
            Self::Busy { retry_after } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Busy",
                format!("All places for tests are taken. Try again in {} s.", seconds(retry_after)),
            ),
        };
        let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Self::Busy { retry_after } = self {
            headers.insert(header::RETRY_AFTER, seconds(retry_after).into());
        }
        response
    }
}

/// Whole seconds, at least one.
fn seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).max(1) as u64
}
