//! What passes between the engine, which decides, and the platform, which sends.

use std::{fmt, time::Duration};

use domain::wire::v1::BatchAnswer;

/// Names one handed-out upload until it is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(pub u64);

/// HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// POST
    Post,
    /// DELETE
    Delete,
}

/// One request to send: `method` `path` below the server's URL, with a JSON body.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// For [`crate::Engine::report`].
    pub id: UploadId,
    /// HTTP method.
    pub method: Method,
    /// Begins with `/`.
    pub path: &'static str,
    /// `application/json`.
    pub body: Vec<u8>,
    /// Items in it.
    pub items: usize,
}

/// Without the body: it holds the device's secret.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Upload({:?} {} #{}, {} items, {} bytes)",
            self.method,
            self.path,
            self.id.0,
            self.items,
            self.body.len()
        )
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadTask {
    /// Send this, then report.
    Upload(Upload),
    /// Ask again after this time; asking earlier is harmless.
    Wait {
        /// Upper bound.
        at_most: Duration,
    },
    /// Nothing more in this window: ask again when the platform's scheduler runs next.
    Done,
}

/// How an upload went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadResult {
    /// The server answered.
    Http {
        /// Status code.
        status: u16,
        /// Of the `Retry-After` header, if it was given in seconds.
        retry_after: Option<Duration>,
        /// The body as received.
        body: Vec<u8>,
    },
    /// No answer.
    NetworkFailure,
    /// The platform stopped it before it was sent, or while it was being sent.
    Cancelled,
}

/// What a result means for the items of the upload.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// One answer an item.
    Answered(BatchAnswer),
    /// The server has everything already, or has done what was asked.
    Taken,
    /// Not the items' fault: try again.
    Later(Option<Duration>),
    /// The server broke down over it: one of the items may be why.
    Broke,
    /// The server does not want it as it is.
    Refused,
    /// Too large.
    TooLarge,
    /// Nothing happened.
    Untried,
}

impl Verdict {
    pub(crate) fn of(result: UploadResult, method: Method) -> Self {
        let (status, retry_after, body) = match result {
            UploadResult::Cancelled => return Self::Untried,
            UploadResult::NetworkFailure => return Self::Later(None),
            UploadResult::Http { status, retry_after, body } => (status, retry_after, body),
        };
        match status {
            200..=299 if method == Method::Delete => Self::Taken,
            // A hotel's login page also answers 200: only our own answer counts.
            200..=299 => serde_json::from_slice(&body).map_or(Self::Later(None), Self::Answered),
            409 => Self::Taken,
            413 => Self::TooLarge,
            // Too early, too often, too busy; or a wrong address, a proxy, a login: nothing is wrong with
            // the items (against deleting everything on a mistyped URL).
            408 | 425 | 429 | 503 | 300..=399 | 401..=405 | 407 | 421 => Self::Later(retry_after),
            500..=599 => Self::Broke,
            _ => Self::Refused,
        }
    }
}
