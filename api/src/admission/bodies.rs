//! How much of all requests' bodies may be in memory at the same time.
//!
//! Bodies are counted as they arrive and after they are unpacked, so that neither many clients nor a small packed body
//! that unfolds can take more. Who does not fit is answered 503 at once and comes again. Small bodies have room of their own,
//! which large ones cannot take; one sender gets a part of each room only; and nobody keeps it who sends nothing, or a large
//! body slowly.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::StatusCode,
};
use futures_util::StreamExt as _;
use ingest::{AddressPrefix, IngestError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{ApiError, MAX_BODY_BYTES};

/// Whatever the SDK puts into one batch (500,000 bytes), so that no slow phone is hurried.
const SMALL_BYTES: usize = 512 << 10;
/// Of all small bodies together, and of those from one address prefix: half a town.
const SMALL_ROOM_BYTES: usize = 16 << 20;
const SMALL_ROOM_OF_ONE_BYTES: usize = 2 << 20;
/// Of all others together. Reading one takes about three times its size.
const LARGE_ROOM_BYTES: usize = 2 * MAX_BODY_BYTES;
/// Of the others from one address prefix: a whole one.
const LARGE_ROOM_OF_ONE_BYTES: usize = MAX_BODY_BYTES;
/// Counted in pieces of this size.
const PIECE: usize = 1024;
/// How long the next part of a body is waited for, unpacked: a phone at the edge of a cell is slow, but not silent, and
/// what is packed comes in blocks. So long all of a body is waited for from when it is large.
const PATIENCE: Duration = Duration::from_secs(20);

/// The bodies that are being read or judged.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    small: Room,
    large: Room,
    patience: Duration,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            small: Room::new(SMALL_ROOM_BYTES, SMALL_ROOM_OF_ONE_BYTES),
            large: Room::new(LARGE_ROOM_BYTES, LARGE_ROOM_OF_ONE_BYTES),
            patience: PATIENCE,
        }
    }
}

impl Bodies {
    /// A whole body, and the right to hold it. `sender`: none for programs of this machine. `arrived` counts bytes, of a
    /// body that is refused as well.
    pub async fn read(
        &self,
        body: Body,
        sender: Option<AddressPrefix>,
        arrived: &mut usize,
    ) -> Result<(Vec<u8>, Held), ApiError> {
        let (mut whole, mut held) = (Vec::new(), self.small.nothing(sender));
        let mut chunks = body.into_data_stream();
        if !self.read_on(&mut chunks, &mut whole, &mut held, arrived, SMALL_BYTES).await? {
            held = self.large.nothing(sender);
            let rest = self.read_on(&mut chunks, &mut whole, &mut held, arrived, MAX_BODY_BYTES);
            let stalled = |_| ApiError::Http(StatusCode::REQUEST_TIMEOUT);
            if !timeout(self.patience, rest).await.map_err(stalled)?? {
                return Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE));
            }
        }
        Ok((whole, held))
    }

    /// Reads up to `most` bytes and the piece that goes beyond; says whether the body has ended.
    async fn read_on(
        &self,
        chunks: &mut BodyDataStream,
        whole: &mut Vec<u8>,
        held: &mut Held,
        arrived: &mut usize,
        most: usize,
    ) -> Result<bool, ApiError> {
        loop {
            if whole.len() > most {
                return Ok(false);
            }
            held.grow(whole.len().div_ceil(PIECE))?;
            let next = timeout(self.patience, chunks.next()).await;
            let Some(chunk) = next.map_err(|_| ApiError::Http(StatusCode::REQUEST_TIMEOUT))? else { return Ok(true) };
            // The client hung up, or what it sent cannot be unpacked.
            let chunk: Bytes = chunk.map_err(|_| ApiError::Http(StatusCode::BAD_REQUEST))?;
            whole.extend_from_slice(&chunk);
            *arrived = whole.len();
        }
    }
}

/// Room for bodies of one kind. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pieces: Arc<Semaphore>,
    /// Pieces that are taken, by sender; no more entries than pieces.
    taken: Arc<Mutex<HashMap<AddressPrefix, usize>>>,
    of_one: usize,
}

impl Room {
    fn new(bytes: usize, of_one: usize) -> Self {
        Self::of_pieces(bytes / PIECE, of_one / PIECE)
    }

    /// In all, and for one sender.
    pub fn of_pieces(pieces: usize, of_one: usize) -> Self {
        Self { pieces: Arc::new(Semaphore::new(pieces)), taken: Arc::default(), of_one }
    }

    /// A right to nothing yet.
    pub fn nothing(&self, sender: Option<AddressPrefix>) -> Held {
        Held { pieces: None, sender, room: self.clone() }
    }
}

/// The right to hold a part of a room; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pieces: Option<OwnedSemaphorePermit>,
    sender: Option<AddressPrefix>,
    room: Room,
}

