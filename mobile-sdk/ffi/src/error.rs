use sdk_core::{RecordError, StorageError};

/// What an app can do something about.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum SdkError {
    /// Ask the contributor, then call `grant_consent`.
    #[error("ask for consent first")]
    ConsentRequired,
    /// Correct the value, or wait for a better position.
    #[error("{reason}")]
    InvalidInput {
        /// Which value, and what would be right.
        reason: String,
    },
    /// Free some space, or check the folder.
    #[error("{reason}")]
    Storage {
        /// What the system said.
        reason: String,
    },
    /// The folder was written by a newer version: update the app.
    #[error("{reason}")]
    UpdateRequired {
        /// Both versions.
        reason: String,
    },
}

impl From<RecordError> for SdkError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::ConsentRequired => Self::ConsentRequired,
            RecordError::Storage(error) => error.into(),
            other => Self::InvalidInput { reason: other.to_string() },
        }
    }
}

impl From<StorageError> for SdkError {
    fn from(error: StorageError) -> Self {
        let reason = error.to_string();
        match error {
            StorageError::NewerFormat { .. } => Self::UpdateRequired { reason },
            _ => Self::Storage { reason },
        }
    }
}

impl From<domain::Invalid> for SdkError {
    fn from(error: domain::Invalid) -> Self {
        Self::InvalidInput { reason: error.to_string() }
    }
}
