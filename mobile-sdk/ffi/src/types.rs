use std::time::Duration;

use domain::{Invalid, record::Failing};
use jiff::Timestamp;
use sdk_core::{Conditions, DeadSpotInput, Method, Place, Position, Upload, UploadResult, UploadTask};

/// What does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SdkFailing {
    /// Nothing at all.
    NoService,
    /// Calls work, data does not.
    NoData,
    /// Data works, calls do not.
    NoVoice,
    /// Too slow to use.
    TooSlow,
    /// Works outdoors only.
    Indoors,
}

/// A dead spot as an app knows it. The position is reduced before anything is stored.
#[derive(Clone, uniffi::Record)]
pub struct SdkDeadSpot {
    /// WGS 84.
    pub latitude_degrees: f64,
    /// WGS 84.
    pub longitude_degrees: f64,
    /// Radius of the 68 % circle.
    pub accuracy_m: f64,
    /// Milliseconds since 1970.
    pub at_unix_ms: i64,
    /// What fails.
    pub failing: SdkFailing,
    /// MCC and MNC, if known.
    pub operator: Option<String>,
    /// At most 280 characters.
    pub comment: Option<String>,
}

/// Without the position.
impl std::fmt::Debug for SdkDeadSpot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SdkDeadSpot").field("failing", &self.failing).finish_non_exhaustive()
    }
}

impl TryFrom<SdkDeadSpot> for DeadSpotInput {
    type Error = Invalid;

    fn try_from(spot: SdkDeadSpot) -> Result<Self, Invalid> {
        let position = Position::from_degrees(spot.latitude_degrees, spot.longitude_degrees, spot.accuracy_m)?;
        Ok(Self {
            at: Timestamp::from_millisecond(spot.at_unix_ms)
                .map_err(|_| Invalid::new("time (ms since 1970)", spot.at_unix_ms, "is not a time"))?,
            place: Place::Position(position),
            failing: match spot.failing {
                SdkFailing::NoService => Failing::NoService,
                SdkFailing::NoData => Failing::NoData,
                SdkFailing::NoVoice => Failing::NoVoice,
                SdkFailing::TooSlow => Failing::TooSlow,
                SdkFailing::Indoors => Failing::Indoors,
            },
            operator: spot.operator.as_deref().map(str::parse).transpose()?,
            since: None,
            comment: spot.comment.as_deref().map(str::parse).transpose()?,
        })
    }
}

/// What the platform knows at this moment.
#[derive(Clone, Copy, Debug, uniffi::Record)]
pub struct SdkConditions {
    /// There is a network.
    pub online: bool,
    /// The connection costs money.
    pub metered: bool,
    /// Connected to power.
    pub charging: bool,
    /// 0 to 100, where known.
    pub battery_percent: Option<u8>,
}

impl From<SdkConditions> for Conditions {
    fn from(conditions: SdkConditions) -> Self {
        let SdkConditions { online, metered, charging, battery_percent } = conditions;
        Self { online, metered, charging, battery_percent }
    }
}

/// HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SdkMethod {
    /// POST
    Post,
    /// DELETE
    Delete,
}

/// A request to send with `Content-Type: application/json`.
#[derive(Clone, uniffi::Record)]
pub struct SdkUploadRequest {
    /// For `report_upload`.
    pub id: u64,
    /// HTTP method.
    pub method: SdkMethod,
    /// Below the server's address.
    pub path: String,
    /// Send as it is; do not log it.
    pub body: Vec<u8>,
}

/// Without the body: it holds the device's secret.
impl std::fmt::Debug for SdkUploadRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SdkUploadRequest(#{} {:?} {})", self.id, self.method, self.path)
    }
}

/// What to do next.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum SdkUploadTask {
    /// Send this, then report.
    Upload {
        /// What to send.
        request: SdkUploadRequest,
    },
    /// Ask again after this time.
    Wait {
        /// Upper bound.
        at_most_ms: u64,
    },
    /// Nothing more until the scheduler runs next.
    Done,
}

impl From<UploadTask> for SdkUploadTask {
    fn from(task: UploadTask) -> Self {
        match task {
            UploadTask::Upload(Upload { id, method, path, body, .. }) => {
                let method = match method {
                    Method::Post => SdkMethod::Post,
                    Method::Delete => SdkMethod::Delete,
                };
                Self::Upload { request: SdkUploadRequest { id: id.0, method, path: path.to_owned(), body } }
            }
            UploadTask::Wait { at_most } => Self::Wait { at_most_ms: at_most.as_millis() as u64 },
            UploadTask::Done => Self::Done,
        }
    }
}

/// How an upload went.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum SdkUploadResult {
    /// The server answered.
    Http {
        /// Status code.
        status: u16,
        /// `Retry-After` in seconds, if given.
        retry_after_s: Option<u32>,
        /// As received.
        body: Vec<u8>,
    },
    /// No answer.
    NetworkFailure,
    /// The system stopped it.
    Cancelled,
}

impl From<SdkUploadResult> for UploadResult {
    fn from(result: SdkUploadResult) -> Self {
        match result {
            SdkUploadResult::Http { status, retry_after_s, body } => {
                let retry_after = retry_after_s.map(|seconds| Duration::from_secs(seconds.into()));
                Self::Http { status, retry_after, body }
            }
            SdkUploadResult::NetworkFailure => Self::NetworkFailure,
            SdkUploadResult::Cancelled => Self::Cancelled,
        }
    }
}
