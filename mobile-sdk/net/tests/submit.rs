//! The queue and the transport together, against a server that answers what a test tells it to.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::{HashSet, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use domain::{Clock, SystemClock, record::Failing, wire::v1::Client};
use sdk_core::{Consent, DeadSpotInput, Engine, LossReason, Now, Place, Policy, Position};
use sdk_net::{ServerUrl, SubmitOptions, submit};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A status code, and `Retry-After`.
type Trouble = (u16, Option<u32>);

/// Status codes to answer first; then every item is taken, once.
#[derive(Clone, Default)]
struct Server {
    first: Arc<Mutex<VecDeque<Trouble>>>,
    taken: Arc<Mutex<HashSet<String>>>,
}

impl Server {
    async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/v1/batches", post(batch)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }
}

async fn batch(State(server): State<Server>, headers: HeaderMap, Json(batch): Json<Value>) -> Response {
    assert_eq!(headers["content-type"], "application/json");
    if let Some((status, retry_after)) = server.first.lock().unwrap().pop_front() {
        let mut response = StatusCode::from_u16(status).unwrap().into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        return response;
    }
    let mut taken = server.taken.lock().unwrap();
    let items: Vec<Value> = batch["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let new = taken.insert(item["id"].as_str().unwrap().to_owned());
            let outcome = match (item["failing"].as_str(), new) {
                (Some("indoors"), _) => "rejected",
                (_, true) => "accepted",
                (_, false) => "duplicate",
            };
            json!({ "id": item["id"], "outcome": outcome })
        })
        .collect();
    Json(json!({ "batch_id": batch["batch_id"], "items": items })).into_response()
}

fn engine(dir: &std::path::Path, clock: &dyn Clock, failing: &[Failing]) -> Engine {
    let policy = Policy { backoff_base: Duration::from_millis(20), ..Policy::default() };
    let client = Client { name: "test".into(), version: "1".into() };
    let mut engine = Engine::open(dir, policy, client, 7, Now::of(clock)).unwrap();
    engine.grant_consent(Consent::default()).unwrap();
    for &failing in failing {
        let place = Place::Position(Position::from_degrees(51.4344, 6.7623, 10.0).unwrap());
        let report = DeadSpotInput { at: clock.now(), place, failing, operator: None, since: None, comment: None };
        engine.record_dead_spot(report, Now::of(clock)).unwrap();
    }
    engine
}

fn url(address: SocketAddr) -> ServerUrl {
    format!("http://{address}/").parse().unwrap()
}

#[tokio::test]
async fn what_was_recorded_arrives_and_each_item_has_its_own_answer() {
    let (dir, clock, server) = (tempfile::tempdir().unwrap(), SystemClock::default(), Server::default());
    let mut engine = engine(dir.path(), &clock, &[Failing::NoService, Failing::Indoors, Failing::NoData]);
    let address = server.start().await;
    let summary = submit(&mut engine, &url(address), &SubmitOptions::default(), &clock).await.unwrap();
    assert_eq!((summary.uploads, summary.delivered, summary.lost), (1, 2, 1));
    assert_eq!(summary.queue.lost, [(LossReason::Rejected, 1)].into());
    assert_eq!((summary.queue.pending, summary.trouble), (0, None));
}

#[tokio::test]
async fn a_server_that_recovers_gets_everything_exactly_once() {
    let (dir, clock, server) = (tempfile::tempdir().unwrap(), SystemClock::default(), Server::default());
    let mut engine = engine(dir.path(), &clock, &[Failing::NoService; 3]);
    server.first.lock().unwrap().extend([(500, None), (503, None)]);
    let address = server.start().await;
    let summary = submit(&mut engine, &url(address), &SubmitOptions::default(), &clock).await.unwrap();
    assert_eq!((summary.delivered, summary.queue.pending), (3, 0));
    assert_eq!(server.taken.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_long_retry_after_is_left_to_the_next_call() {
    let (dir, clock, server) = (tempfile::tempdir().unwrap(), SystemClock::default(), Server::default());
    let mut engine = engine(dir.path(), &clock, &[Failing::NoService]);
    server.first.lock().unwrap().push_back((429, Some(3600)));
    let address = server.start().await;
    let summary = submit(&mut engine, &url(address), &SubmitOptions::default(), &clock).await.unwrap();
    assert_eq!((summary.uploads, summary.queue.pending), (1, 1));
    assert_eq!(summary.trouble.as_deref(), Some("the server answered 429"));
}

#[tokio::test]
async fn without_a_server_everything_stays_in_the_queue() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), SystemClock::default());
    let mut engine = engine(dir.path(), &clock, &[Failing::NoService]);
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let summary = submit(&mut engine, &url(free), &SubmitOptions::default(), &clock).await.unwrap();
    assert_eq!((summary.queue.pending, summary.delivered, summary.lost), (1, 0, 0));
    assert_eq!(summary.trouble.as_deref(), Some("the server did not answer"));
}
