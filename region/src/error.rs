//! Why a build or a reading stopped. Each message names file and place, and says what to do.

use std::{io, path::PathBuf};

/// A region could not be built; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The operating system refused.
    #[error("cannot read {file}: {source}. Check the path, and that all parts of the download lie beside each other")]
    Io {
        /// Which file.
        file: PathBuf,
        /// The refusal.
        #[source]
        source: io::Error,
    },
    /// The folder has no boundary file, or several.
    #[error("{folder}: expected exactly one file named *_GEM.shp, found {found}. Name the .shp or .gpkg itself")]
    BoundaryFolder {
        /// Which folder.
        folder: PathBuf,
        /// How many.
        found: usize,
    },
    /// Neither Shapefile nor GeoPackage.
    #[error("{file}: boundaries must be a .shp, a .gpkg, or a folder with one *_GEM.shp")]
    BoundaryFormat {
        /// Which file.
        file: PathBuf,
    },
    /// A file that is cut short or not what its name says.
    #[error("{file}, {place}: {what}. {advice}")]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Record, line or byte.
        place: String,
        /// What is wrong.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// Columns have other names.
    #[error("{file}: no column {missing}; the file has {found}. Take the file as published, or rename the column")]
    Columns {
        /// Which file.
        file: PathBuf,
        /// What was looked for.
        missing: String,
        /// What there is.
        found: String,
    },
    /// A coordinate reference system we cannot transform.
    #[error(
        "{file}: coordinate reference system {found} is not supported. Use EPSG:25832 (UTM 32N), EPSG:31467 \
         (DHDN Gauss-Krüger zone 3), EPSG:4258 or EPSG:4326, or transform the file first (ogr2ogr -t_srs EPSG:25832)"
    )]
    UnknownCrs {
        /// Which file.
        file: PathBuf,
        /// What it says, shortened.
        found: String,
    },
    /// The boundary file is of another state.
    #[error("{file}: no municipality of state {wanted}; the file has states {found}. Take the file of that state")]
    OtherState {
        /// Which file.
        file: PathBuf,
        /// Keys of the states asked for and absent.
        wanted: String,
        /// Keys of the states in the file.
        found: String,
    },
    /// A GeoPackage needs to be told which layer.
    #[error("{file}: {what}. Its layers are {layers}: choose one with --layer")]
    Layer {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        what: String,
        /// What there is.
        layers: String,
    },
    /// One value is wrong.
    #[error("{file}, line {line}: {what}. {advice}")]
    Value {
        /// Which file.
        file: PathBuf,
        /// Line, counted from 1, the header included.
        line: u64,
        /// What is wrong.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A file that has nothing for this region.
    #[error(
        "{file}: none of its {rows} rows belongs to a municipality of the region. Is it the file of another state?"
    )]
    NothingMatches {
        /// Which file.
        file: PathBuf,
        /// Rows read.
        rows: u64,
    },
    /// The order itself makes no sense.
    #[error("{0}")]
    Spec(String),
    /// A recipe that cannot be understood.
    #[error("{file}: {what}. Compare it with data/regions/recipes/nrw.toml")]
    Recipe {
        /// Which file.
        file: PathBuf,
        /// What the parser says.
        what: String,
    },
}

impl BuildError {
    pub(crate) fn io(file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }
}

/// The tables of a region could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot {doing} {file}: {source}. Check the path, the rights and the free space")]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// Which file.
        file: PathBuf,
        /// The refusal.
        #[source]
        source: io::Error,
    },
    /// The content is not what was written.
    #[error("{file} was changed or damaged after it was built ({what}). Restore the folder, or rebuild it: {command}")]
    Checksum {
        /// Which file.
        file: PathBuf,
        /// Sizes or hashes.
        what: String,
        /// How to rebuild.
        command: String,
    },
    /// A newer program wrote it.
    #[error("{file}: format {found}, but this program reads format {known}. Update whitespot, or rebuild the region")]
    Version {
        /// Which file.
        file: PathBuf,
        /// Format in the file.
        found: u32,
        /// Format of this program.
        known: u32,
    },
    /// Readable, but not meaningful.
    #[error("{file}, {place}: {what}. Restore the folder, or rebuild it with whitespot region build")]
    Content {
        /// Which file.
        file: PathBuf,
        /// Line or byte.
        place: String,
        /// What is wrong.
        what: String,
    },
}

impl ReadError {
    pub(crate) fn reading(file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { doing: "read", file, source }
    }

    pub(crate) fn writing(file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { doing: "write", file, source }
    }
}
