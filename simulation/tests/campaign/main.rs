//! A simulated campaign held against its own truth and against the published figures.
#![expect(clippy::unwrap_used, reason = "tests")]

mod figures;
mod journey;
mod promises;
mod support;
