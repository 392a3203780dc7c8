//! Wire format, version 1: JSON, units in the field names, positions as H3 indexes only.
//!
//! Old clients live for years, and new ones meet old servers:
//! - unknown fields are ignored, in both directions; [`unknown_fields`] counts them;
//! - an item of an unknown kind, or with an unknown technology or another unknown word, is rejected alone,
//!   with the reason that says so; of a track only the points with an unknown technology are left out, and counted;
//! - a rejection reason that a client does not know is read as none.
//!
//! The JSON schema is `schemas/wire-v1.json`.

mod answer;
mod batch;
mod coverage_track;
mod dead_spot;
mod diagnose;
mod item;
mod refusal;
mod serving;
mod speed_test;
mod unknown;

pub use answer::{BatchAnswer, ItemAnswer};
pub use batch::{Batch, BatchEnvelope, Client};
pub use coverage_track::CoverageTrack;
pub use dead_spot::DeadSpotReport;
pub use item::{Item, ItemHashes, read_item};
pub use refusal::Refusal;
pub use serving::Serving;
pub use speed_test::{Network, SpeedResult, SpeedTest};
pub use unknown::unknown_fields;

/// Items one batch may hold.
pub const MAX_ITEMS: usize = 1_000;

/// The JSON schema of a batch, as committed in `schemas/wire-v1.json`; the answer is `#/$defs/BatchAnswer`.
///
/// It describes what a client should send. The server takes a little more: unknown fields, upper-case
/// hexagons, `262-01` for `26201`.
pub fn json_schema() -> serde_json::Value {
    let mut generator = schemars::SchemaGenerator::default();
    generator.subschema_for::<BatchAnswer>();
    let mut schema = generator.into_root_schema_for::<Batch>();
    schema.insert("$id".into(), "https://whitespot.example/schemas/wire-v1.json".into());
    schema.insert("title".into(), "whitespot wire format, version 1: batch".into());
    schema.to_value()
}
