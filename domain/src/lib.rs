//! The vocabulary of whitespot: what a measurement is, in types that cannot be wrong.
//!
//! A leaf: no I/O, no database, no HTTP. Every other crate speaks in these types; values cross a
//! boundary (wire, SQL, file) only through `TryFrom` and named conversions.
//!
//! | module | holds |
//! |---|---|
//! | [`quantity`] | bit rates, round-trip times, signal levels: newtypes over one integer unit |
//! | [`requirement`] | thresholds that know on which side good lies |
//! | [`hex`], [`cover`] | H3 hexagons with checked resolution; which area a hexagon belongs to |
//! | [`ids`], [`area`], [`operator`], [`networks`], [`technology`] | keys that stay text, and closed sets |
//! | [`layer`], [`window`], [`day_part`], [`source`] | the slices in which evidence is judged |
//! | [`record`], [`evidence`] | the three record kinds, validated; the same with whose they are |
//! | [`wire`] | what travels between a client and the server, version 1 |
//! | [`rejection`] | the one answer every item gets |
//! | [`rules`] | dated legal thresholds |
//! | [`clock`] | the only place that reads the time |
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![warn(clippy::as_conversions)]

pub mod access;
pub mod area;
pub mod clock;
pub mod cover;
pub mod day_part;
pub mod evidence;
pub mod hex;
pub mod ids;
pub mod invalid;
pub mod layer;
pub mod networks;
pub mod operator;
pub mod quantity;
pub mod record;
pub mod rejection;
pub mod requirement;
pub mod rules;
pub mod source;
pub mod technology;
mod text;
pub mod window;
pub mod wire;

pub use access::Access;
pub use area::{AreaKey, AreaLevel};
pub use clock::{Clock, ManualClock, SystemClock};
pub use cover::Cover;
pub use day_part::DayPart;
pub use evidence::{CoverageEvidence, NewEvidence, SpeedEvidence};
pub use hex::{Hex, Resolution};
pub use ids::{BatchId, CampaignId, DevicePseudonym, DeviceSecret, ItemId, RegionId, ReleaseId};
pub use invalid::Invalid;
pub use layer::{Layer, TechnologyView};
pub use operator::Operator;
pub use quantity::{Accuracy, BitRate, ByteCount, Loss, Rtt, SignalDb, SignalDbm};
pub use record::{CoveragePoint, CoverageTrack, DeadSpotReport, HourStamp, Record, SpeedTest};
pub use rejection::{Outcome, QuarantineReason, RejectionReason};
pub use requirement::{Polarity, Requirement};
pub use source::SourceClass;
pub use technology::{Generation, Technology};
pub use window::Window;
