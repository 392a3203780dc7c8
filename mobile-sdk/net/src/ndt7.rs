//! ndt7, client side (spec v0.11): one TCP connection a direction, binary messages up to a size that grows
//! with what was sent, JSON in text messages the other way.

mod download;
mod latency;
mod message;
mod upload;

pub(crate) use download::download;
pub(crate) use latency::{Loaded, Pings, idle};
pub(crate) use upload::{incompressible, upload};

/// Required of both sides.
pub(crate) const SUBPROTOCOL: &str = "net.measurementlab.ndt.v7";
pub(crate) const DOWNLOAD: &str = "/ndt/v7/download";
pub(crate) const UPLOAD: &str = "/ndt/v7/upload";
/// Largest message that a receiver has to take.
pub(crate) const MAX_MESSAGE: usize = 1 << 24;
/// First message of a sender.
const FIRST_MESSAGE: usize = 1 << 13;
/// Where the growth ends; larger ones save nothing and make the end of a test coarse.
const LARGEST_SENT: usize = 1 << 20;

/// What this program tells about itself in the query string.
pub(crate) fn metadata() -> String {
    format!("client_name=whitespot&client_version={}", env!("CARGO_PKG_VERSION"))
}

/// Doubled once it is no more than a sixteenth of what was sent, so that slow lines see small messages.
const fn next_size(size: usize, sent: u64) -> usize {
    if size < LARGEST_SENT && size as u64 <= sent / 16 { size * 2 } else { size }
}
