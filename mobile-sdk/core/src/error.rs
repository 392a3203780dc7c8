use std::path::PathBuf;

use domain::Invalid;

/// Why something was not recorded. Nothing is half recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The contributor has not agreed.
    #[error("nothing is recorded without consent: ask for it and call `grant_consent`")]
    ConsentRequired,
    /// A value that cannot be.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The record as a whole is refused.
    #[error("this cannot be recorded: {0}")]
    Refused(String),
    /// More than 461 m.
    #[error("the position is too inaccurate to name a place: wait for a better one (461 m or less)")]
    PositionTooCoarse,
    /// Two points of a track that nobody can have travelled between.
    #[error("the position jumped faster than any train: the point was left out")]
    ImplausibleTravel,
    /// `track_point` or `finish_track` without `start_track`.
    #[error("no track is running: call `start_track` first")]
    NoTrack,
    /// `start_track` while one runs.
    #[error("a track is already running: finish or discard it first")]
    TrackRunning,
    /// The disk did not take it.
    #[error("{0}")]
    Storage(#[from] StorageError),
}

/// The folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The system said no.
    #[error("cannot {action} in {}: {source}. Free some space or check the permissions", dir.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The queue's folder.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Written by a newer SDK.
    #[error("the queue folder has format {found}, this SDK knows {known}: update the app, or use another folder")]
    NewerFormat {
        /// On disk.
        found: u32,
        /// In this build.
        known: u32,
    },
}
