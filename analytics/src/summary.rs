//! What is known about one unit (hexagon, remainder, municipality, district, state), ready to publish.

use domain::DayPart;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The three states. White means unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Mobile: at most half of the device votes are no-service. Fixed: at most half are below the floor.
    Covered,
    /// Mobile: more than half of the device votes are no-service. Fixed: more than half are below the floor.
    Dead,
    /// Nobody measured, or nothing may be said.
    NotMeasured,
}

impl State {
    /// The stable code (SQL, JSON, legend).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Dead => "dead",
            Self::NotMeasured => "not_measured",
        }
    }
}

/// How far a figure carries (METHODS 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Grade {
    /// 95 % interval within ±10 points, every part of the day.
    A,
    /// Within ±15 points. The best a campaign can reach.
    B,
    /// Within ±20 points.
    C,
    /// Wider, or measured on too few days.
    D,
    /// A professional drive test: one instrument, so the grades for many contributors do not apply.
    S,
    /// Nothing may be said.
    U,
}

impl Grade {
    /// The letter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::S => "S",
            Self::U => "U",
        }
    }
}

/// A share of devices with its 95 % Wilson interval, each between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// Lower bound.
    pub low: f64,
    /// Mean of the device votes.
    pub value: f64,
    /// Upper bound.
    pub high: f64,
}

/// Quantiles over device values, in the unit of the field that holds them. p10 and p90 are only given
/// where 29 effective devices support them (METHODS 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantiles {
    /// Devices with a value.
    pub devices: u32,
    /// A tenth lies below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p10: Option<f64>,
    /// The median.
    pub p50: f64,
    /// Four fifths lie below.
    pub p80: f64,
    /// Nine tenths lie below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
}

/// Beta posterior of the share, prior Beta(2, 8).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Posterior {
    /// Weight of "no service" or "below the floor".
    pub a: f64,
    /// Weight of the opposite.
    pub b: f64,
}

impl Posterior {
    /// Mean, a / (a + b).
    pub fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// Variance, ab / ((a + b)² (a + b + 1)).
    pub fn variance(self) -> f64 {
        let n = self.a + self.b;
        self.a * self.b / (n * n * (n + 1.0))
    }

    /// a + b: the devices that it is worth, those of the prior included.
    pub fn strength(self) -> f64 {
        self.a + self.b
    }
}

/// Shares of devices below each single threshold of the universal service (fixed lines).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Below {
    /// Download below the floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<Share>,
    /// Upload below the floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<Share>,
    /// Latency above the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Share>,
}

/// Shares of device votes by the generation that served. With the share without service they add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Served {
    /// 2G.
    pub second: f64,
    /// 3G.
    pub third: f64,
    /// 4G.
    pub fourth: f64,
    /// 5G of any kind.
    pub fifth: f64,
}

/// Everything that is published about one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitSummary {
    /// Covered, dead or not measured.
    pub state: State,
    /// Distinct devices.
    pub devices: u32,
    /// Points or tests, failed attempts included; no device counts for more than all others together.
    pub attempts: u64,
    /// Distinct local days.
    pub days: u32,
    /// Days from the first to the last, both counted.
    pub span_days: u32,
    /// Parts of the day in which somebody measured.
    pub day_parts: Vec<DayPart>,
    /// Share of device votes without service (mobile) or below the floor (fixed); absent without votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Effective number of independent devices, never above `devices`.
    pub n_eff: f64,
    /// Evidence grade.
    pub grade: Grade,
    /// Beta posterior of `share`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posterior: Option<Posterior>,
    /// Mobile, view `any`: what served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<Served>,
    /// Mobile: received power on one generation, dBm: 4G in the views `broadband` and `4g`, else that of the view; none in
    /// `any`, for each generation has a quantity of its own. This and each figure below is absent where none or too few of
    /// the unit's devices have a value, for they could be told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_dbm: Option<Quantiles>,
    /// Fixed: throughput to the device, Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_mbps: Option<Quantiles>,
    /// Fixed: throughput from the device, Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_mbps: Option<Quantiles>,
    /// Fixed: latency of the idle line, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_latency_ms: Option<Quantiles>,
    /// Fixed: latency of the full line, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_latency_ms: Option<Quantiles>,
    /// Fixed: shares by single threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<Below>,
}

impl UnitSummary {
    /// A unit in which nobody measured.
    pub const fn not_measured() -> Self {
        Self {
            state: State::NotMeasured,
            devices: 0,
            attempts: 0,
            days: 0,
            span_days: 0,
            day_parts: Vec::new(),
            share: None,
            n_eff: 0.0,
            grade: Grade::U,
            posterior: None,
            served: None,
            signal_dbm: None,
            download_mbps: None,
            upload_mbps: None,
            idle_latency_ms: None,
            loaded_latency_ms: None,
            below: None,
        }
    }
}
