//! The measurement server: ndt7 (spec v0.11) for any open speed-test client.
//!
//! One TCP connection a test. The server sends (`download`) or receives (`upload`) for up to
//! [`MeasureConfig::runtime`], says in text messages what it has counted, and closes. A full server says so
//! instead of measuring badly. Addresses of clients are told to the client itself and to nobody else:
//! they are neither stored nor logged.
//!
//! What the kernel knows (TCP_INFO) is left out: the socket behind a WebSocket is not shown to these handlers, and a
//! made-up number would be worse than none. Clients fall back to `AppInfo`.

mod capacity;
mod download;
mod endpoints;
mod message;
mod metadata;
mod refusal;
mod upload;

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{
        FromRequestParts, RawQuery, State,
        ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderValue, request::Parts},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{Clock, SystemClock};
use tower_http::cors::{Any, CorsLayer};

use capacity::Capacity;
use download::Download;
pub use endpoints::Endpoints;
use message::{Direction, Run};
use metadata::Metadata;
use refusal::Refusal;

/// Required of both sides; nothing is measured without it.
const SUBPROTOCOL: &str = "net.measurementlab.ndt.v7";
/// Largest message that a client may send.
const MAX_MESSAGE: usize = 1 << 24;

/// How the measurement server measures.
#[derive(Clone, Debug)]
pub struct MeasureConfig {
    /// Connections measured at the same time. Each of our own clients uses two: one is for latency.
    pub max_tests: usize,
    /// Length of a download; an upload may take half as long again, and neither more than 15 s.
    pub runtime: Duration,
    /// Wall clock for the start of a test, monotonic clock for all else.
    pub clock: Arc<dyn Clock>,
}

impl MeasureConfig {
    /// No test takes longer, whatever else is configured.
    pub const LONGEST: Duration = Duration::from_secs(15);

    /// A sender stops here.
    fn sending(&self) -> Duration {
        self.runtime.min(Self::LONGEST)
    }

    /// A receiver listens a little longer, so that a client with a clock of its own can end by itself.
    fn receiving(&self) -> Duration {
        (self.runtime + self.runtime / 2).min(Self::LONGEST)
    }
}

impl Default for MeasureConfig {
    fn default() -> Self {
        Self { max_tests: 64, runtime: Duration::from_secs(10), clock: Arc::new(SystemClock::default()) }
    }
}

#[derive(Clone)]
struct Measure {
    config: Arc<MeasureConfig>,
    capacity: Capacity,
    /// The largest message, made once: random, so that nothing on the way shrinks it.
    payload: Bytes,
}

/// `GET /ndt/v7/download` and `GET /ndt/v7/upload`, open to pages of any origin.
///
/// Requests carry `ConnectInfo<Endpoints>` (`into_make_service_with_connect_info::<Endpoints>()` puts it there), so that
/// clients are told their address, as the spec wants; without it `ConnectionInfo` is left out.
pub fn routes(config: MeasureConfig) -> Router {
    let capacity = Capacity::new(config.max_tests);
    let state = Measure { config: Arc::new(config), capacity, payload: download::incompressible() };
    Router::new()
        .route("/ndt/v7/download", get(download))
        .route("/ndt/v7/upload", get(upload))
        .layer(CorsLayer::new().allow_origin(Any))
        .with_state(state)
}

async fn download(State(measure): State<Measure>, test: TestRequest) -> Response {
    let download = Download { early_exit: test.metadata.early_exit, payload: measure.payload.clone() };
    start(&measure, Direction::Download, test, move |socket, run, config| download.run(socket, run, config))
}

async fn upload(State(measure): State<Measure>, test: TestRequest) -> Response {
    start(&measure, Direction::Upload, test, upload::run)
}

/// Takes a place, upgrades, and runs the test in a task of its own, which is always bounded.
fn start<F>(
    measure: &Measure,
    direction: Direction,
    test: TestRequest,
    run: impl FnOnce(WebSocket, Run, Arc<MeasureConfig>) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = u64> + Send + 'static,
{
    let Some(place) = measure.capacity.take() else {
        count_outcome(direction, "refused_busy");
        return Refusal::Busy { retry_after: measure.config.receiving() }.into_response();
    };
    let config = Arc::clone(&measure.config);
    let description = Run::new(direction, test.endpoints, &*config.clock);
    test.upgrade.on_upgrade(move |socket| async move {
        let bytes = run(socket, description, config).await;
        metrics::counter!("whitespot_measure_bytes_total", "direction" => direction.name()).increment(bytes);
        count_outcome(direction, "run");
        drop(place);
    })
}

fn count_outcome(direction: Direction, outcome: &'static str) {
    metrics::counter!("whitespot_measure_tests_total", "direction" => direction.name(), "outcome" => outcome)
        .increment(1);
}

/// A request that has passed every check but the one for a free place.
struct TestRequest {
    metadata: Metadata,
    endpoints: Option<Endpoints>,
    upgrade: WebSocketUpgrade,
}

impl<S: Send + Sync> FromRequestParts<S> for TestRequest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Ok(RawQuery(query)) = RawQuery::from_request_parts(parts, state).await;
        let metadata = Metadata::parse(query.as_deref().unwrap_or_default())?;
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state)
            .await
            .map_err(|rejection: WebSocketUpgradeRejection| Refusal::NoWebSocket { status: rejection.status() })?;
        let upgrade = upgrade.protocols([SUBPROTOCOL]).max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
        if upgrade.selected_protocol() != Some(&HeaderValue::from_static(SUBPROTOCOL)) {
            return Err(Refusal::NoSubprotocol);
        }
        Ok(Self { metadata, endpoints: Endpoints::of(parts), upgrade })
    }
}

#[cfg(test)]
mod tests;
