//! What stops an aggregation. Nothing is left at the place of its output then.

use std::{io, path::PathBuf};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// Nothing to read.
    #[error("no input: name Parquet or CSV files, or folders that hold some")]
    NoInput,
    /// Files without anything to count.
    #[error("none of the {rows} rows that were read has a place: there is nothing to write")]
    Nothing {
        /// That were read.
        rows: u64,
    },
    /// A file that cannot be used, or a value in it.
    #[error("{}{}: {reason}", file.display(), place.as_ref().map(|place| format!(", {place}")).unwrap_or_default())]
    Input {
        /// Which.
        file: PathBuf,
        /// Row group and row, or line.
        place: Option<String>,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The result cannot be written.
    #[error("{}: {reason}", file.display())]
    Output {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// Too little to work with.
    #[error("a memory limit of {given} MB is too small: with {threads} threads at least {least} MB are needed")]
    Memory {
        /// In MB.
        given: usize,
        /// In MB.
        least: usize,
        /// Of this request.
        threads: usize,
    },
    /// What did not fit into memory cannot be set aside.
    #[error(
        "cannot write to or read from the folder for what does not fit into memory ({0}): name another one, or raise the limit"
    )]
    Scratch(#[from] io::Error),
}

#[expect(clippy::needless_pass_by_value, reason = "a text or an error, whatever is at hand")]
impl BulkError {
    pub(crate) fn input(file: &std::path::Path, reason: impl ToString) -> Self {
        Self::Input { file: file.to_owned(), place: None, reason: reason.to_string() }
    }

    pub(crate) fn at(file: &std::path::Path, place: impl Into<String>, reason: impl ToString) -> Self {
        Self::Input { file: file.to_owned(), place: Some(place.into()), reason: reason.to_string() }
    }
}
