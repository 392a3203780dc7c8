//! How much of all requests' bodies may be in memory at the same time.
//!
//! Bodies are counted as they arrive and after they are unpacked, so that neither many clients nor a small packed body
//! that unfolds can take more. Who does not fit is answered 503 at once and comes again. One sender gets a part of the
//! room only, and nobody keeps it who sends nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use futures_util::StreamExt as _;
use ingest::{AddressPrefix, IngestError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{ApiError, MAX_BODY_BYTES};

/// Of all bodies together. Reading one takes about three times its size.
const ALL_BODIES_BYTES: usize = 4 * MAX_BODY_BYTES;
/// Of the bodies from one address prefix: a whole one, or many small ones of a town.
const BODIES_OF_ONE_BYTES: usize = MAX_BODY_BYTES;
/// Counted in pieces of this size.
const PIECE: usize = 1024;
/// How long the next part of a body is waited for, unpacked: a phone at the edge of a cell is slow, but not silent, and
/// what is packed comes in blocks.
const PATIENCE: Duration = Duration::from_secs(20);

/// The bodies that are being read or judged.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    room: Arc<Semaphore>,
    /// Pieces that are taken, by sender; no more entries than pieces.
    taken: Arc<Mutex<HashMap<AddressPrefix, usize>>>,
    patience: Duration,
}

impl Default for Bodies {
    fn default() -> Self {
        let room = Arc::new(Semaphore::new(ALL_BODIES_BYTES / PIECE));
        Self { room, taken: Arc::default(), patience: PATIENCE }
    }
}

impl Bodies {
    /// A whole body, and the right to hold it. `sender`: none for programs of this machine.
    pub async fn read(&self, body: Body, sender: Option<AddressPrefix>) -> Result<(Vec<u8>, Held), ApiError> {
        let (mut whole, mut held) = (Vec::new(), Held { pieces: None, sender, taken: Arc::clone(&self.taken) });
        let mut chunks = body.into_data_stream();
        let next = async |chunks: &mut axum::body::BodyDataStream| {
            let next = timeout(self.patience, chunks.next()).await;
            next.map_err(|_| ApiError::Http(StatusCode::REQUEST_TIMEOUT))
        };
        while let Some(chunk) = next(&mut chunks).await? {
            // The client hung up, or what it sent cannot be unpacked.
            let chunk: Bytes = chunk.map_err(|_| ApiError::Http(StatusCode::BAD_REQUEST))?;
            let length = whole.len() + chunk.len();
            if length > MAX_BODY_BYTES {
                return Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE));
            }
            held.grow(&self.room, length.div_ceil(PIECE))?;
            whole.extend_from_slice(&chunk);
        }
        Ok((whole, held))
    }
}

/// The right to hold a body; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pieces: Option<OwnedSemaphorePermit>,
    sender: Option<AddressPrefix>,
    taken: Arc<Mutex<HashMap<AddressPrefix, usize>>>,
}

impl Held {
    fn count(&self) -> usize {
        self.pieces.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    fn grow(&mut self, room: &Arc<Semaphore>, pieces: usize) -> Result<(), IngestError> {
        let more = pieces - self.count();
        let permits = u32::try_from(more).unwrap_or(u32::MAX);
        let more_room = Arc::clone(room).try_acquire_many_owned(permits).map_err(|_| IngestError::Overloaded)?;
        if let Some(sender) = self.sender {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let mine = taken.get(&sender).copied().unwrap_or(0) + more;
            if mine > BODIES_OF_ONE_BYTES / PIECE {
                return Err(IngestError::Overloaded);
            }
            taken.insert(sender, mine);
        }
        match &mut self.pieces {
            Some(held) => held.merge(more_room),
            None => self.pieces = Some(more_room),
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(sender) = self.sender else { return };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = taken.get(&sender).map_or(0, |mine| mine.saturating_sub(self.count()));
        if rest == 0 {
            taken.remove(&sender);
        } else {
            taken.insert(sender, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn body(bytes: usize) -> Body {
        Body::from(vec![b' '; bytes])
    }

    fn is_overloaded<T>(read: &Result<T, ApiError>) -> bool {
        matches!(read, Err(ApiError::Ingest(IngestError::Overloaded)))
    }

    #[tokio::test]
    async fn bodies_that_do_not_fit_together_are_turned_away_until_there_is_room() {
        let bodies = Bodies::default();
        let mut held = Vec::new();
        for _ in 0..ALL_BODIES_BYTES / MAX_BODY_BYTES {
            let (whole, room) = bodies.read(body(MAX_BODY_BYTES), None).await.unwrap();
            assert_eq!(whole.len(), MAX_BODY_BYTES);
            held.push(room);
        }
        assert!(is_overloaded(&bodies.read(body(1), None).await), "all the room is taken");
        held.pop();
        bodies.read(body(1), None).await.unwrap();
        let large = bodies.read(body(MAX_BODY_BYTES + 1), None).await;
        assert!(matches!(large, Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE))));
        held.clear();
        assert_eq!(bodies.room.available_permits(), ALL_BODIES_BYTES / PIECE, "refused bodies give their room back");
    }

    #[tokio::test]
    async fn one_sender_cannot_take_the_room_of_the_others() {
        let bodies = Bodies::default();
        let (loud, other) = (Some([1; 8]), Some([2; 8]));
        let (_, first) = bodies.read(body(BODIES_OF_ONE_BYTES - PIECE), loud).await.unwrap();
        let (_, second) = bodies.read(body(PIECE), loud).await.unwrap();
        assert!(is_overloaded(&bodies.read(body(1), loud).await));
        bodies.read(body(MAX_BODY_BYTES), other).await.unwrap();
        drop((first, second));
        bodies.read(body(MAX_BODY_BYTES), loud).await.unwrap();
        assert!(bodies.taken.lock().unwrap().is_empty(), "senders are forgotten with their bodies");
    }

    #[tokio::test]
    async fn a_sender_who_falls_silent_loses_the_room() {
        let bodies = Bodies { patience: Duration::from_millis(20), ..Bodies::default() };
        let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]).chain(stream::pending());
        let read = bodies.read(Body::from_stream(begun), Some([1; 8])).await;
        assert!(matches!(read, Err(ApiError::Http(StatusCode::REQUEST_TIMEOUT))));
        assert_eq!(bodies.room.available_permits(), ALL_BODIES_BYTES / PIECE);
    }
}
