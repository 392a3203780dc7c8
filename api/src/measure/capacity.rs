use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for tests at the same time. Two tests on a full link would each measure half of it.
#[derive(Clone, Debug)]
pub(super) struct Capacity(Arc<Semaphore>);

/// A taken place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Capacity {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))))
    }

    /// A place, or `None` at once: a client that waited in line would measure the wait.
    pub(super) fn take(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0).try_acquire_owned().ok()?;
        metrics::gauge!("whitespot_measure_tests_active").increment(1.0);
        Some(Place { _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("whitespot_measure_tests_active").decrement(1.0);
    }
}
