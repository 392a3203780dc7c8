//! Against flooding and implausible series, in memory of a fixed size: however many addresses, devices and
//! hexagons somebody invents, nothing here grows. A restart forgets all of it.
//!
//! Tables are hashed with keys of this process, and two keys may share a place. Buckets and caps look each key up in
//! two places and go by the emptier one, so that a stranger is taken for a flooder only if both are full. What was
//! seen lately has one place: a newer key takes it over.

mod buckets;
mod caps;
mod recent;

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use buckets::Buckets;
use caps::Caps;
use domain::{
    Clock, DeviceSecret, Hex, QuarantineReason, Record, RejectionReason, Technology,
    record::{Network, TestOutcome},
};
use jiff::{SignedDuration, Timestamp};
use recent::Recent;

/// What one address or device may do. Units are in the names.
#[derive(Clone, Copy, Debug)]
pub struct GuardConfig {
    /// Requests a second that an address prefix may send for long: a mobile network puts a town behind one address.
    pub requests_per_second: f64,
    /// Requests that it may send at once.
    pub request_burst: u32,
    /// Items a second that a device may send for long.
    pub items_per_second: f64,
    /// Items at once: what a phone kept over weeks without network.
    pub item_burst: u32,
    /// Coverage points of one device in one hexagon on one day; a test or report counts as [`Self::TEST_COST`].
    pub points_per_hex_day: u8,
}

impl GuardConfig {
    /// What a speed test or a report counts against [`Self::points_per_hex_day`].
    pub const TEST_COST: u32 = 5;
    /// So many bytes of a body cost their sender as much as a request more: about fifty speed tests.
    pub const BYTES_A_REQUEST: usize = 32 << 10;
    /// What a request that cannot be read costs its sender, in requests.
    pub const GARBAGE_COST: u32 = 20;
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self {
            requests_per_second: 50.0,
            request_burst: 1_000,
            items_per_second: 1.0,
            item_burst: 5_000,
            points_per_hex_day: 240,
        }
    }
}

/// 360 km/h, as the SDK has it: faster than any train here.
const MAX_METRES_PER_SECOND: f64 = 100.0;
/// A test this long after one like it is another look.
const SIMILAR_WITHIN: SignedDuration = SignedDuration::from_hours(4);
/// Times are cut to the minute, at both ends.
const TIME_SLACK_SECONDS: f64 = 120.0;

/// The memory of the door.
#[derive(Debug)]
pub struct Guard {
    config: GuardConfig,
    clock: Arc<dyn Clock>,
    keys: RandomState,
    addresses: Buckets,
    devices: Buckets,
    caps: Caps,
    contents: Recent<u64>,
    places: Recent<Lately>,
    tests: Recent<Timestamp>,
}

/// Where a device was.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Timestamp,
    hex: Hex,
}

/// Where a device was last, by its own times: what it sends late, or out of order, is compared with all of them.
#[derive(Clone, Copy, Debug, Default)]
struct Lately([Option<Seen>; 4]);

impl Lately {
    fn reaches(&self, here: Seen) -> bool {
        self.0.iter().flatten().all(|&there| reachable(there, here))
    }

    /// The oldest goes.
    fn add(&mut self, seen: Seen) {
        let oldest = self.0.iter_mut().min_by_key(|place| place.map(|seen| seen.at));
        if let Some(place) = oldest.filter(|place| place.is_none_or(|oldest| oldest.at < seen.at)) {
            *place = Some(seen);
        }
    }
}

/// Come again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften(pub Duration);

impl Guard {
    /// About 28 MB, whatever happens.
    pub fn new(config: GuardConfig, clock: Arc<dyn Clock>) -> Self {
        Self {
            addresses: Buckets::new(config.requests_per_second, config.request_burst),
            devices: Buckets::new(config.items_per_second, config.item_burst),
            caps: Caps::default(),
            contents: Recent::new(1 << 18),
            places: Recent::new(1 << 16),
            tests: Recent::new(1 << 16),
            keys: RandomState::new(),
            config,
            clock,
        }
    }

