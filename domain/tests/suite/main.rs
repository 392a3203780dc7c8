//! What the vocabulary promises to the crates and clients that rely on it.
//!
//! `WHITESPOT_BLESS=1 cargo nextest run -p domain` rewrites `schemas/wire-v1.json` and the content hashes
//! of the golden vectors. Look at the difference before committing it: wire v1 may only grow.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

mod areas;
mod clocks;
mod codes;
mod ground;
mod layers;
mod operators;
mod privacy;
mod quantities;
mod rules;
mod text_forms;
mod times;
mod windows;
mod wire_answers;
mod wire_hash;
mod wire_hostile;
mod wire_roundtrip;
mod wire_schema;
mod wire_vectors;

/// Resolution 10, 9, 8 and 7 of the same place, the cathedral of Cologne.
const HEX_10: &str = "8a1fa19991b7fff";
const HEX_9: &str = "891fa19991bffff";
const HEX_8: &str = "881fa19991fffff";
const HEX_7: &str = "871fa1999ffffff";

fn hex(text: &str) -> domain::Hex {
    text.parse().unwrap()
}
