//! Foreign files through the same judge and the same tables as HTTP. One file a format.

mod drive_test;
mod error;
mod files;
mod report;
mod run;

pub use error::ImportError;
pub use report::ImportReport;
pub use run::{ImportTarget, import};

use domain::{DeviceSecret, Record, RejectionReason, SourceClass};
use std::path::Path;

/// What a reader finds, one call at a time.
#[derive(Debug)]
pub enum Found {
    /// A readable record; `points` counts what the report counts (points of a track, or 1).
    Record {
        /// Stands for the recorder: one vote.
        recorder: DeviceSecret,
        /// File inside the input.
        file: String,
        /// The record.
        record: Record,
    },
    /// A point or row that cannot be used.
    Refused {
        /// File inside the input.
        file: String,
        /// Number of the record in the file, from 1.
        record: u64,
        /// Why.
        reason: RejectionReason,
    },
}

/// A foreign format.
pub trait Format: std::fmt::Debug + Sync {
    /// Name for `--format`.
    fn name(&self) -> &'static str;
    /// Class of all its evidence.
    fn source(&self) -> SourceClass;
    /// Reads the whole input; an error means that nothing of it may be kept.
    fn read(&self, input: &Path, found: &mut dyn FnMut(Found)) -> Result<(), ImportError>;
}

/// All formats, by name.
pub const FORMATS: &[&dyn Format] = &[&drive_test::DriveTest];

/// The format called `name`.
pub fn format(name: &str) -> Result<&'static dyn Format, ImportError> {
    FORMATS.iter().copied().find(|format| format.name() == name).ok_or_else(|| ImportError::UnknownFormat {
        name: name.to_owned(),
        known: FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", "),
    })
}
