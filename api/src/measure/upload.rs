use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use tokio::time::timeout;

use super::{
    MeasureConfig,
    download::{CLOSING, done_sending},
    message::{Moments, Run},
};

/// Receives until the client ends it or time is up, and tells what it has counted. Returns the bytes received.
pub(super) async fn run(mut socket: WebSocket, run: Run, config: Arc<MeasureConfig>) -> u64 {
    let start = config.clock.monotonic();
    let elapsed = || config.clock.monotonic().saturating_sub(start);
    let mut moments = Moments::new();
    let mut received = 0_u64;

    let receive = async {
        while let Some(left) = config.receiving().checked_sub(elapsed()).filter(|left| !left.is_zero()) {
            // Not before something has come: a connection that only pings is a latency test.
            if moments.due(elapsed()) && received > 0 {
                let text = run.measurement(elapsed(), received);
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            match timeout(left.min(moments.wait(elapsed())), socket.recv()).await {
                Ok(Some(Ok(Message::Binary(payload)))) => received += payload.len() as u64,
                Ok(Some(Ok(Message::Close(_)))) => {
                    // The answer to a goodbye leaves with the next read.
                    let _ = socket.recv().await;
                    return;
                }
                Ok(Some(Err(_)) | None) => return,
                // Text is the client's own measurement; silence is no end.
                Ok(Some(Ok(_))) | Err(_) => {}
            }
        }
        let _ = socket.send(Message::Text(run.measurement(elapsed(), received).into())).await;
        let _ = socket.send(Message::Close(Some(done_sending()))).await;
        // What still comes is read and not counted: an unread rest would reset the connection, and the
        // client would not hear the last count.
        while let Some(Ok(_)) = socket.recv().await {}
    };
    // A client that never reads our counts could block the sends.
    let _ = timeout(config.receiving() + CLOSING, receive).await;
    received
}
