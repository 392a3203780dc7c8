use std::{io, path::PathBuf};

use store::StoreError;

/// Why an import was stopped. Nothing of its input was loaded.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not one of ours.
    #[error("unknown format `{name}`: use one of {known}")]
    UnknownFormat {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The input cannot be opened.
    #[error("{}: {source}. Give a .geojson file, a folder of them, or a .tar.gz; nothing was loaded", path.display())]
    Open {
        /// The input.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The archive ends early or fails its checksum.
    #[error("{}: the archive is damaged ({source}). Fetch it again; nothing was loaded", path.display())]
    DamagedArchive {
        /// The input.
        path: PathBuf,
        /// What the decoder met.
        source: io::Error,
    },
    /// No file of the format inside.
    #[error("{}: holds no .geojson file; nothing was loaded", path.display())]
    NoFiles {
        /// The input.
        path: PathBuf,
    },
    /// A file that cannot be parsed.
    #[error(
        "{file}, line {line}, column {column}: {message}. The file is cut off or not a GeoJSON FeatureCollection of points; nothing was loaded"
    )]
    Syntax {
        /// File inside the input.
        file: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's word.
        message: String,
    },
    /// Readable, but another format.
    #[error(
        "{file}, record {record}: has no property `{missing}` (it has {found}). This is not the {format} format: see --help for the others; nothing was loaded"
    )]
    WrongColumns {
        /// Expected format.
        format: &'static str,
        /// File inside the input.
        file: String,
        /// Number of the record, from 1.
        record: u64,
        /// What every record of the format has.
        missing: &'static str,
        /// What this one has.
        found: String,
    },
    /// The database did not take it.
    #[error("the import was not written: {0}. Nothing was loaded; run it again when the database answers")]
    Store(#[from] StoreError),
}
