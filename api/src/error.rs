use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ingest::IngestError;
use serde::Serialize;
use store::StoreError;
use tracing::error;

/// RFC 9457 problem details.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What to do about this one.
    pub detail: String,
}

/// What a reader may be answered instead of what it asked for.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "for the OpenAPI document only; ApiError answers")]
pub(crate) enum ReadProblems {
    /// A parameter cannot be used.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(#[to_schema] Problem),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] Problem),
    /// The database does not answer: come again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] Problem),
}

/// Everything that a handler can fail with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A parameter or body that cannot be used.
    #[error("{0}")]
    BadRequest(String),
    /// There is no such thing.
    #[error("there is no {what} `{id}`: {hint}")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
        /// Where to find the right ones.
        hint: Cow<'static, str>,
    },
    /// Refused before a handler saw it.
    #[error("{}", http_hint(*.0))]
    Http(StatusCode),
    /// This process does not take measurements.
    #[error("this server does not take measurements: its role is to read")]
    NotHere,
    /// A batch that was not taken.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that should not happen; details go to the log only.
    #[error("{0}")]
    Internal(String),
}

impl From<domain::Invalid> for ApiError {
    fn from(invalid: domain::Invalid) -> Self {
        Self::BadRequest(invalid.to_string())
    }
}

impl ApiError {
    /// The stable name of the problem.
    const fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad-request",
            Self::NotFound { .. } => "not-found",
            Self::Http(status) => http_code(*status),
            Self::NotHere => "not-here",
            Self::Ingest(IngestError::Malformed(_)) => "malformed-batch",
            Self::Ingest(IngestError::TooManyItems { .. }) => "too-many-items",
            Self::Ingest(IngestError::TooOften(_)) => "too-often",
            Self::Ingest(IngestError::Overloaded) => "overloaded",
            Self::Ingest(IngestError::Stopping) => "stopping",
            Self::Ingest(IngestError::Store(_)) | Self::Store(_) => "database-unavailable",
            Self::Internal(_) => "internal",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::Ingest(IngestError::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Http(status) => *status,
            Self::NotFound { .. } | Self::NotHere => StatusCode::NOT_FOUND,
            Self::Ingest(IngestError::TooManyItems { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Ingest(IngestError::TooOften(_)) => StatusCode::TOO_MANY_REQUESTS,
            Self::Ingest(IngestError::Overloaded | IngestError::Stopping | IngestError::Store(_)) | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "The request cannot be used as it is",
            Self::NotFound { .. } => "There is no such thing",
            Self::Http(_) => "The request was refused as a whole",
            Self::NotHere => "Not at this server",
            Self::Ingest(IngestError::Malformed(_)) => "The batch cannot be read",
            Self::Ingest(IngestError::TooManyItems { .. }) => "The batch is too large",
            Self::Ingest(IngestError::TooOften(_)) => "Too much at once",
            Self::Ingest(IngestError::Overloaded) => "The server is busy",
            Self::Ingest(IngestError::Stopping) => "The server is stopping",
            Self::Ingest(IngestError::Store(_)) | Self::Store(_) => "The database is not available",
            Self::Internal(_) => "The server made a mistake",
        }
    }

    /// What the client may know. What went wrong inside is for the log.
    fn detail(&self) -> String {
        match self {
            Self::BadRequest(_) | Self::NotFound { .. } | Self::Http(_) | Self::NotHere | Self::Ingest(_) => {
                self.to_string()
            }
            Self::Store(_) => "try again in a moment".to_owned(),
            Self::Internal(_) => "the operator finds the reason in the log".to_owned(),
        }
    }
}

const fn http_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::REQUEST_TIMEOUT => "stalled",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-encoding",
        StatusCode::SERVICE_UNAVAILABLE => "too-slow",
        _ => "refused",
    }
}

const fn http_hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method: /openapi.json lists what it takes",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 8 MiB when unpacked: send it in parts",
        StatusCode::REQUEST_TIMEOUT => {
            "nothing of the body came for twenty seconds, or more than 512 KiB came too slowly: send the same batch again, or a smaller one"
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "send JSON, plain or packed with gzip or zstd",
        StatusCode::SERVICE_UNAVAILABLE => "the request took longer than a minute: try again later",
        _ => "see /openapi.json for what this path takes",
    }
}

/// Refusals of the layers around the handlers take the same form as those of the handlers.
pub async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let has_form =
        || response.headers().get(header::CONTENT_TYPE).is_some_and(|form| !form.as_bytes().starts_with(b"text/plain"));
    if (status.is_client_error() || status.is_server_error()) && !has_form() {
        let mut problem = ApiError::Http(status).into_response();
        if let Some(allow) = response.headers().get(header::ALLOW) {
            problem.headers_mut().insert(header::ALLOW, allow.clone());
        }
        return problem;
    }
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let wait = match &self {
            Self::Ingest(IngestError::TooOften(time)) => Some(time.as_secs() + 1),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5),
        };
        if status.is_server_error() {
            error!(error = %self, code = self.code(), "a request failed");
        }
        let problem = Problem {
            kind: format!("urn:whitespot:problem:{}", self.code()),
            title: self.title().to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
        };
        metrics::counter!("whitespot_http_problems_total", "code" => self.code()).increment(1);
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
