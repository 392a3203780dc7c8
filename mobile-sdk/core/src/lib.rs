//! The engine of the contributor's side, sans-I/O: it decides, the platform executes.
//!
//! ```text
//!  record ── consent? ──no──> refused, counted
//!    │ yes: position -> hexagon, checked as the server will check it
//!    v
//!  pending/ ── next_upload(now, conditions) ──> Upload | Wait | Done
//!    ^                                            │ the platform sends it
//!    └────────── report(id, result, now) <────────┘   delivered, kept, or lost and counted by reason
//! ```
//!
//! No thread, no static, no clock, no network: every call that needs the time is handed a [`Now`], and the
//! only thing touched is the folder given to [`Engine::open`]. Exact positions stay in memory.
//!
//! | module | holds |
//! |---|---|
//! | `engine`, `sending` | the facade: recording, and the task machine of uploads |
//! | `position`, `track`, `input` | reduction of positions to hexagons |
//! | `queue`, `disk`, `item_file`, `state` | the books and their files |
//! | `pace`, `policy`, `upload` | when to send, within which limits, and what an answer means |
#![warn(missing_docs)]

mod consent;
mod disk;
mod engine;
mod error;
mod input;
mod item_file;
mod loss;
mod now;
mod pace;
mod policy;
mod position;
mod queue;
mod sending;
mod state;
mod stats;
mod track;
mod upload;

pub use consent::Consent;
pub use engine::Engine;
pub use error::{RecordError, StorageError};
pub use input::{DeadSpotInput, SpeedTestInput, TrackPoint};
pub use loss::{LossReason, Losses};
pub use now::Now;
pub use policy::{Conditions, Policy};
pub use position::{HomeZone, Place, Position};
pub use stats::QueueStats;
pub use upload::{Method, Upload, UploadId, UploadResult, UploadTask};

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