    /// Whether an address may send a request that costs `requests`. Kept as a hash, in memory.
    pub fn admit_address(&self, address: IpAddr, requests: u32) -> Result<(), TooOften> {
        self.addresses.take(self.keys.hash_one(prefix(address)), requests, self.clock.monotonic())
    }

    /// What a request of an address cost beyond the one that was admitted.
    pub fn charge_address(&self, address: IpAddr, requests: u32) {
        self.addresses.charge(self.keys.hash_one(prefix(address)), requests, self.clock.monotonic());
    }

    /// Whether a device may send so many items that are to be kept.
    pub(crate) fn admit_device(&self, device: &DeviceSecret, items: usize) -> Result<(), TooOften> {
        let items = u32::try_from(items).unwrap_or(u32::MAX);
        self.devices.take(self.key_of(device), items, self.clock.monotonic())
    }

    /// Begins to judge a batch of a device.
    pub(crate) fn visit<'g>(&'g self, device: &DeviceSecret) -> Visit<'g> {
        self.caps.turn(self.clock.monotonic());
        let device = self.key_of(device);
        let lately = self.places.get(device).unwrap_or_default();
        Visit { guard: self, device, counts: HashMap::new(), contents: HashMap::new(), tests: HashMap::new(), lately }
    }

    fn key_of(&self, device: &DeviceSecret) -> u64 {
        self.keys.hash_one(device.expose())
    }
}

/// One batch. What it holds counts from its first item on, and is remembered once it is committed: a batch
/// that is sent again after a 503 must not have used up anything.
#[derive(Debug)]
pub(crate) struct Visit<'g> {
    guard: &'g Guard,
    device: u64,
    counts: HashMap<u64, u32>,
    contents: HashMap<u64, u64>,
    tests: HashMap<u64, Timestamp>,
    lately: Lately,
}

/// What of an item is to be remembered.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    counts: Vec<(u64, u32)>,
    content: (u64, u64),
    seen: Option<Seen>,
    test: Option<(u64, Timestamp)>,
}

