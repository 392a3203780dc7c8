use rustls::crypto::ring;

/// Makes ring the process's provider, for HTTP and WebSocket alike; another choice made earlier by the app stands.
pub(crate) fn install_provider() {
    let _ = ring::default_provider().install_default();
}
