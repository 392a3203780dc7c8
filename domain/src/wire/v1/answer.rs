use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{BatchId, RejectionReason};

/// The server's answer to a batch: one answer an item, in the order sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchAnswer {
    /// The batch this answers.
    pub batch_id: BatchId,
    /// In the order of the items.
    pub items: Vec<ItemAnswer>,
    /// Shows its holder what became of the items, at `GET /v1/follow-up/{code}`. The same for a batch that is
    /// sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<String>,
}

/// What became of one item.
///
/// A client reads answers of newer servers: a reason that it does not know becomes `None`, and must not
/// make the answer unreadable (it would send the batch for ever).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemAnswer {
    /// The item's id, `null` if it could not be read.
    pub id: Option<Uuid>,
    /// `accepted`, `quarantined`, `duplicate`, `conflict` or `rejected`.
    pub outcome: String,
    /// Why it was rejected. For `quarantined` see `detail`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known_reason")]
    pub reason: Option<RejectionReason>,
    /// What to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Points of an accepted track that were not taken, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "known_reasons")]
    pub points_rejected: BTreeMap<RejectionReason, u32>,
}

fn known_reason<'de, D: Deserializer<'de>>(d: D) -> Result<Option<RejectionReason>, D::Error> {
    let code = Option::<String>::deserialize(d)?;
    Ok(code.and_then(|code| code.parse().ok()))
}

fn known_reasons<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<RejectionReason, u32>, D::Error> {
    let counts = BTreeMap::<String, u32>::deserialize(d)?;
    Ok(counts.into_iter().filter_map(|(code, count)| Some((code.parse().ok()?, count))).collect())
}
