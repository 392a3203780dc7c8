use std::{io, path::PathBuf};

/// Why there is no private cluster. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No server programs.
    #[error(
        "PostgreSQL is not installed. On Debian: apt-get install postgresql postgresql-15-postgis-3 (or the \
         installed major version); `make demo` does it. On other systems install PostgreSQL 13 or newer with \
         PostGIS, or give --database-url"
    )]
    NoPostgres,
    /// No PostGIS for the server.
    #[error(
        "PostgreSQL {major} is installed, but not PostGIS for it. On Debian: apt-get install \
         postgresql-{major}-postgis-3 (and postgresql); `make demo` does it. Or give --database-url"
    )]
    NoPostgis {
        /// Major version of the server.
        major: u32,
    },
    /// Files of another major version, whose programs are not installed.
    #[error(
        "the data folder {} was made by PostgreSQL {found}, but PostgreSQL {installed} is installed. Install \
         postgresql-{found} and postgresql-{found}-postgis-3, or use another --data-dir", dir.display()
    )]
    OtherMajorVersion {
        /// The server's files.
        dir: PathBuf,
        /// Who made them.
        found: u32,
        /// What there is.
        installed: String,
    },
    /// The server refuses to run as root and there is nobody else.
    #[error(
        "PostgreSQL does not run as root and there is no user `postgres` to run it as. Install the package \
         postgresql, which makes that user, or run as an ordinary user"
    )]
    NoServerUser,
    /// A file or folder.
    #[error("cannot {doing} {}: {source}. Check that it is writable and the disk is not full", path.display())]
    Io {
        /// In words.
        doing: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The cluster could not be made; nothing of it was left behind.
    #[error(
        "the database could not be made in {}. Nothing was left behind; check free space and permissions there, \
         and try again. It said:\n{log}", dir.display()
    )]
    Initdb {
        /// Where.
        dir: PathBuf,
        /// Its last lines.
        log: String,
    },
    /// The server did not come up.
    #[error(
        "the database in {} did not start. Check free space and permissions there, and try again. Its log ends:\n{log}",
        dir.display()
    )]
    Start {
        /// Where.
        dir: PathBuf,
        /// Its last lines.
        log: String,
    },
    /// The server did not go down.
    #[error("the database in {} did not stop. Its log ends:\n{log}", dir.display())]
    Stop {
        /// Where.
        dir: PathBuf,
        /// Its last lines.
        log: String,
    },
    /// The program is ending.
    #[error("interrupted while the database was starting: {0}. Try again")]
    Interrupted(String),
}

impl ClusterError {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.into(), source }
    }

    pub(super) fn errno(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Io { doing, path: path.into(), source: errno.into() }
    }
}
