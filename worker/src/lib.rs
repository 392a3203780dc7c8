//! Background work: dirty blocks become leaves, leaves become releases.
//!
//! The [`Aggregator`] rebuilds a block always whole, from its evidence, so that summaries are exact,
//! independent of order, and survive erasure. [`publish`] passes leaves through the gate of `analytics`.
//! [`quarantine_report`] shows what is kept outside of them, and [`lift_quarantine`] lets it in.
#![forbid(unsafe_code)]

mod aggregator;
mod background;
mod counting;
mod error;
mod publish;
mod quarantine;

pub use aggregator::Aggregator;
pub use background::Background;
pub use error::WorkerError;
pub use publish::{Published, Selection, publish};
pub use quarantine::{QuarantineGroup, QuarantineReport, QuarantineSelection, lift_quarantine, quarantine_report};
