use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket, close_code},
};
use futures_util::{SinkExt as _, StreamExt as _};
use rand::RngCore as _;
use tokio::time::timeout;

use super::{
    MeasureConfig,
    message::{Moments, Run},
};

const FIRST_MESSAGE: usize = 1 << 13;
const LARGEST_MESSAGE: usize = 1 << 20;
/// For a client that has stopped reading: the close message gets this long.
pub(super) const CLOSING: Duration = Duration::from_secs(1);

/// One test towards the client.
pub(super) struct Download {
    /// The client wants no more than this.
    pub early_exit: Option<u64>,
    /// Messages are slices of it.
    pub payload: Bytes,
}

impl Download {
    /// Sends for the runtime, or until the client ends it. Returns the bytes handed to the connection.
    pub(super) async fn run(self, socket: WebSocket, run: Run, config: Arc<MeasureConfig>) -> u64 {
        let (mut sender, mut receiver) = socket.split();
        let start = config.clock.monotonic();
        let elapsed = || config.clock.monotonic().saturating_sub(start);
        let mut sent = 0_u64;

        let send = async {
            let mut size = FIRST_MESSAGE;
            let mut moments = Moments::new();
            while elapsed() < config.sending() && self.early_exit.is_none_or(|limit| sent < limit) {
                if moments.due(elapsed()) {
                    let text = run.measurement(elapsed(), sent);
                    sender.send(Message::Text(text.into())).await?;
                }
                sender.send(Message::Binary(self.payload.slice(..size))).await?;
                sent += size as u64;
                if size < LARGEST_MESSAGE && size as u64 <= sent / 16 {
                    size *= 2;
                }
            }
            sender.send(Message::Text(run.measurement(elapsed(), sent).into())).await?;
            sender.send(Message::Close(Some(done_sending()))).await
        };
        // The client's own measurements, its pings (answered below us) and its goodbye. An abrupt end is
        // as good as a close.
        let listen = async { while let Some(Ok(_)) = receiver.next().await {} };

        let bounded = async {
            tokio::pin!(listen);
            tokio::select! {
                sending = send => {
                    if sending.is_ok() {
                        let _ = timeout(CLOSING, listen).await;
                    }
                }
                () = &mut listen => {}
            }
        };
        // A client that does not read blocks the sender for ever; time ends it.
        let _ = timeout(config.sending() + CLOSING, bounded).await;
        sent
    }
}

pub(super) fn done_sending() -> CloseFrame {
    CloseFrame { code: close_code::NORMAL, reason: "Done sending".into() }
}

/// Random bytes for the largest message.
pub(super) fn incompressible() -> Bytes {
    let mut payload = vec![0; LARGEST_MESSAGE];
    rand::rng().fill_bytes(&mut payload);
    payload.into()
}
