use std::sync::Once;

/// An HTTP client. The process-wide choice of cryptography is made once.
pub fn http() -> reqwest::Client {
    static CRYPTOGRAPHY: Once = Once::new();
    CRYPTOGRAPHY.call_once(|| {
        // Fails only if somebody chose before.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::new()
}
