//! The tokio transport of the SDK: measures a line against an ndt7 server, and sends what the queue holds.
//!
//! ```text
//!  expected_data_use(&options)   tell the user first
//!  measure(server, ...)          idle latency, download, upload -> MeasureReport
//!  engine.record_speed_test(..)  sdk-core reduces and queues
//!  submit(&mut engine, ...)      drives Engine::next_upload / report over HTTP
//! ```
#![warn(missing_docs)]

mod error;
mod measure;
mod ndt7;
mod options;
mod report;
mod server;
mod socket;
mod submit;
mod tls;

pub use error::MeasureError;
pub use measure::{Progress, measure};
pub use options::{Budget, DataUse, MeasureOptions, expected_data_use};
pub use report::{End, MeasureReport, TransferReport};
pub use server::ServerUrl;
pub use submit::{SubmitError, SubmitOptions, SubmitSummary, submit};
