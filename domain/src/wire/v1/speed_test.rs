use jiff::{Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::item::{hex, item_id};
use super::refusal::{Refusal, optional};
use crate::{
    BitRate, ByteCount, Hex, Invalid, ItemId, Loss, Operator, RejectionReason, Rtt, Technology, record,
    record::{AccessTechnology, FailureCause, FixedMedium, Protocol, TestOutcome},
};

/// A run against a measurement server. Exactly one of `result` and `failure` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeedTest {
    /// UUID version 4, made on the device.
    #[schemars(with = "ItemId")]
    pub id: Uuid,
    /// Start (RFC 3339); the server keeps the minute.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// H3 index: resolution 8 or 9 for a fixed line, 8 to 10 for mobile.
    #[schemars(with = "Hex")]
    pub hex: String,
    /// What was measured.
    pub network: Network,
    /// Numbers of a completed test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<SpeedResult>,
    /// What broke a failed one. A test that the user cancelled is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCause>,
    /// Method.
    pub protocol: Protocol,
    /// Data moved both ways, in bytes. At most 1 TB.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000_000u64))]
    pub bytes: u64,
    /// Advertised download of the plan in bit/s, if the contributor said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000_000_000_000u64))]
    pub plan_download_bps: Option<u64>,
}

/// The network that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Network {
    /// A line.
    Fixed {
        /// Last metres.
        medium: FixedMedium,
        /// What the line is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access: Option<AccessTechnology>,
    },
    /// A phone.
    Mobile {
        /// MCC and MNC run together, leading zeros kept.
        #[schemars(with = "Operator")]
        operator: String,
        /// Serving technology; absent for no service.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        technology: Option<Technology>,
        /// Serving network is not the SIM's.
        #[serde(default)]
        roaming: bool,
    },
}

/// Numbers of a completed test; a direction that was not run is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpeedResult {
    /// Throughput to the device, bit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000_000_000_000u64))]
    pub download_bps: Option<u64>,
    /// Throughput from the device, bit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000_000_000_000u64))]
    pub upload_bps: Option<u64>,
    /// Latency of the idle line, microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000_000))]
    pub idle_latency_us: Option<u64>,
    /// Latency of the full line, microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000_000))]
    pub loaded_latency_us: Option<u64>,
    /// Variation of the idle latency, microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 600_000_000))]
    pub jitter_us: Option<u64>,
    /// Packets lost, parts per million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub loss_ppm: Option<u32>,
}

impl SpeedTest {
    pub(super) fn to_domain(&self) -> Result<record::SpeedTest, Refusal> {
        let id = item_id(self.id)?;
        let network = self.network.to_domain()?;
        let finest = match network {
            record::Network::Fixed { .. } => Hex::FIXED,
            record::Network::Mobile { .. } => Hex::MOBILE,
        };
        let outcome = match (&self.result, self.failure) {
            (Some(result), None) => TestOutcome::Completed(result.to_domain()?),
            (None, Some(cause)) => TestOutcome::Failed(cause),
            _ => return Err(Refusal::malformed("give exactly one of `result` and `failure`")),
        };
        Ok(record::SpeedTest {
            id,
            at: to_minute(self.at),
            hex: hex(&self.hex, finest)?,
            network,
            outcome,
            protocol: self.protocol,
            bytes: moved(self.bytes)?,
            plan_download: optional(self.plan_download_bps, BitRate::from_bps, RejectionReason::ImplausibleValue)?,
        })
    }
}

impl Network {
    fn to_domain(&self) -> Result<record::Network, Refusal> {
        Ok(match self {
            Self::Fixed { medium, access } => record::Network::Fixed { medium: *medium, access: *access },
            Self::Mobile { operator, technology, roaming } => record::Network::Mobile {
                operator: operator
                    .parse::<Operator>()
                    .map_err(|e| Refusal::new(RejectionReason::UnknownOperator, &e))?,
                technology: *technology,
                roaming: *roaming,
            },
        })
    }
}

impl SpeedResult {
    fn to_domain(&self) -> Result<record::SpeedResult, Refusal> {
        let odd = RejectionReason::ImplausibleValue;
        let result = record::SpeedResult {
            download: optional(self.download_bps, BitRate::from_bps, odd)?,
            upload: optional(self.upload_bps, BitRate::from_bps, odd)?,
            idle_latency: optional(self.idle_latency_us, latency, odd)?,
            loaded_latency: optional(self.loaded_latency_us, latency, odd)?,
            jitter: optional(self.jitter_us, Rtt::from_micros, odd)?,
            loss: optional(self.loss_ppm, Loss::from_ppm, odd)?,
        };
        if result == record::SpeedResult::default() {
            return Err(Refusal::malformed(
                "a completed test has at least one number; send `failure` for a broken one",
            ));
        }
        Ok(result)
    }
}

impl From<&record::SpeedTest> for SpeedTest {
    fn from(test: &record::SpeedTest) -> Self {
        let (result, failure) = match test.outcome {
            TestOutcome::Completed(result) => (Some((&result).into()), None),
            TestOutcome::Failed(cause) => (None, Some(cause)),
        };
        Self {
            id: test.id.as_uuid(),
            at: test.at,
            hex: test.hex.to_string(),
            network: match test.network {
                record::Network::Fixed { medium, access } => Network::Fixed { medium, access },
                record::Network::Mobile { operator, technology, roaming } => {
                    Network::Mobile { operator: operator.to_string(), technology, roaming }
                }
            },
            result,
            failure,
            protocol: test.protocol,
            bytes: test.bytes.as_bytes(),
            plan_download_bps: test.plan_download.map(BitRate::as_bps),
        }
    }
}

impl From<&record::SpeedResult> for SpeedResult {
    fn from(result: &record::SpeedResult) -> Self {
        let micros = |rtt: Rtt| u64::from(rtt.as_micros());
        Self {
            download_bps: result.download.map(BitRate::as_bps),
            upload_bps: result.upload.map(BitRate::as_bps),
            idle_latency_us: result.idle_latency.map(micros),
            loaded_latency_us: result.loaded_latency.map(micros),
            jitter_us: result.jitter.map(micros),
            loss_ppm: result.loss.map(Loss::as_ppm),
        }
    }
}

/// Cut to the minute: enough for strata and schedules, less of a fingerprint.
pub(super) fn to_minute(at: Timestamp) -> Timestamp {
    let seconds = at.as_second().div_euclid(60) * 60;
    Timestamp::from_second(seconds).unwrap_or_else(|_| at.round(Unit::Minute).unwrap_or(at))
}

/// Zero is what broken clients send for "no answer"; taken at its word it would meet every limit.
fn latency(micros: u64) -> Result<Rtt, Invalid> {
    if micros == 0 {
        return Err(Invalid::new("latency (µs)", micros, "must be more than zero: leave out what was not measured"));
    }
    Rtt::from_micros(micros)
}

/// More than 1 TB in one test is a unit mistake, and would not fit the integers of a database for long.
fn moved(bytes: u64) -> Result<ByteCount, Refusal> {
    const MAX: u64 = 1_000_000_000_000;
    if bytes > MAX {
        let invalid = Invalid::new("data moved (byte)", bytes, "must be at most 1000000000000");
        return Err(Refusal::new(RejectionReason::ImplausibleValue, &invalid));
    }
    Ok(ByteCount::from_bytes(bytes))
}
