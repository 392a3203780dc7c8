//! Legal thresholds as dated data. A measurement is judged by the rule valid on its day.

use jiff::civil::Date;
use serde::Deserialize;

use crate::{BitRate, Invalid, Rtt};

/// One threshold rule with its source and validity. Loaded from `data/rules/*.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rule {
    /// Stable id, for example `tkmv-2024`.
    pub id: String,
    /// Where it is the law.
    pub jurisdiction: String,
    /// What was read.
    pub legal_source: String,
    /// First day.
    pub valid_from: Date,
    /// Last day; absent while in force.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Whether somebody read the legal text itself.
    pub verified: bool,
    /// Download that must at least be reached, Mbit/s.
    pub download_mbps: f64,
    /// Upload that must at least be reached, Mbit/s.
    pub upload_mbps: f64,
    /// Latency that must not be exceeded, ms.
    pub latency_ms: f64,
}

/// The typed thresholds of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// At least this much download.
    pub download: crate::Requirement<BitRate>,
    /// At least this much upload.
    pub upload: crate::Requirement<BitRate>,
    /// At most this latency.
    pub latency: crate::Requirement<Rtt>,
}

impl Rule {
    /// The thresholds as typed requirements.
    pub fn floor(&self) -> Result<Floor, Invalid> {
        use crate::Requirement::{AtLeast, AtMost};
        Ok(Floor {
            download: AtLeast(BitRate::from_mbps_f64(self.download_mbps)?),
            upload: AtLeast(BitRate::from_mbps_f64(self.upload_mbps)?),
            latency: AtMost(Rtt::from_millis_f64(self.latency_ms)?),
        })
    }

    /// Whether the rule is in force on a day.
    pub fn in_force(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}
