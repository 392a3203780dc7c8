use domain::CampaignId;
use serde::{Deserialize, Serialize};

/// What the contributor agreed to. Without it nothing is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The campaign that records are given to; `None` for everyday recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// Whether campaign records may also travel over a connection that costs money.
    #[serde(default)]
    pub metered_uploads: bool,
}

/// The three answers differ: items found beside a withdrawn consent are cleared, items found beside none
/// (a new or damaged state file) wait for the question to be asked again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConsentState {
    #[default]
    NotAsked,
    Granted(Consent),
    Withdrawn,
}

impl ConsentState {
    pub(crate) const fn granted(&self) -> Option<&Consent> {
        match self {
            Self::Granted(consent) => Some(consent),
            Self::NotAsked | Self::Withdrawn => None,
        }
    }
}
