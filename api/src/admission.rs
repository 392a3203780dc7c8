//! Who may send, and how much all of them together may hold in memory: asked before a body is read.

mod bodies;
pub(crate) mod rest;
mod sender;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use bodies::Bodies;
pub use sender::Admitted;

use crate::{ApiError, AppState};

/// What the door knows.
#[derive(Clone)]
pub(crate) struct Door {
    state: AppState,
    bodies: Bodies,
}

impl Door {
    pub fn new(state: AppState) -> Self {
        Self { state, bodies: Bodies::default() }
    }
}

/// Lets a request with a body in if its sender may send one more and there is room for it; keeps the room until the
/// answer.
pub(crate) async fn admit(State(door): State<Door>, request: Request, next: Next) -> Result<Response, ApiError> {
    if !matches!(*request.method(), Method::POST | Method::DELETE) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let admitted = Admitted::ask(&parts, &door.state)?;
    parts.extensions.insert(admitted);
    let mut arrived = 0;
    let read = door.bodies.read(body, admitted.prefix(), &mut arrived).await;
    // What was refused or broken off took its place as well.
    admitted.held(&door.state, arrived);
    // A phone that loses its network in the middle sends no garbage.
    if let Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE)) = &read {
        admitted.was_garbage(&door.state);
    }
    let (whole, held) = read?;
    let answer = next.run(Request::from_parts(parts, Body::from(whole))).await;
    drop(held);
    Ok(answer)
}