impl Visit<'_> {
    /// Judges one item; a track loses the points that are too many. `content` is a hash without the id.
    pub fn judge(
        &mut self,
        record: &mut Record,
        content: u64,
        points_rejected: &mut std::collections::BTreeMap<RejectionReason, u32>,
    ) -> Result<Judged, RejectionReason> {
        let content =
            (self.guard.keys.hash_one((self.device, content)), self.guard.keys.hash_one(record.id().as_uuid()));
        let known = self.contents.get(&content.0).copied().or_else(|| self.guard.contents.get(content.0));
        if known == Some(content.1) {
            // Sent again: it was judged when it came first, and the database answers `duplicate`.
            return Ok(Judged {
                quarantine: None,
                trace: Trace { counts: Vec::new(), content, seen: None, test: None },
            });
        }
        let mut counts = Vec::new();
        let mut seen = None;
        match record {
            Record::SpeedTest(test) => {
                seen = Some(Seen { at: test.at, hex: test.hex });
                counts.extend(self.count(test.hex, day(test.at), GuardConfig::TEST_COST));
            }
            Record::DeadSpotReport(report) => {
                seen = Some(Seen { at: report.at, hex: report.hex });
                counts.extend(self.count(report.hex, day(report.at), GuardConfig::TEST_COST));
            }
            Record::CoverageTrack(track) => {
                let before = track.points.len();
                track.points.retain(|point| {
                    let counted = self.count(point.hex, i64::from(point.hour.day()), 1);
                    counts.extend(counted);
                    counted.is_some()
                });
                let cut = (before - track.points.len()) as u32;
                if cut > 0 {
                    points_rejected.insert(RejectionReason::TooMany, cut);
                }
            }
        }
        if counts.is_empty() {
            return Err(RejectionReason::TooMany);
        }
        if let Some(here) = seen {
            if !self.lately.reaches(here) {
                return Err(RejectionReason::ImplausibleTravel);
            }
            self.lately.add(here);
        }
        self.contents.insert(content.0, content.1);
        let (similar, test) = self.similar(record);
        let quarantine = if known.is_some() {
            Some(QuarantineReason::RepeatedContent)
        } else {
            similar.then_some(QuarantineReason::SimilarTest)
        };
        // Four hours count from the last test that counts.
        let test = test.filter(|_| quarantine.is_none());
        self.tests.extend(test);
        Ok(Judged { quarantine, trace: Trace { counts, content, seen, test } })
    }

    /// Remembers items that were committed as new.
    pub fn remember(&self, trace: &Trace) {
        for &(key, points) in &trace.counts {
            self.guard.caps.add(key, points);
        }
        self.guard.contents.put(trace.content.0, trace.content.1);
        if let Some(seen) = trace.seen {
            let mut lately = self.guard.places.get(self.device).unwrap_or_default();
            lately.add(seen);
            self.guard.places.put(self.device, lately);
        }
        if let Some((key, at)) = trace.test {
            self.guard.tests.put(key, at);
        }
    }

    /// Whether a test repeats one (METHODS 3.2): same device, same hexagon, same kind of network, less than four
    /// hours apart. A success right after a failure repeats nothing.
    fn similar(&self, record: &Record) -> (bool, Option<(u64, Timestamp)>) {
        let Record::SpeedTest(test) = record else { return (false, None) };
        let kind = match test.network {
            Network::Fixed { medium, .. } => medium.code(),
            Network::Mobile { technology, .. } => technology.map_or("none", Technology::code),
        };
        let failed = matches!(test.outcome, TestOutcome::Failed(_));
        let key = self.guard.keys.hash_one((self.device, test.hex, kind, failed));
        let before = self.tests.get(&key).copied().or_else(|| self.guard.tests.get(key));
        (before.is_some_and(|before| test.at.duration_since(before).abs() < SIMILAR_WITHIN), Some((key, test.at)))
    }

    /// Counts points in a hexagon on a day; `None` if they are too many.
    fn count(&mut self, hex: Hex, day: i64, points: u32) -> Option<(u64, u32)> {
        let key = self.guard.keys.hash_one((self.device, hex, day));
        let mine = self.counts.entry(key).or_insert(0);
        let sum = self.guard.caps.count(key) + *mine + points;
        if sum > u32::from(self.guard.config.points_per_hex_day) {
            return None;
        }
        *mine += points;
        Some((key, points))
    }
}

/// An item that may be kept.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// Kept, but outside of the statistics.
    pub quarantine: Option<QuarantineReason>,
    pub trace: Trace,
}

fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

/// Whether somebody can have been at both places, each somewhere in its hexagon.
fn reachable(one: Seen, other: Seen) -> bool {
    let seconds = one.at.duration_since(other.at).as_secs_f64().abs() + TIME_SLACK_SECONDS;
    let centre = |hex: Hex| h3o::LatLng::from(hex.as_h3());
    // The centre is at most one edge length and a half away, everywhere on the globe.
    let reach = |hex: Hex| hex.resolution().edge_length_m() * 1.5;
    let metres = centre(one.hex).distance_m(centre(other.hex)) - reach(one.hex) - reach(other.hex);
    metres <= seconds * MAX_METRES_PER_SECOND
}

/// Whoever is behind it counts as one sender.
pub type AddressPrefix = [u8; 8];

/// A line has one IPv4 address, and at least a /56 of IPv6.
pub fn prefix(address: IpAddr) -> AddressPrefix {
    let mut prefix = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(v4) => prefix[..4].copy_from_slice(&v4.octets()),
        IpAddr::V6(v6) => prefix[..7].copy_from_slice(&v6.octets()[..7]),
    }
    prefix
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
