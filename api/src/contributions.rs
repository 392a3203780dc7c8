//! What contributors may ask of their own: erasure, and what became of a batch.

use axum::{Json, body::Bytes, extract::State};
use domain::Window;
use ingest::{FollowUpCode, FollowedItem};
use serde::{Deserialize, Serialize};

use crate::{ApiError, AppState, admission::Admitted, error::Problem, extract::Path};

/// Who wants to be forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Erasure {
    /// The secret under which the device sent its batches: 32 hexadecimal digits.
    device_secret: String,
}

/// What was erased.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Erased {
    /// Speed tests.
    pub speed_tests: u64,
    /// Coverage tracks.
    pub coverage_tracks: u64,
    /// Dead-spot reports.
    pub dead_spot_reports: u64,
}

/// Erases everything that a device has sent, and its follow-up codes.
///
/// Summaries follow within moments. Releases that were published before stay: they hold nothing of fewer
/// than nine devices. Idempotent: a second request erases nothing and says so.
#[utoipa::path(
    delete, path = "/v1/contributions", tag = "submit",
    request_body(content = Erasure, content_type = "application/json"),
    responses(
        (status = 200, description = "erased, committed", body = Erased),
        (status = 400, description = "no secret", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "nothing of the body came for twenty seconds, or it is large and slow", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "too many bytes", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too much at once", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "nothing erased, come again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn erase(State(state): State<AppState>, _: Admitted, body: Bytes) -> Result<Json<Erased>, ApiError> {
    let ingest = state.ingest().ok_or(ApiError::NotHere)?;
    // Not the parser's words: they may quote the secret.
    let wanted: Erasure = serde_json::from_slice(&body)
        .map_err(|_| ApiError::BadRequest(r#"send {"device_secret": "…"} with 32 hexadecimal digits"#.to_owned()))?;
    let erased = ingest.erase(&wanted.device_secret).await?;
    Ok(Json(Erased {
        speed_tests: erased.speed_tests,
        coverage_tracks: erased.coverage_tracks,
        dead_spot_reports: erased.dead_spot_reports,
    }))
}

/// What became of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FollowUp {
    /// One for each item of the batch, in order.
    pub items: Vec<FollowedView>,
}

/// What became of an item.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FollowedView {
    /// Kind, outcome, reason; places as hexagons of resolution 8; windows; regions; source class.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub item: FollowedItem,
    /// The first release of each window that counts it; empty while none does.
    pub releases: Vec<CountedIn>,
}

/// A release that counts an item, where enough devices measured with it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CountedIn {
    /// Its id.
    pub release: String,
    /// Its region.
    pub region: String,
    /// Its window.
    pub window: String,
}

/// What became of the items of a batch, for whoever holds its code. Says nothing of who sent it.
#[utoipa::path(
    get, path = "/v1/follow-up/{code}", tag = "submit",
    params(("code" = String, Path, description = "as answered to the batch: XXXX-XXXX-XXXX")),
    responses(
        (status = 200, body = FollowUp),
        (status = 404, description = "no such code", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too much at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn follow_up(
    State(state): State<AppState>,
    _: Admitted,
    Path(code): Path<String>,
) -> Result<Json<FollowUp>, ApiError> {
    let unknown = || ApiError::NotFound {
        what: "follow-up code",
        id: "(not repeated here)".to_owned(),
        hint: "it has 12 letters and digits, as answered to the batch; an erased batch has none any more".into(),
    };
    let code = FollowUpCode::parse(&code).ok_or_else(unknown)?;
    let batch = store::followed_batch(state.store(), code.hash()).await?.ok_or_else(unknown)?;
    let items: Vec<FollowedItem> =
        serde_json::from_value(batch.items).map_err(|error| ApiError::Internal(format!("a follow-up: {error}")))?;
    let windows: Vec<String> = items.iter().flat_map(|item| item.windows.iter().cloned()).collect();
    let releases = store::releases_after(state.store(), batch.after_release, &windows).await?;
    let counted = |item: &FollowedItem| -> Vec<CountedIn> {
        let counts = |release: &&store::CountingRelease| {
            let window = Window::to_string(&release.window);
            // Batches of older versions do not say where they are.
            let there = item.regions.is_empty() || item.regions.contains(&release.region);
            item.outcome == "accepted" && there && item.source == Some(release.source) && item.windows.contains(&window)
        };
        let view = |release: &store::CountingRelease| CountedIn {
            release: release.id.to_string(),
            region: release.region.to_string(),
            window: release.window.to_string(),
        };
        releases.iter().filter(counts).map(view).collect()
    };
    Ok(Json(FollowUp {
        items: items.into_iter().map(|item| FollowedView { releases: counted(&item), item }).collect(),
    }))
}
