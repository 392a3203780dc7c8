//! Foreign files through the same judge and the same tables as HTTP. One file a format.
//!
//! ```text
//! choose()        which format is it                      head.rs, and `detect` of each format
//! import()        1. read all of it and write nothing     run.rs: a cut file is found here
//!                 2. read again and write in parts        each part a transaction, ids from content
//! Format          one file each: rows -> hexagons, quantities, records, or a reason with the row's number
//!   files.rs        files of a folder or archive, as streams
//!   table.rs json.rs  rows and items, one at a time
//!   place.rs network.rs derive.rs  degrees -> hexagon, codes -> operator, content -> id
//! ```

mod choose;
mod csv_mapping;
mod derive;
mod drive_test;
mod error;
mod files;
mod funkloch_app;
pub mod geosubmit;
mod head;
#[cfg(test)]
mod hostile_tests;
mod json;
mod judge;
mod librespeed_telemetry;
mod ndt7_json;
mod network;
mod ookla_tiles;
mod place;
mod report;
mod rtr_opendata;
mod run;
mod table;
#[cfg(test)]
mod testing;
mod values;

pub use choose::{Options, choose};
pub use error::ImportError;
pub use files::FileRef;
pub use head::Head;
pub use judge::Judge;
pub use ookla_tiles::{Period, TileKind};
pub use report::ImportReport;
pub use run::{Accepted, ImportTarget, KEPT_POINTS, Progress, Tell, accepted, import};

use domain::{Hex, Record, RejectionReason, SourceClass};
use std::{io::Read, ops::ControlFlow, path::Path};
use store::SupplyTile;

use crate::Recorder;

/// What a reader finds, one call at a time.
#[derive(Debug)]
pub enum Found {
    /// A readable record; its points (of a track, or 1) are what the report counts.
    Record {
        /// Whose voice it is.
        recorder: Recorder,
        /// File inside the input.
        file: String,
        /// The row that each point comes from.
        rows: Vec<u32>,
        /// The record.
        record: Record,
    },
    /// What others publish about supply: never evidence.
    Tile {
        /// File inside the input.
        file: String,
        /// Line of a table, or number of an item of a document, from 1.
        row: u64,
        /// Belongs to the region that holds this hexagon.
        centre: Hex,
        /// The tile.
        tile: SupplyTile,
    },
    /// A point or row that cannot be used.
    Refused {
        /// File inside the input.
        file: String,
        /// Line of a table, or number of an item of a document, from 1.
        row: u64,
        /// Why.
        reason: RejectionReason,
    },
}

/// Takes what a reader finds. An error stops the reader.
pub type Sink<'a> = &'a mut dyn FnMut(Found) -> Result<(), ImportError>;

/// Where what a format holds goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Evidence of one source class.
    Evidence(SourceClass),
    /// Context about supply: shown beside the evidence, never part of it.
    Supply,
}

/// A foreign format.
pub trait Format: std::fmt::Debug + Send + Sync {
    /// Name for `--format`.
    fn name(&self) -> &'static str;
    /// Where it goes.
    fn target(&self) -> Target;
    /// How names of its files end, without the dot.
    fn extensions(&self) -> &'static [&'static str];
    /// Whether a file that begins like this is one of it.
    fn detect(&self, head: &Head) -> bool;
    /// Whether it may read what looks like another format.
    fn takes_anything(&self) -> bool {
        false
    }
    /// Whether it was told what it needs to know.
    fn ready(&self) -> Result<(), ImportError> {
        Ok(())
    }
    /// Reads one file as a stream; an error means that the input cannot be trusted.
    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError>;

    /// Reads the whole input: a file, a folder or an archive.
    fn read(&self, input: &Path, found: Sink<'_>) -> Result<(), ImportError> {
        files::each_file(input, self.extensions(), &mut |file, content| {
            self.read_file(file, content, found)?;
            Ok(ControlFlow::Continue(()))
        })
    }
}
