//! Records as the server keeps them: attributed to a pseudonym and a source class.

use std::collections::BTreeMap;

use crate::{CampaignId, CoverageTrack, DevicePseudonym, QuarantineReason, Record, SourceClass, SpeedTest};

/// A validated record with what the server knows beside it; what `ingest` hands to `store`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvidence {
    /// Whose it is, under the key of the calendar year of the record.
    pub device: DevicePseudonym,
    /// Pseudonyms under the keys of other years, for a track that crosses New Year: no pseudonym spans two.
    pub other_years: BTreeMap<i16, DevicePseudonym>,
    /// Decided by the server.
    pub source: SourceClass,
    /// The campaign it counts for.
    pub campaign: Option<CampaignId>,
    /// Kept outside of the statistics until a person has looked.
    pub quarantine: Option<QuarantineReason>,
    /// Hash of the content as sent, to tell a duplicate from a conflict.
    pub content_hash: [u8; 16],
    /// The record itself.
    pub record: Record,
}

/// A piece of a coverage track as read back for aggregation: the points of one storage block.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverageEvidence {
    /// Whose it is.
    pub device: DevicePseudonym,
    /// Where it comes from.
    pub source: SourceClass,
    /// Id of the track, its lock, and those of its points that lie in the block.
    pub track: CoverageTrack,
}

/// A speed test as read back for aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedEvidence {
    /// Whose it is.
    pub device: DevicePseudonym,
    /// Where it comes from.
    pub source: SourceClass,
    /// The test.
    pub test: SpeedTest,
}
