//! Connections: bounded in number, in what they may hold, and in how long they may say nothing.

use std::{pin::pin, sync::Arc, time::Duration};

use api::measure::Endpoints;
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

/// At the same time; more wait in the queue of the system.
const CONNECTIONS: usize = 2_000;
/// How long the head of a request may take, and a connection may rest between two requests.
const HEAD: Duration = Duration::from_mins(1);
/// Of what a connection has sent and nobody has read. A head must fit into it.
const BUFFER_BYTES: usize = 32 << 10;
/// How long requests under way may take when the server stops.
const GOODBYE: Duration = Duration::from_secs(10);

/// Serves until it is told to stop, and until requests under way are answered.
pub async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) {
    let (seats, connections) = (Arc::new(Semaphore::new(CONNECTIONS)), TaskTracker::new());
    while let Some(Ok(seat)) = stop.run_until_cancelled(Arc::clone(&seats).acquire_owned()).await {
        match stop.run_until_cancelled(listener.accept()).await {
            Some(Ok((stream, client))) => {
                let endpoints = Endpoints::new(client, stream.local_addr().ok());
                connections.spawn(converse(stream, endpoints, app.clone(), stop.clone(), seat));
            }
            Some(Err(error)) => {
                // Too many open files, mostly: some will be closed.
                warn!(%error, "could not take a connection");
                sleep(Duration::from_millis(100)).await;
            }
            None => break,
        }
    }
    drop(listener);
    connections.close();
    if timeout(GOODBYE, connections.wait()).await.is_err() {
        info!("some clients did not take their answers: their connections are closed");
    }
}

async fn converse(
    stream: TcpStream,
    endpoints: Endpoints,
    app: Router,
    stop: CancellationToken,
    _seat: OwnedSemaphorePermit,
) {
    // Answers are small and whole.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(endpoints));
        app.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = if let Some(ended) = stop.run_until_cancelled(connection.as_mut()).await {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended");
    }
}
