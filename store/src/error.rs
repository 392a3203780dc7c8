use domain::Invalid;

/// Why the database did not do what was asked. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No connection.
    #[error("the database {database} cannot be reached: {source}. Start the server, or check --database-url")]
    Unreachable {
        /// Host and database name, never the password.
        database: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// The address is not one.
    #[error("the database URL cannot be read: {0}. It looks like postgres://user@host/database")]
    BadUrl(sqlx::Error),
    /// The server lacks PostGIS, or we may not switch it on.
    #[error(
        "PostGIS cannot be switched on in database {database}: {source}. Install it on the database server \
         (Debian: postgresql-15-postgis-3, or the package of its major version), or let an administrator run \
         `create extension postgis` there"
    )]
    PostgisMissing {
        /// Host and database name.
        database: String,
        /// What the server says.
        source: sqlx::Error,
    },
    /// Written by a newer program.
    #[error(
        "the database has schema version {version}, which this program does not know (it knows up to {known}). \
         Use the newer whitespot that wrote it, or another --data-dir or --database-url"
    )]
    NewerSchema {
        /// What the database says.
        version: i64,
        /// What this program knows.
        known: i64,
    },
    /// Not made by this line of programs.
    #[error(
        "schema version {version} in the database is not the one this program was built with: the migration was \
         changed. Use the whitespot that made the database, or another --data-dir or --database-url"
    )]
    ChangedMigration {
        /// Which.
        version: i64,
    },
    /// A migration did not go through; nothing of it stays.
    #[error("the database could not be brought to the schema of this program: {0}. Nothing was changed")]
    Migration(sqlx::migrate::MigrateError),
    /// A statement failed.
    #[error("the database refused to {doing}: {source}")]
    Database {
        /// In words.
        doing: &'static str,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// Others were faster, again and again.
    #[error("transaction {name} was overtaken by others {attempts} times. Try again when the load is lower")]
    TooManyRetries {
        /// Name of the transaction.
        name: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// A published release does not change.
    #[error("a release is immutable: publish a new one instead")]
    Immutable,
    /// Retention has been there.
    #[error("evidence of {year} is not kept: everything from before {kept_from} was destroyed with its keys")]
    Forgotten {
        /// Of the evidence.
        year: i16,
        /// The first year that is kept.
        kept_from: i16,
    },
    /// What was given to store breaks a promise of the database.
    #[error("cannot be stored: {0}")]
    Refused(#[from] Invalid),
    /// What was read is not what was written.
    #[error("the database holds {what} that cannot be read: {reason}. Restore a backup or use another database")]
    Corrupt {
        /// Which column or value.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// For `map_err`: names the activity.
    pub(crate) fn doing(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| match sql_state(&source).as_deref() {
            Some("WS001") => Self::Immutable,
            _ => Self::Database { doing, source },
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers pass errors, literals and format_args alike")]
    pub(crate) fn corrupt(what: &'static str, reason: impl ToString) -> Self {
        Self::Corrupt { what, reason: reason.to_string() }
    }

    /// Whether a transaction may simply be run again: serialisation failure or deadlock.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Database { source, .. } if matches!(sql_state(source).as_deref(), Some("40001" | "40P01")))
    }

    /// Whether the database is away or overloaded, so that the same request may succeed later (503, not 500).
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooManyRetries { .. } => true,
            Self::Database { source, .. } => match source {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                // Class 08: connection; 53: out of disk, memory or connections; 57P0x: shutting down or starting.
                source => sql_state(source)
                    .is_some_and(|code| code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")),
            },
            _ => false,
        }
    }
}

/// The five-character SQLSTATE of a server error.
pub(crate) fn sql_state(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)
}
