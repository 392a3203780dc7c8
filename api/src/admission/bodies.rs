//! How much of all requests' bodies may be in memory at the same time.
//!
//! Bodies are counted as they arrive and after they are unpacked, so that neither many clients nor a small packed body
//! that unfolds can take more. Who does not fit is answered 503 at once and comes again.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use futures_util::StreamExt as _;
use ingest::IngestError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{ApiError, MAX_BODY_BYTES};

/// Of all bodies together. Reading one takes about three times its size.
const ALL_BODIES_BYTES: usize = 2 * MAX_BODY_BYTES;
/// Counted in pieces of this size.
const PIECE: usize = 1024;

/// The bodies that are being read or judged.
#[derive(Clone, Debug)]
pub(super) struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL_BODIES_BYTES / PIECE)))
    }
}

impl Bodies {
    /// A whole body, and the right to hold it.
    pub async fn read(&self, body: Body) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), ApiError> {
        let (mut whole, mut held): (Vec<u8>, Option<OwnedSemaphorePermit>) = (Vec::new(), None);
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            // The client hung up, or what it sent cannot be unpacked.
            let chunk: Bytes = chunk.map_err(|_| ApiError::Http(StatusCode::BAD_REQUEST))?;
            let length = whole.len() + chunk.len();
            if length > MAX_BODY_BYTES {
                return Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE));
            }
            let more = length.div_ceil(PIECE) - held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            let more = Arc::clone(&self.0).try_acquire_many_owned(more).map_err(|_| IngestError::Overloaded)?;
            match &mut held {
                Some(held) => held.merge(more),
                None => held = Some(more),
            }
            whole.extend_from_slice(&chunk);
        }
        Ok((whole, held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_that_do_not_fit_together_are_turned_away_until_there_is_room() {
        let bodies = Bodies::default();
        let body = |bytes: usize| Body::from(vec![b' '; bytes]);
        let first = bodies.read(body(MAX_BODY_BYTES)).await.unwrap();
        let second = bodies.read(body(MAX_BODY_BYTES)).await.unwrap();
        let third = bodies.read(body(1)).await;
        assert!(matches!(third, Err(ApiError::Ingest(IngestError::Overloaded))), "all the room is taken");
        assert_eq!(first.0.len(), MAX_BODY_BYTES);
        drop(second);
        bodies.read(body(1)).await.unwrap();
        let large = bodies.read(body(MAX_BODY_BYTES + 1)).await;
        assert!(matches!(large, Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE))));
        drop(first);
        assert_eq!(bodies.0.available_permits(), ALL_BODIES_BYTES / PIECE, "refused bodies give their room back");
    }
}
