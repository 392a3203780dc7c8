use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Item;
use crate::{BatchId, CampaignId};

/// Which program made the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    /// Program, for example `whitespot-cli`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a client sends to `POST /v1/batches`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    /// Idempotency key of this upload.
    pub batch_id: BatchId,
    /// 32 hexadecimal digits that only this device knows. The server stores an HMAC of it.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    pub device_secret: String,
    /// When it was sent, by the device's clock (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub sent_at: Timestamp,
    /// The campaign the contributor takes part in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// Which program made it.
    pub client: Client,
    /// At most 1,000.
    #[schemars(length(max = 1000))]
    pub items: Vec<Item>,
}

/// The same as the server reads it: items unopened, so that a broken one does not break the others.
#[derive(Deserialize)]
pub struct BatchEnvelope {
    /// Idempotency key of this upload.
    pub batch_id: BatchId,
    /// Shown once, never stored.
    pub device_secret: String,
    /// By the device's clock.
    pub sent_at: Timestamp,
    /// The campaign the contributor takes part in.
    #[serde(default)]
    pub campaign: Option<CampaignId>,
    /// Which program made it.
    pub client: Client,
    /// Unopened items; open them with [`super::read_item`].
    pub items: Vec<Box<RawValue>>,
}

// By hand: a derived Debug would print the secret, and whatever a foreign client put into its items.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("batch_id", &self.batch_id)
            .field("sent_at", &self.sent_at)
            .field("campaign", &self.campaign)
            .field("client", &self.client)
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BatchEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchEnvelope")
            .field("batch_id", &self.batch_id)
            .field("sent_at", &self.sent_at)
            .field("campaign", &self.campaign)
            .field("client", &self.client)
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}
