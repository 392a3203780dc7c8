use store::StoreError;

use crate::guard::TooOften;

/// Why a whole batch was not taken. Single items are answered, not failed.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The body is no batch.
    #[error("the batch could not be read: {0}")]
    Malformed(String),
    /// More items than one batch may hold.
    #[error("a batch holds at most {max} items, this one has {found}: split it")]
    TooManyItems {
        /// The limit.
        max: usize,
        /// What was sent.
        found: usize,
    },
    /// This device or address sends more than anybody measures.
    #[error("too much at once: send the same batch again in {} s", .0.as_secs() + 1)]
    TooOften(std::time::Duration),
    /// The queue to the database is full: the client keeps its items and comes again.
    #[error("the server is busy: send the same batch again later")]
    Overloaded,
    /// The server is stopping: the client keeps its items and comes again.
    #[error("the server is stopping: send the same batch again later")]
    Stopping,
    /// The database did not take it; nothing of the batch is half-accepted.
    #[error("the database is not available: send the same batch again later")]
    Store(#[source] std::sync::Arc<StoreError>),
}

impl From<TooOften> for IngestError {
    fn from(TooOften(time): TooOften) -> Self {
        Self::TooOften(time)
    }
}

impl From<StoreError> for IngestError {
    fn from(error: StoreError) -> Self {
        Self::Store(std::sync::Arc::new(error))
    }
}
