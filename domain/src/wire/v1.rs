//! Wire format, version 1: JSON, units in the field names, positions as H3 indexes only.
//!
//! Old clients live for years: unknown fields are ignored, an item of an unknown kind is rejected alone.
//! The JSON schema is `schemas/wire-v1.json`.

mod answer;
mod batch;
mod coverage_track;
mod dead_spot;
mod item;
mod speed_test;

pub use answer::{BatchAnswer, ItemAnswer};
pub use batch::{Batch, BatchEnvelope, Client};
pub use coverage_track::CoverageTrack;
pub use dead_spot::DeadSpotReport;
pub use item::{Item, Refusal, read_item};
pub use speed_test::{Network, SpeedResult, SpeedTest};

/// Items one batch may hold.
pub const MAX_ITEMS: usize = 1_000;

/// The JSON schema of a batch, as committed in `schemas/wire-v1.json`.
pub fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Batch);
    schema.insert("$id".into(), "https://whitespot.example/schemas/wire-v1.json".into());
    schema.insert("title".into(), "whitespot wire format, version 1: batch".into());
    schema.to_value()
}
