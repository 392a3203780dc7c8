//! Being told to stop: Ctrl-C, or SIGTERM from a service manager.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::Failure;

/// The signal to stop. Listened to from the first moment, so that none is lost between two steps: an
/// unheard SIGTERM would end the process and leave its database running.
#[derive(Clone, Debug)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Takes the signals of this process from now on.
    pub fn listen() -> io::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = Self(CancellationToken::new());
        let told = stop.0.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            told.cancel();
        });
        Ok(stop)
    }

    /// Returns once the process was told to stop.
    pub async fn told(&self) {
        self.0.cancelled().await;
    }

    /// Does `work` unless told to stop before its end: then it is dropped, which closes what it holds.
    pub async fn unless_told<T>(
        &self,
        message: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.told() => Err(message.into()),
            result = work => result,
        }
    }
}
