use uuid::Uuid;

use crate::{Invalid, RejectionReason};

/// Why an item was not taken, for one reader: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Refusal {
    /// The item's id as far as it could be read, to answer with.
    pub id: Option<Uuid>,
    /// The stable code.
    pub reason: RejectionReason,
    /// What to change. Never holds a position.
    pub detail: String,
}

impl Refusal {
    pub(super) fn new(reason: RejectionReason, invalid: &Invalid) -> Self {
        Self::with_detail(reason, invalid.to_string())
    }

    pub(super) fn with_detail(reason: RejectionReason, detail: impl Into<String>) -> Self {
        Self { id: None, reason, detail: detail.into() }
    }

    pub(super) fn malformed(detail: &str) -> Self {
        Self::with_detail(RejectionReason::Malformed, detail)
    }

    /// The same, naming the point of a track that it is about.
    pub(super) fn at_point(self, index: usize) -> Self {
        Self { detail: format!("point {index}: {}", self.detail), ..self }
    }
}

/// A parsed optional value, or a refusal with the given reason.
pub(super) fn optional<T, U>(
    value: Option<T>,
    parse: impl FnOnce(T) -> Result<U, Invalid>,
    reason: RejectionReason,
) -> Result<Option<U>, Refusal> {
    value.map(parse).transpose().map_err(|invalid| Refusal::new(reason, &invalid))
}
