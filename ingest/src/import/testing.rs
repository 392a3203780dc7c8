//! For the tests of the formats: what a reader found, and one fixture of each format.

#[path = "testing_fixtures.rs"]
pub mod fixtures;

use domain::{Record, RejectionReason};

use super::{FileRef, Format, Found, ImportError};
use crate::Recorder;

/// A place that occurs nowhere else; no report, error or row may hold it.
pub const LAT: &str = "51.434417";
pub const LNG: &str = "6.762329";

/// Records with their recorder and rows, and refusals as (row, reason).
#[derive(Debug, Default)]
pub struct Read {
    pub records: Vec<(Recorder, Vec<u32>, Record)>,
    pub refused: Vec<(u64, RejectionReason)>,
    pub tiles: Vec<(u64, store::SupplyTile)>,
}

impl Read {
    /// All points of all tracks.
    pub fn points(&self) -> Vec<domain::CoveragePoint> {
        let points = |record: &Record| match record {
            Record::CoverageTrack(track) => track.points.clone(),
            _ => Vec::new(),
        };
        self.records.iter().flat_map(|(_, _, record)| points(record)).collect()
    }

    /// All speed tests.
    pub fn tests(&self) -> Vec<domain::SpeedTest> {
        let test = |record: &Record| match record {
            Record::SpeedTest(test) => Some(test.clone()),
            _ => None,
        };
        self.records.iter().filter_map(|(_, _, record)| test(record)).collect()
    }
}

/// Reads content as the file `a`.
pub fn read(format: &dyn Format, content: &[u8]) -> Result<Read, ImportError> {
    read_as(format, &FileRef::named("a"), content)
}

/// The same with a file of its own.
pub fn read_as(format: &dyn Format, file: &FileRef, content: &[u8]) -> Result<Read, ImportError> {
    let mut read = Read::default();
    let mut content = content;
    format.read_file(file, &mut content, &mut |found| {
        match found {
            Found::Record { recorder, rows, record, .. } => read.records.push((recorder, rows, record)),
            Found::Refused { row, reason, .. } => read.refused.push((row, reason)),
            Found::Tile { row, tile, .. } => read.tiles.push((row, tile)),
        }
        Ok(())
    })?;
    Ok(read)
}
