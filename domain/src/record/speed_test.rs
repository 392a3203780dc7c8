use jiff::Timestamp;

use crate::{BitRate, ByteCount, Hex, ItemId, Loss, Operator, Rtt, Technology, text::coded_enum};

coded_enum! {
    /// How the device reached the fixed line. Wi-Fi results are lower bounds of the line (METHODS 3.1).
    pub enum FixedMedium ("fixed medium") {
        /// Cable.
        Lan = "lan",
        /// Radio in the home.
        Wifi = "wifi",
        /// Not known.
        Unknown = "unknown",
    }
}

coded_enum! {
    /// What the contributor says the line is.
    pub enum AccessTechnology ("access technology") {
        /// ADSL, VDSL, vectoring.
        Dsl = "dsl",
        /// DOCSIS.
        Cable = "cable",
        /// FTTH or FTTB.
        Fibre = "fibre",
        /// Fixed wireless or satellite.
        Wireless = "wireless",
    }
}

coded_enum! {
    /// Measurement method. Results of different methods are never pooled without saying so.
    pub enum Protocol ("protocol") {
        /// M-Lab ndt7, one stream.
        Ndt7 = "ndt7",
        /// RTR multi-threaded.
        Rmbt = "rmbt",
        /// LibreSpeed.
        LibreSpeed = "librespeed",
        /// Cloudflare.
        Cloudflare = "cloudflare",
    }
}

coded_enum! {
    /// What broke a test that the user did not cancel. It stays in the denominator.
    pub enum FailureCause ("failure cause") {
        /// No connection could be made.
        NoConnection = "no_connection",
        /// The connection broke.
        Interrupted = "interrupted",
        /// Nothing moved in time.
        TimedOut = "timed_out",
    }
}

/// The network that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A line at home or at work.
    Fixed {
        /// Last metres.
        medium: FixedMedium,
        /// What the contributor says the line is.
        access: Option<AccessTechnology>,
    },
    /// A phone.
    Mobile {
        /// Serving network; the SIM's home network when nothing serves.
        operator: Operator,
        /// Serving technology, `None` for no service.
        technology: Option<Technology>,
        /// Whether the serving network is not the SIM's.
        roaming: bool,
    },
}

/// What a completed test found. A direction that was not run is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeedResult {
    /// Stable-phase throughput towards the device.
    pub download: Option<BitRate>,
    /// Stable-phase throughput from the device.
    pub upload: Option<BitRate>,
    /// Latency of the idle line.
    pub idle_latency: Option<Rtt>,
    /// Latency while the line is full.
    pub loaded_latency: Option<Rtt>,
    /// Variation of the idle latency.
    pub jitter: Option<Rtt>,
    /// Packets lost.
    pub loss: Option<Loss>,
}

/// How a test ended. A test that the user cancelled is never submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Numbers were measured.
    Completed(SpeedResult),
    /// The network broke it.
    Failed(FailureCause),
}

/// One run against a measurement server.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedTest {
    /// Idempotency key.
    pub id: ItemId,
    /// Start, to the minute.
    pub at: Timestamp,
    /// Where: resolution 9 or coarser (fixed), 10 or coarser (mobile).
    pub hex: Hex,
    /// What was measured.
    pub network: Network,
    /// How it ended.
    pub outcome: TestOutcome,
    /// By which method.
    pub protocol: Protocol,
    /// Data moved both ways.
    pub bytes: ByteCount,
    /// Advertised download of the contributor's plan: a result near it is a lower bound of the line.
    pub plan_download: Option<BitRate>,
}
