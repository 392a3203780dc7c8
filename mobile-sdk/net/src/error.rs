use std::time::Duration;

use domain::record::FailureCause;

/// Why there is no test to report: nothing was learnt about the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// The server is full.
    #[error("the measurement server is busy: try again in {} s", .retry_after.as_secs())]
    Busy {
        /// What it asked for.
        retry_after: Duration,
    },
    /// The server is there but does not measure.
    #[error("the server answered {status} instead of starting a test: check that the URL names a measurement server")]
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// The machine answers, the port does not.
    #[error("nothing listens at {host}: check the address and the port, or start the server")]
    NotThere {
        /// Host and port.
        host: String,
    },
    /// It is no ndt7 server, or one that breaks the protocol.
    #[error("the server does not speak ndt7: {reason}")]
    Protocol {
        /// What was wrong.
        reason: String,
    },
    /// The options ask for nothing.
    #[error("nothing to measure: ask for the download, the upload or both")]
    NothingToDo,
}

/// Inside: a test either cannot be held, or was broken by the network.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Not evidence.
    Error(MeasureError),
    /// Evidence: a failed attempt.
    Broken(FailureCause),
}

impl From<MeasureError> for Trouble {
    fn from(error: MeasureError) -> Self {
        Self::Error(error)
    }
}
