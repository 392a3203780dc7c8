use std::{io, sync::Arc, thread};

use domain::Clock;
use store::Store;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::Aggregator;

/// Added to the niceness of the thread: whoever waits for an answer comes first.
const NICER: i32 = 10;

/// An aggregator beside a server, in a thread with a runtime and database connections of its own.
///
/// Rows of a town's tests are decoded for as long as PostgreSQL sends them, which its log shows as up to 1.4 s for
/// 150,000 tests. On the server's threads every request behind it would wait.
#[derive(Debug)]
pub struct Background {
    thread: thread::JoinHandle<io::Result<()>>,
}

impl Background {
    /// Starts to work; `stop` ends it.
    pub fn start(store: &Store, clock: Arc<dyn Clock>, stop: CancellationToken) -> io::Result<Self> {
        let store = store.clone();
        let work = move || {
            // Its own threads inherit it. Where it is refused, everything works as well, only less politely.
            // Elsewhere it would be the niceness of the whole process.
            #[cfg(target_os = "linux")]
            if let Err(error) = rustix::process::nice(NICER) {
                debug!(%error, "the aggregator has the priority of the server");
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let store = store.apart();
                Aggregator::new(store.clone(), clock).run(stop).await;
                store.close().await;
            });
            Ok(())
        };
        let thread = thread::Builder::new().name("aggregator".to_owned()).spawn(work)?;
        Ok(Self { thread })
    }

    /// Waits for the end of the step under way, after `stop`.
    pub async fn ended(self) -> io::Result<()> {
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await;
        joined?.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