impl Held {
    fn count(&self) -> usize {
        self.pieces.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// To so many pieces in all, if they are there.
    pub fn grow(&mut self, pieces: usize) -> Result<(), IngestError> {
        let more = pieces - self.count();
        if more == 0 {
            return Ok(());
        }
        let permits = u32::try_from(more).unwrap_or(u32::MAX);
        let more_room =
            Arc::clone(&self.room.pieces).try_acquire_many_owned(permits).map_err(|_| IngestError::Overloaded)?;
        if let Some(sender) = self.sender {
            let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let mine = taken.get(&sender).copied().unwrap_or(0) + more;
            if mine > self.room.of_one {
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
        let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
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
    use tokio::time::interval;

    use super::*;

    fn body(bytes: usize) -> Body {
        Body::from(vec![b' '; bytes])
    }

    fn is_overloaded<T>(read: &Result<T, ApiError>) -> bool {
        matches!(read, Err(ApiError::Ingest(IngestError::Overloaded)))
    }

    async fn read(bodies: &Bodies, bytes: usize, sender: Option<AddressPrefix>) -> Result<Held, ApiError> {
        let (whole, held) = bodies.read(body(bytes), sender, &mut 0).await?;
        assert_eq!(whole.len(), bytes);
        Ok(held)
    }

    #[tokio::test]
    async fn bodies_that_do_not_fit_together_are_turned_away_until_there_is_room() {
        let bodies = Bodies::default();
        let mut held = Vec::new();
        for _ in 0..LARGE_ROOM_BYTES / MAX_BODY_BYTES {
            held.push(read(&bodies, MAX_BODY_BYTES, None).await.unwrap());
        }
        assert!(is_overloaded(&read(&bodies, SMALL_BYTES + 1, None).await), "all the room is taken");
        for _ in 0..SMALL_ROOM_BYTES / SMALL_BYTES {
            held.push(read(&bodies, SMALL_BYTES, None).await.expect("large bodies leave room for small ones"));
        }
        assert!(is_overloaded(&read(&bodies, 1, None).await), "all of it is taken");
        held.pop();
        read(&bodies, 1, None).await.unwrap();
        let mut arrived = 0;
        let large = bodies.read(body(MAX_BODY_BYTES + 1), None, &mut arrived).await;
        assert!(matches!(large, Err(ApiError::Http(StatusCode::PAYLOAD_TOO_LARGE))));
        assert!(arrived > MAX_BODY_BYTES, "its sender pays for it");
        held.clear();
        assert_eq!(bodies.large.pieces.available_permits(), LARGE_ROOM_BYTES / PIECE, "refused bodies give it back");
        assert_eq!(bodies.small.pieces.available_permits(), SMALL_ROOM_BYTES / PIECE);
    }

    #[tokio::test]
    async fn one_sender_cannot_take_the_room_of_the_others() {
        let bodies = Bodies::default();
        let (loud, other) = (Some([1; 8]), Some([2; 8]));
        let first = read(&bodies, LARGE_ROOM_OF_ONE_BYTES, loud).await.unwrap();
        assert!(is_overloaded(&read(&bodies, SMALL_BYTES + 1, loud).await));
        let mut small = Vec::new();
        for _ in 0..SMALL_ROOM_OF_ONE_BYTES / SMALL_BYTES {
            small.push(read(&bodies, SMALL_BYTES, loud).await.unwrap());
        }
        assert!(is_overloaded(&read(&bodies, 1, loud).await));
        read(&bodies, MAX_BODY_BYTES, other).await.unwrap();
        read(&bodies, 1, other).await.unwrap();
        drop((first, small));
        read(&bodies, MAX_BODY_BYTES, loud).await.unwrap();
        assert!(bodies.large.taken.lock().unwrap().is_empty(), "senders are forgotten with their bodies");
        assert!(bodies.small.taken.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_sender_who_falls_silent_loses_the_room() {
        let bodies = Bodies { patience: Duration::from_millis(20), ..Bodies::default() };
        let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]).chain(stream::pending());
        let read = bodies.read(Body::from_stream(begun), Some([1; 8]), &mut 0).await;
        assert!(matches!(read, Err(ApiError::Http(StatusCode::REQUEST_TIMEOUT))));
        assert_eq!(bodies.small.pieces.available_permits(), SMALL_ROOM_BYTES / PIECE);
    }

    #[tokio::test]
    async fn a_large_body_that_trickles_loses_the_room() {
        let bodies = Bodies { patience: Duration::from_millis(200), ..Bodies::default() };
        let many = stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b' '; SMALL_BYTES + 1]))]);
        // Never silent for as long as the patience.
        let trickle = stream::unfold(interval(Duration::from_millis(5)), async |mut every| {
            every.tick().await;
            Some((Ok(Bytes::from_static(b" ")), every))
        });
        let read = bodies.read(Body::from_stream(many.chain(trickle)), None, &mut 0).await;
        assert!(matches!(read, Err(ApiError::Http(StatusCode::REQUEST_TIMEOUT))));
        assert_eq!(bodies.large.pieces.available_permits(), LARGE_ROOM_BYTES / PIECE);
    }
}
