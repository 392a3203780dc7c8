use std::{fmt, net::IpAddr, sync::Arc};

use ingest::Ingest;
use metrics_exporter_prometheus::PrometheusHandle;
use store::Store;

use crate::measure::MeasureConfig;

/// What the handlers need. A part that is absent belongs to a role this process does not have.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Takes batches.
    pub ingest: Option<Arc<Ingest>>,
    /// Runs speed tests.
    pub measure: Option<MeasureConfig>,
    /// Renders `/metrics`.
    pub metrics: Option<PrometheusHandle>,
    /// Whose word on the sender's address is taken (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpAddr>,
}

/// Shared by all handlers.
#[derive(Clone)]
pub struct AppState {
    parts: Arc<Parts>,
}

impl AppState {
    /// From its parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.parts.store
    }

    pub(crate) fn ingest(&self) -> Option<&Ingest> {
        self.parts.ingest.as_deref()
    }

    pub(crate) fn measure(&self) -> Option<MeasureConfig> {
        self.parts.measure.clone()
    }

    pub(crate) fn trusted_proxies(&self) -> &[IpAddr] {
        &self.parts.trusted_proxies
    }

    pub(crate) fn metrics(&self) -> Option<&PrometheusHandle> {
        self.parts.metrics.as_ref()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppState")
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}
