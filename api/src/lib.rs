//! The HTTP face: ingest, the measurement server, and the read side, which reads releases only.
//!
//! [`app`] builds the router; handlers extract, call, and map. Errors are RFC 9457 problems from one
//! exhaustive map ([`ApiError`]).
#![forbid(unsafe_code)]

mod admission;
mod contributions;
mod error;
pub mod estimate;
pub mod export;
mod extract;
mod geosubmit;
pub mod measure;
pub mod next;
mod openapi;
mod ops;
mod published;
pub mod ranking;
mod read;
mod state;
mod submit;
mod web;

pub use error::ApiError;
pub use openapi::document;
pub use state::{AppState, Parts};

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, decompression::RequestDecompressionLayer,
    trace::TraceLayer,
};

/// Largest batch body after decompression.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Method and path template: no address, no body, and no query, which may name a place.
fn span(request: &Request) -> tracing::Span {
    let path = request.extensions().get::<MatchedPath>().map_or("page", MatchedPath::as_str);
    tracing::debug_span!("request", http.method = %request.method(), http.path = path)
}

/// The whole service as one router.
pub fn app(state: AppState) -> Router {
    let measure = state.measure().map(measure::routes).unwrap_or_default();
    let (routes, _) = openapi::router().split_for_parts();
    let routes = routes
        .merge(geosubmit::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::middleware::from_fn_with_state(admission::Door::new(state.clone()), admission::admit))
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new())
        .layer(tower_http::timeout::TimeoutLayer::with_status_code(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_mins(1),
        ))
        .layer(axum::middleware::map_response(error::as_problem))
        .layer(axum::middleware::from_fn_with_state(
            admission::rest::Hearing::new(state.clone()),
            admission::rest::hear_out,
        ));
    routes
        .fallback(web::page)
        .with_state(state)
        .merge(measure)
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span))
}
