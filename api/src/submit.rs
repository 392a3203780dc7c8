//! `POST /v1/batches`.

use axum::{Json, body::Bytes, extract::State};
use domain::{
    RejectionReason,
    wire::v1::{BatchAnswer, ItemAnswer},
};

use crate::{ApiError, AppState, admission::Admitted, error::Problem};
use ingest::IngestError;

/// Takes a batch of up to 1,000 items and answers each of them after the commit.
///
/// Idempotent: an item sent again is answered `duplicate`. After a 503 or no answer at all, send the same
/// batch again, after `Retry-After` seconds. Shape: `schemas/wire-v1.json`. JSON, also gzip or zstd.
#[utoipa::path(
    post, path = "/v1/batches", tag = "submit",
    request_body(content = Object, content_type = "application/json", description = "also gzip or zstd"),
    responses(
        (status = 200, description = "one answer an item, in order", body = Object),
        (status = 400, description = "not a batch", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "nothing of the body came for twenty seconds, or it is large and slow", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "too many items or bytes", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too much at once, come again", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "come again with the same batch", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn submit(
    State(state): State<AppState>,
    admitted: Admitted,
    body: Bytes,
) -> Result<Json<BatchAnswer>, ApiError> {
    let ingest = state.ingest().ok_or(ApiError::NotHere)?;
    let answer = ingest.submit(&body).await;
    // Abroad, or often at one place: an honest phone's items are refused as well, and cost it nothing.
    let nonsense = |item: &ItemAnswer| matches!(item.reason, Some(RejectionReason::Malformed | RejectionReason::BadId));
    match &answer {
        Err(IngestError::Malformed(_) | IngestError::TooManyItems { .. }) => admitted.was_garbage(&state),
        Ok(answer) if !answer.items.is_empty() && answer.items.iter().all(nonsense) => admitted.was_garbage(&state),
        _ => {}
    }
    Ok(Json(answer?))
}
