use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BatchId, RejectionReason};

/// The server's answer to a batch: one answer an item, in the order sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchAnswer {
    /// The batch this answers.
    pub batch_id: BatchId,
    /// In the order of the items.
    pub items: Vec<ItemAnswer>,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemAnswer {
    /// The item's id, `null` if it could not be read.
    pub id: Option<Uuid>,
    /// `accepted`, `quarantined`, `duplicate`, `conflict` or `rejected`.
    pub outcome: String,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RejectionReason>,
    /// What to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Points of an accepted track that were not taken, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub points_rejected: BTreeMap<RejectionReason, u32>,
}
