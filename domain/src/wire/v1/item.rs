use std::hash::{DefaultHasher, Hasher as _};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{CoverageTrack, DeadSpotReport, Refusal, SpeedTest, diagnose::diagnose};
use crate::{ItemId, Record, RejectionReason};

/// Tags of [`Item`].
pub(super) const KINDS: [&str; 3] = ["speed_test", "coverage_track", "dead_spot_report"];

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

/// Opens one item: JSON to a validated record, and the item in its normal form (times cut to what is
/// kept, hexagons in lower case, operators run together), which is what [`Item::content_hash`] compares; and how many points
/// of a track are left out, because their technology came after this version.
///
/// The refusal names the most telling fault: [`RejectionReason::UnknownTechnology`] for a technology that
/// came after this version, and so on. It never breaks the other items of the batch.
pub fn read_item(raw: &RawValue) -> Result<(Record, Item, usize), Refusal> {
    // Serde would also take a list of the fields in order; the format is an object.
    if !raw.get().starts_with('{') {
        return Err(Refusal::malformed("an item is a JSON object"));
    }
    match serde_json::from_str::<Item>(raw.get()) {
        Ok(item) => match item.to_domain() {
            Ok((record, unknown)) => {
                let normal = Item::from(&record);
                Ok((record, normal, unknown))
            }
            Err(refusal) => Err(Refusal { id: Some(item.uuid()), ..refusal }),
        },
        Err(error) => Err(diagnose(raw, &error)),
    }
}

/// What tells items apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemHashes {
    /// See [`Item::content_hash`]; stored.
    pub content: [u8; 16],
    /// Without the id; for the memory of one process.
    pub without_id: u64,
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

    /// Hash of the content, to tell an item that was sent twice from another under the same id.
    /// 128 bits of SHA-256 over the JSON of the item: independent of field order, white space and unknown
    /// fields; of spelling too, for the normal form that [`read_item`] returns.
    pub fn content_hash(&self) -> [u8; 16] {
        self.hashes().content
    }

    /// [`Self::content_hash`], and a hash of the content without the id: the same measurement under another
    /// id has the same.
    pub fn hashes(&self) -> ItemHashes {
        // Serialising own plain structs to memory cannot fail.
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        let mut content = [0; 16];
        content.copy_from_slice(&Sha256::digest(&canonical)[..16]);
        let id = self.uuid().hyphenated().to_string();
        let at = canonical.windows(id.len()).position(|window| window == id.as_bytes()).unwrap_or(0);
        let mut rest = DefaultHasher::new();
        rest.write(&canonical[..at]);
        rest.write(canonical.get(at + id.len()..).unwrap_or_default());
        ItemHashes { content, without_id: rest.finish() }
    }

    /// And how many points of a track are left out.
    fn to_domain(&self) -> Result<(Record, usize), Refusal> {
        let all = |record: Record| (record, 0);
        match self {
            Self::SpeedTest(item) => item.to_domain().map(Record::SpeedTest).map(all),
            Self::CoverageTrack(item) => {
                item.to_domain().map(|(track, unknown)| (Record::CoverageTrack(track), unknown))
            }
            Self::DeadSpotReport(item) => item.to_domain().map(Record::DeadSpotReport).map(all),
        }
    }
}

/// Whole, for whoever made the item: a track of which points would be left out is refused.
impl TryFrom<&Item> for Record {
    type Error = Refusal;

    fn try_from(item: &Item) -> Result<Self, Refusal> {
        match item.to_domain()? {
            (record, 0) => Ok(record),
            _ => {
                Err(Refusal::with_detail(RejectionReason::UnknownTechnology, "a point's technology is not known here"))
            }
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
