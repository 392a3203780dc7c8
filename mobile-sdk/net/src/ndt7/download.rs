use std::time::Duration;

use domain::{ByteCount, Clock, record::FailureCause};
use futures_util::StreamExt as _;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Budget, TransferReport,
    measure::Ticker,
    report::{End, Samples},
    socket::Socket,
};

/// Receives until time, budget or server end it. Broken before half of its time without a result, it is a
/// failed attempt.
pub(crate) async fn download(
    mut socket: Socket,
    budget: Budget,
    clock: &dyn Clock,
    mut tick: Ticker<'_>,
) -> Result<TransferReport, FailureCause> {
    let start = clock.monotonic();
    let elapsed = || clock.monotonic().saturating_sub(start);
    let mut samples = Samples::default();
    let mut bytes = 0_u64;

    let end = loop {
        let Some(left) = budget.duration.checked_sub(elapsed()).filter(|left| !left.is_zero()) else { break End::Time };
        match timeout(left, socket.next()).await {
            Err(_) => break End::Time,
            Ok(Some(Ok(Message::Binary(payload)))) => {
                bytes += payload.len() as u64;
                if let Some(at) = tick.due(elapsed()) {
                    samples.push(at, bytes);
                    tick.report(at, bytes, samples.rate());
                }
                if bytes >= budget.bytes.as_bytes() {
                    break End::Bytes;
                }
            }
            Ok(Some(Ok(Message::Close(_)))) => break End::Server,
            Ok(Some(Ok(_))) => {}
            Ok(None | Some(Err(_))) => break End::Broken,
        }
    };

    let duration = elapsed().min(budget.duration);
    // A silence at the end is part of the time.
    samples.push(duration, bytes);
    // The server learns of the end by this or by the connection going away; nobody waits for it.
    let _ = timeout(Duration::from_millis(100), socket.close(None)).await;
    match end {
        End::Time if bytes == 0 => Err(FailureCause::TimedOut),
        End::Broken if bytes == 0 || duration < budget.duration / 2 => Err(FailureCause::Interrupted),
        End::Server if bytes == 0 => Err(FailureCause::Interrupted),
        end => Ok(TransferReport { bytes: ByteCount::from_bytes(bytes), duration, rate: samples.rate(), end }),
    }
}
