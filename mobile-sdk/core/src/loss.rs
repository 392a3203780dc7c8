use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why a recorded item will never reach the server. Every loss is counted under one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// The queue held too many bytes; the oldest went.
    Size,
    /// The queue held too many items; the oldest went.
    Count,
    /// Older than the server would take.
    Age,
    /// The file could not be read back.
    Unreadable,
    /// The server did not take this item.
    Rejected,
    /// The server holds other content under the same id.
    Conflict,
    /// The server refused the upload that held only this item.
    Refused,
    /// Too large for the server even alone.
    TooLarge,
    /// The contributor withdrew the consent.
    ConsentWithdrawn,
}

impl LossReason {
    pub(crate) const ALL: [Self; 9] = [
        Self::Size,
        Self::Count,
        Self::Age,
        Self::Unreadable,
        Self::Rejected,
        Self::Conflict,
        Self::Refused,
        Self::TooLarge,
        Self::ConsentWithdrawn,
    ];

    /// The stable code (queue files, batches).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Count => "count",
            Self::Age => "age",
            Self::Unreadable => "unreadable",
            Self::Rejected => "rejected",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::TooLarge => "too_large",
            Self::ConsentWithdrawn => "consent_withdrawn",
        }
    }

    /// Whether the file is worth a look by a developer afterwards.
    pub(crate) const fn keeps_file(self) -> bool {
        matches!(self, Self::Unreadable | Self::Rejected | Self::Conflict | Self::Refused | Self::TooLarge)
    }
}

/// Losses by reason.
pub type Losses = BTreeMap<LossReason, u64>;
