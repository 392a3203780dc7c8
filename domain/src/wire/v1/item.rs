use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{CoverageTrack, DeadSpotReport, SpeedTest};
use crate::{Invalid, ItemId, Record, RejectionReason};

/// One recorded item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Item {
    /// A run against a measurement server.
    SpeedTest(SpeedTest),
    /// A walk or drive.
    CoverageTrack(CoverageTrack),
    /// A contributor's statement.
    DeadSpotReport(DeadSpotReport),
}

/// Why an item was not taken, for one reader: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The item's id as far as it could be read, to answer with.
    pub id: Option<Uuid>,
    /// The stable code.
    pub reason: RejectionReason,
    /// What to change.
    pub detail: String,
}

impl Refusal {
    pub(super) fn new(reason: RejectionReason, invalid: &Invalid) -> Self {
        Self { id: None, reason, detail: invalid.to_string() }
    }
}

/// Opens one item: JSON to validated record.
pub fn read_item(raw: &RawValue) -> Result<(Record, Item), Refusal> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        id: Option<Uuid>,
        #[serde(default)]
        kind: Option<String>,
    }
    const KINDS: [&str; 3] = ["speed_test", "coverage_track", "dead_spot_report"];

    match serde_json::from_str::<Item>(raw.get()) {
        Ok(item) => match Record::try_from(&item) {
            Ok(record) => Ok((record, item)),
            Err(refusal) => Err(Refusal { id: Some(item.uuid()), ..refusal }),
        },
        Err(error) => {
            let head = serde_json::from_str::<Head>(raw.get()).unwrap_or(Head { id: None, kind: None });
            let known = head.kind.as_deref().is_none_or(|kind| KINDS.contains(&kind));
            let reason = if known { RejectionReason::Malformed } else { RejectionReason::UnknownKind };
            Err(Refusal { id: head.id, reason, detail: error.to_string() })
        }
    }
}

impl Item {
    /// The id as sent, checked or not.
    pub const fn uuid(&self) -> Uuid {
        match self {
            Self::SpeedTest(item) => item.id,
            Self::CoverageTrack(item) => item.id,
            Self::DeadSpotReport(item) => item.id,
        }
    }

    /// Hash of the content: the same for the same item whatever its spelling. 128 bits of SHA-256.
    pub fn content_hash(&self) -> [u8; 16] {
        // Serialising own plain structs to memory cannot fail.
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        let mut hash = [0; 16];
        hash.copy_from_slice(&Sha256::digest(&canonical)[..16]);
        hash
    }
}

impl TryFrom<&Item> for Record {
    type Error = Refusal;

    fn try_from(item: &Item) -> Result<Self, Refusal> {
        match item {
            Item::SpeedTest(item) => item.to_domain().map(Self::SpeedTest),
            Item::CoverageTrack(item) => item.to_domain().map(Self::CoverageTrack),
            Item::DeadSpotReport(item) => item.to_domain().map(Self::DeadSpotReport),
        }
    }
}

impl From<&Record> for Item {
    fn from(record: &Record) -> Self {
        match record {
            Record::SpeedTest(test) => Self::SpeedTest(test.into()),
            Record::CoverageTrack(track) => Self::CoverageTrack(track.into()),
            Record::DeadSpotReport(report) => Self::DeadSpotReport(report.into()),
        }
    }
}

pub(super) fn item_id(id: Uuid) -> Result<ItemId, Refusal> {
    ItemId::from_uuid(id).map_err(|invalid| Refusal::new(RejectionReason::BadId, &invalid))
}

pub(super) fn hex(text: &str, finest: crate::Resolution) -> Result<crate::Hex, Refusal> {
    let hex: crate::Hex = text.parse().map_err(|e| Refusal::new(RejectionReason::BadPosition, &e))?;
    hex.checked_for_record(finest).map_err(|e| {
        let reason = if hex.resolution() > finest {
            RejectionReason::PositionTooFine
        } else {
            RejectionReason::PositionTooCoarse
        };
        Refusal::new(reason, &e)
    })
}

/// A parsed optional value, or a refusal with the given reason.
pub(super) fn optional<T, U>(
    value: Option<T>,
    parse: impl FnOnce(T) -> Result<U, Invalid>,
    reason: RejectionReason,
) -> Result<Option<U>, Refusal> {
    value.map(parse).transpose().map_err(|invalid| Refusal::new(reason, &invalid))
}
