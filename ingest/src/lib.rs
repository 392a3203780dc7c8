//! From a request or a foreign file to evidence in the database: parse, judge, write, answer.
//!
//! Everything passes through one door: [`Validator`] judges a record, [`Writer`] commits many callers'
//! items in one transaction, and every item gets exactly one [`domain::Outcome`].
#![forbid(unsafe_code)]

mod directory;
mod error;
mod follow_up;
mod guard;
pub mod import;
mod judge;
mod pseudonym;
mod recorder;
mod service;
mod validate;
mod writer;

pub use directory::Directory;
pub use error::IngestError;
pub use follow_up::{FollowUpCode, FollowedItem};
pub use guard::{AddressPrefix, Guard, GuardConfig, TooOften, prefix};
pub use pseudonym::Pseudonymiser;
pub use recorder::Recorder;
pub use service::Ingest;
pub use validate::{Checked, Limits, Validator};
pub use writer::{Writer, WriterConfig};
