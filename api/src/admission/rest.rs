//! What a refused client still sends is read and thrown away, within limits.
//!
//! A connection that is closed over unread bytes is reset: a phone that is told to come later, or that its batch is too
//! large, would see a broken connection instead, and try again at once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Request, State},
    http::header::EXPECT,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt as _};
use tokio::{sync::Semaphore, time::timeout};

use crate::MAX_BODY_BYTES;

/// Clients that are heard out at the same time; the connections of more are closed.
const AT_ONCE: usize = 64;
/// Of one client.
const LONGEST_REST_BYTES: usize = 4 * MAX_BODY_BYTES;
/// Of one client.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many may still be heard out.
pub(crate) fn seats() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

/// Answers as what is inside does, and reads what that leaves of the body.
pub(crate) async fn hear_out(State(seats): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    // Who asked whether to send, and was answered before anybody read, sends nothing.
    let sends = !request.headers().contains_key(EXPECT);
    next.run(request.map(|body| Body::from_stream(HeardOut { body: Some(body.into_data_stream()), sends, seats })))
        .await
}

/// A body that is read to its end by somebody, if not by its reader.
struct HeardOut {
    /// None after its end.
    body: Option<BodyDataStream>,
    sends: bool,
    seats: Arc<Semaphore>,
}

impl Stream for HeardOut {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.sends = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let next = ready!(body.poll_next_unpin(context));
        if !matches!(next, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(next)
    }
}

impl Drop for HeardOut {
    fn drop(&mut self) {
        let (Some(mut body), true) = (self.body.take(), self.sends) else { return };
        let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let read = async {
                let mut bytes = 0;
                while let Some(Ok(piece)) = body.next().await {
                    bytes += piece.len();
                    if bytes > LONGEST_REST_BYTES {
                        return;
                    }
                }
            };
            let _ = timeout(PATIENCE, read).await;
            drop(seat);
        });
    }
}
