use jiff::{Timestamp, civil::Date};

use crate::{
    Hex, Invalid, ItemId, Operator,
    text::{coded_enum, text_form},
};

coded_enum! {
    /// What does not work.
    pub enum Failing ("what fails") {
        /// Nothing at all.
        NoService = "no_service",
        /// Calls work, data does not.
        NoData = "no_data",
        /// Data works, calls do not.
        NoVoice = "no_voice",
        /// Works, but too slowly to use.
        TooSlow = "too_slow",
        /// Works outdoors only.
        Indoors = "indoors",
    }
}

/// Free text of a contributor, at most 280 characters, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment(String);

impl Comment {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Comment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Comment {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        let text = s.trim();
        if text.is_empty() || text.chars().count() > 280 {
            Err(Invalid::new("comment", "not shown", "must have 1 to 280 characters"))
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            Err(Invalid::new("comment", "not shown", "must not hold control characters"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

text_form!(Comment, "^[\\s\\S]{1,280}$", "No service along the whole path.");

/// A contributor's statement that something does not work at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadSpotReport {
    /// Idempotency key.
    pub id: ItemId,
    /// When it was noticed, to the minute.
    pub at: Timestamp,
    /// Where: resolution 10 or coarser.
    pub hex: Hex,
    /// What fails.
    pub failing: Failing,
    /// Whose network, if known.
    pub operator: Option<Operator>,
    /// For how long already.
    pub since: Option<Date>,
    /// In the contributor's words.
    pub comment: Option<Comment>,
}
