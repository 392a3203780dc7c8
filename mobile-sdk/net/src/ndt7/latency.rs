//! Round trips by WebSocket ping on a connection that carries nothing else: an upload test that sends no data.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{Clock, Rtt};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::{measure::Progress, socket::Socket};

/// Between two pings under load: a dozen in a short test, and no load of their own.
const LOADED_INTERVAL: Duration = Duration::from_millis(200);

/// Round trips in the order measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pings(Vec<Rtt>);

impl Pings {
    /// Median; of an even number the lower one.
    pub(crate) fn median(&self) -> Option<Rtt> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }

    /// Mean difference of neighbours (RFC 3550 without its smoothing); needs two.
    pub(crate) fn jitter(&self) -> Option<Rtt> {
        let steps: Vec<u64> =
            self.0.windows(2).map(|pair| u64::from(pair[0].as_micros().abs_diff(pair[1].as_micros()))).collect();
        let mean = steps.iter().sum::<u64>().checked_div(steps.len() as u64)?;
        Rtt::from_micros(mean).ok()
    }
}

/// The line at rest: one ping after the other. Ends early where an answer takes longer than `patience`.
pub(crate) async fn idle(
    mut socket: Socket,
    pings: u8,
    patience: Duration,
    clock: &dyn Clock,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Pings {
    let mut found = Pings::default();
    for number in 0..pings {
        let Some(rtt) = ping(&mut socket, number, patience, clock).await else { break };
        found.0.push(rtt);
        progress(Progress::Idle { latency: rtt });
    }
    let _ = timeout(Duration::from_millis(100), socket.close(None)).await;
    found
}

/// Pings beside a transfer until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Loaded(Mutex<Pings>);

impl Loaded {
    /// Never ends by itself; without a connection it waits.
    pub(crate) async fn run(
        &self,
        socket: Option<Socket>,
        patience: Duration,
        clock: &dyn Clock,
    ) -> std::convert::Infallible {
        if let Some(mut socket) = socket {
            for number in 0..=u8::MAX {
                sleep(LOADED_INTERVAL).await;
                let Some(rtt) = ping(&mut socket, number, patience, clock).await else { break };
                self.0.lock().unwrap_or_else(PoisonError::into_inner).0.push(rtt);
            }
        }
        std::future::pending().await
    }

    pub(crate) fn finish(self) -> Pings {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ping(socket: &mut Socket, number: u8, patience: Duration, clock: &dyn Clock) -> Option<Rtt> {
    let payload = Bytes::copy_from_slice(&[number]);
    let start = clock.monotonic();
    socket.send(Message::Ping(payload.clone())).await.ok()?;
    let answer = async {
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Pong(echo) if echo == payload => return Some(()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
        None
    };
    timeout(patience, answer).await.ok()??;
    Rtt::from_micros(u64::try_from(clock.monotonic().saturating_sub(start).as_micros()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pings(millis: &[u32]) -> Pings {
        Pings(millis.iter().map(|&ms| Rtt::from_millis(ms)).collect())
    }

    #[test]
    fn one_slow_answer_does_not_move_the_latency() {
        assert_eq!(pings(&[20, 21, 400, 19, 20]).median(), Some(Rtt::from_millis(20)));
    }

    #[test]
    fn jitter_is_the_mean_step_and_needs_two_pings() {
        assert_eq!(pings(&[20, 24, 20]).jitter(), Some(Rtt::from_millis(4)));
        assert_eq!(pings(&[20]).jitter(), None);
        assert_eq!(pings(&[]).median(), None);
    }
}
