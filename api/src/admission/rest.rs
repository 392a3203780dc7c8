//! What a refused client still sends is read and thrown away, within limits.
//!
//! A connection that is closed over unread bytes is reset: a phone that is told to come later, or that its batch is too
//! large, would see a broken connection instead, and try again at once.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes, HttpBody as _},
    extract::{Request, State},
    http::header::EXPECT,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt as _};
use ingest::AddressPrefix;
use tokio::time::timeout;

use super::{bodies::Room, sender};
use crate::{AppState, MAX_BODY_BYTES};

/// Clients that are heard out at the same time; the connections of more are closed.
const AT_ONCE: usize = 64;
/// Of these from one address prefix.
const OF_ONE: usize = 16;
/// Of one client.
const LONGEST_REST_BYTES: usize = 4 * MAX_BODY_BYTES;
/// Of one client.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who may be heard out.
#[derive(Clone)]
pub(crate) struct Hearing {
    state: AppState,
    seats: Room,
}

impl Hearing {
    pub fn new(state: AppState) -> Self {
        Self { state, seats: Room::of_pieces(AT_ONCE, OF_ONE) }
    }
}

/// Answers as what is inside does, and reads what that leaves of the body.
pub(crate) async fn hear_out(State(hearing): State<Hearing>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Who asked whether to send, and was answered before anybody read, sends nothing.
    let sends = !request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let sender = sender::prefix(&parts, hearing.state.trusted_proxies());
    let body = HeardOut { body: Some(body.into_data_stream()), sends, sender, seats: hearing.seats };
    next.run(Request::from_parts(parts, Body::from_stream(body))).await
}

/// A body that is read to its end by somebody, if not by its reader.
struct HeardOut {
    /// None after its end.
    body: Option<BodyDataStream>,
    sends: bool,
    sender: Option<AddressPrefix>,
    seats: Room,
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
        let mut seat = self.seats.nothing(self.sender);
        if seat.grow(1).is_err() {
            return;
        }
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
