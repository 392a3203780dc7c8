use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::item::{hex, item_id};
use super::refusal::{Refusal, optional};
use super::speed_test::to_minute;
use crate::{
    Hex, ItemId, Operator, RejectionReason, record,
    record::{Comment, Failing},
};

/// A contributor's statement that something does not work at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadSpotReport {
    /// UUID version 4, made on the device.
    #[schemars(with = "ItemId")]
    pub id: Uuid,
    /// When it was noticed (RFC 3339); the server keeps the minute.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// H3 index, resolution 8 to 10.
    #[schemars(with = "Hex")]
    pub hex: String,
    /// What fails.
    pub failing: Failing,
    /// MCC and MNC run together, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Operator>")]
    pub operator: Option<String>,
    /// For how long already (date).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub since: Option<Date>,
    /// At most 280 characters; blank is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Comment>")]
    pub comment: Option<String>,
}

impl DeadSpotReport {
    pub(super) fn to_domain(&self) -> Result<record::DeadSpotReport, Refusal> {
        // A form sends its empty field as empty text.
        let comment = self.comment.as_deref().filter(|text| !text.trim().is_empty());
        Ok(record::DeadSpotReport {
            id: item_id(self.id)?,
            at: to_minute(self.at),
            hex: hex(&self.hex, Hex::MOBILE)?,
            failing: self.failing,
            operator: optional(self.operator.as_deref(), str::parse::<Operator>, RejectionReason::UnknownOperator)?,
            since: self.since,
            comment: optional(comment, str::parse::<Comment>, RejectionReason::Malformed)?,
        })
    }
}

impl From<&record::DeadSpotReport> for DeadSpotReport {
    fn from(report: &record::DeadSpotReport) -> Self {
        Self {
            id: report.id.as_uuid(),
            at: report.at,
            hex: report.hex.to_string(),
            failing: report.failing,
            operator: report.operator.map(|operator| operator.to_string()),
            since: report.since,
            comment: report.comment.as_ref().map(ToString::to_string),
        }
    }
}
