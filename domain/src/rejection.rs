//! The one answer every item gets.

use crate::text::coded_enum;

coded_enum! {
    /// Why an item, or a point of a track, was not taken.
    pub enum RejectionReason ("rejection reason") {
        /// Not readable as its record kind.
        Malformed = "malformed",
        /// A record kind that this server does not know.
        UnknownKind = "unknown_kind",
        /// The id is no random UUID.
        BadId = "bad_id",
        /// No time given.
        NoTime = "no_time",
        /// Later than the server's clock allows.
        InFuture = "in_future",
        /// Before 2015, or older than the server takes.
        TooOld = "too_old",
        /// No position, NaN, or out of range.
        BadPosition = "bad_position",
        /// At 0/0: the receiver had no fix.
        NullIsland = "null_island",
        /// Finer than the promise to contributors allows.
        PositionTooFine = "position_too_fine",
        /// Too coarse to say anything about a place.
        PositionTooCoarse = "position_too_coarse",
        /// Outside the region that this server serves.
        OutsideArea = "outside_area",
        /// A network code that is not one.
        UnknownOperator = "unknown_operator",
        /// A technology that this version does not know.
        UnknownTechnology = "unknown_technology",
        /// A word of another closed set (failure cause, protocol, medium …) that this version does not know.
        UnknownValue = "unknown_value",
        /// A value that cannot be measured: negative, infinite.
        ImplausibleValue = "implausible_value",
        /// More than the technology can carry.
        BeyondTechnology = "beyond_technology",
        /// Positions that no contributor can have travelled between.
        ImplausibleTravel = "implausible_travel",
        /// A campaign that this server does not know.
        UnknownCampaign = "unknown_campaign",
        /// The campaign was not running at that time.
        CampaignClosed = "campaign_closed",
        /// A track without points.
        EmptyTrack = "empty_track",
        /// More than one batch or track may hold, or a device may say of one hexagon on one day.
        TooMany = "too_many",
    }
}

coded_enum! {
    /// Why an accepted item stays outside of the statistics until a person has looked.
    pub enum QuarantineReason ("quarantine reason") {
        /// Far from the other tests of its device. Computed with each summary (docs/adr/0009-outliers.md), never stored.
        Outlier = "outlier",
        /// The same content under another id.
        RepeatedContent = "repeated_content",
        /// A test like one that the device made at this place within four hours.
        SimilarTest = "similar_test",
    }
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Kept. With a reason: kept, but outside of the statistics.
    Accepted(Option<QuarantineReason>),
    /// Sent before with the same content.
    Duplicate,
    /// Sent before with other content: the first stays.
    Conflict,
    /// Not taken.
    Rejected(RejectionReason),
}

impl Outcome {
    /// The stable code (wire, metrics).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted(None) => "accepted",
            Self::Accepted(Some(_)) => "quarantined",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Rejected(_) => "rejected",
        }
    }
}
