use std::{io, path::PathBuf};

use store::StoreError;

/// Why an import was stopped. Names a file and a row, never what stands in it.
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
    /// Another format than was asked for.
    #[error("{file}: this looks like {found}, not {asked}: use --format {found}; nothing was loaded")]
    LooksLike {
        /// File inside the input.
        file: String,
        /// `--format`
        asked: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// No format recognises it.
    #[error("{file}: no known format ({seen}). Name one with --format: {known}; nothing was loaded")]
    Unrecognised {
        /// File inside the input, or the input.
        file: String,
        /// Names of columns or properties.
        seen: String,
        /// What there is.
        known: String,
    },
    /// The input cannot be opened.
    #[error("{}: {source}. Give a file, a folder of them, or a .tar.gz; nothing was loaded", path.display())]
    Open {
        /// The input.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file cannot be read to its end.
    #[error("{file}: {source}. Check the disk and run it again; nothing was loaded")]
    Read {
        /// File inside the input.
        file: String,
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
    /// Little that unpacks to very much.
    #[error(
        "{}: unpacks to more than {ratio} times its size, as no measurement does. Unpack it by hand if you trust it; nothing was loaded",
        path.display()
    )]
    Bomb {
        /// The input.
        path: PathBuf,
        /// The limit.
        ratio: u64,
    },
    /// An archive that we do not open.
    #[error("{}: is a zip archive. Unpack it and give the folder; nothing was loaded", path.display())]
    Zip {
        /// The input.
        path: PathBuf,
    },
    /// No file of the format inside.
    #[error("{}: holds no {extensions} file; nothing was loaded", path.display())]
    NoFiles {
        /// The input.
        path: PathBuf,
        /// With dots.
        extensions: String,
    },
    /// A file that is no JSON document of the format.
    #[error(
        "{file}, line {line}, column {column}: {message}. The file is cut off, or not JSON of the {format} format; nothing was loaded"
    )]
    Syntax {
        /// Expected format.
        format: &'static str,
        /// File inside the input.
        file: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What was met.
        message: &'static str,
    },
    /// The last row of a table is not whole.
    #[error("{file}, row {row}: the file is cut off in this row. Fetch it again; nothing was loaded")]
    Cut {
        /// File inside the input.
        file: String,
        /// Line of the file, from 1.
        row: u64,
    },
    /// A row without an end.
    #[error(
        "{file}, row {row}: has no end within {limit} bytes. Is a quotation mark missing, or is it no table? Nothing was loaded"
    )]
    Endless {
        /// File inside the input.
        file: String,
        /// Line of the file, from 1.
        row: u64,
        /// Longest row.
        limit: u64,
    },
    /// Readable, but another format.
    #[error(
        "{file}: has no {what} `{missing}` (it has {found}). This is not the {format} format: see --help for the others; nothing was loaded"
    )]
    WrongColumns {
        /// Expected format.
        format: &'static str,
        /// File inside the input.
        file: String,
        /// `column` or `property`
        what: &'static str,
        /// What every file of the format has.
        missing: String,
        /// What this one has.
        found: String,
    },
    /// The format needs to be told more.
    #[error("the format {format} needs {option}: {why}; nothing was loaded")]
    NeedsOption {
        /// The format.
        format: &'static str,
        /// The option.
        option: &'static str,
        /// What for.
        why: &'static str,
    },
    /// A mapping file that cannot be used.
    #[error("{}: {message}. docs/IMPORT.md shows a mapping; nothing was loaded", path.display())]
    Mapping {
        /// The mapping file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The caller went away.
    #[error("the import was stopped. What was written stays; run it again: that is answered as duplicate")]
    Stopped,
    /// The database did not take it.
    #[error(
        "the import was stopped: {0}. What was written stays; run it again when the database answers: that is answered as duplicate"
    )]
    Store(#[from] StoreError),
}
