use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{ByteCount, Clock, record::FailureCause};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::{FIRST_MESSAGE, LARGEST_SENT, message::Reading, next_size};
use crate::{
    Budget, TransferReport,
    measure::Ticker,
    report::{End, Samples},
    socket::Socket,
};

/// After the last byte: time for the server's last count to arrive.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Sends until time, budget or server end it. The rate is what the server counted: what was handed to
/// the connection here includes whole buffers that have not left.
pub(crate) async fn upload(
    socket: Socket,
    payload: Bytes,
    budget: Budget,
    clock: &dyn Clock,
    mut tick: Ticker<'_>,
) -> Result<TransferReport, FailureCause> {
    let (mut sender, mut receiver) = socket.split();
    let start = clock.monotonic();
    let elapsed = || clock.monotonic().saturating_sub(start);
    let server_counted = Mutex::new((Samples::default(), 0_u64));

    let listen = async {
        while let Some(Ok(message)) = receiver.next().await {
            match message {
                Message::Text(json) => {
                    if let Some(reading) = Reading::of(&json) {
                        let mut counted = server_counted.lock().unwrap_or_else(PoisonError::into_inner);
                        counted.0.push(reading.elapsed, reading.bytes);
                        counted.1 = reading.bytes;
                    }
                }
                Message::Close(_) => return End::Server,
                _ => {}
            }
        }
        End::Broken
    };
    tokio::pin!(listen);

    let mut size = FIRST_MESSAGE;
    let mut sent = 0_u64;
    let mut end = loop {
        let Some(left) = budget.duration.checked_sub(elapsed()).filter(|left| !left.is_zero()) else { break End::Time };
        tokio::select! {
            end = &mut listen => break end,
            outcome = timeout(left, sender.send(Message::Binary(payload.slice(..size)))) => match outcome {
                // Begun, so the goodbye comes after it.
                Err(_) => {
                    sent += size as u64;
                    break End::Time;
                }
                Ok(Err(_)) => break End::Broken,
                Ok(Ok(())) => sent += size as u64,
            },
        }
        size = next_size(size, sent);
        if let Some(at) = tick.due(elapsed()) {
            let rate = server_counted.lock().unwrap_or_else(PoisonError::into_inner).0.rate();
            tick.report(at, sent, rate);
        }
        if sent >= budget.bytes.as_bytes() {
            break End::Bytes;
        }
    };
    let duration = elapsed().min(budget.duration);
    let mut all_arrived = None;
    if matches!(end, End::Time | End::Bytes) {
        let close = async {
            let _ = sender.close().await;
            (&mut listen).await
        };
        // The goodbye is answered after everything before it has arrived.
        if let Ok(End::Server) = timeout(LAST_WORD, close).await {
            all_arrived = Some(elapsed());
        }
    }

    let (samples, counted) = &mut *server_counted.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = all_arrived {
        samples.push(at.max(samples.end()), sent);
        *counted = sent;
    }
    if end == End::Server && *counted == 0 {
        end = End::Broken;
    }
    match end {
        // Its buffers took something, but nobody has seen a byte arrive.
        End::Time if *counted == 0 => Err(FailureCause::TimedOut),
        End::Broken if *counted == 0 || duration < budget.duration / 2 => Err(FailureCause::Interrupted),
        end => Ok(TransferReport { bytes: ByteCount::from_bytes(sent), duration, rate: samples.rate(), end }),
    }
}

/// The largest message: random enough that no middlebox shrinks it. Made before the clock of a test runs.
pub(crate) fn incompressible() -> Bytes {
    use rand::{RngCore as _, SeedableRng as _};
    let mut payload = vec![0; LARGEST_SENT];
    rand::rngs::StdRng::from_os_rng().fill_bytes(&mut payload);
    payload.into()
}
