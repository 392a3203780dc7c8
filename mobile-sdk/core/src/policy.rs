use std::time::Duration;

use domain::ByteCount;

/// The limits of the queue. One `Default`; every number with its reason.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Items kept, deletion requests not counted.
    pub max_items: usize,
    /// Bytes kept on disk, deletion requests not counted.
    pub max_bytes: ByteCount,
    /// Items older than this are dropped.
    pub max_age: Duration,
    /// Items of one upload.
    pub batch_items: usize,
    /// Payload bytes of one upload.
    pub batch_bytes: ByteCount,
    /// Failures that are an item's own after which it is wedged: skipped until the next start.
    pub max_failures: u8,
    /// Recoverable failures that end an uploading window.
    pub window_failures: u8,
    /// Waits that end an uploading window.
    pub window_waits: u8,
    /// Uploads allowed within [`Self::rate_period`].
    pub rate_uploads: usize,
    /// See [`Self::rate_uploads`].
    pub rate_period: Duration,
    /// First wait after a failure; doubles with each.
    pub backoff_base: Duration,
    /// Longest wait of our own making.
    pub backoff_max: Duration,
    /// An upload that nobody reported back is handed out again after this.
    pub in_flight_timeout: Duration,
    /// Files of refused items kept for a look.
    pub max_quarantined: usize,
    /// Whether the campaign allows connections that cost money (the contributor has to agree as well).
    pub metered_campaigns: bool,
    /// Below this, and not charging, only deletion requests are sent.
    pub min_battery_percent: u8,
    /// Whether writes wait for the disk. `false` only for tests.
    pub durable: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            // A week of walks without network is about 100 track pieces; five times that.
            max_items: 500,
            // 500 full track pieces of 1,000 points at about 45 kB.
            max_bytes: ByteCount::from_megabytes(25),
            // Half a year later nobody compares it with the network of the day.
            max_age: Duration::from_hours(60 * 24),
            // A tenth of what the server takes, so that a retry is cheap.
            batch_items: 100,
            // Fits a weak 3G uplink of 256 kbit/s in 15 s before compression.
            batch_bytes: ByteCount::from_bytes(500_000),
            max_failures: 3,
            window_failures: 3,
            window_waits: 3,
            rate_uploads: 15,
            rate_period: Duration::from_mins(1),
            backoff_base: Duration::from_secs(15),
            backoff_max: Duration::from_hours(1),
            in_flight_timeout: Duration::from_mins(10),
            max_quarantined: 50,
            metered_campaigns: false,
            min_battery_percent: 15,
            durable: true,
        }
    }
}

/// What the platform knows at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// There is a network.
    pub online: bool,
    /// The connection costs money.
    pub metered: bool,
    /// Connected to power.
    pub charging: bool,
    /// 0 to 100, where known.
    pub battery_percent: Option<u8>,
}

impl Conditions {
    /// A machine on mains power with a flat rate, as for the command line.
    pub const UNLIMITED: Self = Self { online: true, metered: false, charging: true, battery_percent: None };
}
